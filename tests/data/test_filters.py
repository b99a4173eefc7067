"""Filters, each on ratings small enough to count by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from matinee.data import Dataset, filters, from_arrays
from matinee.errors import InvalidInput, InvalidParameter, Unsupported

USERS = ["ann", "ann", "ann", "bob", "bob", "cid"]
ITEMS = ["x", "y", "z", "x", "y", "x"]
VALUES = [5, 4, 1, 3, 4, 1]


@pytest.fixture
def data() -> Dataset:
    made = from_arrays(USERS, ITEMS, VALUES, range(6))
    tags = {"user_id": ["ann", "cid"], "item_id": ["z", "x"], "tag": ["t", "u"], "time": [1, 2]}
    rows = np.arange(6, dtype=np.int32)
    return replace(
        made,
        item_table=made.item_table.append_column("title", pa.array(["X", "Y", "Z"])),
        tags=pa.table(tags),
        genome=pa.table({"item_id": ["x", "z"], "tag": ["a", "a"], "relevance": [0.5, 0.1]}),
        folds={"u1": (rows[:3], rows[3:])},
        scale=(1, 5),
    )


def pairs(data: Dataset) -> list[str]:
    r = data.interactions
    users, items = r.user_index.tolist(), r.item_index.tolist()
    return [data.users.ids[u] + data.items.ids[i] for u, i in zip(users, items, strict=True)]


@pytest.mark.parametrize(
    ("filter_", "left", "removed"),
    [
        (filters.min_ratings_per_item(2), "annx anny bobx boby cidx", (0, 1, 1)),
        (filters.min_ratings_per_user(2), "annx anny annz bobx boby", (1, 0, 1)),
        (filters.ratings_per_user(2, 2), "bobx boby", (2, 1, 4)),
        (filters.min_mean_rating(3), "annx anny bobx boby cidx", (0, 1, 1)),
        (filters.min_mean_rating(3.5), "anny boby", (1, 2, 4)),
        (filters.liked_threshold(4), "annx anny boby", (1, 1, 3)),
        (filters.max_sparsity(0.5), "annx anny bobx boby cidx", (0, 1, 1)),
        (filters.max_sparsity(0), "annx bobx cidx", (0, 2, 3)),
    ],
    ids=lambda f: f.label if isinstance(f, filters.Filter) else "",
)
def test_what_each_filter_leaves(
    data: Dataset, filter_: filters.Filter, left: str, removed: tuple[int, int, int]
) -> None:
    smaller, report = filters.apply(data, [filter_])
    assert pairs(smaller) == left.split()
    assert [(r.users, r.items, r.ratings) for r in report] == [removed]
    assert report[0].filter == filter_.label
    assert smaller.interactions.n_users == len(smaller.users) == 3 - removed[0]
    assert smaller.interactions.n_items == len(smaller.items) == 3 - removed[1]


def test_filters_work_once_each_in_the_order_given(data: Dataset) -> None:
    item, user = filters.min_ratings_per_item(2), filters.min_ratings_per_user(3)
    one, report = filters.apply(data, [item, filters.ratings_per_user(1, 1)])
    assert pairs(one) == ["cidx"]
    assert [str(r) for r in report] == [
        "min_ratings_per_item(2) removed 1 ratings, 0 users and 1 items",
        "ratings_per_user(1, 1) removed 4 ratings, 2 users and 1 items",
    ]
    other, _ = filters.apply(data, [user, filters.min_ratings_per_item(1)])
    assert pairs(other) == ["annx", "anny", "annz"]


def test_tables_tags_and_folds_follow(data: Dataset) -> None:
    smaller, _ = filters.apply(data, [filters.min_ratings_per_item(2)])
    assert smaller.item_table.to_pydict() == {"item_id": ["x", "y"], "title": ["X", "Y"]}
    assert smaller.tags is not None
    assert smaller.tags.column("tag").to_pylist() == ["u"]
    assert smaller.genome is not None
    assert smaller.genome.column("item_id").to_pylist() == ["x"]
    train, test = smaller.folds["u1"]
    assert (train.tolist(), test.tolist()) == ([0, 1], [2, 3, 4])
    assert smaller.scale == (1, 5)
    assert smaller.interactions.time is not None
    assert smaller.interactions.time.tolist() == [0, 1, 3, 4, 5]


def test_liked_ratings_are_implicit(data: Dataset) -> None:
    liked, _ = filters.apply(data, [filters.liked_threshold(4)])
    assert liked.interactions.value is None
    assert liked.scale is None
    with pytest.raises(Unsupported, match="min_mean_rating"):
        filters.apply(liked, [filters.min_mean_rating(1)])


def test_no_filters_change_nothing(data: Dataset) -> None:
    assert filters.apply(data, []) == (data, [])


def test_a_filter_that_leaves_nothing(data: Dataset) -> None:
    with pytest.raises(InvalidInput, match=r"min_ratings_per_user\(9\)"):
        filters.apply(data, [filters.min_ratings_per_user(9)])


def test_bounds_are_checked() -> None:
    for make in (filters.min_ratings_per_item, filters.min_ratings_per_user):
        with pytest.raises(InvalidParameter, match="at least 1"):
            make(0)
    with pytest.raises(InvalidParameter, match="high"):
        filters.ratings_per_user(5, 4)
    with pytest.raises(InvalidParameter, match=r"0\.\.1"):
        filters.max_sparsity(99)
    assert set(filters.FILTERS) >= {"liked_threshold", "max_sparsity"}
