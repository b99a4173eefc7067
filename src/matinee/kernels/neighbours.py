"""The nearest items of each item, by who chose both.

    likeness(i, j) = (together(i, j) + added_j) / (left_i * right_j + shrinkage) * trust[both(i, j)]
                     where together(i, j) + added_j > left_i * above_j, else none
    together(i, j) = sum of weights[u] over the people u who chose both i and j
    both(i, j)     = how many they are

One row of all items is held a block of rows, never a matrix. A row is summed by one thread in the
order of its people, so results do not depend on the number of threads.

Inside, items are numbered from the one most people chose: what is added to most often then lies
close together, and good values come early, so that few of the later ones must be kept.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.kernels.threads import exclusive
from matinee.kernels.topn import push, put_in_order

_BLOCKS = 256
"""Rows go round in this many turns, so that threads share the work evenly."""
_RUN = 64
"""Items whose values are computed at once."""
_ANYBODY = np.array([0, 1], np.float32)
"""One person is enough."""


@numba.njit(cache=True, parallel=True)
def _nearest(
    indptr, indices, item_indptr, item_users, weights, added, above, left, right, shrinkage,
    trust, least, order, rank, items, likeness, shared, both,
):  # fmt: skip
    n, k = len(order), items.shape[1]
    blocks = min(_BLOCKS, n)
    most = len(trust) - 1
    for block in numba.prange(blocks):
        together = np.zeros((n, 2), np.float32)  # the sum of weights, and how many people
        values = np.empty(_RUN, np.float32)
        for i in range(block, n, blocks):
            row = order[i]
            mine, alike = items[row], likeness[row]
            first, last = item_indptr[i], item_indptr[i + 1]
            steps = 0
            for at in range(first, last):
                user = item_users[at]
                weight = weights[user]
                steps += indptr[user + 1] - indptr[user]
                for place in range(indptr[user], indptr[user + 1]):
                    j = indices[place]
                    together[j, 0] += weight
                    together[j, 1] += np.float32(1)
            together[i, 1] = 0
            held = 0
            few = 2 * steps < n
            if few:  # What was added to is found by the same way again.
                for at in range(first, last):
                    user = item_users[at]
                    for place in range(indptr[user], indptr[user + 1]):
                        j = indices[place]
                        people = together[j, 1]
                        if people >= least:
                            together[j, 1] = -people  # it has been offered
                            gathered = together[j, 0] + added[j]
                            if gathered > left[i] * above[j]:
                                value = gathered / (left[i] * right[j] + shrinkage)
                                value *= trust[min(np.int64(people), most)]
                                if held < k or value >= alike[0]:
                                    held = push(mine, alike, held, value, order[j])
            else:  # Values of a run come first, by vector instructions; few are then looked at.
                own, bar = left[i], np.float32(0)
                for start in range(0, n, _RUN):
                    sums = together[start : start + _RUN]
                    plus, by = added[start : start + _RUN], right[start : start + _RUN]
                    for place in range(len(sums)):
                        value = (sums[place, 0] + plus[place]) / (own * by[place] + shrinkage)
                        values[place] = value if sums[place, 1] >= least else np.float32(-1)
                    for place in range(len(sums)):
                        if values[place] >= bar:
                            j = start + place
                            if sums[place, 0] + plus[place] > own * above[j]:
                                value = values[place]
                                value *= trust[min(np.int64(sums[place, 1]), most)]
                                if held < k or value >= alike[0]:
                                    held = push(mine, alike, held, value, order[j])
                                    bar = alike[0] if held == k else bar
            put_in_order(mine, alike, held)
            for place in range(min(held, both.shape[1])):
                j = rank[mine[place]]
                shared[row, place] = together[j, 0]
                both[row, place] = abs(together[j, 1])
            if few:
                for at in range(first, last):
                    user = item_users[at]
                    for place in range(indptr[user], indptr[user + 1]):
                        together[indices[place]] = 0
            else:
                together[:] = 0


class Shared(NamedTuple):
    """What is told of the nearest items besides their likeness."""

    together: npt.NDArray[np.float32]
    """(n, k) float32, out."""
    both: npt.NDArray[np.int32]
    """(n, k) int32, out."""


def nearest(
    item_indptr: npt.NDArray[np.int32],
    item_users: npt.NDArray[np.int32],
    weights: npt.NDArray[np.float32],
    left: npt.NDArray[np.float32],
    right: npt.NDArray[np.float32],
    shrinkage: float,
    items: npt.NDArray[np.int32],
    likeness: npt.NDArray[np.float32],
    *,
    added: npt.NDArray[np.float32] | None = None,
    above: npt.NDArray[np.float32] | None = None,
    trust: npt.NDArray[np.float32] | None = None,
    shared: Shared | None = None,
) -> None:
    """The items most alike each item, best first, equal ones by index; never the item itself.

    Parameters
    ----------
    item_indptr, item_users : in
        Items x people, CSR with sorted rows: who chose each.
    weights : (people,) float32 > 0, in
    left, right : (n,) float32, in
        With `shrinkage` >= 0 so that the denominator is > 0 for items that anybody chose.
    items : (n, k) int32, out
    likeness : (n, k) float32, out
        Entries stay untouched where fewer than k items may be held.
    added, above : (n,) float32 >= 0, in
        0 if left out.
    trust : float32 in 0..1, in
        By how many people chose both; zeros at its beginning keep what fewer share from being
        held, and its last entry holds for all above. 0, 1 if left out. People are counted
        exactly up to 16,777,216.
    shared : out
        Untouched where `items` is.
    """
    n, k = items.shape
    trust = _ANYBODY if trust is None else trust
    least = int(np.argmax(trust > 0)) if (trust > 0).any() else len(trust)
    count = np.diff(item_indptr)
    order = np.argsort(-count, kind="stable").astype(np.int32)
    order = order[: np.count_nonzero(count >= least)]
    if not len(order) or not k:
        return
    rank = np.full(n, -1, np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    ones = np.ones(len(item_users), np.int8)
    by_item = csr_array((ones, item_users, item_indptr), shape=(n, len(weights)))[order]
    by_person = by_item.T.tocsr()
    untold = Shared(np.zeros((n, 0), np.float32), np.zeros((n, 0), np.int32))
    together, both = shared or untold
    nothing = np.zeros(len(order), np.float32)
    with exclusive():
        _nearest(
            by_person.indptr.astype(np.int32, copy=False),
            # Without a sign there is nothing to be done for indices below 0.
            by_person.indices.astype(np.uint32),
            by_item.indptr.astype(np.int32, copy=False),
            by_item.indices.astype(np.int32, copy=False),
            weights,
            nothing if added is None else added[order],
            nothing if above is None else above[order],
            left[order],
            right[order],
            np.float32(shrinkage),
            trust,
            np.float32(max(least, 1)),
            order,
            rank,
            items,
            likeness,
            together,
            both,
        )
