"""Regressors over features of ratings, compared on one split and tuned on validation ratings."""

from matinee.regressing.comparing import compare, judge
from matinee.regressing.rows import Rows, of_arrays, of_split
from matinee.regressing.searching import SPACES, search, tried
from matinee.regressing.sets import of_set
from matinee.regression.records import Comparison, Judged

__all__ = [
    "SPACES",
    "Comparison",
    "Judged",
    "Rows",
    "compare",
    "judge",
    "of_arrays",
    "of_set",
    "of_split",
    "search",
    "tried",
]
