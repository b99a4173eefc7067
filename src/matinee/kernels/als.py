"""Least squares for one side of a factor model while the other side stands still.

For one person with ratings r_j of items j (or one item, with the sides exchanged) it finds

    min_x  sum_j (r_j - c_j - v_j . x)^2  +  x^T diag(plain + weighted * n) x

where c_j is an offset of item j and n the number of ratings. The minimum is where

    (V^T V + diag(plain + weighted * n)) x = V^T (r - c),

V holding the rows v_j. V^T V comes from BLAS ``ssyrk`` on the gathered rows and x from a
Cholesky solve. Where float32 loses the penalty beside V^T V, so that the matrix is no longer
positive definite, the penalty of that row is raised until it is. Each row is solved by itself,
so results do not depend on the number of threads.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.blas import SPOSV, SSYRK, fortran
from matinee.kernels.threads import balanced_blocks, exclusive


@numba.njit(cache=True)
def _solve_rows(
    start, stop, indptr, indices, ratings, vectors, offsets, plain, weighted, ssyrk, sposv, out
):
    """Solve rows start..stop-1.

    in:  indptr (rows+1,), indices (nnz,), ratings (nnz,), vectors (others, k) float32,
         offsets (others,), plain (k,), weighted (k,)
    out: out (rows, k); rows without ratings become zero
    """
    k = vectors.shape[1]
    longest = 1
    for row in range(start, stop):
        longest = max(longest, indptr[row + 1] - indptr[row])
    gathered = np.empty((longest, k), np.float32)
    gram = np.empty((k, k), np.float32)
    # Fortran's scalars, by address: UPLO = 'L', TRANS = 'N'; k, n, 1, info; alpha = 1, beta = 0.
    letters = np.array([76, 78], np.uint8)
    whole = np.array([k, 0, 1, 0], np.int32)
    real = np.array([1.0, 0.0], np.float32)
    for row in range(start, stop):
        first, n = indptr[row], indptr[row + 1] - indptr[row]
        x = out[row]
        x[:] = 0
        if n == 0:
            continue
        for j in range(n):
            other = indices[first + j]
            residual = ratings[first + j] - offsets[other]
            for f in range(k):
                gathered[j, f] = vectors[other, f]
                x[f] += residual * vectors[other, f]
        whole[1] = n
        extra = np.float32(0)
        # sposv leaves x as it was when it fails. Once is enough nearly always.
        while extra < np.inf:
            fortran(
                ssyrk,
                (
                    letters.ctypes.data,
                    letters.ctypes.data + 1,
                    whole.ctypes.data,
                    whole.ctypes.data + 4,
                    real.ctypes.data,
                    gathered.ctypes.data,
                    whole.ctypes.data,
                    real.ctypes.data + 4,
                    gram.ctypes.data,
                    whole.ctypes.data,
                ),
            )
            largest = np.float32(0)
            for f in range(k):
                gram[f, f] += plain[f] + weighted[f] * n + extra
                largest = max(largest, gram[f, f])
            fortran(
                sposv,
                (
                    letters.ctypes.data,
                    whole.ctypes.data,
                    whole.ctypes.data + 8,
                    gram.ctypes.data,
                    whole.ctypes.data,
                    x.ctypes.data,
                    whole.ctypes.data,
                    whole.ctypes.data + 12,
                ),
            )
            if whole[3] == 0:
                break
            extra = max(np.float32(10) * extra, np.float32(1e-6) * largest)


@numba.njit(cache=True, parallel=True)
def _solve_blocks(
    blocks, indptr, indices, ratings, vectors, offsets, plain, weighted, ssyrk, sposv, out
):
    for block in numba.prange(len(blocks) - 1):
        _solve_rows(
            blocks[block],
            blocks[block + 1],
            indptr,
            indices,
            ratings,
            vectors,
            offsets,
            plain,
            weighted,
            ssyrk,
            sposv,
            out,
        )


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
    """Solve every row of a CSR matrix of ratings.

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
    rows = len(indptr) - 1
    arguments = (indptr, indices, ratings, vectors, offsets, plain, weighted, SSYRK, SPOSV, out)
    with exclusive():
        if len(indices) < 20_000:
            # A person who has just arrived: entering a parallel loop would cost more.
            _solve_rows(0, rows, *arguments)
        else:
            _solve_blocks(balanced_blocks(indptr, 20_000), *arguments)
