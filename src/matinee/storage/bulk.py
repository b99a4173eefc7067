"""Whole data sets into the store: every row in one transaction, or none."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from matinee.data.dataset import Dataset, Vocabulary
from matinee.data.genome import genome_matrix
from matinee.errors import InvalidInput, UnknownItem, some
from matinee.interactions import Int32
from matinee.progress import Progress
from matinee.storage import genome, lineage, live_counts, ratings, schema, snapshot, state
from matinee.storage.schema import PROFILE
from matinee.storage.snapshot import Sorted

_MOVIE = ("title", "year", "genres")
_METADATA = tuple(schema.MOVIE_METADATA.c.keys()[1:])


@dataclass(frozen=True)
class Added:
    """What an import brought: new users, items, ratings and tags, ratings updated, and how long.

    `snapshot_seconds` is the time after which training could have begun.
    """

    users: int
    items: int
    ratings: int
    updated: int
    tags: int
    seconds: float
    snapshot_seconds: float


def add(
    connection: sa.Connection,
    dataset: Dataset,
    *,
    file: Path | None,
    identity: str,
    progress: Progress,
) -> Added:
    """Add `dataset` within the transaction of `connection`; write the snapshot to `file`."""
    started = time.perf_counter()
    lineage.keep(connection, dataset)
    users, new_users = _register(connection, schema.USERS, dataset.users.ids)
    items, new_items = _register(connection, schema.MOVIES, dataset.items.ids)
    _describe(connection, schema.USERS, users, _texts(dataset.user_table, PROFILE), PROFILE)
    _describe_items(connection, dataset.item_table, items)
    mark = schema.new_mark()
    added = Added(new_users, new_items, 0, 0, 0, 0.0, 0.0)
    if len(dataset.interactions):
        state.keep_feedback(connection, explicit=dataset.interactions.value is not None)
        rows = ratings.in_order(dataset.interactions, users, items)
        copy = f"{identity} {mark}"
        if connection.scalar(sa.select(schema.RATINGS.c.user_index).limit(1)) is None:
            if file is not None:
                snapshot.refresh(file, copy, rows, progress)
            ready = time.perf_counter()
            ratings.insert(connection, rows, progress)
            ratings.count(connection, rows.columns)
            live_counts.recount(connection, rows.columns)
            added = replace(added, ratings=len(rows))
        else:
            before = state.n_ratings(connection)
            touched = ratings.insert(connection, rows, progress)
            columns = ratings.read_all(connection, progress)
            ratings.count(connection, columns)
            live_counts.recount(connection, columns)
            fresh = len(columns.user_index) - before
            added = replace(added, ratings=fresh, updated=touched - fresh)
            if file is not None:
                snapshot.refresh(file, copy, Sorted(columns, None), progress)
            ready = time.perf_counter()
        state.keep_scale(connection, dataset.scale, dataset.interactions.scale)
        added = replace(added, snapshot_seconds=ready - started)
    added = replace(added, tags=_add_tags(connection, dataset, users, items))
    if dataset.genome is not None and dataset.genome.num_rows:
        progress("genome", 0, None)
        genome.add(connection, genome_matrix(dataset.genome, dataset.items), items)
    state.put_setting(connection, "catalogue", schema.new_mark())
    state.put_setting(
        connection, f"imported:{dataset.name}", datetime.now(UTC).isoformat(timespec="seconds")
    )
    state.grow(connection, mark if len(dataset.interactions) else None)
    return replace(added, seconds=time.perf_counter() - started)


def describe_items(connection: sa.Connection, table: pa.Table) -> None:
    """Add what `table` tells of items that are known, by ``item_id``; nulls change nothing.

    Raises
    ------
    UnknownItem
        An id that the store does not have.
    """
    known = Vocabulary(
        connection.scalars(sa.select(schema.MOVIES.c.item_id).order_by(schema.MOVIES.c.item_index))
    )
    ids = table.column("item_id").to_pylist()
    items = known.indices(ids)
    lost = [id_ for id_, at in zip(ids, items, strict=True) if at < 0]
    if lost:
        raise UnknownItem(f"Items that are described must be in the store, got {some(lost)}.")
    _describe_items(connection, table, items)
    state.put_setting(connection, "catalogue", schema.new_mark())
    state.grow(connection, None)


# ---- users and items --------------------------------------------------------------------


def _register(connection: sa.Connection, table: sa.Table, ids: Sequence[str]) -> tuple[Int32, int]:
    """The store's index of each id, new ones appended in order; and how many were new."""
    index, name = table.c[0], table.c[1]
    if "" in ids:
        raise InvalidInput(f"`{name.name}` must not be empty; drop such rows first.")
    known: dict[str, int] = {
        found: at for at, found in connection.execute(sa.select(index, name)) if found is not None
    }
    first = state.next_index(connection, table)
    new = [i for i in ids if i not in known]
    known.update(zip(new, range(first, first + len(new)), strict=True))
    if new:
        connection.execute(sa.insert(table), [{index.name: known[i], name.name: i} for i in new])
    return np.fromiter((known[i] for i in ids), np.int32, len(ids)), len(new)


def _texts(table: pa.Table, names: Iterable[str]) -> list[tuple[Any, ...]]:
    """Rows of the named columns, null where a column is missing, lists as JSON."""
    nothing = [None] * table.num_rows
    columns = [table.column(n).to_pylist() if n in table.column_names else nothing for n in names]
    return [
        tuple(json.dumps(v, ensure_ascii=False) if isinstance(v, list) else v for v in row)
        for row in zip(*columns, strict=True)
    ]


def _describe_items(connection: sa.Connection, table: pa.Table, items: Int32) -> None:
    for target, names in ((schema.MOVIES, _MOVIE), (schema.MOVIE_METADATA, _METADATA)):
        _describe(connection, target, items, _texts(table, names), names)


def _describe(
    connection: sa.Connection,
    table: sa.Table,
    indices: Int32,
    rows: list[tuple[Any, ...]],
    names: Sequence[str],
) -> None:
    """Fill in what `rows` tell of the users or items at `indices`; nulls change nothing."""
    key = table.c[0].name
    filled = [
        dict(zip(names, row, strict=True)) | {key: at}
        for at, row in zip(indices.tolist(), rows, strict=True)
        if any(v is not None for v in row)
    ]
    if not filled:
        return
    if table is schema.MOVIE_METADATA:
        connection.execute(
            sa.text(f"INSERT INTO {table.name} ({key}) VALUES (:{key}) ON CONFLICT DO NOTHING"),
            [{key: row[key]} for row in filled],
        )
    changes = ", ".join(f"{n} = COALESCE(:{n}, {n})" for n in names)
    connection.execute(sa.text(f"UPDATE {table.name} SET {changes} WHERE {key} = :{key}"), filled)


def _add_tags(connection: sa.Connection, dataset: Dataset, users: Int32, items: Int32) -> int:
    if dataset.tags is None or not dataset.tags.num_rows:
        return 0
    told = dataset.tags.to_pydict()
    who, what = dataset.users.indices(told["user_id"]), dataset.items.indices(told["item_id"])
    lost = [i for i, u, m in zip(told["user_id"], who, what, strict=True) if u < 0 or m < 0]
    if lost:
        raise InvalidInput(
            f"Tags must be of users and items that the data set has, got tags of {some(lost)}."
        )
    count = sa.select(sa.func.count()).select_from(schema.TAGS)
    before = connection.scalar(count) or 0
    rows = zip(users[who].tolist(), items[what].tolist(), told["tag"], told["time"], strict=True)
    connection.execute(
        sa.text(
            "INSERT INTO tags (user_index, item_index, tag, time) VALUES (:u, :i, :tag, :time) "
            "ON CONFLICT (user_index, item_index, tag) DO UPDATE SET time = excluded.time"
        ),
        [{"u": u, "i": i, "tag": tag, "time": at} for u, i, tag, at in rows],
    )
    return int((connection.scalar(count) or 0) - before)
