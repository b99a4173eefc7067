"""`matinee factorize`: ratings in, a factor model, its training curve and its figures out."""
