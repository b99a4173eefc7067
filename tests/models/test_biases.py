"""Biases minimise what they say they minimise."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.interactions import Interactions
from matinee.models.biases import Biases


def ratings_of(n_users=20, n_items=15, seed=0):
    generator = np.random.default_rng(seed)
    rated = generator.random((n_users, n_items)) < 0.5
    rated[-1] = rated[:, -1] = False
    values = 3 + generator.normal(size=(n_users, 1)) + generator.normal(size=n_items)
    return Interactions(*np.nonzero(rated), values[rated], n_users=n_users, n_items=n_items)


@pytest.mark.parametrize("item_damping", [0.0, 3.0])
@pytest.mark.parametrize("user_damping", [0.0, 7.5])
def test_the_gradient_of_the_objective_vanishes(item_damping, user_damping):
    ratings = ratings_of()
    model = Biases(item_damping=item_damping, user_damping=user_damping, epochs=300).fit(ratings)
    b_u, b_i = model.people_[:, 0].astype(float), model.item_bias_.astype(float)
    user_slope, item_slope = user_damping * b_u, item_damping * b_i
    for u, i, r in zip(ratings.user_index, ratings.item_index, ratings.value, strict=True):
        error = float(r) - float(model.mean_) - b_u[u] - b_i[i]
        user_slope[u] -= error
        item_slope[i] -= error
    assert np.abs(user_slope).max() < 1e-4
    assert np.abs(item_slope).max() < 1e-4


def test_predictions_are_the_sum():
    ratings = ratings_of()
    model = Biases().fit(ratings)
    low, high = ratings.scale
    for u, i in ((0, 0), (3, 7), (19, 2), (4, 14), (19, 14)):
        total = float(model.mean_) + float(model.people_[u, 0]) + float(model.item_bias_[i])
        assert model.predict([u], [i])[0] == pytest.approx(np.clip(total, low, high), rel=1e-5)
    assert model.people_[19, 0] == 0
    assert model.item_bias_[14] == 0
    assert model.predict([-1], [-1])[0] == model.mean_


def test_reasons_say_how_the_item_is_rated():
    ratings = Interactions([0, 1, 0, 1], [0, 0, 1, 1], [5, 5, 1, 1])
    model = Biases(item_damping=0.0, user_damping=0.0).fit(ratings)
    ((above,),) = model.explain(ratings.matrix[[0]], 0)
    ((below,),) = model.explain(ratings.matrix[[0]], 1)
    assert (above.kind, above.weight, above.label) == ("popular", 2, "rated 2.0 above the mean")
    assert (below.weight, below.label) == (-2, "rated 2.0 below the mean")
