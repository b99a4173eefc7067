"""MLE: accurate, honest about its errors, and stopped where it would run away."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee.errors import Diverged, InvalidInput, InvalidParameter
from matinee.evaluation import metrics
from matinee.interactions import Interactions
from matinee.models.mle import MLE
from matinee.splits import random_split


def ratings_of(n_users=60, n_items=40, density=0.5, seed=0, noise=None):
    """Ratings of rank two with noise by person; the last person and item have none."""
    generator = np.random.default_rng(seed)
    people, items = generator.normal(size=(n_users, 2)), generator.normal(size=(n_items, 2))
    rated = generator.random((n_users, n_items)) < density
    rated[-1] = rated[:, -1] = False
    noise = np.full(n_users, 0.3) if noise is None else noise
    values = 3 + people @ items.T + generator.normal(size=(n_users, n_items)) * noise[:, None]
    return Interactions(*np.nonzero(rated), values[rated], n_users=n_users, n_items=n_items)


def test_people_are_the_weighted_least_squares_solution():
    ratings = ratings_of()
    model = MLE(factors=3, epochs=10).fit(ratings)
    q, bias = model.items_[:, :-1].astype(float), model.items_[:, -1].astype(float)
    weights = model.item_variance_.astype(float) ** -model.tempering
    weights *= model.item_count_.sum() / (weights @ model.item_count_)
    for u in range(60):
        row = ratings.matrix[[u]]
        if not row.nnz:
            assert not model.people_[u, :-1].any()
            continue
        x = np.column_stack([q[row.indices], np.ones(row.nnz)])
        w = weights[row.indices]
        z = (row.data.astype(float) - model.mean_) / model.deviation_ - bias[row.indices]
        penalty = np.full(4, model.regularization + model.weighted_regularization * row.nnz)
        penalty[-1] = model.bias_regularization
        expected = np.linalg.solve((x.T * w) @ x + np.diag(penalty), (x.T * w) @ z)
        np.testing.assert_allclose(model.people_[u, :-1], expected, rtol=1e-3, atol=1e-4)


def test_who_is_hard_to_predict_has_the_larger_deviation():
    noise = np.where(np.arange(300) % 2, 1.2, 0.3)
    ratings = ratings_of(300, 80, noise=noise)
    split = random_split(ratings)
    model = MLE(factors=8, epochs=60).fit(split.train)
    test = split.test
    predicted, deviation = model.predict_with_deviation(test.user_index, test.item_index)
    np.testing.assert_array_equal(predicted, model.predict(test.user_index, test.item_index))
    assert deviation.dtype == np.float32
    loud = test.user_index % 2 == 1
    assert np.median(deviation[loud]) > 1.6 * np.median(deviation[~loud])
    one = np.full(len(test), metrics.rmse(predicted, test.value), np.float32)
    learned = metrics.log_likelihood(predicted, deviation, test.value)
    assert learned > metrics.log_likelihood(predicted, one, test.value) + 0.05
    for share in (0.5, 0.9):
        covered = metrics.interval_coverage(predicted, deviation, test.value, share)
        assert covered == pytest.approx(share, abs=0.1)


def test_deviations_of_histories_and_of_the_unknown():
    ratings = ratings_of()
    model = MLE(factors=3, epochs=20).fit(ratings)
    rows = ratings.matrix[[3, 5]]
    known = model.predict_with_deviation([3, 5], [1, 2])
    for a, b in zip(model.predict_with_deviation(rows, [1, 2]), known, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5)
    one = model.predict_with_deviation([3], np.arange(40))[1]
    assert one.shape == (40,)
    assert one[39] > 1.2 * np.median(one[:39]), "nobody rated it"
    nobody = model.predict_with_deviation([-1, -1], [0, -1])[1]
    assert nobody[1] > nobody[0] > 0
    assert nobody[0] > model.predict_with_deviation([3], [0])[1][0]
    with pytest.raises(InvalidInput, match="items"):
        model.predict_with_deviation([0], [40])


def test_deviations_follow_the_scale_and_predictions_too():
    stars = ratings_of()
    percent = Interactions(stars.user_index, stars.item_index, stars.value * 20 + 7, None, 60, 40)
    one, other = (
        MLE(factors=2).fit(r).predict_with_deviation([4], np.arange(40)) for r in (stars, percent)
    )
    np.testing.assert_allclose(one[0] * 20 + 7, other[0], rtol=1e-3)
    np.testing.assert_allclose(one[1] * 20, other[1], rtol=1e-3)


def test_without_tempering_it_is_least_squares():
    ratings = ratings_of()
    model = MLE(factors=2, tempering=0.0).fit(ratings)
    np.testing.assert_allclose(model._item_weights(), 1, rtol=1e-6)
    assert np.ptp(model.item_variance_) > 0.01


@pytest.mark.parametrize("rate", [0.9, 50.0])
def test_divergence_stops_with_the_epoch_and_a_hint(rate):
    with pytest.raises(Diverged, match=r"after epoch \d+ of 30; lower learning_rate"):
        MLE(learning_rate=rate, epochs=30, factors=8).fit(ratings_of(200, 90))


def test_hyperparameters_out_of_bounds():
    for wrong in ({"learning_rate": 0.0}, {"tempering": 1.5}, {"bias_regularization": 0.0}):
        with pytest.raises(InvalidParameter):
            MLE(**wrong)


def test_whoever_watches_sees_a_whole_model_and_may_stop_it():
    ratings = ratings_of()
    seen = []

    def watch(model, epoch):
        known = model.predict([0, 1], [0, 1])
        np.testing.assert_allclose(known, model.predict(ratings.matrix[[0, 1]], [0, 1]), rtol=1e-5)
        seen.append(epoch)
        return epoch == 3

    told = []
    MLE(factors=2, epochs=9).fit(ratings, watch=watch, progress=lambda *step: told.append(step))
    assert seen == [1, 2, 3]
    assert told[-1] == ("fitting mle", 3, 9)


def test_watching_changes_nothing():
    ratings = ratings_of()
    alone = MLE(factors=2, epochs=4).fit(ratings)
    watched = MLE(factors=2, epochs=4).fit(ratings, watch=lambda model, epoch: False)
    np.testing.assert_array_equal(alone.people_, watched.people_)
    np.testing.assert_array_equal(alone.items_, watched.items_)


def test_explanations_sum_up():
    """All ratings' shares, not only the five that are told, make up the product of factors."""
    ratings = ratings_of(density=0.15)
    model = MLE(factors=3, epochs=60, regularization=0.5).fit(ratings)
    told = 0
    for u in range(59):
        history = ratings.matrix[[u]]
        state = model.fold_in(history)
        reasons = model.explain(history, [4])[0]
        rated = [r for r in reasons if r.kind == "rated"]
        assert len(rated) <= 5
        told += len(rated)
        product = float(model.deviation_ * (state[0, :-2] @ model.items_[4, :-1]))
        if history.nnz <= 5 and len(rated) == history.nnz:
            assert sum(r.weight for r in rated) == pytest.approx(product, rel=1e-3, abs=1e-4)
        (popular,) = [r for r in reasons if r.kind == "popular"]
        assert popular.weight == pytest.approx(float(model.deviation_ * model.items_[4, -1]))
    assert told
    reasons = model.explain(csr_array((1, 40), dtype=np.float32), 2)[0]
    assert [r.kind for r in reasons] == ["popular"]


@pytest.mark.usefixtures("compiled")
def test_ml_100k(ml_100k):
    split = random_split(ml_100k, 0.1, 42)
    model = MLE().fit(split.train)
    test = split.test
    predicted, deviation = model.predict_with_deviation(test.user_index, test.item_index)
    rmse = metrics.rmse(predicted, test.value)
    assert rmse <= 0.895
    one = np.full(len(test), rmse, np.float32)
    assert metrics.log_likelihood(predicted, deviation, test.value) > (
        metrics.log_likelihood(predicted, one, test.value) + 0.015
    )
    assert 0.46 < metrics.interval_coverage(predicted, deviation, test.value, 0.5) < 0.54
    assert 0.88 < metrics.interval_coverage(predicted, deviation, test.value, 0.9) < 0.92
