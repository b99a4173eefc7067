"""ALS finds the minimum of what it says it minimises, and predicts real ratings well."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee.evaluation.compare import evaluate
from matinee.interactions import Interactions
from matinee.models.als import ALS
from matinee.splits import random_split


def ratings_of(n_users=25, n_items=18, density=0.5, seed=0):
    """Ratings of rank two with noise; the last user and the last item have none."""
    generator = np.random.default_rng(seed)
    people, items = generator.normal(size=(n_users, 2)), generator.normal(size=(n_items, 2))
    rated = generator.random((n_users, n_items)) < density
    rated[-1] = rated[:, -1] = False
    values = 3 + people @ items.T + generator.normal(0, 0.2, (n_users, n_items))
    return Interactions(*np.nonzero(rated), values[rated], n_users=n_users, n_items=n_items)


def objective_and_gradients(model, ratings):
    """The objective of the docstring, term by term, and its slopes in p, b_u, q, b_i."""
    z = (ratings.value.astype(float) - float(model.mean_)) / float(model.deviation_)
    p, user_bias = model.people_[:, :-1].astype(float), model.people_[:, -1].astype(float)
    q, item_bias = model.items_[:, :-1].astype(float), model.items_[:, -1].astype(float)
    p_slope, user_slope = np.zeros_like(p), np.zeros_like(user_bias)
    q_slope, item_slope = np.zeros_like(q), np.zeros_like(item_bias)
    n_user, n_item = np.zeros(len(p)), np.zeros(len(q))
    total = 0.0
    for u, i, target in zip(ratings.user_index, ratings.item_index, z, strict=True):
        error = target - user_bias[u] - item_bias[i] - p[u] @ q[i]
        total += error**2
        p_slope[u] -= 2 * error * q[i]
        q_slope[i] -= 2 * error * p[u]
        user_slope[u] -= 2 * error
        item_slope[i] -= 2 * error
        n_user[u] += 1
        n_item[i] += 1
    of_user = model.regularization + model.weighted_regularization * n_user
    of_item = model.regularization + model.weighted_regularization * n_item
    total += of_user @ (p**2).sum(axis=1) + of_item @ (q**2).sum(axis=1)
    total += model.bias_regularization * ((user_bias**2).sum() + (item_bias**2).sum())
    p_slope += 2 * of_user[:, np.newaxis] * p
    q_slope += 2 * of_item[:, np.newaxis] * q
    user_slope += 2 * model.bias_regularization * user_bias
    item_slope += 2 * model.bias_regularization * item_bias
    return total, [p_slope, user_slope, q_slope, item_slope]


@pytest.mark.parametrize(
    "parameters",
    [
        {"regularization": 0.5, "weighted_regularization": 0.0},
        {"regularization": 0.0, "weighted_regularization": 0.05},
        {"regularization": 0.3, "weighted_regularization": 0.02, "bias_regularization": 0.1},
    ],
)
def test_the_gradient_of_the_objective_vanishes(parameters):
    ratings = ratings_of()
    model = ALS(factors=2, epochs=600, **parameters).fit(ratings)
    assert np.abs(model.items_[:, :-1]).max() > 0.1, "not the trivial solution"
    _, slopes = objective_and_gradients(model, ratings)
    for slope in slopes:
        assert np.abs(slope).max() < 2e-3


def test_every_epoch_lowers_the_objective():
    ratings = ratings_of()
    totals = [
        objective_and_gradients(ALS(factors=3, epochs=n).fit(ratings), ratings)[0]
        for n in (1, 2, 4, 8, 16)
    ]
    assert totals == sorted(totals, reverse=True)
    assert totals[0] > totals[-1]


def test_people_are_optimal_after_any_number_of_epochs():
    ratings = ratings_of()
    model = ALS(factors=3, epochs=1).fit(ratings)
    _, (p_slope, user_slope, _, _) = objective_and_gradients(model, ratings)
    assert np.abs(p_slope).max() < 1e-3
    assert np.abs(user_slope).max() < 1e-3


def test_whoever_has_no_ratings_is_predicted_by_the_rest():
    ratings = ratings_of()
    model = ALS(factors=2).fit(ratings)
    assert not model.people_[-1].any()
    assert not model.items_[-1].any()
    assert model.predict([24], [17]) == pytest.approx([float(model.mean_)])
    of_item = model.mean_ + model.deviation_ * model.items_[3, -1]
    assert model.predict([-1], [3]) == pytest.approx([of_item])


def test_the_scale_of_ratings_does_not_matter():
    """Standardised: the same regularisation fits stars, points and percent."""
    stars = ratings_of()
    percent = Interactions(stars.user_index, stars.item_index, stars.value * 20 + 7, None, 25, 18)
    one, other = (ALS(factors=2).fit(r) for r in (stars, percent))
    pairs = np.indices((25, 18)).reshape(2, -1)
    np.testing.assert_allclose(one.predict(*pairs) * 20 + 7, other.predict(*pairs), rtol=1e-3)


def test_without_regularization_it_still_finds_finite_factors():
    ratings = ratings_of(60, 40)
    model = ALS(
        factors=32, epochs=30, regularization=0, weighted_regularization=0, bias_regularization=1e-6
    ).fit(ratings)
    predicted = model.predict(ratings.user_index, ratings.item_index)
    assert np.abs(predicted - ratings.value).mean() < 0.1


def shares(model, history, item):
    """What each rating of a history adds to the prediction of `item`, by inverting the matrix."""
    q, bias = model.items_[:, :-1].astype(float), model.items_[:, -1].astype(float)
    state = model.fold_in(history)[0].astype(float)
    rated = history.indices
    penalty = model.regularization + model.weighted_regularization * len(rated)
    weights = np.linalg.inv(q[rated].T @ q[rated] + penalty * np.eye(model.factors))
    z = (history.data.astype(float) - float(model.mean_)) / float(model.deviation_)
    rest = z - bias[rated] - state[-1]
    parts = {
        int(j): float(model.deviation_) * float(q[item] @ weights @ q[j]) * r
        for j, r in zip(rated, rest, strict=True)
    }
    return parts, float(model.deviation_) * state[-1], float(model.deviation_) * bias[item]


def test_explanations_sum_up():
    ratings = ratings_of()
    model = ALS(factors=3).fit(ratings)
    for user in range(25):
        history = ratings.matrix[[user]]
        for item in (0, 5, 17):
            parts, of_person, of_item = shares(model, history, item)
            score = float(model._score(model.fold_in(history))[0, item])
            total = float(model.mean_) + of_person + of_item + sum(parts.values())
            assert total == pytest.approx(score, abs=1e-4)
            reasons = model.explain(history, item)[0]
            assert [r.weight for r in reasons] == sorted((r.weight for r in reasons), reverse=True)
            told = {r.item: r.weight for r in reasons if r.kind == "rated"}
            best = sorted((v for v in parts.values() if v > 0), reverse=True)[:5]
            assert sorted(told.values(), reverse=True) == pytest.approx(best, abs=1e-4)
            for j, weight in told.items():
                assert weight == pytest.approx(parts[j], abs=1e-4)
            (popular,) = [r for r in reasons if r.kind == "popular"]
            assert popular.weight == pytest.approx(of_item, abs=1e-5)
            assert f"{abs(of_item):.1f} {'above' if of_item >= 0 else 'below'}" in popular.label


def test_nobody_is_told_what_everybody_says():
    model = ALS(factors=2).fit(ratings_of())
    reasons = model.explain(csr_array((1, 18), dtype=np.float32), 2)[0]
    assert [r.kind for r in reasons] == ["popular"]


def test_progress_counts_epochs():
    told = []
    ALS(factors=1, epochs=3).fit(ratings_of(), progress=lambda *step: told.append(step))
    assert told == [("fitting als", n, 3) for n in (1, 2, 3)]


@pytest.mark.parametrize("seed", [42, 43, 44])
@pytest.mark.usefixtures("compiled")
def test_ml_100k(ml_100k, seed):
    result = evaluate(ALS(), random_split(ml_100k, 0.1, seed))
    assert result.parameters["factors"] <= 64
    assert result.figures["rmse"] <= 0.905
