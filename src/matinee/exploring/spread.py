"""How high people rate, and how ratings are spread over people and items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from matinee.data.describe import Description
from matinee.evaluation.beyond import gini_of
from matinee.exploring.records import EASE_BYTES, Bin, Sizes, Spread, Values
from matinee.interactions import Float32, Int32, Int64, Interactions

Float64 = npt.NDArray[np.float64]

_PARTS = 20
"""Bars of a scale that has no steps."""
_TENTHS = 10
_ENOUGH = 5
"""Ratings from which on a person's mean says something."""
_POINTS = 100
"""Points of a curve."""


def values(ratings: Interactions, facts: Description) -> Values | None:
    """How high people rate; None for implicit feedback and without ratings."""
    if ratings.value is None or not len(ratings) or facts.scale is None:
        return None
    value = ratings.value
    bins = _value_bins(value, facts)
    mean = float(value.mean(dtype=np.float64))
    people, constant = _people(ratings, facts.scale)
    return Values(
        bins=bins,
        mean=mean,
        median=float(np.median(value)),
        deviation=_deviation(value, mean),
        commonest=max(bins, key=lambda one: one.count),
        of_people=people,
        constant_people=constant,
        by_person=between(ratings.user_index, value, ratings.n_users),
        by_item=between(ratings.item_index, value, ratings.n_items),
    )


def between(group: Int32, value: Float32, groups: int) -> float | None:
    """Share of the variance of `value` that lies between groups, corrected for chance.

    1 - (within / (n - groups)) / (all / (n - 1)), where `within` is the sum of squared distances
    from the mean of the group, `all` from the mean of all, and only groups that occur count; not
    below 0. None where every group has one value, or all values are the same.
    """
    n = len(value)
    count = np.bincount(group, minlength=groups)
    there = int((count > 0).sum())
    centered = value - np.float32(value.mean(dtype=np.float64))
    squares = float(np.square(centered, dtype=np.float64).sum())
    total = squares - float(centered.sum(dtype=np.float64)) ** 2 / n
    if n <= there or total <= 1e-9 * n:
        return None
    sums = np.bincount(group, weights=centered, minlength=groups)
    within = squares - float((sums**2 / np.maximum(count, 1)).sum())
    return max(0.0, 1 - (within / (n - there)) / (total / (n - 1)))


def spread(counts: Int64) -> Spread | None:
    """How ratings are spread over people or items, `counts` being those of each; None if all 0."""
    rated = np.sort(counts[counts > 0])[::-1]
    if not len(rated):
        return None
    held = np.cumsum(rated) / rated.sum()
    return Spread(
        bins=_count_bins(counts),
        gini=gini_of(rated),
        curve=_curve(held),
        half=int(np.searchsorted(held, 0.5 - 1e-12)) + 1,
        top_tenth=float(held[max(1, len(rated) // 10) - 1]),
        top_hundredth=float(held[max(1, len(rated) // 100) - 1]),
        below_5=float((rated < 5).mean()),
        below_10=float((rated < 10).mean()),
    )


def sizes(per_user: Int64, per_item: Int64) -> Sizes | None:
    """What decides which models are possible, of the numbers of ratings; None if all are 0."""
    rated = np.sort(per_item[per_item > 0])[::-1]
    n = len(rated)
    if not n:
        return None
    people = per_user.astype(np.float64)
    pairs = n * (n - 1) / 2
    fitting = int((EASE_BYTES / 4) ** 0.5)
    # Items with as few ratings as the first that does not fit are left out altogether.
    least = 1 if n <= fitting else int(rated[fitting]) + 1
    kept = rated[rated >= least]
    return Sizes(
        rated_items=n,
        shared=float((people * (people - 1) / 2).sum() / pairs) if pairs else None,
        ease_bytes=4 * n * n,
        fits_from=least,
        fits_items=len(kept),
        fits_ratings=float(kept.sum() / rated.sum()),
    )


def _value_bins(value: Float32, facts: Description) -> tuple[Bin, ...]:
    n = len(value)
    if facts.steps:
        pairs = zip(facts.steps, facts.histogram, strict=True)
        return tuple(Bin(f"{step:g}", count, count / n) for step, count in pairs)
    low, high = float(value.min()), float(value.max())
    counts, edges = np.histogram(value, _PARTS, (low, high))
    return tuple(_bins(edges, counts))


def _bins(edges: Float64, counts: npt.NDArray[Any]) -> list[Bin]:
    total = max(int(counts.sum()), 1)
    return [
        Bin(f"{a:.4g} to {b:.4g}", int(count), int(count) / total)
        for a, b, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def _deviation(value: Float32, mean: float) -> float:
    return float(np.sqrt(np.square(value - np.float32(mean), dtype=np.float64).mean()))


def _people(
    ratings: Interactions, scale: tuple[float, float]
) -> tuple[tuple[Bin, ...], float | None]:
    """Histogram of mean ratings, and the share who always rate the same."""
    value = ratings.value
    count = np.bincount(ratings.user_index, minlength=ratings.n_users)
    some = count >= _ENOUGH
    if value is None or not some.any():
        return (), None
    sums = np.bincount(ratings.user_index, weights=value, minlength=ratings.n_users)
    low, high = min(scale[0], float(value.min())), max(scale[1], float(value.max()))
    counts, edges = np.histogram(sums[some] / count[some], _TENTHS, (low, high))
    first = np.full(ratings.n_users, np.nan, np.float32)
    first[ratings.user_index] = value  # any one of theirs
    differs = np.zeros(ratings.n_users, bool)
    differs[ratings.user_index[value != first[ratings.user_index]]] = True
    return _trimmed(_bins(edges, counts)), float((~differs[some]).mean())


def _count_bins(counts: Int64) -> tuple[Bin, ...]:
    """0, 1, 2 to 4, 5 to 9, 10 to 19, 20 to 49, 50 to 99 ... up to the highest."""
    steps = [0, *(m * 10**power for power in range(12) for m in (1, 2, 5))]
    edges = steps[: int(np.searchsorted(steps, counts.max(), "right")) + 1]
    return _labelled(edges, counts)


def _labelled(edges: list[int], counts: Int64) -> tuple[Bin, ...]:
    found, _ = np.histogram(counts, edges)
    bins = []
    for a, b, count in zip(edges[:-1], edges[1:], found.tolist(), strict=True):
        label = f"{a:,}" if b - a == 1 else f"{a:,} to {b - 1:,}"
        bins.append(Bin(label, count, count / len(counts)))
    return _trimmed(bins)


def _trimmed(bins: Sequence[Bin]) -> tuple[Bin, ...]:
    """Without the empty bins at either end."""
    filled = [place for place, one in enumerate(bins) if one.count]
    return tuple(bins[filled[0] : filled[-1] + 1]) if filled else ()


def _curve(held: Float64) -> tuple[tuple[float, float], ...]:
    """Up to 100 points of the curve, denser where it bends, which is at the top."""
    n = len(held)
    places = np.unique(np.round(n * np.linspace(0, 1, _POINTS + 1) ** 2).astype(int))
    return tuple((p / n, float(held[p - 1]) if p else 0.0) for p in places.tolist())
