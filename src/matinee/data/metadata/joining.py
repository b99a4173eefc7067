"""Items of MovieLens and movies of TMDB: which is which.

An id of TMDB is never taken for an item's id. In this order, for each item:

1. The links that the item has itself, to TMDB and to IMDb. Where they lead to two movies, the one
   whose title agrees. An item whose own links lead nowhere stays alone: nobody guesses better.
2. The links that came with the metadata, by MovieLens's id, where title and year agree: another
   set has other movies under these numbers.
3. Title and year. A year may be off by one, but the same year and the main title come first; where
   several movies fit equally well, or several items the same movie, none is taken.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from matinee.data.metadata.fields import Movie, plain_id, plain_imdb_id
from matinee.errors import some
from matinee.titles.spelling import match_keys, parts

WAYS = ("own links", "links and title", "title and year")
"""How an item may meet its movie, the surest first."""
_EXAMPLES = 5
_COLUMNS = {
    "imdb_id": pa.string(),
    "tmdb_id": pa.string(),
    "original_title": pa.string(),
    "overview": pa.string(),
    "keywords": pa.list_(pa.string()),
    "runtime": pa.float32(),
    "revenue": pa.float64(),
    "release_date": pa.string(),
    "language": pa.string(),
}


@dataclass(frozen=True, eq=False)
class Joined:
    """A table of items with what is known of them.

    Attributes
    ----------
    table
        The items as they were, and original_title, overview, keywords, runtime, revenue,
        release_date and language of those that met their movie. Ids of IMDb and TMDB, year, genres
        and title are filled in where the item has none.
    met : (n_items,) bools
        Which items met their movie.
    counts : way, "ambiguous" or "unmatched" -> items
    ambiguous, unmatched : examples of items of which nothing was taken
    """

    table: pa.Table
    met: list[bool]
    counts: dict[str, int]
    ambiguous: tuple[str, ...]
    unmatched: tuple[str, ...]

    @property
    def described(self) -> pa.Table:
        """Only the rows of items that met their movie."""
        return self.table.filter(pa.array(self.met, pa.bool_()))

    def as_dict(self) -> dict[str, Any]:
        """Counts and examples, ready for JSON."""
        return {
            "items": self.table.num_rows,
            "joined": sum(self.met),
            **self.counts,
            "examples": {"ambiguous": list(self.ambiguous), "unmatched": list(self.unmatched)},
        }


class _Item(NamedTuple):
    """An item as it is compared."""

    id: str
    title: str | None
    year: int | None
    tmdb_id: str | None
    imdb_id: str | None
    keys: tuple[str, ...]


def join(items: pa.Table, shelf: Shelf, links: Mapping[str, str]) -> Joined:
    """Let every item meet its movie.

    Parameters
    ----------
    items
        With ``item_id``, and where known ``title``, ``year``, ``tmdb_id`` and ``imdb_id``.
    shelf : the movies
    links : MovieLens id -> TMDB id
    """
    listed, movies = _listed(items), shelf.movies
    meeting = _Meeting([None] * len(listed), Counter(), {})
    open_ = []
    for at, item in enumerate(listed):
        own, linked = shelf.by_own_links(item), movies.get(links.get(item.id, ""))
        if own:
            meeting.one_of(at, item, own if len(own) == 1 else shelf.agreeing(item, own) or own)
        elif item.tmdb_id is None and item.imdb_id is None:
            if linked is not None and shelf.agreeing(item, [linked]):
                meeting.one_of(at, item, [linked], WAYS[1])
            else:
                open_.append(at)
    claims: dict[str, list[int]] = defaultdict(list)
    for at in open_:
        best = shelf.by_title(listed[at])
        if len(best) == 1:
            claims[best[0].tmdb_id].append(at)
        else:
            meeting.one_of(at, listed[at], best)
    taken = {movie.tmdb_id for movie in meeting.found if movie is not None}
    for tmdb_id, claiming in claims.items():
        if len(claiming) == 1 and tmdb_id not in taken:
            meeting.one_of(claiming[0], listed[claiming[0]], [movies[tmdb_id]], WAYS[2])
        else:
            why = f"TMDB {tmdb_id} is as well another item's"
            meeting.doubtful.update((at, f"{listed[at].title}: {why}") for at in claiming)
    return meeting.joined(items, listed)


@dataclass
class _Meeting:
    """Which item met which movie, how, and of which it cannot be told."""

    found: list[Movie | None]
    ways: Counter[str]
    doubtful: dict[int, str]

    def one_of(self, at: int, item: _Item, fitting: list[Movie], way: str = WAYS[0]) -> None:
        """The item at `at` meets what fits if that is one movie; several leave it in doubt."""
        if len(fitting) == 1:
            self.found[at] = fitting[0]
            self.ways[way] += 1
        elif fitting:
            ids = some((movie.tmdb_id for movie in fitting), 3)
            self.doubtful[at] = f"{item.title or item.id}: TMDB {ids}"

    def joined(self, items: pa.Table, listed: list[_Item]) -> Joined:
        """The table and the counts."""
        met = [movie is not None for movie in self.found]
        alone = [item for at, item in enumerate(listed) if not met[at] and at not in self.doubtful]
        counts = {way: self.ways[way] for way in WAYS}
        return Joined(
            _with(items, self.found),
            met,
            {**counts, "ambiguous": len(self.doubtful), "unmatched": len(alone)},
            tuple(self.doubtful[at] for at in sorted(self.doubtful)[:_EXAMPLES]),
            tuple(item.title or item.id for item in alone[:_EXAMPLES]),
        )


def _listed(items: pa.Table) -> list[_Item]:
    def column(name: str) -> list[Any]:
        there = name in items.column_names
        return items.column(name).to_pylist() if there else [None] * items.num_rows

    names = ("item_id", "title", "year", "tmdb_id", "imdb_id")
    return [
        _Item(
            id_,
            title,
            year if year is not None else parts(title or "").year,
            plain_id(tmdb),
            plain_imdb_id(imdb),
            match_keys(title or ""),
        )
        for id_, title, year, tmdb, imdb in zip(*map(column, names), strict=True)
    ]


class Shelf:
    """The movies, by id and by title.

    Parameters
    ----------
    movies : TMDB id -> movie
    """

    def __init__(self, movies: Mapping[str, Movie]) -> None:
        self.movies = movies
        self._by_imdb = {m.imdb_id: m for m in movies.values() if m.imdb_id is not None}
        self._keys: dict[str, tuple[str, ...]] = {}
        self._by_key: dict[str, list[Movie]] = defaultdict(list)
        for movie in movies.values():
            names = [match_keys(name) for name in (movie.title, movie.original_title) if name]
            keys = tuple(dict.fromkeys(key for each in names for key in each))
            self._keys[movie.tmdb_id] = keys
            for key in keys:
                self._by_key[key].append(movie)

    def by_own_links(self, item: _Item) -> list[Movie]:
        """The movies to which an item's own links lead: none, one or two."""
        ways = (self.movies.get(item.tmdb_id or ""), self._by_imdb.get(item.imdb_id or ""))
        return list({movie.tmdb_id: movie for movie in ways if movie is not None}.values())

    def agreeing(self, item: _Item, movies: list[Movie]) -> list[Movie]:
        """Those of which a name is, or is part of, one of the item's, or the other way round.

        "Star Wars" agrees with "Star Wars: Episode IV - A New Hope": here a link speaks for them
        already. Their years, where known, are not more than one apart.
        """
        return [
            movie
            for movie in movies
            if (_apart(item, movie) or 0) <= 1
            and any(_within(a, b) for a in item.keys for b in self._keys[movie.tmdb_id])
        ]

    def by_title(self, item: _Item) -> list[Movie]:
        """The movies that fit best, none if no title does or a year is not known."""
        ranked: dict[str, tuple[int, bool]] = {}
        for key in item.keys:
            for movie in self._by_key.get(key, ()):
                apart = _apart(item, movie)
                if apart is not None and apart <= 1:
                    main = key == item.keys[0] == self._keys[movie.tmdb_id][0]
                    rank = apart, not main
                    ranked[movie.tmdb_id] = min(rank, ranked.get(movie.tmdb_id, rank))
        best = min(ranked.values(), default=None)
        return [self.movies[id_] for id_, rank in ranked.items() if rank == best]


def _within(one: str, other: str) -> bool:
    """Whether one name stands in the other, in whole words."""
    short, long = sorted((one, other), key=len)
    return f" {short} " in f" {long} "


def _apart(item: _Item, movie: Movie) -> int | None:
    """Years between the two, None where one is not known."""
    return None if item.year is None or movie.year is None else abs(item.year - movie.year)


def _with(items: pa.Table, found: list[Movie | None]) -> pa.Table:
    nothing = Movie("")
    movies = [movie or nothing for movie in found]
    cells: dict[str, list[Any]] = {name: [getattr(m, name) for m in movies] for name in _COLUMNS}
    cells["tmdb_id"] = [m.tmdb_id or None for m in movies]
    cells["keywords"] = [list(m.keywords) or None for m in movies]
    for name, kind in _COLUMNS.items():
        items = _filled(
            items, name, pa.array(cells[name], kind), first=name in ("imdb_id", "tmdb_id")
        )
    items = _filled(items, "title", pa.array([m.title for m in movies], pa.string()), first=True)
    items = _filled(items, "year", pa.array([m.year for m in movies], pa.int32()), first=True)
    return _with_genres(items, movies)


def _filled(items: pa.Table, name: str, told: pa.Array, *, first: bool) -> pa.Table:
    """The column `name`, from `told` where there is something; what was there goes `first`."""
    if name not in items.column_names:
        return items.append_column(name, told)
    old = items.column(name).cast(told.type)
    both = (old, told) if first else (told, old)
    return items.set_column(items.column_names.index(name), name, pc.coalesce(*both))


def _with_genres(items: pa.Table, movies: list[Movie]) -> pa.Table:
    """Genres for items that have none; MovieLens's own are never mixed with others."""
    there = "genres" in items.column_names
    old = items.column("genres").to_pylist() if there else [None] * items.num_rows
    genres = [mine or list(m.genres) or mine for mine, m in zip(old, movies, strict=True)]
    column = pa.array(genres, pa.list_(pa.string()))
    if there:
        return items.set_column(items.column_names.index("genres"), "genres", column)
    return items.append_column("genres", column)
