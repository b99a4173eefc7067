"""One vocabulary of genres over all sets: that of MovieLens."""

from __future__ import annotations

from collections.abc import Iterable

_NONE = {"", "\\n", "unknown", "(no genres listed)"}
_SAME = {
    "children's": "Children",
    "childrens": "Children",
    "science fiction": "Sci-Fi",
    "sci fi": "Sci-Fi",
    "scifi": "Sci-Fi",
    "film noir": "Film-Noir",
}


def genre_list(names: Iterable[object]) -> list[str]:
    """Genres as all sets here spell them, each once, in the order given.

    "Children's" is "Children", "Science Fiction" is "Sci-Fi", and what says that there is no genre
    ("unknown", "(no genres listed)") is none. Others stay as they are, "IMAX" too.

    Examples
    --------
    >>> genre_list(["Children's", " Comedy ", "unknown", "Children"])
    ['Children', 'Comedy']
    """
    stripped = (str(name).strip() for name in names if name is not None)
    kept = (_SAME.get(name.lower(), name) for name in stripped if name.lower() not in _NONE)
    return list(dict.fromkeys(kept))
