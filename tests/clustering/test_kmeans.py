"""k-means finds the groups that are there, dense or sparse, and the nearest center."""

from __future__ import annotations

import itertools
import tracemalloc

import naive
import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array, random_array
from threadpoolctl import threadpool_limits

from matinee.clustering.kmeans import _refill, kmeans, minibatch_kmeans, nearest
from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import sorted_csr

FITS = (kmeans, minibatch_kmeans)
KINDS = (np.asarray, sorted_csr)


def groups(seed=0):
    """Three far groups of 20 points, and which group each belongs to."""
    generator = np.random.default_rng(seed)
    truth = np.arange(60) % 3
    centers = np.array([[0, 0], [10, 0], [0, 10]])
    return (centers[truth] + generator.normal(0, 0.5, (60, 2))).astype(np.float32), truth


def same(one, other):
    for ours, alike in zip(one, other, strict=True):
        np.testing.assert_array_equal(ours, alike)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fit", FITS)
def test_finds_the_groups(fit, kind):
    points, truth = groups()
    found = fit(kind(points), 3)
    assert found.labels.dtype == np.int32
    assert found.centers.dtype == np.float32
    assert found.centers.shape == (3, 2)
    assert type(found.inertia) is float
    assert found.iterations >= 2
    for group in range(3):
        assert len(set(found.labels[truth == group])) == 1
    assert len(set(found.labels)) == 3
    distance = ((points - found.centers[found.labels]) ** 2).sum()
    assert found.inertia == pytest.approx(distance, rel=1e-5)
    np.testing.assert_array_equal(nearest(kind(points), found.centers), found.labels)


@pytest.mark.parametrize("kind", KINDS)
def test_centers_are_the_means_of_their_rows(kind):
    points, _ = groups()
    found = kmeans(kind(points), 5, seed=3, tol=0)
    for cluster in range(3):
        np.testing.assert_allclose(
            found.centers[cluster], points[found.labels == cluster].mean(axis=0), rtol=1e-6
        )


@pytest.mark.parametrize("kind", KINDS)
def test_the_best_of_many_starts_is_the_best_there_is(kind):
    generator = np.random.default_rng(1)
    points = generator.normal(size=(8, 2)).astype(np.float32)
    partitions = (np.array(p) for p in itertools.product(range(2), repeat=8))
    best = min(
        sum(points[p == c].var(axis=0).sum() * (p == c).sum() for c in range(2))
        for p in partitions
        if 0 < p.sum() < 8
    )
    assert kmeans(kind(points), 2, n_init=30).inertia == pytest.approx(best, rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fit", FITS)
def test_same_seed_same_bits_another_seed_another_start(fit, kind):
    points = kind(np.random.default_rng(2).normal(size=(200, 5)).astype(np.float32))
    same(fit(points, 9, seed=5), fit(points, 9, seed=5))
    assert (fit(points, 9, seed=5).labels != fit(points, 9, seed=6).labels).any()


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="far too slow uncompiled")
@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("sparse", [True, False])
def test_same_bits_at_any_number_of_threads(fit, sparse):
    """Large enough for every pass to run in parallel."""
    generator = np.random.default_rng(0)
    points = generator.normal(size=(8000, 40)).astype(np.float32)
    if sparse:
        points = sorted_csr(points * (generator.random(points.shape) < 0.7))
    before, found = numba.get_num_threads(), []
    try:
        for threads in (1, before):
            numba.set_num_threads(threads)
            with threadpool_limits(limits=threads):
                found.append(fit(points, 18, seed=1))
                labels = nearest(points, found[0].centers)
            np.testing.assert_array_equal(labels, found[0].labels)
    finally:
        numba.set_num_threads(before)
    same(*found)
    few = nearest(points[:50], found[0].centers)
    np.testing.assert_array_equal(few, found[0].labels[:50], "rows do not depend on each other")


def test_as_good_as_scikit_learn(ml_100k, compiled):
    from sklearn.cluster import KMeans, MiniBatchKMeans

    liked = ml_100k.liked(4).matrix
    ours = np.mean([kmeans(liked, 8, seed=s, n_init=1).inertia for s in range(3)])
    theirs = [KMeans(8, n_init=1, random_state=s).fit(liked).inertia_ for s in range(3)]
    assert ours < 1.01 * np.mean(theirs)
    ours = np.mean([minibatch_kmeans(liked, 8, seed=s).inertia for s in range(3)])
    theirs = [MiniBatchKMeans(8, n_init=3, random_state=s).fit(liked).inertia_ for s in range(3)]
    assert ours < 1.01 * np.mean(theirs)


@pytest.mark.parametrize("fit", FITS)
def test_sparse_points_stay_sparse(fit, compiled):
    points = random_array((500, 200_000), density=5e-5, rng=0, dtype=np.float32, format="csr")
    tracemalloc.start()
    try:
        found = fit(sorted_csr(points), 3, max_iter=3)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.centers.shape == (3, 200_000)
    assert peak < 100e6, "dense points would take 400 MB"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize(
    ("rows", "k", "made"),
    [
        ([[1.0]], 3, 1),
        ([[1.0], [1.0], [2.0]], 3, 2),
        ([[0.0], [-0.0]], 2, 1),
        ([[0.0, 0.0]] * 5, 4, 1),
        ([[0.0, 0.0], [0.0, 1.0]] * 5, 4, 2),
        ([[1.0], [2.0], [3.0]], 3, 3),
        ([[]] * 3, 2, 1),
    ],
)
def test_no_more_clusters_than_distinct_rows(fit, rows, k, made, kind):
    found = fit(kind(np.array(rows, np.float32)), k)
    assert len(found.centers) == made
    assert set(found.labels) == set(range(made)), "none is empty"
    assert found.inertia == pytest.approx(0)


@given(st.integers(1, 12), st.integers(1, 9), st.integers(1, 3), st.booleans(), st.integers(0, 999))
def test_as_many_clusters_as_wanted_and_possible(rows, k, d, sparse, seed):
    """Few small numbers: duplicates, ties, rows of zeros."""
    points = np.random.default_rng(seed).integers(-1, 2, (rows, d)).astype(np.float32)
    found = kmeans(sorted_csr(points) if sparse else points, k, seed=seed, n_init=1)
    assert len(found.centers) == min(k, len(np.unique(points, axis=0)))
    assert set(found.labels) == set(range(len(found.centers)))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_that_differ_by_rounding_leave_no_cluster_empty(kind):
    points = kind(np.array([[1], [1 + 1e-7], [1e8], [1e8 + 8]], np.float32))
    found = kmeans(points, 4)
    assert set(found.labels) == set(range(len(found.centers)))


def test_an_empty_cluster_gets_the_farthest_row_that_leaves_no_other_empty():
    labels = np.array([0, 0, 2, 0, 4, 4], np.int32)
    distances = np.array([1, 3, 9, 3, 2, 0], np.float32)
    _refill(np.array([1, 3]), labels, distances)
    assert labels.tolist() == [0, 1, 2, 3, 4, 4]
    _refill(np.array([5]), labels, np.zeros(6, np.float32))
    assert labels.tolist() == [0, 1, 2, 3, 4, 4], "nobody is away from their center"


def test_ends_when_nothing_moves_or_passes_are_used_up():
    points = np.random.default_rng(3).normal(size=(300, 3)).astype(np.float32)
    settled = kmeans(points, 8, n_init=1, tol=0)
    assert 3 < settled.iterations < 300
    assert kmeans(points, 8, n_init=1, max_iter=2).iterations == 2
    assert kmeans(points, 8, n_init=1, tol=0.1).iterations < settled.iterations
    again = kmeans(points, 8, n_init=1, tol=0, max_iter=settled.iterations)
    same(settled, again)


@pytest.mark.parametrize("fit", FITS)
def test_points_stay_as_they_were(fit):
    points, _ = groups()
    matrix, before = csr_array(points[:, ::-1]), points.copy()
    fit(points, 3)
    fit(matrix, 3)
    np.testing.assert_array_equal(points, before)
    np.testing.assert_array_equal(matrix.toarray(), before[:, ::-1])
    same(fit(np.asfortranarray(points), 3), fit(points, 3))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize(("rows", "k"), [(0, 2), (3, 0), (3, -1)])
def test_too_few_rows_or_clusters(fit, rows, k, kind):
    with pytest.raises(InvalidParameter, match="k-means needs"):
        fit(kind(np.zeros((rows, 2), np.float32)), k)


@pytest.mark.parametrize(
    ("fit", "settings"),
    [
        (kmeans, {"n_init": 0}),
        (kmeans, {"max_iter": 0}),
        (minibatch_kmeans, {"batch": 0}),
        (minibatch_kmeans, {"max_iter": 0}),
    ],
)
def test_settings_out_of_bounds(fit, settings):
    with pytest.raises(InvalidParameter, match=f"{next(iter(settings))} = 0"):
        fit(groups()[0], 2, **settings)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 2e15])
def test_numbers_that_cannot_be_squared(fit, odd, kind):
    points, _ = groups()
    points[7, 1] = odd
    with pytest.raises(InvalidInput, match="finite"):
        fit(kind(points), 2)


def test_large_numbers_that_can():
    points = np.array([[1e15], [-1e15], [0]], np.float32)
    assert kmeans(points, 3).inertia == 0


@given(st.integers(0, 8), st.integers(1, 20), st.integers(1, 4), st.integers(0, 99))
def test_nearest_against_a_loop(rows, k, d, seed):
    generator = np.random.default_rng(seed)
    # Small whole numbers: distances are exact and ties happen.
    points = generator.integers(-2, 3, (rows, d)).astype(np.float32)
    centers = generator.integers(-2, 3, (k, d)).astype(np.float32)
    known = generator.random((rows, d)) < 0.6
    result = nearest(points, centers, known)
    assert result.dtype == np.int32
    np.testing.assert_array_equal(result, naive.nearest_centers(points, centers, known))
    everything = naive.nearest_centers(points, centers)
    np.testing.assert_array_equal(nearest(points, centers), everything)
    np.testing.assert_array_equal(nearest(sorted_csr(points), centers), everything)


def test_nearest_wants_the_columns_of_the_centers():
    points, centers = np.zeros((3, 2), np.float32), np.zeros((2, 3), np.float32)
    for kind in KINDS:
        with pytest.raises(InvalidInput, match="3 columns"):
            nearest(kind(points), centers)
    with pytest.raises(InvalidInput, match="known"):
        nearest(sorted_csr(points), centers[:, :2], np.ones((3, 2), bool))
    with pytest.raises(InvalidInput, match="shape"):
        nearest(points, centers[:, :2], np.ones((2, 2), bool))
