"""Figures of partitions against scikit-learn's and against counting by hand."""

from __future__ import annotations

import tracemalloc

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from sklearn import metrics

from matinee.clustering.criteria import (
    Silhouette,
    adjusted_rand,
    calinski_harabasz,
    davies_bouldin,
    knee,
    stability,
    wcss,
)
from matinee.clustering.kmeans import kmeans
from matinee.clustering.spectral import spectral
from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import sorted_csr


def groups(k=4, n=300, d=5, apart=8.0, seed=0):
    """k clouds of deviation 1, and which cloud each row is of."""
    generator = np.random.default_rng(seed)
    truth = np.arange(n) % k
    centers = generator.normal(0, apart, (k, d))
    return (centers[truth] + generator.normal(0, 1, (n, d))).astype(np.float32), truth


def sparse_points(rows=700, d=90, seed=0):
    generator = np.random.default_rng(seed)
    points = generator.random((rows, d)) * (generator.random((rows, d)) < 0.1)
    return sorted_csr(points), generator.integers(0, 6, rows)


FIGURES = {
    "wcss": (wcss, lambda x, c: sum(((x[c == v] - x[c == v].mean(0)) ** 2).sum() for v in set(c))),
    "silhouette": (lambda x, c: Silhouette(x).of(c), metrics.silhouette_score),
    "calinski_harabasz": (calinski_harabasz, metrics.calinski_harabasz_score),
    "davies_bouldin": (davies_bouldin, metrics.davies_bouldin_score),
}


@pytest.mark.parametrize("name", FIGURES)
def test_against_scikit_learn(name):
    ours, theirs = FIGURES[name]
    points, truth = groups(n=1200, apart=1.0)
    for shift in (0, 100):  # far from the origin nothing may be cancelled
        moved = points + np.float32(shift)
        assert ours(moved, truth) == pytest.approx(theirs(moved.astype(float), truth), rel=1e-5)
    sparse, labels = sparse_points()
    expected = theirs(sparse.toarray().astype(float), labels)
    assert ours(sparse, labels) == pytest.approx(expected, rel=1e-5, abs=1e-6)
    assert ours(sparse.toarray(), labels) == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_likes_of_ml_100k_against_scikit_learn(ml_100k):
    liked = ml_100k.liked(4).matrix
    silhouette = Silhouette(liked)
    for k in (2, 9):
        labels = kmeans(liked, k, n_init=1).labels
        assert silhouette.of(labels) == pytest.approx(
            metrics.silhouette_score(liked, labels), abs=1e-4
        )
        dense = liked.toarray()
        assert calinski_harabasz(liked, labels) == pytest.approx(
            metrics.calinski_harabasz_score(dense, labels), rel=1e-4
        )
        assert davies_bouldin(liked, labels) == pytest.approx(
            metrics.davies_bouldin_score(dense, labels), rel=1e-4
        )


@pytest.mark.parametrize("name", FIGURES)
def test_rows_in_no_cluster_are_left_out(name):
    figure = FIGURES[name][0]
    points, truth = groups(n=120, apart=2.0)
    some = truth.copy()
    some[::7] = -1
    kept = some >= 0
    assert figure(points, some) == pytest.approx(figure(points[kept], truth[kept]), rel=1e-6)
    sparse = sorted_csr(points)
    assert figure(sparse, some) == pytest.approx(figure(sparse[kept], truth[kept]), rel=1e-6)


@pytest.mark.parametrize("name", FIGURES)
def test_numbers_of_clusters_need_not_follow_each_other(name):
    figure = FIGURES[name][0]
    points, truth = groups(n=60, apart=2.0)
    assert figure(points, truth * 10 + 3) == figure(points, truth)


@pytest.mark.parametrize("name", FIGURES)
def test_one_label_a_row(name):
    points, truth = groups(n=12)
    with pytest.raises(InvalidInput, match="one label for each of 12 rows"):
        FIGURES[name][0](points, truth[:5])


def test_one_cluster():
    points, _ = groups(n=50)
    one = np.zeros(50, np.int32)
    spread = ((points - points.mean(axis=0)) ** 2).sum()
    assert wcss(points, one) == pytest.approx(spread, rel=1e-5)
    assert np.isnan([f(points, one) for f in (calinski_harabasz, davies_bouldin)]).all()
    assert np.isnan(Silhouette(points).of(one))


def test_nobody_in_a_cluster():
    points, _ = groups(n=5)
    nobody = np.full(5, -1)
    assert wcss(points, nobody) == wcss(sorted_csr(points), nobody) == 0
    assert np.isnan([f(points, nobody) for f in (calinski_harabasz, davies_bouldin)]).all()
    assert np.isnan(Silhouette(points).of(nobody))


def test_every_row_alone():
    points, _ = groups(n=6)
    alone = np.arange(6)
    assert wcss(points, alone) == 0
    assert np.isnan(calinski_harabasz(points, alone))
    assert davies_bouldin(points, alone) == 0
    assert Silhouette(points).of(alone) == 0


@pytest.mark.parametrize("convert", [np.asarray, sorted_csr])
def test_rows_that_are_all_equal(convert):
    points = convert(np.full((9, 3), 0.1, np.float32))
    labels = np.arange(9) % 3
    assert wcss(points, labels) == pytest.approx(0, abs=1e-12)
    assert davies_bouldin(points, labels) == pytest.approx(0, abs=1e-5)
    assert Silhouette(points).of(labels) == 0


def test_clusters_without_spread():
    points = np.repeat(np.eye(3, dtype=np.float32), 4, axis=0)
    labels = np.repeat(np.arange(3), 4)
    assert Silhouette(points).of(labels) == 1
    assert calinski_harabasz(points, labels) == np.inf
    assert davies_bouldin(points, labels) == 0


@settings(max_examples=40)
@given(st.integers(2, 9), st.integers(1, 3), st.integers(0, 99), st.booleans())
def test_silhouette_against_a_loop(rows, d, seed, sparse):
    generator = np.random.default_rng(seed)
    points = generator.integers(-1, 2, (rows, d)).astype(np.float32)
    labels = generator.integers(-1, 3, rows)
    found = Silhouette(sorted_csr(points) if sparse else points).each(labels)
    assert np.isnan(found[labels < 0]).all()
    if len(set(labels[labels >= 0])) < 2:
        assert np.isnan(found).all()
    else:
        np.testing.assert_allclose(found[labels >= 0], naive.silhouettes(points, labels), atol=1e-6)


@pytest.mark.parametrize("convert", [np.asarray, sorted_csr])
def test_silhouette_of_a_sample(convert):
    points, truth = groups(n=900, apart=2.0)
    exact = Silhouette(convert(points))
    assert exact.sample_size == 900
    sampled = Silhouette(convert(points), sample=400, seed=3)
    assert sampled.sample_size == 400
    assert sampled.of(truth) == pytest.approx(exact.of(truth), abs=0.03)
    assert sampled.of(truth) == Silhouette(convert(points), sample=400, seed=3).of(truth)
    assert sampled.of(truth) != Silhouette(convert(points), sample=400, seed=4).of(truth)


def test_bad_silhouettes():
    points, _ = groups(n=9)
    with pytest.raises(InvalidParameter, match="must be >= 2, got 1"):
        Silhouette(points, sample=1)
    points[3, 1] = np.nan
    for bad in (points, sorted_csr(points)):
        with pytest.raises(InvalidInput, match="finite"):
            Silhouette(bad)


def test_sparse_points_stay_sparse():
    rows, columns = np.arange(6000) % 2000, np.random.default_rng(0).integers(0, 300_000, 6000)
    points = sorted_csr(csr_array((np.ones(6000), (rows, columns)), shape=(2000, 300_000)))
    labels = np.arange(2000) % 3
    tracemalloc.start()
    figures = [wcss(points, labels), calinski_harabasz(points, labels)]
    figures += [davies_bouldin(points, labels), Silhouette(points).of(labels)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.isfinite(figures).all()
    assert peak < 1e8, "dense points would take 2.4e9"


@given(st.integers(0, 12), st.integers(0, 99))
def test_adjusted_rand_against_counting_pairs(rows, seed):
    generator = np.random.default_rng(seed)
    a, b = generator.integers(-1, 3, (2, rows))
    assert adjusted_rand(a, b) == pytest.approx(naive.adjusted_rand(a, b))
    both = (a >= 0) & (b >= 0)
    assert adjusted_rand(a, b) == pytest.approx(
        metrics.adjusted_rand_score(a[both], b[both]) if both.any() else 1
    )


def test_adjusted_rand_does_not_depend_on_names_nor_overflow():
    a = np.arange(600_000) % 3
    assert adjusted_rand(a, 7 - 2 * a) == 1
    assert adjusted_rand(a, np.arange(600_000) // 200_000) == pytest.approx(0, abs=1e-5)
    assert adjusted_rand(np.zeros(5, int), np.zeros(5, int)) == 1
    assert adjusted_rand(np.zeros(5, int), np.arange(5)) == 0
    with pytest.raises(InvalidInput, match="same rows"):
        adjusted_rand(a, a[1:])


def test_stability():
    def fit(rows, seed):
        return kmeans(rows, 4, seed=seed, n_init=2)

    points, _ = groups()
    assert stability(points, 4, fit) == 1
    cloud = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32)
    shaky = stability(cloud, 4, fit, repeats=3)
    assert 0 < shaky < 0.6
    assert shaky == stability(cloud, 4, fit, repeats=3)
    assert shaky != stability(cloud, 4, fit, repeats=3, seed=1)
    assert stability(sorted_csr(points), 4, fit) == 1
    assert np.isnan(stability(points, 1, fit))


def test_stability_of_a_spectral_clustering():
    points, _ = groups(k=3)
    assert stability(points, 3, lambda rows, s: spectral(rows, 3, affinity="nearest", seed=s)) == 1


@pytest.mark.parametrize("given", [{"repeats": 1}, {"share": 0}, {"share": 1.5}])
def test_what_stability_refuses(given):
    points, _ = groups(n=9)
    with pytest.raises(InvalidParameter, match="Stability needs"):
        stability(points, 2, lambda rows, seed: kmeans(rows, 2, seed=seed), **given)


@pytest.mark.parametrize("d", [1, 2, 3, 10, 50])
def test_no_knee_where_there_are_no_clusters(d):
    k = np.arange(1, 31)
    assert knee(k, 5e4 * k ** (-2 / d)) is None
    cloud = np.random.default_rng(0).normal(size=(400, d)).astype(np.float32)
    ks = range(1, 13)
    assert knee(ks, [kmeans(cloud, k, n_init=2).inertia for k in ks]) is None


@pytest.mark.parametrize("clouds", [3, 5, 7])
def test_the_knee_is_where_the_clusters_are(clouds):
    points, _ = groups(k=clouds, apart=4.0)
    ks = range(1, 16)
    curve = [kmeans(points, k, n_init=4).inertia for k in ks]
    assert knee(ks, curve) == clouds
    assert knee(ks[1:], curve[1:]) == clouds
    assert knee(ks, np.array(curve) * 1e-9) == clouds


def test_knees_of_odd_curves():
    assert knee([], []) is None
    assert knee([1, 2], [9.0, 1.0]) is None
    assert knee([1, 2, 3], [0.0, 0.0, 0.0]) is None
    assert knee([1, 2, 3, 4, 5], [9.0, 4.0, 0.0, 0.0, 0.0]) == 3
    assert knee([1, 2, 3], [5.0, 5.0, 5.0]) is None


@pytest.mark.parametrize(
    ("ks", "figures"),
    [
        ([1, 2, 3], [3.0, 2.0]),
        ([1, 3, 2], [3.0, 2.0, 1.0]),
        ([0, 1, 2], [3.0, 2.0, 1.0]),
        ([1, 2, 3], [3.0, np.nan, 1.0]),
        ([1, 2, 3], [3.0, -1.0, 1.0]),
    ],
)
def test_what_a_knee_refuses(ks, figures):
    with pytest.raises(InvalidInput, match="A knee needs"):
        knee(ks, figures)
