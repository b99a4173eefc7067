"""What judging lists and scores counts: which entries are hits, and how many items are beaten.

People are independent of each other and every number is a count, so results do not depend on the
number of threads.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import exclusive

_LOWEST = np.float32(-np.inf)


@numba.njit(cache=True, parallel=True)
def _find(lists, indptr, indices, hit):
    for person in numba.prange(len(lists)):
        start, end = indptr[person], indptr[person + 1]
        for place in range(lists.shape[1]):
            item = lists[person, place]
            low, high = start, end
            while low < high:
                middle = (low + high) >> 1
                if indices[middle] < item:
                    low = middle + 1
                else:
                    high = middle
            hit[person, place] = item >= 0 and low < end and indices[low] == item


def find(
    lists: npt.NDArray[np.int32],
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    hit: npt.NDArray[np.bool_],
) -> None:
    """Which entries of each list are in the same row of a CSR matrix.

    Parameters
    ----------
    lists : (people, n) int32, in
        -1 is in no row.
    indptr, indices : in
        Of a CSR matrix, sorted within each row.
    hit : (people, n) bool, out
    """
    with exclusive():
        _find(np.ascontiguousarray(lists), indptr, indices, hit)


@numba.njit(cache=True)
def _count(scores, mark):
    """How many of `scores` are below `mark`, plus how many are not above it."""
    # 32 bits, like the scores, and an index: so the loop becomes vector instructions.
    total = np.uint32(0)
    for item in range(len(scores)):
        total = np.uint32(total + np.uint32(scores[item] < mark) + np.uint32(scores[item] <= mark))
    return total


@numba.njit(cache=True)
def _ranked(scores):
    """How many of `scores` are not NaN."""
    total = np.uint32(0)
    for item in range(len(scores)):
        total = np.uint32(total + np.uint32(scores[item] == scores[item]))
    return total


@numba.njit(cache=True, parallel=True)
def _beat(scores, masked, relevant, rows, beaten):
    masked_indptr, masked_indices = masked
    indptr, indices = relevant
    for person in numba.prange(len(scores)):
        row, own = rows[person], scores[person]
        for item in range(len(own)):
            own[item] = own[item] if own[item] > _LOWEST else _LOWEST
        for at in range(masked_indptr[row], masked_indptr[row + 1]):
            own[masked_indices[at]] = np.nan
        start, end = indptr[row], indptr[row + 1]
        for at in range(start, end):
            beaten[at] = own[indices[at]]
        for at in range(start, end):
            own[indices[at]] = np.nan
        others = _ranked(own)
        for at in range(start, end):
            mark = np.float32(beaten[at])
            if others > 0 and mark >= _LOWEST:
                beaten[at] = 0.5 * _count(own, mark) / others
            else:
                beaten[at] = np.nan


def beat(
    scores: npt.NDArray[np.float32],
    masked: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]],
    relevant: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]],
    rows: npt.NDArray[np.int64],
    beaten: npt.NDArray[np.float64],
) -> None:
    """The share of all other items that each relevant item outranks; equal ones count a half.

    The others of a person are all items but the masked and the relevant ones:

        beaten = (how many have a lower score + half of how many have the same) / others

    -inf and NaN are the lowest score there is. NaN where there are no others, or where the
    relevant item is masked.

    Parameters
    ----------
    scores : (people, n_items) float32, in; overwritten
    masked, relevant : in
        Row pointers and column indices of two CSR matrices, of which row ``rows[p]`` is person p's.
    rows : (people,) int64, in
        Each at most once.
    beaten : (nnz of relevant,) float64, out
        Entries of the rows asked for; all others stay untouched.
    """
    with exclusive():
        _beat(scores, masked, relevant, rows, beaten)
