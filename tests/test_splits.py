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
    Protocol,
    Split,
    given_and_rest,
    k_folds,
    leave_last_out,
    new_items,
    new_users,
    random_split,
    time_split,
    user_holdout,
)


def ratings_of(n=200, n_users=12, seed=0):
    """Ratings whose value tells the row, so that rows can be followed into the parts."""
    generator = np.random.default_rng(seed)
    return Interactions(
        generator.integers(0, n_users, n),
        np.arange(n),
        np.arange(n),
        generator.integers(0, 30, n),
        n_users=n_users + 1,
        n_items=n + 1,
    )


def rows(part):
    return part.value.astype(int).tolist()


def assert_parts(split, ratings):
    """Both parts keep the order, the sizes and all columns of what they were made of."""
    assert sorted(rows(split.train) + rows(split.test)) == list(range(len(ratings)))
    for part in (split.train, split.test):
        kept = rows(part)
        assert kept == sorted(kept)
        np.testing.assert_array_equal(part.user_index, ratings.user_index[kept])
        np.testing.assert_array_equal(part.item_index, ratings.item_index[kept])
        np.testing.assert_array_equal(part.time, ratings.time[kept])
        assert (part.n_users, part.n_items) == (ratings.n_users, ratings.n_items)
        assert len(part)


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
        assert inner.protocol == split.protocol
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
    # The same rule once more: what it prints, with its minimum.
    inner = split.validation()
    assert inner.protocol == split.protocol
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


@pytest.mark.parametrize("make", [leave_last_out, time_split])
def test_splits_by_time_need_times(make):
    with pytest.raises(InvalidInput, match="time of each rating"):
        make(Interactions([0, 0], [0, 1], [1, 2]))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), min_size=20, max_size=80),
    st.integers(1, 5),
    st.integers(1, 4),
    st.integers(0, 3),
    st.sampled_from([None, 3]),
)
def test_new_users_against_a_loop(rated, tenths, minimum, seed, liked):
    users, values = zip(*rated, strict=True)
    n = len(users)
    ratings = Interactions(users, np.arange(n), values, np.arange(n), n_users=11, n_items=n)
    rows = [r for r in range(n) if liked is None or values[r] >= liked]
    generator = np.random.default_rng(seed)
    people = generator.permutation(sorted({users[r] for r in rows}))
    keys = dict(zip(rows, generator.random(len(rows)), strict=True))
    held = list(people[: int(len(people) * Fraction(tenths, 10))])
    train = [r for r in rows if users[r] not in held]
    test = []
    for user in sorted(held):
        of_user = sorted((r for r in rows if users[r] == user), key=keys.get)
        test += of_user if len(of_user) >= minimum else []
    if not train or not test:
        with pytest.raises(InvalidInput, match="both sides"):
            new_users(ratings, tenths / 10, seed, liked=liked, minimum=minimum)
        return
    split = new_users(ratings, tenths / 10, seed, liked=liked, minimum=minimum)
    # The item tells the row.
    assert split.train.item_index.tolist() == train
    assert split.test.item_index.tolist() == test


def test_each_fold_of_new_users_holds_others():
    ratings = ratings_of(600, 30)
    splits = [new_users(ratings, 0.1, 5, minimum=1, fold=fold) for fold in range(10)]
    held = [set(s.test.user_index) for s in splits]
    assert set.union(*held) == set(range(30))
    assert sum(map(len, held)) == 30
    assert str(splits[0].protocol) == "new users, 90%/10%, seed 5, judged with 1+ items"
    assert "fold 3 of 10" in str(splits[2].protocol)
    with pytest.raises(InvalidParameter, match="`fold` must lie in 0..9"):
        new_users(ratings, 0.1, fold=10)


def test_new_users_hold_out_once_more():
    split = new_users(ratings_of(900, 30), 0.2, 5, liked=100, minimum=7, fold=1)
    inner = split.validation()
    again = new_users(split.train, 0.2, 5, minimum=7)
    np.testing.assert_array_equal(inner.test.item_index, again.test.item_index)
    assert not set(inner.test.user_index) & set(split.test.user_index)
    assert inner.protocol.fold is None
    assert "liked = rated 100+" in str(inner.protocol)
    assert "judged with 7+ items" in str(inner.protocol)


def test_of_new_users_the_first_are_given():
    held = new_users(ratings_of(300, 9), 0.5, 1, minimum=12).test
    every = [set(held.item_index[held.user_index == u]) for u in np.unique(held.user_index)]
    before = [set() for _ in every]
    for k in (0, 1, 5, 11):
        people, given, rest = given_and_rest(held, k)
        assert people.tolist() == np.unique(held.user_index).tolist()
        for row, whole in enumerate(every):
            known, to_find = set(given[[row]].indices), set(rest[[row]].indices)
            assert len(known) == k
            assert known | to_find == whole
            assert not known & to_find
            assert before[row] <= known, "those given before are given again"
            before[row] = known
    first = [held.item_index[held.user_index == u][0] for u in people]
    assert given_and_rest(held, 1)[1].indices.tolist() == first


def test_new_items_are_in_no_training_row():
    ratings = Interactions(np.arange(200) % 20, np.arange(200) % 40, np.arange(200), n_items=45)
    split = new_items(ratings, 0.25, 3, liked=20)
    hidden = np.random.default_rng(3).permutation(40)[:10]
    assert set(split.test.item_index) == set(hidden)
    assert set(split.train.item_index) == set(range(40)) - set(hidden)
    assert len(split.train) + len(split.test) == 180
    assert str(split.protocol) == "new items, 75%/25%, seed 3, liked = rated 20+"
    inner = split.validation()
    assert inner.protocol == split.protocol
    assert set(inner.test.item_index) == set(new_items(split.train, 0.25, 3).test.item_index)
    with pytest.raises(InvalidInput, match="both sides"):
        new_items(ratings, 0.01)


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
@pytest.mark.parametrize("make", [random_split, user_holdout, time_split, new_users, new_items])
def test_fractions(make, fraction):
    with pytest.raises(InvalidParameter, match="between 0 and 1"):
        make(ratings_of(), fraction)


def test_too_few_ratings():
    with pytest.raises(InvalidInput, match="both sides"):
        random_split(ratings_of(5), 0.1)
    with pytest.raises(InvalidParameter, match="folds"):
        next(k_folds(ratings_of(5), 1))


def test_protocols_print_themselves():
    assert str(Protocol("given")) == "given"
    assert str(Protocol("random", 0.1, 42)) == "random, 90%/10%, seed 42"
    assert str(Protocol("random", 0.125, 1)) == "random, 87.5%/12.5%, seed 1"
    assert str(Protocol("k-fold", fold="1 of 5", seed=7)) == "k-fold, fold 1 of 5, seed 7"
    assert str(Protocol("time", 0.3)) == "time, 70%/30%"
    assert Protocol("random", 0.1, 42, note="x").as_dict() == {
        "kind": "random",
        "fraction": 0.1,
        "seed": 42,
        "fold": None,
        "minimum": None,
        "note": "x",
    }


def test_given_parts_are_validated_at_random():
    ratings = ratings_of(100)
    split = Split(ratings, ratings)
    assert str(split.protocol) == "given"
    assert str(split.validation().protocol) == "random, 90%/10%, seed 0"
