"""Descent in blocks: every rating once, no block in the way of another, the steps as stated."""

from __future__ import annotations

import naive
import numba
import numpy as np
import pytest

from matinee.kernels import sgd


def ratings_of(rows, columns, density, seed=0):
    generator = np.random.default_rng(seed)
    dense = generator.normal(size=(rows, columns)).astype(np.float32)
    dense[generator.random(dense.shape) >= density] = np.nan
    rated = ~np.isnan(dense)
    indptr = np.append(0, rated.sum(axis=1).cumsum()).astype(np.int32)
    return dense, indptr, np.nonzero(rated)[1].astype(np.int32), dense[rated]


def side_of(rows, k, seed):
    generator = np.random.default_rng(seed)
    return sgd.Side(
        generator.normal(0, 0.3, (rows, k)).astype(np.float32),
        generator.normal(0, 0.3, rows).astype(np.float32),
        *generator.uniform(0.5, 2, (2, rows)).astype(np.float32),
        np.zeros(rows),
        generator.uniform(0.1, 1, (rows, 2)).astype(np.float32),
    )


def copied(side):
    return sgd.Side(*(a.copy() for a in side))


def triples(grid, part=slice(None)):
    columns = (grid.people[part], grid.items[part], grid.ratings[part])
    return list(zip(*(c.tolist() for c in columns), strict=True))


@pytest.mark.parametrize(("rows", "columns", "groups"), [(30, 20, 4), (3, 50, 5), (1, 1, 2)])
def test_a_grid_holds_every_rating_once_and_diagonals_share_nobody(rows, columns, groups):
    dense, indptr, indices, values = ratings_of(rows, columns, 0.6)
    generator = np.random.default_rng(0)
    grid = sgd.grid_of(indptr, indices, values, columns, generator, groups)
    expected = [(u, i, dense[u, i]) for u, i in np.argwhere(~np.isnan(dense)).tolist()]
    assert sorted(triples(grid)) == expected
    assert grid.bounds[0] == 0
    assert grid.bounds[-1] == len(values)
    for d in range(groups):
        for axis in (grid.people, grid.items):
            seen = [
                set(axis[grid.bounds[b] : grid.bounds[b + 1]].tolist())
                for b in range(d * groups, (d + 1) * groups)
            ]
            assert sum(map(len, seen)) == len(set().union(*seen))


def test_blocks_are_of_about_equal_size_and_shuffled():
    _, indptr, indices, values = ratings_of(60, 50, 0.9)
    grid = sgd.grid_of(indptr, indices, values, 50, np.random.default_rng(0), 3)
    size = np.diff(grid.bounds)
    assert size.min() > 0.7 * size.mean()
    assert size.max() < 1.3 * size.mean()
    first = grid.people[: grid.bounds[1]]
    assert (np.diff(first) < 0).sum() > 0.3 * len(first)


@pytest.mark.parametrize("k", [1, 5, 17])
def test_descent_is_the_naive_steps_in_the_order_of_the_grid(k):
    _, indptr, indices, values = ratings_of(12, 9, 0.7)
    grid = sgd.grid_of(indptr, indices, values, 9, np.random.default_rng(1), 3)
    people, items = side_of(12, k, 2), side_of(9, k, 3)
    slow = [
        {name: a.astype(float) for name, a in s._asdict().items()}
        for s in (copied(people), copied(items))
    ]
    sgd.descend(grid, people, items, 0.05, np.random.default_rng(4))
    again = np.random.default_rng(4)
    diagonals, turns = again.permutation(3), again.random(9)
    for d in diagonals:
        for block in range(d * 3, d * 3 + 3):
            order = triples(grid, slice(grid.bounds[block], grid.bounds[block + 1]))
            turn = int(turns[block] * len(order))
            naive.descend(order[turn:] + order[:turn], *slow, 0.05)
    for fast, expected in zip((people, items), slow, strict=True):
        for name in ("factors", "bias", "squares"):
            np.testing.assert_allclose(
                getattr(fast, name), expected[name], rtol=1e-3, atol=1e-4, err_msg=name
            )


@pytest.mark.usefixtures("compiled")
def test_blocks_side_by_side_give_the_same_bits_at_one_and_two_threads():
    _, indptr, indices, values = ratings_of(300, 250, 0.8)
    assert len(values) > 50_000, "the parallel path"
    grid = sgd.grid_of(indptr, indices, values, 250, np.random.default_rng(0))
    results = []
    before = numba.get_num_threads()
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            people, items = side_of(300, 8, 2), side_of(250, 8, 3)
            sgd.descend(grid, people, items, 0.01, np.random.default_rng(4))
            results.append((people, items))
    finally:
        numba.set_num_threads(before)
    for one, other in zip(*results, strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)
    people, items = side_of(300, 8, 2), side_of(250, 8, 3)
    again = np.random.default_rng(4)
    diagonals, turns = again.permutation(sgd.GROUPS), again.random(sgd.GROUPS**2)
    turns = grid.bounds[:-1] + (turns * np.diff(grid.bounds)).astype(np.int64)
    sgd._descend_all(diagonals, turns, grid, people, items, np.float32(0.01))
    np.testing.assert_allclose(people.factors, results[0][0].factors, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("rows", "density"), [(8, 0.6), (300, 0.95)])
def test_squares_left_out(rows, density):
    dense, indptr, indices, values = ratings_of(rows, 80, density)
    generator = np.random.default_rng(1)
    people, items = (generator.normal(size=(n, 4)).astype(np.float32) for n in (rows, 80))
    rest = [generator.uniform(0, 0.6, n).astype(np.float32) for n in (rows, 80)]
    rest.append(generator.uniform(0.5, 2, 80).astype(np.float32))
    out = np.empty(rows)
    sgd.squares_left_out(indptr, indices, values, people, items, *rest, out)
    expected = naive.squares_left_out(dense, people, items, *rest)
    np.testing.assert_allclose(out, expected, rtol=1e-3, atol=1e-4)
