"""iALS finds the minimum of what it says it minimises, and ranks real choices well."""

from __future__ import annotations

import numpy as np
import pytest
from naive import implicit_objective
from scipy.sparse import csr_array

from matinee.errors import InvalidParameter
from matinee.evaluation.compare import evaluate
from matinee.interactions import Interactions
from matinee.models.ials import IALS
from matinee.splits import user_holdout


def choices_of(n_users=25, n_items=18, seed=0):
    """Choices with taste in them; the last person and the last item have none."""
    generator = np.random.default_rng(seed)
    alike = np.arange(n_users)[:, np.newaxis] % 2 == np.arange(n_items) % 2
    chosen = generator.random((n_users, n_items)) < np.where(alike, 0.6, 0.1)
    chosen[-1] = chosen[:, -1] = False
    return Interactions(*np.nonzero(chosen), n_users=n_users, n_items=n_items)


def penalties(model, ratings):
    chosen = ratings.matrix.toarray() != 0
    of_people, of_items = chosen.sum(axis=1), chosen.sum(axis=0)
    alpha = model.unobserved_weight * len(ratings) / (of_people > 0).sum() / (of_items > 0).sum()
    weight = model.regularization_
    return (
        alpha,
        weight * (of_people + alpha * (of_items > 0).sum()),
        weight * (of_items + alpha * (of_people > 0).sum()),
    )


def objective(model, ratings):
    chosen = ratings.matrix.toarray()
    known = chosen.any(axis=1)
    alpha, of_people, of_items = penalties(model, ratings)
    people = model.people_[known]
    return implicit_objective(
        chosen[known], people, model.items_, alpha, of_people[known], of_items
    )


@pytest.mark.parametrize("solver", ["exact", "cg", "blocks"])
def test_the_gradient_of_the_objective_vanishes(solver):
    ratings = choices_of()
    model = IALS(factors=3, epochs=300, solver=solver).fit(ratings)
    chosen = ratings.matrix.toarray()
    chosen = chosen[:-1]
    alpha, of_people, of_items = penalties(model, ratings)
    p, q = model.people_[:-1].astype(float), model.items_.astype(float)
    assert np.abs(q).max() > 0.1, "not the trivial solution"
    slope = alpha * (p @ q.T) - chosen * (1 - p @ q.T)
    assert np.abs(slope @ q + of_people[:-1, np.newaxis] * p).max() < 2e-3
    assert np.abs(slope.T @ p + of_items[:, np.newaxis] * q).max() < 2e-3


def test_every_solver_reaches_the_same_objective():
    ratings = choices_of()
    totals = [
        objective(IALS(factors=20, epochs=100, solver=s).fit(ratings), ratings)
        for s in ("exact", "cg", "blocks", "auto")
    ]
    np.testing.assert_allclose(totals, totals[0], rtol=1e-3)


def test_more_epochs_lower_the_objective():
    ratings = choices_of()
    totals = [objective(IALS(factors=4, epochs=n).fit(ratings), ratings) for n in (1, 3, 9, 27)]
    assert totals == sorted(totals, reverse=True)


def test_values_do_not_matter():
    ratings = choices_of()
    rated = Interactions(
        ratings.user_index, ratings.item_index, np.arange(len(ratings)) % 5, None, 25, 18
    )
    one, other = (IALS(factors=4).fit(r) for r in (ratings, rated))
    np.testing.assert_array_equal(one.items_, other.items_)
    np.testing.assert_array_equal(one.people_, other.people_)


def test_the_gram_matrix_is_diagonal_and_padding_stays_zero():
    model = IALS(factors=5).fit(choices_of())
    gram = model.items_.T.astype(float) @ model.items_
    np.testing.assert_allclose(model.alpha_ * gram, np.diag(model.spectrum_), atol=1e-4)
    assert model.items_.shape[1] == 16
    assert not model.items_[:, 5:].any()
    assert not model.people_[:, 5:].any()


def test_somebody_unknown_is_like_the_mean_person():
    ratings = choices_of()
    model = IALS(factors=4).fit(ratings)
    np.testing.assert_allclose(model.average_, model.people_[:-1].mean(axis=0), atol=1e-6)
    np.testing.assert_array_equal(model.people_[-1], model.average_)
    np.testing.assert_array_equal(model.fold_in(np.zeros((1, 18)))[0], model.average_)


def test_one_item_chosen_by_all():
    ratings = Interactions(np.arange(6), np.zeros(6, int), n_users=6, n_items=1)
    assert np.isfinite(IALS(factors=64).fit(ratings).people_).all()


def test_explanations_sum_up():
    ratings = choices_of()
    model = IALS(factors=3).fit(ratings)
    for user in range(24):
        history = ratings.matrix[[user]]
        for item in (0, 5, 16):
            score = float(model.people_[user] @ model.items_[item])
            q = model.items_.astype(float)[history.indices]
            own = penalties(model, ratings)[1][user] + model.spectrum_.astype(float)
            shares = q @ np.linalg.inv(q.T @ q + np.diag(own)) @ model.items_[item].astype(float)
            assert shares.sum() == pytest.approx(score, abs=1e-4)
            told = [r for r in model.explain(history, item)[0] if r.kind == "rated"]
            best = sorted((s for s in shares if s > 0), reverse=True)[:5]
            assert [r.weight for r in told] == pytest.approx(best, abs=1e-4)


def test_nobody_is_told_what_everybody_likes():
    model = IALS(factors=2).fit(choices_of())
    reasons = model.explain(csr_array((1, 18), dtype=np.float32), 2)[0]
    assert [r.kind for r in reasons] == ["popular"]


def test_the_solver_must_be_one_of_them():
    with pytest.raises(InvalidParameter, match="solver"):
        IALS(solver="magic")


def test_watching_may_stop_it():
    asked = []

    def watch(model, epoch):
        asked.append(epoch)
        assert np.isfinite(model.recommend([0], 3).scores).all()
        return epoch == 2

    model = IALS(factors=4, epochs=9).fit(choices_of(), watch=watch)
    assert asked == [1, 2]
    np.testing.assert_array_equal(model.people_, model.fold_in(choices_of().matrix))


@pytest.mark.usefixtures("compiled")
def test_ml_100k(ml_100k):
    result = evaluate(IALS(), user_holdout(ml_100k, 0.2, 42, liked=4).validation())
    assert result.figures["ndcg@10"] >= 0.21
