"""The store's rows as Arrow tables, in index order."""

from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from matinee.storage.schema import MOVIE_METADATA, MOVIES, TAGS, USERS

_USER = pa.schema(
    [
        ("user_id", pa.string()),
        ("age", pa.int32()),
        ("gender", pa.string()),
        ("occupation", pa.string()),
        ("zip", pa.string()),
        ("n_ratings", pa.int64()),
        ("mean", pa.float32()),
    ]
)
_ITEM = pa.schema(
    [
        ("item_id", pa.string()),
        ("title", pa.string()),
        ("year", pa.int32()),
        ("genres", pa.list_(pa.string())),
        ("imdb_id", pa.string()),
        ("tmdb_id", pa.string()),
        ("overview", pa.string()),
        ("n_ratings", pa.int64()),
        ("mean", pa.float32()),
    ]
)
_TAG = pa.schema(
    [
        ("user_id", pa.string()),
        ("item_id", pa.string()),
        ("tag", pa.string()),
        ("time", pa.int64()),
    ]
)


def user_table(connection: sa.Connection) -> pa.Table:
    """Every user; the place of a deleted one holds the id "" and nothing else."""
    c = USERS.c
    query = sa.select(
        sa.func.coalesce(c.user_id, ""), c.age, c.gender, c.occupation, c.zip, *_counted(USERS)
    ).order_by(c.user_index)
    return _table(connection, query, _USER)


def item_table(connection: sa.Connection) -> pa.Table:
    """Every item with what is known of it."""
    c, m = MOVIES.c, MOVIE_METADATA.c
    query = (
        sa.select(
            c.item_id, c.title, c.year, c.genres, m.imdb_id, m.tmdb_id, m.overview,
            *_counted(MOVIES),
        )
        .select_from(MOVIES.outerjoin(MOVIE_METADATA))
        .order_by(c.item_index)
    )  # fmt: skip
    return _table(connection, query, _ITEM)


def tag_table(connection: sa.Connection) -> pa.Table:
    """Every tag, sorted by user, item and tag."""
    c = TAGS.c
    query = (
        sa.select(USERS.c.user_id, MOVIES.c.item_id, c.tag, c.time)
        .select_from(TAGS.join(USERS).join(MOVIES))
        .order_by(c.user_index, c.item_index, c.tag)
    )
    return _table(connection, query, _TAG)


def _counted(table: sa.Table) -> tuple[Any, Any]:
    """Count and mean; no mean where there is no rating."""
    n, total = table.c.n_ratings, table.c.rating_sum
    return n, sa.case((n > 0, total / n))


def _table(connection: sa.Connection, query: sa.Select[Any], fields: pa.Schema) -> pa.Table:
    rows = connection.execute(query).all()
    columns: list[Any] = list(zip(*rows, strict=True)) or [()] * len(fields)
    if "genres" in fields.names:
        place = fields.get_field_index("genres")
        columns[place] = [None if g is None else json.loads(g) for g in columns[place]]
    return pa.Table.from_arrays(
        [pa.array(c, type=f.type) for c, f in zip(columns, fields, strict=True)], schema=fields
    )
