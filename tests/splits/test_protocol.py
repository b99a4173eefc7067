"""A protocol says everything: the same split can be made from its words and numbers alone."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest

from matinee.errors import InvalidInput
from matinee.interactions import Interactions
from matinee.splits import (
    Protocol,
    Split,
    again,
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

from .made import ratings_of, shared_ratings

SPLITS = {
    "random": lambda r: random_split(r, 0.3, 9),
    "per-user": lambda r: user_holdout(r, 0.3, 9, minimum=7, liked=50),
    "leave-last-out": partial(leave_last_out, liked=50),
    "time": partial(time_split, fraction=0.2, liked=50),
    "rolling": lambda r: list(rolling_windows(r, 0.2, 3))[1],
    "k-fold": lambda r: list(k_folds(r, 4, 9, liked=50))[2],
    "strong": lambda r: strong_generalization(r, 0.3, 9, minimum=7, given=0.5, liked=50),
    "new-users": lambda r: new_users(r, 0.3, 9, minimum=7, liked=50, fold=2).giving(3),
    "new-items": lambda r: new_items(r, 0.3, 9, liked=50),
}


def columns(split):
    parts = (split.train, split.test, split.given)
    return [None if p is None else (p.user_index, p.item_index, p.value, p.time) for p in parts]


@pytest.mark.parametrize("kind", SPLITS)
def test_the_same_split_again(kind):
    ratings = shared_ratings()
    split = SPLITS[kind](ratings)
    assert split.protocol.kind == kind
    for made in (split, split.validation(), split.validation().validation()):
        stated = made.protocol.as_dict()
        assert json.loads(json.dumps(stated)) == stated
        assert stated["text"] == str(made.protocol)
        protocol = Protocol.of(stated)
        assert protocol == made.protocol
        found = again(ratings, protocol)
        assert found.protocol == protocol
        np.testing.assert_equal(columns(found), columns(made))


# Whatever decides over rows must be readable.
SAID = {
    "random": "random, 70%/30%, seed 9; of all ratings the first 30% (rounded down) of "
    "numpy.random.default_rng(9).permutation are test; filters: none; counted: every test rating; "
    "masked: nothing",
    "per-user": "per-user, 70%/30%, seed 9, users with 7+, liked = rated 50+; "
    "numpy.random.default_rng(9) draws a permutation of all ratings, then .random() for each of "
    "those rated 50+, in file order; of each user with 7+ of them the 30% (rounded down) with the "
    "smallest keys are test; filters: none; counted: every person with a test item; masked: the "
    "person's training items, and no others",
    "leave-last-out": "of those rated 50+ the latest of each user with 2+ is test",
    "time": "of all ratings in order of time (ties: file order) the last 20% (rounded down) are "
    "test; of both parts those rated 50+ are kept; filters: none",
    "rolling": "end in 3 windows of 20% each (rounded down); window 2 is test, all before it is "
    "training, what comes later is in neither",
    "k-fold": "those at places j of numpy.random.default_rng(9).permutation with j mod 4 = 3 - 1",
    "strong": "the first 30% (rounded down) of the users are held out, nothing of them is trained "
    "on, and their rows of items that training lacks are dropped; of each who still has 7+ the 50% "
    "(rounded down) with the smallest keys are test, the others are given; filters: none; counted: "
    "every person with a test item; masked: the person's given items, and no others",
    "new-users": "block 3 of 30% (rounded down) of the users is held out, and nothing of them is "
    "trained on; of each with 7+ the 3 with the smallest keys are given, the others are test",
    "new-items": "of the items (ascending) of those rated 50+ the first 30% (rounded down)",
}


@pytest.mark.parametrize("kind", SPLITS)
def test_a_protocol_says_all_in_one_line(kind):
    split = SPLITS[kind](shared_ratings())
    assert SAID[kind] in str(split.protocol)
    assert str(split.protocol).startswith(split.protocol.title + "; ")
    assert "\n" not in str(split.protocol)
    way = "the first tenth of" if kind == "k-fold" else "by the same rule once more"
    assert f"validation ratings, {way}" in str(split.validation().protocol)
    assert split.validation().protocol.title == f"validation of {split.protocol.title}"


def test_protocols_print_themselves():
    assert str(Protocol("given")) == "given"
    assert Protocol("random", 0.125, 1).title == "random, 87.5%/12.5%, seed 1"
    assert str(Protocol("random", 0.1, note="drawn elsewhere")) == (
        "random, 90%/10%, drawn elsewhere"
    ), "no rule is claimed where it is not known"
    filtered = Protocol("given", filters=("ratings of 2001", "users with 20+"))
    assert str(filtered) == "given; filters: ratings of 2001, then users with 20+"
    assert Protocol("new-users", 0.1, 3, minimum=2).as_dict()["given"] is None


def test_given_parts_are_validated_at_random():
    ratings = ratings_of(100)
    split = Split(ratings, ratings)
    assert str(split.protocol) == "given"
    inner = split.validation()
    assert str(inner.protocol) == (
        "validation ratings, the first tenth of numpy.random.default_rng(0).permutation, within "
        "the training part of: given"
    )
    expected = np.sort(np.random.default_rng(0).permutation(100)[:10])
    np.testing.assert_array_equal(inner.test.item_index, expected)
    with pytest.raises(InvalidInput, match="made elsewhere"):
        again(ratings, inner.protocol)


def test_who_is_judged_and_what_is_known():
    ratings = Interactions([5, 2, 5, 0], range(4), n_users=7)
    split = Split(ratings.take([3]), ratings.take([2, 1, 0]))
    assert split.people.tolist() == [2, 5]
    assert split.people.dtype == np.int64
    assert split.known is split.train
    assert repr(split) == "<Split (given): 1 for training, 3 for test>"
