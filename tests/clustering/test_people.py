"""People become points by the rule that each kind of features states, and unknown stays unknown."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee.clustering.people import FEATURES, SCALINGS, view_of
from matinee.clustering.vectors import unit_rows
from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Interactions, SideInformation

GENRES = ("decade:1990", "genre:Crime", "genre:Drama", "genre:War")
NAMES = ("age:18-24", "age:25-34", "gender:F", "gender:M")


def train_of(n_users=20, n_items=12, seed=0):
    """The last person and the last item have nothing."""
    chosen = np.random.default_rng(seed).random((n_users, n_items)) < 0.4
    chosen[np.arange(n_users), np.arange(n_users) % (n_items - 1)] = True
    chosen[-1] = chosen[:, -1] = False
    return Interactions(*np.nonzero(chosen), n_users=n_users, n_items=n_items)


def side_of(n_users=20, n_items=12, seed=1):
    """No item is of war; item 0 is of no genre; person 0 says nothing, person 1 no age."""
    generator = np.random.default_rng(seed)
    items = (generator.random((n_items, 4)) < 0.5).astype(np.float32)
    items[0, 1:] = items[:, 3] = 0
    people = np.zeros((n_users, 4), np.float32)
    people[np.arange(n_users), np.arange(n_users) % 2] = 1
    people[np.arange(n_users), 2 + np.arange(n_users) // 2 % 2] = 1
    people[0] = people[1, :2] = 0
    return SideInformation(items, GENRES, people, NAMES)


def viewed(features, **rest):
    train, side = train_of(), side_of()
    view = view_of(train, side, features=features, **rest)
    return view, train.matrix, side


def test_likes_are_ones_and_stay_sparse():
    view, matrix, _ = viewed("likes")
    rated = csr_array((matrix.data * 4, matrix.indices, matrix.indptr), shape=matrix.shape)
    points, known = view.points(rated)
    assert isinstance(points, csr_array)
    assert known is None
    np.testing.assert_array_equal(points.toarray(), matrix.toarray())
    assert view.names == tuple(str(i) for i in range(12))
    assert view.placed(matrix).tolist() == [True] * 19 + [False]


@pytest.mark.parametrize("scaling", SCALINGS)
def test_genres_against_loops(scaling):
    view, matrix, side = viewed("genres", scaling=scaling)
    points, known = view.points(matrix)
    assert known is None
    assert points.dtype == np.float32
    assert view.names == GENRES[1:], "a decade is no genre"
    sums = naive.genre_sums(matrix.toarray(), side.item_features.toarray()[:, 1:])
    placed = view.placed(matrix)
    assert placed.tolist() == [bool(row.any()) for row in sums]
    expected = naive.scaled(sums, scaling, sums[placed])
    np.testing.assert_allclose(points[placed], expected[placed], rtol=1e-5, atol=1e-6)


def test_a_genre_that_tells_nobody_apart_is_zero_for_everybody():
    """Nobody's count of war differs: dividing by its range would be dividing by zero."""
    view, matrix, _ = viewed("genres", scaling="minmax")
    points, _ = view.points(matrix)
    assert np.isfinite(points).all()
    assert not points[:, 2].any()
    placed = points[view.placed(matrix)]
    np.testing.assert_allclose(placed[:, :2].min(axis=0), 0)
    np.testing.assert_allclose(placed[:, :2].max(axis=0), 1)


def test_somebody_new_is_scaled_like_the_others():
    view, matrix, _ = viewed("genres", scaling="minmax")
    whole, _ = view.points(matrix)
    alone, _ = view.points(matrix[[7]])
    np.testing.assert_array_equal(alone[0], whole[7])


def test_factors_are_the_direction_of_the_mean_vector():
    view, matrix, _ = viewed("factors", dimensions=3)
    points, known = view.points(matrix)
    assert known is None
    assert points.shape == (20, 3)
    means = [view.items[row > 0].sum(axis=0) for row in matrix.toarray()]
    np.testing.assert_allclose(points, unit_rows(np.array(means)), atol=1e-5)
    assert view.placed(matrix).tolist() == [True] * 19 + [False]
    assert view.names == ("factor:0", "factor:1", "factor:2")


def test_profiles_are_told_from_the_mean_of_those_who_state_them():
    view, matrix, side = viewed("profiles")
    points, known = view.points(matrix, side.user_features)
    people = side.user_features.toarray()
    assert view.names == NAMES
    assert known[0].tolist() == [False] * 4
    assert known[1].tolist() == [False, False, True, True]
    assert known[2:].all()
    stated = people[2:, :2].mean(axis=0)
    np.testing.assert_allclose(points[2:, :2], people[2:, :2] - stated, atol=1e-6)
    assert not points[~known].any()
    placed = view.placed(matrix, side.user_features)
    assert placed.tolist() == [False] + [True] * 18 + [False], "who likes nothing is in no cluster"
    assert not view.placed(matrix).any()


def test_taste_is_what_is_liked_beside_the_profile():
    view, matrix, side = viewed("taste", dimensions=3, profile_weight=0.5)
    points, known = view.points(matrix, side.user_features)
    width = view.items.shape[1]
    assert len(view.names) == points.shape[1] == width + 4
    np.testing.assert_allclose(np.linalg.norm(points[:19, :width], axis=1), 1, rtol=1e-5)
    assert known[:19, :width].all()
    assert not known[19, :width].any()
    profile, stated = viewed("profiles")[0].points(matrix, side.user_features)
    np.testing.assert_allclose(points[:, width:], 0.5 * profile, atol=1e-6)
    np.testing.assert_array_equal(known[:, width:], stated)
    without, nothing = viewed("taste", dimensions=3, profile_weight=0.0)[0].points(matrix)
    assert nothing is None
    np.testing.assert_array_equal(without, points[:, :width])


def test_names_fit_points():
    for features in FEATURES:
        view, matrix, side = viewed(features)
        assert len(view.names) == view.points(matrix, side.user_features)[0].shape[1], features


def test_a_view_holds_nothing_of_a_person():
    for features in FEATURES:
        view, matrix, _ = viewed(features)
        for value in view:
            assert matrix.shape[0] not in getattr(value, "shape", ()), features


def test_same_seed_same_bits():
    for features in FEATURES:
        one, matrix, side = viewed(features)
        two, _, _ = viewed(features)
        a, b = (v.points(matrix, side.user_features)[0] for v in (one, two))
        np.testing.assert_array_equal(getattr(a, "data", a), getattr(b, "data", b))


@pytest.mark.parametrize(
    ("features", "side", "what"),
    [
        ("genres", SideInformation(), "whose genres are known"),
        ("genres", SideInformation(np.ones((12, 1)), ("decade:1990",)), "whose genres are known"),
        ("profiles", SideInformation(), "whose age, gender, occupation or zip code is known"),
        (
            "profiles",
            SideInformation(user_features=np.zeros((20, 1)), user_feature_names=("gender:F",)),
            "whose age, gender, occupation or zip code is known",
        ),
    ],
)
def test_what_is_unknown_of_everybody_is_said(features, side, what):
    with pytest.raises(InvalidInput, match=what):
        view_of(train_of(), side, features=features)


def test_what_is_refused():
    with pytest.raises(InvalidParameter, match="`features` must be taste or likes"):
        view_of(train_of(), side_of(), features="looks")
    with pytest.raises(InvalidParameter, match="`scaling` must be sums"):
        view_of(train_of(), side_of(), features="genres", scaling="log")
    view, matrix, _ = viewed("profiles")
    with pytest.raises(InvalidInput, match="4 columns of the training data, got 3"):
        view.points(matrix, csr_array(np.ones((20, 3), np.float32)))


def test_nobody_who_can_be_placed():
    """Only the item without a genre is liked."""
    train = Interactions([0, 1], [0, 0], n_users=20, n_items=12)
    view = view_of(train, side_of(), features="genres", scaling="minmax")
    assert not view.placed(train.matrix).any()
    assert np.isfinite(view.points(train.matrix)[0]).all()
