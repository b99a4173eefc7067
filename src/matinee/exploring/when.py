"""When people rate, as plain records."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Period:
    """A day, week, month, quarter or year, UTC.

    `people` rated in it; `new_people` and `new_items` were met in it for the first time; `mean`
    is of its ratings, None without values or ratings.
    """

    label: str
    ratings: int
    people: int
    new_people: int
    new_items: int
    mean: float | None


@dataclass(frozen=True)
class Cut:
    """What a cut in time would hold out that leaves about the last tenth of the ratings.

    Attributes
    ----------
    date
        Of the first rating after the cut, UTC.
    period
        The period that holds it; see `Times.periods`.
    ratings, people
        After it; those who rated then.
    new_people, of_new_people
        People first met after it, and how many ratings are theirs.
    new_items, of_new_items
        Items first met after it, and how many ratings they have.
    """

    date: str
    period: str
    ratings: int
    people: int
    new_people: int
    of_new_people: int
    new_items: int
    of_new_items: int


@dataclass(frozen=True)
class Times:
    """When people rate. All times are UTC; ratings without a time are left out.

    Attributes
    ----------
    known
        Ratings with a time.
    first, last
        Dates of the first and the last rating of known time.
    days
        From the first to the last rating.
    unit, periods
        "day", "week", "month", "quarter" or "year", the finest that needs at most 100 periods.
    by_hour : 7 x 24
        Ratings by weekday (Monday first) and hour.
    dates_only
        Whether every time is midnight: then `by_hour` says nothing of hours, and what is known of
        seconds and minutes is None.
    median_days
        Days from the first to the last rating of the median person.
    one_day
        Share of the people who rated within 24 hours and never again, of those with 2 or more
        ratings.
    same_second, within_minute
        Of all ratings that are not a person's first: the share that comes in the same second as
        the one before, and within 60 seconds after it.
    sessions, per_session
        Sessions of the median person, a session ending where 30 minutes pass without a rating;
        ratings of the mean session.
    cut
        None where all ratings have the same time.
    first_mean, last_mean
        Mean rating of the first and of the last tenth by time.
    leaders, leaders_stay, leaders_by_chance
        The most rated items of the first half by time: how many are looked at, the share that is
        among as many most rated of the second half, and the same for two halves drawn by turns.
    """

    known: int
    first: str
    last: str
    days: float
    unit: str
    periods: tuple[Period, ...]
    by_hour: tuple[tuple[int, ...], ...]
    dates_only: bool
    median_days: float
    one_day: float | None
    same_second: float | None
    within_minute: float | None
    sessions: float | None
    per_session: float | None
    cut: Cut | None
    first_mean: float | None
    last_mean: float | None
    leaders: int
    leaders_stay: float
    leaders_by_chance: float
