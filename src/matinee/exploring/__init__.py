"""`matinee explore`: what a data set holds, and what that means for models and splits."""
