"""What the cells of a row of metadata must hold, and what they then say.

A row with a cell that cannot be what its column says is bad as a whole: most often its columns have
shifted, and then what looks right is wrong too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from matinee.data.cells import Wrong, day, language, one_line, overview, revenue, runtime
from matinee.data.genres import genre_list
from matinee.data.metadata.names import names
from matinee.data.own.rules import Fault

_ID = re.compile(r"([0-9]{1,10})(?:\.0)?")
_IMDB_ID = re.compile(r"(?:tt)?([0-9]{1,10})(?:\.0)?")
# Genres of TMDB that MovieLens calls otherwise.
_GENRES = {"Family": "Children", "Music": "Musical"}


class Movie(NamedTuple):
    """What is known of a movie; None and no names where nothing is."""

    tmdb_id: str
    imdb_id: str | None = None
    title: str | None = None
    original_title: str | None = None
    overview: str | None = None
    genres: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    runtime: float | None = None
    revenue: float | None = None
    release_date: str | None = None
    language: str | None = None

    @property
    def year(self) -> int | None:
        """Of its release."""
        return None if self.release_date is None else int(self.release_date[:4])


def plain_id(text: str | None) -> str | None:
    """An id of TMDB without what spreadsheets add to it (862.0); None if it is none."""
    found = _ID.fullmatch((text or "").strip())
    return (found[1].lstrip("0") or None) if found else None


def plain_imdb_id(text: str | None) -> str | None:
    """An id of IMDb as links have it: "0114709" of "tt0114709" or 114709; None if it is none."""
    found = _IMDB_ID.fullmatch((text or "").strip())
    return f"{int(found[1]):07d}" if found and int(found[1]) else None


def _id(text: str) -> str:
    found = plain_id(text)
    if found is None:
        raise Wrong("unparsable id" if text else "empty id")
    return found


def _imdb_id(text: str) -> str | None:
    if text and not _IMDB_ID.fullmatch(text):
        raise Wrong("unparsable IMDb id")
    return plain_imdb_id(text)


def _names(text: str) -> tuple[str, ...]:
    found = names(text)
    if found is None:
        raise Wrong("not a list of ids and names")
    return tuple(found)


def _genres(text: str) -> tuple[str, ...]:
    return tuple(genre_list(_GENRES.get(name, name) for name in _names(text)))


_READ: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "id": ("tmdb_id", _id),
    "imdb_id": ("imdb_id", _imdb_id),
    "title": ("title", one_line),
    "original_title": ("original_title", one_line),
    "overview": ("overview", overview),
    "genres": ("genres", _genres),
    "keywords": ("keywords", _names),
    "runtime": ("runtime", runtime),
    "revenue": ("revenue", revenue),
    "release_date": ("release_date", day),
    "original_language": ("language", language),
}
COLUMNS = tuple(_READ)
"""Columns of the official files that are read; the others are left aside."""


def movie(cells: Mapping[str, str]) -> Movie | Fault:
    """The movie of a row, by official column names; or the first cell that is wrong."""
    known: dict[str, Any] = {}
    column = ""
    try:
        for column, text in cells.items():
            field, read = _READ[column]
            known[field] = read(text.strip())
    except Wrong as wrong:
        return Fault(column, str(wrong))
    return Movie(**known)
