"""The best n items of each person where scores are inner products, without a matrix of scores.

    score(p, i) = people[p] . items[i] + constant[p]

One person: every product by `dot`, and a heap; where there are very many items, a heap for each
part of them, on all cores, and the best of those. Many: tiles of products that stay in registers
are screened against the lowest score that each person still holds, so that hardly any score is
ever written. Three things keep that exact, and the same bits as for each person alone:

- Tiles add up in another order than `dot`. Both differ from the true product by no more than
  ``k 2^-24 |p| |q|``, so what a tile puts further than twice that below the n-th best cannot be
  better; for all else `dot` decides. People or items that are not finite, or so long that a
  product overflows, are done without tiles.
- Items come by falling length, and ``p . q <= |p| |q|``: once the length of the next ones is too
  short for what everybody of a tile holds, they are passed over.
- What was seen is looked up only for what would be held.

People are independent of each other, so results do not depend on the number of threads nor on
who else is asked for. In the loops below, tuples travel together:

    product = (people (*, k), items (n_items, k), constant (*,)) float32
    allowed = (items that may be chosen (*,) int32, whether that means all instead)
    seen = (indptr, indices, rows): row rows[p] of a sorted CSR to person p, none where -1
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import exclusive
from matinee.kernels.tiles import COLUMNS, PEOPLE, dot, four, lowest, screen
from matinee.kernels.topn import push, put_in_order

_FEW = 32
"""People up to whom packing the items would cost more than it gains."""
_BLOCK = 1 << 16
"""Factors of the people of a block: 256 KB, which the cache of a core holds."""
_HELD = 1 << 19
"""Scores that a block may hold."""
_PART = 1 << 19
"""Factors of the items of a part, where one person's items are looked through by all cores."""
_LARGE = 1 << 21
"""Factors of all items from which that is worth the start of a parallel loop."""
_OVERFLOW = 1e37
"""Products of lengths below which no sum leaves the range of float32."""


@numba.njit(cache=True)
def _of(seen, p):
    """Where what p has seen begins and ends."""
    indptr, _, rows = seen
    row = rows[p]
    if row < 0:
        return 0, 0
    return indptr[row], indptr[row + 1]


@numba.njit(cache=True)
def _has_seen(seen, p, item):
    low, stop = _of(seen, p)
    high, barred = stop, seen[1]
    while low < high:
        middle = (low + high) >> 1
        if barred[middle] < item:
            low = middle + 1
        else:
            high = middle
    return low < stop and barred[low] == item


@numba.njit(cache=True)
def _count(product, allowed):
    columns, everything = allowed
    return len(product[1]) if everything else len(columns)


@numba.njit(cache=True)
def _heap_of(product, allowed, seen, p, first, stop, chosen, best):
    """The best of the items allowed from place `first` to `stop`: a heap; how many it holds."""
    people, items, constant = product
    columns, everything = allowed
    held, shift = 0, constant[p]
    least = np.float32(-np.inf)
    scores, rows = np.empty(4, np.float32), np.empty(4, np.int64)
    for start in range(first, stop, 4):
        for c in range(4):
            place = min(start + c, stop - 1)
            rows[c] = place if everything else columns[place]
        if not four(people, p, items, rows, shift, least, scores):
            continue
        for c in range(min(4, stop - start)):
            if scores[c] > least and not _has_seen(seen, p, rows[c]):
                held = push(chosen, best, held, scores[c], rows[c])
                if held == len(chosen):
                    least = best[0]
    return held


@numba.njit(cache=True)
def _alone(product, allowed, seen, p, chosen, best):
    """Fill chosen and best (both (n,)) for person p; untouched where there is nothing more."""
    held = _heap_of(product, allowed, seen, p, 0, _count(product, allowed), chosen, best)
    put_in_order(chosen, best, held)


@numba.njit(cache=True)
def _one_by_one(product, allowed, seen, chosen, best):
    for p in range(len(chosen)):
        _alone(product, allowed, seen, p, chosen[p], best[p])


@numba.njit(cache=True, parallel=True)
def _by_parts(product, allowed, seen, part, chosen, best):
    """`_one_by_one`, each person's items in parts of `part`; the same lists."""
    count, n = _count(product, allowed), chosen.shape[1]
    parts = -(-count // part)
    kept = np.empty((parts, n), np.int32)
    scores = np.empty((parts, n), np.float32)
    held = np.empty(parts, np.int64)
    for p in range(len(chosen)):
        for at in numba.prange(parts):
            first, stop = at * part, min((at + 1) * part, count)
            held[at] = _heap_of(product, allowed, seen, p, first, stop, kept[at], scores[at])
        total = 0
        for at in range(parts):
            for place in range(held[at]):
                total = push(chosen[p], best[p], total, scores[at, place], kept[at, place])
        put_in_order(chosen[p], best[p], total)


@numba.njit(cache=True)
def _pack(rows, order, width, out):
    """out[g, f, a] = rows[order[g * width + a], f]; zero beyond the end of `order`."""
    for g in range(len(out)):
        for a in range(width):
            place = g * width + a
            if place < len(order):
                row = rows[order[place]]
                for f in range(len(row)):
                    out[g, f, a] = row[f]
            else:
                out[g, :, a] = 0


@numba.njit(cache=True)
def _limit(worst, shift, doubt):
    """What a tile's product must exceed, that the score by `dot` may be as high as `worst`."""
    least = np.float64(worst) - np.float64(shift)
    # And what rounding to float32, twice, may hide; always less, for what is as good must pass.
    hidden = 2.0**-22 * (abs(worst) + abs(shift) + doubt) + 1e-30
    return np.float32(least - doubt - hidden)


@numba.njit(cache=True)
def _fill(product, order, seen, panels, lengths, start, chosen, best):
    """By tiles, the best for people from `start` on; what passes its tile is decided by `dot`.

    in:  order: the items allowed, longest first; panels (*, k, COLUMNS): these packed;
         lengths: (that of each person, that of each panel's first item) float64
    out: chosen, best (people of the block, n); untouched where there is nothing more
    """
    people, items, constant = product
    count, n = chosen.shape
    groups = -(-count // PEOPLE)
    packed = np.empty((groups, people.shape[1], PEOPLE), np.float32)
    _pack(people, np.arange(start, start + count), PEOPLE, packed)
    longest = lengths[1][0] if len(panels) > 0 else 0.0
    doubt = 1.01 * (people.shape[1] + 2) * 2.0**-23 * longest * lengths[0][start:]
    held = np.zeros(count, np.int64)
    least = np.full(groups * PEOPLE, np.inf, np.float32)
    least[:count] = -np.inf
    # The length that an item must exceed to matter to anybody of a group.
    needed = np.full(groups, -np.inf)
    sums = np.empty((PEOPLE, COLUMNS), np.float32)
    hits = np.empty(PEOPLE, np.uint32)
    for panel in range(len(panels)):
        longest = lengths[1][panel]
        busy = False
        for group in range(groups):
            if longest <= needed[group]:
                continue
            busy = True
            if not screen(packed, group, panels, panel, least, sums, hits):
                continue
            for a in range(PEOPLE):
                bits, at = hits[a], group * PEOPLE + a
                while bits:
                    c = lowest(bits)
                    bits &= bits - np.uint32(1)
                    place, p = panel * COLUMNS + c, start + at
                    if place >= len(order) or not sums[a, c] > least[at]:
                        continue
                    item, shift = order[place], constant[p]
                    score = dot(people, p, items, item) + shift
                    if held[at] == n and score < best[at, 0]:
                        continue
                    if not _has_seen(seen, p, item):
                        held[at] = push(chosen[at], best[at], held[at], score, item)
                        if held[at] == n:
                            least[at] = _limit(best[at, 0], shift, doubt[at])
            needed[group] = np.inf
            for at in range(group * PEOPLE, min(count, (group + 1) * PEOPLE)):
                enough = np.float64(least[at]) / max(lengths[0][start + at], 1e-300)
                if not enough >= needed[group]:
                    needed[group] = enough
        if not busy:
            break
    for at in range(count):
        put_in_order(chosen[at], best[at], held[at])


@numba.njit(cache=True, parallel=True)
def _by_tiles(product, seen, order, lengths, block, chosen, best):
    people, items, _ = product
    panels = np.empty((len(lengths[1]), items.shape[1], COLUMNS), np.float32)
    _pack(items, order, COLUMNS, panels)
    for b in numba.prange(-(-len(people) // block)):
        start, stop = b * block, min((b + 1) * block, len(people))
        _fill(product, order, seen, panels, lengths, start, chosen[start:stop], best[start:stop])


@numba.njit(cache=True)
def _lengths(rows):
    """(rows,) float64: Euclidean lengths; infinite where they are NaN."""
    out = np.empty(len(rows))
    for r in range(len(rows)):
        total = 0.0
        for f in range(rows.shape[1]):
            total += np.float64(rows[r, f]) * np.float64(rows[r, f])
        out[r] = np.inf if np.isnan(total) else np.sqrt(total)
    return out


_EVERYTHING = np.zeros(0, np.int32)


def select_products(
    people: npt.NDArray[np.float32],
    items: npt.NDArray[np.float32],
    constant: npt.NDArray[np.float32],
    candidates: npt.NDArray[np.int32] | None,
    seen: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.int64]],
    chosen: npt.NDArray[np.int32],
    best: npt.NDArray[np.float32],
) -> None:
    """The n best items of each person, highest score first, equal scores by item index.

    Parameters
    ----------
    people : (people, k) float32, in
    items : (n_items, k) float32, in
    constant : (people,) float32, in
    candidates : (*,) int32, in
        The items that may be chosen, sorted; None for all.
    seen : in
        (indptr, indices, rows): person p may not be given the items of row ``rows[p]`` of this
        CSR, whose rows are sorted; -1 for no row.
    chosen : (people, n) int32, out
    best : (people, n) float32, out
        Item and score; entries stay untouched where fewer than n may be chosen. Scores that are
        NaN or -inf are never chosen.
    """
    if not chosen.size:
        return
    product = (people, items, constant)
    allowed = (_EVERYTHING, True) if candidates is None else (candidates, False)
    if len(people) <= _FEW:
        _without_tiles(product, allowed, seen, chosen, best)
        return
    order = np.arange(len(items), dtype=np.int32) if candidates is None else candidates
    of_items, of_people = _lengths(items)[order], _lengths(people)
    longest = of_items.max(initial=0.0)
    if not of_people.max() * longest < _OVERFLOW:
        _without_tiles(product, allowed, seen, chosen, best)
        return
    falling = np.argsort(-of_items, kind="stable")
    lengths = (of_people, of_items[falling[::COLUMNS]])
    largest = min(_BLOCK // max(items.shape[1], 1), _HELD // chosen.shape[1], len(people) // 16)
    block = PEOPLE * min(max(largest // PEOPLE, 1), 32)
    with exclusive():
        _by_tiles(product, seen, order[falling], lengths, block, chosen, best)


def _without_tiles(product: Any, allowed: Any, seen: Any, chosen: Any, best: Any) -> None:
    """See `select_products`."""
    factors = max(product[1].shape[1], 1)
    if _count(product, allowed) * factors < _LARGE:
        _one_by_one(product, allowed, seen, chosen, best)
        return
    with exclusive():
        _by_parts(product, allowed, seen, -(-_PART // factors), chosen, best)
