"""bayes_fm that is told which pairs will be asked for."""

import numpy as np

from matinee import models
from matinee.interactions import Interactions


def chosen(seed=0):
    """People who rate at random what they were shown, but choose only what they like."""
    generator = np.random.default_rng(seed)
    users, items = np.nonzero(generator.random((80, 40)) < 0.5)
    like = (users % 2) == (items % 2)
    shown = generator.random(len(users)) < 0.2
    kept = like | shown
    value = 3 + np.where(like, 1, -1) + generator.normal(0, 0.3, len(users))
    return Interactions(users[kept], items[kept], value[kept], n_users=80, n_items=40)


def quick(name):
    return models.create(name, factors=3, epochs=60, burn_in=20, kept=20)


def test_unasked_it_is_bayes_fm():
    ratings = chosen()
    one, other = (quick(name).fit(ratings) for name in ("bayes_fm", "bayes_fm_transductive"))
    np.testing.assert_array_equal(one.people_, other.people_)
    np.testing.assert_array_equal(one.items_, other.items_)


def test_what_is_asked_tells_of_people_with_one_rating():
    ratings = chosen()
    few = (ratings.user_index >= 20) | (np.r_[True, np.diff(ratings.user_index) > 0])
    train, test = ratings.take(few), ratings.take(~few)
    error = []
    for asked in (None, test):
        model = quick("bayes_fm_transductive").fit(train, asked=asked)
        error.append(np.mean((model.predict(test.user_index, test.item_index) - test.value) ** 2))
    assert error[1] < 0.95 * error[0]
