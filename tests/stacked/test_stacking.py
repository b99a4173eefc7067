"""One prediction out of several."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from matinee.errors import InvalidInput
from matinee.interactions import Interactions
from matinee.stacked import stacking


def ratings_of(n, *, timed=True):
    rng = np.random.default_rng(0)
    pairs = rng.permutation(40 * 30)[:n]
    time = rng.permutation(n) if timed else None
    return Interactions(
        pairs // 30, pairs % 30, rng.integers(1, 6, n), time, n_users=40, n_items=30
    )


def test_parts_are_as_many_folds_as_it_takes():
    train = ratings_of(1000)
    found = stacking.parts(train, folds=10, ratings=250, latest=False, seed=1)
    assert [len(part.test) for part in found] == [100, 100, 100]
    held = np.concatenate([part.test.time for part in found])
    assert len(set(held.tolist())) == 300, "no rating is held out twice"
    for part in found:
        assert not set(part.train.time.tolist()) & set(part.test.time.tolist())
    assert len(stacking.parts(train, folds=10, ratings=10**9, latest=False, seed=1)) == 10


def test_the_latest_part_is_later_than_all_others():
    (part,) = stacking.parts(ratings_of(1000), folds=5, ratings=1, latest=True, seed=0)
    assert len(part.test) == 200
    assert part.test.time.min() > part.train.time.max()
    unknown = stacking.parts(ratings_of(1000, timed=False), folds=5, ratings=1, latest=True, seed=0)
    assert len(unknown) == 1


def test_weights_are_the_best_that_add_up_to_one():
    rng = np.random.default_rng(2)
    truth = rng.normal(3, 1, 4000)
    noise = rng.normal(size=(4000, 3)) * [0.5, 0.7, 0.6] + rng.normal(size=(4000, 1)) * 0.3
    noise[:, 2] += noise[:, 0]  # knows no more than the first, and is worse
    found = stacking.weights_of(truth[:, None] + noise, truth)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1)
    steps = np.linspace(0, 1, 51)
    simplex = [(a, b, 1 - a - b) for a, b in itertools.product(steps, steps) if a + b <= 1]
    best = min(simplex, key=lambda w: float(np.sum((noise @ np.array(w)) ** 2)))
    np.testing.assert_allclose(found, best, atol=0.02)
    np.testing.assert_allclose(
        stacking.weights_of(np.full((5, 2), 3.0), np.full(5, 3.0)), [0.5, 0.5], atol=1e-6
    )


def small_stack(n=3000):
    rng = np.random.default_rng(3)
    features = rng.normal(size=(n, 2)).astype(np.float32)
    level = rng.normal(3, 1, n)
    spread = np.where(features[:, 1] > 0, 1.0, 0.2)
    values = level + 0.8 * (features[:, 0] > 0) + spread * rng.normal(size=n)
    predicted = (level[:, None] + rng.normal(size=(n, 2)) * [0.2, 0.4]).astype(np.float32)
    half = slice(n // 2)
    learned = stacking.learned(
        predicted[half], features[half], values[half].astype(np.float32), seed=0
    )
    rest = slice(n // 2, n)
    return learned, predicted[rest], features[rest], values[rest], spread[rest]


def test_features_correct_the_sum_and_tell_how_far_off_it_is():
    stack, predicted, features, values, spread = small_stack()
    x = stack.rows(predicted, features)
    found, deviation = stack.predicted(x), stack.deviation(x)
    assert np.mean((found - values) ** 2) < 0.85 * np.mean((x[:, 0] - values) ** 2)
    assert deviation.min() > 0
    assert deviation[spread == 1].mean() > 2 * deviation[spread < 1].mean()
    share = np.mean(np.abs(found - values) < 1.645 * deviation)
    assert 0.86 < share < 0.94


def test_a_stack_is_its_arrays():
    stack, predicted, features, *_ = small_stack(800)
    arrays = stack.arrays()
    again = stacking.Stack.of(arrays)
    x = stack.rows(predicted, features)
    np.testing.assert_array_equal(stack.predicted(x), again.predicted(x))
    np.testing.assert_array_equal(stack.deviation(x), again.deviation(x))
    with pytest.raises(InvalidInput, match="weights"):
        stacking.Stack.of({k: v for k, v in arrays.items() if k != "weights"})
    with pytest.raises(InvalidInput, match="whole"):
        stacking.Stack.of({**arrays, "error_child": arrays["error_child"][::-1].copy()})


def test_with_too_little_to_learn_from_the_one_base_predicts():
    features = np.array([[0.7, np.nan], [0.8, np.nan]], np.float32)
    for told, deviation in ((-1, [0.9, 0.9]), (0, [0.7, 0.8])):
        stack = stacking.only_first(2, 0.9, told=told)
        x = stack.rows(np.array([[3], [4]], np.float32), features)
        np.testing.assert_array_equal(stack.predicted(x), [3, 4])
        np.testing.assert_allclose(stack.deviation(x), deviation)
