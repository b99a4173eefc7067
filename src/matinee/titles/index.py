"""Finding an item by what people type."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from matinee.errors import Ambiguous, UnknownItem, some
from matinee.titles.likeness import LIKE_ENOUGH, likeness
from matinee.titles.names import Names
from matinee.titles.reading import Reading, readings
from matinee.titles.spelling import without_article

_EQUAL, _OTHER_EQUAL, _WITHOUT_BLANKS, _BEGINS, _BEGINS_WORD, _WORDS, _PART = 0, 2, 3, 4, 5, 6, 12
"""How well a name fits what was typed; less is better. See `TitleIndex.search`."""
_YEAR_OFF, _YEAR_UNKNOWN, _YEAR_WRONG = 1, 3, 7
"""What is added where a year was typed and the item's is one off, unknown, or another."""
_POPULAR, _LATE = 0.018, np.array([0, 0.01, 0, 0.05, 0, 0, 0, 0.15], np.float32)
"""The same for names that are like what was typed: a log of ratings, and the years by number."""
_Step: TypeAlias = Callable[[Names, Reading], NDArray[Any]]
_NONE = np.empty(0, np.int64)
_CHOICES = 10
"""How many items an ambiguous title lists."""


class TitleIndex:
    """Titles by position, and how often each was rated.

    Parameters
    ----------
    item_ids, titles : one an item
        An item without a title is found by its id alone.
    n_ratings : one an item
        The more often rated comes first among equally good matches; among equally often rated ones,
        that with the shorter name, then the earlier.
    years : one an item, optional
        Of its first showing; None where only the title may say it.
    other_names : one an item, optional
        A further name, such as the original title; None where there is none.
    """

    def __init__(
        self,
        item_ids: Sequence[str],
        titles: Sequence[str | None],
        n_ratings: Sequence[int],
        *,
        years: Iterable[int | None] | None = None,
        other_names: Sequence[str | None] | None = None,
    ) -> None:
        self.titles = [t or i for i, t in zip(item_ids, titles, strict=True)]
        self._item_ids = item_ids
        self._index = {id_: i for i, id_ in enumerate(item_ids) if id_}
        self._names = Names(self.titles, other_names)
        self._years = self._names.years
        if years is not None:
            known = np.array([year or 0 for year in years], np.int32)
            self._years = np.where(known > 0, known, self._years)
        self._counts = np.array(n_ratings, np.float32)
        self._by_rank = np.lexsort((self._names.lengths, -self._counts))
        self._rank = np.empty(len(self.titles), np.int64)
        self._rank[self._by_rank] = np.arange(len(self.titles))

    def search(self, text: str, n: int) -> list[int]:
        """Up to `n` items that `text` may mean, best first; without text the most rated.

        In this order: a name of the item is `text` (with or without its article, numbers in any
        form); another name of it is; it is so but for blanks ("spiderman"); it begins so; it holds
        all the words, in any order, the last perhaps unfinished; a name is like `text`
        (`likeness.likeness`), which is looked at only where no name is or begins so; a name holds
        each word as a part of another ("tanic"). Of a year in `text` one off counts little, and
        another counts so much that a sequel of the right year precedes a namesake of the wrong one,
        and that what `text` is like precedes both. Equally good ones stand as `n_ratings` says.
        """
        meant = readings(text)
        if not meant:
            return self._by_rank[:n].tolist()
        keys = np.concatenate([self._strict(reading, n) for reading in meant])
        found = self._best(keys, n)
        if len(found) == n:
            return found
        if not (keys < _WORDS * len(self._rank)).any():
            fitting = self._best(keys[keys < _YEAR_WRONG * len(self._rank)], n)
            found = [*fitting, *self._alike(meant, LIKE_ENOUGH), *found]
        parts = np.concatenate([self._parts(reading) for reading in meant])
        return list(dict.fromkeys([*found, *self._best(parts, n)]))[:n]

    def nearest(self, text: str, n: int) -> list[int]:
        """Up to `n` items whose names are like `text`, however little, best first."""
        meant = readings(text)
        return self._alike(meant, LIKE_ENOUGH / 2)[:n] if meant else []

    def resolve(self, text: str) -> int:
        """The one item with this id or title.

        An id comes first. Then the items whose name is `text` count: "Fargo" is "Fargo (1996)", and
        "The Matrix" is "Matrix, The (1999)" whatever sequels there are. Only where there are none,
        those whose name it is but for an article or the way of writing a number count; then those
        with another such name; then those that it is but for blanks; then those that begin with its
        words ("Terminator 2"); then those that hold them all. The first of these steps that finds
        any decides. A year in `text` leaves those of that year, or of the years beside it where
        there are none. No letter may differ: what is misspelt is suggested, and never taken for a
        title.

        Raises
        ------
        UnknownItem
            Nothing is called so; the message suggests what may have been meant.
        Ambiguous
            Several titles fit equally; the message lists them, and `choices` holds them.
        """
        if text in self._index:
            return self._index[text]
        meant = readings(text)
        for step, fit in enumerate(_STEPS, start=1):
            rows = [self._of_year(fit(self._names, reading), reading.year) for reading in meant]
            found = self._best(
                np.concatenate([*(self._keys(r, 0, None) for r in rows), _NONE]), len(self.titles)
            )
            if len(found) == 1:
                return found[0]
            if found:
                called = "are called" if step < len(_STEPS) - 1 else "have in their title"
                raise self._ambiguous(text, called, found)
        likely = (self.search(text, 3) or self.nearest(text, 3)) if meant else []
        hint = f" Did you mean {some(repr(self.titles[i]) for i in likely)}?" if likely else ""
        raise UnknownItem(f"No item has the id or title {text!r}.{hint}")

    def _ambiguous(self, text: str, called: str, found: list[int]) -> Ambiguous:
        names = [f"{self.titles[i]!r} (id {self._item_ids[i]})" for i in found]
        return Ambiguous(
            f"Several items {called} {text!r}: {some(names)}; name one by its id or with its year.",
            [(self._item_ids[i], self.titles[i]) for i in found[:_CHOICES]],
        )

    def _strict(self, reading: Reading, n: int) -> NDArray[np.int64]:
        """The keys of what fits without mistakes; words are left out where names suffice."""
        names, (text, year, _) = self._names, reading
        equal, bare = names.equal(text), without_article(text)
        fit = np.where(names.kinds[equal] < 2, _EQUAL, _OTHER_EQUAL)
        keys = np.concatenate(
            [
                self._keys(equal, fit, year),
                self._keys(names.equal(bare) if bare != text else equal[:0], _OTHER_EQUAL, year),
                self._keys(names.without_blanks(text), _WITHOUT_BLANKS, year),
                self._keys(names.starting_words(text), _BEGINS, year),
                self._keys(names.beginning(text), _BEGINS_WORD, year),
            ]
        )
        if len(self._best(keys[keys < _WORDS * len(self._rank)], n)) >= n:
            return keys
        return np.concatenate([keys, self._keys(names.words.beginning(text), _WORDS, year)])

    def _parts(self, reading: Reading) -> NDArray[np.int64]:
        return self._keys(self._names.words.holding(reading.name), _PART, reading.year)

    def _keys(self, rows: NDArray[Any], tier: Any, year: int | None) -> NDArray[np.int64]:
        """One number a row, less is better: its tier and how its year fits, then its rank."""
        items = self._names.items[rows]
        return (tier + self._late(items, year)) * len(self._rank) + self._rank[items]

    def _late(self, items: NDArray[Any], year: int | None) -> NDArray[np.int64]:
        if year is None:
            return np.zeros(len(items), np.int64)
        years = self._years[items]
        off = np.abs(years - year)
        far = np.where(years == 0, _YEAR_UNKNOWN, _YEAR_WRONG)
        return np.where(off == 0, 0, np.where(off == 1, _YEAR_OFF, far))

    def _best(self, keys: NDArray[np.int64], n: int) -> list[int]:
        """The items of the least `n` keys, each once, best first."""
        wanted = 4 * n
        while True:
            few = np.partition(keys, wanted)[:wanted] if wanted < len(keys) else keys
            ranks = list(dict.fromkeys((np.sort(few) % max(len(self._rank), 1)).tolist()))
            if len(ranks) >= n or len(few) == len(keys):
                return self._by_rank[ranks[:n]].tolist()
            wanted *= 4

    def _of_year(self, rows: NDArray[Any], year: int | None) -> NDArray[Any]:
        """The rows whose items are of this year, or else of the years beside it."""
        if year is None:
            return rows
        off = np.abs(self._years[self._names.items[rows]] - year)
        return rows[off == 0] if (off == 0).any() else rows[off == 1]

    def _alike(self, meant: Sequence[Reading], least: float) -> list[int]:
        """The items with a name at least so like one of the readings, best first."""
        scores: dict[int, float] = {}
        for text, year, _ in meant:
            rows, cosines = self._names.grams.nearest(text, 100)
            items = self._names.items[rows]
            like = likeness(text, [self._names.texts[row] for row in rows.tolist()], cosines)
            late = _LATE[self._late(items, year)]
            whole = like + _POPULAR * np.log1p(self._counts[items]) - late
            enough = np.flatnonzero(like >= least).tolist()
            for item, score in zip(items[enough].tolist(), whole[enough].tolist(), strict=True):
                scores[item] = max(score, scores.get(item, score))
        return sorted(scores, key=lambda i: (-scores[i], self._rank[i]))


def _called(*kinds: int, as_typed: bool = False) -> _Step:
    def rows(names: Names, reading: Reading) -> NDArray[Any]:
        if as_typed and reading.as_figures:
            return np.empty(0, np.intp)
        found = names.equal(reading.name)
        return found[np.isin(names.kinds[found], kinds)]

    return rows


_STEPS: tuple[_Step, ...] = (
    _called(0, as_typed=True),
    _called(0, 1),
    _called(2, as_typed=True),
    _called(2, 3),
    lambda names, reading: names.equal(without_article(reading.name)),
    lambda names, reading: names.without_blanks(reading.name),
    lambda names, reading: names.starting_words(reading.name),
    lambda names, reading: names.words.whole(reading.name),
)
"""What `TitleIndex.resolve` tries in turn."""
