"""Which of many texts hold given words, or words that begin so, or that hold a given part."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

BEYOND = "\U0010ffff"
"""Greater than any sign that a text may go on with."""


class Words:
    """The words of many texts, and where each stands.

    Parameters
    ----------
    texts
        In plain spelling: words parted by single blanks.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        numbers: dict[str, int] = {}
        split = [text.split(" ") for text in texts]
        found = [numbers.setdefault(word, len(numbers)) for words in split for word in words]
        ids = np.array(found, np.int32)
        rows = np.repeat(np.arange(len(texts), dtype=np.int32), [len(words) for words in split])
        self._words = sorted(numbers)
        place = np.empty(len(numbers), np.int32)
        place[[numbers[word] for word in self._words]] = np.arange(len(numbers))
        order = np.argsort(place[ids], kind="stable")
        self._rows = rows[order]
        self._starts = np.searchsorted(place[ids][order], np.arange(len(numbers) + 1))
        self._joined = "\n" + "\n".join(self._words)
        lengths = np.array([len(word) + 1 for word in self._words], np.int64)
        self._offsets = np.cumsum(lengths) - lengths
        self._n_texts = len(texts)

    def whole(self, text: str) -> NDArray[np.intp]:
        """The texts that hold every word of `text`, in any order."""
        return self._all(map(self._equal, _once(text)))

    def beginning(self, text: str) -> NDArray[np.intp]:
        """The same, but the last word may be the beginning of one, not yet typed to its end."""
        *words, last = _once(text)
        ends = self._between(last, last + BEYOND)
        return self._all(chain([ends], map(self._equal, words)))

    def holding(self, text: str) -> NDArray[np.intp]:
        """The texts that hold every word of `text` as a part of a word; short ones as a whole."""
        words = sorted(_once(text), key=len, reverse=True)
        return self._all((self._holding if len(w) > 2 else self._equal)(w) for w in words)

    def _all(self, found: Iterable[NDArray[Any]]) -> NDArray[np.intp]:
        """The texts that are in each of `found`; stops where none is left."""
        seen = np.zeros(self._n_texts, np.int16)
        left = self._rows[:0]
        for number, rows in enumerate(found):
            left = rows[seen[rows] == number]
            seen[left] = number + 1
            if not len(left):
                break
        return np.unique(left)

    def _equal(self, word: str) -> NDArray[Any]:
        return self._between(word, word + "\0")

    def _between(self, first: str, last: str) -> NDArray[Any]:
        a, b = bisect_left(self._words, first), bisect_left(self._words, last)
        return self._rows[self._starts[a] : self._starts[b]]

    def _holding(self, part: str) -> NDArray[Any]:
        at, place = [], self._joined.find(part)
        while place >= 0:
            at.append(place)
            place = self._joined.find(part, place + 1)
        held = np.unique(np.searchsorted(self._offsets, at, side="right") - 1)
        spans = [self._rows[self._starts[w] : self._starts[w + 1]] for w in held.tolist()]
        return np.concatenate(spans) if spans else self._rows[:0]


def _once(text: str) -> list[str]:
    return list(dict.fromkeys(text.split(" ")))
