"""Bayesian factorization machine: draws against closed forms, and what it learns."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from matinee import models
from matinee.bayes import factor_draws
from matinee.bayes.moods import Pages
from matinee.data import load
from matinee.errors import ArchiveError, InvalidParameter
from matinee.evaluation.metrics import rmse
from matinee.interactions import Interactions, SideInformation, sorted_csr
from matinee.splits import random_split
from matinee.storage import archive


def planted(n_users=60, n_items=40, seed=0):
    """Ratings that follow from a person's gender and an item's genre, and noise."""
    generator = np.random.default_rng(seed)
    users, items = np.nonzero(generator.random((n_users, n_items)) < 0.4)
    agree = (users % 2) == (items % 2)
    value = 3 + 0.8 * np.where(agree, 1, -1) + generator.normal(0, 0.3, len(users))
    ratings = Interactions(users, items, value, n_users=n_users, n_items=n_items)
    genre = csr_array(np.eye(2, dtype=np.float32)[np.arange(n_items) % 2])
    gender = csr_array(np.eye(2, dtype=np.float32)[np.arange(n_users) % 2])
    return ratings, SideInformation(genre, ("genre:a", "genre:b"), gender, ("gender:F", "gender:M"))


def moods_of(ratings, user):
    """What `mooded` adds to the ratings of a person, by rating."""
    value = planted()[0].value
    return (ratings.value - value)[ratings.user_index == user]


def mooded(seed=1):
    """`planted` on two pages a person, each with a mood of its own, and the times of the CSR."""
    ratings, side = planted()
    generator = np.random.default_rng(seed)
    page = generator.integers(0, 2, len(ratings))
    mood = generator.normal(0, 0.6, (ratings.n_users, 2))
    times = 1000 * (page + 1)
    value = ratings.value + mood[ratings.user_index, page]
    return (
        Interactions(ratings.user_index, ratings.item_index, value, times),
        side,
        times.astype(np.int64),
    )


def quick(**stated):
    return models.create(
        "bayes_fm", **{"factors": 3, "epochs": 60, "burn_in": 20, "kept": 30, **stated}
    )


@pytest.mark.parametrize("shape", [(30, 12), (12, 30)])
@pytest.mark.parametrize("dense", [True, False])
def test_what_features_say_is_drawn_from_its_posterior(shape, dense, monkeypatch):
    if not dense:
        monkeypatch.setattr(factor_draws, "_DENSE", 0)
    generator = np.random.default_rng(0)
    matrix = sorted_csr(random_array(shape, density=0.4, rng=generator))
    penalty = 2.0
    regression = factor_draws._Regression(matrix, None, 0.5, penalty)
    root = np.array([[1.0, 0], [0.5, 0.7]])
    target = generator.normal(size=(shape[0], 2)).astype(np.float32)
    known = np.ones(shape[0], bool)
    drawn = np.stack([regression.draw(target, root, known, generator) for _ in range(800)])
    x = regression.times(np.eye(shape[1], dtype=np.float32)).astype(np.float64)
    inverse = np.linalg.inv(x.T @ x + penalty * np.eye(shape[1]))
    np.testing.assert_allclose(drawn.mean(axis=0), inverse @ x.T @ target, atol=0.1)
    covariance = np.cov(drawn[:, 0].T)
    np.testing.assert_allclose(covariance, inverse[0, 0] * root @ root.T, atol=0.08)


def test_a_profile_and_a_genre_speak_where_there_are_no_ratings():
    ratings, side = planted()
    model = quick().fit(ratings, side)
    nobody = csr_array((2, 40), dtype=np.float32)
    profiles = csr_array(np.eye(2, dtype=np.float32))
    a, b = model.predict(nobody, [0, 0], profiles), model.predict(nobody, [1, 1], profiles)
    assert a[0] > a[1] + 0.5
    assert b[1] > b[0] + 0.5
    without = model.predict(nobody[[0]], [0])
    assert a[1] < without[0] < a[0]


def test_an_item_without_ratings_is_told_by_its_genre():
    ratings, side = planted()
    kept = ratings.take(ratings.item_index != 6)
    model = quick().fit(kept, side)
    predicted = model.predict(np.arange(60), np.full(60, 6))
    even = np.arange(60) % 2 == 0
    assert predicted[even].mean() > predicted[~even].mean() + 0.5


def test_people_come_out_as_they_are_folded_in():
    ratings, side = planted()
    model = quick(kept=5).fit(ratings, side)
    again = model.fold_in(ratings.matrix, side.user_features)
    np.testing.assert_array_equal(model.people_, again)


def test_reasons_are_parts_of_the_prediction():
    ratings, _ = planted()
    model = quick().fit(ratings)
    person, item = ratings.matrix[[0]], 6
    product = model._product(model.fold_in(person)).scores()[0, item]
    nobody = model._product(model.fold_in(csr_array((1, 40), dtype=np.float32))).scores()[0, item]
    shares = model._shares_of(person, item)
    assert nobody + shares.sum() == pytest.approx(product, abs=2e-3)
    even = person.indices % 2 == 0
    assert shares[even].sum() > 0.1
    strongest = model.explain(person, [item])[0][0]
    assert (strongest.kind, strongest.weight) == ("rated", pytest.approx(shares.max()))


def test_whoever_watches_may_ask_at_once():
    ratings, side = planted()
    asked = []
    stopped = quick().fit(
        ratings, side, watch=lambda m, e: asked.append(m.predict([0], [6])) or e == 3
    )
    assert len(asked) == 3
    np.testing.assert_array_equal(stopped.predict([0], [6]), asked[-1])


def test_draws_kept_must_fit_into_the_turns():
    with pytest.raises(InvalidParameter, match="at least `burn_in` and `kept` together"):
        models.create("bayes_fm", epochs=50, burn_in=30, kept=30)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("items_", lambda a: np.concatenate([a, a], axis=2)),
        ("implicit_", lambda a: a[:, :-1]),
        ("cuts_", lambda a: np.ones((len(a), 1), np.float32)),
        ("precisions_", lambda a: a[:, :-1]),
        ("line_", lambda a: a.astype(np.float64)),
        ("item_weights_", np.zeros_like),
        ("moods_", lambda a: a + 1),
        ("centers_", lambda a: a[0, 0]),
    ],
)
def test_a_damaged_archive_is_refused(tmp_path, name, damage):
    ratings, side, _ = mooded()
    archive.save(quick(kept=2, epochs=22).fit(ratings, side), tmp_path / "whole", people=False)
    loaded = archive.load(tmp_path / "whole")
    setattr(loaded, name, damage(getattr(loaded, name)))
    archive.save(loaded, tmp_path / "damaged")
    with pytest.raises(ArchiveError, match="train it again"):
        archive.load(tmp_path / "damaged")


def test_ratings_that_are_all_equal():
    ratings, _ = planted()
    equal = Interactions(ratings.user_index, ratings.item_index, np.full(len(ratings), 4.0))
    predicted = quick(kept=2, epochs=22).fit(equal).predict([0, 1], [0, 5])
    np.testing.assert_array_equal(predicted, [4, 4])


def test_people_come_out_as_they_are_folded_in_with_times():
    ratings, side, times = mooded()
    model = quick(kept=5).fit(ratings, side)
    again = model.fold_in(ratings.matrix, side.user_features, times=times)
    np.testing.assert_array_equal(model.people_.toarray(), again.toarray())


def test_a_time_of_zero_is_unknown_and_no_page():
    ratings, side, _ = mooded()
    fitted = quick(kept=2, epochs=22).fit(ratings, side)
    unknown, none = (fitted.predict([3] * 5, np.arange(5), now=now) for now in (0, None))
    np.testing.assert_array_equal(unknown, none)
    assert len(Pages(np.array([0, 4]), np.array([0, 7, 0, 8])).first) == 3


def test_what_was_rated_on_the_same_page_tells():
    ratings, side, times = mooded()
    model = quick().fit(ratings, side)
    person, items = np.zeros(40, int), np.arange(40)
    page = [model.predict(person, items, now=time).mean() for time in (1000, 2000)]
    mood = [moods_of(ratings, 0)[times[ratings.user_index == 0] == t].mean() for t in (1000, 2000)]
    assert (page[1] - page[0]) * (mood[1] - mood[0]) > 0
    assert abs(page[1] - page[0]) > 0.3 * abs(mood[1] - mood[0])
    unknown = model.predict(person, items).mean()
    assert min(page) < unknown < max(page)
    first = ratings.user_index == 0
    folded = model.predict(
        ratings.matrix[[0]], items, side.user_features[[0]], now=1000, times=times[first]
    )
    assert folded.mean() == pytest.approx(page[0], abs=1e-4)


def test_the_mood_of_the_moment_is_a_reason():
    ratings, _, times = mooded()
    model = quick().fit(ratings)
    first = ratings.user_index == 0
    known = {"times": times[first]}
    person = ratings.matrix[[0]]
    added = [model.predict(person, [5], now=now, **known)[0] for now in (1000, 2000)]
    felt = []
    for now in (1000, 2000):
        (reasons,) = model.explain(person, [5], now=now, **known)
        assert [r.weight for r in reasons] == sorted((r.weight for r in reasons), reverse=True)
        felt.append(sum(r.weight for r in reasons if r.label.endswith("just now")))
    assert abs(felt[1] - felt[0]) > 0.1
    assert felt[1] - felt[0] == pytest.approx(added[1] - added[0], abs=0.1)
    assert not [r for r in model.explain(person, [5], **known)[0] if "just now" in r.label]


def test_without_moods_times_change_nothing():
    ratings, side, _ = mooded()
    timeless = Interactions(ratings.user_index, ratings.item_index, ratings.value)
    a = quick(moods="off").fit(ratings, side)
    b = quick().fit(timeless, side)
    np.testing.assert_array_equal(a.predict([0, 1], [2, 3], now=1000), b.predict([0, 1], [2, 3]))


@pytest.mark.parametrize("likelihood", ["ordered", "normal"])
def test_deviations_are_those_of_ratings(likelihood):
    ratings, side = planted(150, 60)
    steps = Interactions(
        ratings.user_index, ratings.item_index, np.clip(np.round(2 * ratings.value) / 2, 1, 5)
    )
    split = random_split(steps, 0.2, 0)
    model = quick(likelihood=likelihood).fit(split.train, side)
    test = split.test
    mean, deviation = model.predict_with_deviation(test.user_index, test.item_index)
    np.testing.assert_array_equal(mean, model.predict(test.user_index, test.item_index))
    apart = (test.value - mean) / deviation
    assert 0.75 < np.sqrt(np.mean(apart**2)) < 1.25
    # Somebody unknown may rate in more ways than somebody known.
    _, unknown = model.predict_with_deviation(np.full(60, -1), np.arange(60))
    assert unknown.mean() > deviation.mean()


@pytest.mark.parametrize(
    "scale", [lambda v: (v > 3).astype(float), lambda v: np.round(np.clip(2 * v, 1, 10))]
)
def test_other_scales(scale):
    ratings, side = planted()
    other = Interactions(ratings.user_index, ratings.item_index, scale(ratings.value))
    model = quick(kept=5, epochs=40).fit(other, side)
    predicted = model.predict(np.zeros(40, int), np.arange(40))
    assert predicted[::2].mean() > predicted[1::2].mean() + 0.2 * np.ptp(other.value)


def test_it_is_far_better_than_biases_on_movielens(shared_data):
    split = random_split(load(shared_data / "ml-100k.zip").interactions, 0.1, 42).validation()
    model = models.create("bayes_fm", epochs=40, burn_in=15, kept=20, factors=15)
    model.fit(split.train)
    error = rmse(model.predict(split.test.user_index, split.test.item_index), split.test.value)
    assert error < 0.885  # biases have 0.942 there, als 0.901
