"""Steps of BPR as stated, in cells that hold every choice once."""

from __future__ import annotations

import naive
import numba
import numpy as np
import pytest

from matinee.kernels import bpr

ALL = 300
"""Draws enough to meet every item of a small catalogue, so that the best is known."""


def choices_of(rows, columns, density, seed=0):
    chosen = np.random.default_rng(seed).random((rows, columns)) < density
    indptr = np.append(0, chosen.sum(axis=1).cumsum()).astype(np.int32)
    return chosen, indptr, np.nonzero(chosen)[1].astype(np.int32)


def factors_of(rows, k, seed):
    return np.random.default_rng(seed).normal(0, 0.4, (rows, k)).astype(np.float32)


@pytest.mark.parametrize(("rows", "columns"), [(20, 300), (5, 9), (1, 1), (3, 2)])
def test_cells_hold_every_choice_once(rows, columns):
    chosen, indptr, indices = choices_of(rows, columns, 0.4)
    cells = bpr.cells_of(indptr, indices, columns, np.random.default_rng(0))
    pairs = sorted(zip(cells.people.tolist(), cells.items.tolist(), strict=True))
    assert pairs == [tuple(p) for p in np.argwhere(chosen).tolist()]
    assert sorted(cells.members.tolist()) == list(range(columns))
    wide = len(cells.group_bounds) - 1
    group_of = np.empty(columns, int)
    group_of[cells.members] = np.repeat(np.arange(wide), np.diff(cells.group_bounds))
    groups_of_people = [set() for _ in range(rows)]
    for cell in range(len(cells.bounds) - 1):
        part = slice(cells.bounds[cell], cells.bounds[cell + 1])
        assert (group_of[cells.items[part]] == cell % wide).all()
        for person in cells.people[part].tolist():
            groups_of_people[person].add(cell // wide)
    assert all(len(groups) <= 1 for groups in groups_of_people)


@pytest.mark.parametrize("k", [1, 5])
def test_climbing_is_the_naive_steps_in_the_order_of_the_cells(k):
    chosen, indptr, indices = choices_of(9, 7, 0.5)
    chosen[0] = True
    indptr = np.append(0, chosen.sum(axis=1).cumsum()).astype(np.int32)
    indices = np.nonzero(chosen)[1].astype(np.int32)
    cells = bpr.cells_of(indptr, indices, 7, np.random.default_rng(0))
    people, items = factors_of(9, k, 1), factors_of(7, k + 1, 2)
    slow = [people.astype(float), items.astype(float)]
    penalties = (0.3, 0.2, 0.1)
    bpr.climb(cells, indptr, indices, people, items, 0.1, penalties, ALL, np.random.default_rng(3))
    (pair,) = np.random.default_rng(3).permutation(2).reshape(-1, 2)
    order = []
    for cell in pair:
        part = slice(cells.bounds[cell], cells.bounds[cell + 1])
        order += zip(cells.people[part].tolist(), cells.items[part].tolist(), strict=True)
    naive.climb(order, chosen, *slow, 0.1, penalties)
    np.testing.assert_allclose(people, slow[0], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(items, slow[1], rtol=1e-3, atol=1e-4)


def test_draws_are_even():
    """Over the epochs each item that was not chosen is drawn about equally often."""
    n = 256
    indptr, indices = np.array([0, 1], np.int32), np.array([5], np.int32)
    generator = np.random.default_rng(0)
    cells = bpr.cells_of(indptr, indices, n, generator)
    assert len(cells.group_bounds) - 1 == 8
    drawn = np.zeros(n)
    epochs = 8_000
    for _ in range(epochs):
        items = np.zeros((n, 2), np.float32)
        people = np.zeros((1, 1), np.float32)
        bpr.climb(cells, indptr, indices, people, items, 1.0, (0, 0, 0), 1, generator)
        drawn += items[:, 1] < 0
    assert drawn[5] == 0
    drawn = np.delete(drawn, 5)
    assert drawn.sum() > 0.98 * epochs
    expected = drawn.mean()
    # Of a binomial count, 5 deviations at the most.
    assert np.abs(drawn - expected).max() < 5 * np.sqrt(expected)


@pytest.mark.usefixtures("compiled")
def test_blocks_side_by_side_give_the_same_bits_at_one_and_two_threads():
    _, indptr, indices = choices_of(300, 200, 0.5)
    assert len(indices) > 20_000, "the parallel path"
    results = []
    before = numba.get_num_threads()
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            generator = np.random.default_rng(0)
            cells = bpr.cells_of(indptr, indices, 200, generator)
            people, items = factors_of(300, 8, 1), factors_of(200, 9, 2)
            bpr.climb(cells, indptr, indices, people, items, 0.1, (0.1, 0.1, 0.1), 3, generator)
            out = np.empty_like(people)
            bpr.place(indptr, indices, items, 0.1, 0.1, 3, 2, 0, out)
            results.append((people, items, out))
    finally:
        numba.set_num_threads(before)
    for one, other in zip(*results, strict=True):
        np.testing.assert_array_equal(one, other)


def test_placing_people_is_climbing_with_items_that_stand_still():
    chosen, indptr, indices = choices_of(6, 8, 0.4)
    items = factors_of(8, 4, 0)
    out = np.full((6, 3), np.nan, np.float32)
    before = items.copy()
    bpr.place(indptr, indices, items, 0.5, 0.2, ALL, 4, 7, out)
    np.testing.assert_array_equal(items, before)
    expected = np.zeros((6, 3))
    for epoch in range(4):
        for u, i in np.argwhere(chosen):
            naive.climb(
                [(u, i)], chosen, expected, items.astype(float), 0.5 * (1 - epoch / 4), (0.2, 0, 0)
            )
    np.testing.assert_allclose(out, expected, rtol=1e-3, atol=1e-4)
    assert (out[~chosen.any(axis=1)] == 0).all()


def test_placing_depends_on_the_history_alone():
    _, indptr, indices = choices_of(40, 30, 0.3)
    items = factors_of(30, 6, 0)
    together = np.empty((40, 5), np.float32)
    bpr.place(indptr, indices, items, 0.3, 0.1, 3, 5, 0, together)
    for u in (3, 11):
        alone = np.empty((1, 5), np.float32)
        own = indices[indptr[u] : indptr[u + 1]]
        bpr.place(np.array([0, len(own)], np.int32), own, items, 0.3, 0.1, 3, 5, 0, alone)
        np.testing.assert_array_equal(alone[0], together[u])
