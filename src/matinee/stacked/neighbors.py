"""How a person rated what is rated alike: the nearest neighbors among items, as a feature.

Factors see what many items have in common; neighbors also see what few do, such as sequels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, vstack

from matinee.errors import InvalidInput
from matinee.interactions import Float32, Int32, Interactions, sorted_csr

Float64 = npt.NDArray[np.float64]

NAMES = ("neighbors", "neighbors_weight")
"""Of the features."""
_NEAREST = 60
_SHRINK = 50.0
"""Common people by whom nobody is rated alike, that each pair is given."""
_POWER = 1.5
"""Of likeness in the mean: the nearest count more."""
_DAMPING = 0.3
"""Weight of deviations of zero in the mean."""
_ITEM_DAMPING, _USER_DAMPING, _TURNS = 4.0, 7.0, 10
_PEOPLE = 20_000
"""People who are enough to tell what is rated alike."""
_BLOCK = 256


@dataclass(frozen=True, eq=False)
class Neighbors:
    """Which items are rated alike.

    Attributes
    ----------
    levels : (n_items + 1,) float64
        How high everybody rates each item; the last is the mean, for an unknown item.
    weights : (n_items + 1, n_items) CSR float32
        ``s^1.5`` of the 60 items most alike each, where s > 0 is the correlation of deviations
        over common raters, times ``n / (n + 50)`` for n of them; nothing for an unknown item.
    """

    levels: Float64
    weights: csr_array

    def deviations(self, history: csr_array) -> csr_array:
        """(people, n_items) CSR: ratings less the level of the item and that of the person."""
        row = np.repeat(np.arange(history.shape[0]), np.diff(history.indptr))
        off = history.data - self.levels[history.indices]
        counts = np.diff(history.indptr) + _USER_DAMPING
        own = np.bincount(row, off, minlength=history.shape[0]) / counts
        return csr_array(
            ((off - own[row]).astype(np.float32), history.indices, history.indptr),
            shape=history.shape,
        )

    def of_pairs(self, deviations: csr_array, items: Int32) -> Float32:
        """(pairs, 2) float32 `NAMES`: the weighted mean of deviations of neighbors, and the weight.

        Parameters
        ----------
        deviations : (pairs, n_items) CSR
            Rows of `deviations`.
        items : (pairs,) int32
            -1 for an unknown item.
        """
        near = self.weights[items]
        ones = np.ones_like(deviations.data)
        rated = csr_array((ones, deviations.indices, deviations.indptr), shape=deviations.shape)
        weight = np.asarray(near.multiply(rated).sum(axis=1), np.float32)
        total = np.asarray(near.multiply(deviations).sum(axis=1), np.float32)
        return np.stack([total / (weight + np.float32(_DAMPING)), weight], axis=1)


def fit(train: Interactions, *, seed: int = 0) -> Neighbors:
    """Learn which items are rated alike; of more than 20,000 people that many are drawn."""
    matrix = train.matrix
    levels = _levels(matrix)
    nobody = csr_array((train.n_items + 1, train.n_items), dtype=np.float32)
    off = Neighbors(levels, nobody).deviations(matrix)
    if train.n_users > _PEOPLE:
        drawn = np.random.default_rng([seed, 2]).permutation(train.n_users)[:_PEOPLE]
        off = off[np.sort(drawn)]
    ones = csr_array((np.ones_like(off.data), off.indices, off.indptr), shape=off.shape)
    count = np.bincount(off.indices, minlength=train.n_items)
    squares = np.bincount(off.indices, off.data.astype(np.float64) ** 2, minlength=train.n_items)
    spread = np.sqrt((squares + 1e-9) / np.maximum(count, 1))
    by_item, ones_by_item = sorted_csr(off.T), sorted_csr(ones.T)
    rows = []
    for start in range(0, train.n_items, _BLOCK):
        block = slice(start, min(start + _BLOCK, train.n_items))
        common = (ones_by_item[block] @ ones).toarray()
        alike = (by_item[block] @ off).toarray() / (common + np.float32(_SHRINK))
        alike /= np.outer(spread[block], spread)
        at = np.arange(block.stop - block.start)
        alike[at, at + start] = 0
        rows.append(_nearest(alike))
    rows.append(csr_array((1, train.n_items), dtype=np.float32))
    return Neighbors(levels, sorted_csr(vstack(rows, format="csr")))


def of(arrays: Mapping[str, Any], rows: int) -> Neighbors:
    """Neighbors from their arrays, for `rows` items, the unknown one among them.

    Raises
    ------
    InvalidInput
        One is missing, or of another shape.
    """
    try:
        found = Neighbors(arrays["levels"], arrays["weights"])
    except KeyError as error:
        raise InvalidInput(f"Neighbors of items need their {error} too.") from error
    if found.levels.shape != (rows,) or found.weights.shape != (rows, rows - 1):
        raise InvalidInput(
            f"Levels and weights must be of {rows - 1} items, got shapes {found.levels.shape} and "
            f"{found.weights.shape}; train them again."
        )
    return found


def _levels(matrix: csr_array) -> Float64:
    """The mean and damped deviations of items, by turns with those of people."""
    people, n_items = matrix.shape
    row = np.repeat(np.arange(people), np.diff(matrix.indptr))
    mean = float(matrix.data.mean(dtype=np.float64))
    values = matrix.data - mean
    of_user, of_item = np.zeros(people), np.zeros(n_items)
    counted = np.bincount(matrix.indices, minlength=n_items) + _ITEM_DAMPING
    given = np.diff(matrix.indptr) + _USER_DAMPING
    for _ in range(_TURNS):
        off = values - of_user[row]
        of_item = np.bincount(matrix.indices, off, minlength=n_items) / counted
        off = values - of_item[matrix.indices]
        of_user = np.bincount(row, off, minlength=people) / given
    return mean + np.append(of_item, 0)


def _nearest(alike: npt.NDArray[np.floating]) -> csr_array:
    """The highest of each row, those above zero, to the power."""
    count = min(_NEAREST, alike.shape[1])
    best = np.argpartition(-alike, count - 1, axis=1)[:, :count]
    values = np.take_along_axis(alike, best, axis=1)
    row, place = np.nonzero(values > 0)
    kept = values[row, place].astype(np.float64) ** _POWER
    return sorted_csr(csr_array((kept, (row, best[row, place])), shape=alike.shape))
