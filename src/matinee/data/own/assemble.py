"""Good rows, as they come, into one `Dataset`: ids numbered, duplicates dropped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matinee.data.dataset import Dataset, Vocabulary, id_order
from matinee.data.own.rules import Good, GoodColumns
from matinee.errors import InvalidParameter
from matinee.interactions import Bool, Int32, Int64, Interactions

Duplicates = Literal["last", "first"]
"""Which rating of a pair stays: the latest by time (else the last row), or the earliest."""

_ITEM_FIELDS = {
    "title": pa.string(),
    "year": pa.int32(),
    "genres": pa.list_(pa.string()),
    "imdb_id": pa.string(),
    "tmdb_id": pa.string(),
    "original_title": pa.string(),
    "overview": pa.string(),
    "keywords": pa.list_(pa.string()),
}
_USER_FIELDS = {
    "age": pa.int32(),
    "gender": pa.string(),
    "occupation": pa.string(),
    "zip": pa.string(),
}


@dataclass
class SideTables:
    """Rows of the tables that came beside the ratings: id -> field -> value."""

    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    people: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: list[tuple[str, str, str, int | None]] | None = None


class Gathered:
    """Good ratings so far. Compact: 20 bytes a rating while they come, one code for each id."""

    def __init__(self, *, values: bool, times: bool) -> None:
        self._users: dict[str, int] = {}
        self._items: dict[str, int] = {}
        self._user: list[Int32] = []
        self._item: list[Int32] = []
        self._value: list[npt.NDArray[np.float32]] | None = [] if values else None
        self._time: list[Int64] | None = [] if times else None
        self.n = 0

    def add_columns(self, columns: GoodColumns) -> None:
        """Many ratings at once."""
        self._user.append(_codes(self._users, columns.user_ids)[columns.user])
        self._item.append(_codes(self._items, columns.item_ids)[columns.item])
        if self._value is not None and columns.value is not None:
            self._value.append(columns.value)
        if self._time is not None and columns.time is not None:
            self._time.append(columns.time)
        self.n += len(columns.user)

    def add_rows(self, rows: Sequence[Good]) -> None:
        """A few ratings that were checked one by one."""
        self._user.append(_codes(self._users, [r.user for r in rows]))
        self._item.append(_codes(self._items, [r.item for r in rows]))
        if self._value is not None:
            self._value.append(np.array([r.value for r in rows], np.float32))
        if self._time is not None:
            self._time.append(np.array([r.time for r in rows], np.int64))
        self.n += len(rows)

    def dataset(
        self,
        name: str,
        tables: SideTables,
        *,
        duplicates: Duplicates,
        scale: tuple[float, float] | None,
    ) -> tuple[Dataset, int]:
        """Everything gathered, and how many duplicates were dropped. Empties this object."""
        # One column after the other, so that only one is ever held twice.
        user = _joined(self._user, np.int32)
        item = _joined(self._item, np.int32)
        value = None if self._value is None else _joined(self._value, np.float32)
        time = None if self._time is None else _joined(self._time, np.int64)
        rows = kept_rows(user, item, time, duplicates)
        dropped = 0 if rows is None else len(user) - int(rows.sum())
        if rows is not None:
            user, item = user[rows], item[rows]
            value = None if value is None else value[rows]
            time = None if time is None else time[rows]
        tags = tables.tags or []
        users, user_place = _ordered(self._users, [*tables.people, *(t[0] for t in tags)])
        items, item_place = _ordered(self._items, [*tables.items, *(t[1] for t in tags)])
        user, item = user_place[user], item_place[item]
        interactions = Interactions(user, item, value, time, len(users), len(items))
        result = Dataset(
            name,
            interactions,
            users,
            items,
            _table("item_id", items, tables.items, _ITEM_FIELDS),
            _table("user_id", users, tables.people, _USER_FIELDS),
            None if tables.tags is None else _tag_table(tables.tags),
            scale=scale,
        )
        return result, dropped


def kept_rows(user: Int32, item: Int32, time: Int64 | None, policy: Duplicates) -> Bool | None:
    """Which rows stay when each pair may stay once; None when no pair occurs twice.

    Parameters
    ----------
    user, item : (n,) int32, not negative
    time : (n,) int64 or None
    policy
        "last": the latest by time, of equally late ones (or without times) the last row; "first"
        is its mirror image.

    Raises
    ------
    InvalidParameter
        Another policy.
    """
    if policy not in ("last", "first"):
        raise InvalidParameter(f"`duplicates` must be 'last' or 'first', got {policy!r}.")
    keys = _keys(user, item)
    keys.sort()
    repeated = np.unique(keys[1:][keys[1:] == keys[:-1]])
    del keys
    if not len(repeated):
        return None
    keys = _keys(user, item)
    at = np.searchsorted(repeated, keys)
    at[at == len(repeated)] = 0
    rows = np.flatnonzero(repeated[at] == keys)
    times = np.zeros(len(rows), np.int64) if time is None else time[rows]
    order = np.lexsort((rows, times, keys[rows]))
    if policy == "first":
        order = order[::-1]
    ranked = rows[order]
    # Ranked by pair, then by time, then by row: the last of each pair stays.
    stays = np.append(keys[ranked][1:] != keys[ranked][:-1], True)
    kept = np.ones(len(user), bool)
    kept[ranked[~stays]] = False
    return kept


def drop_duplicates(interactions: Interactions, policy: Duplicates = "last") -> Interactions:
    """Ratings in which each (user, item) pair occurs once, in their old order; see `kept_rows`."""
    rows = kept_rows(interactions.user_index, interactions.item_index, interactions.time, policy)
    return interactions if rows is None else interactions.take(rows)


def _keys(user: Int32, item: Int32) -> Int64:
    width = int(item.max(initial=-1)) + 1
    keys = user.astype(np.int64)
    keys *= width
    keys += item
    return keys


def _codes(known: dict[str, int], ids: list[str]) -> Int32:
    new = dict.fromkeys(id_ for id_ in ids if id_ not in known)
    known.update(zip(new, range(len(known), len(known) + len(new)), strict=True))
    return np.fromiter(map(known.__getitem__, ids), np.int32, len(ids))


def _joined(chunks: list[Any], dtype: npt.DTypeLike) -> Any:
    joined = np.concatenate(chunks) if chunks else np.empty(0, dtype)
    chunks.clear()
    return joined


def _ordered(known: dict[str, int], others: Sequence[str]) -> tuple[Vocabulary, Int32]:
    ids = list(dict.fromkeys([*known, *others]))
    order = id_order(ids)
    place = np.empty(len(ids), np.int32)
    place[order] = np.arange(len(ids), dtype=np.int32)
    return Vocabulary([ids[i] for i in order.tolist()]), place


def _table(
    key: str, vocabulary: Vocabulary, rows: Mapping[str, Mapping[str, Any]], fields: dict[str, Any]
) -> pa.Table:
    present = [f for f in fields if any(f in row for row in rows.values())]
    nothing: dict[str, Any] = {}
    columns = {key: pa.array(vocabulary.ids, pa.string())}
    for name in present:
        cells = [rows.get(i, nothing).get(name) for i in vocabulary.ids]
        columns[name] = pa.array(cells, fields[name])
    return pa.table(columns)


def _tag_table(tags: list[tuple[str, str, str, int | None]]) -> pa.Table:
    types = (("user_id", pa.string()), ("item_id", pa.string()), ("tag", pa.string()))
    schema = pa.schema([*types, ("time", pa.int64())])
    return pa.table([[t[i] for t in tags] for i in range(4)], schema=schema)
