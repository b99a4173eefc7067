"""Taste is a damped fit along directions of movies, and no row's taste has seen its own rating."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee.errors import InvalidInput
from matinee.interactions import Interactions
from matinee.regression import taste
from matinee.regression.taste import Taste


def ratings_of(n_users=60, n_items=25, seed=0):
    """Everybody rates movies of one parity higher."""
    generator = np.random.default_rng(seed)
    user, item = np.nonzero(generator.random((n_users, n_items)) < 0.5)
    value = np.where(user % 2 == item % 2, 4, 2) + generator.integers(-1, 2, len(user))
    return Interactions(user, item, value, np.arange(len(user)), n_users, n_items)


def test_the_state_of_a_person_minimizes_the_damped_error():
    train = ratings_of()
    found = taste.fit(train, 3)
    state = found.people(train.matrix)
    for user in (0, 1, 7):
        row = train.matrix[[user]]
        along = np.hstack([np.ones((row.nnz, 1)), found.directions[row.indices]])
        rest = row.data - found.item_mean[row.indices]
        slope = along.T @ (along @ state[user] - rest) + np.array([10, 1, 1, 1]) * state[user]
        np.testing.assert_allclose(slope, 0, atol=1e-9)


def test_it_tells_taste():
    train = ratings_of()
    found = taste.fit(train, 2)
    people, items = np.indices((60, 25)).reshape(2, -1)
    state = found.people(train.matrix)
    x = found.of_pairs(state[people], items)
    same = people % 2 == items % 2
    assert x[same, 0].mean() > 0.5
    assert x[~same, 0].mean() < -0.5
    expected = found.item_mean[items] + state[people, 0] + x[:, 0]
    np.testing.assert_allclose(x[:, 1], expected, rtol=1e-5)
    nobody = found.people(csr_array((1, 25), dtype=np.float32))
    np.testing.assert_array_equal(nobody, 0)
    unknown = found.of_pairs(nobody, np.array([-1]))[0]
    assert unknown.tolist() == pytest.approx([0, train.value.mean()], abs=1e-6)


@pytest.mark.parametrize("past", [False, True])
def test_no_row_has_seen_its_own_rating(past):
    train = ratings_of()
    before = taste.of_training(train, 2, past=past)
    row = 400
    value = train.value.copy()
    value[row] = 9
    changed = Interactions(train.user_index, train.item_index, value, train.time, 60, 25)
    after = taste.of_training(changed, 2, past=past)
    np.testing.assert_array_equal(before[row], after[row])
    differ = (before != after).any(axis=1) & ~np.isnan(before[:, 0])
    assert differ.any(), "others may see it"
    assert not past or np.flatnonzero(differ).min() > row, "but none of the past"


def test_without_times_there_is_no_past():
    train = ratings_of()
    timeless = Interactions(train.user_index, train.item_index, train.value, None, 60, 25)
    assert np.isnan(taste.of_training(timeless, 2, past=True)).all()


def test_more_directions_than_there_are():
    train = Interactions([0, 0, 1], [0, 1, 0], [3, 4, 5], n_users=2, n_items=2)
    found = taste.fit(train, 16)
    assert found.directions.shape == (3, 16)
    assert np.isfinite(taste.of_training(train, 16)).any()


def test_there_and_back_and_damaged():
    found = taste.fit(ratings_of(), 4)
    arrays = found.arrays()
    assert Taste.of(arrays, 26).width == 5
    for wrong in (
        {},
        arrays | {"directions": arrays["directions"][:-1]},
        arrays | {"directions": arrays["directions"][:, 0]},
        arrays | {"item_mean": np.full(26, np.nan)},
    ):
        with pytest.raises(InvalidInput):
            Taste.of(wrong, 26)
