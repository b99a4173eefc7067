"""Data sets small enough to be read at a glance, and children that work beside the test."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from matinee.data.dataset import Dataset, Vocabulary
from matinee.interactions import Interactions

Row = tuple[str, str, float | None, int | None]

FEW: list[Row] = [
    ("ann", "fargo", 5.0, 100),
    ("ann", "heat", 3.5, 110),
    ("bob", "fargo", 2.0, 120),
    ("cat", "heat", 4.0, 130),
    ("bob", "alien", 4.5, 140),
]


def dataset(
    rows: Sequence[Row] = FEW,
    *,
    name: str = "few",
    users: Sequence[str] | None = None,
    items: Sequence[str] | None = None,
    item_columns: dict[str, list[Any]] | None = None,
    user_columns: dict[str, list[Any]] | None = None,
    tags: list[tuple[str, str, str, int]] | None = None,
    scale: tuple[float, float] | None = None,
) -> Dataset:
    who = Vocabulary(users or dict.fromkeys(r[0] for r in rows))
    what = Vocabulary(items or dict.fromkeys(r[1] for r in rows))
    values, times = [r[2] for r in rows], [r[3] for r in rows]
    return Dataset(
        name,
        Interactions(
            who.indices(r[0] for r in rows),
            what.indices(r[1] for r in rows),
            None if None in values or not rows else np.array(values, np.float32),
            None if None in times or not rows else np.array(times, np.int64),
            len(who),
            len(what),
        ),
        who,
        what,
        pa.table({"item_id": what.ids, **(item_columns or {})}),
        pa.table({"user_id": who.ids, **(user_columns or {})}),
        pa.table(
            dict(zip(("user_id", "item_id", "tag", "time"), zip(*tags, strict=True), strict=True))
        )
        if tags
        else None,
        scale=scale,
    )


def generated(n_users: int, n_items: int, n: int, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    pairs = rng.choice(n_users * n_items, n, replace=False)
    users = Vocabulary(f"u{i}" for i in range(n_users))
    items = Vocabulary(f"i{i}" for i in range(n_items))
    return Dataset(
        "generated",
        Interactions(
            pairs // n_items,
            pairs % n_items,
            (rng.integers(1, 11, n) / 2).astype(np.float32),
            rng.integers(1, 1 << 30, n),
            n_users,
            n_items,
        ),
        users,
        items,
        pa.table({"item_id": items.ids}),
        pa.table({"user_id": users.ids}),
    )


def child(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Another Python that runs `code` and whose lines can be read as they come."""
    return subprocess.Popen(
        [sys.executable, "-u", "-c", code, *arguments], stdout=subprocess.PIPE, text=True
    )


def held(store: Any) -> dict[tuple[str, str], tuple[float | None, int | None]]:
    """What the store holds, through `interactions`, by ids."""
    got = store.interactions()
    users, items = store.user_ids(), store.item_ids()
    n = len(got)
    values = [None] * n if got.value is None else got.value.tolist()
    times = [None] * n if got.time is None else got.time.tolist()
    return {
        (users[u], items[i]): (v, t)
        for u, i, v, t in zip(got.user_index, got.item_index, values, times, strict=True)
    }


def counts_are_exact(store: Any, archive_id: str, threshold: float) -> None:
    """Sizes and counts of a clustering, asked for in every way, are those of a recount."""
    kept = store.memberships
    sizes = kept.sizes(archive_id).tolist()
    people = [kept.people(archive_id, c).tolist() for c in range(len(sizes))]
    assert sizes == [len(p) for p in people]
    of = {user: c for c, users in enumerate(people) for user in users}
    assert len(of) == sum(sizes), "nobody is in two clusters"
    got = store.interactions()
    values = np.ones(len(got)) * threshold if got.value is None else got.value
    expected: dict[tuple[int, int], int] = {}
    for user, item, value in zip(got.user_index, got.item_index, values, strict=True):
        if user in of and value >= np.float32(threshold):
            cell = of[user], int(item)
            expected[cell] = expected.get(cell, 0) + 1
    whole = kept.changes(archive_id)
    cells = zip(*(column.tolist() for column in whole.counts), strict=True)
    assert {(c, i): n for c, i, n in cells} == expected
    assert whole.whole
    assert whole.sizes.tolist() == sizes
    for c in range(len(sizes)):
        mine = {i: n for (k, i), n in expected.items() if k == c}
        assert dict(zip(*(a.tolist() for a in kept.counts(archive_id, c)), strict=True)) == mine
    for item in {i for _, i in expected}:
        liking = {c: n for (c, i), n in expected.items() if i == item}
        found = kept.clusters_of_item(archive_id, item)
        assert dict(zip(*(a.tolist() for a in found), strict=True)) == liking
