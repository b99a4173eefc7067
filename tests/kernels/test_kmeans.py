"""The passes of k-means, and the vector instructions below them, against loops."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee.interactions import sorted_csr
from matinee.kernels import kmeans, potential
from matinee.kernels.closest import (
    ROWS,
    closest_of_dense,
    closest_of_known,
    closest_of_sparse,
)
from matinee.kernels.potential import TRIALS

SIZES = [(1, 1), (5, 3), (16, 7), (17, 40), (33, 9), (70, 21), (130, 4)]
"""Numbers of centers and of columns: within a vector, several, and every remainder."""


def whole(generator, rows, columns, density=0.5):
    """Small whole numbers: distances are exact, and ties are ties."""
    values = generator.integers(-3, 4, (rows, columns))
    return (values * (generator.random((rows, columns)) < density)).astype(np.float32)


def parts(points):
    matrix = sorted_csr(csr_array(points))
    return matrix.indptr, matrix.indices, matrix.data


def turned(centers, *, sparse):
    packed, shift = kmeans.packed_centers(*centers.T.shape)
    norms = np.empty(len(centers))
    kmeans.turn(centers, packed, norms)
    np.testing.assert_array_equal(packed[:, : len(centers)], centers.T)
    np.testing.assert_array_equal(norms, (centers.astype(float) ** 2).sum(axis=1))
    if sparse:
        shift[: len(centers)] = norms / 2
    return packed, shift


@pytest.mark.parametrize(("k", "d"), SIZES)
def test_nearest_centers_of_sparse_rows(k, d):
    generator = np.random.default_rng(k)
    points, centers = whole(generator, 30, d), whole(generator, k, d)
    points[3] = 0
    wanted = naive.nearest_centers(points, centers)
    sparse, of_centers = parts(points), turned(centers, sparse=True)
    blocks = np.array([0, 7, 8, 30])
    gaps = ((points - centers[wanted]) ** 2).sum(axis=1) - (points**2).sum(axis=1)
    for assign, where in ((kmeans.assign_sparse, (blocks,)), (kmeans.assign_sparse_alone, ())):
        labels, scores = np.full(30, -1, np.int32), np.empty(30, np.float32)
        assign(sparse, *where, of_centers, labels, scores)
        np.testing.assert_array_equal(labels, wanted)
        np.testing.assert_array_equal(2 * scores, gaps)


@pytest.mark.parametrize(("k", "d"), SIZES)
@pytest.mark.parametrize("rows", [0, 1, 30])
def test_nearest_centers_of_dense_rows(k, d, rows):
    generator = np.random.default_rng(k)
    points, centers = whole(generator, rows, d), whole(generator, k, d)
    wanted = naive.nearest_centers(points, centers)
    of_centers = turned(centers, sparse=False)
    blocks = np.array([0, 7, 8, 30]).clip(0, rows)
    for assign, where in ((kmeans.assign_dense, (blocks,)), (kmeans.assign_dense_alone, ())):
        labels, scores = np.full(rows, -1, np.int32), np.empty(rows, np.float32)
        assign((points,), *where, of_centers, labels, scores)
        np.testing.assert_array_equal(labels, wanted)
        np.testing.assert_array_equal(scores, ((points - centers[wanted]) ** 2).sum(axis=1))
    known = generator.random((rows, d)) < 0.5
    kmeans.assign_known(points, known, of_centers, labels)
    np.testing.assert_array_equal(labels, naive.nearest_centers(points, centers, known))


@pytest.mark.parametrize("k", [2, 40])
def test_rows_that_are_no_numbers_stay_within_bounds(k):
    """The place of the least of nothing but NaN is no place: it must not be read."""
    centers = np.zeros((k, 3), np.float32)
    odd = np.full((ROWS, 3), np.nan, np.float32)
    packed, shift = turned(centers, sparse=False)
    rows, scores, places = np.arange(ROWS), np.empty(ROWS, np.float32), np.full(ROWS, -1)
    closest_of_dense(odd, rows, packed, shift, scores, places)
    assert places.tolist() == [0] * ROWS
    closest_of_known(odd, np.ones((ROWS, 3), bool), rows, packed, shift, scores, places)
    assert places.tolist() == [0] * ROWS
    _, place = closest_of_sparse(np.arange(3, dtype=np.int32), odd[0], 0, 3, packed, shift)
    assert place == 0


@pytest.mark.parametrize("entries", range(11))
def test_a_row_is_at_no_distance_from_its_like(entries):
    """Else seeds would be drawn twice, and rows that are all alike would make two clusters."""
    generator = np.random.default_rng(entries)
    points = generator.normal(size=(6, entries)).astype(np.float32)
    points[4] = points[1]
    blocks, trials = np.array([0, 6]), np.array([1, 5])
    sparse, far = parts(points), np.full(6, np.inf)
    wanted = ((points[:, np.newaxis].astype(float) - points[trials]) ** 2).sum(axis=2)
    for attempt, rows in (
        (potential.try_sparse, (sparse, blocks, potential.squared_lengths(sparse))),
        (potential.try_dense, ((points,), blocks)),
    ):
        tried, sums = np.empty((6, TRIALS)), np.empty((1, TRIALS))
        attempt(*rows, trials, np.zeros((entries, TRIALS)), far, tried, sums)
        np.testing.assert_allclose(tried[:, :2], wanted, atol=1e-12)
        assert tried[[1, 4], 0].tolist() == [0, 0]


def test_trials_and_what_they_add_up_to():
    generator = np.random.default_rng(0)
    points = whole(generator, 20, 9)
    blocks, trials = np.array([0, 6, 20]), np.array([4, 4, 19])
    held = generator.integers(0, 30, 20).astype(float)
    wanted = np.minimum(((points[:, np.newaxis] - points[trials]) ** 2).sum(axis=2), held[:, None])
    sparse = parts(points)
    for attempt, rows in (
        (potential.try_sparse, (sparse, blocks, potential.squared_lengths(sparse))),
        (potential.try_dense, ((points,), blocks)),
    ):
        room, tried, sums = np.zeros((9, TRIALS)), np.empty((20, TRIALS)), np.empty((2, TRIALS))
        attempt(*rows, trials, room, held, tried, sums)
        np.testing.assert_array_equal(tried[:, :3], wanted)
        np.testing.assert_array_equal(sums[:, :3], [wanted[:6].sum(axis=0), wanted[6:].sum(axis=0)])
        if attempt is potential.try_sparse:
            assert not room.any(), "left as it was found"


def test_moves():
    before = np.array([-1, 0, 1, 2, 2, 0, 1], np.int32)
    after = np.array([2, 1, 1, 0, -1, 1, 2], np.int32)
    left, left_starts, joined, joined_starts = kmeans.moves(before, after, 3)
    assert [left[left_starts[c] : left_starts[c + 1]].tolist() for c in range(3)] == [
        [1, 5],
        [6],
        [3, 4],
    ]
    assert [joined[joined_starts[c] : joined_starts[c + 1]].tolist() for c in range(3)] == [
        [3],
        [1, 5],
        [0, 6],
    ]


@pytest.mark.parametrize("d", [1, 63, 64, 150])
def test_means_follow_the_rows_that_move(d):
    generator = np.random.default_rng(d)
    points = generator.normal(size=(40, d)).astype(np.float32)
    points[generator.random((40, d)) < 0.5] = 0
    before = np.full(40, -1, np.int32)
    sums, found = np.zeros((5, d)), []
    for _ in range(3):
        after = generator.integers(0, 4, 40).astype(np.int32)  # nobody is in the last
        moved = kmeans.moves(before, after, 5)
        for move, rows in (
            (kmeans.move_sparse, parts(points)),
            (kmeans.move_sparse_alone, parts(points)),
            (kmeans.move_dense, (points,)),
            (kmeans.move_dense_alone, (points,)),
        ):
            found.append(sums.copy())
            move(rows, moved, found[-1])
            np.testing.assert_array_equal(found[-1], found[0])
        sums, before = found[0], after
        found.clear()
    means = np.array(
        [points[after == c].sum(axis=0) / max((after == c).sum(), 1) for c in range(5)]
    )
    counts = np.bincount(after, minlength=5)
    packed, _ = kmeans.packed_centers(d, 5)
    packed[:, 4] = 7
    alone, (norms, gaps) = packed.copy(), np.empty((2, 5))
    kmeans.pack(sums, counts, packed, norms, gaps)
    np.testing.assert_allclose(packed[:, :4].T, means[:4], atol=1e-6)
    assert (packed[:, 4] == 7).all(), "without rows a center stays"
    np.testing.assert_allclose(norms, (packed[:, :5].astype(float) ** 2).sum(axis=0))
    np.testing.assert_allclose(gaps[:4], norms[:4], err_msg="they came from zero")
    assert gaps[4] == 0
    again = np.empty((2, 5))
    kmeans.pack_alone(sums, counts, alone, *again)
    np.testing.assert_array_equal(alone, packed)
    np.testing.assert_array_equal(again, [norms, gaps])
    kmeans.turn(np.ascontiguousarray(packed[:, :5].T), alone, again[0])
    np.testing.assert_array_equal(again[0], norms)


def test_inertia():
    generator = np.random.default_rng(1)
    points, centers = whole(generator, 20, 9), whole(generator, 4, 9)
    labels, blocks = generator.integers(0, 4, 20).astype(np.int32), np.array([0, 6, 20])
    wanted = ((points - centers[labels]) ** 2).sum(axis=1)
    sums, sparse = np.empty(2), parts(points)
    lengths = potential.squared_lengths(sparse)
    potential.inertia_sparse(sparse, blocks, lengths, centers, labels, sums)
    assert sums.tolist() == [wanted[:6].sum(), wanted[6:].sum()]
    potential.inertia_dense((points,), blocks, centers, labels, sums)
    assert sums.tolist() == [wanted[:6].sum(), wanted[6:].sum()]
