"""What is believed of people who have rated little, and of items by who chooses them.

Whoever has rated fewer than the median person, n0, will rate more, and what is missing counts as an
average person's: with y_j what the choice of item j says, an average person's choices say

    y = mean over people of |N|^-exponent sum_{j in N} y_j

and somebody's n say ``max(n, n0)^-exponent sum_j y_j + max(0, 1 - n / n0) y``. And who rates an
item is not anybody: E_i is how much higher than a typical person its raters rate it, and to a
prediction ``15 / (15 + n) E_i`` is added.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.bayes.factor_draws import shares_of, summed
from matinee.interactions import Float32

_AS_EXPECTED = 30.0
"""Ratings as a typical person's that each item's are averaged with."""
_OWN = 15.0
"""Ratings of one's own that count for as much as those of an item's raters."""


def usual_count(told: csr_array) -> np.int32:
    """The median number of items of people who have any."""
    counts = np.diff(told.indptr)
    return np.int32(np.median(counts[counts > 0]))


def average_said(told: csr_array, implicit: Float32, exponent: float) -> Float32:
    """(draws, width) y of each draw, of people who have any items."""
    counts = np.diff(told.indptr)
    shares = shares_of(counts, exponent)[:, 0] / np.float32((counts > 0).sum())
    weights = np.bincount(told.indices, np.repeat(shares, counts), minlength=told.shape[1])
    return np.einsum("j,sjf->sf", weights.astype(np.float32), implicit)


def said(
    told: csr_array, implicit: Float32, average: Float32, usual: np.int32, exponent: float
) -> Float32:
    """(people, width) what choices say of people, by one draw."""
    counts = np.diff(told.indptr)
    missing = np.maximum(1 - counts / usual, 0).astype(np.float32)[:, np.newaxis]
    shares = shares_of(np.maximum(counts, usual), exponent)
    return np.asarray(shares * summed(told, implicit) + missing * average, np.float32)


def raters_liking(ratings: csr_array, expected: Float32) -> Float32:
    """(n_items,) E_i, of (n_users, n_items) ratings and what a typical person gives each item."""
    above = ratings.data - expected[ratings.indices]
    counts = np.bincount(ratings.indices, minlength=len(expected))
    sums = np.bincount(ratings.indices, above, minlength=len(expected))
    return np.asarray(sums / (counts + _AS_EXPECTED), np.float32)


def trust_in_raters(counts: npt.NDArray[np.integer]) -> Float32:
    """(people,) by which E_i is multiplied."""
    return np.asarray(_OWN / (_OWN + counts), np.float32)


def replaced(count: int, usual: np.int32) -> tuple[float, float]:
    """What one of `count` ratings takes away of y, and of E_i."""
    return 1 / max(count, int(usual)), 1 / (_OWN + count)
