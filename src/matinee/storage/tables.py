"""The store's rows as Arrow tables, in index order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

from matinee.errors import InvalidParameter, some
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
        ("original_title", pa.string()),
        ("overview", pa.string()),
        ("keywords", pa.list_(pa.string())),
        ("runtime", pa.float32()),
        ("revenue", pa.float64()),
        ("release_date", pa.string()),
        ("language", pa.string()),
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


def item_table(connection: sa.Connection, only: Sequence[str] | None = None) -> pa.Table:
    """Every item with what is known of it, or `only` the columns of these names.

    Raises
    ------
    InvalidParameter
        A column that there is not.
    """
    names = _ITEM.names if only is None else list(only)
    unknown = [name for name in names if name not in _ITEM.names]
    if unknown:
        raise InvalidParameter(
            f"Columns of items must be among {', '.join(_ITEM.names)}, got {some(unknown)}."
        )
    n, mean = _counted(MOVIES)
    own = {"n_ratings": n, "mean": mean}
    columns = [
        own[name] if name in own else (MOVIES if name in MOVIES.c else MOVIE_METADATA).c[name]
        for name in names
    ]
    source = MOVIES if set(names) <= {*own, *MOVIES.c.keys()} else MOVIES.outerjoin(MOVIE_METADATA)
    query = sa.select(*columns).select_from(source).order_by(MOVIES.c.item_index)
    return _table(connection, query, pa.schema([_ITEM.field(name) for name in names]))


def metadata_of(connection: sa.Connection, item_index: int) -> dict[str, Any]:
    """What the columns of metadata say of one item, nothing where nothing is known."""
    query = sa.select(*MOVIE_METADATA.c[1:]).where(MOVIE_METADATA.c.item_index == item_index)
    row = connection.execute(query).mappings().one_or_none()
    known = {name: value for name, value in (row or {}).items() if value is not None}
    return {
        n: json.loads(v) if pa.types.is_list(_ITEM.field(n).type) else v for n, v in known.items()
    }


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
    for place, field in enumerate(fields):
        if pa.types.is_list(field.type):
            columns[place] = [None if cell is None else json.loads(cell) for cell in columns[place]]
    return pa.Table.from_arrays(
        [pa.array(c, type=f.type) for c, f in zip(columns, fields, strict=True)], schema=fields
    )
