"""The two ends of EASE: a weighted Gram matrix of sparse rows, and weights from its inverse.

Between them stands LAPACK. All three work in one n x n matrix, of which the Gram matrix and the
inverse fill the lower triangle.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import exclusive

_STRIDES = 64
"""Rows go round in this many turns, so that threads share the work evenly."""
_TILE = 64
"""Rows and columns turned over at once, so that both tiles stay in the cache."""


@numba.njit(cache=True, parallel=True)
def _gram(indptr, indices, item_indptr, item_users, weights, out):
    n = len(out)
    for stride in numba.prange(min(_STRIDES, n)):
        for i in range(stride, n, _STRIDES):
            row = out[i]
            row[: i + 1] = 0
            for at in range(item_indptr[i], item_indptr[i + 1]):
                user = item_users[at]
                weight = weights[user]
                for place in range(indptr[user], indptr[user + 1]):
                    j = indices[place]
                    if j > i:
                        break
                    row[j] += weight


def gram(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    item_indptr: npt.NDArray[np.int32],
    item_users: npt.NDArray[np.int32],
    weights: npt.NDArray[np.float32],
    out: npt.NDArray[np.float32],
) -> None:
    """``out[i, j] = sum of weights[u] over the people u who chose both i and j``, for j <= i.

    Each element is summed by one thread in the order of users.

    Parameters
    ----------
    indptr, indices : in
        People x items, CSR with sorted rows; values do not count.
    item_indptr, item_users : in
        Its transpose, CSR with sorted rows.
    weights : (people,) float32, in
    out : (n, n) float32, out
        The lower triangle; what lies above it is not touched.
    """
    with exclusive():
        _gram(indptr, indices, item_indptr, item_users, weights, out)


@numba.njit(cache=True, parallel=True)
def _weigh(inverse, scale):
    n = len(inverse)
    tiles = (n + _TILE - 1) // _TILE
    for stride in numba.prange(min(_STRIDES, tiles)):
        for tile in range(stride, tiles, _STRIDES):
            for left in range(tile + 1):
                for i in range(tile * _TILE, min((tile + 1) * _TILE, n)):
                    for j in range(left * _TILE, min((left + 1) * _TILE, i)):
                        value = -inverse[i, j]
                        inverse[i, j] = value * scale[j]
                        inverse[j, i] = value * scale[i]
    for i in range(n):
        inverse[i, i] = 0


def weigh(inverse: npt.NDArray[np.float32], scale: npt.NDArray[np.float32]) -> None:
    """``B[i, j] = -P[i, j] * scale[j]``, and 0 where i = j, in place of P.

    Parameters
    ----------
    inverse : (n, n) float32, in and out
        In: the lower triangle of the symmetric P. Out: all of B.
    scale : (n,) float32, in
    """
    with exclusive():
        _weigh(inverse, scale)
