"""Whether one model is better than another over the same people, or only luckier."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

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
        First minus second.
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


class Resampled:
    """Figures of the same people, and what they become when other people are drawn.

    Each draw takes as many people as there are, with replacement; one draw serves all columns, so
    that any two of them are paired. A column's figure is ``sum of values / sum of weights`` over
    people, or the root of that.

    Parameters
    ----------
    values : (people, columns) float64
        Row p is the same person in every column. NaN: this person has no such figure.
    weights : (people, columns) float64, or None for ones
        For an RMSE: how many ratings of the person the squared errors in `values` are a sum of.
    root
        Whether the root is taken.
    draws, seed
        Of ``numpy.random.default_rng``.

    Raises
    ------
    InvalidInput
        The shapes differ, or a column has nobody.
    InvalidParameter
        draws < 1.
    """

    def __init__(
        self,
        values: Float64,
        weights: Float64 | None = None,
        *,
        root: bool = False,
        draws: int = 10_000,
        seed: int = 0,
    ) -> None:
        if draws < 1:
            raise InvalidParameter(f"`draws` must be >= 1, got {draws}.")
        known = ~np.isnan(values)
        if not known.any(axis=0).all():
            raise InvalidInput("Nobody has both figures; judge both models on the same split.")
        self._known = known
        self._values = np.where(known, values, 0.0)
        self._weights = known * (1.0 if weights is None else weights)
        self._root, self._draws, self._seed = root, draws, seed

    def __len__(self) -> int:
        """How many people there are."""
        return len(self._values)

    @cached_property
    def figures(self) -> Float64:
        """(columns,) of all people, each once."""
        return self._figure(self._values.sum(axis=0), self._weights.sum(axis=0))

    @cached_property
    def drawn(self) -> Float64:
        """(draws, columns) of the people of each draw; NaN where it has nobody with a figure."""
        people = len(self._values)
        generator = np.random.default_rng(self._seed)
        both = np.hstack([self._values, self._weights])
        sums = np.empty((self._draws, both.shape[1]))
        at_once = max(1, _BLOCK // people)
        for start in range(0, self._draws, at_once):
            part = sums[start : start + at_once]
            rows = generator.integers(0, people, (len(part), people), dtype=np.int32)
            places = rows + people * np.arange(len(part))[:, np.newaxis]
            times = np.bincount(places.ravel(), minlength=len(part) * people)
            part[:] = times.reshape(len(part), people).astype(np.float64) @ both
        columns = self._values.shape[1]
        return self._figure(sums[:, :columns], sums[:, columns:])

    def _figure(self, values: Float64, weights: Float64) -> Float64:
        figure = np.divide(values, weights, out=np.full(values.shape, np.nan), where=weights > 0)
        return np.sqrt(figure) if self._root else figure

    def interval(self, column: int) -> tuple[float, float] | None:
        """The 2.5 % and the 97.5 % quantile of the draws; None of one person, who never varies."""
        if np.count_nonzero(self._known[:, column]) < 2:
            return None
        low, high = np.nanquantile(self.drawn[:, column], [0.025, 0.975])
        return float(low), float(high)

    def difference(self, first: int, second: int) -> PairedDifference:
        """One column less another, with the 95 % interval and the p-value of the draws.

        The p-value counts draws, moved so that their true mean is 0, that lie as far from 0 as the
        difference found (Efron and Tibshirani 1993, section 16.4); a draw counted besides keeps it
        above 0. Draws of a few people vary too little, so it is never below ``2^(1 - m)``, where m
        people differ between the two: all of them lean one way as often by chance alone.
        """
        drawn = self.drawn[:, first] - self.drawn[:, second]
        drawn = drawn[~np.isnan(drawn)]
        observed = float(self.figures[first] - self.figures[second])
        # The margin is for sums in another order: draws of equal people lie exactly at 0.
        extreme = np.abs(drawn - observed) >= abs(observed) - 1e-12
        low, high = np.quantile(drawn, [0.025, 0.975])
        differing = np.count_nonzero(self._values[:, first] != self._values[:, second])
        least = min(1.0, 2.0 ** (1 - differing))
        p_value = max(least, (1 + int(extreme.sum())) / (1 + len(drawn)))
        people = int((self._known[:, first] & self._known[:, second]).sum())
        return PairedDifference(observed, float(low), float(high), p_value, people)


def paired_bootstrap(
    first: Float64, second: Float64, *, draws: int = 10_000, seed: int = 0
) -> PairedDifference:
    """Difference of two models' mean figures of the same people, by a bootstrap over people.

    Each draw takes as many people as there are, with replacement, and means their differences: see
    `Resampled` for the interval and the p-value.

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
    both = _side_by_side(first, second)
    both = both[~np.isnan(both).any(axis=1)]
    return Resampled(both, draws=draws, seed=seed).difference(0, 1)


def paired_rmse(
    first: Float64, second: Float64, ratings: Float64, *, draws: int = 10_000, seed: int = 0
) -> PairedDifference:
    """Difference of two models' RMSE, by a bootstrap over people.

    A draw's RMSE is the root of the drawn people's sums of squared errors over the number of their
    ratings, so people with many ratings count for more, as they do in the RMSE of all ratings.

    Parameters
    ----------
    first, second : (people,) float64
        Each person's sum of squared errors, of both models.
    ratings : (people,) how many ratings these are sums over

    Raises
    ------
    InvalidInput
        The shapes differ, or there are no people.
    InvalidParameter
        draws < 1.
    """
    both = _side_by_side(first, second)
    weights = np.stack([ratings, ratings], axis=1).astype(np.float64)
    if weights.shape != both.shape:
        raise InvalidInput(
            f"`ratings` must have one number for each of {len(both)} people, got "
            f"{np.shape(ratings)}."
        )
    return Resampled(both, weights, root=True, draws=draws, seed=seed).difference(0, 1)


def _side_by_side(first: Float64, second: Float64) -> Float64:
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if first.ndim != 1 or first.shape != second.shape:
        raise InvalidInput(
            "Paired figures must be two arrays of one figure a person, equally long, got shapes "
            f"{first.shape} and {second.shape}."
        )
    return np.stack([first, second], axis=1)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for their number by Holm's method, in the order in which they came.

    The j-th smallest of m becomes ``max over i <= j of min(1, (m - i + 1) p_i)``. Whoever calls all
    pairs different whose corrected value is at most .05 is wrong about any of them in one of twenty
    comparisons at most (Holm 1979).

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    p = np.asarray(p_values, np.float64)
    order = np.argsort(p, kind="stable")
    scaled = np.minimum(1, p[order] * np.arange(len(p), 0, -1))
    corrected = np.empty(len(p))
    corrected[order] = np.maximum.accumulate(scaled) if len(p) else scaled
    return [float(value) for value in corrected]
