"""The folds shipped with ml-100k, as positions in its ratings."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from matinee.data.movielens.rating_files import Ratings, rating_columns
from matinee.errors import WrongContent
from matinee.interactions import Bool, Int32, Int64
from matinee.progress import silent

_NAMES = ("u1", "u2", "u3", "u4", "u5", "ua", "ub")


def fold_files(folder: Path, ratings: Ratings) -> dict[str, tuple[Int32, Int32]]:
    """Train and test rows of each fold whose .base and .test files are there.

    Raises
    ------
    WrongContent
        A fold holds a rating that `ratings` has not.
    """
    keys = _keys(ratings)
    order = np.argsort(keys)
    folds = {}
    for name in _NAMES:
        sides = [folder / f"{name}.base", folder / f"{name}.test"]
        if all(side.exists() for side in sides):
            train, test = (_positions(side, keys, order) for side in sides)
            folds[name] = (train, test)
    return folds


def _positions(path: Path, keys: Int64, order: Int64) -> Int32:
    wanted = _keys(rating_columns(path, "\t", silent))
    at = np.searchsorted(keys, wanted, sorter=order)
    rows = order[np.minimum(at, len(keys) - 1)]
    if not np.array_equal(keys[rows], wanted):
        raise WrongContent(f"{path} must hold ratings of u.data only, but it has others too.")
    return np.sort(rows).astype(np.int32)


def _keys(ratings: Ratings) -> Int64:
    return ratings.user.astype(np.int64) << 32 | ratings.item


def folds_by_rule(ratings: Ratings) -> dict[str, tuple[Int32, Int32]]:
    """The same folds without their files, made as the scripts of ml-100k make them.

    The tests of u1..u5 are consecutive fifths of the rows; those of ua and ub are the first ten
    ratings of each user in file order, and the next ten.
    """
    n = len(ratings.user)
    rows = np.arange(n)
    folds = {}
    for k in range(5):
        folds[f"u{k + 1}"] = _two_sides((rows >= n * k // 5) & (rows < n * (k + 1) // 5))
    order = np.argsort(ratings.user, kind="stable")
    users = ratings.user[order]
    rank = np.empty(n, np.int64)
    rank[order] = rows - np.searchsorted(users, users)
    folds["ua"] = _two_sides(rank < 10)
    folds["ub"] = _two_sides((rank >= 10) & (rank < 20))
    return folds


def _two_sides(test: Bool) -> tuple[Int32, Int32]:
    return np.flatnonzero(~test).astype(np.int32), np.flatnonzero(test).astype(np.int32)
