"""When a person rated what, around the moment that is asked about.

Ratings that one gives together are alike, and the first of many differ from the last.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.interactions import Float32, Int64

_SPANS = {"10_minutes": 600.0, "3_hours": 10_800.0, "2_days": 172_800.0}
"""Seconds after which a rating counts a third as much."""
_DAMPING = 3.0
"""Ratings at the person's level that each moment is given."""
_DAY = 86_400.0
NAMES = (
    "date",
    "same_second",
    "seconds_since_last",
    "seconds_to_next",
    "share_before",
    *(f"around:{span}" for span in _SPANS),
)
"""Of the features."""


def packed(history: csr_array, times: Int64 | None) -> csr_array:
    """(people, 2 n_items) CSR float32: the seconds of each rating, each in two columns of 4 bytes.

    Where no times are known it is empty; a time of 0 is unknown.
    """
    people, n_items = history.shape
    if times is None:
        return csr_array((people, 2 * n_items), dtype=np.float32)
    seconds = np.where(times > 0, times, np.nan).astype(np.float64)
    indices = (2 * history.indices[:, np.newaxis] + np.arange(2)).ravel()
    return csr_array(
        (seconds.view(np.float32), indices.astype(np.int32), 2 * history.indptr),
        shape=(people, 2 * n_items),
    )


def of_pairs(deviations: csr_array, moments: csr_array, now: Int64 | None) -> Float32:
    """(pairs, 8) float32 `NAMES`; NaN where unknown.

    - date: days since 1970
    - same_second: ratings of that very second
    - seconds_since_last, seconds_to_next: ``log(1 + seconds)`` to the ratings beside it
    - share_before: how much of the person's ratings is earlier
    - around:T: ``sum w d / (sum w + 3)`` of the person's deviations d, ``w = exp(-|t - now| / T)``

    Parameters
    ----------
    deviations : (pairs, n_items) CSR
        See `rating_neighbors.Neighbors.deviations`.
    moments : (pairs, 2 n_items) CSR
        Rows of `packed`.
    now : (pairs,) int64 UTC seconds, or None
        Below 1: unknown.
    """
    pairs = deviations.shape[0]
    result = np.full((pairs, len(NAMES)), np.nan, np.float32)
    if now is None:
        return result
    moment = np.where(now > 0, now, np.nan).astype(np.float64)
    result[:, 0] = moment / _DAY
    if not moments.nnz:
        return result
    row = np.repeat(np.arange(pairs), np.diff(moments.indptr) // 2)
    offset = moments.data.view(np.float64) - moment[row]
    known = ~np.isnan(offset)
    row, offset, off = row[known], offset[known], deviations.data[known]
    count = np.bincount(row, minlength=pairs)
    some = np.flatnonzero(count)
    starts = np.cumsum(count)[some] - count[some]
    if not len(some):
        return result

    def total(of: npt.NDArray[np.floating] | npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
        return np.asarray(np.bincount(row, of, minlength=pairs)[some], np.float64)

    result[some, 1] = total(offset == 0)
    for column, ahead in ((2, -offset), (3, offset)):
        nearest = np.minimum.reduceat(np.where(ahead > 0, ahead, np.inf), starts)
        result[some, column] = np.where(nearest < np.inf, np.log1p(nearest), np.nan)
    result[some, 4] = total(offset < 0) / count[some]
    for column, span in enumerate(_SPANS.values(), 5):
        weight = np.exp(-np.abs(offset) / span)
        result[some, column] = total(weight * off) / (total(weight) + _DAMPING)
    return result
