"""What the engine hands out: plain records in the outside world's ids and words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from matinee.errors import InvalidParameter

Sure = Literal["low", "medium", "high"]
"""How sure a predicted rating is, by the error that predictions like it had on held-out ratings:
"high" up to 0.7 of the error of guessing the mean of all ratings, "medium" up to 0.85, else "low".

Where no errors were measured (implicit feedback, somebody new, models of before) it is by counts:
"low" when it rests on fewer than 5 of the person's ratings or fewer than 10 of the item's, "high"
from 20 and 50 on, else "medium".
"""


@dataclass(frozen=True)
class Title:
    """An item as people know it."""

    item_id: str
    title: str
    year: int | None
    genres: list[str]
    n_ratings: int
    mean: float | None


@dataclass(frozen=True)
class Reason:
    """Why, in words; `item_id` names the item of the person's own that is meant."""

    kind: str
    text: str
    weight: float
    item_id: str | None = None


@dataclass(frozen=True)
class Interval:
    """Where a rating will lie.

    Attributes
    ----------
    share
        With which probability, as it should be: 0.5 or 0.9.
    low, high
        Both can be given, and both belong to it.
    measured
        How many held-out ratings lay in their intervals of this share.
    """

    share: float
    low: float
    high: float
    measured: float


@dataclass(frozen=True)
class Recommendation:
    """An item that somebody is recommended.

    Attributes
    ----------
    score
        Of the ranking model; comparable within one list only.
    predicted
        The rating that the active rating model expects, None without one.
    sure
        See `Sure`.
    error
        How far off such predictions are on average, None where that was not measured.
    intervals
        Where the rating will lie: half the time, and nine times in ten. Empty where `error` is
        None.
    """

    item_id: str
    title: str
    year: int | None
    genres: list[str]
    score: float
    predicted: float | None
    sure: Sure
    reasons: list[Reason] = field(default_factory=list)
    error: float | None = None
    intervals: tuple[Interval, ...] = ()


@dataclass(frozen=True)
class Prediction:
    """The rating that a person would give to an item; fields as those of `Recommendation`."""

    item_id: str
    title: str
    rating: float
    sure: Sure
    error: float | None = None
    intervals: tuple[Interval, ...] = ()


@dataclass(frozen=True)
class Rating:
    """A rating as it is stored; `time` in UTC seconds."""

    item_id: str
    title: str
    value: float | None
    time: int | None


@dataclass(frozen=True)
class Profile:
    """What a person may say of themselves; every field may stay unknown."""

    age: int | None = None
    gender: str | None = None
    occupation: str | None = None
    zip: str | None = None
    """A zip code of the United States; its first digit is the region."""

    def __post_init__(self) -> None:
        if self.age is not None and not 0 < self.age < 130:
            raise InvalidParameter(f"`age` must lie in 1..129 years, got {self.age}.")


@dataclass(frozen=True)
class Newcomer:
    """What somebody new is recommended, way by way.

    Attributes
    ----------
    lists
        By the name of the way: "blend", "alike", "fans", "people". A way that nothing is known
        for has an empty list.
    notes
        In words, what was made of what they said.
    """

    lists: dict[str, list[Recommendation]]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FanTitle:
    """What the fans of a title like as well.

    Attributes
    ----------
    share, everybody
        How many of the fans like it, and of all people.
    lift
        How many times everybody's share it is.
    people
        Fans who like it.
    """

    item_id: str
    title: str
    year: int | None
    genres: list[str]
    share: float
    everybody: float
    lift: float
    people: int


@dataclass(frozen=True)
class Details(Title):
    """All that is known of an item; None or empty where nothing is.

    Attributes
    ----------
    runtime
        Minutes.
    revenue
        US dollars.
    release_date
        As in 1996-03-08.
    tags
        Those most given, with how often.
    also
        Other names of it.
    links
        Addresses of it elsewhere, by name.
    """

    overview: str | None
    keywords: list[str]
    runtime: float | None
    revenue: float | None
    release_date: str | None
    language: str | None
    tags: list[tuple[str, int]]
    also: list[str]
    links: dict[str, str]


@dataclass(frozen=True)
class Status:
    """What a workspace holds, and which models serve."""

    users: int
    items: int
    ratings: int
    models: dict[str, str | None]
    scale: tuple[float, float]
    liked_threshold: float
    version: int
