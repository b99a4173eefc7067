"""Draws of one side of a Bayesian factor model while the other side stands still.

With x = (b, t) of a row and (c_j, q_j) of the others that it has ratings z_j of, ::

    z_j ~ N(b + c_j + t . q_j, 1 / (v w_j)),      x ~ N(prior, precision^-1),

so that, with a_j = (1, q_j), x is normal around A^-1 right with the precision

    A = precision + v sum_j w_j a_j a_j^T
    right = precision prior + v sum_j w_j (z_j - c_j) a_j

Of the Cholesky factor U^T U = A, ``x = U^-1 (U^-T right + noise)`` is a draw where the noise is
standard normal, and the mean where it is zero. The rows are gathered by the chunk for the tiles of
`gram`. Each row is found by itself, from noise that the caller has drawn, so results do not depend
on the number of threads.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.gram import add_gram, add_two_products, factor, substitute
from matinee.kernels.threads import balanced_blocks, exclusive
from matinee.kernels.vectors import WIDTH

_SMALL = 20_000
"""Ratings below which entering a parallel loop would cost more than it gains."""


@numba.njit(cache=True)
def _draw_rows(
    start, stop, indptr, indices, z, weights, others, precision, prior, own_weights, noise, x,
    errors,
):  # fmt: skip
    width = others.shape[1]
    chunk = max(WIDTH, 4096 // width)
    gathered = np.zeros((chunk, width), np.float32)
    pairs = np.zeros((chunk, 2), np.float32)
    sums = np.empty((2, width), np.float32)
    matrix = np.empty((width, width + WIDTH), np.float32)
    for row in range(start, stop):
        first, last = indptr[row], indptr[row + 1]
        own = own_weights[row]
        matrix[:, :] = 0
        sums[:, :] = 0
        for begin in range(first, last, chunk):
            count = min(chunk, last - begin)
            for j in range(count):
                other = others[indices[begin + j]]
                root = np.sqrt(own * weights[indices[begin + j]])
                into = gathered[j]
                for f in range(width):
                    into[f] = other[f] * root
                into[0] = root
                pairs[j, 0] = (z[begin + j] - other[0]) * root
            add_gram(gathered, count, width, matrix)
            add_two_products(pairs, gathered, count, width, sums)
        for f in range(width):
            right = sums[0, f]
            for g in range(width):
                right += precision[f, g] * prior[row, g]
                if g >= f:
                    matrix[f, g] += precision[f, g]
            matrix[f, width] = right
        factor(matrix, width)
        drawn = x[row]
        for f in range(width):
            drawn[f] = matrix[f, width] + noise[row, f]
        substitute(matrix, width, drawn)
        for n in range(first, last):
            other = others[indices[n]]
            error = z[n] - drawn[0] - other[0]
            for f in range(1, width):
                error -= drawn[f] * other[f]
            errors[n] = error


@numba.njit(cache=True, parallel=True)
def _draw_blocks(
    blocks, indptr, indices, z, weights, others, precision, prior, own_weights, noise, x, errors
):
    for block in numba.prange(len(blocks) - 1):
        _draw_rows(
            blocks[block], blocks[block + 1], indptr, indices, z, weights, others, precision, prior,
            own_weights, noise, x, errors,
        )  # fmt: skip


def draw(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    z: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float32],
    others: npt.NDArray[np.float32],
    precision: npt.NDArray[np.float32],
    prior: npt.NDArray[np.float32],
    own_weights: npt.NDArray[np.float32],
    noise: npt.NDArray[np.float32],
    x: npt.NDArray[np.float32],
    errors: npt.NDArray[np.float32],
) -> None:
    """A draw (or the mean) of every row.

    Parameters
    ----------
    indptr, indices : in
        (rows, others) CSR of who has ratings of what.
    z : (nnz,) float32, in
        The ratings, in that order.
    weights : (others,) float32 > 0, in
        w_j, the precision of the others' noise.
    others : (others, width) float32, in
        (c_j, q_j), filled up with zeros to a multiple of 16.
    precision : (width, width) float32, in
        Symmetric and positive definite; the identity where factors are filled up.
    prior : (rows, width) float32, in
    own_weights : (rows,) float32 > 0, in
        v, the precision of the rows' own noise.
    noise : (rows, width) float32, in
        Standard normal for a draw; zero for the mean, and where factors are filled up.
    x : (rows, width) float32, out
    errors : (nnz,) float32, out
        ``z_j - b - c_j - t . q_j``.
    """
    arguments = (
        indptr, indices, z, weights, others, precision, prior, own_weights, noise, x, errors,
    )  # fmt: skip
    if len(indices) < _SMALL:
        _draw_rows(0, len(indptr) - 1, *arguments)
        return
    with exclusive():
        _draw_blocks(balanced_blocks(indptr, _SMALL), *arguments)
