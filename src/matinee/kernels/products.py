"""Products of sparse rows with a matrix: what item-item models score with.

    out[p] += sum_j data[j] * matrix[indices[j]]        over the entries j of row p

The rows of people are independent, and each is summed in the order of its entries, so results do
not depend on the number of threads.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import exclusive

_SMALL = 100_000
"""Additions below which entering a parallel loop would cost more than it gains."""


@numba.njit(cache=True)
def _add_row(first, last, indices, data, dense, out):
    """out += sum of data[j] * dense[indices[j]] for j in first..last-1."""
    for j in range(first, last):
        row, factor = dense[indices[j]], data[j]
        for column in range(len(out)):
            out[column] += factor * row[column]


@numba.njit(cache=True)
def _add_rows_one_by_one(indptr, indices, data, dense, out):
    for p in range(len(out)):
        _add_row(indptr[p], indptr[p + 1], indices, data, dense, out[p])


@numba.njit(cache=True, parallel=True)
def _add_rows(indptr, indices, data, dense, out):
    for p in numba.prange(len(out)):
        _add_row(indptr[p], indptr[p + 1], indices, data, dense, out[p])


def add_rows(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    data: npt.NDArray[np.float32],
    dense: npt.NDArray[np.float32],
    out: npt.NDArray[np.float32],
) -> None:
    """``out += sparse @ dense``.

    Parameters
    ----------
    indptr, indices, data : in
        (people, n) CSR.
    dense : (n, d) float32, in
    out : (people, d) float32, in and out
    """
    if len(indices) * dense.shape[1] < _SMALL or len(out) == 1:
        _add_rows_one_by_one(indptr, indices, data, dense, out)
        return
    with exclusive():
        _add_rows(indptr, indices, data, dense, out)


@numba.njit(cache=True)
def _add_sparse_row(first, last, indices, data, other_indptr, other_indices, other_data, out):
    for j in range(first, last):
        row, factor = indices[j], data[j]
        for at in range(other_indptr[row], other_indptr[row + 1]):
            out[other_indices[at]] += factor * other_data[at]


@numba.njit(cache=True)
def _add_sparse_one_by_one(indptr, indices, data, other_indptr, other_indices, other_data, out):
    for p in range(len(out)):
        _add_sparse_row(
            indptr[p], indptr[p + 1], indices, data, other_indptr, other_indices, other_data, out[p]
        )


@numba.njit(cache=True, parallel=True)
def _add_sparse(indptr, indices, data, other_indptr, other_indices, other_data, out):
    for p in numba.prange(len(out)):
        _add_sparse_row(
            indptr[p], indptr[p + 1], indices, data, other_indptr, other_indices, other_data, out[p]
        )


def add_sparse_rows(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    data: npt.NDArray[np.float32],
    other_indptr: npt.NDArray[np.int32],
    other_indices: npt.NDArray[np.int32],
    other_data: npt.NDArray[np.float32],
    out: npt.NDArray[np.float32],
) -> None:
    """``out += sparse @ other``, both sparse and `out` dense.

    Parameters
    ----------
    indptr, indices, data : in
        (people, n) CSR.
    other_indptr, other_indices, other_data : in
        (n, d) CSR.
    out : (people, d) float32, in and out
    """
    arguments = (indptr, indices, data, other_indptr, other_indices, other_data, out)
    each = len(other_indices) / max(len(other_indptr) - 1, 1)
    if len(indices) * each < _SMALL or len(out) == 1:
        _add_sparse_one_by_one(*arguments)
        return
    with exclusive():
        _add_sparse(*arguments)
