"""Genres, decades and tags of items; age bands, gender, occupation and region of people: all as
zeros and ones. Beside them the words of items, counted.

Never an id, and nothing that is unknown is guessed: an unknown field is a group of zeros.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array, hstack

from matinee.data.genome import Genome
from matinee.features.profiles import PROFILE, profile_words
from matinee.features.sentences import sentence_vectors
from matinee.features.words import item_words
from matinee.interactions import SideInformation

TAGGED_ITEMS = 5
"""Items that must carry a tag for it to say what items have in common."""


def side_information(
    items: pa.Table,
    users: pa.Table,
    tags: pa.Table | None = None,
    genome: pa.Table | Genome | None = None,
    *,
    sentences: bool = False,
) -> SideInformation:
    """What the tables of items and users say, one row an index.

    Parameters
    ----------
    items
        With ``item_id``, and ``genres`` (list of text), ``year``, ``title``, ``keywords`` (list of
        text) and ``overview``, where known.
    users
        With ``age``, ``gender``, ``occupation`` and ``zip``, where known.
    tags
        With ``item_id``, ``tag`` and, where known, ``user_id``. For features, who gave a tag, and
        how often, does not count, and tags on fewer than `TAGGED_ITEMS` items are left out. Tags
        of items that `items` lacks are left out anyway.
    genome
        The tag genome: ``item_id``, ``tag`` and ``relevance``, or the arrays that a store holds.
    sentences
        Also words "sentence:0" and so on: the numbers, of either sign, that a sentence model gives
        title and overview. It takes the extra `text`, and minutes for ten thousands of items.

    Returns
    -------
    SideInformation
        Columns "genre:Drama", "decade:1990", "tag:atmospheric"; "age:25-34", "gender:F",
        "occupation:writer", "region:9". A region is the first digit of a zip code of the United
        States; another code says nothing. Features are None where the tables say nothing. Words
        are those of `features.words.item_words`.
    """
    item_features, item_names = _one_hot(
        [_item_words(genres, year) for genres, year in _rows(items, ("genres", "year"))]
    )
    tagged, tag_names = (None, ()) if tags is None else _tags(items, tags)
    if tagged is not None:
        known = [item_features, tagged] if item_features is not None else [tagged]
        # "tag:" comes after "decade:" and "genre:", so names stay sorted.
        item_features, item_names = csr_array(hstack(known)), (*item_names, *tag_names)
    user_features, user_names = _one_hot(
        [profile_words(dict(zip(PROFILE, row, strict=True))) for row in _rows(users, PROFILE)]
    )
    words, word_names = item_words(items, tags, genome)
    if sentences:
        meant = sentence_vectors(items)
        words = csr_array(meant) if words is None else csr_array(hstack([words, meant]))
        word_names += tuple(f"sentence:{at}" for at in range(meant.shape[1]))
    years = [np.nan if year is None else year for (year,) in _rows(items, ("year",))]
    return SideInformation(
        item_features, item_names, user_features, user_names, words, word_names,
        np.array(years, np.float32) if np.isfinite(years).any() else None,
    )  # fmt: skip


def _rows(table: pa.Table, columns: Iterable[str]) -> Iterable[tuple[Any, ...]]:
    lists = [
        table.column(c).to_pylist() if c in table.column_names else [None] * table.num_rows
        for c in columns
    ]
    return zip(*lists, strict=True)


def _item_words(genres: list[str] | None, year: int | None) -> list[str]:
    words = [f"genre:{genre}" for genre in genres or ()]
    return words if year is None else [*words, f"decade:{year // 10 * 10}"]


def _one_hot(rows: list[list[str]]) -> tuple[csr_array | None, tuple[str, ...]]:
    names = sorted({word for row in rows for word in row})
    if not names:
        return None, ()
    column = {name: i for i, name in enumerate(names)}
    indptr = np.cumsum([0, *(len(set(row)) for row in rows)]).astype(np.int32)
    indices = np.fromiter((column[w] for row in rows for w in sorted(set(row))), np.int32)
    data = np.ones(len(indices), np.float32)
    return csr_array((data, indices, indptr), shape=(len(rows), len(names))), tuple(names)


def _tags(items: pa.Table, tags: pa.Table) -> tuple[csr_array | None, tuple[str, ...]]:
    """(n_items, t) zeros and ones, and names, of tags in lower case; None where there are none."""
    place = pc.index_in(tags.column("item_id"), items.column("item_id").combine_chunks())
    text = pc.utf8_lower(pc.utf8_trim_whitespace(tags.column("tag")))
    known = pc.and_(pc.is_valid(place), pc.fill_null(pc.not_equal(text, ""), False))
    words = text.filter(known).combine_chunks().dictionary_encode()
    rows = place.filter(known).to_numpy().astype(np.int64)
    names, n_words = np.array(words.dictionary.to_pylist(), dtype=object), len(words.dictionary)
    pairs = np.unique(rows * max(n_words, 1) + words.indices.to_numpy())
    rows, columns = np.divmod(pairs, max(n_words, 1))
    kept = np.flatnonzero(np.bincount(columns, minlength=n_words) >= TAGGED_ITEMS)
    if not len(kept):
        return None, ()
    order = kept[np.argsort(names[kept])]
    shape = (items.num_rows, n_words)
    every = csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)
    return every[:, order], tuple(f"tag:{name}" for name in names[order])
