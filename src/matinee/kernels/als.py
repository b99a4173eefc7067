"""Least squares for one side of a factor model while the other side stands still.

For one person with ratings z_j of items j (or one item, with the sides exchanged) it finds

    min_{x, b}  sum_j (z_j - b - c_j - v_j . x)^2  +  x^T D x  +  bias_penalty * b^2,
    D = diag(plain + weighted * n),

where c_j is the bias of item j and n the number of ratings. With e_j = z_j - c_j, and 1 for a
column of ones, the minimum is where

    (V^T V + D) x = V^T (e - b 1),
    b = (1.e - s.y) / (n + bias_penalty - s.s),   s = U^-T V^T 1,  y = U^-T V^T e,

U being the Cholesky factor of V^T V + D (the normal equations, b eliminated). Who has fewer ratings
than there are factors is solved in as many unknowns as ratings instead: with G = V D^-1/2,

    x = D^-1/2 G^T a,  (G G^T + I) a = e - b 1,   b = s.y / (bias_penalty + s.s),
    s = U^-T 1,  y = U^-T e,  U the factor of G G^T + I.

The rows v_j are gathered by the chunk, so that a chunk stays in the first cache while the tiles of
`gram` pass over it. Where float32 loses the penalty beside V^T V, so that the matrix is no longer
positive definite, the penalty of that row is raised until it is. Each row is solved by itself, so
results do not depend on the number of threads.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.gram import add_gram, add_two_products, dot, factor, substitute
from matinee.kernels.threads import balanced_blocks, exclusive
from matinee.kernels.vectors import WIDTH

_TRIES = 12
"""Raises of a penalty that float32 lost, tenfold each time."""


@numba.njit(cache=True)
def _solve_rows(start, stop, indptr, indices, ratings, others, penalty, numbers, out):
    """Solve rows start..stop-1.

    in:  indptr (rows+1,), indices (nnz,) int32, ratings (nnz,) float32,
         others (others, k+1) float32: v_j, and c_j last; (others, k) without biases,
         penalty (2, k) float32: plain, weighted,
         numbers (3,) float32: mean and scale (z = (r - mean) * scale), bias_penalty (-1: no biases)
    out: out (rows, k+1 or k); rows without ratings become zero
    """
    k = penalty.shape[1]
    biased = numbers[2] >= 0
    width = (k + WIDTH - 1) // WIDTH * WIDTH
    chunk = max(WIDTH, 4096 // width)
    gathered = np.zeros((max(chunk, width), width), np.float32)
    pairs = np.ones((chunk, 2), np.float32)
    sums = np.empty((2, width), np.float32)
    memory = np.empty(width * (width + WIDTH), np.float32)
    x = np.empty(width, np.float32)
    diagonal = np.empty(k, np.float32)
    for row in range(start, stop):
        first, last = indptr[row], indptr[row + 1]
        n = last - first
        solution = out[row]
        for f in range(len(solution)):
            solution[f] = 0
        if n == 0:
            continue
        for f in range(k):
            diagonal[f] = penalty[0, f] + penalty[1, f] * n
        # Fewer unknowns, where a tile at least is saved.
        few = (n + WIDTH - 1) // WIDTH * WIDTH
        if few < width:
            matrix = memory[: few * (few + WIDTH)].reshape((few, few + WIDTH))
            columns = gathered.reshape(-1)[: k * few].reshape((k, few))
            these, values = indices[first:last], ratings[first:last]
            _by_ratings(these, values, others, diagonal, numbers, columns, matrix, x, solution)
            # What is to the right of the factors must be zero again.
            if k < width:
                gathered[:, :] = 0
            continue
        matrix = memory.reshape((width, width + WIDTH))
        extra = np.float32(0)
        for _ in range(_TRIES):
            _clear(matrix)
            _clear(sums)
            total = 0.0
            for begin in range(first, last, chunk):
                count = min(chunk, last - begin)
                for j in range(count):
                    other = indices[begin + j]
                    v = others[other]
                    g = gathered[j]
                    for f in range(k):
                        g[f] = v[f]
                    rest = (ratings[begin + j] - numbers[0]) * numbers[1]
                    if biased:
                        rest -= v[k]
                    pairs[j, 0] = rest
                    total += rest
                add_gram(gathered, count, width, matrix)
                add_two_products(pairs, gathered, count, width, sums)
            largest = np.float32(0)
            for f in range(width):
                matrix[f, f] += diagonal[f] + extra if f < k else np.float32(1)
                matrix[f, width] = sums[0, f]
                matrix[f, width + 1] = sums[1, f]
                largest = max(largest, matrix[f, f])
            if factor(matrix, width):
                bias = np.float32(0)
                if biased:
                    above, below = total, np.float64(n)
                    for f in range(k):
                        above -= np.float64(matrix[f, width]) * matrix[f, width + 1]
                        below -= np.float64(matrix[f, width + 1]) * matrix[f, width + 1]
                    bias = np.float32(above / (max(below, 0.0) + numbers[2]))
                    solution[k] = bias
                for f in range(width):
                    x[f] = matrix[f, width] - bias * matrix[f, width + 1]
                substitute(matrix, width, x)
                for f in range(k):
                    solution[f] = x[f]
                break
            extra = max(np.float32(10) * extra, np.float32(1e-6) * largest)


@numba.njit(cache=True)
def _by_ratings(indices, ratings, others, diagonal, numbers, columns, matrix, x, solution):
    """Solve one row in as many unknowns as it has ratings.

    in:   indices (n,), ratings (n,), others, numbers as in `_solve_rows`, diagonal (k,): D
    work: columns (k, width): G^T; matrix (width, width+16); x (>= width,)
    out:  solution (k+1 or k,)
    """
    n, (k, width) = len(indices), columns.shape
    biased = numbers[2] >= 0
    for f in range(k):
        solution[f] = np.float32(1) / np.sqrt(diagonal[f])
        for j in range(n, width):
            columns[f, j] = 0
    for j in range(n):
        v = others[indices[j]]
        for f in range(k):
            columns[f, j] = v[f] * solution[f]
    extra = np.float32(1)
    solved = False
    for _ in range(_TRIES):
        _clear(matrix)
        add_gram(columns, k, width, matrix)
        largest = np.float32(0)
        for j in range(width):
            matrix[j, j] += extra
            largest = max(largest, matrix[j, j])
        for j in range(n):
            rest = (ratings[j] - numbers[0]) * numbers[1]
            if biased:
                rest -= others[indices[j], k]
            matrix[j, width] = rest
            matrix[j, width + 1] = 1
        solved = factor(matrix, width)
        if solved:
            break
        extra = max(np.float32(10) * extra, np.float32(1e-6) * largest)
    bias = np.float32(0)
    if biased and solved:
        above, below = 0.0, np.float64(numbers[2])
        for j in range(n):
            above += np.float64(matrix[j, width]) * matrix[j, width + 1]
            below += np.float64(matrix[j, width + 1]) * matrix[j, width + 1]
        bias = np.float32(above / below)
        solution[k] = bias
    for j in range(width):
        x[j] = matrix[j, width] - bias * matrix[j, width + 1] if solved else np.float32(0)
    if solved:
        substitute(matrix, width, x)
    for f in range(k):
        solution[f] *= dot(columns[f], x, 0, n)


@numba.njit(cache=True)
def _clear(matrix):
    for row in range(len(matrix)):
        r = matrix[row]
        for c in range(len(r)):
            r[c] = 0


@numba.njit(cache=True, parallel=True)
def _solve_blocks(blocks, indptr, indices, ratings, others, penalty, numbers, out):
    for block in numba.prange(len(blocks) - 1):
        start, stop = blocks[block], blocks[block + 1]
        _solve_rows(start, stop, indptr, indices, ratings, others, penalty, numbers, out)


def solve(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    ratings: npt.NDArray[np.float32],
    vectors: npt.NDArray[np.float32],
    offsets: npt.NDArray[np.float32],
    plain: npt.NDArray[np.float32],
    weighted: npt.NDArray[np.float32],
    out: npt.NDArray[np.float32],
) -> None:
    """Solve every row of a CSR matrix of ratings for x alone: ``z = r - offset``, without b.

    Parameters
    ----------
    indptr, indices, ratings : in
        The matrix, rows x others.
    vectors : (others, k) float32, in
    offsets : (others,) float32, in
    plain, weighted : (k,) float32, in
        The penalty on each factor, alone and times the row's number of ratings; their sum > 0.
    out : (rows, k) float32, out
        The solutions; zero for rows without ratings.
    """
    rest = ratings - offsets[indices]
    _solve(indptr, indices, rest, vectors, np.stack([plain, weighted]), (0.0, 1.0, -1.0), out)


def solve_with_bias(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    ratings: npt.NDArray[np.float32],
    standard: tuple[float, float],
    others: npt.NDArray[np.float32],
    penalty: npt.NDArray[np.float32],
    bias_penalty: float,
    out: npt.NDArray[np.float32],
) -> None:
    """Solve every row of a CSR matrix of ratings for its factors and its bias.

    Parameters
    ----------
    indptr, indices, ratings : in
        The matrix, rows x others.
    standard
        (mean, deviation) of ratings: ``z = (r - mean) / deviation``.
    others : (others, k + 1) float32, in
        Factors, and biases last.
    penalty : (2, k) float32, in
        The penalty on each factor, alone and times the row's number of ratings; their sum > 0.
    bias_penalty
        The penalty on the bias, > 0.
    out : (rows, k + 1) float32, out
        The solutions, biases last; zero for rows without ratings.
    """
    mean, deviation = standard
    _solve(indptr, indices, ratings, others, penalty, (mean, 1 / deviation, bias_penalty), out)


def _solve(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    ratings: npt.NDArray[np.float32],
    others: npt.NDArray[np.float32],
    penalty: npt.NDArray[np.float32],
    numbers: tuple[float, float, float],
    out: npt.NDArray[np.float32],
) -> None:
    arguments = (indptr, indices, ratings, others, penalty, np.array(numbers, np.float32), out)
    with exclusive():
        if len(indices) < 20_000:
            # A person who has just arrived: entering a parallel loop would cost more.
            _solve_rows(0, len(indptr) - 1, *arguments)
        else:
            _solve_blocks(balanced_blocks(indptr, 20_000), *arguments)
