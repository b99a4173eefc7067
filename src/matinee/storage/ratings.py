"""Millions of ratings in and out of the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from matinee.errors import InvalidInput
from matinee.interactions import Int32, Interactions
from matinee.progress import Progress
from matinee.storage.schema import MOVIES, RATINGS, USERS
from matinee.storage.snapshot import Columns, Sorted
from matinee.storage.state import setting

_ROWS = 50
"""Rows a statement: twice as fast as one, and no faster with more."""

_CHUNK = 100_000


def read_all(connection: sa.Connection, progress: Progress) -> Columns:
    """All ratings, sorted by user, then item, a chunk of rows at a time into final arrays."""
    table = RATINGS
    total = int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)
    timed = table.c.time.is_not(None)
    has_value = setting(connection, "feedback") != "implicit"
    has_time = connection.scalar(sa.select(table.c.time).where(timed).limit(1)) is not None
    kinds: dict[str, type[np.generic]] = {"user_index": np.int32, "item_index": np.int32}
    kinds |= {"value": np.float32} if has_value else {}
    kinds |= {"time": np.int64} if has_time else {}
    columns = {name: np.empty(total, kind) for name, kind in kinds.items()}
    names = ", ".join("COALESCE(time, 0)" if n == "time" else n for n in kinds)
    # The driver's own cursor: a row object for each of millions of rows would double the time.
    cursor: Any = connection.exec_driver_sql(
        f"SELECT {names} FROM ratings ORDER BY user_index, item_index"
    ).cursor
    done = 0
    while rows := cursor.fetchmany(_CHUNK // 2):
        block = np.array(rows, dtype=list(kinds.items()))
        for name, column in columns.items():
            column[done : done + len(rows)] = block[name]
        done += len(rows)
        progress("reading ratings", done, total)
    cursor.close()
    return Columns(
        columns["user_index"], columns["item_index"], columns.get("value"), columns.get("time")
    )


def in_order(ratings: Interactions, users: Int32, items: Int32) -> Sorted:
    """The ratings in the store's indices, sorted by user, then item."""
    columns = Columns(
        _mapped(ratings.user_index, users),
        _mapped(ratings.item_index, items),
        ratings.value,
        ratings.time,
    )
    width = int(items.max()) + 1
    key = columns.user_index.astype(np.int64) * width + columns.item_index
    order: npt.NDArray[np.int64] | None = None
    if not (key[1:] > key[:-1]).all():
        order = np.argsort(key, kind="stable")
        key = key[order]
        if (key[1:] == key[:-1]).any():
            raise InvalidInput(
                "Each (user, item) pair may occur once in an import; keep one rating of each "
                "pair first (data.drop_duplicates does)."
            )
    return Sorted(columns, order)


def _mapped(indices: Int32, to: Int32) -> Int32:
    # The first import keeps the data set's own indices: no copy of millions of rows then.
    return indices if np.array_equal(to, np.arange(len(to))) else to[indices]


def insert(connection: sa.Connection, ratings: Sorted, progress: Progress) -> int:
    """Insert ratings, replacing older ones of the same pairs; return how many rows changed."""
    changed = done = 0
    for chunk in ratings.chunks(_CHUNK):
        changed += write_rows(connection, _UPSERT, chunk)
        done += len(chunk.user_index)
        progress("ratings", done, len(ratings))
    return changed


def write_rows(
    connection: sa.Connection, statement: str, columns: Sequence[npt.NDArray[Any] | None]
) -> int:
    """Run an INSERT for all rows of these columns; return how many rows changed.

    Parameters
    ----------
    statement
        SQL with ``{}`` where the rows stand.
    columns
        Equally long; None is a column of nulls.
    """
    sign = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    n = next(len(column) for column in columns if column is not None)
    width, changed = len(columns), 0
    row = f"({','.join([sign] * width)})"
    flat: list[Any] = [None] * (width * n)
    for place, column in enumerate(columns):
        if column is not None:
            flat[place::width] = column.tolist()
    whole = n - n % _ROWS
    for rows, start, stop in ((_ROWS, 0, whole), (1, whole, n)):
        if start < stop:
            step = width * rows
            changed += connection.exec_driver_sql(
                statement.format(", ".join([row] * rows)),
                [tuple(flat[a : a + step]) for a in range(width * start, width * stop, step)],
            ).rowcount
    return changed


_UPSERT = (
    "INSERT INTO ratings (user_index, item_index, value, time) VALUES {} "
    "ON CONFLICT (user_index, item_index) DO UPDATE SET value = excluded.value, "
    "time = excluded.time "
    "WHERE (ratings.time IS NULL OR excluded.time >= ratings.time) "
    "AND (excluded.value <> ratings.value OR excluded.time > ratings.time "
    "OR (ratings.time IS NULL AND excluded.time IS NOT NULL))"
)
"""The newer or equally new rating stays, and one with a time before one without."""


def count(connection: sa.Connection, columns: Columns) -> None:
    """Write the count and the sum of the ratings of each user and item."""
    for table, index in (
        (USERS, columns.user_index),
        (MOVIES, columns.item_index),
    ):
        counts = np.bincount(index)
        sums = (
            np.zeros(len(counts))
            if columns.value is None
            else np.bincount(index, weights=columns.value)
        )
        key = table.c[0].name
        rows = np.flatnonzero(counts)
        connection.execute(
            sa.text(f"UPDATE {table.name} SET n_ratings = :n, rating_sum = :sum WHERE {key} = :at"),
            [
                {"at": at, "n": n, "sum": total}
                for at, n, total in zip(
                    rows.tolist(), counts[rows].tolist(), sums[rows].tolist(), strict=True
                )
            ],
        )
