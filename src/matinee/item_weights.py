"""What models that weigh the items of one's history share."""

from __future__ import annotations

import os
from typing import Any, cast

import numpy as np
from scipy.sparse import csr_array

from matinee import ranking
from matinee.errors import InvalidInput
from matinee.interactions import Float32, Int32
from matinee.kernels.products import add_sparse_rows
from matinee.model import Model, State
from matinee.ranking import Reason


class ItemWeights(Model):
    """``score(u, j) = sum of weights_[i, j] over the items i that u chose``.

    Models set `weights_` in `_fit`. What is known of somebody is the history itself, so nothing
    is computed when a person comes. Where no item of the history leads anywhere, popularity
    decides.
    """

    weights_: csr_array
    """(n_items, n_items) CSR float32: what having chosen the row says for the column."""

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        return history

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        return {"weights_": (self.n_items, self.n_items)}

    def _score(self, state: State) -> Float32:
        history = cast(csr_array, state)
        scores = np.zeros(history.shape, np.float32)
        ones = np.ones(len(history.indices), np.float32)
        of = self.weights_
        add_sparse_rows(
            history.indptr, history.indices, ones, of.indptr, of.indices, of.data, scores
        )
        scores[~scores.any(axis=1)] = self.item_count_
        return scores

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        """The score is a sum over the history: what each item adds."""
        share = self.weights_[history.indices][:, [item]].toarray()[:, 0]
        reasons = ranking.ratings_that_speak(history.indices, share)
        return reasons or super()._explain(history, state, item)


def from_lists(columns: Int32, values: Float32) -> csr_array:
    """(n, n) CSR of the (n, k) columns and values of each row; column -1 is nothing."""
    n = len(columns)
    indptr, indices, (data,) = sorted_lists(columns, values)
    return csr_array((data, indices, indptr), shape=(n, n))


def sorted_lists(columns: Int32, *values: Any) -> tuple[Int32, Int32, list[Any]]:
    """(n, k) columns of each row and arrays of values beside them, as the parts of sorted CSR.

    Returns
    -------
    indptr, indices : int32
        Column -1 is nothing; none may stand in a row twice.
    values : a list of arrays, in their types, in the order of `indices`
    """
    kept = columns >= 0
    indptr = np.append(0, np.cumsum(kept.sum(axis=1))).astype(np.int32)
    place = np.arange(indptr[-1], dtype=np.int32)
    order = csr_array((place, columns[kept], indptr), shape=(len(columns), len(columns)))
    order.sort_indices()
    return indptr, order.indices.astype(np.int32, copy=False), [v[kept][order.data] for v in values]


def people_weights(lengths: Int32, power: float) -> Float32:
    """What each person counts for; on average over choices, one."""
    weights = np.maximum(lengths, 1.0) ** -power
    weights *= lengths.sum() / (weights * lengths).sum()
    return weights.astype(np.float32)


def check_memory(name: str, items: int) -> None:
    """Refuse a float32 matrix of `items` squared that the machine's memory cannot hold."""
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" not in names or "SC_PAGE_SIZE" not in names:
        return
    there = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    needed = 4 * items**2
    if needed > there:
        raise InvalidInput(
            f"{name} must hold a matrix of items squared in memory: {items} items need "
            f"{needed / 1e9:.1f} GB, and this machine has {there / 1e9:.1f} GB; leave out items "
            "with few ratings, or take ials."
        )
