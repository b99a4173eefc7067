"""Intervals of single ratings: what they promise is what they hold, whatever the model."""

from __future__ import annotations

import json
import math

import naive
import numpy as np
import pytest

from matinee import models
from matinee.errors import CorruptArchive
from matinee.evaluation.calibrating import FEWEST, learned
from matinee.evaluation.compare import evaluate
from matinee.evaluation.intervals import SHARES, Calibration
from matinee.interactions import Interactions
from matinee.splits import Protocol, Split, random_split, time_split


def ratings_of(steps, n_users=150, n_items=60, seed=0):
    """People of whom the even ones are steady and the odd ones are not, on these steps."""
    rng = np.random.default_rng(seed)
    users, items = np.nonzero(rng.random((n_users, n_items)) < 0.4)
    noise = np.where(users % 2 == 0, 0.05, 0.25)
    place = 0.3 + 0.5 * items / n_items + noise * rng.standard_normal(len(users))
    at = np.clip(np.round(place * (len(steps) - 1)), 0, len(steps) - 1).astype(int)
    time = rng.integers(10**9, 10**9 + 10**7, len(users))
    return Interactions(users, items, np.array(steps)[at], time, n_users, n_items)


def judged(ratings, name="biases", split=random_split, **parameters):
    held = split(ratings, 0.3)
    model = models.create(name, **parameters).fit(held.train)
    test = held.test
    predicted, deviation = model.predict(test.user_index, test.item_index), None
    if model.has_deviation:
        _, deviation = model.predict_with_deviation(test.user_index, test.item_index)
    return model, held, predicted, deviation, learned(model, held, predicted, deviation)


SCALES = {
    "stars": (1, 2, 3, 4, 5),
    "half stars": tuple(np.arange(0.5, 5.1, 0.5)),
    "ten": tuple(range(1, 11)),
    "thumbs": (0, 1),
    "a hundred": tuple(range(101)),
}


@pytest.mark.parametrize("steps", SCALES.values(), ids=SCALES)
def test_intervals_hold_what_they_promise_of_ratings_that_nobody_learned_from(steps):
    model, _, _, _, found = judged(ratings_of(steps))
    assert found.step == (0 if len(steps) > 21 else steps[1] - steps[0])
    # Others than those that anything was learned from: more people of the same kind.
    other = ratings_of(steps, seed=1)
    kept = other.take(np.random.default_rng(2).permutation(len(other))[:3000])
    p = model.predict(kept.user_index, kept.item_index)
    error = found.expected_error(model, kept.user_index, kept.item_index, p)
    for share, said, quantile in zip(SHARES, found.coverage, found.quantiles, strict=True):
        low, high = found.interval(p, error, share)
        inside = np.mean((low - 1e-6 <= kept.value) & (kept.value <= high + 1e-6))
        assert inside == pytest.approx(said, abs=0.05)
        # Where the nearest step alone holds more than asked for, there is nothing less to show.
        assert share - 0.04 < inside < (share + 0.04 if quantile > 0 else 1.01)
        assert (low >= steps[0]).all()
        assert (high <= steps[-1]).all()
        assert (low <= high).all()
        if found.step:
            assert np.isin(low, steps).all()
            assert np.isin(high, steps).all()
            assert share == 0.5 or len(steps) == 2 or (high > low).all()
    wide = found.interval(p, error, 0.9), found.interval(p, error, 0.5)
    assert (wide[0][0] <= wide[1][0]).all()
    assert (wide[1][1] <= wide[0][1]).all()


def test_whoever_is_steady_is_predicted_more_surely():
    model, held, predicted, _, found = judged(ratings_of(SCALES["half stars"]))
    test = held.test
    error = found.expected_error(model, test.user_index, test.item_index, predicted)
    off = np.abs(test.value - predicted)
    for odd in (0, 1):
        of_these = test.user_index % 2 == odd
        assert error[of_these].mean() == pytest.approx(off[of_these].mean(), rel=0.25)
    sure = np.array(found.sure(error))
    assert off[sure == "high"].mean() < 0.6 * off[sure == "low"].mean()
    low, _, high = found.errors
    assert high < 0.6 * low
    assert sum(found.parts) == pytest.approx(1)
    # A history says the same as the index of whom it is the history of.
    person = int(test.user_index[0])
    mine = test.user_index == person
    again = found.expected_error(
        model, model.seen_[[person]], test.item_index[mine], predicted[mine]
    )
    np.testing.assert_allclose(again, error[mine], rtol=1e-6)


@pytest.mark.parametrize("name", ["biases", "mle"])
def test_as_by_hand(name):
    """Every number of `learned`, found by slow loops and by another way to the same minimum."""
    parameters = {"factors": 2, "epochs": 3} if name == "mle" else {}
    model, held, predicted, deviation, found = judged(
        ratings_of(SCALES["stars"], 40, 30), name, **parameters
    )
    assert found.by_deviation == (name == "mle")
    test, history = held.test, held.train.matrix.toarray()
    spread = float(test.value.astype(float).std())
    rows = []
    for j, (u, i) in enumerate(zip(test.user_index, test.item_index, strict=True)):
        own = [float(v) for v in history[u] if v]
        x = naive.rests_on(own, int((history[:, i] > 0).sum()), predicted[j], (1, 5), spread)
        rows.append([*x, math.log(deviation[j])] if found.by_deviation else x)
    error = found.expected_error(model, test.user_index, test.item_index, predicted, deviation)
    off = np.abs(test.value.astype(float) - predicted)
    by_hand = naive.expected_errors(np.array(rows), off, found.guess)
    np.testing.assert_allclose(error, by_hand, rtol=2e-3)
    for share, sure, quantile in zip(SHARES, (1, 2), found.quantiles, strict=True):
        actual = test.value.tolist()
        scores = naive.conformal_scores(actual, predicted.tolist(), error, (1, 5), 1, sure)
        assert quantile == pytest.approx(naive.conformal_quantile(scores, share))


def test_under_a_split_by_time_the_earlier_half_teaches():
    ratings = ratings_of(SCALES["stars"])
    _, held, predicted, _, found = judged(ratings, split=time_split)
    order = np.argsort(held.test.time, kind="stable")
    later = order[len(order) // 2 :]
    as_random = Split(held.train, held.test, Protocol("random", seed=1))
    model = models.create("biases").fit(held.train)
    assert found.counted == len(held.test)
    assert found.coverage != learned(model, as_random, predicted).coverage
    # Measured on the later half alone: its ratings may become anything but no more is taught.
    changed = held.test.value.copy()
    changed[later] = 6 - changed[later]
    upside = Interactions(held.test.user_index, held.test.item_index, changed, held.test.time)
    turned = Split(held.train, upside, held.protocol)
    assert learned(model, turned, predicted).coverage[1] < found.coverage[1] - 0.1


@pytest.mark.parametrize(
    "values",
    [np.full(400, 3.0), np.tile([0.0, 1.0], 200), np.r_[np.zeros(399), 1.0]],
    ids=["all equal", "thumbs at random", "one of all"],
)
def test_ratings_that_say_little(values):
    users, items = np.divmod(np.arange(400), 20)
    *_, found = judged(Interactions(users, items, values))
    assert np.isfinite([*found.weights, *found.quantiles, *found.coverage]).all()
    assert found.coverage[0] >= 0.45
    assert found.coverage[1] >= 0.85
    assert Calibration.of(json.loads(json.dumps(found.as_dict(), allow_nan=False))) == found


def test_too_few_to_learn_from():
    ratings = ratings_of(SCALES["stars"], 30, 30)
    split = random_split(ratings, 0.2)
    few = Split(split.train, split.test.take(np.arange(FEWEST - 1)), split.protocol)
    evaluation = evaluate(models.create("biases"), few)
    assert evaluation.calibration is None
    assert "coverage@90%" not in evaluation.figures
    assert evaluation.figures["rmse"] > 0
    enough = Split(split.train, split.test.take(np.arange(FEWEST)), split.protocol)
    figures = evaluate(models.create("biases"), enough).figures
    assert 0.7 < figures["coverage@90%"] <= 1
    assert 0 <= figures["width@50%"] <= figures["width@90%"] <= 4


def test_nothing_is_learned_of_a_model_that_ran_away():
    model, held, predicted, _, _ = judged(ratings_of(SCALES["stars"], 30, 30))
    predicted[3] = np.nan
    assert learned(model, held, predicted) is None


def test_a_damaged_calibration_is_none():
    *_, found = judged(ratings_of(SCALES["stars"], 60, 30))
    told = found.as_dict()
    for change in (
        {"weights": [1.0]},
        {"quantiles": [math.nan, 1.0]},
        {"low": "one"},
        {"coverage": []},
        {"errors": [1.0]},
        {"more": 1},
    ):
        with pytest.raises(CorruptArchive, match="train it again"):
            Calibration.of({**told, **change})
    with pytest.raises(CorruptArchive):
        Calibration.of([1.0])
    with pytest.raises(CorruptArchive):
        Calibration.of({})


def test_on_real_ratings_the_cold_ends_are_held_too(ml_100k):
    split = random_split(ml_100k, 0.1).validation()
    model = models.create("biases").fit(split.train)
    test = split.test
    predicted = model.predict(test.user_index, test.item_index)
    found = learned(model, split, predicted)
    assert found.coverage == pytest.approx(SHARES, abs=0.01)
    error = found.expected_error(model, test.user_index, test.item_index, predicted)
    low, high = found.interval(predicted, error, 0.9)
    inside = (low <= test.value) & (test.value <= high)
    few = np.diff(model.seen_.indptr)[test.user_index] < 20
    rare = model.item_count_[test.item_index] < 10
    for cold in (few, rare):
        assert 100 < cold.sum() < 500
        assert inside[cold].mean() == pytest.approx(0.9, abs=0.05)
    assert found.errors[2] < found.errors[1] < found.errors[0]
