"""Spectral clusters: those of the exact method, found through landmarks, by one rule for all."""

from __future__ import annotations

import naive
import numba
import numpy as np
import pytest
from sklearn.cluster import SpectralClustering
from sklearn.datasets import make_moons
from threadpoolctl import threadpool_limits

from matinee.clustering.criteria import adjusted_rand
from matinee.clustering.kmeans import kmeans
from matinee.clustering.spectral import AFFINITIES, spectral
from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import sorted_csr


def tastes(n=400, d=8, k=4, seed=0):
    """People with k kinds of taste, all sums >= 0, and which kind each is."""
    generator = np.random.default_rng(seed)
    truth = np.arange(n) % k
    kinds = generator.permutation(np.eye(d))[:k] * 4 + 0.5
    return generator.gamma(4, kinds[truth] / 4).astype(np.float32), truth


def rows_of_ml_100k(ml_100k, shared_data, scaling):
    """(people, 19) sums of ratings by genre, "minmax" as Movie Time has them or "rows"."""
    import zipfile

    with zipfile.ZipFile(shared_data / "ml-100k.zip") as archive:
        name = next(n for n in archive.namelist() if n.endswith("u.item"))
        lines = archive.read(name).decode("latin-1").splitlines()
    genres = np.array([line.split("|")[5:] for line in lines if line], np.float32)
    sums = ml_100k.matrix @ genres
    if scaling == "rows":
        return sums / sums.sum(axis=1, keepdims=True)
    span = np.ptp(sums, axis=0)
    return (sums - sums.min(axis=0)) / np.where(span > 0, span, 1)


@pytest.mark.parametrize("affinity", AFFINITIES)
@pytest.mark.parametrize("convert", [np.asarray, sorted_csr])
def test_finds_the_groups(affinity, convert):
    points, truth = tastes()
    found = spectral(convert(points), 4, affinity=affinity)
    assert adjusted_rand(found.labels, truth) > 0.9
    assert found.labels.dtype == np.int32
    assert set(found.labels) == {0, 1, 2, 3}
    assert found.landmarks.dtype == found.projection.dtype == found.centers.dtype == np.float32
    assert found.eigenvalues[0] == pytest.approx(1, abs=1e-5)
    assert (np.diff(found.eigenvalues) <= 1e-6).all()


def test_groups_that_are_not_round():
    points, truth = make_moons(1000, noise=0.06, random_state=0)
    points = points.astype(np.float32)
    assert adjusted_rand(spectral(points, 2, affinity="nearest").labels, truth) > 0.97
    assert adjusted_rand(kmeans(points, 2).labels, truth) < 0.6


@pytest.mark.parametrize("scaling", ["minmax", "rows"])
def test_against_the_exact_method(ml_100k, shared_data, scaling):
    points = rows_of_ml_100k(ml_100k, shared_data, scaling)
    affinity = (points.astype(float) @ points.T / points.shape[1] + 1) ** 3
    exact = kmeans(naive.spectral_rows(affinity, 4).astype(np.float32), 4, n_init=10).labels
    theirs = SpectralClustering(4, affinity="polynomial", random_state=0).fit_predict(points)
    found = spectral(points, 4)
    assert adjusted_rand(found.labels, exact) > 0.93
    # scikit-learn does not scale rows to length one, and agrees with the exact method by .90.
    assert adjusted_rand(found.labels, theirs) > 0.85
    assert len(found.landmarks) < len(points) / 4


@pytest.mark.parametrize("sparse", [False, True])
def test_cosine_against_the_exact_method(ml_100k, shared_data, sparse):
    points = ml_100k.liked(4).matrix
    points = points[np.flatnonzero(np.diff(points.indptr))]
    if not sparse:
        points = rows_of_ml_100k(ml_100k, shared_data, "minmax")
    products = (points @ points.T).toarray() if sparse else points.astype(float) @ points.T
    length = np.sqrt(products.diagonal())
    rows = naive.spectral_rows(products / np.outer(length, length), 4)
    exact = kmeans(rows.astype(np.float32), 4, n_init=10).labels
    assert adjusted_rand(spectral(points, 4, affinity="cosine").labels, exact) > 0.85


def test_lengths_do_not_count_under_cosine():
    points, _ = tastes()
    longer = points * np.float32(2) ** np.arange(-10, 10).repeat(20)[:, np.newaxis]
    one, other = (spectral(x, 4, affinity="cosine") for x in (points, longer.astype(np.float32)))
    assert adjusted_rand(one.labels, other.labels) == 1
    np.testing.assert_allclose(one.eigenvalues, other.eigenvalues, rtol=1e-4)


@pytest.mark.parametrize("affinity", AFFINITIES)
def test_the_rule_of_the_labels_places_everybody(affinity):
    points, truth = tastes()
    found = spectral(points, 4, affinity=affinity)
    np.testing.assert_array_equal(found.place(points), found.labels)
    np.testing.assert_array_equal(found.place(sorted_csr(points)), found.labels)
    for row in (0, 17, 399):
        assert found.place(points[row : row + 1]) == found.labels[row]
    unseen, kind = tastes(seed=0, n=800)
    known = {c: np.bincount(truth[found.labels == c]).argmax() for c in range(4)}
    assert np.mean([known[c] for c in found.place(unseen[400:])] == kind[400:]) > 0.9
    assert found.place(points[:0]).shape == (0,)


@pytest.mark.parametrize("affinity", AFFINITIES)
def test_rows_of_zeros(affinity):
    points, truth = tastes()
    points[:30] = 0
    found = spectral(points, 4, affinity=affinity)
    assert adjusted_rand(found.labels[30:], truth[30:]) > 0.9
    nothing = found.labels[:30]
    assert (nothing == -1).all() if affinity == "cosine" else len(set(nothing)) == 1
    assert found.place(np.zeros((1, 8), np.float32)) == nothing[0]


@pytest.mark.parametrize("affinity", AFFINITIES)
def test_negative_numbers(affinity):
    points, truth = tastes()
    found = spectral(points - points.mean(axis=0), 4, affinity=affinity)
    assert adjusted_rand(found.labels, truth) > 0.9


@pytest.mark.parametrize("affinity", AFFINITIES)
@pytest.mark.parametrize("size", [1e-6, 1e6])
def test_large_and_small_numbers(affinity, size):
    points, truth = tastes()
    found = spectral((size * points).astype(np.float32), 4, affinity=affinity)
    assert np.isfinite(found.projection).all()
    if affinity != "polynomial":  # which is not the same at every size
        assert adjusted_rand(found.labels, truth) > 0.9


def test_somebody_far_from_all():
    points, _ = tastes()
    for affinity in AFFINITIES:
        found = spectral(points, 4, affinity=affinity)
        far = found.place(np.full((1, 8), 1e12, np.float32))
        assert 0 <= far[0] < 4


@pytest.mark.parametrize("affinity", AFFINITIES)
@pytest.mark.parametrize("n", [1, 2, 3, 5, 11, 30])
def test_few_rows(affinity, n):
    points, _ = tastes(n=n)
    found = spectral(points, 3, affinity=affinity)
    assert set(found.labels) == set(range(len(found.centers)))
    assert 1 <= len(found.centers) <= min(3, n)


@pytest.mark.parametrize("affinity", AFFINITIES)
def test_rows_that_are_all_equal(affinity):
    found = spectral(np.ones((40, 3), np.float32), 4, affinity=affinity)
    assert not found.labels.any()
    assert len(found.centers) == 1


def test_one_cluster():
    points, _ = tastes()
    points[7] = 0
    labels = spectral(points, 1, affinity="cosine").labels
    assert labels[7] == -1
    assert not np.delete(labels, 7).any()


@pytest.mark.parametrize("landmarks", [None, 20, 100])
def test_no_landmark_is_one_row(landmarks):
    points, _ = tastes(d=3, k=3)
    points[:4] *= 50  # far from everybody, so k-means leaves them alone
    found = spectral(points, 3, landmarks=landmarks)
    assert len(found.landmarks) <= (landmarks or 50)
    gaps = np.linalg.norm(points[:, np.newaxis] - found.landmarks, axis=2)
    assert gaps.min() > 1e-4


def test_same_seed_same_bits_at_any_number_of_threads():
    points, _ = tastes(n=3000)
    many = spectral(points, 4, landmarks=100)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        with threadpool_limits(limits=1):
            one = spectral(points, 4, landmarks=100)
    finally:
        numba.set_num_threads(before)
    for a, b in zip(many, one, strict=True):
        np.testing.assert_array_equal(a, b)
    other = spectral(points, 4, landmarks=100, seed=1)
    assert not np.array_equal(many.landmarks, other.landmarks)


def test_points_stay_as_they_were():
    points, _ = tastes()
    before = points.copy()
    spectral(points, 4)
    np.testing.assert_array_equal(points, before)


@pytest.mark.parametrize(
    "given", [{"k": 0}, {"k": -1}, {"affinity": "rbf"}, {"landmarks": 3}, {"landmarks": 0}]
)
def test_parameters_that_are_refused(given):
    points, _ = tastes(n=40)
    with pytest.raises(InvalidParameter, match="got"):
        spectral(points, **{"k": 4, **given})


@pytest.mark.parametrize("convert", [np.asarray, sorted_csr])
def test_points_that_are_refused(convert):
    points, _ = tastes(n=40)
    with pytest.raises(InvalidInput, match="needs rows"):
        spectral(convert(points[:0]), 2)
    with pytest.raises(InvalidInput, match="every row is zero"):
        spectral(convert(np.zeros((40, 8), np.float32)), 2, affinity="cosine")
    found = spectral(convert(points), 2)
    with pytest.raises(InvalidInput, match="the 8 columns that were clustered, got 5"):
        found.place(convert(points[:, :5]))
    for bad in (np.nan, np.inf):
        points[3, 2] = bad
        with pytest.raises(InvalidInput, match="finite"):
            spectral(convert(points), 2)
        with pytest.raises(InvalidInput, match="finite"):
            found.place(convert(points))


@pytest.mark.parametrize("affinity", AFFINITIES)
def test_no_landmark_is_a_single_row(affinity):
    """What is kept of a clustering must not be somebody's row, however few and odd they are."""
    for seed in range(5):
        points, _ = tastes(30, k=5, seed=seed)
        points[7] *= 40
        for landmarks in (None, 12):
            found = spectral(points, 5, affinity=affinity, landmarks=landmarks)
            rows = points / np.linalg.norm(points, axis=1, keepdims=True)
            for marks, kept in ((found.landmarks, points), (found.landmarks, rows)):
                apart = np.abs(marks[:, np.newaxis] - kept).max(axis=2)
                assert apart.min() > 1e-4
