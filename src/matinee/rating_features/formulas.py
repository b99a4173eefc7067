"""What a feature of a rating is, given the statistics of its row: every formula stands here, once.

How statistics are found differs (from arrays, in a database; without the own rating, of earlier
ratings only); what is made of them does not. So formulas are written for columns of any kind that
can be added and multiplied, and for the few functions of `Columns`: arrays have theirs below,
and a database has its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np

from matinee.interactions import Float32
from matinee.rating_features import calendar
from matinee.rating_features.calendar import Float64

USER_DAMPING, ITEM_DAMPING, GENRE_DAMPING = 5.0, 5.0, 5.0
"""Ratings like everybody's that a user, an item and a user's genre are given."""
RECENT = 5
"""Ratings that a recent value is the mean of."""

C = TypeVar("C")
"""A column: an array, or an expression of a database."""


class Group(NamedTuple, Generic[C]):
    """Sums over the ratings of a user, or of a movie, that count."""

    ratings: C
    """How many."""
    total: C
    """Their sum."""
    squares: C
    """The sum of their squares."""
    weight: C
    """The sum of how far the means are trusted that the ratings are held against."""
    deviation: C
    """The sum of ratings less those means, so weighted."""


class Traits(NamedTuple, Generic[C]):
    """What such sums say of the user, or of the movie."""

    ratings: C
    mean: C
    spread: C
    damped_mean: C
    deviation: C


class Statistics(NamedTuple, Generic[C]):
    """All that formulas need of each row."""

    user: Traits[C]
    item: Traits[C]
    first: tuple[C, C]
    """Seconds of the first rating of the user, and of the movie; missing where unknown."""
    recent: tuple[C, C]
    """Means of the `RECENT` last ratings of an earlier time; missing where there are none."""
    likings: Sequence[C]
    """For each genre, see `likings`."""
    genres: Sequence[C]
    """For each genre, 1 where the movie is of it, else 0."""
    year: C
    """Of the movie; missing where unknown."""
    now: C
    """Seconds of the rating; missing where unknown."""
    clusters: tuple[C, C]
    """Of the user and of the movie; -1 where unknown."""
    profile: Sequence[C]
    """Zeros and ones."""


class Columns(Protocol):
    """What can be done with columns besides arithmetic. What is missing stays missing."""

    def ratio(self, above: Any, below: Any) -> Any:
        """above / below; missing where below is not positive."""

    def at_least(self, column: Any, least: float) -> Any: ...

    def root(self, column: Any) -> Any: ...

    def floor(self, column: Any) -> Any: ...

    def equals(self, column: Any, number: int) -> Any:
        """1 where the column is that number, else 0, also where it is missing."""


class Arrays:
    """`Columns` that are float64 arrays; NaN is missing."""

    def ratio(self, above: Float64, below: Float64) -> Float64:
        return np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)

    def at_least(self, column: Float64, least: float) -> Float64:
        return np.maximum(column, least)

    def root(self, column: Float64) -> Float64:
        return np.sqrt(column)

    def floor(self, column: Float64) -> Float64:
        return np.floor(column)

    def equals(self, column: Float64, number: int) -> Any:
        return column == number


_OF_SIDE = ("count", "mean", "spread", "recent", "damped_mean", "deviation", "days")


def names(
    genres: tuple[str, ...], profile: tuple[str, ...], user_clusters: int, item_clusters: int
) -> tuple[str, ...]:
    """Names of the columns that `features` makes, in order."""
    return (
        *(f"user_{name}" for name in _OF_SIDE),
        *(f"movie_{name}" for name in _OF_SIDE),
        "baseline",
        "genre_affinity",
        "movie_year",
        "movie_age",
        *(f"weekday:{day}" for day in calendar.WEEKDAYS),
        *(f"hour:{band}" for band in calendar.HOURS),
        *genres,
        *profile,
        *(f"user_cluster:{c}" for c in range(user_clusters)),
        *(f"movie_cluster:{c}" for c in range(item_clusters)),
    )


def traits(of: Group[Any], mean: Any, damping: float, to: Columns) -> Traits[Any]:
    """Of a user or of a movie; `mean` is that of all ratings that count.

    - count n, mean m, spread ``sqrt(sum (r - m)^2 / (n - 1))``
    - damped mean ``(sum r + d mean) / (n + d)``
    - deviation ``sum w (r - m') / (sum w + d)``: how the user rates against the means m' of what
      is rated, or how the movie is rated against those of who rates; ``w = n' / (n' + d)``
    """
    own = to.ratio(of.total, of.ratings)
    around = to.at_least(of.squares - of.ratings * own * own, 0)
    return Traits(
        of.ratings,
        own,
        to.root(to.ratio(around, of.ratings - 1)),
        (of.total + damping * mean) / (of.ratings + damping),
        of.deviation / (of.weight + damping),
    )


def likings(weights: Sequence[Any], deviations: Sequence[Any], deviation: Any) -> list[Any]:
    """How much higher than the rest a user rates each genre.

    ``(sum_g w (r - m') - b sum_g w) / (sum_g w + d)``, over the ratings of movies of the genre; b
    is the user's deviation, and what else there is as in `traits`.
    """
    return [
        (summed - deviation * weight) / (weight + GENRE_DAMPING)
        for weight, summed in zip(weights, deviations, strict=True)
    ]


def features(rows: Statistics[Any], to: Columns, clusters: tuple[int, int]) -> list[Any]:
    """The columns of features, in the order of `names`.

    - `traits` and the recent value of the user and of the movie
    - days since the first rating, 0 where this is the first
    - baseline: the movie's damped mean and the user's deviation
    - genre affinity: the mean of the user's `likings` over the movie's genres
    - year and age of the movie
    - weekday and band of hours of the UTC day, genres, profile and clusters as zeros and ones
    """
    day = to.floor(rows.now / calendar.DAY)
    # 1970 began on a Thursday.
    weekday = day + 3 - 7 * to.floor((day + 3) / 7)
    band = to.floor((rows.now - calendar.DAY * day) / (calendar.DAY / len(calendar.HOURS)))
    return [
        *_of_side(rows.user, 0, rows, to),
        *_of_side(rows.item, 1, rows, to),
        rows.item.damped_mean + rows.user.deviation,
        _affinity(rows, to),
        rows.year,
        1970 + rows.now / calendar.YEAR - rows.year,
        *(to.equals(weekday, number) for number in range(len(calendar.WEEKDAYS))),
        *(to.equals(band, number) for number in range(len(calendar.HOURS))),
        *rows.genres,
        *rows.profile,
        *(to.equals(rows.clusters[0], number) for number in range(clusters[0])),
        *(to.equals(rows.clusters[1], number) for number in range(clusters[1])),
    ]


def _of_side(of: Traits[Any], side: int, rows: Statistics[Any], to: Columns) -> list[Any]:
    """In the order of `_OF_SIDE`."""
    # A test rating may be older than the first one of training.
    days = to.at_least(rows.now - rows.first[side], 0) / calendar.DAY
    return [of.ratings, of.mean, of.spread, rows.recent[side], of.damped_mean, of.deviation, days]


def _affinity(rows: Statistics[Any], to: Columns) -> Any:
    liked, genres = 0 * rows.user.deviation, 0 * rows.user.deviation
    for genre, liking in zip(rows.genres, rows.likings, strict=True):
        liked = liked + genre * liking
        genres = genres + genre
    return to.ratio(liked, genres)


def matrix(rows: Statistics[Float64], clusters: tuple[int, int]) -> Float32:
    """(rows, f) float32 `features` of arrays; NaN where one is unknown."""
    made = features(rows, Arrays(), clusters)
    result = np.empty((len(rows.now), len(made)), np.float32)
    for place, column in enumerate(made):
        result[:, place] = column
    return result
