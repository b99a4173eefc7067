"""EASE against the regression of each item by itself."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee import item_weights
from matinee.errors import InvalidInput
from matinee.evaluation.compare import evaluate
from matinee.interactions import Interactions
from matinee.models.ease import EASE
from matinee.splits import user_holdout

POWERS = ("popularity_penalty", "activity_damping", "popularity_damping")


def chosen_of(people=40, items=17, seed=0):
    """Choices with taste; two items in the middle and one person have none."""
    generator = np.random.default_rng(seed)
    alike = (np.arange(people)[:, None] - np.arange(items)) % 2 == 0
    chosen = generator.random((people, items)) < np.where(alike, 0.6, 0.2)
    chosen[:, [5, 9]] = False
    chosen[3] = False
    return chosen.astype(np.float64)


def interactions_of(chosen, value=None):
    people, items = np.nonzero(chosen)
    return Interactions(people, items, value, n_users=chosen.shape[0], n_items=chosen.shape[1])


@pytest.mark.parametrize("powers", [(0, 0, 0), (1, 0, 0), (0, 0.5, 0), (0, 0, 0.3), (0.5, 1, 0.2)])
@pytest.mark.parametrize("regularization", [0.5, 75.0])
def test_each_item_is_the_regression_on_the_others(regularization, powers):
    chosen = chosen_of()
    given = dict(zip(POWERS, map(float, powers), strict=True))
    model = EASE(regularization=regularization, **given).fit(interactions_of(chosen))
    expected = naive.ease(chosen, regularization, *powers)
    score = model._score(model.people_)
    kept = np.arange(len(chosen)) != 3
    np.testing.assert_allclose(score[kept], expected[kept], rtol=1e-3, atol=1e-5)
    assert (score[kept][:, [5, 9]] == 0).all(), "nothing is known of these"
    np.testing.assert_array_equal(score[3], model.item_count_), "popularity without a history"


def test_who_chose_what_counts_and_not_how_much():
    chosen = chosen_of()
    values = np.random.default_rng(0).integers(1, 6, int(chosen.sum()))
    plain, rated = (EASE().fit(interactions_of(chosen, v)) for v in (None, values))
    np.testing.assert_array_equal(plain.weights_, rated.weights_)
    for history in (chosen, 3 * chosen):
        np.testing.assert_array_equal(
            rated._score(rated.fold_in(history)), plain._score(plain.people_)
        )


def test_an_item_never_speaks_for_itself():
    model = EASE().fit(interactions_of(chosen_of()))
    assert (np.diag(model.weights_) == 0).all()


def test_somebody_whose_items_are_all_unknown_is_served_by_popularity():
    model = EASE().fit(interactions_of(chosen_of()))
    unknown = np.zeros((1, 17))
    unknown[0, [5, 9]] = 1
    best = model.recommend(unknown, 3).items[0]
    assert best.tolist() == np.argsort(-model.item_count_, kind="stable")[:3].tolist()
    ((reason,),) = model.explain(unknown, int(best[0]))
    assert reason.kind == "popular"


def test_reasons_are_shares_of_the_score():
    chosen = chosen_of()
    model = EASE(regularization=5.0).fit(interactions_of(chosen))
    history = csr_array(chosen[[0]].astype(np.float32))
    item = int(model.recommend([0], 1).items[0, 0])
    (reasons,) = model.explain(history, item)
    weights = [r.weight for r in reasons]
    assert 1 <= len(weights) <= 5
    assert weights == sorted(weights, reverse=True)
    for reason in reasons:
        without = history.copy()
        without.data[without.indices == reason.item] = 0
        without.eliminate_zeros()
        score = (model._score(model.fold_in(h))[0, item] for h in (history, without))
        assert reason.weight == pytest.approx(float(next(score) - next(score)), rel=1e-4)


def test_a_penalty_too_small_for_float32_is_said():
    """Two items that are always chosen together cannot be told apart."""
    chosen = np.ones((50, 2))
    with pytest.raises(InvalidInput, match="`regularization` of ease.* raise it"):
        EASE(regularization=1e-9).fit(interactions_of(chosen))


def test_a_matrix_larger_than_the_memory_is_said(monkeypatch):
    monkeypatch.setattr(item_weights.os, "sysconf", lambda name: 100)
    EASE().fit(interactions_of(chosen_of(items=17)))
    with pytest.raises(InvalidInput, match="51 items need 0.0 GB"):
        EASE().fit(interactions_of(np.ones((2, 51))))


@pytest.mark.usefixtures("compiled")
def test_better_than_plain_ease(ml_100k):
    """The figures of both on a validation part; plain EASE at its best there."""
    split = user_holdout(ml_100k, seed=42, liked=4).validation()
    plain = EASE(regularization=250.0, **dict.fromkeys(POWERS, 0.0))
    figures = [evaluate(model, split).figures["ndcg@10"] for model in (EASE(), plain)]
    assert figures[0] > 1.01 * figures[1]
