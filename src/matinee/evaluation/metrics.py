"""Metrics of predicted ratings and of ranked lists.

Lists are judged against all items of the catalogue, never against sampled ones. Each metric is
given per person or per rating, so that intervals can be made of it.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.interactions import Bool, Float32, Int32

Float64 = npt.NDArray[np.float64]


def rmse(predicted: Float32, actual: Float32) -> float:
    """Root of the mean squared error over all ratings; NaN for none."""
    return float(np.sqrt(np.mean(_errors(predicted, actual) ** 2))) if len(actual) else np.nan


def mae(predicted: Float32, actual: Float32) -> float:
    """Mean absolute error over all ratings; NaN for none."""
    return float(np.mean(np.abs(_errors(predicted, actual)))) if len(actual) else np.nan


def r2(predicted: Float32, actual: Float32) -> float:
    """Share of the variance explained, ``1 - sum e^2 / sum (r - mean)^2``; NaN if all are equal."""
    if not len(actual):
        return np.nan
    spread = np.sum((actual.astype(np.float64) - actual.mean(dtype=np.float64)) ** 2)
    return float(1 - np.sum(_errors(predicted, actual) ** 2) / spread) if spread > 0 else np.nan


def log_likelihood(predicted: Float32, deviation: Float32, actual: Float32) -> float:
    """Mean log density of the ratings under Normal(predicted, deviation^2); NaN for none.

    More is better. It judges predictions and what is said of their errors in one.
    """
    if not len(actual):
        return np.nan
    spread = deviation.astype(np.float64)
    squares = (_errors(predicted, actual) / spread) ** 2
    return float(np.mean(-0.5 * squares - np.log(spread)) - 0.5 * math.log(2 * math.pi))


def interval_coverage(
    predicted: Float32, deviation: Float32, actual: Float32, share: float
) -> float:
    """Share of the ratings within the central interval that should hold `share`; NaN for none.

    The interval is ``predicted +- z deviation``, z the (1 + share) / 2 quantile of the normal
    distribution: 0.674 for a half, 1.645 for nine of ten.
    """
    if not len(actual):
        return np.nan
    z = NormalDist().inv_cdf((1 + share) / 2)
    return float(np.mean(np.abs(_errors(predicted, actual)) <= z * deviation.astype(np.float64)))


def _errors(predicted: Float32, actual: Float32) -> Float64:
    return predicted.astype(np.float64) - actual.astype(np.float64)


def hits(lists: Int32, relevant: csr_array) -> Bool:
    """(people, n) bool: which entries of each list are among the person's relevant items.

    Parameters
    ----------
    lists : (people, n) int32
        Item indices, best first; -1 is never a hit.
    relevant : (people, n_items) CSR, one row a list
    """
    n_items = relevant.shape[1]
    rows = np.repeat(np.arange(relevant.shape[0]), np.diff(relevant.indptr))
    keys = rows.astype(np.int64) * n_items + relevant.indices
    wanted = np.arange(len(lists), dtype=np.int64)[:, np.newaxis] * n_items + lists
    return np.isin(wanted, keys) & (lists >= 0)


def ndcg(hit: Bool, n_relevant: Int32, k: int) -> Float64:
    """NDCG at k per person: gain 1 for a hit, discount ``1 / log2(rank + 1)``.

    The ideal list has min(k, relevant) hits on top. NaN for people without relevant items, whom a
    mean must leave out.
    """
    discount = 1 / np.log2(np.arange(2, k + 2))
    gained = hit[:, :k] @ discount[: hit.shape[1]]
    ideal = np.concatenate([[0], np.cumsum(discount)])[np.minimum(n_relevant, k)]
    return _divided(gained, ideal)


def recall(hit: Bool, n_relevant: Int32, k: int) -> Float64:
    """Hits in the first k, over all relevant items of the person (not truncated at k)."""
    return _divided(hit[:, :k].sum(axis=1), n_relevant)


def precision(hit: Bool, n_relevant: Int32, k: int) -> Float64:
    """Hits in the first k, over k."""
    return np.where(n_relevant > 0, hit[:, :k].sum(axis=1) / k, np.nan)


def coverage(lists: Int32, n_items: int) -> float:
    """Share of the catalogue that occurs in anybody's list."""
    return len(np.unique(lists[lists >= 0])) / n_items


def _divided(numerator: npt.NDArray[Any], denominator: npt.NDArray[Any]) -> Float64:
    out = np.full(len(denominator), np.nan)
    return np.divide(numerator, denominator, out=out, where=denominator > 0)


def mean_and_interval(values: Float64) -> tuple[float, float, float]:
    """Mean over those that are not NaN, with its 95 % normal interval: (mean, low, high)."""
    counted = values[~np.isnan(values)]
    if not len(counted):
        return (np.nan, np.nan, np.nan)
    mean = float(counted.mean())
    margin = 1.96 * float(counted.std()) / math.sqrt(len(counted))
    return (mean, mean - margin, mean + margin)
