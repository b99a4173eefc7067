"""Sparse non-negative regressions of each column on all others, by coordinate descent.

For column j of a Gram matrix G it finds

    min_w  1/2 w^T G w - w . G_j + sparsity_j sum_i w_i + 1/2 sum_i penalty_i w_i^2,
    w >= 0, w_j = 0

by turns over the coordinates: with slope_i = (G w)_i, the best w_i while the others stand still is

    w_i = max(0, G_ij - (slope_i - G_ii w_i) - sparsity_j) / (G_ii + penalty_i)

(Friedman, Hastie, Tibshirani 2010, section 2.1). After a turn over all coordinates only those that
are not zero take part, until they settle; then all are asked again. Columns are independent.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import exclusive


@numba.njit(cache=True)
def _descend(gram, j, sparsity, penalty, tolerance, turns, w, slope, active, possible):
    """Solve column j.

    in:  gram (n, n) symmetric
    out: w (n,); and for the work between, slope (n,) float32, active and possible (n,) int32
    """
    n = len(w)
    w[:] = 0
    slope[:] = 0
    target = gram[j]
    threshold = tolerance * max(gram[j, j], np.float32(1))
    # Nothing is negative in G and w, so whoever starts below the sparsity stays at zero.
    candidates = 0
    for i in range(n):
        if target[i] > sparsity and i != j:
            possible[candidates] = i
            candidates += 1
    few = 4 * candidates < n
    count = candidates
    active[:count] = possible[:count]
    whole = True
    for _ in range(turns):
        largest = np.float32(0)
        kept = 0
        for at in range(count):
            i = active[at]
            own = gram[i, i]
            best = (target[i] - slope[i] + own * w[i] - sparsity) / (own + penalty[i])
            best = max(best, np.float32(0))
            change = best - w[i]
            if change != 0:
                row = gram[i]
                if few:
                    for c in possible[:candidates]:
                        slope[c] += change * row[c]
                else:
                    for c in range(n):
                        slope[c] += change * row[c]
                w[i] = best
                largest = max(largest, abs(change) * own)
            if best > 0:
                active[kept] = i
                kept += 1
        if whole:
            # From here on only what is not zero, until it has settled.
            if largest <= threshold:
                return
            count, whole = kept, False
        elif largest <= threshold:
            count, whole = candidates, True
            active[:count] = possible[:count]


@numba.njit(cache=True, parallel=True)
def _columns(gram, first, sparsity, penalty, tolerance, turns, out):
    n = len(gram)
    for block in numba.prange(len(out)):
        slope = np.empty(n, np.float32)
        active, possible = np.empty(n, np.int32), np.empty(n, np.int32)
        j = first + block
        _descend(
            gram, j, sparsity[j], penalty, tolerance, turns, out[block], slope, active, possible
        )


def columns(
    gram: npt.NDArray[np.float32],
    first: int,
    sparsity: npt.NDArray[np.float32],
    penalty: npt.NDArray[np.float32],
    tolerance: float,
    turns: int,
    out: npt.NDArray[np.float32],
) -> None:
    """The weights of columns first, first + 1, ...

    Parameters
    ----------
    gram : (n, n) float32, symmetric with a positive diagonal, in
    sparsity : (n,) float32, in
        What each column's weights pay for being there.
    penalty : (n,) float32 >= 0, in
        On the square of each weight.
    tolerance
        A column has settled when no step, times its own diagonal, exceeds this share of G_jj.
    turns
        At most this many over each column.
    out : (columns, n) float32, out
        Row c: the weights of all items in column first + c.
    """
    with exclusive():
        _columns(gram, first, sparsity, penalty, np.float32(tolerance), turns, out)
