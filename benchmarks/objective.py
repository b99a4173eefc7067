"""The objective that implicit ALS minimizes, for item factors of any library, in plain numpy."""

from __future__ import annotations

import numba
import numpy as np
from threadpoolctl import threadpool_limits


@numba.njit(parallel=True)
def _losses(indptr, indices, items, gram, alpha0, penalty, out):
    """Least loss of each person x, with the items given (iALS, Rendle et al. 2022).

    ::  sum over chosen (1 - x . q_i)^2 + alpha0 x^T G x + penalty |x|^2,  G = sum of all q_i q_i^T

    in:  indptr, indices (CSR), items (n_items, k) float32, gram (k, k) float64, penalty (users,)
    out: out (users,) float64
    """
    k = items.shape[1]
    for user in numba.prange(len(indptr) - 1):
        chosen = indices[indptr[user] : indptr[user + 1]]
        vectors = items[chosen]
        matrix = (vectors.T @ vectors).astype(np.float64) + alpha0 * gram
        for f in range(k):
            matrix[f, f] += penalty[user]
        right = np.zeros(k)
        for row in range(len(chosen)):
            for f in range(k):
                right[f] += vectors[row, f]
        # At the minimum x = matrix^-1 right, the quadratic form is n - right . x.
        out[user] = len(chosen) - right @ np.linalg.solve(matrix, right)


def loss(
    indptr: np.ndarray, indices: np.ndarray, items: np.ndarray, alpha0: float, reg: float, nu: float
) -> float:
    """The whole objective when people are solved for exactly, given these item factors.

    ``sum over chosen (1 - x_ui)^2 + alpha0 * sum over all x_ui^2 + reg * (sum_u (n_u + alpha0 *
    n_items)^nu |p_u|^2 + sum_i (n_i + alpha0 * n_users)^nu |q_i|^2)``. Solving for the people makes
    all libraries comparable, whichever side they solve for last.
    """
    n_users, n_items = len(indptr) - 1, len(items)
    items = np.ascontiguousarray(items, np.float32)
    gram = items.T.astype(np.float64) @ items.astype(np.float64)
    count = np.bincount(indices, minlength=n_items)
    out = np.empty(n_users)
    penalty = reg * (np.diff(indptr) + alpha0 * n_items) ** nu
    with threadpool_limits(1):  # each person's little BLAS call stays on its own thread
        _losses(indptr, indices, items, gram, alpha0, penalty, out)
    of_items = reg * (count + alpha0 * n_users) ** nu @ (items.astype(np.float64) ** 2).sum(axis=1)
    return float(out.sum() + of_items)
