"""A blend is the weighted sum that it states, of members fitted on everything."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee import models
from matinee.errors import InvalidParameter
from matinee.interactions import Interactions
from matinee.models import blend as module
from matinee.models.blend import Blend
from matinee.splits import user_holdout
from matinee.storage import archive


def chosen_of(people=60, items=24, seed=0):
    """Person u mostly chooses items of group u % 2; the last of each has nothing."""
    generator = np.random.default_rng(seed)
    alike = (np.arange(people)[:, None] - np.arange(items)) % 2 == 0
    chosen = generator.random((people, items)) < np.where(alike, 0.6, 0.03)
    chosen[-1] = chosen[:, -1] = False
    return Interactions(*np.nonzero(chosen), n_users=people, n_items=items)


def standardized(scores):
    scores = scores.astype(np.float64)
    deviation = scores.std(axis=1, keepdims=True)
    return (scores - scores.mean(axis=1, keepdims=True)) / np.where(deviation > 0, deviation, 1)


@pytest.mark.parametrize("weights", ["1,1", "3,1", "0,2"])
def test_scores_are_the_weighted_sum(weights):
    train = chosen_of()
    blend = Blend(members="ease, popularity", weights=weights).fit(train)
    shares = np.array([float(w) for w in weights.split(",")])
    shares /= shares.sum()
    np.testing.assert_allclose(blend.weight_, shares, rtol=1e-6)
    expected = 0
    for name, share in zip(("ease", "popularity"), shares, strict=True):
        member = models.create(name).fit(train)
        expected = expected + share * standardized(member._score(member.people_))
    np.testing.assert_allclose(blend._score(blend.people_), expected, rtol=1e-4, atol=1e-5)


def test_of_one_member_it_is_that_member():
    train = chosen_of()
    alone, blend = (m.fit(train) for m in (models.create("ease"), Blend(members="ease")))
    people = np.arange(train.n_users)
    np.testing.assert_array_equal(
        blend.recommend(people, 5).items, alone.recommend(people, 5).items
    )


def test_it_finds_which_member_is_better():
    weight = Blend(members="popularity,ease").fit(chosen_of(300, 40)).weight_
    assert weight.sum() == pytest.approx(1)
    assert weight[1] > 0.5


def test_without_choices_to_hold_out_weights_are_equal():
    few = Interactions([0, 0, 1, 1, 2], [0, 1, 1, 2, 3], n_users=3, n_items=4)
    assert Blend(members="popularity,ease").fit(few).weight_.tolist() == [0.5, 0.5]


def test_weights_are_those_of_the_best_of_all_sums():
    """Of the sums that it makes, by slow figures."""
    split = user_holdout(chosen_of(50, 30), seed=3)
    fitted = [models.create(name).fit(split.train) for name in ("popularity", "ease")]
    found = module._found_weights(fitted, split)
    history, held = split.train.matrix.toarray() > 0, split.test.matrix.toarray() > 0

    def figure(weights):
        total = sum(
            w * standardized(m._score(m.people_)) for w, m in zip(weights, fitted, strict=True)
        )
        each = []
        for u in np.flatnonzero(held.any(axis=1)):
            scores = np.where(history[u], -np.inf, total[u])
            each.append(naive.ndcg(naive.top_n([scores], 10)[0], set(np.flatnonzero(held[u])), 10))
        return np.mean(each)

    added, sums = np.zeros(2), []
    for _ in range(20):
        figures = [figure(added + step) for step in np.eye(2)]
        added[int(np.argmax(figures))] += 1
        sums.append((max(figures), added.copy()))
    highest = max(f for f, _ in sums)
    assert found.tolist() in [w.tolist() for f, w in sums if f > highest - 1e-9]


def test_it_judges_as_many_people_as_it_may(monkeypatch):
    monkeypatch.setattr(module, "_CELLS", 5 * 24)
    assert Blend(members="ease,popularity").fit(chosen_of()).weight_.sum() == pytest.approx(1)


def test_an_archive_holds_no_person(tmp_path):
    blend = Blend(members="ease,popularity", weights="1,1").fit(chosen_of())
    archive.save(blend, tmp_path / "saved", people=False)
    kept = vars(archive.load(tmp_path / "saved"))
    assert not [name for name in kept if "people" in name or "seen" in name]


def test_reasons_of_all_members():
    train = chosen_of()
    blend = Blend(members="ease,user_clusters", weights="1,1").fit(train)
    item = int(blend.recommend([0], 1).items[0, 0])
    (reasons,) = blend.explain(train.matrix[[0]], item)
    assert {"rated", "cluster"} <= {r.kind for r in reasons}
    weights = [r.weight for r in reasons]
    assert weights == sorted(weights, reverse=True)
    assert sum(np.abs(weights)) < 1.0001
    rated = [r.item for r in reasons if r.kind == "rated"]
    assert len(set(rated)) == len(rated), "what both members name is named once"
    assert blend.explain(csr_array((1, 24), dtype=np.float32), item)[0]


def test_bad_members_and_weights():
    for members in ("", "als", "blend", "ease,ease", "ease,", "nonsense"):
        with pytest.raises(InvalidParameter, match="`members` of blend must be different ranking"):
            Blend(members=members)
    for weights in ("1", "1,2,3", "1,-1", "0,0", "1,nan", "1,inf", "a,b", ","):
        with pytest.raises(InvalidParameter, match="`weights` of blend must be 2 numbers >= 0"):
            Blend(members="ease,popularity", weights=weights)
