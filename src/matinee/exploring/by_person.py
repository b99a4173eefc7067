"""The times of each person in order: when they came and left, sessions, and pauses between."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matinee.exploring.periods import Periods
from matinee.interactions import Int32, Int64

_BITS = 33
"""For the seconds from 1900 to 2100."""
_BLOCK = 1 << 22
"""Ratings at a time, so that what is computed on the way stays small."""
_MINUTE = 60
_PAUSE = 30 * _MINUTE


@dataclass(frozen=True, eq=False)
class PersonTimes:
    """Of the people who rated, in order of their index.

    Attributes
    ----------
    first, last : (people,) int64
        UTC seconds of their first and last rating.
    ratings, sessions : (people,) int64
        How many; a session ends where 30 minutes pass without a rating.
    active : (periods,) int64
        How many of them rated in each period.
    same_second, within_minute
        Ratings in the same second as the person's rating before, and less than 60 seconds after.
    """

    first: Int64
    last: Int64
    ratings: Int64
    sessions: Int64
    active: Int64
    same_second: int
    within_minute: int


def person_times(user: Int32, time: Int64, periods: Periods) -> PersonTimes:
    """Walk through the ratings of each person in order of time; one at least.

    Parameters
    ----------
    user : (n,) int32
    time : (n,) int64
        UTC seconds from 1900 to 2099.
    """
    lowest = int(time.min())
    # One number a rating, person above time: sorting these is several times faster than lexsort.
    keys = user.astype(np.uint64)
    keys <<= np.uint64(_BITS)
    keys |= (time - lowest).astype(np.uint64)
    keys.sort()
    begins, session_begins = [np.zeros(1, np.int64)], [np.zeros(1, np.int64)]
    active = np.bincount(periods.place(_times(keys[:1], lowest)), minlength=len(periods.labels))
    same_second = within_minute = 0
    for start in range(1, len(keys), _BLOCK):
        now, before = keys[start : start + _BLOCK], keys[start - 1 : start - 1 + _BLOCK]
        before = before[: len(now)]
        gap = now - before
        # Between two people the difference is that of whole people: never a short pause.
        other = (now >> np.uint64(_BITS)) != (before >> np.uint64(_BITS))
        gap[other] = np.iinfo(np.uint64).max
        same_second += int((gap == 0).sum())
        within_minute += int((gap < _MINUTE).sum())
        begins.append(np.flatnonzero(other) + start)
        session_begins.append(np.flatnonzero(gap > _PAUSE) + start)
        period = periods.place(_times(now, lowest))
        earlier = periods.place(_times(before, lowest))
        active += np.bincount(period[other | (period != earlier)], minlength=len(active))
    first = np.concatenate(begins)
    sessions = np.searchsorted(first, np.concatenate(session_begins), "right") - 1
    ends = np.append(first[1:], len(keys))
    return PersonTimes(
        first=_times(keys[first], lowest),
        last=_times(keys[ends - 1], lowest),
        ratings=ends - first,
        sessions=np.bincount(sessions, minlength=len(first)),
        active=active,
        same_second=same_second,
        within_minute=within_minute,
    )


def _times(keys: npt.NDArray[np.uint64], lowest: int) -> Int64:
    return (keys & np.uint64((1 << _BITS) - 1)).astype(np.int64) + lowest
