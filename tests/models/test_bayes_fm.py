"""Bayesian factorization machine: draws against closed forms, and what it learns."""

import numpy as np
import pytest
from scipy.sparse import csr_array, random_array

from matinee import factor_draws, models
from matinee.data import load
from matinee.errors import InvalidParameter
from matinee.evaluation.metrics import rmse
from matinee.interactions import Interactions, SideInformation, sorted_csr
from matinee.splits import random_split


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


def test_ratings_that_are_all_equal():
    ratings, _ = planted()
    equal = Interactions(ratings.user_index, ratings.item_index, np.full(len(ratings), 4.0))
    predicted = quick(kept=2, epochs=22).fit(equal).predict([0, 1], [0, 5])
    np.testing.assert_array_equal(predicted, [4, 4])


def test_it_is_far_better_than_biases_on_movielens(shared_data):
    split = random_split(load(shared_data / "ml-100k.zip").interactions, 0.1, 42).validation()
    model = models.create("bayes_fm", epochs=40, burn_in=15, kept=20, factors=15)
    model.fit(split.train)
    error = rmse(model.predict(split.test.user_index, split.test.item_index), split.test.value)
    assert error < 0.885  # biases have 0.942 there, als 0.901
