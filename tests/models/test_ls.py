"""LS reaches the optimum that ALS reaches, sooner or later, and says what it does."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.evaluation.compare import evaluate
from matinee.interactions import Interactions
from matinee.models.als import ALS
from matinee.models.ls import LS
from matinee.splits import random_split
from models.test_als import objective_and_gradients, ratings_of


@pytest.mark.parametrize(
    "parameters",
    [
        {"regularization": 0.5, "weighted_regularization": 0.0},
        {"regularization": 0.3, "weighted_regularization": 0.02, "bias_regularization": 0.1},
    ],
)
def test_it_reaches_the_optimum_of_als_from_the_same_start(parameters):
    ratings = ratings_of()
    turns = ALS(factors=2, epochs=600, **parameters).fit(ratings)
    together = LS(factors=2, epochs=300, **parameters).fit(ratings)
    one, _ = objective_and_gradients(turns, ratings)
    other, slopes = objective_and_gradients(together, ratings)
    assert other == pytest.approx(one, rel=1e-4)
    for slope in slopes:
        assert np.abs(slope).max() < 0.05
    pairs = np.indices((25, 18)).reshape(2, -1)
    np.testing.assert_allclose(together.predict(*pairs), turns.predict(*pairs), atol=0.02)


def test_every_iteration_lowers_the_objective():
    ratings = ratings_of()
    totals = []

    def watch(model, epoch):
        totals.append(objective_and_gradients(model, ratings)[0])
        return False

    model = LS(factors=3, epochs=30).fit(ratings, watch=watch)
    assert totals == sorted(totals, reverse=True)
    assert objective_and_gradients(model, ratings)[0] <= totals[-1] * (1 + 1e-6)


def test_its_own_slopes_are_those_of_the_objective():
    ratings = ratings_of()
    model = LS(factors=3, epochs=2).fit(ratings)
    value, slope = model._objective(ratings)
    expected, (p, user_bias, q, item_bias) = objective_and_gradients(model, ratings)
    assert value == pytest.approx(expected, rel=1e-5)
    parts = [np.column_stack([p, user_bias]).ravel(), np.column_stack([q, item_bias]).ravel()]
    np.testing.assert_allclose(slope, np.concatenate(parts), atol=2e-3)


def test_people_are_optimal_whenever_it_stops():
    ratings = ratings_of()
    seen = []

    def watch(model, epoch):
        seen.append(epoch)
        return epoch == 3

    model = LS(factors=3).fit(ratings, watch=watch)
    assert seen == [1, 2, 3]
    _, (p_slope, user_slope, _, _) = objective_and_gradients(model, ratings)
    assert np.abs(p_slope).max() < 1e-3
    assert np.abs(user_slope).max() < 1e-3
    np.testing.assert_array_equal(model.fold_in(ratings.matrix), model.people_)


@pytest.mark.parametrize("kind", [ALS, LS])
@pytest.mark.parametrize(
    ("users", "items", "values"),
    [
        ([0, 0, 1, 2], [0, 1, 0, 1], [5, 1, 4, 2]),
        ([0, 1, 2, 3], [0, 1, 2, 3], [1, 2, 3, 4]),
        ([0, 0, 1, 1], [0, 1, 0, 1], [3, 3, 3, 3]),
    ],
    ids=["more factors than items", "one rating a row", "all equal"],
)
def test_too_little_to_learn_from(kind, users, items, values):
    model = kind(factors=100).fit(Interactions(users, items, values))
    predicted = model.predict(users, items)
    assert np.isfinite(predicted).all()
    if len(set(values)) == 1:
        np.testing.assert_allclose(predicted, 3, atol=1e-5)


@pytest.mark.parametrize("kind", [ALS, LS])
def test_one_person_who_rated_nearly_everything(kind):
    generator = np.random.default_rng(0)
    n = 5_000
    users, items = np.append(np.zeros(n), [1, 1]), np.append(np.arange(n), [0, 1])
    ratings = Interactions(users.astype(int), items.astype(int), generator.integers(1, 6, n + 2))
    model = kind(factors=8, epochs=3).fit(ratings)
    assert np.isfinite(model.predict(ratings.user_index, ratings.item_index)).all()


@pytest.mark.usefixtures("compiled")
def test_ml_100k(ml_100k):
    result = evaluate(LS(), random_split(ml_100k, 0.1, 42))
    assert result.figures["rmse"] <= 0.905
