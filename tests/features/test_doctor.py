"""Looking at tables of features of which nobody knows how they were made."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from small import small_dataset

from matinee.errors import InvalidInput, UnknownDataset, UnknownItem, UnknownUser
from matinee.features.doctor import examine_table


@pytest.fixture(scope="module")
def dataset():
    return small_dataset()


def table_of(dataset, **columns):
    """A table with the ids of all ratings, and these columns."""
    ratings = dataset.interactions
    return pa.table(
        {
            "userId": [dataset.users.ids[u] for u in ratings.user_index],
            "movieId": [dataset.items.ids[i] for i in ratings.item_index],
            **columns,
        }
    )


def means(group, values):
    return (np.bincount(group, values) / np.bincount(group))[group]


def test_the_leak_of_movie_time_is_found(dataset, tmp_path):
    of = dataset.interactions
    leaking = table_of(
        dataset,
        rating=of.value,
        avg_rating=means(of.user_index, of.value),
        movie_mean=means(of.item_index, of.value),
        weekday=of.time % 7,
        english=pa.array(of.item_index % 2 == 0),
        title=[f"title {i}" for i in of.item_index],
    )
    pyarrow.csv.write_csv(leaking, tmp_path / "f.csv")
    found = examine_table(tmp_path / "f.csv", dataset)
    assert [leak.column for leak in found.leaks] == ["avg_rating", "movie_mean"]
    assert (found.what, found.columns, found.rows) == ("f.csv", 4, len(of))


def test_ratings_are_looked_up_and_parts_compared(dataset, tmp_path):
    of = dataset.interactions
    part = np.where(np.random.default_rng(1).random(len(of)) < 0.3, "test", "train")
    noise = np.random.default_rng(2).normal(size=len(of))
    seen = np.where(part == "train", of.value + 0.3 * noise, 3 + noise)
    order = np.random.default_rng(3).permutation(len(of))
    table = table_of(dataset, part=part, sly=seen).take(order)
    pyarrow.parquet.write_table(table, tmp_path / "f.parquet")
    found = examine_table(tmp_path / "f.parquet", dataset)
    assert [leak.column for leak in found.leaks] == ["all columns together"]
    assert "unseen training rows" in found.note


def test_later_ratings_are_harder_without_a_leak(dataset, tmp_path):
    of = dataset.interactions
    late = of.time > np.quantile(of.time, 0.7)
    noise = np.random.default_rng(2).normal(size=len(of))
    hints = np.where(late, 3 + noise, of.value + 0.3 * noise)
    part = np.where(late, "test", "train")
    table = table_of(dataset, part=part, time=of.time, hints=hints)
    pyarrow.parquet.write_table(table, tmp_path / "f.parquet")
    found = examine_table(tmp_path / "f.parquet", dataset)
    assert found.leaks == ()
    assert "all later" in found.note


def test_tables_that_cannot_be_examined(dataset, tmp_path):
    file = tmp_path / "f.parquet"
    with pytest.raises(UnknownDataset, match="no file"):
        examine_table(file, dataset)
    file.write_text("no table")
    with pytest.raises(InvalidInput, match="must be a Parquet or CSV table"):
        examine_table(file, dataset)
    for columns, error, words in (
        ({"user": ["u1"], "x": [1.0]}, InvalidInput, "columns item"),
        ({"user": ["u1"], "item": ["m1"], "rating": [3]}, InvalidInput, "columns of features"),
        ({"user": ["x9"], "item": ["m1"], "x": [1.0]}, UnknownUser, "no user x9"),
        ({"user": ["u1"], "item": ["m99"], "x": [1.0]}, UnknownItem, "no item m99"),
        ({"user": ["u0"] * 40, "item": dataset.items.ids, "x": [1] * 40}, InvalidInput, "are not"),
    ):
        pyarrow.parquet.write_table(pa.table(columns), file)
        with pytest.raises(error, match=words):
            examine_table(file, dataset)
