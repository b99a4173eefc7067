"""The scan: right figures for every k, and a verdict that can be believed."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array
from sklearn import metrics
from threadpoolctl import threadpool_limits

from matinee.clustering.cloud import cloud_like
from matinee.clustering.measuring import METHODS, Measured, distinct_rows
from matinee.clustering.scan import Scan, scan
from matinee.clustering.spectral import SpectralScan, spectral
from matinee.errors import InvalidInput, InvalidParameter


def heaps(k=3, rows=60, apart=8.0, columns=2, seed=0):
    """`k` round heaps of `rows` points."""
    rng = np.random.default_rng(seed)
    centers = apart * np.column_stack([np.cos(np.arange(k) * 2 * np.pi / k), np.arange(k) % 2])
    centers = np.hstack([centers, np.zeros((k, columns - 2))])
    points = np.repeat(centers, rows, axis=0) + rng.normal(size=(k * rows, columns))
    return points.astype(np.float32)


def made_scan(**columns):
    """A scan of k = 1, 2, 3 with these figures."""
    rows = [Measured(k, wcss=w, largest=0.5, seconds=0.1) for k, w in ((1, 10.0), (2, 4), (3, 3))]
    made = Scan.of(rows, n_rows=100, sample_size=100)
    return replace(made, **{name: np.array(values) for name, values in columns.items()})


def test_figures_are_those_of_their_definitions():
    points = heaps()
    found = scan(points, [3])
    labels = np.repeat(np.arange(3), 60)
    means = np.array([points[labels == c].mean(axis=0) for c in range(3)])
    assert found.wcss[0] == pytest.approx(((points - means[labels]) ** 2).sum(), rel=1e-5)
    assert found.silhouette[0] == pytest.approx(metrics.silhouette_score(points, labels), abs=1e-5)
    assert found.calinski_harabasz[0] == pytest.approx(
        metrics.calinski_harabasz_score(points, labels), rel=1e-4
    )
    assert found.davies_bouldin[0] == pytest.approx(
        metrics.davies_bouldin_score(points, labels), rel=1e-4
    )
    assert found.stability[0] == pytest.approx(1)
    assert found.largest[0] == pytest.approx(1 / 3)
    assert found.seconds[0] > 0


def test_how_much_of_the_lengths_clusters_explain():
    points = heaps() + np.float32(20)
    labels = np.repeat(np.arange(3), 60)
    lengths = np.linalg.norm(points, axis=1)
    within = sum(60 * lengths[labels == c].var() for c in range(3))
    expected = 1 - within / (180 * lengths.var())
    assert scan(points, [3]).of_length[0] == pytest.approx(expected, rel=1e-4)
    assert scan(csr_array(points), [3]).of_length[0] == pytest.approx(expected, rel=1e-4)
    # Rows with negative values count nothing, and equal lengths tell nothing.
    assert np.isnan(scan(heaps(), [3]).of_length[0])
    assert np.isnan(scan(np.eye(6, dtype=np.float32), [3]).of_length[0])


def test_one_cluster_counts_for_wcss_and_is_blank_otherwise():
    points = heaps()
    found = scan(points, range(1, 5), quality=lambda k: k / 10, popularity=0.2)
    assert found.k.tolist() == [1, 2, 3, 4]
    assert found.wcss[0] == pytest.approx(((points - points.mean(axis=0)) ** 2).sum(), rel=1e-5)
    blank = {*Measured._fields} - {"k", "wcss", "largest", "of_length", "seconds", "quality"}
    for name in blank:
        assert np.isnan(getattr(found, name)).tolist() == [True, False, False, False]
    assert found.quality.tolist() == [0.1, 0.2, 0.3, 0.4]
    assert np.isnan(found.differences[0])
    assert np.array_equal(found.differences[1:], np.diff(found.wcss))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_finds_the_heaps(method):
    found = scan(heaps(columns=3), range(1, 6), method=method)
    assert found.k[np.nanargmax(found.silhouette)] == 3
    assert found.structure in ("reasonable", "strong")


def test_sparse_points_are_scanned_as_dense_ones():
    points = np.where(heaps() > 1, 1, 0).astype(np.float32)[:, [0, 1, 0]]
    points = np.hstack([points, np.eye(180, 4, dtype=np.float32)])
    dense, sparse = scan(points, range(1, 4)), scan(csr_array(points), range(1, 4))
    assert sparse.wcss == pytest.approx(dense.wcss, rel=1e-4)
    assert sparse.silhouette[1:] == pytest.approx(dense.silhouette[1:], abs=1e-4)


def test_a_k_is_worth_the_same_whatever_else_is_scanned():
    points = heaps(apart=3)
    whole = scan(points, range(1, 7))
    first, rest = scan(points, range(1, 4)), scan(points, range(4, 7))
    with threadpool_limits(limits=1):
        alone = scan(points, [6])
    for name in set(Measured._fields) - {"seconds", "quality", "of_length"}:
        parts = np.concatenate([getattr(first, name), getattr(rest, name)])
        assert np.array_equal(getattr(whole, name), parts, equal_nan=True)
        assert getattr(alone, name)[0] == getattr(whole, name)[5]


def test_differences_are_for_one_cluster_more_whatever_the_steps():
    rows = [Measured(k, wcss=w, largest=1.0, seconds=0.0) for k, w in ((8, 1.0), (2, 10), (4, 6))]
    found = Scan.of(rows, 20, 20)
    assert found.k.tolist() == [2, 4, 8]
    assert found.differences[1:].tolist() == [-2, -1.25]


def test_where_the_differences_settle():
    found = made_scan()
    assert found.differences[1:].tolist() == [-6, -1]
    assert [found.settled(b) for b in (6, 1, 0.5)] == [2, 3, None]
    with pytest.raises(InvalidParameter, match="boundary"):
        found.settled(-1)


def test_up_to():
    found = made_scan()
    assert found.up_to(2).k.tolist() == [1, 2]
    assert found.up_to(None) is found
    with pytest.raises(InvalidParameter, match="lowest k scanned, got 0"):
        found.up_to(0)


@pytest.mark.parametrize(
    "points",
    [
        np.random.default_rng(0).random((300, 2)),
        np.random.default_rng(1).normal(size=(300, 1)),
        np.random.default_rng(2).normal(size=(300, 20)),
        np.random.default_rng(3).lognormal(size=(300, 2)),
        np.random.default_rng(4).random((300, 60)) < 0.1,
        np.vstack([np.random.default_rng(5).normal(size=(299, 3)), [[50, 50, 50]]]),
    ],
    ids=["uniform", "normal line", "normal", "skewed", "binary", "one outlier"],
)
def test_where_there_is_no_structure_it_is_said(points):
    found = scan(points.astype(np.float32), range(1, 6))
    assert found.structure == "none"
    assert "no structure to speak of" in found.verdict


def test_where_there_is_structure_it_is_said():
    found = scan(heaps(), range(1, 7))
    assert found.structure == "strong"
    assert found.knee == 3
    assert found.verdict.startswith("There is strong structure: silhouette 0.80 at k = 3")
    assert "bends most at k = 3" in found.verdict
    assert scan(heaps(), [1]).structure is None
    assert "Scan k = 2 or more" in scan(heaps(), [1]).verdict


def test_why_there_is_none():
    shown = {"silhouette": [math.nan, 0.6, 0.4], "cloud": [math.nan, 0.3, 0.29]}
    steady = {**shown, "stability": [math.nan, 0.9, 0.9]}
    assert made_scan(**steady).structure == "reasonable"
    shaky = made_scan(**shown, stability=[math.nan, 0.2, 0.9])
    assert shaky.structure == "weak"
    assert "at k = 3" in shaky.verdict
    never = made_scan(**shown, stability=[math.nan, 0.2, 0.3])
    assert "other samples of the same rows give other clusters" in never.verdict
    outliers = made_scan(**steady | {"largest": [1, 0.99, 0.98]})
    assert "one cluster holds 99.0% of the rows" in outliers.verdict
    like_a_cloud = made_scan(**steady | {"cloud": [math.nan, 0.58, 0.4]})
    assert "a cloud without clusters has 0.58 there" in like_a_cloud.verdict
    long = made_scan(**steady, of_length=[math.nan, 0.7, 0.2])
    assert "clusters explain 70% of how long the rows are" in long.verdict
    assert "how long" not in made_scan(**steady).verdict
    faint = made_scan(**steady | {"silhouette": [math.nan, 0.2, 0.1], "cloud": [math.nan, 0, 0]})
    assert "above 0.25 one would speak of clusters" in faint.verdict


def test_quality_is_told_against_popularity():
    better = replace(made_scan(quality=[0.1, 0.3, 0.2]), popularity=0.15)
    assert "best at k = 2, 0.3000, against 0.1500 of popularity" in better.verdict
    assert "no k beats popularity" in replace(better, popularity=0.4).verdict


def test_a_cloud_is_shaped_like_its_rows():
    rng = np.random.default_rng(0)
    points = rng.gamma(1, 1, (900, 3)) @ rng.normal(size=(3, 3)) + [5, 0, -5]
    cloud = cloud_like(points.astype(np.float32), 20_000, 1)
    assert cloud.mean(axis=0) == pytest.approx(points.mean(axis=0), abs=0.1)
    assert np.cov(cloud.T) == pytest.approx(np.cov(points.T), abs=0.3)
    # Turned or not, distances are of one size.
    wide = csr_array((rng.random((200, 500)) < 0.05).astype(np.float32))
    turned = cloud_like(wide, 2000, 1)
    assert turned.shape == (2000, 200)
    assert turned.var(axis=0).sum() == pytest.approx(wide.toarray().var(axis=0).sum(), rel=0.05)


def test_distinct_rows():
    points = np.array([[0, 1], [0, 1], [1, 0], [0, 0], [0, 0]], np.float32)
    assert distinct_rows(points) == distinct_rows(csr_array(points)) == 3


@pytest.mark.parametrize(
    ("ks", "said"),
    [
        ([], "at least one"),
        ([0, 2], "at least 1, got 0"),
        ([2, -1], "at least 1, got -1"),
        ([4], "at most 3, the distinct ones among the 5 rows, got 4"),
    ],
)
def test_numbers_that_cannot_be(ks, said):
    points = np.array([[0, 1], [0, 1], [1, 0], [0, 0], [0, 0]], np.float32)
    with pytest.raises(InvalidParameter, match=said):
        scan(points, ks)


def test_rows_that_are_all_equal():
    points = np.ones((10, 2), np.float32)
    assert scan(points, [1]).wcss[0] == 0
    with pytest.raises(InvalidParameter, match="at most 1, the distinct ones"):
        scan(points, [2])


@pytest.mark.parametrize(
    "parameters",
    [{"method": "dbscan"}, {"n_init": 0}, {"max_iter": 0}, {"seed": -1}, {"silhouette_sample": 1}],
)
def test_parameters_out_of_bounds(parameters):
    (name,) = parameters
    with pytest.raises(InvalidParameter, match=name):
        scan(heaps(), [2], **parameters)


def test_no_rows():
    with pytest.raises(InvalidInput, match="got none"):
        scan(np.zeros((0, 2), np.float32), [1])


@pytest.mark.parametrize("rows", [30, 300])
def test_a_shared_embedding_gives_what_each_k_alone_does(rows):
    points = np.random.default_rng(0).random((rows, 4)).astype(np.float32)
    shared = SpectralScan(points, seed=1, n_init=2)
    for k in (1, 3, 12, 20):
        alone = spectral(points, k, seed=1, n_init=2)
        for one, other in zip(shared.clusters(k), alone, strict=True):
            assert np.array_equal(one, other)
