"""Clusters that are too small, dissolved: their people move to the cluster that covers them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, diags_array

from matinee.errors import InvalidInput, InvalidParameter, some
from matinee.interactions import Float32, Int32, sorted_csr

SMALLEST = 6
"""Members below which a cluster is dissolved."""

_CELLS = 1 << 22
"""People times clusters that are compared at a time."""

_LIMIT = 1 << 24
"""Above any cluster's number: an array is made that long."""


class Repaired(NamedTuple):
    """A clustering of people without small clusters."""

    labels: Int32
    """(people,) int32 cluster of each person in 0..s-1, -1 where the person is in none."""
    renumbered: Int32
    """(k,) int32 what became of each old cluster: its new number, or -1 where it was dissolved."""
    moved: Int32
    """(m,) int32 rows of the people who were moved, ascending."""
    counts: csr_array
    """(s, items) CSR int32: how many members of each cluster like each item."""


def repair(
    labels: npt.ArrayLike,
    liked: csr_array,
    *,
    smallest: int = SMALLEST,
    points: Float32 | csr_array | None = None,
) -> Repaired:
    """Dissolve clusters of fewer than `smallest` members, and move each of their people.

    A person moves to the surviving cluster that covers most of their movies. A cluster *covers* a
    movie where at least one of its members likes it: where the movie is on the cluster's list at
    all, however low. Large clusters cover almost everything, so there are many ties, and nearness
    of taste decides them ::

        argmin_c |x_u - m_c|^2    over the surviving clusters c that cover most movies of u

    with x_u the person's row of `points` and m_c the mean row of c's members; the lower number,
    where that is equal too. Lists and means are those of the surviving clusters before anybody
    moves, so that the outcome does not depend on the order of people. Clusters without members
    are dissolved whatever `smallest` is, and the others are renumbered in their old order.

    Parameters
    ----------
    labels : (people,) integers
        Cluster of each person in 0..k-1; -1 in none, which stays so.
    liked : (people, items) CSR
        Who likes what: every entry that is stored counts, whatever its value.
    smallest
        Members that a cluster must have; at 0 and 1 nobody is moved.
    points : (people, d) float32 or CSR, optional
        What the clustering was made from; default: the rows of `liked` as zeros and ones.

    Raises
    ------
    InvalidParameter
        `smallest` is no whole number >= 0.
    InvalidInput
        Shapes do not fit, a label is none, nobody is in a cluster, or all clusters are too small.

    Examples
    --------
    >>> likes = csr_array([[1, 1, 0], [1, 1, 0], [0, 0, 1], [1, 1, 1], [0, 0, 1]])
    >>> found = repair([0, 0, 2, 1, 2], likes, smallest=2)
    >>> found.labels.tolist(), found.renumbered.tolist(), found.moved.tolist()
    ([0, 0, 1, 0, 1], [0, -1, 1], [3])
    >>> found.counts.toarray().tolist()
    [[3, 3, 1], [0, 0, 2]]
    """
    old, ones = _checked(labels, liked, smallest, points)
    size = np.bincount(old[old >= 0])
    kept = size >= max(smallest, 1)
    if not kept.any():
        raise InvalidInput(_none_is_left(size, smallest))
    renumbered = np.where(kept, np.cumsum(kept) - 1, -1).astype(np.int32)
    # Where -1 looks up the last cluster, it is put right after.
    new = np.where(old >= 0, renumbered[old], -1).astype(np.int32)
    moved = np.flatnonzero((old >= 0) & (new < 0)).astype(np.int32)
    survivors = int(kept.sum())
    counts = counted(new, ones, survivors)
    if len(moved):
        near = ones if points is None else csr_array(points)
        new[moved] = _homes(moved, ones, near, counts, new)
        counts = _sorted(counts + counted(new[moved], ones[moved], survivors))
    return Repaired(new, renumbered, moved, counts)


def counted(labels: Int32, liked: csr_array, k: int) -> csr_array:
    """How many members of each of `k` clusters like each item.

    Parameters
    ----------
    labels : (people,) int32 in -1..k-1; -1 counts nowhere
    liked : (people, items) CSR; every entry that is stored counts, whatever its value

    Returns
    -------
    (k, items) CSR int32, sorted
    """
    return _sorted(_members(labels, k, np.int32) @ _ones(liked))


def _checked(
    labels: npt.ArrayLike, liked: csr_array, smallest: int, points: Float32 | csr_array | None
) -> tuple[Int32, csr_array]:
    if isinstance(smallest, bool) or not isinstance(smallest, int) or smallest < 0:
        raise InvalidParameter(f"`smallest` must be a whole number >= 0, got {smallest!r}.")
    given = np.asarray(labels)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise InvalidInput(
            f"`labels` must be a one-dimensional array of integers, got shape {given.shape} of "
            f"{given.dtype}."
        )
    rows = {"liked": liked.shape[0]} | ({} if points is None else {"points": points.shape[0]})
    for name, n in rows.items():
        if n != len(given):
            raise InvalidInput(
                f"`{name}` must have a row for each of the {len(given)} labels, got {n}."
            )
    wrong = (given < -1) | (given >= _LIMIT)
    if wrong.any():
        raise InvalidInput(
            f"A label must be a cluster in 0..{_LIMIT - 1}, or -1 for none, got "
            f"{some(np.unique(given[wrong]).tolist())}; number the clusters from 0."
        )
    if not (given >= 0).any():
        raise InvalidInput("Repair needs at least one person in a cluster, got none.")
    return given.astype(np.int32), _ones(sorted_csr(liked))


def _none_is_left(size: npt.NDArray[np.int64], smallest: int) -> str:
    there = np.sort(size[size > 0])[::-1]
    return (
        f"At least one cluster must have {smallest} or more members, but all are too small: "
        f"{some(there.tolist())} members. Make fewer clusters, or repair with smallest="
        f"{there[0]} or less."
    )


def _homes(
    moved: Int32, liked: csr_array, points: csr_array, counts: csr_array, labels: Int32
) -> Int32:
    """The new cluster of each person of `moved`, whose label is -1 as yet."""
    k = counts.shape[0]
    covers = csr_array(_ones(counts).T)
    members = _members(labels, k, np.float64)
    size = np.asarray(members.sum(axis=1))
    # Sparse products add up in one order on one thread, which BLAS does not promise.
    means = diags_array(1 / size) @ (members @ points.astype(np.float64))
    length = np.asarray(means.multiply(means).sum(axis=1))
    homes = np.empty(len(moved), np.int32)
    step = max(1, _CELLS // k)
    for start in range(0, len(moved), step):
        rows = moved[start : start + step]
        covered = (liked[rows] @ covers).toarray()
        # |x - m|^2 without |x|^2, which is the same for every cluster.
        distance = length - 2 * (points[rows].astype(np.float64) @ means.T).toarray()
        # So that rounding errors break no ties: 3/9 is as near as 1/3.
        distance = np.round(distance, 9)
        distance[covered < covered.max(axis=1, keepdims=True)] = np.inf
        homes[start : start + step] = np.argmin(distance, axis=1)
    return homes


def _members(labels: Int32, k: int, kind: type[np.generic]) -> csr_array:
    """(k, people) CSR with a one where a person is in a cluster."""
    people = np.flatnonzero(labels >= 0)
    ones = np.ones(len(people), kind)
    return csr_array((ones, (labels[people], people)), shape=(k, len(labels)))


def _ones(matrix: csr_array) -> csr_array:
    ones = np.ones(matrix.nnz, np.int32)
    return csr_array((ones, matrix.indices, matrix.indptr), shape=matrix.shape)


def _sorted(matrix: csr_array) -> csr_array:
    matrix.sort_indices()
    # SciPy widens the indices of sums and products.
    matrix.indices, matrix.indptr = (a.astype(np.int32) for a in (matrix.indices, matrix.indptr))
    return matrix
