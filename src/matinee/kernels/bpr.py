"""Bayesian personalized ranking by stochastic gradient descent, in parallel and reproducible.

One step takes a person u, an item i that u chose and an item j that u did not, and climbs
``ln s(x_ui - x_uj)``, where s is the logistic function and ``x_ui = p_u . q_i + b_i``. So both i
and j change. To let several steps happen at once, people are in G groups and items in 2 G. In
each epoch the groups of items are paired at random, and pair t meets person group a on diagonal
t - a: the G blocks of a diagonal share no person and no item. Steps of a block draw j from the
block's own pair of groups, in such shares that over the epochs every item is drawn equally often.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import balanced_blocks, exclusive

_GROUPS = 16
_FAST = {"contract", "reassoc", "nsz"}  # NaN and infinity must survive: they tell of divergence


class Cells(NamedTuple):
    """Choices sorted by (group of the person, group of the item); groups of items."""

    bounds: npt.NDArray[np.int64]
    """(G * 2 G + 1,) where each cell starts; cell ``a * 2 G + g``."""
    people: npt.NDArray[np.int32]
    """(n,) who chose."""
    items: npt.NDArray[np.int32]
    """(n,) what was chosen."""
    group_bounds: npt.NDArray[np.int64]
    """(2 G + 1,) where each group of items starts in `members`."""
    members: npt.NDArray[np.int32]
    """(n_items,) items by group."""


def cells_of(
    indptr: npt.NDArray[np.int32],
    columns: npt.NDArray[np.int32],
    n_items: int,
    generator: np.random.Generator,
) -> Cells:
    """Arrange a CSR matrix of choices, people x items, in cells; shuffled within each.

    Groups of people are runs of rows with about equally many choices; groups of items are drawn
    and equally large. How many there are depends on the number of items alone.
    """
    groups = int(np.clip(n_items // 64, 1, _GROUPS))
    members = generator.permutation(n_items).astype(np.int32)
    group_bounds = np.linspace(0, n_items, 2 * groups + 1).astype(np.int64)
    group_of = np.empty(n_items, np.int32)
    group_of[members] = np.repeat(np.arange(2 * groups), np.diff(group_bounds))
    n = len(columns)
    reached = np.maximum(indptr[1:].astype(np.int64) - 1, 0)
    person_group = np.minimum(reached * groups // max(n, 1), groups - 1)
    bounds = np.empty(2 * groups * groups + 1, np.int64)
    seeds = generator.integers(1, 2**63, len(bounds) - 1, dtype=np.uint64)
    people, items = np.empty(n, np.int32), np.empty(n, np.int32)
    _fill_cells(indptr, columns, person_group, group_of, seeds, bounds, people, items)
    return Cells(bounds, people, items, group_bounds, members)


@numba.njit(cache=True)
def _next(state):
    """The next state of a xorshift generator of 64 bits (Marsaglia 2003); never 0."""
    state ^= state << np.uint64(13)
    state ^= state >> np.uint64(7)
    state ^= state << np.uint64(17)
    return state


@numba.njit(cache=True)
def _below(state, limit):
    """A number in 0..limit-1 from the upper half of the state's bits."""
    return np.int64(((state >> np.uint64(32)) * np.uint64(limit)) >> np.uint64(32))


@numba.njit(cache=True)
def _fill_cells(indptr, columns, person_group, group_of, seeds, bounds, people, items):
    """Sort choices into cells (a counting sort), then shuffle each (Fisher and Yates).

    in:  indptr, columns: CSR; person_group, group_of; seeds (cells,)
    out: bounds (cells + 1,), people (n,), items (n,)
    """
    cells = len(seeds)
    width = np.int64(np.sqrt(cells * 2))
    bounds[:] = 0
    for person in range(len(indptr) - 1):
        for j in range(indptr[person], indptr[person + 1]):
            bounds[person_group[person] * width + group_of[columns[j]] + 1] += 1
    for cell in range(cells):
        bounds[cell + 1] += bounds[cell]
    for person in range(len(indptr) - 1):
        for j in range(indptr[person], indptr[person + 1]):
            cell = person_group[person] * width + group_of[columns[j]]
            people[bounds[cell]], items[bounds[cell]] = person, columns[j]
            bounds[cell] += 1
    # Each bound has moved to the end of its cell, which is the start of the next.
    for cell in range(cells, 0, -1):
        bounds[cell] = bounds[cell - 1]
    bounds[0] = 0
    for cell in range(cells):
        state = seeds[cell]
        for j in range(bounds[cell + 1] - 1, bounds[cell], -1):
            state = _next(state)
            other = bounds[cell] + _below(state, j - bounds[cell] + 1)
            people[j], people[other] = people[other], people[j]
            items[j], items[other] = items[other], items[j]


@numba.njit(cache=True)
def _chose(columns, low, high, item):
    """Whether `item` is in the sorted columns[low:high]."""
    stop = high
    while low < high:
        middle = (low + high) >> 1
        if columns[middle] < item:
            low = middle + 1
        else:
            high = middle
    return low < stop and columns[low] == item


@numba.njit(cache=True, fastmath=_FAST)
def _score(p, q):
    """p . q + bias, the bias being the last of q."""
    k = len(q) - 1
    total = np.float32(0)
    for f in range(k):
        total += p[f] * q[f]
    return total + q[k]


@numba.njit(cache=True, fastmath=_FAST)
def _slope(difference):
    """1 - s(x), the slope of ln s."""
    return np.float32(1) / (np.float32(1) + np.exp(difference))


@numba.njit(cache=True, fastmath=_FAST)
def _climb_cell(
    first, stop, own, other, state, negatives, cells, indptr, columns, people, items, rates
):
    """One step for each choice of a cell.

    in:      first, stop: of the cell; own, other: groups of items; state of the generator;
             negatives; cells; indptr, columns: CSR; rates (4,) float32: of the step, and that times
             the penalties on people, items and biases
    in, out: people, items
    """
    _, chooser, chosen, group_bounds, members = cells
    k = items.shape[1] - 1
    groups = len(group_bounds) - 1
    for step in range(first, stop):
        u, i = chooser[step], chosen[step]
        p, qi = people[u], items[i]
        j, highest = -1, np.float32(-np.inf)
        for _ in range(negatives):
            state = _next(state)
            group = own if _below(state, groups) == 0 else other
            size = group_bounds[group + 1] - group_bounds[group]
            state = _next(state)
            if size == 0:
                continue
            candidate = members[group_bounds[group] + _below(state, size)]
            score = _score(p, items[candidate])
            if score > highest and not _chose(columns, indptr[u], indptr[u + 1], candidate):
                j, highest = candidate, score
        if j < 0:
            continue
        qj = items[j]
        pull = rates[0] * _slope(_score(p, qi) - highest)
        for f in range(k):
            before, of_i, of_j = p[f], qi[f], qj[f]
            p[f] += pull * (of_i - of_j) - rates[1] * before
            qi[f] += pull * before - rates[2] * of_i
            qj[f] -= pull * before + rates[2] * of_j
        qi[k] += pull - rates[3] * qi[k]
        qj[k] -= pull + rates[3] * qj[k]
    return state


@numba.njit(cache=True)
def _climb_block(
    a, diagonal, pairs, seeds, negatives, cells, indptr, columns, people, items, rates
):
    groups = len(pairs)
    t = (a + diagonal) % groups
    state = seeds[diagonal, a]
    for side in range(2):
        own, other = pairs[t, side], pairs[t, 1 - side]
        cell = a * 2 * groups + own
        state = _climb_cell(
            cells.bounds[cell],
            cells.bounds[cell + 1],
            own,
            other,
            state,
            negatives,
            cells,
            indptr,
            columns,
            people,
            items,
            rates,
        )


@numba.njit(cache=True)
def _climb_all(pairs, seeds, negatives, cells, indptr, columns, people, items, rates):
    for d in range(len(pairs)):
        for a in range(len(pairs)):
            _climb_block(
                a, d, pairs, seeds, negatives, cells, indptr, columns, people, items, rates
            )


@numba.njit(cache=True, parallel=True)
def _climb_diagonal(d, pairs, seeds, negatives, cells, indptr, columns, people, items, rates):
    for a in numba.prange(len(pairs)):
        _climb_block(a, d, pairs, seeds, negatives, cells, indptr, columns, people, items, rates)


def climb(
    cells: Cells,
    indptr: npt.NDArray[np.int32],
    columns: npt.NDArray[np.int32],
    people: npt.NDArray[np.float32],
    items: npt.NDArray[np.float32],
    rate: float,
    penalties: tuple[float, float, float],
    negatives: int,
    generator: np.random.Generator,
) -> None:
    """One step for each choice: one epoch.

    With ``g = 1 - s(x_ui - x_uj)``, j the one of `negatives` drawn items that scores highest and
    was not chosen by u ::

        p_u += rate (g (q_i - q_j) - penalty p_u)
        q_i += rate (g p_u - penalty q_i)        b_i += rate (g - penalty b_i)
        q_j -= rate (g p_u + penalty q_j)        b_j -= rate (g + penalty b_j)

    Parameters
    ----------
    cells, indptr, columns : in
        The choices, and once more as CSR with sorted columns.
    people : (people, k) float32, in, out
    items : (n_items, k + 1) float32, in, out
        Factors, and the bias last.
    rate, penalties
        Of people, items, biases.
    negatives
        At least 1.
    generator
        Draws pairs of groups, and the seeds of the draws within blocks.
    """
    pairs = generator.permutation(len(cells.group_bounds) - 1).reshape(-1, 2)
    seeds = generator.integers(1, 2**63, (len(pairs), len(pairs)), dtype=np.uint64)
    rates = np.array([rate, *(rate * p for p in penalties)], np.float32)
    arguments = (pairs, seeds, negatives, cells, indptr, columns, people, items, rates)
    with exclusive():
        if len(columns) < 20_000:
            # Entering a parallel loop for each diagonal would cost more.
            _climb_all(*arguments)
        else:
            for diagonal in range(len(pairs)):
                _climb_diagonal(diagonal, *arguments)


@numba.njit(cache=True, fastmath=_FAST)
def _place_rows(start, stop, seed, epochs, negatives, indptr, columns, items, rate, penalty, out):
    k = items.shape[1] - 1
    for row in range(start, stop):
        p = out[row]
        p[:] = 0
        first, last = indptr[row], indptr[row + 1]
        state = np.uint64(seed)
        for step in range(first, last):
            state = _next(state ^ np.uint64(columns[step] + 1)) | np.uint64(1)
        for epoch in range(epochs):
            now = rate * (np.float32(1) - np.float32(epoch) / np.float32(epochs))
            for step in range(first, last):
                qi = items[columns[step]]
                j, highest = -1, np.float32(-np.inf)
                for _ in range(negatives):
                    state = _next(state)
                    candidate = _below(state, len(items))
                    score = _score(p, items[candidate])
                    if score > highest and not _chose(columns, first, last, candidate):
                        j, highest = candidate, score
                if j < 0:
                    continue
                pull = now * _slope(_score(p, qi) - highest)
                keep = np.float32(1) - now * penalty
                for f in range(k):
                    p[f] = keep * p[f] + pull * (qi[f] - items[j, f])


@numba.njit(cache=True, parallel=True)
def _place_blocks(blocks, seed, epochs, negatives, indptr, columns, items, rate, penalty, out):
    for b in numba.prange(len(blocks) - 1):
        _place_rows(
            blocks[b],
            blocks[b + 1],
            seed,
            epochs,
            negatives,
            indptr,
            columns,
            items,
            rate,
            penalty,
            out,
        )


def place(
    indptr: npt.NDArray[np.int32],
    columns: npt.NDArray[np.int32],
    items: npt.NDArray[np.float32],
    rate: float,
    penalty: float,
    negatives: int,
    epochs: int,
    seed: int,
    out: npt.NDArray[np.float32],
) -> None:
    """Find the vector of each person while the items stand still, by the steps of `climb`.

    A person starts at zero and goes `epochs` times through what was chosen, at a rate that
    falls to zero. What is drawn depends on the history and on `seed`, on nothing else.

    Parameters
    ----------
    indptr, columns : in
        CSR with sorted columns, people x items.
    items : (n_items, k + 1) float32, in
    out : (people, k) float32, out
        Zero for people who chose nothing.
    """
    rest = (indptr, columns, items, np.float32(rate), np.float32(penalty), out)
    with exclusive():
        if len(columns) < 5_000:
            _place_rows(0, len(indptr) - 1, seed, epochs, negatives, *rest)
        else:
            _place_blocks(balanced_blocks(indptr, 5_000), seed, epochs, negatives, *rest)
