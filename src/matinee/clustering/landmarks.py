"""Landmarks that stand for many rows, and how akin rows are to them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.clustering.kmeans import kmeans, nearest
from matinee.clustering.vectors import unit_rows
from matinee.interactions import Float32, Int32
from matinee.kernels.threads import exclusive

Float64: TypeAlias = npt.NDArray[np.float64]

_ROWS_EACH = 20
"""Rows drawn for each landmark."""
_SEVERAL = 3
"""Rows that a landmark must stand for: never one person alone."""
_ROUNDS = 20
"""Of the k-means that makes landmarks: it need not settle."""
_NEIGHBORS = 5
"""Landmarks that a row is joined to by "nearest"."""
_BLOCK = 4096
"""Rows whose affinities are held at once."""


def landmarks_of(
    points: Float32 | csr_array, affinity: str, wanted: int, k: int, seed: int
) -> tuple[Float32, Float64, float]:
    """(p, d) means of several rows each, (p,) how many, and the mean distance of rows from them.

    Where only directions count ("cosine") they are of rows of length one.
    """
    n = points.shape[0]
    while True:
        size = min(n, wanted * _ROWS_EACH)
        drawn = np.random.default_rng(seed).choice(n, size, replace=False, shuffle=False)
        sample = points[np.sort(drawn)]
        if affinity == "cosine":
            sample = _directions(sample)
        found = kmeans(sample, wanted, seed=seed, n_init=1, max_iter=_ROUNDS)
        count = np.bincount(found.labels, minlength=len(found.centers))
        several = np.flatnonzero(count >= _SEVERAL)
        if len(several) >= k or wanted <= k:
            break
        wanted = max(k, wanted // 2)
    if not len(several):
        several = np.array([np.argmax(count)])
    marks, weight = _merged(sample, found.labels, found.centers, several)
    return marks, weight, Affinities(marks, "nearest").spread(sample)


def _squared_lengths(points: Float32 | csr_array) -> Float64:
    """(rows,) float64."""
    if isinstance(points, np.ndarray):
        return np.asarray(np.square(points, dtype=np.float64).sum(axis=1))
    row = np.repeat(np.arange(points.shape[0]), np.diff(points.indptr))
    squares = np.square(points.data, dtype=np.float64)
    return np.asarray(np.bincount(row, squares, minlength=points.shape[0]), np.float64)


def _directions(points: Float32 | csr_array) -> Float32 | csr_array:
    """The rows at length one, without those of zeros: being near to all, they would draw all."""
    some = np.flatnonzero(_squared_lengths(points))
    if len(some):
        points = points[some]
    if isinstance(points, np.ndarray):
        return unit_rows(points)
    lengths = np.repeat(np.sqrt(_squared_lengths(points)), np.diff(points.indptr))
    values = (points.data / lengths).astype(np.float32)
    return csr_array((values, points.indices, points.indptr), shape=points.shape)


def _merged(
    points: Float32 | csr_array, labels: Int32, centers: Float32, kept: npt.NDArray[np.int64]
) -> tuple[Float32, Float64]:
    """The centers at `kept` once the rows of all others have joined the nearest of them."""
    renumbered = np.full(len(centers), -1)
    renumbered[kept] = np.arange(len(kept))
    own = renumbered[labels]
    homeless = np.flatnonzero(own < 0)
    if len(homeless):
        own[homeless] = nearest(points[homeless], centers[kept])
    count = np.bincount(own).astype(np.float64)
    member = csr_array((1 / count[own], (own, np.arange(len(own)))))
    means = member @ points
    return (means if isinstance(means, np.ndarray) else means.toarray()).astype(np.float32), count


class Affinities:
    """How akin rows are to landmarks."""

    def __init__(self, landmarks: Float32, kind: str, width: float = 1.0) -> None:
        self._kind, self._width = kind, width
        self._across = np.ascontiguousarray(landmarks.T, np.float64)
        self._lengths = np.linalg.norm(self._across, axis=0)

    def of(self, points: Float32 | csr_array) -> Float64:
        """(rows, p) affinities."""
        products = self._products(points)
        if self._kind == "polynomial":
            return np.asarray(np.maximum(products / len(self._across) + 1, 0) ** 3)
        if self._kind == "cosine":
            lengths = np.sqrt(_squared_lengths(points))[:, np.newaxis]
            return np.maximum(products / np.where(lengths > 0, lengths, 1), 0)
        places, gaps = self._nearest(products)
        # What all distances of a row have in common does not count.
        shares = np.exp((gaps.min(axis=1, keepdims=True) - gaps) / (2 * self._width**2))
        result = np.zeros_like(products)
        np.put_along_axis(result, places, shares / shares.sum(axis=1, keepdims=True), axis=1)
        return result

    def spread(self, points: Float32 | csr_array) -> float:
        """The mean distance of rows from their nearest landmarks, 1 where that is 0."""
        total, count = 0.0, 0
        for _, block in row_blocks(points):
            gaps = self._nearest(self._products(block))[1]
            own = _squared_lengths(block)[:, np.newaxis]
            total += np.sqrt(np.maximum(gaps + own, 0)).sum()
            count += gaps.size
        return float(total / count) if total > 0 else 1.0

    def _products(self, points: Float32 | csr_array) -> Float64:
        wide = points.astype(np.float64) if isinstance(points, np.ndarray) else points
        with exclusive():
            return np.asarray(wide @ self._across)

    def _nearest(self, products: Float64) -> tuple[npt.NDArray[np.int64], Float64]:
        """The nearest landmarks of each row, and |x - l|^2 - |x|^2."""
        gaps = self._lengths**2 - 2 * products
        few = min(_NEIGHBORS, gaps.shape[1])
        places = np.argpartition(gaps, few - 1, axis=1)[:, :few]
        return places, np.take_along_axis(gaps, places, axis=1)


def row_blocks(points: Float32 | csr_array) -> Iterator[tuple[slice, Float32 | csr_array]]:
    """Runs of rows, and where they are."""
    for first in range(0, points.shape[0], _BLOCK):
        rows = slice(first, first + _BLOCK)
        yield rows, points[rows]
