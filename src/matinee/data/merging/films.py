"""What of two sets' items is compared, and the ways in which they may be the same film.

================================  =============================================================
way, the surest first             what must be equal
================================  =============================================================
imdb; tmdb                        the id
title and year                    the plain main name, and the year
another title and year            any plain names (alternatives, the original one), and the year
title but for small words, and    these without "the", "a", "an", "and", "part" and blanks, and
year                              with II as 2
part of the title, and year       a name, and a part of the other's: "Star Wars" and "Star Wars:
                                  Episode IV - A New Hope"
title, years one apart            the main name, if it is long or both sets have it once
title, a year missing             the main name, if both sets have it once
================================  =============================================================
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from matinee.titles.spelling import match_keys, parts, plain

LONG = 12
"""Letters from which on a name is taken to be one film's within two years."""
_PART = re.compile(r":| [-–—] ")
_OWNER = re.compile(r"[^:]*'s (?=[A-Z])")
_NAMELESS = {"unknown", "untitled"}
_SMALL = {"the", "a", "an", "and", "part"}
_ROMAN = {"ii": "2", "iii": "3", "iv": "4", "v": "5", "vi": "6", "vii": "7", "viii": "8", "ix": "9"}


class Film(NamedTuple):
    """What of an item is compared.

    Attributes
    ----------
    imdb, tmdb
        Numbers as text, without leading zeros.
    names
        Plain, the main one first.
    pieces
        Of the main name: between colons or dashes ("star wars", "episode iv", "a new hope"), and
        what follows an owner ("mafia" of "Jane Austen's Mafia!").
    """

    imdb: str | None
    tmdb: str | None
    names: tuple[str, ...]
    pieces: tuple[str, ...]
    year: int | None
    genres: frozenset[str]


Keys = Callable[[Film], Iterable[Hashable]]


def films(items: pa.Table) -> list[Film]:
    """What is compared of the rows of an item table; what it does not tell is unknown."""

    def column(name: str) -> Sequence[Any]:
        found = name in items.column_names
        return items.column(name).to_pylist() if found else [None] * items.num_rows

    names = ("imdb_id", "tmdb_id", "title", "original_title", "year", "genres")
    found = []
    for imdb, tmdb, title, original, year, genres in zip(*map(column, names), strict=True):
        nameless = year is None and (title or "").lower() in _NAMELESS
        called = () if nameless else (*match_keys(title or ""), *match_keys(original or ""))
        name, stated, _ = parts(title or "")
        pieces = [piece for piece in (*_PART.split(name), _OWNER.sub("", name)) if piece != name]
        found.append(
            Film(
                _link(imdb),
                _link(tmdb),
                tuple(dict.fromkeys(called)),
                tuple(map(plain, pieces)),
                stated if year is None else year,
                frozenset(genres or ()),
            )
        )
    return found


def _link(text: str | None) -> str | None:
    """ "tt0114709" and "0114709" are "114709"; None for what is no number."""
    digits = (text or "").strip().lower().removeprefix("tt").lstrip("0")
    return digits if digits.isascii() and digits.isdigit() else None


def unique(every: Sequence[Film]) -> set[str]:
    """Names that one film of a set has, and no other."""
    counts = Counter(name for film in every for name in film.names)
    return {name for name, n in counts.items() if n == 1}


def ways(single: set[str]) -> tuple[tuple[str, Keys, Keys], ...]:
    """Ways to match, the surest first: a name, and the keys of the first and of the second set.

    Parameters
    ----------
    single
        Names that only one film of each set has.
    """

    def dated(names: Iterable[str], film: Film) -> list[Hashable]:
        return [] if film.year is None else [(name, film.year) for name in names]

    def main(film: Film) -> list[Hashable]:
        return dated(film.names[:1], film)

    def loose(film: Film) -> list[Hashable]:
        return dated(map(_loose, film.names), film)

    def pieces(film: Film) -> list[Hashable]:
        return dated(map(_loose, film.pieces), film)

    def sure(film: Film) -> list[Hashable]:
        return dated([n for n in film.names[:1] if len(n) >= LONG or n in single], film)

    def around(film: Film) -> list[Hashable]:
        return [(n, (film.year or 0) + d) for n in film.names[:1] for d in (-1, 1)]

    def known(film: Film) -> list[Hashable]:
        return [n for n in film.names[:1] if n in single]

    def undated(film: Film) -> list[Hashable]:
        return known(film) if film.year is None else []

    def imdb(film: Film) -> list[Hashable]:
        return [film.imdb] if film.imdb else []

    def tmdb(film: Film) -> list[Hashable]:
        return [film.tmdb] if film.tmdb else []

    def any_name(film: Film) -> list[Hashable]:
        return dated(film.names, film)

    return (
        ("imdb", imdb, imdb),
        ("tmdb", tmdb, tmdb),
        ("title and year", main, main),
        ("another title and year", any_name, any_name),
        ("title but for small words, and year", loose, loose),
        ("part of the title, and year", pieces, loose),
        ("part of the title, and year", loose, pieces),
        ("title, years one apart", sure, around),
        ("title, a year missing", undated, known),
        ("title, a year missing", known, undated),
    )


def _loose(name: str) -> str:
    """A plain name without small words, Roman numbers as figures, and without blanks."""
    return "".join(_ROMAN.get(w, w) for w in name.split() if w not in _SMALL) or name
