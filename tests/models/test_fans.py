"""What fans also like: lifts against counting by hand, evidence, and what is known of nothing."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee.errors import InvalidInput, NotReady
from matinee.interactions import Interactions
from matinee.models.fans import Fans
from matinee.models.popularity import Popularity


def chosen_of(people=80, items=24, seed=0):
    """Even people like even items; everybody likes items 0 and 1; nobody the last; 22 has two."""
    generator = np.random.default_rng(seed)
    alike = (np.arange(people)[:, None] - np.arange(items)) % 2 == 0
    chosen = generator.random((people, items)) < np.where(alike, 0.4, 0.1)
    chosen[:, :2] = generator.random((people, 2)) < 0.8
    chosen[:, -2:] = False
    chosen[:2, -2] = True
    chosen[5] = False
    return chosen


def ratings_of(chosen):
    return Interactions(*np.nonzero(chosen), n_users=chosen.shape[0], n_items=chosen.shape[1])


@pytest.fixture(scope="module")
def chosen():
    return chosen_of()


@pytest.fixture(scope="module")
def fans(chosen):
    return Fans().fit(ratings_of(chosen))


def test_lifts_are_counted_by_hand(chosen):
    model = Fans(support=3, damping=4.0, activity_damping=0.6).fit(ratings_of(chosen))
    kept = model.weights_.toarray()
    both = csr_array((model.both_, model.weights_.indices, model.weights_.indptr)).toarray()
    plain = chosen.astype(int).T @ chosen.astype(int)
    for a, b in np.ndindex(*kept.shape):
        if a != b and plain[a, b] >= 3:
            lift, share = naive.fans_lift(chosen, 0.6, 4.0, a, b)
            assert kept[a, b] == pytest.approx(max(np.log(lift), 0), abs=1e-5)
            assert model.log_share_[b] == pytest.approx(np.log(share), abs=1e-5)
            assert both[a, b] == (plain[a, b] if kept[a, b] > 0 else 0)
        else:
            assert kept[a, b] == 0


def test_kept_are_those_that_lead_a_list_of_the_familiar(chosen):
    fans, few = (Fans(neighbors=n, familiarity=0.8).fit(ratings_of(chosen)) for n in (24, 3))
    for item in range(22):
        whole = fans.also_like([item], 3).items[0]
        assert few.also_like([item], 3).items[0].tolist() == whole.tolist()


@pytest.mark.parametrize("asked", [[4], [4, 7]])
def test_the_list_is_ordered_as_stated(fans, chosen, asked):
    kept, h = fans.weights_.toarray()[asked], len(asked)
    plain = (chosen.astype(float).T @ chosen)[asked]
    error = np.sqrt(np.where(kept > 0, 1 / np.maximum(plain, 1), 0).sum(axis=0))
    score = (kept.sum(axis=0) - fans.caution * error) / h + fans.familiarity * fans.log_share_
    spoken_of = [i for i in range(24) if kept[:, i].any() and i not in asked]
    expected = sorted(spoken_of, key=lambda i: -score[i])
    found = fans.also_like(asked, 24)
    listed = found.items[0][found.items[0] >= 0]
    assert listed.tolist() == expected
    np.testing.assert_allclose(found.scores[0, : len(listed)], score[listed], rtol=1e-4)
    among = fans.also_like(asked, 24, candidates=[*asked, 0, *expected[2:4]]).items[0]
    assert [i for i in among if i >= 0] == [i for i in expected if i in (0, *expected[2:4])]


def test_the_score_of_a_person_is_naive_bayes_with_overlap(fans):
    history = np.zeros((1, 24), np.float32)
    history[0, [2, 4, 9]] = (5, 1, 3)
    lifts = fans.weights_.toarray()[[2, 4, 9]].sum(axis=0)
    expected = fans.log_share_ + lifts / (1 + 2 * fans.overlap)
    scores = fans._score(fans.fold_in(history))[0]
    np.testing.assert_allclose(scores, expected, rtol=1e-4)


def test_evidence_is_counted_plainly(fans, chosen):
    found = fans.also_like([4], 5).items[0]
    evidence = fans.evidence([4], found)
    people = chosen.any(axis=1).sum()
    for n, item in enumerate(found):
        both = int((chosen[:, 4] & chosen[:, item]).sum())
        assert (evidence.both[n], evidence.fans[n]) == (both, chosen[:, 4].sum())
        assert evidence.share[n] == pytest.approx(both / chosen[:, 4].sum())
        assert evidence.everybody[n] == pytest.approx(chosen[:, item].sum() / people)
        assert evidence.lift[n] == pytest.approx(evidence.share[n] / evidence.everybody[n])
    (reasons,) = fans.explain(np.eye(24, dtype=np.float32)[4], [found[0]])
    share, everybody = (f"{x:.0%}" for x in (evidence.share[0], evidence.everybody[0]))
    assert (reasons[0].kind, reasons[0].item) == ("rated", 4)
    assert reasons[0].label == f"{share} of its fans like this, {everybody} of everybody"


def test_evidence_of_several_titles_adds_up_where_each_speaks(fans):
    found = fans.also_like([4, 7], 24).items[0]
    found = found[found >= 0]
    together, first, second = (fans.evidence(asked, found) for asked in ([4, 7], [4], [7]))
    np.testing.assert_array_equal(together.both, first.both + second.both)
    np.testing.assert_array_equal(together.fans, first.fans + second.fans)
    assert ((first.both == 0) != (second.both == 0)).any(), "some are kept for one title only"


def test_of_what_too_few_like_nothing_is_known(fans, chosen):
    popular = Popularity().fit(ratings_of(chosen))
    for item in (22, 23):
        history = np.eye(24, dtype=np.float32)[[item]]
        wanted = popular.recommend(history, 5).items[0].tolist()
        assert fans.recommend(history, 5).items[0].tolist() == wanted
        assert fans.also_like([item], 5).items[0].tolist() == wanted
        evidence = fans.evidence([item], wanted)
        assert not evidence.both.any()
        assert not evidence.lift.any()
        assert evidence.everybody.all()
        assert fans.explain(history, [wanted[0]])[0][0].kind == "popular"


def test_whoever_likes_nearly_everything_says_less(chosen):
    everything = chosen.copy()
    everything[6:12] = True
    everything[6:12, -1] = False
    heard, unheard = (
        Fans(activity_damping=power).fit(ratings_of(everything)).weights_.toarray()
        for power in (0.0, 1.0)
    )
    across = np.add.outer(np.arange(22), np.arange(22)) % 2 == 1
    assert unheard[:22, :22][across].sum() < heard[:22, :22][across].sum()


def test_bad_questions_are_told(fans):
    for asked in ([], [24], [-1], [1.5]):
        with pytest.raises(InvalidInput, match="items"):
            fans.also_like(asked)
    with pytest.raises(InvalidInput, match="`n`"):
        fans.also_like([1], 0)
    with pytest.raises(InvalidInput, match="results"):
        fans.evidence([1], [99])
    with pytest.raises(NotReady):
        Fans().also_like([1])


def test_what_fans_of_known_movies_like_on_ml_100k(shared_data):
    from matinee.data import load

    dataset = load("ml-100k")
    titles = dataset.item_table.column("title").to_pylist()
    model = Fans().fit(dataset.interactions.liked(4))
    for asked, wanted in (
        ("Star Wars (1977)", "Empire Strikes Back, The (1980)"),
        ("Die Hard (1988)", "Terminator, The (1984)"),
        ("Toy Story (1995)", "Aladdin (1992)"),
        ("Fargo (1996)", "Leaving Las Vegas (1995)"),
    ):
        item = titles.index(asked)
        found = model.also_like([item], 10).items[0]
        assert wanted in [titles[i] for i in found], asked
        assert model.evidence([item], found).lift.min() > 1.2
