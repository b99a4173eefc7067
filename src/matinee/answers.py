"""What the engine hands out: plain records in the outside world's ids and words."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from matinee.errors import InvalidParameter

Sure = Literal["low", "medium", "high"]


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
class Recommendation:
    """An item that somebody is recommended.

    Attributes
    ----------
    score
        Of the ranking model; comparable within one list only.
    predicted
        The rating that the active rating model expects, None without one.
    sure
        "low" when it rests on fewer than 5 of the person's ratings or fewer than 10 of the
        item's, "high" from 20 and 50 on, else "medium".
    """

    item_id: str
    title: str
    year: int | None
    genres: list[str]
    score: float
    predicted: float | None
    sure: Sure
    reasons: list[Reason] = field(default_factory=list)


@dataclass(frozen=True)
class Prediction:
    """The rating that a person would give to an item."""

    item_id: str
    title: str
    rating: float
    sure: Sure


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

    def __post_init__(self) -> None:
        if self.age is not None and not 0 < self.age < 130:
            raise InvalidParameter(f"`age` must lie in 1..129 years, got {self.age}.")


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
