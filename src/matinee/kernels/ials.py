"""Implicit least squares for one side of a factor model while the other side stands still.

For one person who chose n items with rows y_j (or one item, with the sides exchanged) it lowers

    f(x) = sum_j (1 - y_j . x)^2 + x^T D x,   D = diag(spectrum) + penalty I,

where the choices weigh 1 and ``diag(spectrum)`` stands for all items, chosen or not: alpha Y^T Y,
made diagonal by turning the factors (`turn`). So the part of what was not chosen costs nothing,
and the diagonal of the normal equations ``(sum_j y_j y_j^T + D) x = sum_j y_j`` tells enough of
them to precondition with. Two ways, each from where x stands:

- `descend`: a few steps of conjugate gradients. A person's rows are gathered once, side by side,
  and each step is one pass over them.
- `solve_blocks`: exact steps in some factors at a time (Newton's, by Cholesky; iALS++); with all
  factors in one block that is the solution itself.

Both then go `relaxation` times as far as they found: any relaxation in (0, 2) still lowers f, and
turns of people and items settle in far fewer epochs with one above 1 (Young 1954). Each row is
solved by itself, so results do not depend on the number of threads.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.gram import add_gram, dot, factor, substitute
from matinee.kernels.passes import FOUR, along, bring
from matinee.kernels.threads import balanced_blocks, exclusive
from matinee.kernels.vectors import WIDTH

_BLOCK = 20_000
"""Choices in a block of rows; fewer are not worth entering a parallel loop for."""
_TRIES = 50
"""Raises of a penalty that float32 lost, tenfold each time."""
_PART = 4096
"""Rows turned at a time."""

Spectrum = npt.NDArray[np.float64]


@numba.njit(cache=True)
def _descend_rows(
    start, stop, indptr, indices, vectors, spectrum, penalty, steps, relaxation, people
):
    """Conjugate gradients, preconditioned by the diagonal, for rows start..stop-1.

    With A the matrix of the normal equations, r = A (solution - x), and z_f = r_f / A_ff: ::

        a = r.z / p.Ap,   x += relaxation * a p,   r -= a Ap,   p = z + (r.z / former r.z) p
    """
    k = vectors.shape[1]
    rows = np.empty((_longest(start, stop, indptr), k), np.float32)
    residual, scale, p = np.empty(k, np.float32), np.empty(k, np.float32), np.empty(k, np.float32)
    product = np.empty(k, np.float32)
    for row in range(start, stop):
        first, n = indptr[row], indptr[row + 1] - indptr[row]
        x = people[row]
        if n == 0:
            x[:] = 0
            continue
        for f in range(k):
            scale[f] = spectrum[f] + penalty[row]
            residual[f] = -scale[f] * x[f]
        bring(vectors, indices, first, n, rows, x, residual, scale)
        for f in range(k):
            scale[f] = np.float32(1) / scale[f]
            p[f] = scale[f] * residual[f]
        length = dot(p, residual, 0, k)
        for step in range(steps):
            if not length > 0:
                break
            for f in range(k):
                product[f] = (spectrum[f] + penalty[row]) * p[f]
            along(rows, n, p, product)
            far = length / dot(p, product, 0, k)
            for f in range(k):
                x[f] += relaxation * far * p[f]
                residual[f] -= far * product[f]
                product[f] = scale[f] * residual[f]
            if step == steps - 1:
                break
            before = length
            length = dot(product, residual, 0, k)
            for f in range(k):
                p[f] = product[f] + length / before * p[f]


@numba.njit(cache=True)
def _solve_rows(start, stop, indptr, indices, vectors, spectrum, penalty, size, relaxation, people):
    """Exact steps in `size` factors (a multiple of 16) at a time, for rows start..stop-1.

    With r = sum_j (1 - y_j . x) y_j - D x as it is now, and for the factors of a block: ::

        (sum_j y_j y_j^T + D) d = relaxation * r,   x += d,   r -= (sum_j y_j y_j^T + D) d

    Where float32 loses the penalty, so that the matrix is not positive definite, it is raised.
    """
    k = vectors.shape[1]
    size = min(size, k)
    rows = np.empty((_longest(start, stop, indptr), k), np.float32)
    residual, product = np.empty(k, np.float32), np.zeros(k, np.float32)
    step = np.empty(k, np.float32)
    memory = np.empty(size * (size + WIDTH), np.float32)
    chunk = max(WIDTH, 4096 // size)
    for row in range(start, stop):
        first, n = indptr[row], indptr[row + 1] - indptr[row]
        x = people[row]
        if n == 0:
            x[:] = 0
            continue
        for f in range(k):
            residual[f] = -(spectrum[f] + penalty[row]) * x[f]
        bring(vectors, indices, first, n, rows, x, residual, product)
        for begin in range(0, k, size):
            wide = min(size, k - begin)
            matrix = memory[: wide * (wide + WIDTH)].reshape((wide, wide + WIDTH))
            extra = np.float32(0)
            step[:] = 0
            for _ in range(_TRIES):
                matrix[:, :] = 0
                for at in range(0, n, chunk):
                    part = rows[at : at + chunk, begin : begin + wide]
                    add_gram(part, min(chunk, n - at), wide, matrix)
                largest = np.float32(0)
                for f in range(wide):
                    matrix[f, f] += spectrum[begin + f] + penalty[row] + extra
                    matrix[f, wide] = relaxation * residual[begin + f]
                    largest = max(largest, matrix[f, f])
                if factor(matrix, wide):
                    for f in range(wide):
                        step[begin + f] = matrix[f, wide]
                    substitute(matrix, wide, step[begin : begin + wide])
                    break
                extra = max(np.float32(10) * extra, np.float32(1e-6) * largest)
            for f in range(begin, begin + wide):
                x[f] += step[f]
            if begin + wide < k:
                product[:] = 0
                along(rows, n, step, product)
                for f in range(k):
                    residual[f] -= product[f] + (spectrum[f] + penalty[row]) * step[f]


@numba.njit(cache=True)
def _longest(start, stop, indptr):
    """The most choices of any row, rounded up to fours."""
    longest = 1
    for row in range(start, stop):
        longest = max(longest, indptr[row + 1] - indptr[row])
    return (longest + FOUR - 1) // FOUR * FOUR


@numba.njit(cache=True)
def _lower_rows(start, stop, indptr, indices, vectors, spectrum, penalty, by, relaxation, people):
    """by = (steps, size): conjugate gradients where steps > 0, else blocks of `size` factors."""
    steps, size = by
    if steps > 0:
        _descend_rows(
            start, stop, indptr, indices, vectors, spectrum, penalty, steps, relaxation, people
        )
    else:
        _solve_rows(
            start, stop, indptr, indices, vectors, spectrum, penalty, size, relaxation, people
        )


@numba.njit(cache=True, parallel=True)
def _lower_blocks(blocks, indptr, indices, vectors, spectrum, penalty, by, relaxation, people):
    for block in numba.prange(len(blocks) - 1):
        _lower_rows(
            blocks[block],
            blocks[block + 1],
            indptr,
            indices,
            vectors,
            spectrum,
            penalty,
            by,
            relaxation,
            people,
        )


def _lower(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    vectors: npt.NDArray[np.float32],
    spectrum: npt.NDArray[np.float32],
    penalty: npt.NDArray[np.float32],
    by: tuple[int, int],
    relaxation: float,
    people: npt.NDArray[np.float32],
) -> None:
    arguments = (indptr, indices, vectors, spectrum, penalty, by, np.float32(relaxation), people)
    if len(indices) < _BLOCK:
        # A person who has just come: entering a parallel loop would cost more.
        _lower_rows(0, len(indptr) - 1, *arguments)
    else:
        with exclusive():
            _lower_blocks(balanced_blocks(indptr, _BLOCK), *arguments)


def descend(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    vectors: npt.NDArray[np.float32],
    spectrum: npt.NDArray[np.float32],
    penalty: npt.NDArray[np.float32],
    people: npt.NDArray[np.float32],
    *,
    steps: int,
    relaxation: float = 1.0,
) -> None:
    """Lower f for every row by `steps` conjugate gradients.

    Parameters
    ----------
    indptr, indices : in
        Who chose what: CSR, rows x others.
    vectors : (others, k) float32, in
        The rows y_j, turned so that Y^T Y is diagonal. k is a multiple of 16: fill up with zeros.
    spectrum : (k,) float32, in
        The diagonal of alpha Y^T Y, >= 0.
    penalty : (rows,) float32, in
        > 0.
    people : (rows, k) float32, in and out
        Where x begins and where it ends; zero for rows without choices.
    """
    _lower(indptr, indices, vectors, spectrum, penalty, (steps, 0), relaxation, people)


def solve_blocks(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    vectors: npt.NDArray[np.float32],
    spectrum: npt.NDArray[np.float32],
    penalty: npt.NDArray[np.float32],
    people: npt.NDArray[np.float32],
    *,
    size: int,
    relaxation: float = 1.0,
) -> None:
    """Lower f for every row exactly, `size` factors (a multiple of 16) after the other.

    Parameters as of `descend`. With size >= k, relaxation 1 and people zero, what comes out is the
    solution, and depends on nothing else.
    """
    _lower(indptr, indices, vectors, spectrum, penalty, (0, size), relaxation, people)


def turn(vectors: npt.NDArray[np.float32], *others: npt.NDArray[np.float32]) -> Spectrum:
    """Turn factors in place so that Y^T Y of the first becomes diagonal, and return the diagonal.

    Y^T Y = R diag(g) R^T; every row y becomes R^T y. Inner products stay as they are.

    Parameters
    ----------
    vectors, others : (rows, k) float32, in and out

    Returns
    -------
    (k,) float64, >= 0
    """
    k = vectors.shape[1]
    with exclusive(), ThreadPoolExecutor(numba.get_num_threads()) as threads:
        gram = np.zeros((k, k))
        for part in threads.map(_gram, _parts(vectors)):
            gram += part
        values, rotation = np.linalg.eigh(gram)
        rotation = rotation.astype(np.float32)
        for factors in (vectors, *others):
            for _ in threads.map(partial(_rotate, rotation=rotation), _parts(factors)):
                pass
    return np.maximum(values, 0)


def _parts(factors: npt.NDArray[np.float32]) -> list[npt.NDArray[np.float32]]:
    return [factors[at : at + _PART] for at in range(0, len(factors), _PART)]


def _gram(part: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    return part.T @ part


def _rotate(part: npt.NDArray[np.float32], rotation: npt.NDArray[np.float32]) -> None:
    part[:] = part @ rotation
