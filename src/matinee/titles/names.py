"""All names of all items, sorted, each with its item and how far it is from the item's name."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matinee.titles.grams import Grams
from matinee.titles.spelling import parts, spellings_of
from matinee.titles.words import BEYOND, Words


class Names:
    """A sorted table of names; what searches need beside is made when one first needs it.

    Attributes
    ----------
    texts
        The names in plain spelling, sorted.
    items : int32
        The item of each.
    kinds : int8
        0 to 3, see `spelling.spellings`.
    years, lengths : int32, one an item
        What the title says, 0 where it says nothing; letters of its name.
    """

    def __init__(self, titles: Sequence[str], others: Sequence[str | None] | None) -> None:
        said = [parts(title) for title in titles]
        found = [
            (text, item, kind)
            for item, name in enumerate(said)
            for text, kind in spellings_of(name, (others[item],) if others else ()).items()
        ]
        found.sort()
        self.texts = [text for text, _, _ in found]
        self.items = np.array([item for _, item, _ in found], np.int32)
        self.kinds = np.array([kind for _, _, kind in found], np.int8)
        self.years = np.array([one.year or 0 for one in said], np.int32)
        self.lengths = np.array([len(one.name) for one in said], np.int32)

    def equal(self, text: str) -> NDArray[np.intp]:
        """The rows with exactly this name."""
        return self._between(text, text + "\0")

    def beginning(self, text: str) -> NDArray[np.intp]:
        """The rows whose name begins with `text`."""
        return self._between(text, text + BEYOND)

    def starting_words(self, text: str) -> NDArray[np.intp]:
        """The rows whose first words are those of `text`, all of them whole."""
        return np.concatenate([self.equal(text), self._between(text + " ", text + "!")])

    def without_blanks(self, text: str) -> NDArray[np.intp]:
        """The rows whose name is `text` if blanks do not count: "spiderman" is "spider man"."""
        return np.array(self._without_blanks.get(text.replace(" ", ""), ()), np.intp)

    def _between(self, first: str, last: str) -> NDArray[np.intp]:
        return np.arange(bisect_left(self.texts, first), bisect_left(self.texts, last))

    @cached_property
    def _without_blanks(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for row, text in enumerate(self.texts):
            found.setdefault(text.replace(" ", ""), []).append(row)
        return found

    @cached_property
    def words(self) -> Words:
        """The words of the names."""
        return Words(self.texts)

    @cached_property
    def grams(self) -> Grams:
        """The runs of letters of the names."""
        return Grams(self.texts)
