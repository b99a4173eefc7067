"""Splits by time: the past on one side, the future on the other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Interactions
from matinee.splits import leave_last_out, rolling_windows, time_split

from .made import ratings_of, rows


def test_leave_last_out():
    #                        three of user 0, a tie of user 1, one of user 2, none of user 3
    ratings = Interactions(
        [0, 1, 0, 1, 2, 0], range(6), range(6), [5, 3, 9, 3, 1, 7], n_users=4, n_items=6
    )
    split = leave_last_out(ratings)
    assert rows(split.test) == [2, 3]
    with pytest.raises(InvalidInput, match="both sides"):
        leave_last_out(Interactions([0, 1], [0, 1], [1, 2], [1, 2]))
    with pytest.raises(InvalidInput, match="both sides"):
        leave_last_out(Interactions([], [], [], []))


def test_time_split_is_one_cut_for_everybody():
    ratings = ratings_of()
    split = time_split(ratings, 0.25)
    by_time = sorted(range(200), key=lambda row: (ratings.time[row], row))
    assert rows(split.test) == sorted(by_time[150:])
    assert split.train.time.max() <= split.test.time.min()


def test_time_split_breaks_ties_by_row():
    ratings = Interactions(range(10), range(10), range(10), np.zeros(10, int))
    assert rows(time_split(ratings, 0.2).test) == [8, 9]


@pytest.mark.parametrize(
    "make", [leave_last_out, time_split, lambda ratings: list(rolling_windows(ratings))]
)
def test_splits_by_time_need_times(make):
    with pytest.raises(InvalidInput, match="time of each rating"):
        make(Interactions([0, 0], [0, 1], [1, 2]))


def test_the_latest_liked_is_left_out():
    ratings = Interactions([0, 0, 0, 1, 1], range(5), [5, 4, 1, 5, 2], [1, 2, 3, 4, 5])
    split = leave_last_out(ratings, liked=4)
    assert split.test.item_index.tolist() == [1]
    assert split.train.item_index.tolist() == [0, 3]
    assert split.train.value is None


@given(
    st.lists(st.integers(0, 9), min_size=10, max_size=40),
    st.integers(1, 3),
    st.integers(1, 3),
    st.sampled_from([None, 1]),
)
def test_rolling_windows_against_a_loop(times, tenths, windows, liked):
    n = len(times)
    values = np.arange(n) % 3
    ratings = Interactions(np.arange(n) % 4, np.arange(n), values, times)
    by_time = sorted(range(n), key=lambda row: (times[row], row))
    size = n * tenths // 10
    wanted = []
    for start in range(n - windows * size, n, size):
        parts = sorted(by_time[:start]), sorted(by_time[start : start + size])
        wanted.append([[r for r in p if liked is None or values[r] >= liked] for p in parts])
    if not all(part for window in wanted for part in window):
        with pytest.raises(InvalidInput, match="both sides"):
            list(rolling_windows(ratings, tenths / 10, windows, liked=liked))
        return
    splits = list(rolling_windows(ratings, tenths / 10, windows, liked=liked))
    assert [[s.train.item_index.tolist(), s.test.item_index.tolist()] for s in splits] == wanted
    for split in splits:
        assert split.train.time.max() <= split.test.time.min()
    last = time_split(ratings, tenths / 10, liked=liked)
    np.testing.assert_array_equal(splits[-1].test.item_index, last.test.item_index)


def test_the_last_window_of_training_is_for_tuning():
    split = list(rolling_windows(ratings_of(), 0.1, 5, liked=20))[1]
    inner = split.validation()
    assert inner.test.item_index.tolist() == time_split(split.train, 0.1).test.item_index.tolist()
    assert inner.test.time.max() <= split.test.time.min()
    assert inner.train.time.max() <= inner.test.time.min()


def test_windows_must_leave_something_to_train_on():
    for fraction, windows in ((0.2, 5), (0.6, 2), (0.1, 0)):
        with pytest.raises(InvalidParameter, match="leave ratings before them"):
            list(rolling_windows(ratings_of(), fraction, windows))
