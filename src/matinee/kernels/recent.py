"""Means of the last ratings before each rating, within its group."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt


@numba.njit(cache=True, nogil=True)
def _means_before(bounds, order, times, values, wanted, out):
    for g in range(len(bounds) - 1):
        same = bounds[g]
        for place in range(bounds[g], bounds[g + 1]):
            row = order[place]
            if times[row] != times[order[max(place - 1, bounds[g])]]:
                same = place
            low = max(bounds[g], same - wanted)
            total = 0.0
            for earlier in range(low, same):
                total += values[order[earlier]]
            known = same > low and not np.isnan(times[row])
            out[row] = total / (same - low) if known else np.nan


def means_before(
    bounds: npt.NDArray[np.int64],
    order: npt.NDArray[np.int64],
    times: npt.NDArray[np.float64],
    values: npt.NDArray[np.float32],
    wanted: int,
    out: npt.NDArray[np.float32],
) -> None:
    """For each row the mean of up to `wanted` last rows of its group that have an earlier time.

    Parameters
    ----------
    bounds : (groups + 1,), in
        Where each group starts in `order`.
    order : (n,), in
        Rows by group, then by time; unknown times last.
    times, values : (n,), in
        NaN is an unknown time.
    out : (n,), out
        NaN where there is no such row, or the own time is unknown.
    """
    _means_before(bounds, order, times, values, wanted, out)
