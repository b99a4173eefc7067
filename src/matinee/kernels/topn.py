"""The best n of each row of scores, exactly: a heap of n a row, one pass over the scores.

``items[:held]`` is a heap whose root is the worst held: the lowest score, and of equal scores the
highest index. So equal scores leave in order of index.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import exclusive


@numba.njit(cache=True)
def push(items, best, held, score, item):
    """Offer (score, item) to the heap; how many it holds then. -inf and NaN never count."""
    if not score > -np.inf:
        return held
    if held == len(items):
        if score > best[0] or (score == best[0] and item < items[0]):
            _sink(items, best, held, score, item)
        return held
    place = held
    while place > 0:
        above = (place - 1) >> 1
        if best[above] < score or (best[above] == score and items[above] > item):
            break
        best[place], items[place] = best[above], items[above]
        place = above
    best[place], items[place] = score, item
    return held + 1


@numba.njit(cache=True)
def _sink(items, best, held, score, item):
    """Put (score, item) at the root of the heap of `held` and let it find its place."""
    place = 0
    while True:
        below = 2 * place + 1
        if below >= held:
            break
        other = below + 1
        if other < held and (
            best[other] < best[below]
            or (best[other] == best[below] and items[other] > items[below])
        ):
            below = other
        if score < best[below] or (score == best[below] and item > items[below]):
            break
        best[place], items[place] = best[below], items[below]
        place = below
    best[place], items[place] = score, item


@numba.njit(cache=True)
def put_in_order(items, best, held):
    """Make of the heap of `held` a list, highest score first."""
    for last in range(held - 1, 0, -1):
        score, item = best[last], items[last]
        best[last], items[last] = best[0], items[0]
        _sink(items, best, last, score, item)


@numba.njit(cache=True)
def _select_row(scores, items, best):
    """Fill items and best (both (n,)) with the n highest of `scores`, highest first."""
    held = 0
    for item in range(len(scores)):
        if held < len(items) or scores[item] > best[0]:
            held = push(items, best, held, scores[item], item)
    put_in_order(items, best, held)


@numba.njit(cache=True, parallel=True)
def _select_rows(scores, items, best):
    for row in numba.prange(len(scores)):
        _select_row(scores[row], items[row], best[row])


def select(
    scores: npt.NDArray[np.float32],
    items: npt.NDArray[np.int32],
    best: npt.NDArray[np.float32],
) -> None:
    """The n best columns of each row, highest score first, equal scores by column.

    Parameters
    ----------
    scores : (rows, columns) float32, in
        -inf and NaN mark what may not be chosen.
    items : (rows, n) int32, out
    best : (rows, n) float32, out
        Column and score; entries stay untouched where fewer than n may be chosen.
    """
    if items.shape[1] == 0:
        return
    if len(scores) == 1:
        _select_row(scores[0], items[0], best[0])
        return
    with exclusive():
        _select_rows(scores, items, best)


@numba.njit(cache=True)
def _bar(indptr, indices, rows, scores):
    for person in range(len(rows)):
        row = rows[person]
        if row >= 0:
            for at in range(indptr[row], indptr[row + 1]):
                scores[person, indices[at]] = -np.inf


def bar(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    rows: npt.NDArray[np.int64],
    scores: npt.NDArray[np.float32],
) -> None:
    """Put -inf where it must not be chosen.

    Parameters
    ----------
    indptr, indices : in
        CSR: the columns that are barred, row by row.
    rows : (people,) int64, in
        Which row bars whom; -1 for none.
    scores : (people, columns) float32, in and out
    """
    _bar(indptr, indices, rows, scores)
