"""All that is known of one item."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from matinee.answers import Details, Title
from matinee.storage.store import Store
from matinee.titles import parts

_TAGS = 12
"""Tags of an item that are told."""


def details(store: Store, title: Title) -> Details:
    """What a store knows of an item, beside what its catalogue says."""
    index = store.item_index(title.item_id)
    known = store.metadata_of(index)
    name, _, others = parts(title.title)
    also = dict.fromkeys([known.get("original_title"), *others])
    return Details(
        **asdict(title),
        overview=known.get("overview"),
        keywords=known.get("keywords") or [],
        runtime=known.get("runtime"),
        revenue=known.get("revenue"),
        release_date=known.get("release_date"),
        language=known.get("language"),
        tags=list(store.tags_of(index).items())[:_TAGS],
        also=[other for other in also if other and other != name],
        links=_links(known),
    )


def _links(known: dict[str, Any]) -> dict[str, str]:
    """Addresses by ids, which catalogues write with and without what stands before the digits."""
    imdb, tmdb = (str(known.get(name) or "") for name in ("imdb_id", "tmdb_id"))
    digits = imdb.removeprefix("tt")
    links = {}
    if digits.isascii() and digits.isdigit():
        links["IMDb"] = f"https://www.imdb.com/title/tt{digits.zfill(7)}/"
    if tmdb.isascii() and tmdb.isdigit():
        links["TMDB"] = f"https://www.themoviedb.org/movie/{tmdb}"
    return links
