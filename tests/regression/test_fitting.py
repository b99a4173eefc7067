"""Every kind of regressor learns, is the same at any number of threads, and comes back whole."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from matinee import regression
from matinee.errors import Diverged, InvalidInput, InvalidParameter
from matinee.regression import KINDS, LOSSES, Linear, Settings, fitting


def rows_of(n=600, seed=0):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, 6)).astype(np.float32)
    y = (3 + x[:, 0] - 0.5 * x[:, 1] + generator.normal(0, 0.2, n)).astype(np.float32)
    x[generator.random(x.shape) < 0.05] = np.nan
    x[:, 4], x[:, 5] = np.nan, 7
    return x, y


SMALL = {
    "boosting": Settings(trees=8, members=2, learning_rate=0.3),
    "forest": Settings(trees=5),
    "adaboost": Settings(trees=5),
}


def error(regressor, x, y):
    return float(np.sqrt(np.mean((regressor.predict(x) - y) ** 2)))


@pytest.mark.parametrize("kind", KINDS)
def test_learns_and_comes_back(kind):
    x, y = rows_of()
    before = numba.get_num_threads()
    found = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            found.append(regression.fit(kind, x, y, SMALL.get(kind), seed=3))
    finally:
        numba.set_num_threads(before)
    for name, array in found[0].arrays().items():
        np.testing.assert_array_equal(array, found[1].arrays()[name], err_msg=name)
    back = regression.regressor_of(found[0].arrays())
    np.testing.assert_array_equal(back.predict(x), found[0].predict(x))
    fresh = rows_of(seed=1)
    assert error(back, *fresh) < 0.75 * fresh[1].std()


@pytest.mark.parametrize(("kind", "loss"), [(k, v) for k, each in LOSSES.items() for v in each])
def test_every_loss_there_is(kind, loss):
    x, y = rows_of(200)
    trees = 3 if kind in SMALL else 0
    found = regression.fit(kind, x, y, Settings(loss=loss, trees=trees))
    assert np.isfinite(found.predict(x)).all()


def test_ridge_is_the_closed_form():
    x, y = rows_of(80)
    x = np.nan_to_num(x[:, :4])
    found = regression.fit("ridge", x, y, Settings(regularization=5.0))
    z = (x - x.mean(axis=0, dtype=float)) / x.std(axis=0, dtype=float)
    weight = np.linalg.solve(z.T @ z + 5 * np.eye(4), z.T @ (y - y.mean()))
    np.testing.assert_allclose(found.predict(x), y.mean() + z @ weight, atol=1e-5)


def test_what_is_missing_may_mean_something():
    generator = np.random.default_rng(0)
    x = generator.normal(size=(400, 1)).astype(np.float32)
    x[::4] = np.nan
    y = np.where(np.isnan(x[:, 0]), 5.0, 1 + x[:, 0])
    for kind in ("ridge", "tree"):
        found = regression.fit(kind, x, y)
        assert found.predict([[np.nan]])[0] == pytest.approx(5, abs=0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_little_to_learn_from(kind):
    one = regression.fit(kind, np.full((1, 2), np.nan), [4.0])
    assert one.predict(np.zeros((2, 2))).tolist() == [4, 4]
    same = regression.fit(kind, rows_of(30)[0], np.full(30, 2.5), SMALL.get(kind))
    np.testing.assert_allclose(same.predict(rows_of(30)[0]), 2.5, rtol=1e-6)


def test_what_cannot_be_used():
    x, y = rows_of(20)
    for wrong in ((x[0], y), (x, y[:-1]), (x[:0], y[:0]), (x[:, :0], y), (x, np.full(20, np.nan))):
        with pytest.raises(InvalidInput):
            regression.fit("ridge", *wrong)
    far = x.copy()
    far[0, 0] = np.inf
    with pytest.raises(InvalidInput, match="1e\\+30"):
        regression.fit("tree", far, y)
    with pytest.raises(InvalidParameter, match="kind"):
        regression.fit("magic", x, y)
    with pytest.raises(InvalidParameter, match="`loss` of ridge"):
        regression.fit("ridge", x, y, Settings(loss="absolute"))


def test_steps_that_run_away():
    x, y = rows_of()
    with pytest.raises(Diverged, match="learning rate"):
        regression.fit("sgd", x, 1e9 * y, Settings(learning_rate=1e6))


def test_boosting_has_trees_for_its_rows():
    few, many = (fitting.resolved("boosting", Settings(), n) for n in (100, 10**6))
    assert (few.trees, few.learning_rate) == (20, 0.3)
    assert (many.trees, many.learning_rate) == (300, 0.05)
    assert fitting.resolved("boosting", Settings(trees=50, depth=3)).depth == 3


@pytest.mark.parametrize("damage", [{"deviation": 0}, {"weight": np.nan}, {"base": None}])
def test_a_damaged_line_is_refused(damage):
    arrays = regression.fit("ridge", *rows_of(30)).arrays()
    for name, value in damage.items():
        arrays[name] = arrays[name][:0] if value is None else np.full_like(arrays[name], value)
    with pytest.raises(InvalidInput, match="train it again"):
        Linear.of(arrays)
    with pytest.raises(InvalidInput, match="mean"):
        Linear.of({})
