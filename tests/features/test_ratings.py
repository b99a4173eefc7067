"""Tables of features: the database and the arrays say the same."""

from __future__ import annotations

import os

import duckdb
import numpy as np
import pyarrow.csv
import pyarrow.parquet
import pytest
from small import small_dataset

from matinee import rating_features
from matinee.errors import DiskFull, InvalidInput, InvalidParameter
from matinee.features import side_information
from matinee.features.ratings import rating_table
from matinee.interactions import Interactions, SideInformation
from matinee.splits import random_split, time_split


@pytest.fixture(scope="module")
def ratings():
    """Ratings of the small set; many come at the same time."""
    of = small_dataset().interactions
    time = 1_000_000 + 40_000 * np.random.default_rng(3).integers(0, 60, len(of))
    return Interactions(of.user_index, of.item_index, of.value, time, of.n_users, of.n_items)


@pytest.fixture(scope="module")
def side():
    dataset = small_dataset()
    return side_information(dataset.item_table, dataset.user_table)


def by_arrays(ratings, side, mode, split):
    """The features of all ratings, in order, and which rows are test."""
    test = np.zeros(len(ratings), bool)
    train = ratings
    if split is not None:
        keys = ratings.user_index.astype(np.int64) * ratings.n_items + ratings.item_index
        held = split.test.user_index.astype(np.int64) * ratings.n_items + split.test.item_index
        test, train = np.isin(keys, held), split.train
    known = rating_features.fit(train, side)
    made = np.empty((len(ratings), len(known.names)), np.float32)
    made[~test] = rating_features.of_training(train, side, known, mode=mode)
    if split is not None:
        order = np.lexsort((train.item_index, train.user_index))
        state = known.people(train.matrix, train.time[order], side.user_features)
        asked = ratings.take(test)
        made[test] = known.of_pairs(state[asked.user_index], asked.item_index, asked.time)
    return known.names, made, test


@pytest.mark.parametrize(
    ("mode", "kind"),
    [("out-of-fold", "none"), ("leave-one-out", "random"), ("past", "time")],
)
def test_both_engines_agree(ratings, side, tmp_path, mode, kind):
    check(ratings, side, tmp_path / "f.parquet", mode, kind)


def test_both_engines_agree_on_movielens(ml_100k, tmp_path):
    check(ml_100k, SideInformation(), tmp_path / "f.parquet", "out-of-fold", "random")


def check(ratings, side, file, mode, kind):
    split = {"none": lambda r: None, "random": random_split, "time": time_split}[kind](ratings)
    names, made, test = by_arrays(ratings, side, mode, split)
    written = rating_table(ratings, side, file, mode=mode, split=kind)
    table = pyarrow.parquet.read_table(file)
    first = ["user", "item", "rating", "time", *(["part"] if split else [])]
    assert table.column_names == [*first, *names]
    assert (written.columns, written.rows, written.mode) == (names, len(ratings), mode)
    assert written.test_rows == test.sum()
    assert np.array_equal(table["user"], ratings.user_index)
    assert np.array_equal(table["rating"], ratings.value)
    assert np.array_equal(table["time"], ratings.time)
    if split:
        assert [part == "test" for part in table["part"].to_pylist()] == test.tolist()
    for place, name in enumerate(names):
        column = table[name].to_numpy().astype(np.float32)
        np.testing.assert_allclose(column, made[:, place], 1e-4, 1e-4, err_msg=name)


def test_ids_and_csv(ratings, side, tmp_path):
    dataset = small_dataset()
    file = tmp_path / "f.csv"
    written = rating_table(
        ratings, side, file, user_ids=dataset.users.ids, item_ids=dataset.items.ids
    )
    table = pyarrow.csv.read_csv(file)
    assert written.mode == "out-of-fold"
    assert table["item"].to_pylist() == [dataset.items.ids[i] for i in ratings.item_index]
    assert table["genre:Drama"].to_pylist() == [int(i < 20) for i in ratings.item_index]
    assert list(tmp_path.iterdir()) == [file]


def test_unknown_times_are_empty(ratings, tmp_path):
    bare = Interactions(ratings.user_index, ratings.item_index, ratings.value, None, 30, 40)
    rating_table(bare, SideInformation(), tmp_path / "f.parquet")
    table = pyarrow.parquet.read_table(tmp_path / "f.parquet")
    for name in ("time", "user_recent", "movie_days", "movie_age"):
        assert table[name].null_count == len(ratings)
    assert table["baseline"].null_count == 0


def test_what_cannot_be_written_is_refused(ratings, side, tmp_path):
    file = tmp_path / "f.parquet"
    bare = Interactions(ratings.user_index, ratings.item_index, ratings.value, None, 30, 40)
    for wrong, error, words in (
        ({"split": "half"}, InvalidParameter, "none or random or time"),
        ({"mode": "all"}, InvalidParameter, "out-of-fold or leave-one-out or past"),
        ({"out": tmp_path / "none" / "f.csv"}, InvalidInput, "folder of"),
        ({"out": tmp_path / "f.txt"}, InvalidParameter, r"\.parquet or \.csv"),
        ({"ratings": ratings.liked(4)}, InvalidInput, "implicit"),
        ({"ratings": bare, "split": "time"}, InvalidInput, "time"),
        ({"ratings": bare, "mode": "past"}, InvalidInput, "time of every rating"),
    ):
        with pytest.raises(error, match=words):
            rating_table(**{"ratings": ratings, "side": side, "out": file} | wrong)
    assert not list(tmp_path.iterdir())
    file.write_text("mine")
    with pytest.raises(InvalidInput, match="must not exist yet"):
        rating_table(ratings, side, file)
    assert file.read_text() == "mine"


def test_ctrl_c_in_the_database_is_ctrl_c_and_leaves_nothing(ratings, side, tmp_path, monkeypatch):
    def interrupted(*_):
        raise RuntimeError("Query interrupted")

    monkeypatch.setattr("matinee.features.ratings.aggregate", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rating_table(ratings, side, tmp_path / "f.csv")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_run_left_is_swept_a_day_later(ratings, side, tmp_path):
    left, fresh = (tmp_path / f".f.csv.{name}.tmp" for name in ("0a1b2c3d", "4e5f6a7b"))
    for file in (left, fresh):
        file.write_text("half")
    os.utime(left, (0, 0))
    rating_table(ratings, side, tmp_path / "f.csv")
    assert sorted(file.name for file in tmp_path.iterdir()) == [fresh.name, "f.csv"]


def test_a_full_disk_leaves_nothing(ratings, side, tmp_path, monkeypatch):
    def full(database, found):
        raise duckdb.IOException("No space left on device")

    monkeypatch.setattr("matinee.features.ratings.aggregate", full)
    with pytest.raises(DiskFull, match="No space left"):
        rating_table(ratings, side, tmp_path / "f.parquet")
    assert not list(tmp_path.iterdir())
