"""The leak detector: it finds what was put in on purpose, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from small import small_dataset

from matinee import rating_features
from matinee.errors import InvalidInput
from matinee.features import side_information
from matinee.interactions import Interactions
from matinee.rating_features import leaks


@pytest.fixture(scope="module")
def ratings():
    of = small_dataset().interactions.take(np.arange(0, 600, 3))
    time = 1_000_000 + 40_000 * np.random.default_rng(3).integers(0, 60, len(of))
    return Interactions(of.user_index, of.item_index, of.value, time, of.n_users, of.n_items)


def mean_of(group, values, size):
    """Of each row's group, the own rating included: the leak of Movie Time."""
    return (np.bincount(group, values, size) / np.maximum(np.bincount(group, minlength=size), 1))[
        group
    ]


def columns_of(ratings):
    """Two columns that leak, one that mirrors, and honest ones."""
    user, item, value = ratings.user_index, ratings.item_index, ratings.value
    count = np.bincount(user)[user]
    total = np.bincount(user, value)[user]
    draw = np.random.default_rng(1)
    trait = draw.normal(size=ratings.n_users)[user] + 0.3 * mean_of(user, value, ratings.n_users)
    return {
        "user mean": mean_of(user, value, ratings.n_users),
        "damped": (total + 17.5) / (count + 5),
        "movie mean": mean_of(item, value, ratings.n_items),
        "others": (total - value) / (count - 1),
        "trait": trait,
        "count": count,
        "noise": value + draw.normal(size=len(ratings)),
        "copy": 2 * value - 1,
    }


@pytest.mark.parametrize("mode", rating_features.MODES)
def test_our_features_do_not_move_with_the_own_rating(ratings, mode):
    dataset = small_dataset()
    side = side_information(dataset.item_table, dataset.user_table)

    def made(train):
        return rating_features.of_training(train, side, rating_features.fit(train, side), mode=mode)

    assert leaks.moved(made, ratings, rows=2, later=mode == "past") == []


def test_out_of_fold_features_know_later_ratings(ratings):
    def made(train):
        return rating_features.of_training(train, None, rating_features.fit(train))

    names = rating_features.fit(ratings).names
    assert "movie_mean" in [
        leak.column for leak in leaks.moved(made, ratings, names, rows=2, later=True)
    ]


def test_means_with_the_own_rating_move(ratings):
    def made(train):
        user, item = train.user_index, train.item_index
        return np.column_stack(
            [
                np.bincount(user)[user],
                mean_of(user, train.value, train.n_users),
                np.where(train.value > 3, np.nan, item),
            ]
        )

    found = leaks.moved(made, ratings, ["count", "user mean", "missing"])
    assert [leak.column for leak in found] == ["user mean", "missing"]
    assert "of its spread with the own rating" in found[0].evidence
    assert "out-of-fold" in found[0].remedy


def test_features_that_cannot_be_examined(ratings):
    draw = np.random.default_rng(0)
    with pytest.raises(InvalidInput, match="differ from call to call"):
        leaks.moved(lambda train: draw.random((len(train), 2)), ratings)
    with pytest.raises(InvalidInput, match=r"200 rows, one a rating, got shape \(3, 2\)"):
        leaks.moved(lambda train: np.zeros((3, 2)), ratings)
    same = Interactions([0, 1], [0, 0], [3.0, 3.0])
    with pytest.raises(InvalidInput, match="all are equal"):
        leaks.moved(lambda train: np.zeros((2, 1)), same)


def test_columns_that_have_seen_the_rating_are_found_on_movielens(ml_100k):
    made = columns_of(ml_100k)
    found = leaks.seen(np.column_stack([*made.values()]), list(made), ml_100k)
    assert [leak.column for leak in found] == [
        "user mean",
        "damped",
        "movie mean",
        "others",
        "copy",
    ]
    evidence = {leak.column: leak.evidence for leak in found}
    assert "the mean rating of the user (R2 1.0000)" in evidence["user mean"]
    assert "the mean rating of the movie" in evidence["movie mean"]
    assert "within a user it falls" in evidence["others"]
    assert evidence["copy"] == "it is the own rating"


def test_means_over_test_ratings_are_found_in_a_table_of_training_rows(ml_100k):
    train = np.random.default_rng(5).random(len(ml_100k)) < 0.7
    made = {n: c[train] for n, c in columns_of(ml_100k).items() if "mean" in n or n == "trait"}
    table = np.column_stack([*made.values()])
    found = leaks.seen(table, list(made), ml_100k.take(train), ml_100k)
    assert [leak.column for leak in found] == ["user mean", "movie mean"]


def test_our_features_of_movielens_look_clean_but_for_the_mirror(ml_100k):
    part = ml_100k.take(ml_100k.user_index < 300)
    known = rating_features.fit(part)
    honest = rating_features.of_training(part, None, known)
    assert leaks.seen(honest, known.names, part) == []
    mirror = rating_features.of_training(part, None, known, mode="leave-one-out")
    found = {leak.column for leak in leaks.seen(mirror, known.names, part)}
    assert found == {f"{who}_{m}" for who in ("user", "movie") for m in ("mean", "damped_mean")}


def test_a_tree_tells_what_no_single_column_does():
    draw = np.random.default_rng(2)
    values = draw.integers(1, 6, 900).astype(np.float64)
    secret = draw.normal(size=900)
    both = np.column_stack([secret, values + secret])
    test_values = draw.integers(1, 6, 300).astype(np.float64)
    noise = draw.normal(size=(300, 2))
    inner, outer, found = leaks.gap(both, values, noise, test_values)
    assert inner < 0.9 < outer
    assert [leak.column for leak in found] == ["all columns together"]
    clean = leaks.gap(draw.normal(size=(900, 2)), values, noise, test_values)
    assert clean[2] == []
    unknown = np.full((900, 1), np.nan)
    with_unknown = leaks.gap(np.hstack([both, unknown]), values, np.ones((300, 3)), test_values)
    assert with_unknown[0] == inner, "a column without a number tells nothing"
    with pytest.raises(InvalidInput, match="some of each"):
        leaks.gap(both, values, noise[:0], test_values[:0])
