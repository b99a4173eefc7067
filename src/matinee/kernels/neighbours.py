"""The nearest items of each item, by who chose both.

    likeness(i, j) = together(i, j) / (left_i * right_j + shrinkage)
    together(i, j) = sum of weights[u] over the people u who chose both i and j

One row of all items is held a block of rows, never a matrix. A row is summed by one thread in the
order of its people, so results do not depend on the number of threads.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import exclusive
from matinee.kernels.topn import push, put_in_order

_BLOCKS = 256
"""Rows go round in this many turns, so that threads share the work evenly."""


@numba.njit(cache=True, parallel=True)
def _nearest(
    indptr, indices, item_indptr, item_users, weights, left, right, shrinkage, items, likeness
):
    n = len(items)
    blocks = min(_BLOCKS, n)
    for block in numba.prange(blocks):
        together = np.zeros(n, np.float32)
        for i in range(block, n, blocks):
            for at in range(item_indptr[i], item_indptr[i + 1]):
                user = item_users[at]
                weight = weights[user]
                for place in range(indptr[user], indptr[user + 1]):
                    together[indices[place]] += weight
            held = 0
            for j in range(n):
                shared = together[j]
                if shared > 0:
                    together[j] = 0
                    if j != i:
                        value = shared / (left[i] * right[j] + shrinkage)
                        if held < items.shape[1] or value > likeness[i, 0]:
                            held = push(items[i], likeness[i], held, value, j)
            put_in_order(items[i], likeness[i], held)


def nearest(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    item_indptr: npt.NDArray[np.int32],
    item_users: npt.NDArray[np.int32],
    weights: npt.NDArray[np.float32],
    left: npt.NDArray[np.float32],
    right: npt.NDArray[np.float32],
    shrinkage: float,
    items: npt.NDArray[np.int32],
    likeness: npt.NDArray[np.float32],
) -> None:
    """The items most alike each item, best first, equal ones by index; never the item itself.

    Parameters
    ----------
    indptr, indices : in
        People x items, CSR with sorted rows; values do not count.
    item_indptr, item_users : in
        Its transpose, CSR with sorted rows.
    weights : (people,) float32 > 0, in
    left, right : (n,) float32, in
        With `shrinkage` >= 0 so that the denominator is > 0 for items that anybody chose.
    items : (n, k) int32, out
    likeness : (n, k) float32, out
        Entries stay untouched where fewer than k items share a person with the row's.
    """
    with exclusive():
        _nearest(
            indptr,
            indices,
            item_indptr,
            item_users,
            weights,
            left,
            right,
            np.float32(shrinkage),
            items,
            likeness,
        )
