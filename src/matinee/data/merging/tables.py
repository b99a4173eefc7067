"""The tables of two sets as one: items told best, people, tags, the genome."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matinee.data.dataset import Dataset, Vocabulary
from matinee.data.merging.matching import Matching
from matinee.interactions import Int64
from matinee.titles.spelling import match_keys

Sides = tuple[Dataset, Dataset]


def user_table(sides: Sides, users: Vocabulary) -> pa.Table:
    told = pa.concat_tables([d.user_table for d in sides], promote_options="permissive")
    return told.set_column(
        told.column_names.index("user_id"), "user_id", pa.array(users.ids, pa.string())
    )


def item_table(sides: Sides, matching: Matching, items: Vocabulary) -> pa.Table:
    both = pa.concat_tables([d.item_table for d in sides], promote_options="permissive")
    item = np.concatenate([matching.item_a, matching.item_b])
    columns = {"item_id": pa.array(items.ids, pa.string())}
    titles = np.ones(len(item), np.int64)
    if "title" in both.column_names:
        titles += [len(match_keys(title or "")) for title in both.column("title").to_pylist()]
    for name in both.column_names:
        if name == "item_id":
            continue
        column = both.column(name)
        # The year goes with the title: years in titles may differ by one.
        worth = titles * _worth(column) if name in ("title", "year") else _worth(column)
        # By item, then worth, then the first set before the second: the last of an item is best.
        order = np.lexsort((-np.arange(len(item)), worth, item))
        best = order[np.append(item[order][1:] != item[order][:-1], True)] if len(order) else order
        columns[name] = column.take(pa.array(best)).combine_chunks()
    return pa.table(columns)


def _worth(column: pa.ChunkedArray) -> Int64:
    """How much each cell tells: 0 for nothing."""
    if pa.types.is_list(column.type):
        return pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
    return pc.is_valid(column).to_numpy().astype(np.int64)


def tags(
    sides: Sides,
    users: tuple[list[str], list[str]],
    items: tuple[list[str], list[str]],
    names: tuple[str, str],
) -> pa.Table | None:
    parts = []
    for side, user_ids, item_ids, name in zip(sides, users, items, names, strict=True):
        if side.tags is None:
            continue
        who = _renamed(side.tags.column("user_id"), side.users.ids, user_ids, name)
        what = _renamed(side.tags.column("item_id"), side.items.ids, item_ids, name)
        rest = side.tags.drop_columns(["user_id", "item_id"])
        told = {n: rest.column(n) for n in rest.column_names}
        parts.append(pa.table({"user_id": who, "item_id": what, **told}))
    return pa.concat_tables(parts, promote_options="permissive") if parts else None


def _renamed(column: pa.ChunkedArray, old: list[str], new: list[str], name: str) -> pa.ChunkedArray:
    """Ids by their new names; an id that the set does not know gets the set's name before it."""
    column = column.cast(pa.string())
    place = pc.index_in(column, pa.array(old, pa.string()))
    known = pa.chunked_array([pa.array(new, pa.string())]).take(place)
    return pc.coalesce(known, pc.binary_join_element_wise(name, column, ":"))


def genome(sides: Sides, matching: Matching, item_ids: list[str]) -> pa.Table | None:
    """Rows of both; those of an item are all of one id: of the first set that has any."""
    parts: list[pa.Table] = []
    had = np.zeros(matching.n_items, bool)
    for side, places in zip(sides, (matching.item_a, matching.item_b), strict=True):
        if side.genome is None:
            continue
        told = side.genome.column("item_id").dictionary_encode().combine_chunks()
        of = side.items.indices(told.dictionary.to_pylist())
        place = np.where(of >= 0, places[of], -1)
        first = np.zeros(len(place), bool)
        first[np.unique(place, return_index=True)[1]] = True
        wanted = first & (place >= 0) & ~had[place]
        had[place[wanted]] = True
        names = pa.array([item_ids[p] if p >= 0 else "" for p in place.tolist()], pa.string())
        item = pa.DictionaryArray.from_arrays(told.indices, names)
        rows = pa.array(wanted[told.indices.to_numpy()])
        tag = side.genome.column("tag").dictionary_encode()
        relevance = side.genome.column("relevance")
        part = pa.table({"item_id": item, "tag": tag, "relevance": relevance})
        parts.append(part.filter(rows))
    return pa.concat_tables(parts).unify_dictionaries() if parts else None
