"""Genres, decades and tags of items; age bands, gender, occupation and region of people: all as
zeros and ones.

Never an id, and nothing that is unknown is guessed: an unknown field is a group of zeros.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array, hstack

from matinee.errors import InvalidParameter, some
from matinee.interactions import SideInformation, sorted_csr

_TEXTS = ("gender", "occupation")
PROFILE = ("age", *_TEXTS, "zip")
"""What may be known of a person."""
AGE_BANDS = (18, 25, 35, 45, 50, 56)
"""Ages at which a band begins; the first band is below 18 (the bands of ml-1m)."""
TAGGED_ITEMS = 5
"""Items that must carry a tag for it to say what items have in common."""
_ZIP_CODE = re.compile(r"([0-9])[0-9]{4}(-?[0-9]{4})?")


def side_information(
    items: pa.Table, users: pa.Table, tags: pa.Table | None = None
) -> SideInformation:
    """What the tables of items and users say, one row an index.

    Parameters
    ----------
    items
        With ``item_id``, and ``genres`` (list of text) and ``year``, where known.
    users
        With ``age``, ``gender``, ``occupation`` and ``zip``, where known.
    tags
        With ``item_id`` and ``tag``: who gave a tag, and how often, does not count. Tags on fewer
        than `TAGGED_ITEMS` items are left out, and so are tags of items that `items` lacks.

    Returns
    -------
    SideInformation
        Columns "genre:Drama", "decade:1990", "tag:atmospheric"; "age:25-34", "gender:F",
        "occupation:writer", "region:9". A region is the first digit of a zip code of the United
        States; another code says nothing. Features are None where the tables say nothing.
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
        [_profile_words(dict(zip(PROFILE, row, strict=True))) for row in _rows(users, PROFILE)]
    )
    return SideInformation(item_features, item_names, user_features, user_names)


def profile_row(profile: Mapping[str, Any], names: Sequence[str]) -> csr_array:
    """(1, g) CSR: the row of somebody with this age, gender, occupation and zip code.

    What the columns `names` do not know (an occupation that nobody has) counts as unknown.
    """
    words = _profile_words(profile)
    return sorted_csr(np.array([[float(name in words) for name in names]], np.float32))


def check_profile(profile: Mapping[str, Any], names: Sequence[str]) -> None:
    """InvalidParameter if a gender or occupation is stated that none of the columns `names` knows.

    Where the people of the training data state no such field, anything goes. A zip code may be any:
    where it tells no region it counts as unknown.
    """
    for field in _TEXTS:
        words = _profile_words({field: profile.get(field)})
        known = [n.partition(":")[2] for n in names if n.startswith(f"{field}:")]
        if known and words and words[0] not in names:
            raise InvalidParameter(
                f"`{field}` must be one that the model has met ({some(known, 30)}), got "
                f"{profile[field]!r}; leave it out if it is none of these."
            )


def _rows(table: pa.Table, columns: Iterable[str]) -> Iterable[tuple[Any, ...]]:
    lists = [
        table.column(c).to_pylist() if c in table.column_names else [None] * table.num_rows
        for c in columns
    ]
    return zip(*lists, strict=True)


def _item_words(genres: list[str] | None, year: int | None) -> list[str]:
    words = [f"genre:{genre}" for genre in genres or ()]
    return words if year is None else [*words, f"decade:{year // 10 * 10}"]


def _profile_words(profile: Mapping[str, Any]) -> list[str]:
    age, gender, occupation, code = (profile.get(field) for field in PROFILE)
    words = [] if age is None else [f"age:{_age_band(age)}"]
    words += [f"gender:{gender.upper()}"] if gender else []
    # "other" and "none" say that the occupation is not known, not that it is shared.
    if occupation and occupation.lower() not in ("other", "none"):
        words.append(f"occupation:{occupation.lower()}")
    region = _region(code or "")
    return words if region is None else [*words, f"region:{region}"]


def _region(code: str) -> str | None:
    """The first digit of a zip code of the United States; None for any other code."""
    found = _ZIP_CODE.fullmatch(code.strip())
    # Zeros only are what people write who do not want to say.
    return found[1] if found and code.strip("0- ") else None


def _age_band(age: int) -> str:
    above = [a for a in AGE_BANDS if a > age]
    below = [a for a in AGE_BANDS if a <= age]
    if not below:
        return f"under {AGE_BANDS[0]}"
    return f"{below[-1]}-{above[0] - 1}" if above else f"{below[-1]}+"


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
