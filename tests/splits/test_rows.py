"""Every split parts the rows, and does so by the rule that it prints."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Interactions
from matinee.splits import (
    k_folds,
    leave_last_out,
    new_items,
    new_users,
    random_split,
    rolling_windows,
    strong_generalization,
    time_split,
    user_holdout,
)

from .made import assert_parts, ratings_of, rows

makers = {
    "random": lambda r: random_split(r, 0.3, 1),
    "per-user": lambda r: user_holdout(r, 0.3, 1),
    "leave-last-out": leave_last_out,
    "time": lambda r: time_split(r, 0.3),
    "k-fold": lambda r: next(k_folds(r, 3)),
}


@pytest.fixture(params=makers)
def kind(request):
    return request.param


def test_every_split_parts_the_rows(kind):
    ratings = ratings_of()
    split = makers[kind](ratings)
    assert_parts(split, ratings)
    assert split.protocol.kind == kind


def test_same_seed_same_split(kind):
    once, again = (makers[kind](ratings_of()) for _ in range(2))
    assert rows(once.test) == rows(again.test)
    assert once.protocol == again.protocol


def test_validation_parts_the_training_ratings(kind):
    split = makers[kind](ratings_of(400))
    inner = split.validation()
    assert sorted(rows(inner.train) + rows(inner.test)) == rows(split.train)
    if kind != "k-fold":
        again = makers[kind](split.train)
        assert rows(again.test) == rows(inner.test)


@given(st.integers(2, 60), st.integers(1, 99), st.integers(0, 5))
@example(100, 29, 0)  # 100 * 0.29 is 28.999999999999996
def test_random_split_takes_exactly_the_fraction(n, percent, seed):
    ratings = ratings_of(n)
    wanted = int(n * Fraction(percent, 100))
    if wanted == 0:
        with pytest.raises(InvalidInput, match="both sides"):
            random_split(ratings, percent / 100, seed)
        return
    split = random_split(ratings, percent / 100, seed)
    assert_parts(split, ratings)
    assert set(rows(split.test)) == set(np.random.default_rng(seed).permutation(n)[:wanted])


@given(
    st.lists(st.integers(0, 3), min_size=8, max_size=60),
    st.integers(1, 9),
    st.integers(1, 6),
    st.integers(0, 3),
)
def test_user_holdout_against_a_loop(users, tenths, minimum, seed):
    n = len(users)
    ratings = Interactions(users, np.arange(n), np.arange(n), np.arange(n), n_users=4, n_items=n)
    generator = np.random.default_rng(seed)
    generator.permutation(n)
    keys = generator.random(n)
    test = []
    for user in range(4):
        of_user = sorted((row for row in range(n) if users[row] == user), key=lambda r: keys[r])
        if len(of_user) >= minimum:
            test += of_user[: int(len(of_user) * Fraction(tenths, 10))]
    if not test or len(test) == n:
        with pytest.raises(InvalidInput, match="both sides"):
            user_holdout(ratings, tenths / 10, seed, minimum=minimum)
        return
    split = user_holdout(ratings, tenths / 10, seed, minimum=minimum)
    assert_parts(split, ratings)
    assert rows(split.test) == sorted(test)


def test_user_holdout_of_what_was_liked():
    ratings = ratings_of(300)
    split = user_holdout(ratings, 0.2, 3, minimum=2, liked=100)
    assert split.train.value is None
    assert sorted([*split.train.item_index, *split.test.item_index]) == list(range(100, 300))
    assert "users with 2+, liked = rated 100+" in str(split.protocol)
    inner = split.validation()
    expected = user_holdout(split.train, 0.2, 3, minimum=2)
    np.testing.assert_array_equal(inner.test.item_index, expected.test.item_index)
    with pytest.raises(InvalidInput, match="both sides"):
        user_holdout(ratings, 0.2, 3, liked=1000)


def test_validation_keeps_the_minimum():
    ratings = Interactions([0] * 4 + [1] * 20, np.arange(24), np.arange(24))
    split = user_holdout(ratings, 0.25, 0, minimum=4)
    assert 0 in split.test.user_index
    assert 0 not in split.validation().test.user_index
    few = user_holdout(ratings, 0.5, 0, minimum=1).validation()
    assert np.bincount(few.test.user_index).tolist() == [1, 5]


@given(st.integers(2, 40), st.integers(2, 8))
def test_k_folds_hold_each_rating_once(n, k):
    ratings = ratings_of(n)
    if k > n:
        with pytest.raises(InvalidParameter, match="folds"):
            list(k_folds(ratings, k))
        return
    splits = list(k_folds(ratings, k, seed=1))
    assert len(splits) == k
    for split in splits:
        assert_parts(split, ratings)
        assert n // k <= len(split.test) <= -(-n // k)
    assert sorted(row for split in splits for row in rows(split.test)) == list(range(n))
    assert [s.protocol.fold for s in splits] == [f"{i + 1} of {k}" for i in range(k)]


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
@pytest.mark.parametrize(
    "make",
    [
        random_split,
        user_holdout,
        time_split,
        lambda r, share: next(rolling_windows(r, share)),
        strong_generalization,
        lambda r, share: strong_generalization(r, given=share),
        new_users,
        new_items,
    ],
)
def test_fractions(make, fraction):
    with pytest.raises(InvalidParameter, match="between 0 and 1"):
        make(ratings_of(), fraction)


def test_too_few_ratings():
    with pytest.raises(InvalidInput, match="both sides"):
        random_split(ratings_of(5), 0.1)
    with pytest.raises(InvalidParameter, match="folds"):
        next(k_folds(ratings_of(5), 1))


def test_no_pair_on_both_sides():
    twice = Interactions([0, 0, 1, 1, 1, 2], [0, 0, 1, 2, 3, 0], np.ones(6), np.arange(6))
    with pytest.raises(InvalidInput, match=r"on both sides, got 1 .*data\.drop_duplicates"):
        leave_last_out(twice)
    with pytest.raises(InvalidInput, match="on both sides"):
        list(k_folds(twice, 3, seed=2))
    # Where both rows go the same way nothing leaks.
    assert len(time_split(twice, 0.3).test) == 1
