"""When a rating was given, as numbers: what is known of a time, its weekday, its hour, its year."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from matinee.interactions import Int64, check_seconds

Float64: TypeAlias = npt.NDArray[np.float64]

DAY = 86_400.0
YEAR = 365.2425 * DAY
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = ("0-5", "6-11", "12-17", "18-23")
"""Hours of the UTC day, in bands."""


def seconds(times: npt.ArrayLike | None, rows: int) -> Float64:
    """(rows,) UTC seconds as float64, NaN where unknown.

    Parameters
    ----------
    times : (rows,) int64, one for all, or None
        UTC seconds since 1970. None, zero and what is below are unknown.

    Raises
    ------
    InvalidInput
        A time of 2100 or later: such are milliseconds. `matinee data import` converts them.
    """
    if times is None:
        return np.full(rows, np.nan)
    given: Int64 = np.asarray(times, np.int64)
    check_seconds(given)
    return np.broadcast_to(np.where(given > 0, given, np.nan), (rows,)).astype(np.float64)
