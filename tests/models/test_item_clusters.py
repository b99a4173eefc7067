"""Item clusters score by the formula that they state, and find groups that are there."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee.clustering.vectors import FEATURES
from matinee.errors import InvalidInput
from matinee.interactions import Interactions, SideInformation
from matinee.models.item_clusters import ItemClusters


def chosen_of(n_users=60, n_items=24, seed=0):
    """Person u mostly chooses items of group u % 3; the last of each has nothing."""
    generator = np.random.default_rng(seed)
    alike = (np.arange(n_users)[:, None] - np.arange(n_items)) % 3 == 0
    chosen = generator.random((n_users, n_items)) < np.where(alike, 0.7, 0.05)
    chosen[-1] = chosen[:, -1] = False
    return Interactions(*np.nonzero(chosen), n_users=n_users, n_items=n_items)


def test_finds_the_groups():
    model = ItemClusters(n_clusters=3, dimensions=3).fit(chosen_of())
    labels = model.labels_[:-1]
    for group in range(3):
        assert len(set(labels[np.arange(23) % 3 == group])) == 1
    assert len(set(labels)) == 3


@pytest.mark.parametrize("damping", [0.0, 5.0])
def test_scores_are_the_formula(damping):
    train = chosen_of()
    model = ItemClusters(n_clusters=4, dimensions=3, damping=damping).fit(train)
    matrix = train.matrix.toarray()
    n_i, n = matrix.sum(axis=0), matrix.sum()
    scores = model.recommend(np.arange(60), 24, exclude_seen=False)
    for user in range(60):
        for item, score in zip(scores.items[user], scores.scores[user], strict=True):
            members = model.labels_ == model.labels_[item]
            n_c = n_i[members].sum()
            mine, all_of_mine = matrix[user, members].sum(), matrix[user].sum()
            if all_of_mine + damping == 0:
                taste = n_c / n
            else:
                taste = (mine + damping * n_c / n) / (all_of_mine + damping)
            assert score == pytest.approx(taste * n_i[item] / max(n_c, 1), rel=1e-5)
        if damping:
            assert scores.scores[user].sum() == pytest.approx(1, rel=1e-5), "a distribution"


def test_nobody_is_served_like_everybody():
    train = chosen_of()
    model = ItemClusters(n_clusters=3).fit(train)
    best = model.item_count_[model.recommend([-1], 24).items[0]]
    assert best.tolist() == sorted(model.item_count_.tolist(), reverse=True)


def test_traits_place_items_that_nobody_chose():
    train = chosen_of()
    traits = csr_array(np.eye(3, dtype=np.float32)[np.arange(24) % 3])
    side = SideInformation(traits, ("genre:a", "genre:b", "genre:c"))
    model = ItemClusters(n_clusters=3, dimensions=3).fit(train, side)
    assert model.labels_[23] == model.labels_[20]
    assert model.similar_items([23], 3).items[0].tolist()[0] % 3 == 23 % 3


def test_an_item_of_which_nothing_is_known_is_like_none():
    model = ItemClusters(n_clusters=3).fit(chosen_of())
    ranking = model.similar_items([23, 0], 23)
    assert (ranking.items[0] == -1).all()
    assert 23 not in ranking.items[1]
    assert (ranking.items[1] % 3 == 0)[:6].all()


@pytest.mark.parametrize("features", FEATURES)
def test_what_items_are_grouped_by(features):
    """Traits go by threes, choices by threes shifted in the second half."""
    kinds = (np.arange(24) + (np.arange(24) >= 12)) % 3
    side = SideInformation(np.eye(3, dtype=np.float32)[kinds], ("genre:a", "genre:b", "genre:c"))
    model = ItemClusters(n_clusters=3, dimensions=3, features=features).fit(chosen_of(), side)
    by_kind = sum(len(set(model.labels_[:-1][kinds[:-1] == kind])) == 1 for kind in range(3))
    by_people = sum(len(set(model.labels_[:-1][np.arange(23) % 3 == g])) == 1 for g in range(3))
    assert features != "traits" or by_kind == 3 > by_people
    assert features != "interaction" or by_people == 3 > by_kind


def test_traits_alone_need_traits():
    with pytest.raises(InvalidInput, match="whose genres, year or tags are known"):
        ItemClusters(features="traits").fit(chosen_of())


def test_no_more_clusters_than_items_that_differ_and_a_sixth_of_them():
    side = SideInformation(np.eye(3, dtype=np.float32)[np.arange(24) % 3], ("genre:a",) * 3)
    model = ItemClusters(features="traits", n_clusters=20).fit(chosen_of(), side)
    assert len(model.share_) == 3
    assert len(ItemClusters(n_clusters=20).fit(chosen_of()).share_) == 23 // 6
    assert len(ItemClusters(n_clusters=20).fit(Interactions([0, 1], [0, 1])).share_) == 1


def test_items_of_which_nothing_is_known_fall_to_a_center():
    model = ItemClusters(n_clusters=3, dimensions=3).fit(chosen_of())
    assert not model.vectors_[23].any()
    assert 0 <= model.labels_[23] < 3
    everything = Interactions(*np.indices((5, 4)).reshape(2, -1), n_users=5, n_items=4)
    assert ItemClusters().fit(everything).labels_.tolist() == [0] * 4


@pytest.mark.parametrize("features", FEATURES)
def test_same_seed_same_clusters_at_one_and_two_threads(features):
    side = SideInformation(np.eye(3, dtype=np.float32)[np.arange(24) % 3], ("genre:a",) * 3)
    before = numba.get_num_threads()
    found = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            found.append(ItemClusters(features=features, n_clusters=5).fit(chosen_of(), side))
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(found[0].labels_, found[1].labels_)
    np.testing.assert_array_equal(found[0].vectors_, found[1].vectors_)


def test_explanations():
    train = chosen_of()
    traits = csr_array(np.eye(3, dtype=np.float32)[np.arange(24) % 3])
    side = SideInformation(traits, ("genre:a", "genre:b", "decade:1990"))
    model = ItemClusters(n_clusters=3, dimensions=3).fit(train, side)
    for user in range(3):
        history = train.matrix[[user]]
        yours = history.indices
        item = int(model.recommend([user], 1).items[0, 0])
        reasons = model.explain(history, item)[0]
        weights = [r.weight for r in reasons]
        assert weights == sorted(weights, reverse=True)
        assert min(weights) > 0
        rated = [r.item for r in reasons if r.kind == "rated"]
        assert 1 <= len(rated) <= 3
        assert set(rated) <= set(yours)
        assert (model.labels_[rated] == model.labels_[item]).all()
        share = float(model.fold_in(history)[0, model.labels_[item]])
        everybody = float(model.share_[model.labels_[item]])
        (cluster,) = [r for r in reasons if r.kind == "cluster"]
        assert cluster.weight == pytest.approx(np.log(share / everybody), rel=1e-4)
        assert f"{share:.0%} of your taste, {everybody:.0%} of everybody" in cluster.label
        (feature,) = [r for r in reasons if r.kind == "feature"]
        assert feature.label.startswith(("a:", "b:", "films of the 1990s:")[item % 3])
        assert f"{np.mean(yours % 3 == item % 3):.0%} of what you like" in feature.label


def test_where_nothing_speaks_for_an_item_only_its_popularity_is_told():
    model = ItemClusters(n_clusters=3, dimensions=3).fit(chosen_of())
    ((reason,),) = model.explain(csr_array((1, 24), dtype=np.float32), 1)
    assert reason.kind == "popular"
