"""What lists are like, beside being right: how much of the catalogue they show, how well known,
how varied, how surprising, and how true to the person's genres.

`coverage` and `gini` are of all lists together; all others are given per person, as means over
the entries of the first k of the list, which may be fewer than k. The mean over people leaves out
those without such entries (NaN). Popularity is counted in the training part.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, diags_array

from matinee.evaluation.metrics import Float64
from matinee.interactions import Bool, Int32, Interactions, SideInformation

_BLOCK = 4096
"""People whose lists meet the features of items at a time."""
_SMOOTHING = 0.01
"""alpha of Steck 2018."""


class Catalogue(NamedTuple):
    """What is known of the items that lists are made of."""

    choices: Int32
    """(n_items,) how many people chose each in training."""
    people: int
    """Who chose anything in training."""
    features: csr_array | None = None
    """(n_items, f) float64: rows of length 1, or 0 where nothing is known. None: of no item."""
    genres: csr_array | None = None
    """(n_items, g) float64: rows of sum 1, or 0 where no genre is known. None: of no item."""

    @classmethod
    def of(cls, train: Interactions, side: SideInformation | None) -> Self:
        """Features are all those of items; genres are the columns "genre:..."."""
        choices = np.bincount(train.item_index, minlength=train.n_items).astype(np.int32)
        people = len(np.unique(train.user_index))
        if side is None or side.item_features is None or not side.item_features.nnz:
            return cls(choices, people)
        features = side.item_features.astype(np.float64)
        columns = [j for j, n in enumerate(side.item_feature_names) if n.startswith("genre:")]
        genres = features[:, columns]
        genres.data = (genres.data > 0).astype(np.float64)
        length = np.sqrt(features.multiply(features).sum(axis=1))
        own = _scaled(genres, genres.sum(axis=1)) if genres.nnz else None
        return cls(choices, people, _scaled(features, length), own)


def coverage(lists: Int32, n_items: int) -> float:
    """Items that occur in anybody's list, over all items of the catalogue; 0 without lists."""
    return len(np.unique(lists[lists >= 0])) / n_items


def gini(lists: Int32, n_items: int) -> float:
    """How unequally the lists show the items of the catalogue: 0 all alike, near 1 hardly any.

    `gini_of` how often each item occurs in all lists, 0 for those that do not.
    """
    return gini_of(np.bincount(lists[lists >= 0], minlength=n_items))


def gini_of(counts: npt.NDArray[np.integer[Any]]) -> float:
    """Gini coefficient: ``sum over j of (2 j - n - 1) c_j / (n sum of c_j)``, c_1 <= ... <= c_n.

    0 where all counts are equal, (n - 1) / n where one has everything, NaN where all are 0.
    """
    n = len(counts)
    c = np.sort(counts).astype(np.float64)
    total = n * c.sum()
    weights = 2 * np.arange(1, n + 1) - n - 1
    return float((weights * c).sum() / total) if total else np.nan


def novelty(lists: Int32, catalogue: Catalogue, k: int) -> Float64:
    """Mean of ``-log2(n_i / people)`` in bits: how few people chose what is recommended.

    An item that nobody chose counts as chosen by one. It is the mean inverse user frequency.
    """
    share = np.maximum(catalogue.choices, 1) / max(catalogue.people, 1)
    return _mean_of(lists, -np.log2(share), k)


def popularity(lists: Int32, catalogue: Catalogue, k: int) -> Float64:
    """Mean of ``n_i / people``, the share of people who chose what is recommended: popularity
    bias, which is more where a model keeps to what everybody chooses."""
    return _mean_of(lists, catalogue.choices / max(catalogue.people, 1), k)


def serendipity(lists: Int32, hit: Bool, catalogue: Catalogue, k: int) -> Float64:
    """Mean of ``hit * max(0, (popularity rank - rank) / n_items)``: right, and not what everybody
    is recommended.

    Ranks count from 1; items chosen equally often share a popularity rank, and the next count has
    the next rank. An item that nobody chose has rank ``n_items + 1``.
    """
    n_items = len(catalogue.choices)
    chosen = np.unique(catalogue.choices[catalogue.choices > 0])
    rank = (1 + len(chosen) - np.searchsorted(chosen, catalogue.choices, side="right")).astype(
        float
    )
    rank[catalogue.choices == 0] = n_items + 1
    total, entries = np.zeros(len(lists)), np.zeros(len(lists))
    for place in range(min(k, lists.shape[1])):
        there = lists[:, place] >= 0
        ahead = np.maximum(0, (rank[lists[:, place]] - (place + 1)) / n_items)
        total += np.where(there & hit[:, place], ahead, 0)
        entries += there
    return _divided(total, entries)


def diversity(lists: Int32, catalogue: Catalogue, k: int) -> Float64:
    """Intra-list diversity: the mean of ``1 - cosine`` of the features of each two entries.

    Entries of which nothing is known are left out; NaN where fewer than two remain.

    Raises
    ------
    ValueError
        The catalogue has no features.
    """
    if catalogue.features is None:
        raise ValueError("Diversity needs features of items.")
    result = np.empty(len(lists))
    known = np.diff(catalogue.features.indptr) > 0
    for start in range(0, len(lists), _BLOCK):
        block = slice(start, start + _BLOCK)
        entries = _entries(lists[block, :k], known)
        there = np.diff(entries.indptr).astype(np.float64)
        # Of unit vectors, |sum|^2 is how many there are, plus twice the sum of all cosines.
        added = entries @ catalogue.features
        squares = np.asarray(added.multiply(added).sum(axis=1))
        result[block] = 1 - _divided(squares - there, there * (there - 1))
    return result


def calibration(lists: Int32, known: csr_array, catalogue: Catalogue, k: int) -> Float64:
    """How far the genres of a list are from those of the person: 0 where in the same proportions.

    Kullback-Leibler divergence in nats (Steck 2018), each entry weighing the same:
    ``sum over genres g of p(g) log(p(g) / (0.99 q(g) + 0.01 p(g)))``. An item gives each of
    its genres an equal part of 1; p is their mean over what is known of the person, q that over
    the list, items without genres left out. NaN where either is empty.

    Parameters
    ----------
    known : (people, n_items) CSR
        Whose entries count the same, whatever their value.

    Raises
    ------
    ValueError
        The catalogue has no genres.
    """
    if catalogue.genres is None:
        raise ValueError("Calibration needs genres of items.")
    result = np.empty(len(lists))
    every = np.ones(len(catalogue.choices), bool)
    for start in range(0, len(lists), _BLOCK):
        block = slice(start, start + _BLOCK)
        own = known[block]
        ones = csr_array((np.ones(own.nnz), own.indices, own.indptr), shape=own.shape)
        p = _proportions(ones, catalogue.genres)
        q = _proportions(_entries(lists[block, :k], every), catalogue.genres)
        ratio = np.divide(
            p, (1 - _SMOOTHING) * q + _SMOOTHING * p, out=np.ones(p.shape), where=p > 0
        )
        both = p.any(axis=1) & q.any(axis=1)
        result[block] = np.where(both, (p * np.log(ratio)).sum(axis=1), np.nan)
    return result


def _proportions(entries: csr_array, genres: csr_array) -> Float64:
    summed = (entries @ genres).toarray()
    return np.divide(summed, summed.sum(axis=1, keepdims=True), out=summed, where=summed > 0)


def _entries(lists: Int32, counted: Bool) -> csr_array:
    """(people, n_items) ones at the entries that are counted."""
    there = (lists >= 0) & counted[lists]
    indptr = np.concatenate([[0], np.cumsum(there.sum(axis=1))])
    chosen = lists[there]
    return csr_array((np.ones(len(chosen)), chosen, indptr), shape=(len(lists), len(counted)))


def _mean_of(lists: Int32, values: Float64, k: int) -> Float64:
    """Mean of the values of the first k of each list, those that there are."""
    total, entries = np.zeros(len(lists)), np.zeros(len(lists))
    for place in range(min(k, lists.shape[1])):
        there = lists[:, place] >= 0
        total += np.where(there, values[lists[:, place]], 0)
        entries += there
    return _divided(total, entries)


def _divided(numerator: Float64, denominator: Float64) -> Float64:
    out = np.full(len(denominator), np.nan)
    return np.divide(numerator, denominator, out=out, where=denominator > 0)


def _scaled(rows: csr_array, by: Float64) -> csr_array:
    inverse = np.divide(1, by, out=np.zeros(len(by)), where=by > 0)
    scaled = csr_array(diags_array(inverse) @ rows)
    scaled.eliminate_zeros()
    return scaled
