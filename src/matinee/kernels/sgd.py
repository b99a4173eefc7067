"""Stochastic gradient descent on the factors of people and items, in parallel and reproducible.

Ratings lie in a grid of G x G blocks: block (a, b) holds the ratings that people of group a gave
to items of group b. The G blocks of a diagonal, (a, a + d mod G) for all a, share no person and
no item, so they may be worked through at the same time without touching what another changes
(Gemulla et al. 2011). Diagonals follow each other. The order within a block is fixed, so the
result does not depend on who works through which block.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import balanced_blocks, exclusive

GROUPS = 16
"""Of people and of items: as many blocks may be worked through at once."""

_FAST = {"contract", "reassoc", "nsz"}  # NaN and infinity must survive: they tell of divergence


class Grid(NamedTuple):
    """Ratings in the order in which they are worked through."""

    bounds: npt.NDArray[np.int64]
    """(G * G + 1,) where each block starts; block ``d * G + a`` is (a, a + d mod G)."""
    people: npt.NDArray[np.int32]
    """(n,) who rated."""
    items: npt.NDArray[np.int32]
    """(n,) what was rated."""
    ratings: npt.NDArray[np.float32]
    """(n,)"""


class Side(NamedTuple):
    """What is learned of people, or of items: changed in place."""

    factors: npt.NDArray[np.float32]
    """(rows, k)"""
    bias: npt.NDArray[np.float32]
    """(rows,)"""
    weight: npt.NDArray[np.float32]
    """(rows,) how much the row's ratings count; the weight of a rating is the product of two."""
    precision: npt.NDArray[np.float32]
    """(rows,) 1 / the row's part in the variance of a rating."""
    squares: npt.NDArray[np.float64]
    """(rows,) sums of squared errors, each times the precision of the other side."""
    penalty: npt.NDArray[np.float32]
    """(rows, 2) on factors and on the bias, at each rating."""


@numba.njit(cache=True)
def _fill_grid(indptr, columns, values, person_group, item_group, seeds, grid):
    """Sort ratings into blocks (a counting sort), then shuffle each block (Fisher and Yates).

    in:  indptr, columns, values: CSR; person_group, item_group; seeds (G * G,) uint64, not 0
    out: grid
    """
    bounds, people, items, ratings = grid
    groups = np.int64(np.sqrt(len(seeds)))
    bounds[:] = 0
    for pass_ in range(2):
        for person in range(len(indptr) - 1):
            a = person_group[person]
            for j in range(indptr[person], indptr[person + 1]):
                block = (item_group[columns[j]] - a + groups) % groups * groups + a
                if pass_ == 0:
                    bounds[block + 1] += 1
                else:
                    place = bounds[block]
                    people[place], items[place], ratings[place] = person, columns[j], values[j]
                    bounds[block] += 1
        if pass_ == 0:
            for block in range(len(seeds)):
                bounds[block + 1] += bounds[block]
    # Each bound has moved to the end of its block, which is the start of the next.
    for block in range(len(seeds), 0, -1):
        bounds[block] = bounds[block - 1]
    bounds[0] = 0
    for block in range(len(seeds)):
        state = seeds[block]
        first = bounds[block]
        for j in range(bounds[block + 1] - 1, first, -1):
            state ^= state << np.uint64(13)
            state ^= state >> np.uint64(7)
            state ^= state << np.uint64(17)
            other = first + np.int64((state >> np.uint64(11)) % np.uint64(j - first + 1))
            people[j], people[other] = people[other], people[j]
            items[j], items[other] = items[other], items[j]
            ratings[j], ratings[other] = ratings[other], ratings[j]


def grid_of(
    indptr: npt.NDArray[np.int32],
    columns: npt.NDArray[np.int32],
    values: npt.NDArray[np.float32],
    n_items: int,
    generator: np.random.Generator,
    groups: int = GROUPS,
) -> Grid:
    """Arrange a CSR matrix of ratings, people x items, in blocks of about equal size.

    Groups of people are runs of rows, and groups of items are drawn, each with about as many
    ratings as the others. Ratings within a block are shuffled.
    """
    rank = generator.permutation(n_items)
    counts = np.bincount(columns, minlength=n_items)
    item_group = np.empty(n_items, np.int64)
    item_group[rank] = _even(np.cumsum(counts[rank]), groups)
    seeds = generator.integers(1, 2**63, groups * groups, dtype=np.uint64)
    n = len(columns)
    grid = Grid(
        np.empty(groups * groups + 1, np.int64),
        np.empty(n, np.int32),
        np.empty(n, np.int32),
        np.empty(n, np.float32),
    )
    person_group = _even(indptr[1:].astype(np.int64), groups)
    _fill_grid(indptr, columns, values, person_group, item_group, seeds, grid)
    return grid


def _even(reached: npt.NDArray[np.int64], groups: int) -> npt.NDArray[np.int64]:
    """The group of each row, by the share of all ratings that is reached with it."""
    total = max(int(reached[-1]), 1)
    return np.minimum(np.maximum(reached - 1, 0) * groups // total, groups - 1)


@numba.njit(cache=True, fastmath=_FAST)
def _descend_block(first, stop, turn, grid, person_side, item_side, rate):
    """One step for each rating of a block, from `turn` on and around.

    in:      grid, rate
    in, out: person_side, item_side
    """
    _, people, items, ratings = grid
    p_all, p_bias, p_weight, p_precision, p_squares, p_penalty = person_side
    q_all, q_bias, q_weight, q_precision, q_squares, q_penalty = item_side
    k = p_all.shape[1]
    one = np.float32(1)
    for step in range(stop - first):
        j = turn + step
        if j >= stop:
            j -= stop - first
        u, i = people[j], items[j]
        p, q = p_all[u], q_all[i]
        product = np.float32(0)
        for f in range(k):
            product += p[f] * q[f]
        error = ratings[j] - p_bias[u] - q_bias[i] - product
        p_squares[u] += error * error * q_precision[i]
        q_squares[i] += error * error * p_precision[u]
        pull = rate * p_weight[u] * q_weight[i] * error
        p_rate, q_rate = rate * p_weight[u], rate * q_weight[i]
        p_bias[u] += pull - p_rate * p_penalty[u, 1] * p_bias[u]
        q_bias[i] += pull - q_rate * q_penalty[i, 1] * q_bias[i]
        p_keep, q_keep = one - p_rate * p_penalty[u, 0], one - q_rate * q_penalty[i, 0]
        for f in range(k):
            before = p[f]
            p[f] = p_keep * before + pull * q[f]
            q[f] = q_keep * q[f] + pull * before


@numba.njit(cache=True)
def _descend_all(diagonals, turns, grid, person_side, item_side, rate):
    groups = len(diagonals)
    for diagonal in diagonals:
        for block in range(diagonal * groups, (diagonal + 1) * groups):
            first, stop = grid.bounds[block], grid.bounds[block + 1]
            _descend_block(first, stop, turns[block], grid, person_side, item_side, rate)


@numba.njit(cache=True, parallel=True)
def _descend_diagonal(diagonal, turns, grid, person_side, item_side, rate):
    groups = np.int64(np.sqrt(len(turns)))
    for a in numba.prange(groups):
        block = diagonal * groups + a
        first, stop = grid.bounds[block], grid.bounds[block + 1]
        _descend_block(first, stop, turns[block], grid, person_side, item_side, rate)


def descend(
    grid: Grid,
    people: Side,
    items: Side,
    rate: float,
    generator: np.random.Generator,
) -> None:
    """One step down the gradient for each rating: one epoch.

    For rating r of person u and item i, with e = r - b_u - b_i - p_u . q_i and the weights
    w_u and w_i ::

        p_u += rate (w_u w_i e q_i - w_u penalty_u p_u)
        q_i += rate (w_u w_i e p_u - w_i penalty_i q_i)

    and likewise for the biases; `squares` of both sides grow by e^2 times the other's precision.

    Parameters
    ----------
    grid : in
    people, items : in, out
    rate
        The length of a step.
    generator
        Draws the order of the diagonals and where in each block to begin.
    """
    blocks = len(grid.bounds) - 1
    groups = round(blocks**0.5)
    diagonals = generator.permutation(groups)
    size = np.diff(grid.bounds)
    turns = grid.bounds[:-1] + (generator.random(blocks) * size).astype(np.int64)
    step = np.float32(rate)
    with exclusive():
        if len(grid.ratings) < 50_000:
            # Entering a parallel loop for each diagonal would cost more.
            _descend_all(diagonals, turns, grid, people, items, step)
        else:
            for diagonal in diagonals:
                _descend_diagonal(diagonal, turns, grid, people, items, step)


@numba.njit(cache=True, fastmath=_FAST)
def _squares_of_rows(
    start, stop, indptr, indices, ratings, people, items, p_leverage, q_leverage, q_variance, out
):
    k = people.shape[1] - 1
    for row in range(start, stop):
        p = people[row]
        total = 0.0
        for j in range(indptr[row], indptr[row + 1]):
            i = indices[j]
            product = np.float32(0)
            for f in range(k):
                product += p[f] * items[i, f]
            error = ratings[j] - p[k] - items[i, k] - product
            error /= max(np.float32(1) - p_leverage[row] - q_leverage[i], np.float32(0.2))
            total += error * error / q_variance[i]
        out[row] = total


@numba.njit(cache=True, parallel=True)
def _squares_of_blocks(
    blocks, indptr, indices, ratings, people, items, p_leverage, q_leverage, q_variance, out
):
    for block in numba.prange(len(blocks) - 1):
        _squares_of_rows(
            blocks[block],
            blocks[block + 1],
            indptr,
            indices,
            ratings,
            people,
            items,
            p_leverage,
            q_leverage,
            q_variance,
            out,
        )


def squares_left_out(
    indptr: npt.NDArray[np.int32],
    indices: npt.NDArray[np.int32],
    ratings: npt.NDArray[np.float32],
    people: npt.NDArray[np.float32],
    items: npt.NDArray[np.float32],
    person_leverage: npt.NDArray[np.float32],
    item_leverage: npt.NDArray[np.float32],
    item_variance: npt.NDArray[np.float32],
    out: npt.NDArray[np.float64],
) -> None:
    """Per person ``sum_i (e_ui / (1 - h_u - h_i))^2 / c_i``, the divisor at least 0.2.

    e / (1 - h) is the error of a least-squares prediction that has not seen the rating.

    Parameters
    ----------
    indptr, indices, ratings : in
        CSR, people x items.
    people, items : (rows, k + 1) float32, in
        Factors, and the bias last: ``e_ui = r_ui - b_u - b_i - p_u . q_i``.
    person_leverage, item_leverage : (rows,) float32, in
        h_u and h_i.
    item_variance : (n_items,) float32, in
        c_i > 0.
    out : (people,) float64, out
    """
    rest = (person_leverage, item_leverage, item_variance, out)
    arguments = (indptr, indices, ratings, people, items, *rest)
    with exclusive():
        if len(indices) < 20_000:
            _squares_of_rows(0, len(indptr) - 1, *arguments)
        else:
            _squares_of_blocks(balanced_blocks(indptr, 20_000), *arguments)
