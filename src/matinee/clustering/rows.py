"""Dense and sparse rows behind one face, with the kernels of k-means that go with them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.interactions import Float32, Int32, Int64, sorted_csr
from matinee.kernels import kmeans as kernels
from matinee.kernels import potential
from matinee.kernels.potential import TRIALS
from matinee.kernels.threads import balanced_blocks

Float64 = npt.NDArray[np.float64]

_BLOCK = 1 << 14
"""Numbers in a block of rows."""
ALONE = 1 << 16
"""Numbers below which entering a parallel loop would cost more than it gains."""


class Rows:
    """Dense or sparse points, with the kernels that go with them."""

    def __init__(self, points: Float32 | csr_array) -> None:
        self.count, self.columns = points.shape
        self.sparse = not isinstance(points, np.ndarray)
        self.arrays: tuple[Any, ...]
        if self.sparse:
            self._points = sorted_csr(points)
            self.arrays = (self._points.indptr, self._points.indices, self._points.data)
            self.blocks = balanced_blocks(self._points.indptr, _BLOCK)
        else:
            self._points = np.ascontiguousarray(points, np.float32)
            self.arrays = (self._points,)
            step = max(_BLOCK // max(self.columns, 1), 1)
            self.blocks = np.append(np.arange(0, self.count, step), self.count)

    @property
    def few(self) -> bool:
        """Whether `assign` runs on this thread alone."""
        return self.arrays[-1].size < ALONE

    def part(self, index: Int64) -> Rows:
        """Some of the rows."""
        part = Rows(self._points[index])
        if self.sparse:
            part.lengths = self.lengths[index]
        return part

    @cached_property
    def lengths(self) -> Float64:
        """(rows,) squared lengths of sparse rows."""
        return potential.squared_lengths(self.arrays)

    def assign(self, centers: Any, labels: Int32, scores: Float32) -> None:
        """The nearest center of each row; `centers` and `scores` as in `kernels.kmeans`."""
        if self.few:
            alone = kernels.assign_sparse_alone if self.sparse else kernels.assign_dense_alone
            alone(self.arrays, centers, labels, scores)
        else:
            assign = kernels.assign_sparse if self.sparse else kernels.assign_dense
            assign(self.arrays, self.blocks, centers, labels, scores)

    def distances(self, scores: Float32) -> npt.NDArray[np.floating]:
        """(rows,) squared distances to the nearest centers, from what `assign` said."""
        return np.maximum(2 * scores + self.lengths, 0) if self.sparse else scores

    def move(self, moved: Any, sums: Float64) -> None:
        """Bring the sums of clusters (k, d) up to date with what `kernels.moves` found."""
        numbers = (len(moved[0]) + len(moved[2])) * self.arrays[-1].size / self.count
        if numbers < ALONE:
            alone = kernels.move_sparse_alone if self.sparse else kernels.move_dense_alone
            alone(self.arrays, moved, sums)
        else:
            move = kernels.move_sparse if self.sparse else kernels.move_dense
            move(self.arrays, moved, sums)

    def attempt(self, trials: Int64, room: Float64, held: Float64, tried: Float64) -> Float64:
        """(trials,) what `held` would add up to with each row as a further seed."""
        sums = np.empty((len(self.blocks) - 1, TRIALS))
        rest = (trials, room, held, tried, sums)
        if self.sparse:
            potential.try_sparse(self.arrays, self.blocks, self.lengths, *rest)
        else:
            potential.try_dense(self.arrays, self.blocks, *rest)
        return sums[:, : len(trials)].cumsum(axis=0)[-1]

    def inertia(self, centers: Float32, labels: Int32) -> float:
        """The sum of squared distances of rows to their centers, in float64."""
        sums = np.empty(len(self.blocks) - 1)
        if self.sparse:
            potential.inertia_sparse(self.arrays, self.blocks, self.lengths, centers, labels, sums)
        else:
            potential.inertia_dense(self.arrays, self.blocks, centers, labels, sums)
        return float(sums.sum())
