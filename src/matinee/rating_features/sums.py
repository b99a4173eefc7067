"""Statistics that are sums over ratings: of a group, without a part of it, of what came before.

A rating adds one row of contributions to the sums of its user and of its item: 1, r, r^2, w and
w (r - m), m being the mean that it is held against and w how far that is trusted; to its user's
also w and w (r - m) at each of the movie's genres. So every mode is a difference of such sums.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.interactions import Float32, Int64
from matinee.rating_features import formulas
from matinee.rating_features.calendar import Float64
from matinee.rating_features.formulas import Arrays, Group

PLAIN = 5
"""Contributions that users and items share: those of `Group`."""
BLOCK = 1 << 16
"""Rows that are worked on at once."""


def trust(counted: Float64, damping: float) -> tuple[Float64, Float64]:
    """(groups,) weight ``n / (n + damping)`` and mean of each group; 0 and 0 of empty ones.

    Parameters
    ----------
    counted : (groups, 2) float64
        Ratings n, and their sum.
    """
    count, total = counted.T
    mean = np.divide(total, count, out=np.zeros_like(total), where=count > 0)
    return count / (count + damping), mean


def plain(values: npt.NDArray[np.floating], weight: Float64, mean: Float64) -> Float64:
    """(rows, 5) what ratings add to the sums of their group."""
    r = np.asarray(values, np.float64)
    return np.stack([np.ones(len(r)), r, r * r, weight, weight * (r - mean)], axis=1)


def with_genres(own: Float64, genres: Float32) -> Float64:
    """(rows, 5 + 2 G) what ratings add to the sums of their user, from `plain` and the genres of
    their movies."""
    return np.hstack([own, own[:, 3:4] * genres, own[:, 4:5] * genres])


def by_group(group: npt.NDArray[np.integer], groups: int, added: Float64) -> Float64:
    """(groups, c) sums of the rows of `added` over each group."""
    rows = np.arange(len(group) + 1, dtype=np.int64)
    member = csr_array((np.ones(len(group)), group, rows), shape=(len(group), groups))
    return np.asarray(member.T @ added)


def before(starts: npt.NDArray[np.integer], added: Float64) -> Float64:
    """(rows, c) sums of the rows of `added` of the same group that stand before each row.

    Parameters
    ----------
    starts : (rows,) ints
        The first row of each row's group.
    """
    running = np.cumsum(added, axis=0) - added
    return running - running[starts]


def traits(sums: Float64, mean: Float64 | float, damping: float) -> Float64:
    """(rows, 5) `formulas.Traits` of the first five columns of sums."""
    found = formulas.traits(Group(*sums[:, :PLAIN].T), mean, damping, Arrays())
    return np.stack(found, axis=1)


def of_users(sums: Float64, mean: Float64 | float) -> Float64:
    """(rows, 5 + G) traits and likings of users, from (rows, 5 + 2 G) sums."""
    own = traits(sums, mean, formulas.USER_DAMPING)
    weight, deviation = np.split(sums[:, PLAIN:], 2, axis=1)
    liked = formulas.likings([weight], [deviation], own[:, -1:])
    return np.hstack([own, *liked])


def counts(group: npt.NDArray[np.integer], groups: int, values: Float32) -> Float64:
    """(groups, 2) ratings of each group, and their sum."""
    number = np.bincount(group, minlength=groups)
    return np.stack(
        [number, np.bincount(group, values, minlength=groups)], axis=1, dtype=np.float64
    )


def blocks(rows: Int64) -> Iterator[Int64]:
    """`rows`, `BLOCK` at a time."""
    for start in range(0, len(rows), BLOCK):
        yield rows[start : start + BLOCK]
