"""Sums of squared distances of rows, in float64: what seeds are chosen by, and inertia.

Tuples and blocks are those of `kernels.kmeans`, and results too do not depend on threads.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba.core import types
from numba.extending import intrinsic

from matinee.kernels.closest import CHAINS, emit_distances, emit_products
from matinee.kernels.vectors import DOUBLES, SIZE, parts, store

TRIALS: int = DOUBLES.count
"""Rows whose distances to all others are found at once."""

if numba.config.DISABLE_JIT:  # type: ignore[attr-defined]

    def trial_products(
        indices: Any, data: Any, first: int, last: int, packed: Any, out: Any
    ) -> None:
        """See below."""
        # Entry by entry, so that a row has the same product with itself as with its like.
        out[:] = 0
        for at in range(first, last):
            out += float(data[at]) * packed[indices[at]]

    def trial_distances(points: Any, row: int, packed: Any, out: Any) -> None:
        """See below."""
        out[:] = ((points[row].astype(np.float64)[:, np.newaxis] - packed) ** 2).sum(axis=0)

else:

    @intrinsic
    def trial_products(
        typing_context: Any, indices: Any, data: Any, first: Any, last: Any, packed: Any, out: Any
    ) -> Any:
        """Products of a sparse row with `TRIALS` vectors, in float64.

        in:  indices int32, data float32, first, last: the entries of the row;
             packed (d, TRIALS) float64
        out: out (TRIALS,) float64
        """

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            *row, packed, out = parts(context, builder, signature, arguments)
            (sums,) = emit_products(builder, DOUBLES, 1, row, packed, SIZE(0))
            store(builder, sums, out.data)
            return context.get_dummy_value()

        return types.void(indices, data, types.int64, types.int64, packed, out), generate

    @intrinsic
    def trial_distances(typing_context: Any, points: Any, row: Any, packed: Any, out: Any) -> Any:
        """Squared distances of a dense row to `TRIALS` vectors, in float64.

        in:  points (*, d) float32, row, packed (d, TRIALS) float64
        out: out (TRIALS,) float64
        """

        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            points, row, packed, out = parts(context, builder, signature, arguments)
            ((sums,),) = emit_distances(builder, DOUBLES, 1, points, [row], packed, SIZE(0))
            store(builder, sums, out.data)
            return context.get_dummy_value()

        return types.void(points, types.int64, packed, out), generate


@numba.njit(cache=True)
def squared_lengths(sparse):
    """(rows,) float64, added in the order of `trial_products`: the distance of a row to its like
    is then 0, not about 0."""
    indptr, _, data = sparse
    lengths = np.empty(len(indptr) - 1)
    for row in range(len(lengths)):
        first, last = indptr[row], indptr[row + 1]
        whole = first + (last - first) // CHAINS * CHAINS
        sums = np.zeros(CHAINS)
        for start in range(first, whole, CHAINS):
            for c in range(CHAINS):
                sums[c] += np.float64(data[start + c]) * np.float64(data[start + c])
        for at in range(whole, last):
            sums[0] += np.float64(data[at]) * np.float64(data[at])
        lengths[row] = (sums[0] + sums[1]) + (sums[2] + sums[3])
    return lengths


@numba.njit(cache=True, parallel=True)
def try_sparse(sparse, blocks, lengths, trials, packed, held, tried, potential):
    """Squared distances to the nearest of the centers so far and one of some further rows.

    in:  sparse, blocks, lengths (rows,) float64; trials (t,) int64: the rows, t <= TRIALS;
         held (rows,) float64: squared distances to the centers so far
    both: packed (d, TRIALS) float64: zeros, of which it makes use
    out: tried (rows, TRIALS) float64, potential (blocks, TRIALS) float64: their sums
    """
    indptr, indices, data = sparse
    for t in range(len(trials)):
        for at in range(indptr[trials[t]], indptr[trials[t] + 1]):
            packed[indices[at], t] = data[at]
    for b in numba.prange(len(blocks) - 1):
        products = np.empty(TRIALS)
        potential[b] = 0
        for row in range(blocks[b], blocks[b + 1]):
            trial_products(indices, data, indptr[row], indptr[row + 1], packed, products)
            for t in range(len(trials)):
                gap = max(lengths[row] + lengths[trials[t]] - 2 * products[t], 0.0)
                tried[row, t] = min(gap, held[row])
                potential[b, t] += tried[row, t]
    for t in range(len(trials)):
        for at in range(indptr[trials[t]], indptr[trials[t] + 1]):
            packed[indices[at], t] = 0


@numba.njit(cache=True, parallel=True)
def try_dense(dense, blocks, trials, packed, held, tried, potential):
    """The same for dense rows."""
    for t in range(len(trials)):
        for f in range(len(packed)):
            packed[f, t] = dense[0][trials[t], f]
    for b in numba.prange(len(blocks) - 1):
        distances = np.empty(TRIALS)
        potential[b] = 0
        for row in range(blocks[b], blocks[b + 1]):
            trial_distances(dense[0], row, packed, distances)
            for t in range(len(trials)):
                tried[row, t] = min(distances[t], held[row])
                potential[b, t] += tried[row, t]


@numba.njit(cache=True, parallel=True)
def inertia_sparse(sparse, blocks, lengths, centers, labels, sums):
    """Sums of squared distances of rows to their centers.

    in:  sparse, blocks, lengths (rows,) float64, centers (k, d) float32, labels (rows,) int32
    out: sums (blocks,) float64
    """
    indptr, indices, data = sparse
    norms = np.zeros(len(centers))
    for c in range(len(centers)):
        for f in range(centers.shape[1]):
            norms[c] += np.float64(centers[c, f]) * np.float64(centers[c, f])
    for b in numba.prange(len(blocks) - 1):
        sums[b] = 0
        for row in range(blocks[b], blocks[b + 1]):
            center, product = centers[labels[row]], 0.0
            for at in range(indptr[row], indptr[row + 1]):
                product += np.float64(data[at]) * np.float64(center[indices[at]])
            sums[b] += max(lengths[row] + norms[labels[row]] - 2 * product, 0.0)


@numba.njit(cache=True, parallel=True)
def inertia_dense(dense, blocks, centers, labels, sums):
    """The same for dense rows."""
    points = dense[0]
    for b in numba.prange(len(blocks) - 1):
        sums[b] = 0
        for row in range(blocks[b], blocks[b + 1]):
            center, total = centers[labels[row]], 0.0
            for f in range(points.shape[1]):
                gap = np.float64(points[row, f]) - np.float64(center[f])
                total += gap * gap
            sums[b] += total
