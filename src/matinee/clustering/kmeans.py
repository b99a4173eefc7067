"""k-means of dense and of sparse rows: seeds far apart, then means and nearest means by turns.

The points of a CSR matrix stay sparse; only centers, and sums of clusters, are dense. Same seed,
same clusters, at any number of threads: see `kernels.kmeans`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.clustering.rows import Rows
from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Bool, Float32, Int32, Int64
from matinee.kernels import kmeans as kernels
from matinee.kernels.potential import TRIALS
from matinee.kernels.threads import exclusive

_LARGEST = 1e15
"""Its square, added up over all columns there may be, is still a float32."""
_TURNED_ALONE = 1 << 18
"""Numbers of all centers below which one thread makes them: two would wait for each other."""
_SAMPLE = 3
"""Mini-batches that make up the rows of which seeds are drawn."""
_PATIENCE, _GAIN = 10, 1e-4
"""Mini-batches after which no more are taken unless the inertia fell by that share."""


class Clusters(NamedTuple):
    """A partition of rows around centers."""

    labels: Int32
    """(rows,) int32 in 0..k-1; none of them is missing."""
    centers: Float32
    """(k, d) float32."""
    inertia: float
    """Sum over rows of the squared distance to the row's center."""
    iterations: int
    """Passes over the rows that the best run took."""


def kmeans(
    points: Float32 | csr_array,
    k: int,
    *,
    seed: int = 0,
    n_init: int = 4,
    max_iter: int = 300,
    tol: float = 1e-4,
) -> Clusters:
    """Lloyd's k-means from `n_init` k-means++ starts, the one of least inertia.

    Minimizes ``sum_r |x_r - c(r)|^2`` over centers (Lloyd 1982). Each seed is the best of
    ``2 + ln k`` rows drawn in proportion to their squared distance from the seeds before (Arthur
    and Vassilvitskii 2007, section 5). A cluster that loses all rows gets the farthest row of
    another.

    Parameters
    ----------
    points : (rows, d) float32, dense or CSR
    k
        Clusters wanted; where there are fewer distinct rows, that many are made. None is empty.
        Rows of zeros are rows like others.
    n_init, max_iter
        Starts, and passes over the rows that each may take.
    tol
        A run ends when no label changes, or when squared movements of all centers add up to no
        more than `tol` times the mean variance of a column.

    Raises
    ------
    InvalidParameter
        `k`, `n_init` or `max_iter` < 1, or no rows at all.
    InvalidInput
        Numbers that are NaN, infinite, or beyond 1e15 either way.

    Examples
    --------
    >>> kmeans(np.array([[0.0], [1.0], [10.0]], np.float32), 2).centers.tolist()
    [[10.0], [0.5]]
    """
    with exclusive():
        rows = _checked(points, k=k, n_init=n_init, max_iter=max_iter)
        limit = tol * _variance(rows)
        runs = (
            _lloyd(rows, _seeds(rows, k, np.random.default_rng([seed, run])), max_iter, limit)
            for run in range(n_init)
        )
        return min(runs, key=lambda found: found.inertia)


def minibatch_kmeans(
    points: Float32 | csr_array, k: int, *, seed: int = 0, batch: int = 2048, max_iter: int = 100
) -> Clusters:
    """K-means by steps on `batch` rows at a time (Sculley 2010): faster, of a larger inertia.

    A center is the mean of all rows that were ever nearest to it when their batch came. Every
    pass takes the rows in an order of its own. Steps end after `max_iter` passes, or when the
    smoothed inertia of batches has not fallen by 1e-4 for ten of them; rows then go to the nearest
    centers, and centers without rows are left out.

    Parameters, returns and errors as of `kmeans`, but that ``batch >= 1``.
    """
    with exclusive():
        rows = _checked(points, k=k, batch=batch, max_iter=max_iter)
        draw = np.random.default_rng(seed)
        sample = rows.part(draw.permutation(rows.count)[: _SAMPLE * max(batch, k)])
        centers = _Centers(sample, _seeds(sample, k, draw))
        # What one batch weighs against all that came before.
        share = min(2 * batch / (rows.count + 1), 1.0)
        smooth = best = np.inf
        taken = since = 0
        for part in _batches(rows, batch, max_iter, draw):
            labels, scores = centers.nearest(part)
            centers.update(part, np.full(part.count, -1, np.int32), labels)
            mean = float(part.distances(scores).sum(dtype=np.float64)) / part.count
            smooth = mean if taken == 0 else (1 - share) * smooth + share * mean
            taken, since = taken + 1, since + 1
            if smooth < (1 - _GAIN) * best:
                best, since = smooth, 0
            if since == _PATIENCE:
                break
        return _clusters(rows, centers, -(-taken * batch // rows.count))


def nearest(points: Float32 | csr_array, centers: Float32, known: Bool | None = None) -> Int32:
    """The nearest center of each row, judged by the columns that are known of that row.

    Parameters
    ----------
    points : (rows, d) float32, dense or CSR
    centers : (k, d) float32, k >= 1
    known : (rows, d) bool, optional
        Columns of dense points that count; a row of which nothing is known gets center 0.

    Returns
    -------
    (rows,) int32; ties go to the lower center.

    Raises
    ------
    InvalidInput
        Points and centers have different columns, `known` is not of the shape of the points, or
        came with sparse ones.
    """
    if points.shape[1] != centers.shape[1]:
        raise InvalidInput(
            f"Points must have the {centers.shape[1]} columns of the centers, got "
            f"{points.shape[1]}."
        )
    rows = Rows(points)
    packed, shift = kernels.packed_centers(*centers.T.shape)
    norms = np.empty(len(centers))
    kernels.turn(np.ascontiguousarray(centers, np.float32), packed, norms)
    if rows.sparse:
        shift[: len(centers)] = norms / 2
    labels = np.empty(rows.count, np.int32)
    if known is not None:
        if rows.sparse or known.shape != points.shape:
            raise InvalidInput(
                f"`known` must go with dense points of its shape, got {known.shape} with "
                f"{'sparse' if rows.sparse else 'dense'} points of shape {points.shape}."
            )
        stated = np.ascontiguousarray(known, np.bool_)
        kernels.assign_known(rows.arrays[0], stated, (packed, shift), labels)
        return labels
    with nullcontext() if rows.few else exclusive():
        rows.assign((packed, shift), labels, np.empty(rows.count, np.float32))
    return labels


def _checked(points: Float32 | csr_array, **counts: int) -> Rows:
    rows = Rows(points)
    if not rows.count or min(counts.values()) < 1:
        got = ", ".join(f"{name} = {value}" for name, value in counts.items())
        raise InvalidParameter(
            f"k-means needs at least one row, and each of {', '.join(counts)} >= 1; got "
            f"{rows.count} rows, {got}."
        )
    values = rows.arrays[-1]
    if not (values.min(initial=0) >= -_LARGEST and values.max(initial=0) <= _LARGEST):
        raise InvalidInput(
            f"Points must be finite and within +-{_LARGEST:g}; drop or scale the rows that are not."
        )
    return rows


def _variance(rows: Rows) -> float:
    """The mean over columns of the variance."""
    one = np.zeros(rows.count, np.int32)
    sums = np.zeros((1, rows.columns))
    rows.move(kernels.moves(one - 1, one, 1), sums)
    inertia = rows.inertia((sums / rows.count).astype(np.float32), one)
    return inertia / (rows.count * max(rows.columns, 1))


def _seeds(rows: Rows, k: int, draw: np.random.Generator) -> Int64:
    """k rows, all different; fewer where every row equals one of them."""
    room, tried = np.zeros((rows.columns, TRIALS)), np.empty((rows.count, TRIALS))
    held = np.full(rows.count, np.inf)
    trials, chosen = draw.integers(rows.count, size=1), list[int]()
    while True:
        potential = rows.attempt(trials, room, held, tried)
        best = int(np.argmin(potential))
        chosen.append(int(trials[best]))
        held[:] = tried[:, best]
        if len(chosen) == k or potential[best] == 0:
            return np.array(chosen)
        sums = np.cumsum(held)
        draws = draw.random(min(2 + int(np.log(k)), TRIALS)) * sums[-1]
        # Rounding must not lead past the last row of which something is left.
        last = np.searchsorted(sums, sums[-1])
        trials = np.minimum(np.searchsorted(sums, draws, side="right"), last)


class _Centers:
    """Means of rows, and the sums and counts that they come from."""

    def __init__(self, rows: Rows, seeds: Int64) -> None:
        self._k, d = len(seeds), rows.columns
        self._packed, self._shift = kernels.packed_centers(d, self._k)
        self._sums, self._counts = np.zeros((self._k, d)), np.zeros(self._k, np.int64)
        nothing = np.full(rows.count, -1, np.int32)
        alone = nothing.copy()
        alone[seeds] = np.arange(self._k)
        self.update(rows, nothing, alone)
        # From here on a mean is of the rows that come to it.
        self._sums[:], self._counts[:] = 0, 0

    @property
    def means(self) -> Float32:
        """(k, d)."""
        return np.ascontiguousarray(self._packed[:, : self._k].T)

    def nearest(self, rows: Rows) -> tuple[Int32, Float32]:
        """The nearest center of each row, and what `rows.distances` makes distances of."""
        labels, scores = np.empty(rows.count, np.int32), np.empty(rows.count, np.float32)
        rows.assign((self._packed, self._shift), labels, scores)
        return labels, scores

    def update(self, rows: Rows, before: Int32, after: Int32) -> float:
        """Take rows from one mean to another, -1 being none; the squared movement of all."""
        moved = kernels.moves(before, after, self._k)
        rows.move(moved, self._sums)
        self._counts += np.diff(moved[3]) - np.diff(moved[1])
        norms, gaps = np.empty(self._k), np.empty(self._k)
        pack = kernels.pack_alone if self._sums.size < _TURNED_ALONE else kernels.pack
        pack(self._sums, self._counts, self._packed, norms, gaps)
        if rows.sparse:
            self._shift[: self._k] = norms / 2
        return float(gaps.sum())


def _lloyd(rows: Rows, seeds: Int64, max_iter: int, limit: float) -> Clusters:
    centers = _Centers(rows, seeds)
    before, passes = np.full(rows.count, -1, np.int32), 0
    while passes < max_iter:
        passes += 1
        labels, scores = centers.nearest(rows)
        empty = np.flatnonzero(np.bincount(labels, minlength=len(seeds)) == 0)
        if len(empty):
            _refill(empty, labels, rows.distances(scores))
        if np.array_equal(before, labels):
            break
        movement = centers.update(rows, before, labels)
        before = labels
        if movement <= limit:
            break
    return _clusters(rows, centers, passes)


def _refill(empty: Int64, labels: Int32, distances: npt.NDArray[np.floating]) -> None:
    """Give each empty cluster the farthest row that is not the only one of its cluster."""
    counts, wanting = np.bincount(labels), empty.tolist()
    for row in np.argsort(-distances, kind="stable"):
        if not wanting or distances[row] == 0:
            break
        if counts[labels[row]] > 1:
            counts[labels[row]] -= 1
            labels[row] = wanting.pop(0)


def _batches(rows: Rows, batch: int, passes: int, draw: np.random.Generator) -> Iterator[Rows]:
    for _ in range(passes):
        order = draw.permutation(rows.count)
        for start in range(0, rows.count, batch):
            yield rows.part(order[start : start + batch])


def _clusters(rows: Rows, centers: _Centers, iterations: int) -> Clusters:
    """Every row at its nearest center; centers that are nearest to none are left out."""
    used, place = np.unique(centers.nearest(rows)[0], return_inverse=True)
    means, labels = centers.means[used], place.astype(np.int32)
    return Clusters(labels, means, rows.inertia(means, labels), iterations)
