"""Trees read from scikit-learn predict its bits; damaged arrays are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import (
    AdaBoostRegressor,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.linear_model import Ridge
from sklearn.tree import DecisionTreeRegressor

from matinee.errors import InvalidInput
from matinee.regression import Trees, trees_of
from matinee.regression.from_sklearn import mean_of


def rows_of(n, seed, missing=0.15):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, 5)).astype(np.float32)
    x[:, 3] = generator.integers(0, 2, n)
    y = 3 + x[:, 0] * x[:, 1] + np.abs(x[:, 2]) + x[:, 3] + generator.normal(0, 0.3, n)
    x[generator.random(x.shape) < missing] = np.nan
    return x, y


ENSEMBLES = {
    "boosting": HistGradientBoostingRegressor(max_iter=6, random_state=0),
    "absolute": HistGradientBoostingRegressor("absolute_error", max_iter=2, random_state=0),
    "forest": RandomForestRegressor(4, random_state=0),
    "best first": RandomForestRegressor(3, max_leaf_nodes=12, random_state=0),
    "tree": DecisionTreeRegressor(random_state=0),
    "stump": DecisionTreeRegressor(max_depth=1, random_state=0),
}


@pytest.mark.parametrize("name", ENSEMBLES)
def test_predictions_are_scikit_learns(name):
    """Bit for bit, missing numbers and those at a threshold included."""
    estimator = ENSEMBLES[name].fit(*rows_of(300, 0))
    found = trees_of(estimator)
    x = np.concatenate([rows_of(200, 1, missing=0.4)[0], rows_of(300, 0)[0][:100]])
    at = found.threshold[np.isfinite(found.threshold)]
    x[: len(at), 0] = at[: len(x)]
    np.testing.assert_array_equal(found.predict(x), estimator.predict(x).astype(np.float32))


def test_a_threshold_divides_numbers_as_before_rounding():
    """Between the two lies a float64 that, as a float32, would be the higher of them."""
    low, high = np.float32(1 + 2**-23), np.float32(1 + 2**-22)
    assert np.float32((np.float64(low) + np.float64(high)) / 2) == high
    x = np.array([[low], [high]] * 10, np.float32)
    booster = HistGradientBoostingRegressor(max_iter=1, learning_rate=1, min_samples_leaf=1)
    found = trees_of(booster.fit(x, [0.0, 1.0] * 10))
    np.testing.assert_allclose(found.predict(x[:2]), [0, 1], atol=1e-6)


def test_the_weighted_median_of_adaboost():
    x, y = rows_of(400, 2, missing=0)
    tree = DecisionTreeRegressor(max_depth=4)
    estimator = AdaBoostRegressor(tree, n_estimators=12, random_state=0).fit(x, y)
    found = trees_of(estimator)
    assert found.n_trees == len(estimator.estimators_)
    np.testing.assert_array_equal(found.predict(x), estimator.predict(x).astype(np.float32))
    everywhere_left = trees_of(estimator, missing_left=True)
    low, nothing = np.full((1, 5), -1e30, np.float32), np.full((1, 5), np.nan, np.float32)
    assert everywhere_left.predict(nothing) == found.predict(low)


def test_the_mean_of_several_boosters():
    x, y = rows_of(300, 3)
    both = [
        HistGradientBoostingRegressor(max_iter=2, max_features=0.5, random_state=seed).fit(x, y)
        for seed in range(2)
    ]
    found = mean_of([trees_of(one) for one in both])
    expected = np.mean([one.predict(x) for one in both], axis=0)
    np.testing.assert_allclose(found.predict(x), expected, rtol=1e-6)
    with pytest.raises(InvalidInput, match="plain sums"):
        mean_of([found, found])


@pytest.mark.parametrize("name", ["boosting", "forest"])
def test_there_and_back(name):
    found = trees_of(ENSEMBLES[name].fit(*rows_of(200, 4)))
    back = Trees.of(found.arrays())
    x = rows_of(50, 5)[0]
    np.testing.assert_array_equal(found.predict(x), back.predict(x))


def test_what_is_no_tree():
    x, y = rows_of(200, 6, missing=0)
    with pytest.raises(InvalidInput, match="Ridge"):
        trees_of(Ridge().fit(x, y))
    with pytest.raises(InvalidInput, match="fit this"):
        trees_of(DecisionTreeRegressor())
    with pytest.raises(InvalidInput, match="one number"):
        trees_of(DecisionTreeRegressor().fit(x, np.stack([y, y], axis=1)))
    labeled = HistGradientBoostingRegressor(max_iter=1, categorical_features=[0])
    with pytest.raises(InvalidInput, match="dummies"):
        trees_of(labeled.fit(x[:, [3]], x[:, 3]))


@pytest.fixture(scope="module")
def arrays():
    return trees_of(ENSEMBLES["boosting"].fit(*rows_of(300, 7))).arrays()


@pytest.mark.parametrize("name", ["width", "column", "child", "value", "roots", "base"])
def test_an_array_that_is_missing_or_of_another_kind(arrays, name):
    without = {k: v for k, v in arrays.items() if k != name}
    with pytest.raises(InvalidInput, match=name):
        Trees.of(without)
    with pytest.raises(InvalidInput, match=name):
        Trees.of(arrays | {name: arrays[name].astype(np.float16)})
    with pytest.raises(InvalidInput):
        Trees.of(arrays | {name: arrays[name][:0]})


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("child", 0, 0),  # a root that is a leaf, and goes on
        ("child", 3, 1),  # a circle
        ("child", 0, 2**31 - 1),
        ("child", 1, -5),
        ("child", 0, 3),  # a node with two parents, and one with none
        ("column", 0, 10),
        ("column", 0, -1),
        ("threshold", 0, np.nan),
        ("threshold", -1, 0.5),  # a leaf that may be left
        ("value", -1, np.inf),
        ("roots", 1, 0),
        ("roots", 0, 1),
        ("base", 0, np.nan),
        ("divisor", 0, 0),
        ("width", 0, 0),
    ],
)
def test_damage_is_refused(arrays, name, place, value):
    damaged = arrays[name].copy()
    damaged[place] = value
    with pytest.raises(InvalidInput, match="train them again"):
        Trees.of(arrays | {name: damaged})


@settings(max_examples=30)
@given(data=st.data())
def test_no_damage_makes_an_endless_walk(arrays, data):
    """Whatever numbers stand in the arrays: refused, or a finite prediction."""
    broken = dict(arrays)
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(["child", "column", "roots", "threshold"]))
        array = broken[name].copy()
        place = data.draw(st.integers(0, len(array) - 1))
        array[place] = data.draw(st.integers(-3, len(arrays["child"]) + 3))
        broken[name] = array
    try:
        found = Trees.of(broken)
    except InvalidInput:
        return
    assert np.isfinite(found.predict(rows_of(3, 8)[0])).all()


def test_rows_must_fit(arrays):
    found = Trees.of(arrays)
    for wrong in (np.zeros((2, 4)), np.zeros(5), np.array([["a"] * 5])):
        with pytest.raises(InvalidInput, match="columns as the regressor"):
            found.predict(wrong)
