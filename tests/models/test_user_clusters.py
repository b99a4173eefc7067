"""User clusters score by the formula that they state, and place people by what is known."""

from __future__ import annotations

import naive
import numba
import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee import models
from matinee.clustering.kmeans import nearest
from matinee.clustering.people import FEATURES
from matinee.data import load
from matinee.errors import InvalidInput, InvalidParameter
from matinee.evaluation.compare import evaluate
from matinee.evaluation.protocols import parts
from matinee.features import side_information
from matinee.interactions import Interactions, SideInformation
from matinee.models.user_clusters import UserClusters
from matinee.storage import archive

NAMES = ("age:18-24", "age:25-34", "gender:F", "gender:M")


def chosen_of(n_users=60, n_items=24, seed=0):
    """Person u mostly chooses items of group u % 2; the last of each has nothing."""
    generator = np.random.default_rng(seed)
    alike = (np.arange(n_users)[:, None] - np.arange(n_items)) % 2 == 0
    chosen = generator.random((n_users, n_items)) < np.where(alike, 0.6, 0.03)
    chosen[-1] = chosen[:, -1] = False
    return Interactions(*np.nonzero(chosen), n_users=n_users, n_items=n_items)


def profiles_of(n_users=60):
    """Gender goes with taste, age with nothing; the last person says nothing."""
    people = np.zeros((n_users, 4), np.float32)
    people[np.arange(n_users), np.arange(n_users) // 2 % 2] = 1
    people[np.arange(n_users), 2 + np.arange(n_users) % 2] = 1
    people[-1] = 0
    return csr_array(people)


def fitted(side=True, **parameters):
    genres = np.eye(2, dtype=np.float32)[np.arange(24) % 2]
    stated = SideInformation(genres, ("genre:a", "genre:b"), profiles_of(), NAMES)
    parameters = {"n_clusters": 2, "dimensions": 2, **parameters}
    return UserClusters(**parameters).fit(chosen_of(), stated if side else None)


def test_finds_the_groups():
    labels = fitted(side=False).members_
    assert labels[-1] == -1
    assert fitted(side=False).left_out_ == 1
    assert len(set(labels[:-1])) == 2
    for group in range(2):
        assert len(set(labels[:-1][np.arange(59) % 2 == group])) == 1


@pytest.mark.parametrize("features", FEATURES)
@pytest.mark.parametrize("damping", [0.0, 30.0])
def test_scores_are_the_formula(features, damping):
    train = chosen_of()
    model = fitted(features=features, n_clusters=4, damping=damping, smallest=4)
    matrix = train.matrix.toarray()
    everybody = matrix.sum(axis=0) / 59
    score = model._score(model.people_)
    homes = model.place(train.matrix, profiles_of())
    for user in range(60):
        members = np.flatnonzero(model.members_ == homes[user])
        if homes[user] < 0:
            assert user == 59, "only the last has no history"
            np.testing.assert_allclose(score[user], everybody, rtol=1e-5)
            continue
        assert model.size_[homes[user]] == len(members) >= 4
        np.testing.assert_array_equal(model.count_[homes[user]], matrix[members].sum(axis=0))
        expected = (matrix[members].sum(axis=0) + damping * everybody) / (len(members) + damping)
        np.testing.assert_allclose(score[user], expected, rtol=1e-5)


def test_scores_follow_the_counts_of_the_moment():
    """Whoever keeps counts up to date has scores that are."""
    model = fitted(damping=0.0)
    home = int(model.place(chosen_of().matrix[[0]])[0])
    before = model.recommend([0], 24, exclude_seen=False)
    last = int(before.items[0, -1])
    model.count_[home, last] = model.size_[home] + 1
    after = model.recommend([0], 1, exclude_seen=False)
    assert after.items[0, 0] == last
    assert after.scores[0, 0] == pytest.approx(1 + 1 / model.size_[home])


@pytest.mark.parametrize("damping", [0.0, 0.25, 30.0])
def test_a_cluster_whose_people_have_all_gone_is_like_everybody(damping):
    model = fitted(damping=damping)
    home = int(model.place(chosen_of().matrix[[0]])[0])
    model.size_[home] = model.count_[home] = 0
    np.testing.assert_allclose(model._score(model.people_[[0]])[0], model.everybody_, rtol=1e-5)


def outliers():
    """Three people, 57 to 59, like what nobody else does."""
    chosen = chosen_of().matrix.toarray() > 0
    chosen[57:] = False
    chosen[57:, 10:] = True
    return Interactions(*np.nonzero(chosen), n_users=60, n_items=24)


def test_small_clusters_are_dissolved():
    train = outliers()
    apart = UserClusters(features="likes", n_clusters=3, smallest=0).fit(train)
    assert min(apart.size_) == 3
    model = UserClusters(features="likes", n_clusters=3).fit(train)
    assert len(model.size_) == 2
    assert model.size_.sum() == 60
    assert model.count_.sum() == len(train)
    matrix = train.matrix.toarray()
    for cluster in range(2):
        members = matrix[model.members_ == cluster]
        np.testing.assert_array_equal(model.count_[cluster], members.sum(axis=0))
        np.testing.assert_allclose(model.centers_[cluster], members.mean(axis=0), atol=1e-6)
    homes = model.place(train.matrix[[57]])
    assert homes[0] == nearest(train.matrix[[57]], model.centers_)[0], "the nearest of what is left"


def test_no_more_clusters_than_can_be_large_enough():
    for people, smallest, most in ((20, 6, 3), (5, 6, 1), (12, 0, 12), (12, 1, 12)):
        train = Interactions(np.arange(people), np.arange(people), n_users=people, n_items=people)
        model = UserClusters(features="likes", smallest=smallest, n_clusters=50).fit(train)
        assert 1 <= len(model.size_) <= most
        assert model.size_.min() >= min(smallest, people)
        assert model.size_.sum() == people


def test_both_methods_group():
    for method in ("kmeans", "minibatch"):
        model = fitted(side=False, method=method)
        assert len(model.size_) == 2, method
        assert model.size_.sum() == 59, method
    with pytest.raises(InvalidParameter, match="kmeans or minibatch"):
        UserClusters(method="guess")


@pytest.mark.parametrize("features", FEATURES)
def test_same_seed_same_clusters_at_one_and_two_threads(features):
    before = numba.get_num_threads()
    found = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            model = fitted(features=features, n_clusters=5, smallest=2)
            found.append((model.members_, model.count_, model.centers_))
    finally:
        numba.set_num_threads(before)
    for one, two in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)


def test_an_archive_holds_nobody(tmp_path):
    model = fitted()
    archive.save(model, tmp_path / "saved", people=False)
    loaded = archive.load(tmp_path / "saved")
    kept = {k: v for k, v in vars(loaded).items() if k.endswith("_")}
    assert "members_" not in kept
    for name, value in kept.items():
        assert 60 not in getattr(value, "shape", ()), name
    one = profiles_of()[[1]]
    np.testing.assert_array_equal(
        loaded.place(chosen_of().matrix, None), model.place(chosen_of().matrix, None)
    )
    np.testing.assert_array_equal(
        loaded.recommend(nobody(1), 5, profiles=one).items,
        model.recommend(nobody(1), 5, profiles=one).items,
    )


def test_somebody_of_whom_nothing_is_known_is_served_like_everybody():
    model = fitted()
    popular = np.argsort(-model.item_count_, kind="stable")[:5]
    assert model.recommend([-1], 5).items[0].tolist() == popular.tolist()
    assert model.place(nobody(1)).tolist() == [-1]
    ((reason,),) = model.explain(nobody(1), 3)
    assert (reason.kind, reason.label) == ("popular", f"liked by {model.item_count_[3]} people")


def nobody(rows):
    return csr_array((rows, 24), dtype=np.float32)


@pytest.mark.parametrize("features", FEATURES)
def test_a_profile_alone_places_a_person(features):
    model = fitted(features=features, scaling="rows", profile_weight=0.0)
    genders = csr_array(np.array([[0, 0, 1, 0], [0, 0, 0, 1]], np.float32))
    homes = model.place(nobody(2), genders)
    if features in ("taste", "likes", "factors"):
        assert homes[0] == model.members_[0]
        assert homes[1] == model.members_[1]
        ranking = model.recommend(nobody(2), 5, profiles=genders)
        assert (ranking.items % 2 == [[0], [1]]).mean() > 0.9
    assert (homes >= 0).all()


def test_what_a_profile_says_is_bayes_over_the_fields_that_are_stated():
    model = fitted(n_clusters=3, smallest=2)
    shares = [
        [
            naive.profile_share(model.members_, profiles_of().toarray(), NAMES, cluster, column)
            for column in range(4)
        ]
        for cluster in range(len(model.size_))
    ]
    np.testing.assert_allclose(model.profile_share_, shares, rtol=1e-5)
    for stated in ([0, 0, 1, 0], [1, 0, 0, 1], [0, 1, 0, 0]):
        likely = model.size_ * np.prod(np.array(shares) ** stated, axis=1)
        found = model.fold_in(nobody(1), csr_array(np.array([stated], np.float32)))
        np.testing.assert_allclose(found[0], likely / likely.sum(), rtol=1e-4)
    assert not model.fold_in(nobody(1), csr_array((1, 4), dtype=np.float32)).any()


def test_the_reason_for_a_profile_is_that_of_all_clusters_it_may_be_in():
    model = fitted()
    women = csr_array(np.array([[0, 0, 1, 0]], np.float32))
    weights = model.fold_in(nobody(1), women)[0]
    assert 0 < weights.min() < weights.max() < 1
    item = int(model.recommend(nobody(1), 1, profiles=women).items[0, 0])
    (reason,) = model.explain(nobody(1), item, women)[0]
    assert reason.kind == "profile"
    share = sum(weights * model.count_[:, item] / model.size_)
    everybody = model.everybody_[item]
    assert reason.label == (
        f"liked by {share:.0%} of people with a profile like yours, by {everybody:.0%} of everybody"
    )


def test_likes_count_more_than_a_profile():
    """A person with the profile of the other group, whose likes are known."""
    model = fitted(features="likes")
    train = chosen_of()
    other = profiles_of()[[1]]
    assert model.place(train.matrix[[0]], other)[0] == model.members_[0]


def test_profiles_must_fit():
    model = fitted()
    with pytest.raises(InvalidInput, match="4 columns of the training data, got 3"):
        model.fold_in(nobody(1), csr_array(np.ones((1, 3), np.float32)))
    with pytest.raises(InvalidInput, match="each of the 1 histories, got 2"):
        model.fold_in(nobody(1), profiles_of()[[0, 1]])


def test_nobody_known_at_all():
    """Everybody chose everything: there are no groups to be found."""
    everything = Interactions(*np.indices((5, 4)).reshape(2, -1), n_users=5, n_items=4)
    model = UserClusters().fit(everything)
    assert (model.members_ == -1).all()
    assert model.place(everything.matrix).tolist() == [-1] * 5
    np.testing.assert_allclose(model._score(model.people_), 1)


@pytest.mark.parametrize(
    ("features", "what"), [("genres", "genres are known"), ("profiles", "zip code is known")]
)
def test_features_of_which_nothing_is_known(features, what):
    with pytest.raises(InvalidInput, match=what):
        fitted(side=False, features=features)


def test_explanations():
    train, model = chosen_of(), fitted(side=False)
    history = train.matrix[[0]]
    item = int(model.recommend([0], 1).items[0, 0])
    reasons = model.explain(history, item)[0]
    assert [r.weight for r in reasons] == sorted((r.weight for r in reasons), reverse=True)
    label = int(model.place(history)[0])
    rate, everybody = model._score(model.people_[[0]])[0], model.everybody_
    (cluster,) = [r for r in reasons if r.kind == "cluster"]
    assert cluster.weight == pytest.approx(np.log(rate[item] / everybody[item]), rel=1e-5)
    own = model.members_ == label
    counted = train.matrix.toarray()[own, item].mean()
    assert f"{counted:.0%} of the {model.size_[label]} people" in cluster.label, (
        "not the damped one"
    )
    rated = [r for r in reasons if r.kind == "rated"]
    assert 1 <= len(rated) <= 3
    for reason in rated:
        assert reason.item in history.indices
        assert reason.item % 2 == item % 2
        assert 0 < reason.weight <= 1.0001, "a cosine"
    unchosen = model.explain(history, 23)[0]
    assert np.isfinite([r.weight for r in unchosen]).all()


@pytest.mark.parametrize("name", ["ml-100k", "ml-latest-small"])
def test_every_cluster_recommender_is_above_popularity(name, shared_data, monkeypatch, compiled):
    """On people's held-out likes clearly; after one cut in time, where few people are, at all."""
    if not (shared_data / f"{name}.zip").exists():
        pytest.skip(f"no real data: {name}.zip is not in {shared_data}")
    monkeypatch.setenv("MATINEE_DATA", str(shared_data))
    data = load(name)
    side = side_information(data.item_table, data.user_table, data.tags)
    for way, margin in (("random", 0.01), ("time", 0.0)):
        (split,) = parts(way, data.interactions, "ranking", liked=4.0)
        kinds = ("popularity", "user_clusters", "item_clusters", "spectral_clusters")
        made = map(models.create, kinds)
        quality = {m.name: evaluate(m, split, side).figures["ndcg@10"] for m in made}
        bar = quality.pop("popularity") + margin
        assert all(found > bar for found in quality.values()), (split.protocol, bar, quality)
