"""Matrices with names on rows and columns."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

import matinee
from matinee.data.own.frames import from_arrays, from_frame
from matinee.errors import InvalidInput, InvalidParameter, UnknownItem, UnknownUser
from matinee.features import matrices

FRAME = pa.table(
    {
        "user": ["ann", "ann", "bob", "bob", "cid"],
        "item": ["x", "y", "y", "z", "z"],
        "rating": [5.0, 1.0, 4.0, 5.0, 2.0],
    }
)


@pytest.fixture
def dataset():
    return from_frame(FRAME)


def test_ratings_and_likes(dataset):
    ratings = matrices.rating_matrix(dataset)
    assert ratings.row("ann") == {"x": 5.0, "y": 1.0}
    assert ratings.counts() == {"ann": 2, "bob": 2, "cid": 1}
    liked = matrices.liked_matrix(dataset)
    assert liked.row("ann") == {"x": 1.0}
    assert liked.row("cid") == {}
    assert matrices.liked_matrix(dataset, 2).row("cid") == {"z": 1.0}
    with pytest.raises(UnknownUser, match="dan"):
        liked.row("dan")


def test_as_a_labelled_frame(dataset):
    frame = pl.from_arrow(matrices.liked_matrix(dataset).to_arrow())
    assert frame.columns == ["userId", "x", "y", "z"]
    assert frame.rows() == [("ann", 1, 0, 0), ("bob", 0, 1, 1), ("cid", 0, 0, 0)]


def test_a_part(dataset):
    part = matrices.rating_matrix(dataset).part(["cid", "bob"], ["z", "x"])
    np.testing.assert_array_equal(part.values.toarray(), [[2, 0], [5, 0]])
    with pytest.raises(UnknownUser, match="eve"):
        part.part(user_ids=["eve"])
    with pytest.raises(UnknownItem, match="y"):
        part.part(names=["y"])


def test_too_large_a_table_is_refused(dataset, monkeypatch):
    monkeypatch.setattr(matrices, "_MOST_CELLS", 8)
    with pytest.raises(InvalidInput, match="3 x 3"):
        matrices.liked_matrix(dataset).to_arrow()


def test_genres_need_genres_and_a_known_scaling(dataset):
    with pytest.raises(InvalidInput, match="genres"):
        matrices.genre_matrix(dataset)
    with pytest.raises(InvalidParameter, match="minmax"):
        matrices.genre_matrix(dataset, scaling="cubic")


def test_genres_of_real_people(latest_small, monkeypatch, tmp_path):
    monkeypatch.setenv("MATINEE_DATA", str(latest_small))
    monkeypatch.setenv("MATINEE_CACHE", str(tmp_path))
    data = matinee.load("ml-latest-small")
    sums = matrices.genre_matrix(data)
    liked = matrices.liked_matrix(data).row("1")
    dramas = sum(
        "Drama" in (genres or [])
        for item, genres in zip(data.items.ids, data.item_table["genres"].to_pylist(), strict=True)
        if item in liked
    )
    assert sums.row("1")["Drama"] == dramas > 0
    rows = matrices.genre_matrix(data, scaling="rows").values.toarray()
    filled = sums.values.toarray().sum(axis=1) > 0
    np.testing.assert_allclose(rows[filled].sum(axis=1), 1, atol=1e-5)
    scaled = matrices.genre_matrix(data, scaling="minmax").values.toarray()
    assert scaled.min() == 0
    # A genre that nobody likes has no spread and stays at zero.
    highest = scaled.max(axis=0)
    np.testing.assert_allclose(highest[highest > 0], 1, atol=1e-6)


def test_people_without_a_liked_genre_have_a_row_of_zeros():
    liked = [(0, 0), (0, 1), (1, 1), (1, 2), (1, 3)]
    ratings = [*((u, i, 5.0) for u, i in liked), (2, 0, 1.0)]
    data = from_arrays(*zip(*ratings, strict=True))
    items = data.item_table.append_column("genres", pa.array([["Drama"]] * 4))
    data = dataclasses.replace(data, item_table=items)
    scaled = matrices.genre_matrix(data, scaling="minmax")
    np.testing.assert_array_equal(scaled.values.toarray(), [[0], [1], [0]])
