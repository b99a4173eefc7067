"""Regressors as a model: features of now, honest ones of training, archives that are checked."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee import regression
from matinee.errors import ArchiveError, InvalidParameter
from matinee.evaluation.compare import evaluate
from matinee.interactions import Interactions, SideInformation
from matinee.models.biases import Biases
from matinee.models.regressors import Features, Regressors
from matinee.splits import random_split
from matinee.storage import archive

DAY = 86_400


def ratings_of(n_users=60, n_items=30, seed=0):
    """Everybody rates movies of one parity higher, and everything higher on Sundays."""
    generator = np.random.default_rng(seed)
    user, item = np.nonzero(generator.random((n_users, n_items)) < 0.6)
    time = 1_000_000_000 + DAY * generator.permutation(len(user))
    sunday = (time // DAY + 3) % 7 == 6
    value = np.where(user % 2 == item % 2, 4, 2) + sunday + generator.integers(-1, 2, len(user))
    return Interactions(user, item, value, time, n_users, n_items)


def side_of(train):
    genres = csr_array(np.eye(2, dtype=np.float32)[np.arange(train.n_items) % 2])
    people = csr_array(np.eye(2, dtype=np.float32)[np.arange(train.n_users) % 2])
    years = np.where(np.arange(train.n_items) < 5, np.nan, 1990).astype(np.float32)
    return SideInformation(
        genres, ("genre:a", "genre:b"), people, ("gender:F", "gender:M"), item_years=years
    )


@pytest.fixture(scope="module")
def train():
    return ratings_of()


@pytest.fixture(scope="module")
def fitted(train):
    return Regressors(trees=20).fit(train, side_of(train))


def test_predictions_are_the_regressors_of_features_at_that_time(train, fitted):
    features, regressor = fitted._learned()
    wanted = ratings_of(seed=1)
    x = features.of_others(train, side_of(train), wanted)
    assert x.shape == (len(wanted), len(features.names))
    expected = np.clip(regressor.predict(x), *train.scale)
    got = fitted.predict(wanted.user_index, wanted.item_index, now=wanted.time)
    np.testing.assert_allclose(got, expected, atol=1e-6)


def test_the_day_counts_where_it_is_known(train, fitted):
    people, items = np.indices((60, 30)).reshape(2, -1)
    monday = 1_000_000_000 // DAY * DAY + (4 - (1_000_000_000 // DAY) % 7) * DAY + 20_000 * DAY
    monday -= ((monday // DAY + 3) % 7) * DAY
    sunday = monday + 6 * DAY
    later, soon = (fitted.predict(people, items, now=day).mean() for day in (sunday, monday))
    assert later > soon + 0.3
    assert np.isfinite(fitted.predict(people, items)).all()
    best = fitted.recommend([0], 5, now=sunday)
    score = fitted.predict([0], best.items[0], now=sunday)
    np.testing.assert_allclose(np.clip(best.scores[0], *train.scale), score, atol=1e-6)


@pytest.mark.parametrize("mode", ["out-of-fold", "leave-one-out", "past"])
def test_no_feature_of_a_training_rating_has_seen_it(train, mode):
    """The own rating is changed; how others are rated may move all, but not its own row."""
    row = len(train) // 2
    value = train.value.copy()
    value[row] += 3
    changed = Interactions(train.user_index, train.item_index, value, train.time, 60, 30)
    rows = []
    for ratings in (train, changed):
        found = Features.fit(ratings, side_of(train), taste=2, seed=0)
        rows.append(found.of_training(ratings, side_of(train), mode=mode, seed=0))
    np.testing.assert_allclose(rows[0][row], rows[1][row], atol=2e-5)
    assert not np.array_equal(rows[0], rows[1], equal_nan=True)


@pytest.mark.parametrize("kind", regression.KINDS)
def test_each_kind_beats_the_means(train, kind):
    split = random_split(train, 0.2, 0)
    side = side_of(train)
    found = evaluate(Regressors(kind=kind, trees=10), split, side).figures["rmse"]
    assert found < 0.97 * evaluate(Biases(), split, side).figures["rmse"]


def test_without_taste_and_of_earlier_ratings(train):
    model = Regressors(taste=0, features="past", trees=10).fit(train)
    assert not any(name.startswith("taste_") for name in vars(model))
    assert np.isfinite(model.predict([0, -1], [3, -1], now=2_000_000_000)).all()


def test_a_loss_that_the_kind_does_not_have():
    with pytest.raises(InvalidParameter, match="`loss` of forest must be squared"):
        Regressors(kind="forest", loss="huber")
    with pytest.raises(InvalidParameter, match="kind"):
        Regressors(kind="magic")


def test_reasons_say_what_the_prediction_rests_on(train, fitted):
    (reasons,) = fitted.explain(train.matrix[[4]], [0], times=None)
    assert len(reasons) == 4
    weights = [abs(r.weight) for r in reasons]
    assert weights == sorted(weights, reverse=True)
    assert weights[0] > 0.05


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("regressor_child_", np.zeros_like),
        ("regressor_width_", lambda a: a + 1),
        ("regressor_threshold_", lambda a: a[:-1]),
        ("regressor_value_", lambda a: np.full_like(a, np.inf)),
        ("taste_directions_", lambda a: a[:-1]),
        ("taste_directions_", lambda a: a[:, :-1]),
        ("known_item_sums_", lambda a: a[:-1]),
        ("item_count_", lambda a: a[:-1]),
    ],
)
def test_a_damaged_archive_is_refused(train, fitted, tmp_path, name, damage):
    archive.save(fitted, tmp_path / "whole", people=False)
    loaded = archive.load(tmp_path / "whole")
    setattr(loaded, name, damage(getattr(loaded, name)))
    archive.save(loaded, tmp_path / "damaged")
    with pytest.raises(ArchiveError, match="train it again"):
        archive.load(tmp_path / "damaged")


def test_fit_again_forgets_the_last_regressor(train):
    model = Regressors(kind="ridge").fit(train)
    before = model.predict([0], [1])
    other = ratings_of(20, 10, seed=3)
    model.fit(other)
    model.fit(train)
    np.testing.assert_array_equal(model.predict([0], [1]), before)


def test_beats_biases_on_real_ratings(ml_100k, compiled):
    some = ml_100k.take(ml_100k.user_index < 80)
    split = random_split(some, 0.1, 42)
    found = evaluate(Regressors(trees=25), split).figures["rmse"]
    assert found < evaluate(Biases(), split).figures["rmse"] - 0.01
