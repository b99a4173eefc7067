"""Data sets from arrays and frames."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from matinee.data import from_arrays, from_frame
from matinee.errors import InvalidInput


def test_arrays_become_a_data_set() -> None:
    data = from_arrays(
        np.array([10, 9, 10]), ["x", "y", "z"], [4, 3.5, 1], np.array([5, 6, 7]), name="mine"
    )
    assert data.name == "mine"
    assert data.users.ids == ["9", "10"]
    assert data.items.ids == ["x", "y", "z"]
    ratings = data.interactions
    assert ratings.user_index.tolist() == [1, 0, 1]
    assert ratings.item_index.tolist() == [0, 1, 2]
    assert ratings.value is not None
    assert ratings.value.tolist() == [4, 3.5, 1]
    assert ratings.time is not None
    assert ratings.time.tolist() == [5, 6, 7]
    assert data.user_table.column_names == ["user_id"]


def test_arrays_of_other_kinds() -> None:
    users = [1, "b", 10**40, 2.0]
    data = from_arrays(users, np.array(list("wxyz")), times=np.array([1500] * 4, "datetime64[ms]"))
    assert data.users.ids == sorted(["1", "b", str(10**40), "2"])
    assert data.interactions.value is None
    assert data.interactions.time is not None
    assert data.interactions.time.tolist() == [1] * 4
    objects = from_arrays(
        np.array(["a", 7], object), [1, 2], ["4", "5"], ["1970-01-02", "1970-01-03"]
    )
    assert objects.interactions.scale == (4, 5)
    assert objects.interactions.time is not None
    assert objects.interactions.time.tolist() == [86_400, 172_800]


def test_no_rows_is_an_empty_data_set() -> None:
    assert len(from_arrays([], [], []).interactions) == 0
    frame = pl.DataFrame(schema={"user": pl.String, "item": pl.String, "rating": pl.Float64})
    assert len(from_frame(frame).interactions) == 0


def test_times_before_1970_go_down() -> None:
    data = from_arrays([1, 2], [1, 1], times=np.array([-1, -1000], "datetime64[ms]"))
    assert data.interactions.time is not None
    assert data.interactions.time.tolist() == [-1, -1]


@pytest.mark.parametrize("kind", ["polars", "pyarrow", "duckdb", "categorical"])
def test_frames_of_all_kinds(kind: str) -> None:
    when = datetime(2001, 9, 9, 1, 46, 40, tzinfo=UTC)
    columns = {
        "note": [1, 2],
        "film": ["a", "b"],
        "stars": [4, 5],
        "user": [7, 8],
        "at": [when] * 2,
    }
    frame: object = pl.DataFrame(columns)
    if kind == "pyarrow":
        frame = pa.table(columns)
    if kind == "categorical":
        frame = pl.DataFrame(columns).with_columns(pl.col("film").cast(pl.Categorical))
    if kind == "duckdb":
        import duckdb

        frame = duckdb.from_arrow(pa.table(columns))
    data = from_frame(frame, item="film")
    assert data.items.ids == ["a", "b"]
    assert data.users.ids == ["7", "8"]
    assert data.interactions.scale == (4, 5)
    assert data.interactions.time is not None
    assert data.interactions.time.tolist() == [1_000_000_000] * 2


def test_unused_categories_are_no_items() -> None:
    items = pa.DictionaryArray.from_arrays(pa.array([2, 0]), pa.array(["a", "never", "c"]))
    assert from_frame(pa.table({"user": [1, 2], "item": items})).items.ids == ["a", "c"]


def test_bad_rows_are_named() -> None:
    values = [math.nan] * 7 + [4.0]
    with pytest.raises(InvalidInput, match=r"7 bad.*row 1, column 'rating': NaN.*and 2 more"):
        from_arrays(range(8), range(8), values)
    frame = pl.DataFrame({"user": [None, 1.5], "item": ["x", " "], "rating": [1, 2]})
    with pytest.raises(InvalidInput, match=r"row 1, column 'user': empty.*row 2, column 'item'"):
        from_frame(frame)


def test_wrong_arguments() -> None:
    with pytest.raises(InvalidInput, match="user: 2, item: 1"):
        from_arrays([1, 2], [1])
    with pytest.raises(InvalidInput, match="PyCapsule"):
        from_frame({"user": [1]})
    with pytest.raises(InvalidInput, match="'a', 'b'"):
        from_frame(pl.DataFrame({"a": [1], "b": [2]}))
