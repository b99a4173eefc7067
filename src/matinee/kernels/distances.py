"""Distances between sparse rows, by the columns that they share.

    distance(i, j)^2 = |x_i|^2 + |x_j|^2 - 2 sum_f x_if x_jf

Row i goes through the other rows of each of its columns, so that rows which share nothing cost
nothing. One thread adds up a row, in the order of its columns and in float64, so results do not
depend on the number of threads, and rows that are equal are at distance 0.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import exclusive

_ROWS = 16
"""Rows that share a buffer."""


@numba.njit(cache=True, parallel=True)
def _distances(indptr, indices, data, starts, ends, rows, values, norms, first, out):
    height, width = out.shape
    for block in numba.prange((height + _ROWS - 1) // _ROWS):
        shared = np.zeros(width)
        for p in range(block * _ROWS, min((block + 1) * _ROWS, height)):
            i = first + p
            shared[:] = 0
            for at in range(indptr[i], indptr[i + 1]):
                column, value = indices[at], np.float64(data[at])
                for place in range(starts[column], ends[column]):
                    shared[rows[place] - first] += value * values[place]
            for q in range(width):
                out[p, q] = math.sqrt(max(0.0, norms[i] + norms[first + q] - 2 * shared[q]))


@numba.njit(cache=True)
def _norms(indptr, data, out):
    for i in range(len(out)):
        total = 0.0
        for at in range(indptr[i], indptr[i + 1]):
            total += np.float64(data[at]) * data[at]
        out[i] = total


def squared_norms(
    indptr: npt.NDArray[np.int32],
    data: npt.NDArray[np.float32],
    out: npt.NDArray[np.float64],
) -> None:
    """``out[i] = |x_i|^2``, added up in the order in which `distances` adds.

    Parameters
    ----------
    indptr, data : in
        CSR of n rows.
    out : (n,) float64, out
    """
    _norms(indptr, data, out)


def distances(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    data: npt.NDArray[np.float32],
    starts: npt.NDArray[np.int64],
    ends: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int32],
    values: npt.NDArray[np.float32],
    norms: npt.NDArray[np.float64],
    first: int,
    out: npt.NDArray[np.float32],
) -> None:
    """Euclidean distances of the rows ``first .. first + h - 1`` from the rows ``first .. n - 1``.

    Parameters
    ----------
    indptr, indices, data : in
        (n, d) CSR.
    rows, values : in
        Its transpose, CSR with sorted rows.
    starts, ends : (d,) in
        Where in `rows` each column's entries begin that belong to row `first` or later, and end.
    norms : (n,) float64, in
        By `squared_norms`.
    out : (h, n - first) float32, out
    """
    with exclusive():
        _distances(indptr, indices, data, starts, ends, rows, values, norms, first, out)
