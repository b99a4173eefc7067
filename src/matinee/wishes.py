"""What a list may hold: filters over a catalogue, and lists whose items differ from each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matinee.answers import Title
from matinee.catalogue import Catalogue
from matinee.errors import InvalidParameter, some
from matinee.interactions import Float32, Int32
from matinee.storage.store import Store
from matinee.titles import plain, spoken

POOL = 300
"""Items, the best by score, that a list of different ones is chosen from; three times the list
where that is more."""
_NO_YEAR = np.iinfo(np.int32).min


@dataclass(frozen=True)
class Wishes:
    """What a list may hold, beside what its model says.

    Attributes
    ----------
    genres
        One of these; empty for any.
    years
        The first and the last year; None leaves that end open.
    exclude
        Titles or ids that must not come.
    min_ratings
        Ratings that an item must have at this moment.
    diversity
        0 orders by score alone, 1 by how little an item is like those before it.

    Raises
    ------
    InvalidParameter
        A bound is not kept, or the years end before they begin.
    """

    genres: tuple[str, ...] = ()
    years: tuple[int | None, int | None] = (None, None)
    exclude: tuple[str, ...] = ()
    min_ratings: int = 0
    diversity: float = 0.0

    def __post_init__(self) -> None:
        first, last = self.years
        if first is not None and last is not None and first > last:
            raise InvalidParameter(
                f"`years` must end no earlier than they begin, got {first} to {last}."
            )
        if self.min_ratings < 0:
            raise InvalidParameter(f"`min_ratings` must be at least 0, got {self.min_ratings}.")
        if not 0 <= self.diversity <= 1:
            raise InvalidParameter(f"`diversity` must lie in 0..1, got {self.diversity:g}.")


@dataclass(frozen=True, eq=False)
class _Columns:
    """What filters ask of the items, by index."""

    year: Int32
    """`_NO_YEAR` where unknown."""
    of_genre: dict[str, Int32]
    """Items of each genre."""
    film: Int32
    """The first item that is the same film: itself, but for films that are listed twice."""


class Shelf:
    """The items of a store as filters see them, read again when the catalogue has changed."""

    def __init__(self, store: Store, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue
        self._held: tuple[str, _Columns] | None = None
        self._enough: tuple[tuple[int, int], Int32] | None = None

    def fitting(self, wishes: Wishes) -> Int32 | None:
        """Items that keep to the wishes, ascending; None where any does.

        Raises
        ------
        InvalidParameter
            No item is of one of the genres.
        UnknownItem, Ambiguous
            Of what is to be excluded.
        """
        if wishes == Wishes(diversity=wishes.diversity):
            return None
        columns = self._columns()
        fits = np.ones(len(columns.year), bool)
        if wishes.genres:
            fits[:] = False
            for genre in _known(wishes.genres, columns.of_genre):
                fits[columns.of_genre[genre]] = True
        first, last = wishes.years
        if (first, last) != (None, None):
            fits &= columns.year != _NO_YEAR
        if first is not None:
            fits &= columns.year >= first
        if last is not None:
            fits &= columns.year <= last
        if wishes.min_ratings:
            enough = np.zeros(len(fits), bool)
            rated = self._rated(wishes.min_ratings)
            enough[rated[rated < len(fits)]] = True
            fits &= enough
        if wishes.exclude:
            named = [self._catalogue.resolve(text).item_id for text in wishes.exclude]
            fits[self.with_twins(np.array([self._store.item_index(i) for i in named]))] = False
        return np.flatnonzero(fits).astype(np.int32)

    def with_twins(self, items: npt.NDArray[np.integer]) -> Int32:
        """These items and those that are the same films, ascending: same title, same year."""
        film = self._columns().film
        known = items[items < len(film)]
        twice = np.flatnonzero(film != np.arange(len(film)))
        if not np.isin(film[known], film[twice]).any():
            return np.unique(items).astype(np.int32)
        same = np.flatnonzero(np.isin(film, film[known]))
        return np.union1d(items, same).astype(np.int32)

    def genres(self) -> list[str]:
        """All genres, by name."""
        return sorted(self._columns().of_genre)

    def _rated(self, fewest: int) -> Int32:
        """Items with so many ratings; read again when anything was rated since."""
        now = (self._store.version(), fewest)
        if self._enough is None or self._enough[0] != now:
            self._enough = now, self._store.rated_by(fewest)
        return self._enough[1]

    def _columns(self) -> _Columns:
        version = self._store.catalogue_version()
        if self._held is None or self._held[0] != version:
            titles = self._catalogue.named(range(self._store.n_items()))
            self._held = version, _read(titles)
        return self._held[1]


def said(wishes: Wishes) -> str:
    """What is wished, in words that follow "items"."""
    parts = [f"of genre {' or '.join(wishes.genres)}"] if wishes.genres else []
    first, last = wishes.years
    if first is not None and last is not None:
        parts.append(f"between {first} and {last}")
    elif first is not None:
        parts.append(f"from {first} on")
    elif last is not None:
        parts.append(f"until {last}")
    if wishes.min_ratings:
        parts.append(f"with {wishes.min_ratings} ratings or more")
    if wishes.exclude:
        parts.append(f"other than {some(wishes.exclude)}")
    return " ".join(parts)


def diverse(scores: Float32, cosines: Float32, n: int, diversity: float) -> list[int]:
    """Positions of `n` items that score high and differ from each other, in the order of choice.

    Each step takes the item with the highest

        ``(1 - diversity) * s(i) - diversity * max_j cosine(i, j)``

    over the items j taken before, s being the score between 0 (the lowest of all) and 1. Of
    equals the first comes first.

    Parameters
    ----------
    scores : (pool,) descending
    cosines : (pool, pool)

    Source: Carbonell & Goldstein 1998, "The use of MMR, diversity-based reranking".
    """
    spread = float(scores[0] - scores[-1]) if len(scores) else 0.0
    worth = (scores - scores[-1]) / spread if spread > 0 else np.zeros(len(scores), np.float32)
    nearest = np.zeros(len(scores), np.float32)
    left = np.ones(len(scores), bool)
    chosen: list[int] = []
    while left.any() and len(chosen) < n:
        value = np.where(left, (1 - diversity) * worth - diversity * nearest, -np.inf)
        best = int(np.argmax(value))
        nearest = cosines[best] if not chosen else np.maximum(nearest, cosines[best])
        left[best] = False
        chosen.append(best)
    return chosen


def _known(genres: Sequence[str], there: dict[str, Int32]) -> list[str]:
    """Genres as the catalogue writes them."""
    written = {name.casefold(): name for name in there}
    if unknown := [repr(g) for g in genres if g.strip().casefold() not in written]:
        listed = some(sorted(there), 40) if there else "none, as no title has a genre"
        raise InvalidParameter(
            f"A genre must be one that the titles here have ({listed}), got {some(unknown)}."
        )
    return [written[g.strip().casefold()] for g in genres]


def _read(titles: Sequence[Title]) -> _Columns:
    of_genre: dict[str, list[int]] = {}
    first_of: dict[tuple[str, int], int] = {}
    film = np.arange(len(titles), dtype=np.int32)
    for index, title in enumerate(titles):
        for genre in title.genres:
            of_genre.setdefault(genre, []).append(index)
        if title.year is not None:
            film[index] = first_of.setdefault((plain(spoken(title.title)), title.year), index)
    year = [_NO_YEAR if t.year is None else t.year for t in titles]
    return _Columns(
        np.array(year, np.int32),
        {genre: np.array(items, np.int32) for genre, items in of_genre.items()},
        film,
    )
