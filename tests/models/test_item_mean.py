"""The mean of each item, damped towards that of all."""

from __future__ import annotations

import numpy as np
import pytest

from matinee import models
from matinee.interactions import Interactions

RATINGS = Interactions([0, 1, 2, 0], [0, 0, 0, 1], [5.0, 4.0, 3.0, 1.0], n_users=3, n_items=3)


@pytest.mark.parametrize("damping", [0, 2, 5.0])
def test_predictions_are_by_the_formula(damping):
    model = models.create("item_mean", damping=damping).fit(RATINGS)
    mean = 13 / 4
    expected = [(12 + damping * mean) / (3 + damping), (1 + damping * mean) / (1 + damping), mean]
    for user in (-1, 0, 2):
        np.testing.assert_allclose(model.predict([user] * 3, [0, 1, 2]), expected, rtol=1e-6)
    assert model.predict([0], [-1]) == pytest.approx(mean)
    assert model.recommend([-1], 3).items.tolist() == [np.argsort(-np.array(expected)).tolist()]


def test_the_reason_is_the_mean():
    model = models.create("item_mean", damping=0).fit(RATINGS)
    ((reason,),) = model.explain(RATINGS.matrix[[1]], [0])
    assert reason.label == "rated 4.0 on average"
