"""Rows held out by time: a model learns from the past, and is asked about the future."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Int64, Interactions
from matinee.splits.protocol import LAST_OUT, ROLLING, TIME, Protocol
from matinee.splits.rows import check_fraction, share_of
from matinee.splits.split import Split, checked, parted


def _times(ratings: Interactions) -> Int64:
    if ratings.time is None:
        raise InvalidInput(
            "A split by time needs the time of each rating, and these have none; use a random or "
            "per-user split."
        )
    return ratings.time


def leave_last_out(ratings: Interactions, *, liked: float | None = None) -> Split:
    """Hold out the latest rating of each user with two or more (ties: the later row).

    With `liked`, it is the latest of those rated that high, and both sides hold only these. Others
    may be younger than a person's test rating: there is no common cut, as there is in `time_split`.
    """
    taking_part = ratings if liked is None else ratings.liked(liked)
    order = np.lexsort((_times(taking_part), taking_part.user_index))
    users = taking_part.user_index[order]
    last = np.append(users[1:] != users[:-1], True) if len(users) else np.zeros(0, bool)
    counts = np.bincount(taking_part.user_index, minlength=ratings.n_users)
    test = np.zeros(len(taking_part), bool)
    test[order[last & (counts[users] >= 2)]] = True
    return parted(taking_part, test, Protocol(LAST_OUT, minimum=2, liked=liked))


def time_split(
    ratings: Interactions, fraction: float = 0.1, *, liked: float | None = None
) -> Split:
    """Hold out the last ``int(n * fraction)`` ratings by time (ties: the later row).

    One cut for everybody: no training rating is younger than a test rating, so a model cannot
    learn from the future, as it does under a random split. With `liked`, all ratings are cut, and
    of both sides those rated that high are kept, without values.
    """
    (split,) = rolling_windows(ratings, fraction, 1, liked=liked)
    return replace(split, protocol=replace(split.protocol, kind=TIME, fold=None))


def rolling_windows(
    ratings: Interactions, fraction: float = 0.1, windows: int = 5, *, liked: float | None = None
) -> Iterator[Split]:
    """Successive windows of ``int(n * fraction)`` ratings each, the earliest first.

    The windows are the end of all n ratings in order of time (ties: the later row). Each is the
    test part of a split whose training part is all before it; what comes after is in neither. So
    the last window is that of `time_split`. With `liked`, as there.

    Raises
    ------
    InvalidParameter
        `fraction` is not between 0 and 1, or the windows leave nothing to train on.
    InvalidInput
        The ratings have no times, or a part is empty.
    """
    check_fraction(fraction)
    if windows < 1 or windows * fraction > 1 - 1e-9:
        raise InvalidParameter(
            f"`windows` must be 1 or more that leave ratings before them, got {windows} of "
            f"{fraction:g} each."
        )
    place = np.empty(len(ratings), np.int64)
    place[np.argsort(_times(ratings), kind="stable")] = np.arange(len(ratings))
    size = share_of(len(ratings), fraction)
    for this in range(windows):
        start = len(ratings) - (windows - this) * size
        train = ratings.take(place < start)
        test = ratings.take((start <= place) & (place < start + size))
        if liked is not None:
            train, test = train.liked(liked), test.liked(liked)
        fold = f"{this + 1} of {windows}"
        yield checked(Split(train, test, Protocol(ROLLING, fraction, fold=fold, liked=liked)))
