"""BPR puts what was chosen on top, for people known and new."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee.errors import Diverged
from matinee.evaluation.compare import evaluate
from matinee.interactions import Interactions
from matinee.models.bpr import BPR
from matinee.splits import user_holdout


def choices_of(n_users=120, n_items=60, seed=0):
    """People of two tastes, each choosing a third of their half; one person and item stay apart."""
    generator = np.random.default_rng(seed)
    alike = (np.arange(n_users)[:, None] % 2) == (np.arange(n_items) % 2)
    chosen = generator.random((n_users, n_items)) < np.where(alike, 0.35, 0.02)
    chosen[-1] = chosen[:, -1] = False
    return Interactions(*np.nonzero(chosen), n_users=n_users, n_items=n_items)


def test_what_was_chosen_is_above_what_was_not():
    train = choices_of()
    model = BPR(factors=8).fit(train)
    scores = model._product(model.people_).scores()
    chosen = train.matrix.toarray() > 0
    auc = [
        np.mean(scores[u][chosen[u]][:, None] > scores[u][~chosen[u]][None, :])
        for u in np.flatnonzero(chosen.any(axis=1))
    ]
    # Taste alone tells apart about this much: half of what was not chosen is of one's taste too.
    assert np.mean(auc) > 0.7


def test_values_are_not_read():
    train = choices_of()
    rated = Interactions(
        train.user_index,
        train.item_index,
        np.random.default_rng(0).uniform(1, 5, len(train)),
        n_users=train.n_users,
        n_items=train.n_items,
    )
    np.testing.assert_array_equal(BPR().fit(train).items_, BPR().fit(rated).items_)


def test_whoever_chose_nothing_is_ranked_by_bias():
    model = BPR(factors=4).fit(choices_of())
    nobody = model.fold_in(csr_array((1, 60), dtype=np.float32))
    assert not nobody[0, :-1].any()
    ranked = model.recommend([-1], 59).items[0]
    np.testing.assert_array_equal(ranked, np.argsort(-model.items_[:, -1], kind="stable")[:59])


def test_draws_grow_with_the_items_that_were_chosen():
    assert BPR(epochs=1).fit(choices_of(60, 65)).negatives_ == 3
    assert BPR(epochs=1).fit(choices_of(60, 513)).negatives_ == 6
    assert BPR(epochs=1, hardness=0.0).fit(choices_of()).negatives_ == 1


def test_runaway_stops_with_the_epoch_and_a_hint():
    with pytest.raises(Diverged, match=r"after epoch \d+ of 40; lower learning_rate"):
        BPR(learning_rate=100.0).fit(choices_of())


def test_whoever_watches_sees_a_whole_model_and_may_stop_it():
    seen = []

    def watch(model, epoch):
        assert model.recommend([0], 3).items.shape == (1, 3)
        seen.append(epoch)
        return epoch == 2

    BPR(factors=2, epochs=9).fit(choices_of(), watch=watch)
    assert seen == [1, 2]


def test_reasons_share_out_the_taste():
    train = choices_of()
    model = BPR(factors=8).fit(train)
    told = 0
    for user in range(10):
        history = train.matrix[[user]]
        item = int(model.recommend([user], 1).items[0, 0])
        reasons = model.explain(history, [item])[0]
        (popular,) = [r for r in reasons if r.kind == "popular"]
        bias = model.items_[:, -1]
        assert popular.weight == pytest.approx(float(bias[item] - bias.mean()), abs=1e-6)
        assert popular.label == f"liked by {model.item_count_[item]} people"
        shares = [r.weight for r in reasons if r.kind == "rated"]
        taste = float(model.people_[user, :-1] @ model.items_[item, :-1])
        assert sum(shares) <= max(taste, 0) + 1e-4
        told += len(shares)
    assert told


@pytest.mark.usefixtures("compiled")
def test_hard_negatives_pay_on_ml_100k(ml_100k):
    split = user_holdout(ml_100k, 0.2, 42, liked=4)
    hard = evaluate(BPR(), split).figures["ndcg@10"]
    plain = evaluate(BPR(hardness=0.0), split).figures["ndcg@10"]
    assert hard > 0.29
    assert hard > plain + 0.02
