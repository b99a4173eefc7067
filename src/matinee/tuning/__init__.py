"""`matinee tune`: a search for better hyperparameters on validation ratings."""
