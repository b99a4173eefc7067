"""The items of a store as people know them, and finding one by what people call it."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from matinee.answers import Title
from matinee.errors import Ambiguous, UnknownItem, some
from matinee.storage.store import Store

_YEAR = re.compile(r"\s*\((\d{4})\)\s*$")
_ARTICLE = re.compile(
    r"(.+), (the|a|an|les|la|le|l'|das|der|die|el|il|los|las|un|une)", re.IGNORECASE
)


def plain(text: str) -> str:
    """`text` as it is compared: lower case, no accents, single blanks."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in folded if not unicodedata.combining(c)).split())


def spoken(title: str) -> str:
    """A title as one says it: "Big Sleep, The (1946)" is "The Big Sleep"."""
    bare = _YEAR.sub("", title)
    turned = _ARTICLE.fullmatch(bare)
    if not turned:
        return bare
    name, article = turned.groups()
    return f"{article}{name}" if article.endswith("'") else f"{article} {name}"


def spellings(title: str) -> list[str]:
    """What "Matrix, The (1999)" may be called: as it stands, without year, "the matrix"."""
    year = _YEAR.search(title)
    forms = [title, _YEAR.sub("", title), spoken(title)]
    if year:
        forms.append(f"{spoken(title)} ({year[1]})")
    return list(dict.fromkeys(plain(form) for form in forms))


class TitleIndex:
    """Titles by position, and how often each was rated.

    Parameters
    ----------
    item_ids, titles : one an item
        An item without a title is found by its id alone.
    n_ratings : one an item
        The more often rated comes first among equally good matches.
    """

    def __init__(
        self, item_ids: Sequence[str], titles: Sequence[str | None], n_ratings: Sequence[int]
    ) -> None:
        self.titles = [t or i for i, t in zip(item_ids, titles, strict=True)]
        self._index = {id_: i for i, id_ in enumerate(item_ids) if id_}
        self._item_ids = item_ids
        self._n_ratings = n_ratings
        self._forms = [spellings(t) for t in self.titles]
        self._exact: dict[str, list[int]] = {}
        for index, forms in enumerate(self._forms):
            for form in forms:
                self._exact.setdefault(form, []).append(index)

    def search(self, text: str, n: int) -> list[int]:
        """Up to `n` items: equal titles first, then those that begin so, then those that hold it.

        Within each, a match at the start of a word first, then the more often rated.
        """
        wanted = plain(text)
        if not wanted:
            return sorted(range(len(self.titles)), key=lambda i: (-self._n_ratings[i], i))[:n]
        found = []
        for index, forms in enumerate(self._forms):
            quality = min((_quality(form, wanted) for form in forms), default=4)
            if quality < 4:
                found.append((quality, -self._n_ratings[index], index))
        return [index for _, _, index in sorted(found)[:n]]

    def resolve(self, text: str) -> int:
        """The one item with this id or title.

        Raises
        ------
        UnknownItem
            Nothing is called so; the message suggests what may have been meant.
        Ambiguous
            Several titles fit; the message lists them.
        """
        if text in self._index:
            return self._index[text]
        found = self._exact.get(plain(text), []) or self.search(text, 6)
        if len(found) == 1:
            return found[0]
        names = [f"{self.titles[i]!r} (id {self._item_ids[i]})" for i in found]
        if found:
            called = "are called" if plain(text) in self._exact else "have in their title"
            raise Ambiguous(f"Several items {called} {text!r}: {some(names)}; name one by its id.")
        # Who mistypes rarely mistypes a first letter; comparing with all takes too long.
        first = plain(text)[:1]
        near = [form for form in self._exact if any(w.startswith(first) for w in form.split())]
        close = difflib.get_close_matches(plain(text), near, n=3, cutoff=0.6)
        names = [repr(self.titles[self._exact[form][0]]) for form in close]
        hint = f" Did you mean {some(dict.fromkeys(names))}?" if names else ""
        raise UnknownItem(f"No item has the id or title {text!r}.{hint}")


def _quality(form: str, wanted: str) -> int:
    place = form.find(wanted)
    if place < 0:
        return 4
    if place == 0:
        return 0 if len(form) == len(wanted) else 1
    return 2 if not form[place - 1].isalnum() else 3


class Catalogue:
    """The items of a store by index, read again when items were added or described anew."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._version: str | None = None
        self._all: list[Title] = []
        self._index = TitleIndex([], [], [])

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
        self._refresh()
        return self.titles(self._index.search(text, n))

    def resolve(self, text: str) -> Title:
        """See `TitleIndex.resolve`."""
        self._refresh()
        return self._all[self._index.resolve(text)]

    def _refresh(self) -> None:
        version = self._store.catalogue_version()
        if version == self._version:
            return
        self._all = [
            Title(
                row["item_id"],
                row["title"] or row["item_id"],
                row["year"],
                row["genres"] or [],
                row["n_ratings"],
                row["mean"],
            )
            for row in self._store.items().to_pylist()
        ]
        self._index = TitleIndex(
            [t.item_id for t in self._all],
            [t.title for t in self._all],
            [t.n_ratings for t in self._all],
        )
        self._version = version
