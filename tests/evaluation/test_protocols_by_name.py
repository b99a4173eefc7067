"""Splits by name: each is the one that `splits` makes, for both tasks."""

from __future__ import annotations

import numpy as np
import pytest

from matinee import splits
from matinee.errors import InvalidInput, InvalidParameter
from matinee.evaluation.protocols import GIVEN, NAMES, parts
from matinee.interactions import Interactions


def ratings_of(people=40, items=60, seed=0):
    generator = np.random.default_rng(seed)
    user, item = np.nonzero(generator.random((people, items)) < 0.7)
    order = generator.permutation(len(user))
    value, time = generator.integers(1, 6, len(user)), generator.integers(0, 99, len(user))
    return Interactions(user[order], item[order], value, time, n_users=people, n_items=items)


def wanted(name, r, liked):
    seed = 7
    if name == "random":
        return [splits.random_split(r, 0.1, seed)]
    return {
        "per-user": lambda: [splits.user_holdout(r, 0.2, seed, minimum=5, liked=liked)],
        "leave-last-out": lambda: [splits.leave_last_out(r, liked=liked)],
        "time": lambda: [splits.time_split(r, 0.1, liked=liked)],
        "rolling": lambda: list(splits.rolling_windows(r, 0.1, 5, liked=liked)),
        "k-fold": lambda: list(splits.k_folds(r, 5, seed, liked=liked)),
        "strong": lambda: [
            splits.strong_generalization(r, 0.1, seed, minimum=5, given=0.8, liked=liked)
        ],
        "new-users": lambda: [
            splits.new_users(r, 0.1, seed, liked=liked, minimum=15).giving(k) for k in GIVEN
        ],
        "new-items": lambda: [splits.new_items(r, 0.1, seed, liked=liked)],
    }[name]()


@pytest.mark.parametrize("task", ["rating", "ranking"])
@pytest.mark.parametrize("name", NAMES)
def test_each_by_its_name(name, task):
    ratings, liked = ratings_of(), 3 if task == "ranking" else None
    found = parts(name, ratings, task, liked=3, seed=7, filters=["users with 20+"])
    expected = wanted(
        "per-user" if task == "ranking" and name == "random" else name, ratings, liked
    )
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        for part in ("train", "test", "known"):
            a, b = getattr(one, part), getattr(other, part)
            for column in ("user_index", "item_index", "value", "time"):
                np.testing.assert_array_equal(getattr(a, column), getattr(b, column))
        assert one.protocol.filters == ("users with 20+",)
        assert "filters: users with 20+" in str(one.protocol)
        assert (one.given is None) == (name not in ("strong", "new-users"))
        assert (one.test.value is None) == (task == "ranking")
        if one.given is not None:
            assert not set(one.people) & set(one.train.user_index)
        # Tuning never sees a test row, nor anything of the people who are judged newly.
        inner = one.validation()
        rows = {(u, i) for u, i in zip(one.test.user_index, one.test.item_index, strict=True)}
        for part in (inner.train, inner.test, inner.known):
            assert not rows & set(zip(part.user_index, part.item_index, strict=True))


def test_one_fit_serves_all_numbers_of_given_rows():
    found = parts("new-users", ratings_of(), "rating")
    assert len({id(s.train) for s in found}) == 1
    assert [s.protocol.given for s in found] == list(GIVEN)
    assert [len(s.given) for s in found] == [k * len(found[0].people) for k in GIVEN]
    assert found[3].given.value is not None


def test_implicit_ratings_need_no_threshold():
    rated = ratings_of()
    chosen = rated.liked(3)
    (split,) = parts("strong", chosen, "ranking")
    assert split.protocol.liked is None
    (same,) = parts("strong", rated, "ranking", liked=3)
    np.testing.assert_array_equal(split.test.item_index, same.test.item_index)


def test_what_cannot_be_split():
    ratings = ratings_of()
    with pytest.raises(InvalidParameter, match=r"one of random, .*new-items, got 'weekly'"):
        parts("weekly", ratings, "rating")
    with pytest.raises(InvalidParameter, match="rating or ranking"):
        parts("time", ratings, "scoring")
    with pytest.raises(InvalidParameter, match="`liked` must say"):
        parts("time", ratings, "ranking")
    with pytest.raises(InvalidInput, match="ratings with values"):
        parts("time", ratings.liked(1), "rating")
