"""Features of a rating: what is known, without it, of who gave it, of what was rated, and of when.

`fit` learns from training ratings what is known of movies and of everybody. `of_training` makes the
features of the training ratings themselves, each without the rating that it will help to predict;
`Known.of_pairs` those of any other, for people whose histories `Known.people` has read. Every
formula stands in `formulas`; a leak is found by `leaks`.
"""

from matinee.rating_features.fitting import fit
from matinee.rating_features.known import Known
from matinee.rating_features.training import MODES, of_training

__all__ = ["MODES", "Known", "fit", "of_training"]
