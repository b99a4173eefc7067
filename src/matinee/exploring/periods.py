"""Days, weeks, months, quarters or years, whichever shows best what a stretch of time holds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from matinee.interactions import Int64

_MOST = 100
"""Periods that a plot can show."""
_DAY = 86_400
_MONDAY = 3
"""Days from the Monday before 1970 to its first day, a Thursday."""


@dataclass(frozen=True, eq=False)
class Periods:
    """Periods without gaps between them.

    Attributes
    ----------
    unit
        "day", "week", "month", "quarter" or "year".
    labels
        "2000-04-25" (of a week its Monday), "2000-04", "2000 Q2" or "2000".
    edges : (periods + 1,) int64
        UTC seconds at which each begins, and at which the last one ends.
    """

    unit: str
    labels: tuple[str, ...]
    edges: Int64

    def place(self, time: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """The period of each time; each must lie in one."""
        return np.searchsorted(self.edges, time, "right") - 1


def periods(first: int, last: int) -> Periods:
    """Periods that hold all UTC seconds from `first` to `last`: the finest unit that needs at most
    100 of them, and years whatever they need."""
    for unit, edges in _finest_first(first, last):
        if len(edges) <= _MOST + 1 or unit == "year":
            return Periods(unit, _labels(unit, edges[:-1]), edges)
    raise AssertionError("years always do")  # pragma: no cover


def _finest_first(first: int, last: int) -> list[tuple[str, Int64]]:
    day, end = first // _DAY, last // _DAY
    monday = (day + _MONDAY) // 7 * 7 - _MONDAY
    days = {
        "day": np.arange(day, end + 2),
        "week": np.arange(monday, end + 8, 7)[: (end - monday) // 7 + 2],
    }
    found = [(unit, edges * _DAY) for unit, edges in days.items()]
    month = int(np.datetime64(first, "s").astype("datetime64[M]").astype(int))
    until = int(np.datetime64(last, "s").astype("datetime64[M]").astype(int))
    for unit, months in (("month", 1), ("quarter", 3), ("year", 12)):
        begin = month // months * months
        edges = np.arange(begin, until // months * months + months + 1, months)
        found.append((unit, edges.astype("datetime64[M]").astype("datetime64[s]").astype(np.int64)))
    return found


def _labels(unit: str, begin: Int64) -> tuple[str, ...]:
    dates = begin.astype("datetime64[s]").astype("datetime64[D]").astype(str).tolist()
    if unit in ("day", "week"):
        return tuple(dates)
    if unit == "month":
        return tuple(d[:7] for d in dates)
    if unit == "quarter":
        return tuple(f"{d[:4]} Q{(int(d[5:7]) + 2) // 3}" for d in dates)
    return tuple(d[:4] for d in dates)
