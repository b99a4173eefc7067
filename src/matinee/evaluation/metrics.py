"""Metrics of predicted ratings and of ranked lists.

Lists are judged against all items of the catalogue, never against sampled ones: best first, items
with equal scores in order of index, -1 where a list ends early. Relevant is what the person chose
in the test part. Each metric of lists is given per person, so that intervals can be made of it;
its mean leaves out people without relevant items (NaN). What lists are like beside being right is
in `evaluation.beyond`.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.interactions import Bool, Float32, Int32, Int64, sorted_csr
from matinee.kernels import judging

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
        What it holds is relevant, a zero too.
    """
    relevant = sorted_csr(relevant)
    hit = np.empty(lists.shape, np.bool_)
    judging.find(lists, relevant.indptr, relevant.indices, hit)
    return hit


def ndcg(hit: Bool, n_relevant: Int32, k: int) -> Float64:
    """NDCG at k per person: ``DCG / ideal DCG``, of a binary gain.

    The gain is 1 for a hit and 0 else, the discount of rank r (from 1) is ``1 / log2(r + 1)``.
    The ideal list has min(k, relevant) hits on top. NaN without relevant items.
    """
    discount = 1 / np.log2(np.arange(2, k + 2))
    gained = np.zeros(len(hit))
    for rank in range(min(k, hit.shape[1])):
        gained += hit[:, rank] * discount[rank]
    ideal = np.concatenate([[0], np.cumsum(discount)])[np.minimum(n_relevant, k)]
    return _divided(gained, ideal)


def recall(hit: Bool, n_relevant: Int32, k: int) -> Float64:
    """Hits in the first k, over all relevant items of the person (not truncated at k).

    Who has more than k relevant items cannot reach 1. NaN without relevant items.
    """
    return _divided(hit[:, :k].sum(axis=1), n_relevant)


def recall_capped(hit: Bool, n_relevant: Int32, k: int) -> Float64:
    """Hits in the first k, over min(k, relevant items of the person): 1 can be reached.

    It is the recall of Liang et al. 2018. NaN without relevant items.
    """
    return _divided(hit[:, :k].sum(axis=1), np.minimum(n_relevant, k))


def precision(hit: Bool, n_relevant: Int32, k: int) -> Float64:
    """Hits in the first k, over k, however short the list. NaN without relevant items."""
    return np.where(n_relevant > 0, hit[:, :k].sum(axis=1) / k, np.nan)


def average_precision(hit: Bool, n_relevant: Int32, k: int) -> Float64:
    """Average precision at k per person; MAP at k is its mean.

    ``sum over hits in the first k of (hits up to its rank / its rank)``, over min(k, relevant
    items of the person), so that a perfect list has 1. NaN without relevant items.
    """
    so_far, total = np.zeros(len(hit)), np.zeros(len(hit))
    for rank in range(min(k, hit.shape[1])):
        so_far += hit[:, rank]
        total += np.where(hit[:, rank], so_far / (rank + 1), 0)
    return _divided(total, np.minimum(n_relevant, k))


def reciprocal_rank(hit: Bool, n_relevant: Int32, k: int) -> Float64:
    """1 / the rank of the first hit in the first k, 0 if there is none; MRR at k is its mean.

    NaN without relevant items.
    """
    found = np.zeros(len(hit))
    for rank in reversed(range(min(k, hit.shape[1]))):
        found[hit[:, rank]] = 1 / (rank + 1)
    return np.where(n_relevant > 0, found, np.nan)


def hit_rate(hit: Bool, n_relevant: Int32, k: int) -> Float64:
    """1 where the first k hold a hit, else 0. NaN without relevant items."""
    return np.where(n_relevant > 0, hit[:, :k].any(axis=1), np.nan)


def outranked(
    scores: Float32, masked: csr_array, relevant: csr_array, rows: Int64, share: Float64
) -> None:
    """The share of all other items that each relevant item outranks: what AUC is made of.

    The others of a person are all items of the catalogue but those masked and those relevant.
    Items with a lower score count 1, with the same a half; -inf and NaN are the lowest score.
    NaN where there are no others, or where the relevant item is masked.

    Parameters
    ----------
    scores : (block, n_items) float32; overwritten
    masked, relevant : (people, n_items) sorted CSR
        What is not ranked, and what should be on top.
    rows : (block,) int64
        Which rows of both belong to the rows of `scores`.
    share : (nnz of relevant,) float64, out
        The entries of `rows` are filled.
    """
    judging.beat(
        np.ascontiguousarray(scores),
        (masked.indptr, masked.indices),
        (relevant.indptr, relevant.indices),
        rows,
        share,
    )


def auc(share: Float64, relevant: csr_array) -> Float64:
    """Area under the ROC curve per person: the mean of `outranked` over the relevant items.

    It is the chance that a relevant item is ranked above another, equal scores counting a half,
    over the whole catalogue but what is masked, at no cutoff. NaN where there is no such pair.
    """
    row = np.repeat(np.arange(relevant.shape[0]), np.diff(relevant.indptr))
    known = ~np.isnan(share)
    total = np.bincount(row[known], share[known], minlength=relevant.shape[0])
    return _divided(total, np.bincount(row[known], minlength=relevant.shape[0]))


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
