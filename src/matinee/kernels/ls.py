"""Squared error of a factor model and its slope, for all parameters at once.

With errors e_ui = (r_ui - mean) / deviation - b_u - b_i - p_u . q_i the objective is ::

    sum e_ui^2 + sum_u x_u^T D_u x_u + sum_i x_i^T D_i x_i,
    x = (factors, bias),  D_u = diag(plain + weighted * n_u)

and its slope in p_u is ``2 (D_u p_u - sum_i e_ui q_i)``, in b_u ``2 (D_u b_u - sum_i e_ui)``. The
slopes of people come from a pass over the ratings by person, those of items from a pass by item:
each error is computed twice, but nobody adds to another's numbers, so no lock is needed and the
order of every sum is fixed. Errors are added up in float64.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import balanced_blocks, exclusive


@numba.njit(cache=True, fastmath={"reassoc", "contract"})
def _rows(start, stop, indptr, indices, ratings, numbers, others, penalty, mine, slope):
    """Slopes of rows start..stop-1; returns their squared error and their penalty.

    in:  indptr (rows+1,), indices (nnz,) int32, ratings (nnz,) float32,
         numbers (2,) float32: mean, 1 / deviation,
         others (others, k+1) float32, biases last; penalty (2, k+1) float32: plain, weighted,
         mine (rows, k+1) float32, biases last
    out: slope (rows, k+1) float32
    """
    k = mine.shape[1] - 1
    squared = penalized = 0.0
    for row in range(start, stop):
        x, g = mine[row], slope[row]
        n = indptr[row + 1] - indptr[row]
        for f in range(k + 1):
            weight = penalty[0, f] + penalty[1, f] * n
            g[f] = weight * x[f]
            penalized += np.float64(g[f]) * x[f]
        for at in range(indptr[row], indptr[row + 1]):
            other = others[indices[at]]
            product = np.float32(0)
            for f in range(k):
                product += x[f] * other[f]
            error = (ratings[at] - numbers[0]) * numbers[1] - x[k] - other[k] - product
            squared += np.float64(error) * error
            for f in range(k):
                g[f] -= error * other[f]
            g[k] -= error
        for f in range(k + 1):
            g[f] *= 2
    return squared, penalized


@numba.njit(cache=True, parallel=True)
def _blocks(blocks, indptr, indices, ratings, numbers, others, penalty, mine, slope, totals):
    for block in numba.prange(len(blocks) - 1):
        start, stop = blocks[block], blocks[block + 1]
        totals[block, 0], totals[block, 1] = _rows(
            start, stop, indptr, indices, ratings, numbers, others, penalty, mine, slope
        )


def slopes(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    ratings: npt.NDArray[np.float32],
    standard: tuple[float, float],
    others: npt.NDArray[np.float32],
    penalty: npt.NDArray[np.float32],
    mine: npt.NDArray[np.float32],
    slope: npt.NDArray[np.float32],
) -> tuple[float, float]:
    """Slopes of the objective in the rows of one side.

    Parameters
    ----------
    indptr, indices, ratings : in
        A CSR matrix of ratings, rows x others.
    standard
        (mean, deviation) of ratings.
    others : (others, k + 1) float32, in
        The other side: factors, and biases last.
    penalty : (2, k + 1) float32, in
        On each factor and the bias, alone and times the row's number of ratings.
    mine : (rows, k + 1) float32, in
    slope : (rows, k + 1) float32, out

    Returns
    -------
    (float, float)
        The squared error, and the penalty of the rows (not that of the others).
    """
    numbers = np.array([standard[0], 1 / standard[1]], np.float32)
    arguments = (indptr, indices, ratings, numbers, others, penalty, mine, slope)
    with exclusive():
        if len(indices) < 20_000:
            squared, penalized = _rows(0, len(indptr) - 1, *arguments)
            return float(squared), float(penalized)
        blocks = balanced_blocks(indptr, 20_000)
        totals = np.empty((len(blocks) - 1, 2))
        _blocks(blocks, *arguments, totals)
        return float(totals[:, 0].sum()), float(totals[:, 1].sum())
