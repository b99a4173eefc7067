"""The passes of k-means over rows, sparse or dense: nearest centers, sums of clusters, means.

Rows are cut into blocks that depend on the data only; what blocks add up is added in their order,
and the sums of a cluster are made by one thread in the order of its rows. So results are the same
bits at any number of threads. In the functions below, tuples travel together:

    sparse = (indptr, indices int32, data float32) of a CSR, rows sorted
    dense = (points,)            (rows, d) float32, contiguous
    centers = (packed, shift)    as `kernels.closest` wants them
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.closest import (
    ROWS,
    closest_of_dense,
    closest_of_known,
    closest_of_sparse,
)
from matinee.kernels.vectors import WIDTH

_COLUMNS = 64
"""Features whose centers are turned at a time: 8 to 16 KB of them."""


def packed_centers(d: int, k: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Room for k centers: packed (d, width) of zeros, shift (width,), infinite beyond k."""
    width = -(-k // WIDTH) * WIDTH
    room = np.zeros(d * width + WIDTH, np.float32)
    # Vectors that straddle two lines of the cache take twice as long.
    start = -(room.ctypes.data // room.itemsize) % WIDTH
    shift = np.full(width, np.inf, np.float32)
    shift[:k] = 0
    return room[start : start + d * width].reshape(d, width), shift


@numba.njit(cache=True)
def _assign_sparse_block(sparse, start, stop, centers, labels, scores):
    indptr, indices, data = sparse
    packed, shift = centers
    for row in range(start, stop):
        scores[row], labels[row] = closest_of_sparse(
            indices, data, indptr[row], indptr[row + 1], packed, shift
        )


@numba.njit(cache=True)
def assign_sparse_alone(sparse, centers, labels, scores):
    """`assign_sparse` on one thread."""
    _assign_sparse_block(sparse, 0, len(labels), centers, labels, scores)


@numba.njit(cache=True, parallel=True)
def assign_sparse(sparse, blocks, centers, labels, scores):
    """The nearest center of each row.

    in:  sparse, blocks (b + 1,) int64: rows at which blocks of work start; centers
    out: labels (rows,) int32; scores (rows,) float32: half of what the squared distance is more
         than the squared length of the row
    """
    for b in numba.prange(len(blocks) - 1):
        _assign_sparse_block(sparse, blocks[b], blocks[b + 1], centers, labels, scores)


@numba.njit(cache=True)
def _assign_dense_block(points, start, stop, centers, labels, scores):
    packed, shift = centers
    rows, best, places = (
        np.empty(ROWS, np.int64),
        np.empty(ROWS, np.float32),
        np.empty(ROWS, np.int64),
    )
    for row in range(start, stop, ROWS):
        for r in range(ROWS):
            rows[r] = min(row + r, stop - 1)
        closest_of_dense(points, rows, packed, shift, best, places)
        for r in range(ROWS):
            labels[rows[r]], scores[rows[r]] = places[r], best[r]


@numba.njit(cache=True)
def assign_dense_alone(dense, centers, labels, scores):
    """`assign_dense` on one thread."""
    _assign_dense_block(dense[0], 0, len(labels), centers, labels, scores)


@numba.njit(cache=True, parallel=True)
def assign_dense(dense, blocks, centers, labels, scores):
    """The nearest center of each row, and in `scores` the squared distance to it."""
    for b in numba.prange(len(blocks) - 1):
        _assign_dense_block(dense[0], blocks[b], blocks[b + 1], centers, labels, scores)


@numba.njit(cache=True)
def assign_known(points, known, centers, labels):
    """The nearest center of each dense row by the features that are known (rows, d) of it."""
    packed, shift = centers
    rows, best, places = (
        np.empty(ROWS, np.int64),
        np.empty(ROWS, np.float32),
        np.empty(ROWS, np.int64),
    )
    for row in range(0, len(points), ROWS):
        for r in range(ROWS):
            rows[r] = min(row + r, len(points) - 1)
        closest_of_known(points, known, rows, packed, shift, best, places)
        for r in range(ROWS):
            labels[rows[r]] = places[r]


@numba.njit(cache=True)
def moves(before, after, k):
    """Rows that left and that joined each cluster, in order.

    in: before, after (rows,) int32: labels, -1 for none
    Returns (left, left_starts, joined, joined_starts): those of cluster c stand at
    starts[c]..starts[c + 1].
    """
    left_starts, joined_starts = np.zeros(k + 1, np.int64), np.zeros(k + 1, np.int64)
    for row in range(len(before)):
        if before[row] != after[row]:
            left_starts[before[row] + 1] += before[row] >= 0
            joined_starts[after[row] + 1] += after[row] >= 0
    for c in range(k):
        left_starts[c + 1] += left_starts[c]
        joined_starts[c + 1] += joined_starts[c]
    left, joined = np.empty(left_starts[k], np.int32), np.empty(joined_starts[k], np.int32)
    at_left, at_joined = left_starts.copy(), joined_starts.copy()
    for row in range(len(before)):
        if before[row] != after[row]:
            c = before[row]
            if c >= 0:
                left[at_left[c]] = row
                at_left[c] += 1
            c = after[row]
            if c >= 0:
                joined[at_joined[c]] = row
                at_joined[c] += 1
    return left, left_starts, joined, joined_starts


@numba.njit(cache=True)
def _add_sparse(sparse, rows, sign, sums):
    indptr, indices, data = sparse
    for row in rows:
        for at in range(indptr[row], indptr[row + 1]):
            sums[indices[at]] += sign * np.float64(data[at])


@numba.njit(cache=True)
def _add_dense(dense, rows, sign, sums):
    for row in rows:
        values = dense[0][row]
        for f in range(len(sums)):
            sums[f] += sign * np.float64(values[f])


@numba.njit(cache=True)
def move_sparse_alone(sparse, moved, sums):
    """`move_sparse` on one thread."""
    left, left_starts, joined, joined_starts = moved
    for c in range(len(sums)):
        _add_sparse(sparse, left[left_starts[c] : left_starts[c + 1]], -1.0, sums[c])
        _add_sparse(sparse, joined[joined_starts[c] : joined_starts[c + 1]], 1.0, sums[c])


@numba.njit(cache=True, parallel=True)
def move_sparse(sparse, moved, sums):
    """Bring the sums of clusters up to date.

    in:   sparse, moved: from `moves`
    both: sums (k, d) float64
    """
    left, left_starts, joined, joined_starts = moved
    for c in numba.prange(len(sums)):
        _add_sparse(sparse, left[left_starts[c] : left_starts[c + 1]], -1.0, sums[c])
        _add_sparse(sparse, joined[joined_starts[c] : joined_starts[c + 1]], 1.0, sums[c])


@numba.njit(cache=True)
def move_dense_alone(dense, moved, sums):
    """`move_dense` on one thread."""
    left, left_starts, joined, joined_starts = moved
    for c in range(len(sums)):
        _add_dense(dense, left[left_starts[c] : left_starts[c + 1]], -1.0, sums[c])
        _add_dense(dense, joined[joined_starts[c] : joined_starts[c + 1]], 1.0, sums[c])


@numba.njit(cache=True, parallel=True)
def move_dense(dense, moved, sums):
    """The same for dense rows."""
    left, left_starts, joined, joined_starts = moved
    for c in numba.prange(len(sums)):
        _add_dense(dense, left[left_starts[c] : left_starts[c + 1]], -1.0, sums[c])
        _add_dense(dense, joined[joined_starts[c] : joined_starts[c + 1]], 1.0, sums[c])


@numba.njit(cache=True)
def _pack_block(sums, counts, b, packed, parts):
    norm, gap = parts
    norm[:], gap[:] = 0, 0
    scale = 1.0 / np.maximum(counts, 1)
    k, d = sums.shape
    for f in range(b * _COLUMNS, min((b + 1) * _COLUMNS, d)):
        for c in range(k):  # next to each other, so that no sum waits for its last
            before = packed[f, c]
            mean = np.float32(sums[c, f] * scale[c]) if counts[c] > 0 else before
            packed[f, c] = mean
            norm[c] += np.float64(mean) * np.float64(mean)
            gap[c] += np.float64(mean - before) * np.float64(mean - before)


@numba.njit(cache=True)
def _add_up(parts, norms, gaps):
    norms[:], gaps[:] = 0, 0
    for b in range(len(parts)):
        norms += parts[b, 0]
        gaps += parts[b, 1]


@numba.njit(cache=True)
def pack_alone(sums, counts, packed, norms, gaps):
    """`pack` on one thread."""
    parts = np.empty((-(-len(packed) // _COLUMNS), 2, len(sums)))
    for b in range(len(parts)):
        _pack_block(sums, counts, b, packed, parts[b])
    _add_up(parts, norms, gaps)


@numba.njit(cache=True, parallel=True)
def pack(sums, counts, packed, norms, gaps):
    """Means of clusters, as centers; those without rows stay where they are.

    in:   sums (k, d) float64, counts (k,) int64
    both: packed (d, width) float32
    out:  norms, gaps (k,) float64: squared lengths of the centers, and of what they moved by
    """
    parts = np.empty((-(-len(packed) // _COLUMNS), 2, len(sums)))
    for b in numba.prange(len(parts)):
        _pack_block(sums, counts, b, packed, parts[b])
    _add_up(parts, norms, gaps)


@numba.njit(cache=True)
def turn(centers, packed, norms):
    """The same for centers (k, d) float32 as they are, on one thread."""
    k, d = centers.shape
    norms[:] = 0
    for start in range(0, d, _COLUMNS):
        for c in range(k):
            norm = 0.0
            for f in range(start, min(start + _COLUMNS, d)):
                packed[f, c] = centers[c, f]
                norm += np.float64(centers[c, f]) * np.float64(centers[c, f])
            norms[c] += norm
