"""Rows sent down trees against scikit-learn and against a walk of one row at a time."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from naive import tree_sum
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor

from matinee.kernels import trees as kernel
from matinee.regression import trees_of


def rows_of(n, seed, width=5):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, width)).astype(np.float32)
    y = x[:, 0] * x[:, 1] + np.abs(x[:, 2]) + generator.normal(0, 0.3, n)
    x[generator.random(x.shape) < 0.15] = np.nan
    return x, y


@pytest.fixture(scope="module")
def boosting():
    x, y = rows_of(600, 0)
    return HistGradientBoostingRegressor(max_iter=6, random_state=0).fit(x, y)


@pytest.fixture(scope="module")
def forest():
    return RandomForestRegressor(6, random_state=0).fit(*rows_of(600, 0))


@pytest.mark.parametrize("name", ["boosting", "forest"])
def test_against_one_row_at_a_time(name, request):
    found = trees_of(request.getfixturevalue(name))
    assert bool(len(found._nodes.kept)) == (name == "boosting"), "one struck out, one walked"
    x = rows_of(70, 1)[0]
    x[0], x[1] = np.inf, -np.inf
    out = np.full((len(x), 1), 2.5)
    before = [np.copy(array) for array in found._nodes]
    kernel.predict(x, found._nodes, np.zeros(found.n_trees, np.int32), out)
    nodes = found._nodes
    np.testing.assert_array_equal(
        out[:, 0], [tree_sum(row, nodes, found.n_columns, 2.5) for row in x]
    )
    for array, old in zip(nodes, before, strict=True):
        np.testing.assert_array_equal(array, old, err_msg="trees stay as they were")


def test_struck_out_or_walked_is_the_same(boosting):
    found = trees_of(boosting)
    x = rows_of(200, 4)[0]
    walked = found._nodes._replace(kept=np.empty(0, np.uint32))
    out = np.zeros((2, 200, 1))
    for nodes, total in zip((found._nodes, walked), out, strict=True):
        kernel.predict(x, nodes, np.zeros(found.n_trees, np.int32), total)
    np.testing.assert_array_equal(out[0], out[1])


def test_a_tree_of_32_leaves_is_struck_out_and_one_of_33_is_walked():
    x = np.arange(64, dtype=np.float32)[:, np.newaxis]
    for leaves in (1, 2, 32, 33):
        y = np.minimum(np.arange(64), leaves - 1)
        found = trees_of(DecisionTreeRegressor(max_leaf_nodes=max(leaves, 2)).fit(x, y))
        assert bool(len(found._nodes.kept)) == (leaves <= 32)
        np.testing.assert_array_equal(found.predict(x), y)


def test_each_tree_may_have_a_column_of_its_own(boosting):
    found = trees_of(boosting)
    x = rows_of(9, 2)[0]
    each = np.zeros((9, found.n_trees))
    kernel.predict(x, found._nodes, np.arange(found.n_trees, dtype=np.int32), each)
    total = np.zeros((9, 1))
    kernel.predict(x, found._nodes, np.zeros(found.n_trees, np.int32), total)
    np.testing.assert_allclose(each.sum(axis=1), total[:, 0], rtol=1e-12)


def test_same_bits_alone_in_blocks_and_at_any_number_of_threads():
    x, y = rows_of(1000, 3)
    forest = RandomForestRegressor(10, random_state=0).fit(x, y)
    found = trees_of(forest)
    assert len(x) * found._nodes.depths.sum() > kernel._ALONE, "the parallel path"
    before = numba.get_num_threads()
    results = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            results.append(found.predict(x))
    finally:
        numba.set_num_threads(before)
    results.append(np.concatenate([found.predict(x[i : i + 50]) for i in range(0, 1000, 50)]))
    for other in results[1:]:
        np.testing.assert_array_equal(results[0], other)


def test_no_rows(boosting):
    assert trees_of(boosting).predict(np.empty((0, 5), np.float32)).shape == (0,)
