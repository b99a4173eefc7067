"""Regressors over rows of numbers: fitted by scikit-learn, kept and walked as plain arrays.

`fit` makes one of any kind; its `arrays` are all there is to save, and `regressor_of` takes them
back, checked. NaN is a missing number, everywhere.
"""

from matinee.regression.fitting import (
    DEFAULTS,
    KINDS,
    LOSSES,
    Regressor,
    Settings,
    fit,
    regressor_of,
    resolved,
)
from matinee.regression.from_sklearn import trees_of
from matinee.regression.linear import Linear
from matinee.regression.trees import Trees

__all__ = [
    "DEFAULTS",
    "KINDS",
    "LOSSES",
    "Linear",
    "Regressor",
    "Settings",
    "Trees",
    "fit",
    "regressor_of",
    "resolved",
    "trees_of",
]
