"""What goes in and out over REST: strict going in, described to the last field coming out."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from matinee.answers import Profile
from matinee.wishes import Wishes

MOST = 1000
"""The most that one request may ask for."""
MOST_LIKED = 50
"""The most titles that one request may name: each is looked for in the whole catalogue."""

Id = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")
]
"""An id of the outside world, as text."""
Name = Annotated[
    str, StringConstraints(strict=True, min_length=1, max_length=500, pattern=r"^[^\x00-\x1f]+$")
]
"""A title or an id."""
Count = Annotated[int, Field(ge=1, le=MOST, description="At most this many.")]


class In(BaseModel):
    """A request's body or query: nothing unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Out(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


# ---- going in ---------------------------------------------------------------------------


class HowMany(In):
    """How many to answer with."""

    n: Count = 10


class TitleQuery(HowMany):
    """A search."""

    q: str = Field(
        default="", max_length=200, description="Any part of a title; empty: the most rated."
    )


class Filters(In):
    """What a list may hold."""

    genres: Annotated[
        list[Name], Field(max_length=MOST_LIKED, description="Only of one of these genres.")
    ] = []
    year_from: Annotated[int, Field(ge=0, le=9999, description="Not before.")] | None = None
    year_to: Annotated[int, Field(ge=0, le=9999, description="Not after.")] | None = None
    exclude: Annotated[
        list[Name],
        Field(max_length=MOST_LIKED, description="Titles or item ids that must not come."),
    ] = []
    min_ratings: Annotated[
        int, Field(ge=0, le=10**9, description="Only what has at least so many ratings.")
    ] = 0

    def wishes(self) -> Wishes:
        """The same for the engine."""
        return Wishes(
            tuple(self.genres),
            (self.year_from, self.year_to),
            tuple(self.exclude),
            self.min_ratings,
        )


class Wished(Filters):
    """What a list may hold, and how different it should be."""

    diversity: Annotated[
        float,
        Field(ge=0, le=1, description="0: by score alone. 1: as different as can be."),
    ] = 0.0

    def wishes(self) -> Wishes:
        """The same for the engine."""
        return replace(super().wishes(), diversity=self.diversity)


class RecommendationQuery(HowMany, Wished):
    """What to recommend to a known user."""

    model: Name | None = Field(
        default=None, description="A model's name; default: the active ones."
    )
    include_seen: bool = Field(default=False, description="Recommend rated items as well.")


class PageQuery(In):
    """Which part of a list."""

    limit: Annotated[int, Field(ge=1, le=MOST)] = 100
    offset: Annotated[int, Field(ge=0, le=10**9)] = 0


class Body(In):
    """A request's body: nothing coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ByTitle(Body, Wished):
    """Titles that somebody likes."""

    liked: Annotated[
        list[Name], Field(min_length=1, max_length=MOST_LIKED, description="Titles or item ids.")
    ]
    n: Count = 10
    model: Name | None = Field(
        default=None, description="A model's name; default: the active ones."
    )


class Profiled(Body):
    """Who somebody new is, as far as they say."""

    age: Annotated[int, Field(ge=1, le=129)] | None = None
    gender: Annotated[str, Field(min_length=1, max_length=50)] | None = None
    occupation: (
        Annotated[str, Field(min_length=1, max_length=100, description="In words of their own.")]
        | None
    ) = None
    zip: (
        Annotated[
            str,
            Field(
                min_length=1, max_length=20, description="Of the United States; others say nothing."
            ),
        ]
        | None
    ) = None


class ByWays(Profiled, Wished):
    """Somebody new: who they are, what they like, and what they wish for."""

    liked: Annotated[
        list[Name],
        Field(max_length=MOST_LIKED, description="Titles or item ids; may be empty."),
    ] = []
    n: Count = 10

    def profile(self) -> Profile:
        """The same for the engine."""
        return Profile(self.age, self.gender, self.occupation, self.zip)


class ByProfile(ByWays):
    """Somebody new, and who is to be asked."""

    model: Name | None = Field(
        default=None, description="A model's name; default: the active ones."
    )


class NewRating(Body):
    """A rating to store."""

    value: Annotated[
        float, Field(allow_inf_nan=False, description="On the workspace's scale, see health.")
    ]


# ---- coming out -------------------------------------------------------------------------


class Problem(BaseModel):
    """What went wrong, as RFC 9457 has it."""

    class Fault(BaseModel):
        """One field that cannot be used."""

        field: str = Field(description="Where it stands, as in `body.liked.0` or `query.n`.")
        message: str

    class Choice(BaseModel):
        """An item that may be meant."""

        item_id: str
        title: str

    type: str = Field(description="Names the kind of problem; `about:blank` where HTTP says it.")
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path that was asked for.")
    errors: list[Fault] | None = Field(
        default=None, description="Which fields, where fields are to blame."
    )
    choices: list[Choice] | None = Field(
        default=None, description="With 409: the items that carry the title; name one by its id."
    )


class Health(Out):
    """That the process lives, and whether it can recommend yet."""

    status: Literal["ok"]
    ready: bool = Field(description="A model is there.")
    version: str
    users: int | None = Field(default=None, description="Unknown where the store fails.")
    items: int | None = None
    ratings: int | None = None
    models: dict[str, str | None] = Field(description="The active archive of each task.")
    scale: tuple[float, float] | None = Field(
        default=None, description="Lowest and highest rating."
    )


class Title(Out):
    """An item of the catalogue."""

    item_id: str
    title: str
    year: int | None
    genres: list[str]
    n_ratings: int
    mean: float | None


class Titles(Out):
    """Titles, best match first."""

    titles: list[Title]


class Reason(Out):
    """One part of why something is recommended."""

    kind: str
    text: str
    weight: float
    item_id: str | None


class Interval(Out):
    """Where a rating will lie, from `low` to `high`, both of which can be given."""

    share: float = Field(
        description="With which probability, as it should be: 0.5 (most likely) or 0.9."
    )
    low: float
    high: float
    measured: float = Field(
        description="How many of the ratings that were held out of training lay in their "
        "intervals of this share, these being learned from others."
    )


SURE = (
    "By the error that predictions like it had on ratings held out of training: high up to 0.7 of "
    "the error of guessing the mean of all ratings, medium up to 0.85, else low. Where `error` is "
    "null that was not measured, and it is by counts: low below 5 ratings of the person or 10 of "
    "the item, high from 20 and 50 on, else medium."
)
Error = Annotated[
    float | None,
    Field(
        description="How far off such predictions are on average, on the scale of the ratings; "
        "null where that was not measured: for somebody new, or by a model of before."
    ),
]
Intervals = Annotated[
    list[Interval],
    Field(
        description="Where the rating will lie half the time and nine times in ten, and how often "
        "that was so of the active rating model; empty where `error` is null."
    ),
]


class Recommendation(Out):
    """One recommended item."""

    item_id: str
    title: str
    year: int | None
    genres: list[str]
    score: float
    predicted: float | None = Field(description="On the scale of the ratings, where known.")
    error: Error
    intervals: Intervals
    sure: Literal["low", "medium", "high"] = Field(description=SURE)
    reasons: list[Reason]


class Recommendations(Out):
    """Recommendations, best first."""

    recommendations: list[Recommendation]


class RecommendationsAndNotes(Recommendations):
    """Recommendations, best first, for somebody who has said who they are."""

    notes: list[str] = Field(description="In words, what was made of what they said.")


class Rating(Out):
    """A stored rating."""

    item_id: str
    title: str
    value: float | None = Field(description="Unknown where the feedback is implicit.")
    time: int | None = Field(description="Seconds since 1970, UTC; unknown for some imports.")


class Ratings(Out):
    """A part of somebody's ratings, newest first."""

    ratings: list[Rating]
    total: int
    limit: int
    offset: int


class Prediction(Out):
    """The rating that somebody would give."""

    item_id: str
    title: str
    rating: float
    error: Error
    intervals: Intervals
    sure: Literal["low", "medium", "high"] = Field(description=SURE)


class Explanation(Out):
    """Why an item would be recommended, strongest reason first."""

    reasons: list[Reason]


class Removed(Out):
    """What was removed."""

    user_id: str
    rows: int
