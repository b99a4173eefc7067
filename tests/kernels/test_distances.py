"""Distances of sparse rows against those of dense ones."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from scipy.spatial.distance import cdist

from matinee.interactions import sorted_csr
from matinee.kernels.distances import distances, squared_norms


def matrix(seed=0, shape=(70, 30), density=0.2):
    generator = np.random.default_rng(seed)
    points = generator.normal(0, 2, shape) * (generator.random(shape) < density)
    points[3] = points[40]
    points[5] = 0
    return points.astype(np.float32)


def computed(points, first, last):
    rows, columns = sorted_csr(points), sorted_csr(points.T)
    norms = np.empty(len(points))
    squared_norms(rows.indptr, rows.data, norms)
    before = np.count_nonzero(points[:first], axis=0)
    out = np.full((last - first, len(points) - first), -1, np.float32)
    distances(
        rows.indptr, rows.indices, rows.data,
        columns.indptr[:-1] + before, columns.indptr[1:], columns.indices, columns.data,
        norms, first, out,
    )  # fmt: skip
    return norms, out


@pytest.mark.parametrize(("first", "last"), [(0, 70), (0, 1), (17, 50), (69, 70)])
def test_distances(first, last):
    points = matrix()
    norms, found = computed(points, first, last)
    np.testing.assert_allclose(norms, (points.astype(float) ** 2).sum(axis=1), rtol=1e-12)
    expected = cdist(points[first:last].astype(float), points[first:].astype(float))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


def test_equal_rows_are_at_no_distance():
    _, found = computed(matrix(), 0, 70)
    assert found[3, 40] == found[40, 3] == 0
    assert not np.diag(found).any()


def test_threads_do_not_matter():
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        _, one = computed(matrix(), 0, 70)
    finally:
        numba.set_num_threads(before)
    np.testing.assert_array_equal(one, computed(matrix(), 0, 70)[1])
