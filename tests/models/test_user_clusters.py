"""User clusters score by the formula that they state, and place people by what is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee.errors import InvalidInput
from matinee.interactions import Interactions, SideInformation
from matinee.models.user_clusters import UserClusters

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
    stated = SideInformation(user_features=profiles_of(), user_feature_names=NAMES)
    parameters = {"n_clusters": 2, "dimensions": 2, **parameters}
    return UserClusters(**parameters).fit(chosen_of(), stated if side else None)


def test_finds_the_groups():
    labels = fitted(side=False).people_[:-1, 0]
    assert len(set(labels)) == 2
    for group in range(2):
        assert len(set(labels[np.arange(59) % 2 == group])) == 1


@pytest.mark.parametrize("damping", [0.0, 0.25, 30.0])
def test_scores_are_the_formula(damping):
    train, model = chosen_of(), fitted(side=False, n_clusters=4, damping=damping)
    matrix = train.matrix.toarray()
    labels, n = model.people_[:, 0], train.n_users
    everybody = matrix.sum(axis=0) / n
    score = model._score(model.people_)
    for user in range(60):
        members = np.flatnonzero(labels == labels[user])
        if labels[user] == len(model.size_):
            assert user == 59, "only the last has no history"
            np.testing.assert_allclose(score[user], everybody, rtol=1e-5)
            continue
        assert model.size_[labels[user]] == len(members)
        expected = (matrix[members].sum(axis=0) + damping * everybody) / (len(members) + damping)
        np.testing.assert_allclose(score[user], expected, rtol=1e-5)


def test_a_cluster_without_people_is_like_everybody(monkeypatch):
    """Centers that attract nobody are rare: here one is made, by moving it away."""
    from matinee.models import user_clusters as module

    plain = module.kmeans

    def with_a_lost_center(points, k, **rest):
        found = plain(points, k, **rest)
        far = np.full((1, points.shape[1]), 1e3, np.float32)
        return found._replace(centers=np.vstack([found.centers, far]))

    monkeypatch.setattr(module, "kmeans", with_a_lost_center)
    for damping in (0.0, 0.25, 30.0):
        model = fitted(side=False, damping=damping)
        assert model.size_.tolist()[-1] == 0
        np.testing.assert_allclose(model.rate_[-2], model.rate_[-1], rtol=1e-5)


def test_somebody_of_whom_nothing_is_known_is_served_like_everybody():
    model = fitted()
    popular = np.argsort(-model.item_count_, kind="stable")[:5]
    assert model.recommend([-1], 5).items[0].tolist() == popular.tolist()
    ((reason,),) = model.explain(csr_array((1, 24), dtype=np.float32), 3)
    assert (reason.kind, reason.label) == ("popular", f"liked by {model.item_count_[3]} people")


def nobody(rows):
    return csr_array((rows, 24), dtype=np.float32)


def test_a_profile_alone_places_a_person():
    model = fitted(profile_weight=1.0)
    genders = csr_array(np.array([[0, 0, 1, 0], [0, 0, 0, 1]], np.float32))
    ranking = model.recommend(nobody(2), 5, profiles=genders)
    assert (ranking.items % 2 == [[0], [1]]).mean() > 0.9


def test_a_field_that_is_not_stated_pulls_nowhere():
    """Fitted with ages that lean to one group, gender alone still decides by gender alone."""
    people = profiles_of().toarray()
    people[:, :2] = 0
    people[np.arange(60) % 2 == 1, 0] = 1
    side = SideInformation(user_features=people, user_feature_names=NAMES)
    model = UserClusters(n_clusters=2, dimensions=2, profile_weight=1.0).fit(chosen_of(), side)
    one_gender = np.array([[0, 0, 1, 0]], np.float32)
    points, known = model._points(nobody(1), csr_array(one_gender))
    width = model.vectors_.shape[1]
    assert known[0].tolist() == [False] * width + [False, False, True, True]
    assert not points[0, : width + 2].any()
    both, stated = model._points(nobody(1), csr_array(one_gender + np.eye(4)[:1]))
    assert stated[0].tolist() == [False] * width + [True] * 4
    assert both[0, width] > 0


def test_profiles_are_left_out_at_no_weight():
    model = fitted(profile_weight=0.0)
    assert len(model.profile_mean_) == 0
    assert model.centers_.shape[1] == model.vectors_.shape[1]
    np.testing.assert_array_equal(model.people_, fitted(side=False).people_)
    assert model.recommend(nobody(1), 3, profiles=profiles_of()[[0]]).items.shape == (1, 3)


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
    assert (model.people_ == len(model.size_)).all()
    np.testing.assert_allclose(model._score(model.people_), 1)


def test_explanations():
    train, model = chosen_of(), fitted(side=False)
    history = train.matrix[[0]]
    item = int(model.recommend([0], 1).items[0, 0])
    reasons = model.explain(history, item)[0]
    assert [r.weight for r in reasons] == sorted((r.weight for r in reasons), reverse=True)
    label = int(model.people_[0, 0])
    rate, everybody = model.rate_[label], model.rate_[-1]
    (cluster,) = [r for r in reasons if r.kind == "cluster"]
    assert cluster.weight == pytest.approx(np.log(rate[item] / everybody[item]), rel=1e-5)
    own = model.people_[:, 0] == label
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
