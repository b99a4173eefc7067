"""k-means finds the groups that are there, and the nearest center by what is known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from matinee.clustering.kmeans import kmeans, nearest
from matinee.errors import InvalidParameter


def groups(seed=0):
    """Three far groups of 20 points, and which group each belongs to."""
    generator = np.random.default_rng(seed)
    truth = np.arange(60) % 3
    centers = np.array([[0, 0], [10, 0], [0, 10]])
    return (centers[truth] + generator.normal(0, 0.5, (60, 2))).astype(np.float32), truth


def test_finds_the_groups():
    points, truth = groups()
    found = kmeans(points, 3)
    assert found.labels.dtype == np.int32
    assert found.centers.dtype == np.float32
    assert found.centers.shape == (3, 2)
    for group in range(3):
        assert len(set(found.labels[truth == group])) == 1
    assert len(set(found.labels)) == 3


def test_centers_are_means_and_inertia_is_their_distance():
    points, _ = groups()
    found = kmeans(points, 5, seed=3)
    for cluster in range(5):
        np.testing.assert_allclose(
            found.centers[cluster], points[found.labels == cluster].mean(axis=0), atol=1e-4
        )
    distance = ((points - found.centers[found.labels]) ** 2).sum()
    assert found.inertia == pytest.approx(distance, rel=1e-4)
    np.testing.assert_array_equal(nearest(points, found.centers), found.labels)


def test_same_seed_same_bits():
    points, _ = groups()
    once, again = (kmeans(points, 7, seed=5) for _ in range(2))
    np.testing.assert_array_equal(once.labels, again.labels)
    np.testing.assert_array_equal(once.centers, again.centers)


def test_threads_do_not_matter():
    points, _ = groups()
    with threadpool_limits(limits=1):
        one = kmeans(points, 7)
    np.testing.assert_array_equal(one.centers, kmeans(points, 7).centers)


@pytest.mark.parametrize(
    ("rows", "k", "made"),
    [
        ([[1.0]], 3, 1),
        ([[1.0], [1.0], [2.0]], 3, 2),
        ([[0.0], [-0.0]], 2, 1),
        ([[0.0, 0.0]] * 5, 4, 1),
        ([[1.0], [2.0], [3.0]], 3, 3),
    ],
)
def test_no_more_clusters_than_distinct_rows(rows, k, made):
    found = kmeans(np.array(rows, np.float32), k)
    assert len(found.centers) == made
    assert set(found.labels) == set(range(made)), "none is empty"
    assert found.inertia == pytest.approx(0)


def test_rows_that_differ_by_rounding_leave_no_cluster_empty():
    points = np.array([[1], [1 + 1e-7], [1e8], [1e8 + 8]], np.float32)
    found = kmeans(points, 4)
    assert set(found.labels) == set(range(len(found.centers)))


def test_points_stay_as_they_were():
    points, _ = groups()
    before = points.copy()
    kmeans(points, 3)
    np.testing.assert_array_equal(points, before)


@pytest.mark.parametrize(("rows", "k"), [(0, 2), (3, 0), (3, -1)])
def test_what_is_refused(rows, k):
    with pytest.raises(InvalidParameter, match="k-means needs"):
        kmeans(np.zeros((rows, 2), np.float32), k)


@given(st.integers(0, 8), st.integers(1, 5), st.integers(1, 4), st.integers(0, 99))
def test_nearest_against_a_loop(rows, k, d, seed):
    generator = np.random.default_rng(seed)
    # Small whole numbers: distances are exact and ties happen.
    points = generator.integers(-2, 3, (rows, d)).astype(np.float32)
    centers = generator.integers(-2, 3, (k, d)).astype(np.float32)
    known = generator.random((rows, d)) < 0.6
    result = nearest(points, centers, known)
    assert result.dtype == np.int32
    for row in range(rows):
        gaps = [((points[row] - c)[known[row]] ** 2).sum() for c in centers]
        assert result[row] == gaps.index(min(gaps))
    everything = nearest(points, centers, np.ones((rows, d), bool))
    np.testing.assert_array_equal(nearest(points, centers), everything)
