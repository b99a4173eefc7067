"""Whether one model is better than another over the same people, or only luckier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from matinee.errors import InvalidInput, InvalidParameter
from matinee.evaluation.metrics import Float64

_BLOCK = 1 << 22
"""Drawn people held at a time."""


@dataclass(frozen=True)
class PairedDifference:
    """How much more the first of two models has of a figure, with what chance allows.

    Attributes
    ----------
    difference
        Mean over people of first minus second.
    low, high
        95 % interval of it.
    p_value
        Two-sided: how often chance alone would give a difference as large if there were none.
    people
        Those with a figure of both models.
    """

    difference: float
    low: float
    high: float
    p_value: float
    people: int

    def __str__(self) -> str:
        return (
            f"{self.difference:+.4f} ({self.low:+.4f} to {self.high:+.4f}, p = {self.p_value:.2g}, "
            f"{self.people} people)"
        )


def paired_bootstrap(
    first: Float64, second: Float64, *, draws: int = 10_000, seed: int = 0
) -> PairedDifference:
    """Difference of two models' figures of the same people, by a bootstrap over people.

    Each draw takes as many people as there are, with replacement, and means their differences.
    The interval reaches from the 2.5 % to the 97.5 % quantile of the draws. The p-value counts
    draws, moved so that their true mean is 0, that lie as far from 0 as the difference found (Efron
    and Tibshirani 1993, section 16.4); a draw counted besides keeps it above 0.

    Parameters
    ----------
    first, second : (people,) float64
        The same figure of the same people in the same order, such as NDCG@10. People of whom
        either is NaN are left out.

    Raises
    ------
    InvalidInput
        The shapes differ, or nobody has both figures.
    InvalidParameter
        draws < 1.

    Examples
    --------
    >>> import numpy as np
    >>> result = paired_bootstrap(np.array([0.5, 0.4, 0.9]), np.array([0.5, 0.3, 0.7]))
    >>> round(result.difference, 3), result.people
    (0.1, 3)
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if first.ndim != 1 or first.shape != second.shape:
        raise InvalidInput(
            "Paired figures must be two arrays of one figure a person, equally long, got shapes "
            f"{first.shape} and {second.shape}."
        )
    if draws < 1:
        raise InvalidParameter(f"`draws` must be >= 1, got {draws}.")
    differences = first - second
    differences = differences[~np.isnan(differences)]
    people = len(differences)
    if not people:
        raise InvalidInput("Nobody has both figures; judge both models on the same split.")
    generator = np.random.default_rng(seed)
    means = np.empty(draws)
    at_once = max(1, _BLOCK // people)
    for start in range(0, draws, at_once):
        part = means[start : start + at_once]
        drawn = generator.integers(0, people, (len(part), people), dtype=np.int32)
        part[:] = differences[drawn].mean(axis=1)
    observed = float(differences.mean())
    # The margin is for sums in another order: draws of equal people lie exactly at 0.
    extreme = np.abs(means - observed) >= abs(observed) - 1e-12
    low, high = np.quantile(means, [0.025, 0.975])
    p_value = (1 + int(extreme.sum())) / (1 + draws)
    return PairedDifference(observed, float(low), float(high), p_value, people)
