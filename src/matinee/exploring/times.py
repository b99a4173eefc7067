"""When people rate: periods, hours, sessions, and what a cut in time would find."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matinee.exploring.by_person import PersonTimes, person_times
from matinee.exploring.periods import Periods, periods
from matinee.exploring.when import Cut, Period, Times
from matinee.interactions import LATEST, Float32, Int64, Interactions

_EARLIEST = -2_208_988_800
"""The first second of 1900."""
_BLOCK = 1 << 22
"""Ratings at a time, so that what is computed on the way stays small."""
_DAY, _HOUR = 86_400, 3600
_MONDAY = 72
"""Hours from the Monday before 1970 to its first day, a Thursday."""
_LEADERS = 100
_NEVER = np.iinfo(np.int64).max


def times(ratings: Interactions) -> tuple[Times | None, str]:
    """When people rate; or None, and why that is not known, a sentence.

    A time of 0 means that it is not known; such ratings are left out.
    """
    time = ratings.time
    if time is None or not time.any():
        return None, "No times are known: nothing is said of when people rate."
    if not time.all():
        ratings = ratings.take(time != 0)
        time = time[time != 0]
    odd = int(((time < _EARLIEST) | (time >= LATEST)).sum())
    if odd:
        return None, (
            f"{odd:,} times lie before 1900 or after 2099, so they are not seconds since 1970: "
            "nothing is said of when people rate."
        )
    if time.min() == time.max():
        return None, "All times are the same: nothing is said of when people rate."
    return _times(ratings, time), ""


def _times(ratings: Interactions, time: Int64) -> Times:
    n = len(time)
    first, last = int(time.min()), int(time.max())
    shown = periods(first, last)
    people = person_times(ratings.user_index, time, shown)
    came = np.full(ratings.n_items, _NEVER)
    np.minimum.at(came, ratings.item_index, time)
    # As of the split by time: what is left after a cut is the last tenth.
    moment = int(np.partition(time, n - n // 10)[n - n // 10]) if n >= 10 else first
    hours, dates_only = _by_hour(time)
    several = people.ratings > 1
    spans = people.last - people.first
    further = n - len(people.first)
    minutes = not dates_only and further > 0
    leaders, stay, chance = _leaders(ratings, time)
    ends = (None, None) if ratings.value is None else _ends(ratings.value, time, moment)
    return Times(
        known=n,
        first=_date(first),
        last=_date(last),
        days=(last - first) / _DAY,
        unit=shown.unit,
        periods=_periods(ratings, time, shown, people, came),
        by_hour=hours,
        dates_only=dates_only,
        median_days=float(np.median(spans)) / _DAY,
        one_day=float((spans[several] < _DAY).mean()) if several.any() else None,
        same_second=people.same_second / further if minutes else None,
        within_minute=people.within_minute / further if minutes else None,
        sessions=float(np.median(people.sessions)) if minutes else None,
        per_session=n / float(people.sessions.sum()) if minutes else None,
        cut=None if moment == first else _cut(ratings, moment, shown, people, came),
        first_mean=ends[0],
        last_mean=ends[1],
        leaders=leaders,
        leaders_stay=stay,
        leaders_by_chance=chance,
    )


def _periods(
    ratings: Interactions, time: Int64, shown: Periods, people: PersonTimes, came: Int64
) -> tuple[Period, ...]:
    size = len(shown.labels)
    counts, sums = np.zeros(size, np.int64), np.zeros(size)
    for start in range(0, len(time), _BLOCK):
        place = shown.place(time[start : start + _BLOCK])
        counts += np.bincount(place, minlength=size)
        if ratings.value is not None:
            weights = ratings.value[start : start + _BLOCK]
            sums += np.bincount(place, weights=weights, minlength=size)
    new_people = np.bincount(shown.place(people.first), minlength=size)
    new_items = np.bincount(shown.place(came[came != _NEVER]), minlength=size)
    return tuple(
        Period(
            label,
            int(counts[i]),
            int(people.active[i]),
            int(new_people[i]),
            int(new_items[i]),
            float(sums[i] / counts[i]) if counts[i] and ratings.value is not None else None,
        )
        for i, label in enumerate(shown.labels)
    )


def _by_hour(time: Int64) -> tuple[tuple[tuple[int, ...], ...], bool]:
    """Ratings by weekday and hour, and whether all have the same time of the day."""
    counts = np.zeros(7 * 24, np.int64)
    same = True
    of_day = int(time[0]) % _DAY
    for start in range(0, len(time), _BLOCK):
        block = time[start : start + _BLOCK]
        same = same and bool((block % _DAY == of_day).all())
        counts += np.bincount((block // _HOUR + _MONDAY) % (7 * 24), minlength=7 * 24)
    return tuple(tuple(row) for row in counts.reshape(7, 24).tolist()), same


def _cut(
    ratings: Interactions, moment: int, shown: Periods, people: PersonTimes, came: Int64
) -> Cut:
    """Whoever came at the cut or later has all of their ratings after it, and so have items."""
    after = 0 if ratings.time is None else int((ratings.time >= moment).sum())
    new_people = people.first >= moment
    new_items = (came >= moment) & (came != _NEVER)
    per_item = np.bincount(ratings.item_index, minlength=ratings.n_items)
    return Cut(
        date=_date(moment),
        period=shown.labels[int(shown.place(np.array([moment]))[0])],
        ratings=after,
        people=int((people.last >= moment).sum()),
        new_people=int(new_people.sum()),
        of_new_people=int(people.ratings[new_people].sum()),
        new_items=int(new_items.sum()),
        of_new_items=int(per_item[new_items].sum()),
    )


def _date(moment: int) -> str:
    return str(np.datetime64(moment, "s").astype("datetime64[D]"))


def _ends(value: Float32, time: Int64, moment: int) -> tuple[float | None, float | None]:
    """Mean rating of the first and of the last tenth by time."""
    n = len(time)
    if n < 10:
        return None, None
    early = time <= np.partition(time, n // 10 - 1)[n // 10 - 1]
    late = time >= moment
    return float(value[early].mean(dtype=np.float64)), float(value[late].mean(dtype=np.float64))


def _leaders(ratings: Interactions, time: Int64) -> tuple[int, float, float]:
    """How many leaders, the share that stays, and that by chance; see `Times`."""
    item, size = ratings.item_index, ratings.n_items
    n = min(_LEADERS, int((np.bincount(item, minlength=size) > 0).sum()) // 10)
    if n == 0:
        return 0, 0.0, 0.0
    middle = len(time) // 2
    early = time < np.partition(time, middle)[middle]
    turns = np.arange(len(time)) % 2 == 0

    def shared(half: npt.NDArray[np.bool_]) -> float:
        first, second = (
            np.argsort(-np.bincount(item[rows], minlength=size), kind="stable")[:n]
            for rows in (half, ~half)
        )
        return len(np.intersect1d(first, second)) / n

    return n, shared(early), shared(turns)
