"""Gaussian beliefs about one side of a factor model while those about the other stand still.

A rating is z_ui = b_u + b_i + t_u . q_i + noise. Nothing is known for certain: of each item the
kernel is given the moments of e_i = (1, q_i, b_i), and of a person it finds the belief about
x_u = (b_u, t_u), a normal distribution, which has the mean field's precision and mean

    A_u = precision + w_u sum_i E[a_i a_i^T],                                a_i = (1, q_i)
    x_u = A_u^-1 (precision prior_u + w_u sum_i (z_ui E[a_i] - E[a_i b_i]))

(variational Bayes: Lim and Teh 2007, section 3.2, with biases). All sums are parts of one, that
of the moments E[e_i e_i^T], which are kept packed: the upper triangle by rows, so that the
first len(e) numbers are E[e_i]. Moments may be multiplied by the precision of item i's noise
beforehand. With the sides exchanged the same finds items from people. Each row is found by
itself, so results do not depend on the number of threads.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import balanced_blocks, exclusive

_SMALL = 20_000
"""Ratings below which entering a parallel loop would cost more than it gains."""


@numba.njit(cache=True)
def _invert(matrix, row):
    """Invert a positive definite matrix (n, n) in its place; `row` (n,) is room to work in.

    Each pivot p sweeps the whole matrix, which then holds minus the inverse for the pivots so far:
    m_fg -= m_fp m_pg / m_pp, m_fp = m_fp / m_pp, m_pp = -1 / m_pp (Goodnight 1979).
    """
    n = len(row)
    for pivot in range(n):
        for g in range(n):
            row[g] = matrix[pivot, g]
        inverse = np.float32(1) / row[pivot]
        for f in range(n):
            factor = matrix[f, pivot] * inverse
            swept = matrix[f]
            for g in range(n):
                swept[g] -= factor * row[g]
        for g in range(n):
            matrix[pivot, g] = row[g] * inverse
            matrix[g, pivot] = row[g] * inverse
        matrix[pivot, pivot] = -inverse
    for f in range(n):
        for g in range(n):
            matrix[f, g] = -matrix[f, g]


@numba.njit(cache=True)
def _add_moments(indices, ratings, shift, scale, moments, total, targets):
    """total = sum M_j, targets = sum z_j M_j[:size]; returns sum z_j^2 M_j[0].

    in:  indices, ratings (n,), moments (others, packed); z_j = (ratings[j] - shift) * scale
    out: total (packed,), targets (size,)
    """
    total[:] = 0
    targets[:] = 0
    squares = 0.0
    for j in range(len(indices)):
        of_other = moments[indices[j]]
        z = (ratings[j] - shift) * scale
        for f in range(len(total)):
            total[f] += of_other[f]
        for f in range(len(targets)):
            targets[f] += z * of_other[f]
        squares += z * z * of_other[0]
    return squares


@numba.njit(cache=True)
def _solve(total, targets, precision, prior, weight, covariance, x):
    """The belief about one row.

    in:  total, targets as `_add_moments` left them, precision (size-1, size-1), prior (size-1,)
    out: covariance (size-1, size-1), x (size-1,)
    """
    n = len(x)
    right = np.empty(n, np.float32)
    at = 0
    for f in range(n):
        for g in range(f, n):
            value = precision[f, g] + weight * total[at]
            covariance[f, g] = value
            covariance[g, f] = value
            at += 1
        right[f] = weight * (targets[f] - total[at])
        at += 1
        for g in range(n):
            right[f] += precision[f, g] * prior[g]
    _invert(covariance, x)
    x[:] = 0
    for g in range(n):  # the covariance is symmetric, so its rows serve as columns
        for f in range(n):
            x[f] += covariance[g, f] * right[g]


@numba.njit(cache=True)
def _error(total, targets, squares, covariance, x):
    """E[sum (z - b_u - b_i - t_u . q_i)^2], the moments of (b_u, t_u, 1) against `total`."""
    n = len(x)
    result = squares
    at = 0
    for f in range(n + 1):
        of_f = x[f] if f < n else np.float32(1)
        result -= 2.0 * of_f * targets[f]
        for g in range(f, n + 1):
            value = of_f * (x[g] if g < n else np.float32(1))
            if g < n:
                value += covariance[f, g]
            result += (1.0 if f == g else 2.0) * value * total[at]
            at += 1
    return max(result, 0.0)


@numba.njit(cache=True)
def _put_moments(covariance, x, out):
    """out = E[e e^T] of e = (1, t, b), packed; x is (b, t)."""
    n = len(x)
    out[0] = 1
    for f in range(1, n):
        out[f] = x[f]
    out[n] = x[0]
    at = n + 1
    for f in range(1, n + 1):
        of_f = f if f < n else 0
        for g in range(f, n + 1):
            of_g = g if g < n else 0
            out[at] = x[of_f] * x[of_g] + covariance[of_f, of_g]
            at += 1


@numba.njit(cache=True)
def _solve_rows(
    start, stop, indptr, indices, ratings, shift, scale, moments, precision, prior, weights, x,
    own, errors,
):  # fmt: skip
    """Rows start..stop-1; `own` and `errors` are left alone where `own` has no rows."""
    n = precision.shape[0]
    total = np.empty((n + 1) * (n + 2) // 2, np.float32)
    targets = np.empty(n + 1, np.float32)
    covariance = np.empty((n, n), np.float32)
    for row in range(start, stop):
        first, last = indptr[row], indptr[row + 1]
        if first == last:
            x[row] = prior[row]
            if len(own) > 0:
                own[row] = 0
                errors[row] = 0
            continue
        squares = _add_moments(
            indices[first:last], ratings[first:last], shift, scale, moments, total, targets
        )
        _solve(total, targets, precision, prior[row], weights[row], covariance, x[row])
        if len(own) > 0:
            errors[row] = _error(total, targets, squares, covariance, x[row])
            _put_moments(covariance, x[row], own[row])


@numba.njit(cache=True, parallel=True)
def _solve_blocks(
    blocks, indptr, indices, ratings, shift, scale, moments, precision, prior, weights, x, own,
    errors,
):  # fmt: skip
    for block in numba.prange(len(blocks) - 1):
        _solve_rows(
            blocks[block], blocks[block + 1], indptr, indices, ratings, shift, scale, moments,
            precision, prior, weights, x, own, errors,
        )  # fmt: skip


def packed_size(factors: int) -> int:
    """Numbers in the packed moments of (1, q, b) with `factors` in q."""
    return (factors + 2) * (factors + 3) // 2


def solve(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    ratings: npt.NDArray[np.float32],
    shift: np.float32,
    scale: np.float32,
    moments: npt.NDArray[np.float32],
    precision: npt.NDArray[np.float32],
    prior: npt.NDArray[np.float32],
    weights: npt.NDArray[np.float32],
    x: npt.NDArray[np.float32],
    own: npt.NDArray[np.float32] | None = None,
    errors: npt.NDArray[np.float64] | None = None,
) -> None:
    """The belief about every row of a CSR matrix of ratings.

    Parameters
    ----------
    indptr, indices, ratings : in
        The matrix, rows x others.
    shift, scale : in
        z = (rating - shift) * scale.
    moments : (others, packed_size(k)) float32, in
        E[e e^T] of the others' e = (1, q, b), each times the precision of its noise if it has one.
    precision : (k + 1, k + 1) float32, in
        Of the prior of x = (b, t), symmetric and positive definite.
    prior : (rows, k + 1) float32, in
        Its mean for each row.
    weights : (rows,) float32, in
        The precision of each row's noise.
    x : (rows, k + 1) float32, out
        Means of the beliefs; the prior's for rows without ratings.
    own : (rows, packed_size(k)) float32, out, optional
        The rows' own moments of (1, t, b); zero for rows without ratings.
    errors : (rows,) float64, out, together with `own`
        Expected squared error summed over the row's ratings, each times its other's precision.
    """
    if own is None or errors is None:
        own, errors = np.empty((0, 0), np.float32), np.empty(0)
    arguments = (
        indptr, indices, ratings, shift, scale, moments, precision, prior, weights, x, own, errors,
    )  # fmt: skip
    if len(indices) < _SMALL:
        _solve_rows(0, len(indptr) - 1, *arguments)
        return
    with exclusive():
        _solve_blocks(balanced_blocks(indptr, _SMALL), *arguments)


@numba.njit(cache=True)
def _sum_rows(start, stop, indptr, indices, dense, out):
    for row in range(start, stop):
        into = out[row]
        into[:] = 0
        for j in range(indptr[row], indptr[row + 1]):
            added = dense[indices[j]]
            for f in range(len(into)):
                into[f] += added[f]


@numba.njit(cache=True, parallel=True)
def _sum_blocks(blocks, indptr, indices, dense, out):
    for block in numba.prange(len(blocks) - 1):
        _sum_rows(blocks[block], blocks[block + 1], indptr, indices, dense, out)


def sum_rows(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    dense: npt.NDArray[np.float32],
    out: npt.NDArray[np.float32],
) -> None:
    """``out[row] = sum of dense[j]`` over the entries j of a CSR row, whatever their values.

    Parameters
    ----------
    indptr, indices : in
        (rows, n) CSR.
    dense : (n, d) float32, in
    out : (rows, d) float32, out
    """
    if len(indices) < _SMALL:
        _sum_rows(0, len(out), indptr, indices, dense, out)
        return
    with exclusive():
        _sum_blocks(balanced_blocks(indptr, _SMALL), indptr, indices, dense, out)
