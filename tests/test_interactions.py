"""Arrays in, checked arrays and sorted matrices out."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array, csc_array, csr_array, csr_matrix

from matinee.errors import InvalidInput
from matinee.interactions import (
    Interactions,
    SideInformation,
    default_liked_threshold,
    sorted_csr,
)

pairs = st.lists(
    st.tuples(st.integers(0, 6), st.integers(0, 4), st.integers(-2, 2)),
    unique_by=lambda row: row[:2],
)


def columns(rows):
    return [[row[c] for row in rows] for c in range(3)]


def assert_canonical(matrix):
    assert isinstance(matrix, csr_array)
    assert matrix.dtype == np.float32
    assert matrix.indices.dtype == matrix.indptr.dtype == np.int32
    for start, stop in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        assert (np.diff(matrix.indices[start:stop]) > 0).all()


def test_types_and_sizes():
    ratings = Interactions([0, 2], np.array([1, 0], np.uint8), [3, 4.5], [10, 20])
    assert ratings.user_index.dtype == ratings.item_index.dtype == np.int32
    assert ratings.value.dtype == np.float32
    assert ratings.time.dtype == np.int64
    assert (ratings.n_users, ratings.n_items, len(ratings)) == (3, 2, 2)


def test_nothing_at_all():
    nothing = Interactions([], [], [], [])
    assert (len(nothing), nothing.n_users, nothing.n_items) == (0, 0, 0)
    assert nothing.scale == (0.0, 0.0)
    assert Interactions([], [], n_users=2, n_items=3).matrix.shape == (2, 3)
    assert Interactions([], [], n_users=2, n_items=3).by_item.shape == (3, 2)


def test_is_frozen():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Interactions([0], [0]).n_users = 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [0]), "equally long"),
        (([0], [0], [1.0, 2.0]), "equally long"),
        (([0], [0], [1.0], [1, 2]), "equally long"),
        ((["a"], [0]), "integers"),
        (([0.0], [0]), "integers"),
        (([True], [0]), "integers"),
        (([[0]], [0]), "one-dimensional"),
        (([-1], [0]), "user_index.*-1"),
        (([0], [0], [[1.0]]), "one-dimensional"),
        (([0], [0], 1.0), "one-dimensional"),
        (([0], [0], ["x"]), "numbers"),
        (([0], [0], [np.nan]), "finite, got 1"),
        (([0, 0], [0, 1], [np.inf, -np.inf]), "finite, got 2"),
        (([0], [0], [1e39]), "finite"),
        (([0], [0], None, [1.5]), "whole seconds"),
        (([0], [0], None, np.array(["2020-01-01"], "datetime64[s]")), "whole seconds"),
        (([0], [0], None, [[1]]), "one-dimensional"),
        (([2], [0], None, None, 2, 1), r"0\.\.1, got 2"),
        (([0], [9], None, None, 1, 9), r"0\.\.8, got 9"),
        (([0], [0], None, None, 2**31, 1), "2147483647"),
        (([2**31], [0]), "2147483647"),
    ],
)
def test_what_is_refused(arguments, message):
    with pytest.raises(InvalidInput, match=message):
        Interactions(*arguments)


def test_at_most_five_offenders_are_named():
    with pytest.raises(InvalidInput, match="1, 2, 3, 4, 5 and 2 more"):
        Interactions(np.arange(8), np.zeros(8, int), n_users=1, n_items=1)


@given(pairs)
def test_the_matrix_holds_every_rating_sorted(rows):
    users, items, values = columns(rows)
    ratings = Interactions(users, items, values, n_users=7, n_items=5)
    expected = np.full((7, 5), np.nan)
    for user, item, value in rows:
        expected[user, item] = value
    for matrix, wanted in ((ratings.matrix, expected), (ratings.by_item, expected.T)):
        assert_canonical(matrix)
        assert matrix.shape == wanted.shape
        assert matrix.nnz == len(rows), "a rating of zero is a rating"
        for row in range(len(wanted)):
            part = slice(matrix.indptr[row], matrix.indptr[row + 1])
            np.testing.assert_array_equal(
                matrix.indices[part], np.flatnonzero(~np.isnan(wanted[row]))
            )
            np.testing.assert_array_equal(matrix.data[part], wanted[row][~np.isnan(wanted[row])])
    assert ratings.matrix is ratings.matrix


def test_implicit_feedback_counts_as_ones():
    chosen = Interactions([1, 0], [0, 1], n_users=2, n_items=3)
    np.testing.assert_array_equal(chosen.matrix.toarray(), [[0, 1, 0], [1, 0, 0]])
    assert chosen.scale == (1.0, 1.0)
    assert chosen.liked(4) is chosen


def test_duplicates_have_no_matrix():
    with pytest.raises(InvalidInput, match="once"):
        _ = Interactions([0, 1, 0], [2, 1, 2], [1, 2, 3]).matrix


def test_take_keeps_order_and_sizes():
    ratings = Interactions([0, 1, 2], [2, 1, 0], [1, 2, 3], [7, 8, 9], n_users=5, n_items=4)
    for rows in ([2, 0], np.array([2, 0])):
        part = ratings.take(np.asarray(rows))
        assert part.user_index.tolist() == [2, 0]
        assert part.value.tolist() == [3, 1]
        assert part.time.tolist() == [9, 7]
        assert (part.n_users, part.n_items) == (5, 4)
    assert len(ratings.take(np.zeros(3, bool))) == 0
    bare = Interactions([0, 1], [0, 1]).take(np.array([False, True]))
    assert bare.value is None
    assert bare.time is None


def test_liked_is_at_or_above_the_threshold():
    ratings = Interactions([0, 0, 1], [0, 1, 1], [4.0, 3.5, 5.0], [1, 2, 3])
    liked = ratings.liked(4)
    assert liked.value is None
    assert liked.item_index.tolist() == [0, 1]
    assert liked.time.tolist() == [1, 3]
    assert ratings.scale == (3.5, 5.0)


@pytest.mark.parametrize(
    ("low", "high", "threshold"), [(1, 5, 4), (0.5, 5, 3.875), (1, 10, 7.75), (3, 3, 3)]
)
def test_default_liked_threshold(low, high, threshold):
    assert default_liked_threshold(low, high) == threshold


@pytest.mark.parametrize("form", [np.asarray, csr_matrix, csc_array, coo_array])
def test_sorted_csr_takes_any_matrix(form):
    dense = np.array([[0, 2.5], [1, 0]])
    result = sorted_csr(form(dense))
    assert_canonical(result)
    np.testing.assert_array_equal(result.toarray(), dense)


def test_sorted_csr_leaves_its_argument_alone():
    given_ = csr_array(
        (np.array([1, 2, 4], np.float32), np.array([1, 0, 1]), np.array([0, 3])), shape=(1, 2)
    )
    result = sorted_csr(given_)
    assert_canonical(result)
    assert result.toarray().tolist() == [[2, 5]]
    assert given_.indices.tolist() == [1, 0, 1]
    assert given_.data.tolist() == [1, 2, 4]


def test_sorted_csr_keeps_zeros_and_narrows_indices():
    wide = csr_array(
        (np.zeros(1), np.array([1], np.int64), np.array([0, 1], np.int64)), shape=(1, 2)
    )
    result = sorted_csr(wide)
    assert_canonical(result)
    assert result.nnz == 1


def test_side_information_must_be_named():
    features = csr_array(np.eye(2, dtype=np.float32))
    assert SideInformation().item_features is None
    SideInformation(features, ("a", "b"), features, ("c", "d"))
    with pytest.raises(InvalidInput, match="item_feature_names.*2 columns, got 1"):
        SideInformation(features, ("a",))
    with pytest.raises(InvalidInput, match="user_feature_names.*0 columns, got 1"):
        SideInformation(user_feature_names=("a",))


def test_side_information_is_made_canonical():
    side = SideInformation(csr_matrix(np.eye(2)), ("a", "b"), np.eye(2), ("c", "d"))
    assert_canonical(side.item_features)
    assert_canonical(side.user_features)


def test_times_follow_the_matrix():
    ratings = Interactions([1, 0, 1], [0, 2, 1], [4.0, 3.0, 5.0], [30, 10, 20])
    assert ratings.matrix_times.tolist() == [10, 30, 20]
    assert ratings.matrix.data.tolist() == [3, 4, 5]
    assert Interactions([0], [0]).matrix_times is None
