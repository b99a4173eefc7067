"""Spectral clusters of people: by genre taste, the same rule for people seen and never seen."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee.clustering.kmeans import nearest
from matinee.clustering.people import FEATURES
from matinee.clustering.spectral import AFFINITIES
from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Interactions, SideInformation
from matinee.models.spectral_clusters import SpectralUserClusters
from matinee.storage import archive

GENRES = ("genre:a", "genre:b", "genre:c")
PEOPLE, ITEMS = 90, 30


def chosen_of(seed=0):
    """Person u mostly chooses items of genre u % 3; the last of each has nothing."""
    generator = np.random.default_rng(seed)
    alike = (np.arange(PEOPLE)[:, None] - np.arange(ITEMS)) % 3 == 0
    chosen = generator.random((PEOPLE, ITEMS)) < np.where(alike, 0.7, 0.05)
    chosen[-1] = chosen[:, -1] = False
    return Interactions(*np.nonzero(chosen), n_users=PEOPLE, n_items=ITEMS)


def side_of():
    genres = np.eye(3, dtype=np.float32)[np.arange(ITEMS) % 3]
    people = np.eye(2, dtype=np.float32)[(np.arange(PEOPLE) % 3 == 0).astype(int)]
    return SideInformation(genres, GENRES, people, ("gender:F", "gender:M"))


def fitted(**parameters):
    parameters = {"n_clusters": 3, **parameters}
    return SpectralUserClusters(**parameters).fit(chosen_of(), side_of())


@pytest.mark.parametrize("affinity", AFFINITIES)
def test_finds_the_groups(affinity):
    model = fitted(affinity=affinity)
    assert model.members_[-1] == -1, "who likes nothing is in no cluster"
    assert len(model.size_) == 3
    agree = [
        np.bincount(model.members_[:-1][np.arange(PEOPLE - 1) % 3 == group]).max()
        for group in range(3)
    ]
    assert sum(agree) >= 0.95 * (PEOPLE - 1)


@pytest.mark.parametrize("features", FEATURES)
def test_counts_and_centers_are_those_of_the_members(features):
    model, train, side = fitted(features=features, n_clusters=5), chosen_of(), side_of()
    points, _ = model._kept_view().points(train.matrix, side.user_features)
    points = points.toarray() if features == "likes" else points
    matrix = train.matrix.toarray()
    for cluster, size in enumerate(model.size_):
        members = model.members_ == cluster
        assert members.sum() == size >= 6
        np.testing.assert_array_equal(model.count_[cluster], matrix[members].sum(axis=0))
        np.testing.assert_allclose(model.centers_[cluster], points[members].mean(axis=0), atol=1e-5)


def test_people_are_placed_by_the_rule_that_made_the_clusters():
    model, train = fitted(smallest=0), chosen_of()
    np.testing.assert_array_equal(model.place(train.matrix), model.members_)
    alone = np.concatenate([model.place(train.matrix[[user]]) for user in range(PEOPLE)])
    np.testing.assert_array_equal(alone, model.members_)
    expected = (model.count_ + 30 * model.everybody_) / (model.size_[:, np.newaxis] + 30)
    homes = model.members_[:-1]
    np.testing.assert_allclose(model._score(model.people_)[:-1], expected[homes], rtol=1e-5)


def test_people_of_a_dissolved_cluster_fall_to_the_nearest_of_the_others():
    whole = fitted(n_clusters=12, smallest=0)
    assert whole.size_.min() < 8, "there is something to dissolve"
    model, train = fitted(n_clusters=11, smallest=8), chosen_of()
    assert model.size_.min() >= 8
    assert (model.renumbered_ < 0).any()
    points, _ = model._kept_view().points(train.matrix)
    homes = model.place(train.matrix)
    assert homes[:-1].min() >= 0
    assert homes[-1] == -1
    stayed = homes == model.members_
    by_center = nearest(points, model.centers_)
    np.testing.assert_array_equal(homes[~stayed], by_center[~stayed])


def test_who_is_akin_to_nobody_is_in_no_cluster():
    """Everybody likes one item of each genre, person 0 nothing else: by min-max that is zero."""
    chosen = chosen_of().matrix.toarray() > 0
    chosen[:, :3] = True
    chosen[0, 3:] = False
    train = Interactions(*np.nonzero(chosen), n_users=PEOPLE, n_items=ITEMS)
    model = SpectralUserClusters(n_clusters=3, affinity="cosine", scaling="minmax")
    model.fit(train, side_of())
    assert model.members_[0] == model.place(train.matrix[[0]])[0] == -1
    assert model.left_out_ == 2, "the last person's taste is no other"
    assert model.size_.sum() == PEOPLE - 2
    alone = model.fold_in(train.matrix[[0]])
    np.testing.assert_allclose(model._score(alone)[0], model.everybody_, rtol=1e-6)


def test_a_profile_alone_places_a_person():
    model = fitted()
    nobody = csr_array((1, ITEMS), dtype=np.float32)
    men = csr_array(np.array([[0, 1]], np.float32))
    assert model.place(nobody).tolist() == [-1]
    assert model.place(nobody, men)[0] == model.members_[0]
    assert set(model.recommend(nobody, 5, profiles=men).items[0] % 3) == {0}


def test_without_genres_people_are_grouped_by_what_they_like(caplog):
    model = SpectralUserClusters(n_clusters=3).fit(chosen_of())
    assert "No genre of any item is known" in caplog.text
    assert model.view_features_ == "likes"
    assert len(model.size_) == 3
    with pytest.raises(InvalidInput, match="zip code is known"):
        SpectralUserClusters(features="profiles").fit(chosen_of())


def test_likes_say_why():
    model, train = fitted(), chosen_of()
    item = int(model.recommend([0], 1).items[0, 0])
    reasons = model.explain(train.matrix[[0]], [item])[0]
    home = int(model.members_[0])
    (cluster,) = [r for r in reasons if r.kind == "cluster"]
    counted = model.count_[home, item] / model.size_[home]
    assert f"{counted:.0%} of the {model.size_[home]} people most like you" in cluster.label
    rated = [r.item for r in reasons if r.kind == "rated"]
    assert rated
    assert {i % 3 for i in rated} == {item % 3}
    assert not model.has_item_vectors


@pytest.mark.parametrize("affinity", AFFINITIES)
def test_same_seed_same_clusters_at_one_and_two_threads(affinity):
    before = numba.get_num_threads()
    found = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            model = fitted(affinity=affinity)
            found.append((model.members_, model.landmarks_, model.projection_, model.count_))
    finally:
        numba.set_num_threads(before)
    for one, two in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)


def test_an_archive_places_people_as_before(tmp_path):
    model, train = fitted(), chosen_of()
    archive.save(model, tmp_path / "saved", people=False)
    loaded = archive.load(tmp_path / "saved")
    assert not hasattr(loaded, "members_")
    np.testing.assert_array_equal(loaded.place(train.matrix), model.place(train.matrix))


def test_where_nobody_can_be_placed_everybody_is_served_alike(tmp_path):
    """All like the same, so co-choice says nothing; the model is saved and read like others."""
    alike = Interactions(*np.nonzero(np.ones((20, 2))), n_users=20, n_items=2)
    model = SpectralUserClusters(features="factors").fit(alike)
    assert (model.members_ == -1).all()
    archive.save(model, tmp_path / "saved", people=False)
    loaded = archive.load(tmp_path / "saved")
    assert loaded.place(alike.matrix[[0]]).tolist() == [-1]
    assert loaded.recommend(alike.matrix[[0]], 2, exclude_seen=False).items.shape == (1, 2)


def test_what_is_refused():
    for wrong in ({"affinity": "love"}, {"scaling": "log"}, {"n_clusters": 0}, {"landmarks": -1}):
        with pytest.raises(InvalidParameter, match=next(iter(wrong))):
            SpectralUserClusters(**wrong)
