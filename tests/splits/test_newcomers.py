"""People and items that training never saw: who is held out, and what is given of them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Interactions
from matinee.splits import (
    given_and_rest,
    new_items,
    new_users,
    random_split,
    strong_generalization,
)

from .made import ratings_of, shared_ratings


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
    assert splits[0].protocol.title == "new-users, 90%/10%, seed 5, users with 1+, given 0"
    assert "fold 3 of 10" in splits[2].protocol.title
    assert "block 3 of 10%" in str(splits[2].protocol)
    with pytest.raises(InvalidParameter, match="`fold` must lie in 0..9"):
        new_users(ratings, 0.1, fold=10)


def test_new_users_hold_out_once_more():
    split = new_users(ratings_of(900, 30), 0.2, 5, liked=100, minimum=7, fold=1)
    inner = split.validation()
    again = new_users(split.train, 0.2, 5, minimum=7)
    np.testing.assert_array_equal(inner.test.item_index, again.test.item_index)
    assert not set(inner.test.user_index) & set(split.test.user_index)
    assert "block 1, within the training part of: new-users" in str(inner.protocol)


def test_of_new_users_the_first_are_given():
    split = new_users(ratings_of(300, 9), 0.5, 1, minimum=12)
    held = split.test
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
        part = split.giving(k)
        assert part.train is split.train
        assert part.people.tolist() == people.tolist()
        assert part.protocol.given == k
        for ratings, matrix in ((part.known, given), (part.test, rest)):
            np.testing.assert_array_equal(ratings.matrix[people].indices, matrix.indices)
            np.testing.assert_array_equal(ratings.value, ratings.item_index)
    first = [held.item_index[held.user_index == u][0] for u in people]
    assert given_and_rest(held, 1)[1].indices.tolist() == first


def test_new_items_are_in_no_training_row():
    ratings = Interactions(np.arange(200) % 20, np.arange(200) % 40, np.arange(200), n_items=45)
    split = new_items(ratings, 0.25, 3, liked=20)
    hidden = np.random.default_rng(3).permutation(40)[:10]
    assert set(split.test.item_index) == set(hidden)
    assert set(split.train.item_index) == set(range(40)) - set(hidden)
    assert len(split.train) + len(split.test) == 180
    assert split.protocol.title == "new-items, 75%/25%, seed 3, liked = rated 20+"
    inner = split.validation()
    assert set(inner.test.item_index) == set(new_items(split.train, 0.25, 3).test.item_index)
    with pytest.raises(InvalidInput, match="both sides"):
        new_items(ratings, 0.01)


def test_what_cannot_be_given():
    split = new_users(ratings_of(300, 9), 0.5, 1, minimum=12)
    fewest = np.bincount(split.test.user_index)[split.people].min()
    for k in (-1, fewest):
        with pytest.raises(InvalidParameter, match=rf"in 0..{fewest - 1}, so that"):
            split.giving(k)
    for other in (split.giving(5), random_split(ratings_of())):
        with pytest.raises(InvalidInput, match="of whom nothing is given yet"):
            other.giving(1)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12), st.integers(0, 5)), max_size=90),
    st.integers(1, 9),
    st.integers(1, 5),
    st.integers(1, 9),
    st.integers(0, 3),
    st.sampled_from([None, 2]),
)
def test_strong_generalization_against_a_loop(rated, tenths, minimum, tenths_given, seed, liked):
    rated = list({(user, item): (user, item, value) for user, item, value in rated}.values())
    part = [(user, item) for user, item, value in rated if liked is None or value >= liked]
    counts = {user: sum(u == user for u, _ in part) for user, _ in part}
    generator = np.random.default_rng(seed)
    people = generator.permutation(sorted(u for u in counts if counts[u] >= minimum))
    keys = dict(zip(part, generator.random(len(part)), strict=True))
    held = list(people[: int(len(people) * Fraction(tenths, 10))])
    train = [row for row in part if row[0] not in held]
    trained = {item for _, item in train}
    known, test = [], []
    for user in sorted(held):
        theirs = [row for row in part if row[0] == user and row[1] in trained]
        to_find = int(len(theirs) * Fraction(10 - tenths_given, 10))
        if len(theirs) >= minimum and to_find:
            found = sorted(theirs, key=keys.get)[:to_find]
            test += found
            known += [row for row in theirs if row not in found]
    users, items, values = zip(*rated, strict=True) if rated else ([], [], [])
    ratings = Interactions(
        np.array(users, int), np.array(items, int), np.array(values, float), n_users=11, n_items=14
    )

    def made():
        return strong_generalization(
            ratings, tenths / 10, seed, minimum=minimum, given=tenths_given / 10, liked=liked
        )

    if not train or not test:
        with pytest.raises(InvalidInput, match="both sides"):
            made()
        return
    split = made()
    place = {row: n for n, row in enumerate(part)}
    for found, wanted in ((split.train, train), (split.test, test), (split.given, known)):
        pairs = zip(found.user_index.tolist(), found.item_index.tolist(), strict=True)
        assert list(pairs) == sorted(wanted, key=place.get)
    assert split.people.tolist() == sorted({user for user, _ in test})
    assert split.known is split.given


def test_strong_generalization_tunes_on_other_people():
    split = strong_generalization(shared_ratings(40), 0.25, 7)
    inner = split.validation()
    parts = [set(p.tolist()) for p in (inner.train.user_index, inner.people, split.people)]
    assert set.union(*parts) == set(range(40))
    assert sum(map(len, parts)) == 40
    assert len(parts[2]) == 10
    assert len(parts[1]) == 7, "a quarter of the thirty others"
    # As published: a fifth of each is to be found, of nobody less than one.
    for user in split.people:
        n = (split.given.user_index == user).sum(), (split.test.user_index == user).sum()
        assert n[1] == sum(n) // 5 >= 1
