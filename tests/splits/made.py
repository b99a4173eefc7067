"""Ratings whose rows can be followed into the parts of a split."""

from __future__ import annotations

import numpy as np

from matinee.interactions import Interactions


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


def shared_ratings(people=20, items=40, seed=0):
    """The same, but people share items: no pair occurs twice."""
    generator = np.random.default_rng(seed)
    users, chosen = np.nonzero(generator.random((people, items)) < 0.7)
    n = len(users)
    order = generator.permutation(n)
    return Interactions(users[order], chosen[order], np.arange(n), generator.integers(0, 30, n))


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
