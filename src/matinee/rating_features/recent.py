"""The last ratings before a moment: of a user, of an item."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.interactions import Float32, Int64
from matinee.kernels import recent as kernels
from matinee.rating_features.calendar import Float64
from matinee.rating_features.formulas import RECENT
from matinee.rating_features.sums import before

CHECKPOINTS = 32
"""Moments at which the recent value of a group is kept, at most."""


class Sequence:
    """The ratings of each group in the order in which they came.

    Parameters
    ----------
    group : (n,) ints in 0..groups-1
    groups
    times : (n,) float64
        Seconds; a rating of unknown time (NaN) comes last, and is nobody's recent rating.
    order : (n,) ints, optional
        All rows in order of time, by default of equal times the lower row first: see
        `chronological`.
    """

    def __init__(
        self,
        group: npt.NDArray[np.int32],
        groups: int,
        times: Float64,
        order: Int64 | None = None,
    ) -> None:
        order = chronological(times) if order is None else order
        self.order: Int64 = order[rows_by(group[order], groups)]
        self._group, self._times = group, times
        self.bounds: Int64 = np.zeros(groups + 1, np.int64)
        """(groups + 1,) where each group starts in `order`."""
        np.cumsum(np.bincount(group, minlength=groups), out=self.bounds[1:])

    @cached_property
    def group(self) -> npt.NDArray[np.int32]:
        """(n,) of each sorted row."""
        return self._group[self.order]

    @cached_property
    def first_row(self) -> Int64:
        """(n,) the first sorted row of the group of each sorted row."""
        return self.bounds[self.group]

    def before(self, values: Float32) -> Float32:
        """(n,) mean of the last `RECENT` ratings of an earlier time, in the order of rows.

        NaN where there is none, or the row's time is unknown.
        """
        result = np.empty(len(self.order), np.float32)
        kernels.means_before(self.bounds, self.order, self._times, values, RECENT, result)
        return result

    def first(self) -> Float64:
        """(groups,) seconds of each group's first rating, NaN where unknown."""
        starts, ends = self.bounds[:-1], self.bounds[1:]
        result = np.full(len(starts), np.nan)
        result[ends > starts] = self._times[self.order[starts[ends > starts]]]
        return result

    def sums_before(self, added: Float64) -> Float64:
        """(n, c) sums of the rows of `added` that came before in the group."""
        result = np.empty_like(added)
        result[self.order] = before(self.first_row, added[self.order])
        return result

    def checkpoints(self, values: Float32) -> tuple[Float64, Float32]:
        """Recent values of each group after some of its ratings: (groups, C) times and values.

        These are every s-th rating back from the last, with s so that there are `CHECKPOINTS` at
        most. Times ascend; unused places are infinite, with NaN.
        """
        groups, sorted_times = len(self.bounds) - 1, self._times[self.order]
        dated = np.bincount(self.group[~np.isnan(sorted_times)], minlength=groups)
        step = np.maximum(-(-dated // CHECKPOINTS), 1)
        back = (self.bounds[:-1] + dated)[self.group] - 1 - np.arange(len(self.order))
        chosen = np.flatnonzero((back >= 0) & (back % step[self.group] == 0))
        group = self.group[chosen]
        place = -(-dated // step)[group] - 1 - back[chosen] // step[group]
        times = np.full((groups, CHECKPOINTS), np.inf)
        means = np.full((groups, CHECKPOINTS), np.nan, np.float32)
        times[group, place] = sorted_times[chosen]
        sums = np.concatenate([[0.0], np.cumsum(values[self.order], dtype=np.float64)])
        low = np.maximum(self.first_row[chosen], chosen + 1 - RECENT)
        means[group, place] = (sums[chosen + 1] - sums[low]) / (chosen + 1 - low)
        return times, means


def at_checkpoint(times: Float64, means: npt.NDArray[np.floating], now: Float64) -> Float64:
    """(rows,) the recent value at the last checkpoint strictly before `now`, NaN before the first.

    Parameters
    ----------
    times, means : (rows, C)
        As `Sequence.checkpoints` makes them.
    now : (rows,) float64
        Where unknown (NaN) it is after all ratings.
    """
    moment = np.where(np.isnan(now), np.finfo(np.float64).max, now)
    place = (times < moment[:, np.newaxis]).sum(axis=1)
    recent = means[np.arange(len(times)), np.maximum(place - 1, 0)].astype(np.float64)
    return np.where(place > 0, recent, np.nan)


def chronological(times: Float64, ties: npt.NDArray[np.int32] | None = None) -> Int64:
    """(n,) rows in order of time; of equal times by `ties`, then by row. Unknown times are last."""
    if ties is None:
        return np.argsort(times, kind="stable")
    rows = rows_by(ties, int(ties.max(initial=-1)) + 1)
    return rows[np.argsort(times[rows], kind="stable")]


def rows_by(group: npt.NDArray[np.int32], groups: int) -> Int64:
    """(n,) rows in order of group, then of row: sorted by counting, in one pass."""
    one = np.ones(len(group), np.int8)
    at = csr_array((one, group, np.arange(len(group) + 1)), shape=(len(group), groups))
    return np.asarray(at.tocsc().indices, np.int64)
