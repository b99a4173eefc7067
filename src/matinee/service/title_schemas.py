"""What goes in and out over REST about titles and about somebody new."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from matinee.service.schemas import (
    MOST_LIKED,
    Body,
    Filters,
    HowMany,
    Name,
    Out,
    Recommendation,
    Title,
    Wished,
)

# ---- going in ---------------------------------------------------------------------------


class SimilarQuery(HowMany, Wished):
    """Which items are alike enough."""

    threshold: Annotated[float, Field(ge=-1, le=1, description="The least cosine.")] | None = None
    model: Name | None = Field(
        default=None, description="One with item vectors; default: alike, where trained."
    )


class FansQuery(HowMany, Filters):
    """What to tell of fans."""


class FansOf(Body, Filters):
    """Titles whose fans are meant."""

    titles: Annotated[
        list[Name], Field(min_length=1, max_length=MOST_LIKED, description="Titles or item ids.")
    ]
    n: Annotated[int, Field(ge=1, le=1000, description="At most this many.")] = 10


# ---- coming out -------------------------------------------------------------------------


class FanTitle(Out):
    """What fans like as well."""

    item_id: str
    title: str
    year: int | None
    genres: list[str]
    share: float = Field(description="Of the fans, how many like it.")
    everybody: float = Field(description="Of all people.")
    lift: float = Field(description="How many times everybody's share it is.")
    people: int = Field(description="Fans who like it.")


class FanTitles(Out):
    """What fans like more than everybody does; none where too few are fans."""

    titles: list[FanTitle]


class WayList(Out):
    """What somebody new is recommended in one way."""

    way: Literal["blend", "alike", "fans", "people"]
    title: str = Field(description="The way in words.")
    recommendations: list[Recommendation] = Field(
        description="Best first; empty where nothing is known for this way."
    )


class Ways(Out):
    """What somebody new is recommended, way by way."""

    lists: list[WayList]
    notes: list[str] = Field(description="In words, what was made of what they said.")


class Details(Title):
    """All that is known of an item; null or empty where nothing is."""

    overview: str | None
    keywords: list[str]
    runtime: float | None = Field(description="Minutes.")
    revenue: float | None = Field(description="US dollars.")
    release_date: str | None = Field(description="As in 1996-03-08.")
    language: str | None
    tags: list[tuple[str, int]] = Field(description="Those most given, with how often.")
    also: list[str] = Field(description="Other names.")
    links: dict[str, str] = Field(description="Addresses elsewhere, by name.")
