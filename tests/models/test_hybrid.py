"""Base models and features, stacked; candidates first in every list."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee import models
from matinee.errors import ArchiveError, InvalidParameter
from matinee.interactions import Interactions, SideInformation
from matinee.stacked import features as stacked_features
from matinee.stacked import stacking
from matinee.storage import archive

YEAR = 31_556_952


def ratings_of(n_users=60, n_items=40):
    """Taste by parity; whoever rates in the second year rates one higher."""
    rng = np.random.default_rng(4)
    users, items = np.nonzero(rng.random((n_users, n_items)) < 0.5)
    time = 20 * YEAR + rng.integers(0, 2 * YEAR, len(users))
    taste = np.where(users % 2 == items % 2, 3.5, 2.0) + rng.normal(0, 0.3, len(users))
    value = taste + (time > 21 * YEAR)
    return Interactions(users, items, value, time, n_users=n_users, n_items=n_items)


def side_of(n_users, n_items):
    genres = csr_array(np.eye(2, dtype=np.float32)[np.arange(n_items) % 2])
    people = csr_array(np.eye(2, dtype=np.float32)[np.arange(n_users) % 2])
    return SideInformation(genres, ("genre:a", "genre:b"), people, ("gender:F", "gender:M"))


def small(**changed):
    stated = {"bases": "als,biases", "fewest": 0, "ratings": 600, "folds": 4, "candidates": 12}
    return models.create("hybrid", **{**stated, **changed})


@pytest.fixture(scope="module")
def train():
    return ratings_of()


@pytest.fixture(scope="module")
def fitted(train):
    return small().fit(train, side_of(train.n_users, train.n_items))


def by_hand(train, side, asked):
    """The hybrid, step by step."""
    bases = ("als", "biases")
    predicted, found, values = [], [], []

    def of(known, bases, part, asked):
        times = part.time[np.lexsort((part.item_index, part.user_index))]
        people = known.people(part.matrix, times, side.user_features)
        u, i = asked.user_index, asked.item_index
        features = known.of_pairs(people.rows(u), i, asked.time)
        return np.stack([b.predict(u, i) for b in bases], axis=1), features

    for part in stacking.parts(train, folds=4, ratings=600, latest=False, seed=0):
        fit = [models.create(name).fit(part.train, side) for name in bases]
        p, x = of(stacked_features.fit(part.train, side, seed=0), fit, part.train, part.test)
        predicted.append(p)
        found.append(x)
        values.append(part.test.value)
    stack = stacking.learned(*map(np.concatenate, (predicted, found, values)), seed=0)
    fit = [models.create(name).fit(train, side) for name in bases]
    rows = stack.rows(*of(stacked_features.fit(train, side, seed=0), fit, train, asked))
    return np.clip(stack.predicted(rows), *train.scale), stack.deviation(rows)


def test_is_what_it_says(fitted, train):
    asked = replace(train.take(np.arange(200)), time=np.full(200, 21 * YEAR))
    mean, deviation = by_hand(train, side_of(train.n_users, train.n_items), asked)
    found = fitted.predict_with_deviation(asked.user_index, asked.item_index, now=21 * YEAR)
    np.testing.assert_allclose(found[0], mean, atol=1e-4)
    np.testing.assert_allclose(found[1], deviation, atol=1e-4)


def test_features_add_to_the_bases():
    ratings = ratings_of(150, 60)
    held = np.random.default_rng(1).random(len(ratings)) < 0.1
    train, test = ratings.take(~held), ratings.take(held)

    def error(model):
        predicted = model.fit(train).predict(test.user_index, test.item_index, now=test.time)
        return float(np.sqrt(np.mean((predicted - test.value) ** 2)))

    stacked = error(small(ratings=4000))
    assert stacked < 0.9 * min(error(models.create(name)) for name in ("als", "biases"))


def test_few_ratings_are_predicted_by_the_last_base(train):
    model = small(fewest=10**6, bases="biases,als").fit(train)
    users, items = train.user_index[:50], train.item_index[:50]
    alone = models.create("als").fit(train)
    np.testing.assert_allclose(
        model.predict(users, items, now=1), alone.predict(users, items), atol=1e-5
    )


def test_lists_hold_candidates_first_and_then_the_rest(fitted, train):
    now = 22 * YEAR
    found = fitted.recommend([5, -1], train.n_items, exclude_seen=False, now=now)
    alone = models.create("als").fit(train, side_of(train.n_users, train.n_items))
    for person, items, scores in zip((5, -1), *found, strict=True):
        assert (scores >= train.scale[0]).sum() == 12
        wanted = fitted.predict(np.full(12, person), items[:12], now=now)
        np.testing.assert_allclose(np.clip(scores[:12], *train.scale), wanted, atol=1e-5)
        order = alone.recommend([person], train.n_items, exclude_seen=False).items[0]
        rest = [i for i in order.tolist() if i not in items[:12]]
        assert items[12:].tolist() == rest


def test_somebody_with_the_same_ratings_and_times_is_the_same(fitted, train):
    side = side_of(train.n_users, train.n_items)
    times = train.time[np.lexsort((train.item_index, train.user_index))]
    begin, end = train.matrix.indptr[7:9]
    folded = fitted.predict(
        csr_array(train.matrix[[7]]),
        np.arange(train.n_items),
        csr_array(side.user_features[[7]]),
        now=21 * YEAR,
        times=times[begin:end],
    )
    known = fitted.predict([7], np.arange(train.n_items), now=21 * YEAR)
    np.testing.assert_allclose(folded, known, atol=1e-5)


def test_reasons_tell_of_features_in_words(fitted, train):
    (reasons,) = fitted.explain(csr_array(train.matrix[[3]]), [5], now=21 * YEAR)
    labels = " ".join(reason.label for reason in reasons)
    assert "you rate its genres" in labels
    weights = [reason.weight for reason in reasons]
    assert weights == sorted(weights, reverse=True)


def test_saved_whole_and_without_people(fitted, train, tmp_path):
    archive.save(fitted, tmp_path / "a", people=False)
    loaded = archive.load(tmp_path / "a")
    history = csr_array(train.matrix[[3]])
    a, b = (m.predict(history, np.arange(9), now=21 * YEAR) for m in (fitted, loaded))
    np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("layout_", lambda a: a + 1),
        ("als__deviation_", np.zeros_like),
        ("layout_", lambda a: a[0, 0]),
        ("layout_", lambda a: np.where(a == a.max(), 2**31, a)),
        ("stack__weights_", lambda a: a[:-1]),
        ("stack__told_", lambda a: a + 1000),
        ("stack__correction_width_", lambda a: a + 1),
        ("features__item_clusters_", lambda a: a + 2**31),
        ("features__genres_", lambda a: np.zeros(a.shape)),
    ],
)
def test_a_damaged_archive_is_refused(fitted, tmp_path, name, damage):
    archive.save(fitted, tmp_path / "whole", people=False)
    loaded = archive.load(tmp_path / "whole")
    setattr(loaded, name, damage(getattr(loaded, name)))
    archive.save(loaded, tmp_path / "damaged")
    with pytest.raises(ArchiveError, match="train it again"):
        archive.load(tmp_path / "damaged")


def test_by_the_latest_ratings_it_learns_from_those_alone(train):
    fitted = small(stack="latest", bases="biases").fit(train)
    late = fitted.predict(train.user_index, train.item_index, now=train.time)
    assert np.isfinite(late).all()


@pytest.mark.parametrize("bases", ["", "als,als", "hybrid", "ials", "nobody"])
def test_bases_must_be_different_rating_models(bases):
    with pytest.raises(InvalidParameter, match="bases"):
        models.create("hybrid", bases=bases)
