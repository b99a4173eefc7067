"""Models that score by sparse weights between items: item_knn, rp3beta, slim."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee import models
from matinee.errors import InvalidParameter
from matinee.evaluation.compare import evaluate
from matinee.interactions import Interactions
from matinee.splits import user_holdout

NAMES = ("item_knn", "rp3beta", "slim")


def chosen_of(people=60, items=20, seed=0):
    generator = np.random.default_rng(seed)
    alike = (np.arange(people)[:, None] - np.arange(items)) % 2 == 0
    chosen = generator.random((people, items)) < np.where(alike, 0.5, 0.1)
    chosen[:, 7] = False
    return Interactions(*np.nonzero(chosen), n_users=people, n_items=items)


@pytest.mark.parametrize("name", NAMES)
def test_the_score_is_the_sum_over_the_history(name):
    model = models.create(name).fit(chosen_of())
    history = np.zeros((1, 20), np.float32)
    history[0, [0, 2, 4]] = (5, 1, 3)
    score = model._score(model.fold_in(history))[0]
    np.testing.assert_allclose(score, model.weights_.toarray()[[0, 2, 4]].sum(axis=0), rtol=1e-5)
    item = int(np.argmax(np.where(history[0] > 0, -1, score)))
    (reasons,) = model.explain(csr_array(history), [item])
    assert {r.item for r in reasons} <= {0, 2, 4}
    assert sum(r.weight for r in reasons) == pytest.approx(score[item], rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_an_item_never_speaks_for_itself_and_values_do_not_count(name):
    train = chosen_of()
    rated = Interactions(
        train.user_index, train.item_index, np.arange(len(train)) % 5 + 1.0, n_users=60, n_items=20
    )
    plain, valued = (models.create(name).fit(t) for t in (train, rated))
    assert (plain.weights_.diagonal() == 0).all()
    np.testing.assert_array_equal(plain.weights_.toarray(), valued.weights_.toarray())


@pytest.mark.parametrize("name", NAMES)
def test_whom_nothing_is_known_of_gets_what_is_popular(name):
    model = models.create(name).fit(chosen_of())
    found = model.recommend([-1], 3).items[0]
    assert found.tolist() == np.argsort(-model.item_count_, kind="stable")[:3].tolist()


def test_cosine_and_bm25():
    train = chosen_of()
    cosine = models.create("item_knn", weighting="cosine", neighbors=19).fit(train)
    dense = train.matrix.toarray()
    count = dense.sum(axis=0)
    expected = (dense.T @ dense) / np.sqrt(np.maximum(np.outer(count, count), 1))
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(cosine.weights_.toarray(), expected, rtol=1e-5)
    with pytest.raises(InvalidParameter, match="cosine or bm25"):
        models.create("item_knn", weighting="tfidf")


def test_neighbors_bound_what_speaks_for_an_item():
    weights = models.create("item_knn", neighbors=4).fit(chosen_of()).weights_.toarray()
    assert (weights > 0).sum(axis=0).max() == 4, "each item is scored by its four nearest"
    reached = models.create("rp3beta", neighbors=4).fit(chosen_of()).weights_.toarray()
    assert (reached > 0).sum(axis=0).max() == 4, "each item is reached from four"


def test_the_walk_of_three_steps():
    train = chosen_of()
    found = models.create("rp3beta", neighbors=19, alpha=0.7, beta=0.3).fit(train)
    dense = train.matrix.toarray().astype(float)
    length, count = dense.sum(axis=1), np.maximum(dense.sum(axis=0), 1)
    steps = dense.T @ (dense * length[:, None] ** -0.7) * count[:, None] ** -0.7 * count**-0.3
    np.fill_diagonal(steps, 0)
    np.testing.assert_allclose(found.weights_.toarray(), steps, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("name", "least"), [("item_knn", 0.28), ("rp3beta", 0.28), ("slim", 0.305)]
)
def test_what_they_reach_on_ml_100k(name, least, shared_data):
    from matinee.data import load

    split = user_holdout(load("ml-100k").interactions, 0.2, 42, liked=4)
    assert evaluate(models.create(name), split).figures["ndcg@10"] > least
