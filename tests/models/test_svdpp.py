"""SVD++ learns noise and priors that were planted, uses who rated what, and explains itself."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee import ranking
from matinee.evaluation.compare import evaluate
from matinee.evaluation.metrics import rmse
from matinee.interactions import Interactions
from matinee.models.svdpp import SVDPP, _Side
from matinee.splits import random_split


def ratings_of(n_users=60, n_items=40, density=0.4, noise=0.3, seed=0):
    """Ratings of rank two with noise; the last user and the last item have none."""
    generator = np.random.default_rng(seed)
    people, items = generator.normal(size=(n_users, 2)), generator.normal(size=(n_items, 2))
    rated = generator.random((n_users, n_items)) < density
    rated[-1] = rated[:, -1] = False
    values = 3 + people @ items.T + generator.normal(0, noise, (n_users, n_items))
    return Interactions(*np.nonzero(rated), values[rated], n_users=n_users, n_items=n_items)


def choices_of(n_users=400, n_items=60, seed=0):
    """People of two kinds rate few items, mostly of their kind's half, and like only their own."""
    generator = np.random.default_rng(seed)
    of_person, of_item = np.arange(n_users) % 2, np.arange(n_items) % 2
    alike = of_person[:, None] == of_item
    rated = generator.random((n_users, n_items)) < np.where(alike, 0.15, 0.05)
    values = np.where(alike, 4, 2) + generator.normal(0, 1, alike.shape)
    return Interactions(*np.nonzero(rated), values[rated], n_users=n_users, n_items=n_items)


@pytest.fixture(scope="module")
def fitted():
    return SVDPP(factors=4).fit(ratings_of())


@pytest.mark.parametrize("noise", [0.2, 0.6])
def test_finds_the_noise(noise):
    ratings = ratings_of(200, 80, noise=noise)
    model = SVDPP(factors=6, epochs=60).fit(ratings)
    precision = model.moments_[model.item_count_ > 0, 0]
    found = model.deviation_ / np.sqrt(precision)
    assert np.median(found) == pytest.approx(noise, rel=0.1)
    # Six factors allowed, two planted: the prior closes the others.
    spread = np.linalg.inv(model.precision_)[1:, 1:] @ np.cov(model.items_[:, 1:].T)
    strength = np.sort(np.linalg.eigvals(spread).real)
    assert strength[-3] < 0.02 * strength[-2]


def test_noise_of_each_item():
    """Items whose ratings are noisier than others' count less."""
    ratings = ratings_of(200, 80, noise=0.2)
    wild = ratings.item_index < 10
    generator = np.random.default_rng(1)
    value = ratings.value + wild * generator.normal(0, 1.5, len(wild))
    model = SVDPP(factors=2).fit(Interactions(ratings.user_index, ratings.item_index, value))
    assert model.moments_[:10, 0].max() < model.moments_[10:, 0].min()
    shared = SVDPP(factors=2, noise_damping=1e9).fit(ratings)
    rated = shared.moments_[shared.item_count_ > 0, 0]
    np.testing.assert_allclose(rated, rated[0], rtol=1e-4)


def test_who_rated_what_helps():
    split = random_split(choices_of(), 0.2, 0)
    with_it, without = (
        evaluate(SVDPP(factors=4, implicit_regularization=v), split).figures["rmse"]
        for v in (30.0, 1e9)
    )
    assert with_it < 0.995 * without


def test_what_was_rated_says_something_even_without_the_ratings():
    """Two histories of average ratings, of one kind's items or the other's."""
    ratings = choices_of()
    model = SVDPP(factors=4).fit(ratings)
    history = np.zeros((2, 60), np.float32)
    for kind in (0, 1):
        history[kind, kind:20:2] = model.mean_
    items = np.arange(40, 60)
    for kind in (0, 1):
        of_person = model.predict(csr_array(history[[kind]]), items)
        alike = items % 2 == kind
        assert of_person[alike].mean() > of_person[~alike].mean()


def test_one_rating_moves_less_than_many(fitted):
    nobody = fitted.center_
    history = np.zeros((2, 40), np.float32)
    history[0, 0] = history[1, :20] = 5
    one, many = np.abs(fitted.fold_in(csr_array(history))[:, 0] - nobody[0])
    assert one < many


def test_whoever_has_no_ratings_is_predicted_by_the_rest(fitted):
    np.testing.assert_array_equal(fitted.people_[-1], fitted.center_)
    np.testing.assert_array_equal(fitted.items_[-1], fitted.item_center_)
    assert fitted.predict([-1], [39]) == fitted.predict([59], [-1])
    assert fitted.predict([-1], [-1]) == pytest.approx(3, abs=0.5)


def test_the_scale_of_ratings_does_not_matter():
    stars = ratings_of()
    percent = Interactions(stars.user_index, stars.item_index, stars.value * 20 + 7, None, 60, 40)
    one, other = (SVDPP(factors=2, epochs=10).fit(r) for r in (stars, percent))
    pairs = np.indices((60, 40)).reshape(2, -1)
    np.testing.assert_allclose(one.predict(*pairs) * 20 + 7, other.predict(*pairs), rtol=2e-3)


def test_every_epoch_is_ready_to_answer_and_the_fit_can_be_stopped():
    ratings = ratings_of()
    seen = []

    def watch(model, epoch):
        np.testing.assert_array_equal(model.people_, model.fold_in(ratings.matrix))
        seen.append(rmse(model.predict(ratings.user_index, ratings.item_index), ratings.value))
        return epoch == 4

    stopped = SVDPP(factors=2, epochs=30).fit(ratings, watch=watch)
    assert len(seen) == 4
    assert seen[-1] < seen[0]
    np.testing.assert_array_equal(stopped.people_, SVDPP(factors=2, epochs=4).fit(ratings).people_)


def test_regression_of_beliefs_is_ridge_regression():
    ratings = ratings_of()
    side = _Side(ratings.matrix, 2, 0.25)
    target = np.random.default_rng(0).normal(size=side.x.shape).astype(np.float32)
    target[~side.rated] = 0
    for _ in range(30):
        side._regress(ratings.by_item, target, 3.0)
    x = (ratings.matrix.toarray() != 0) * side.shares.astype(float)
    expected = np.linalg.solve(x.T @ x + 3 * np.eye(40), x.T @ target)
    np.testing.assert_allclose(side.implicit, expected, atol=1e-4)


def test_the_prior_takes_uncertainty_into_account():
    """Its covariance is that of the means around their regression, plus the mean covariance."""
    ratings = ratings_of()
    people, items = (_Side(m, 2, 0.25) for m in (ratings.matrix, ratings.by_item))
    items.guess(np.random.default_rng(0))
    SVDPP(factors=2).fit(ratings)._solve(people, items)
    rated = people.x[people.rated].astype(float)
    size = 4
    total = np.zeros((size, size))
    first, second = np.triu_indices(size)
    total[first, second] = total[second, first] = people.moments.sum(axis=0)
    order = [3, 1, 2]  # (b, t) of (1, t, b)
    covariances = total[np.ix_(order, order)] - rated.T @ rated
    assert np.linalg.eigvalsh(covariances).min() > 0
    people.learn_prior(ratings.by_item, 15.0)
    left = rated - people.prior[people.rated]
    expected = (covariances + left.T @ left + 0.1 * np.eye(3)) / (len(rated) + 1)
    np.testing.assert_allclose(np.linalg.inv(people.precision), expected, rtol=1e-2, atol=1e-3)
    np.testing.assert_allclose(left.mean(axis=0), 0, atol=1e-5)


def test_explanations_sum_up(fitted, monkeypatch):
    """Prediction = that for somebody unknown + a share of each rating, by adding them up."""
    ratings = ratings_of()
    monkeypatch.setattr(ranking.ratings_that_speak, "__defaults__", (1000,))
    nobody = csr_array((1, 40), dtype=np.float32)
    for user in range(0, 60, 7):
        history = ratings.matrix[[user]]
        for item in (0, 5, 17):
            reasons = fitted.explain(history, item)[0]
            assert [r.weight for r in reasons] == sorted((r.weight for r in reasons), reverse=True)
            (popular,) = [r for r in reasons if r.kind == "popular"]
            shares, unknown = fitted._shares_of(history, item)
            told = {r.item: r.weight for r in reasons if r.kind == "rated"}
            assert sorted(told.values()) == pytest.approx(sorted(shares[shares > 0]))
            score = fitted._score(fitted.fold_in(history))[0, item]
            assert fitted._score(fitted.fold_in(nobody))[0, item] == pytest.approx(
                fitted.mean_ + fitted.deviation_ * fitted.center_[0] + popular.weight, abs=1e-4
            )
            assert unknown == pytest.approx(popular.weight)
            of_nobody = float(fitted._score(fitted.fold_in(nobody))[0, item])
            assert of_nobody + shares.sum() == pytest.approx(score, abs=2e-3)


def test_items_alike_are_rated_alike():
    model = SVDPP(factors=4).fit(choices_of())
    ranking = model.similar_items(np.arange(60), 5)
    assert ((ranking.items % 2) == (np.arange(60) % 2)[:, None]).mean() > 0.8


@pytest.mark.parametrize("seed", [42, 43, 44])
@pytest.mark.usefixtures("compiled")
def test_ml_100k(ml_100k, seed):
    result = evaluate(SVDPP(factors=8, epochs=25), random_split(ml_100k, 0.1, seed))
    assert result.figures["rmse"] <= 0.885
