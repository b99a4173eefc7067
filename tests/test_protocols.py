"""On ml-100k: the splits that published figures are measured on, written out naively.

Whoever reproduces these rules elsewhere gets the same rows, so figures stand in one table.
"""

from __future__ import annotations

import numpy as np
import pytest

from matinee import models
from matinee.evaluation.compare import evaluate
from matinee.evaluation.protocols import parts
from matinee.splits import leave_last_out, random_split, time_split, user_holdout


def rows_of(ratings, part):
    """Positions in `ratings` of the rows of `part`: pairs are unique."""
    place = {
        pair: row
        for row, pair in enumerate(
            zip(ratings.user_index.tolist(), ratings.item_index.tolist(), strict=True)
        )
    }
    return [
        place[pair] for pair in zip(part.user_index.tolist(), part.item_index.tolist(), strict=True)
    ]


def test_the_data(ml_100k):
    assert len(ml_100k) == 100_000
    assert (ml_100k.n_users, ml_100k.n_items) == (943, 1682)
    assert ml_100k.scale == (1, 5)


@pytest.mark.parametrize("seed", [42, 43])
def test_random_90_10(ml_100k, seed):
    split = random_split(ml_100k, 0.1, seed)
    test = np.random.default_rng(seed).permutation(100_000)[: 100_000 // 10].tolist()
    assert rows_of(ml_100k, split.test) == sorted(test)
    assert rows_of(ml_100k, split.train) == sorted(set(range(100_000)) - set(test))
    np.testing.assert_array_equal(split.test.value, ml_100k.value[sorted(test)])


def test_top_n(ml_100k):
    split = user_holdout(ml_100k, 0.2, 42, liked=4)
    generator = np.random.default_rng(42)
    generator.permutation(100_000)
    liked = [row for row in range(100_000) if ml_100k.value[row] >= 4]
    key = dict(zip(liked, generator.random(len(liked)), strict=True))
    of_user: dict[int, list[int]] = {}
    for row in liked:
        of_user.setdefault(int(ml_100k.user_index[row]), []).append(row)
    train, test = [], []
    for rows in of_user.values():
        in_order = sorted(rows, key=key.__getitem__)
        held = len(rows) // 5 if len(rows) >= 5 else 0
        test += in_order[:held]
        train += in_order[held:]
    assert rows_of(ml_100k, split.test) == sorted(test)
    assert rows_of(ml_100k, split.train) == sorted(train)
    assert split.train.value is None


def test_global_time(ml_100k):
    split = time_split(ml_100k, 0.1)
    by_time = sorted(range(100_000), key=lambda row: (ml_100k.time[row], row))
    assert rows_of(ml_100k, split.test) == sorted(by_time[90_000:])


def test_leave_last_out(ml_100k):
    split = leave_last_out(ml_100k)
    last: dict[int, int] = {}
    for row, user in enumerate(ml_100k.user_index.tolist()):
        if user not in last or ml_100k.time[row] >= ml_100k.time[last[user]]:
            last[user] = row
    assert rows_of(ml_100k, split.test) == sorted(last.values())


def test_rolling_windows(ml_100k):
    by_time = sorted(range(100_000), key=lambda row: (ml_100k.time[row], row))
    windows = parts("rolling", ml_100k, "rating")
    for window, split in enumerate(windows):
        start = 50_000 + 10_000 * window
        assert rows_of(ml_100k, split.train) == sorted(by_time[:start])
        assert rows_of(ml_100k, split.test) == sorted(by_time[start : start + 10_000])


def drawn(ratings, minimum, seed):
    """Rows of each user rated 4 or higher; users with so many, permuted; then each row's key."""
    generator = np.random.default_rng(seed)
    liked = [row for row in range(len(ratings)) if ratings.value[row] >= 4]
    of_user: dict[int, list[int]] = {}
    for row in liked:
        of_user.setdefault(int(ratings.user_index[row]), []).append(row)
    enough = [user for user in sorted(of_user) if len(of_user[user]) >= minimum]
    people = generator.permutation(enough).tolist()
    return of_user, people, dict(zip(liked, generator.random(len(liked)), strict=True))


def test_strong_generalization(ml_100k):
    (split,) = parts("strong", ml_100k, "ranking", liked=4, seed=42)
    of_user, people, key = drawn(ml_100k, 5, 42)
    assert len(people) < len(of_user), "somebody likes fewer than five"
    held = people[: len(people) // 10]
    train = [row for user in of_user if user not in held for row in of_user[user]]
    trained = {int(ml_100k.item_index[row]) for row in train}
    given, test = [], []
    for user in held:
        rows = [row for row in of_user[user] if int(ml_100k.item_index[row]) in trained]
        to_find = len(rows) // 5 if len(rows) >= 5 else 0
        in_order = sorted(rows, key=key.__getitem__)
        test += in_order[:to_find]
        given += in_order[to_find:]
    assert rows_of(ml_100k, split.train) == sorted(train)
    assert rows_of(ml_100k, split.test) == sorted(test)
    assert rows_of(ml_100k, split.given) == sorted(given)
    assert split.people.tolist() == sorted(held)


def test_new_people(ml_100k):
    of_user, people, key = drawn(ml_100k, 1, 42)
    held = people[: len(people) // 10]
    judged = sorted(user for user in held if len(of_user[user]) >= 15)
    for split, k in zip(
        parts("new-users", ml_100k, "ranking", liked=4), (0, 1, 5, 10), strict=True
    ):
        in_order = [sorted(of_user[user], key=key.__getitem__) for user in judged]
        assert rows_of(ml_100k, split.given) == [row for rows in in_order for row in rows[:k]]
        assert rows_of(ml_100k, split.test) == [row for rows in in_order for row in rows[k:]]
        train = [row for user in of_user if user not in held for row in of_user[user]]
        assert rows_of(ml_100k, split.train) == sorted(train)


def test_popularity_is_what_peers_measure(ml_100k):
    result = evaluate(models.create("popularity"), user_holdout(ml_100k, 0.2, 42, liked=4))
    assert 0.147 <= result.figures["ndcg@10"] <= 0.149
    assert 0.175 <= result.figures["recall@20"] <= 0.180


def test_biases_are_what_peers_measure(ml_100k):
    result = evaluate(models.create("biases"), random_split(ml_100k, 0.1, 42))
    assert 0.930 <= result.figures["rmse"] <= 0.9372


@pytest.mark.parametrize("name", ["item_clusters", "user_clusters"])
def test_clusters_beat_popularity_clearly(ml_100k, name):
    """By more than the .005 under which no difference means anything."""
    split = user_holdout(ml_100k, 0.2, 42, liked=4)
    result = evaluate(models.create(name), split)
    assert result.intervals["ndcg@10"][0] > 0.149 + 0.005
