"""Genres and decades of items, age bands, gender and occupation of people, as zeros and ones.

Never an id, and nothing that is unknown is guessed: an unknown field is a group of zeros.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

from matinee.errors import InvalidParameter, some
from matinee.interactions import SideInformation, sorted_csr

_TEXTS = ("gender", "occupation")
AGE_BANDS = (18, 25, 35, 45, 50, 56)
"""Ages at which a band begins; the first band is below 18 (the bands of ml-1m)."""


def side_information(items: pa.Table, users: pa.Table) -> SideInformation:
    """What the tables of items and users say, one row an index.

    Parameters
    ----------
    items
        With ``genres`` (list of text) and ``year``, where known.
    users
        With ``age``, ``gender`` and ``occupation``, where known.

    Returns
    -------
    SideInformation
        Columns "genre:Drama", "decade:1990"; "age:25-34", "gender:F", "occupation:writer".
        Features are None where the tables say nothing.
    """
    item_features, item_names = _one_hot(
        [_item_words(genres, year) for genres, year in _rows(items, ("genres", "year"))]
    )
    user_features, user_names = _one_hot(
        [_profile_words(*row) for row in _rows(users, ("age", "gender", "occupation"))]
    )
    return SideInformation(item_features, item_names, user_features, user_names)


def profile_row(profile: Mapping[str, Any], names: Sequence[str]) -> csr_array:
    """(1, g) CSR: the row of somebody with this age, gender and occupation.

    What the columns `names` do not know (an occupation that nobody has) counts as unknown.
    """
    words = _profile_words(*(profile.get(k) for k in ("age", "gender", "occupation")))
    return sorted_csr(np.array([[float(name in words) for name in names]], np.float32))


def check_profile(profile: Mapping[str, Any], names: Sequence[str]) -> None:
    """InvalidParameter if a gender or occupation is stated that none of the columns `names` knows.

    Where the people of the training data state no such field, anything goes.
    """
    for field in _TEXTS:
        words = _profile_words(None, *(profile.get(f) if f == field else None for f in _TEXTS))
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


def _profile_words(age: int | None, gender: str | None, occupation: str | None) -> list[str]:
    words = [] if age is None else [f"age:{_age_band(age)}"]
    words += [f"gender:{gender.upper()}"] if gender else []
    # "other" and "none" say that the occupation is not known, not that it is shared.
    stated = occupation and occupation.lower() not in ("other", "none")
    return [*words, f"occupation:{occupation.lower()}"] if occupation and stated else words


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
