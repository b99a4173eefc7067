"""The items of a store as people know them, and finding one by what people call it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from matinee.answers import Title
from matinee.storage.store import Store
from matinee.titles import TitleIndex

_SHOWN = ("item_id", "title", "year", "genres", "n_ratings", "mean")


class Catalogue:
    """The items of a store by index, read again when items were added or described anew.

    The index of titles is made when somebody first searches: a list of recommendations needs none.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._version: str | None = None
        self._all: list[Title] = []
        self._index: TitleIndex | None = None

    def named(self, indices: Sequence[int]) -> list[Title]:
        """The items at these indices of the store; their counts may be older than the rest."""
        self._refresh()
        return [self._all[i] for i in indices]

    def titles(self, indices: Sequence[int]) -> list[Title]:
        """The items at these indices of the store, with their counts of this moment."""
        counts = self._store.counts(sorted(set(indices)))
        return [
            replace(title, n_ratings=counts[i][0], mean=counts[i][1])
            for i, title in zip(indices, self.named(indices), strict=True)
        ]

    def search(self, text: str, n: int) -> list[Title]:
        """See `TitleIndex.search`."""
        return self.titles(self._titles().search(text, n))

    def nearest(self, text: str, n: int) -> list[Title]:
        """See `TitleIndex.nearest`."""
        return self.titles(self._titles().nearest(text, n))

    def resolve(self, text: str) -> Title:
        """See `TitleIndex.resolve`."""
        found = self._titles().resolve(text)  # which may read all items anew
        return self._all[found]

    def _titles(self) -> TitleIndex:
        self._refresh()
        if self._index is None:
            originals = self._store.items(only=["original_title"])["original_title"].to_pylist()
            self._index = TitleIndex(
                [t.item_id for t in self._all],
                [t.title for t in self._all],
                [t.n_ratings for t in self._all],
                years=[t.year for t in self._all],
                other_names=originals[: len(self._all)],
            )
        return self._index

    def _refresh(self) -> None:
        version = self._store.catalogue_version()
        if version == self._version:
            return
        shown = self._store.items(only=_SHOWN)
        columns = [shown[name].to_pylist() for name in _SHOWN]
        self._all = [
            Title(item_id, title or item_id, year, genres or [], n_ratings, mean)
            for item_id, title, year, genres, n_ratings, mean in zip(*columns, strict=True)
        ]
        self._index = None
        self._version = version
