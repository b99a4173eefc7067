"""Where clusters stand on their map, and how it is drawn."""

from __future__ import annotations

from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from matinee.cluster_answers import Axis, Cluster, Clustering, ClusterMap
from matinee.clusters import drawing
from matinee.clusters.axes import ends, places


def test_places_are_principal_components() -> None:
    rng = np.random.default_rng(5)
    vectors, sizes = rng.normal(size=(9, 4)) * [3, 2, 1, 0.5], rng.integers(1, 50, 9)
    found = places(vectors, sizes)
    covariance = np.cov(vectors.T, fweights=sizes, ddof=0)
    values, axes = np.linalg.eigh(covariance)
    np.testing.assert_allclose(found.shares, values[::-1][:2] / values.sum())
    for loading, axis in zip(found.loadings, axes.T[::-1], strict=False):
        assert abs(loading @ axis) == pytest.approx(1)
        assert loading[np.argmax(np.abs(loading))] > 0
    centered = vectors - np.average(vectors, axis=0, weights=sizes)
    across = centered @ found.loadings.T
    np.testing.assert_allclose(found.points, across / np.abs(across).max())
    np.testing.assert_array_equal(places(vectors, sizes).points, found.points)


@pytest.mark.parametrize(
    "vectors", [np.ones((3, 2)), np.ones((1, 2)), np.zeros((2, 0)), np.zeros((0, 2))]
)
def test_clusters_that_do_not_differ_stand_in_the_middle(vectors: np.ndarray) -> None:
    found = places(vectors, np.arange(1, len(vectors) + 1))
    assert not found.points.any()
    assert not found.shares.any()


def test_two_clusters_stand_on_one_axis() -> None:
    found = places(np.array([[1.0, 0.0], [0.0, 0.0]]), np.array([5, 5]))
    assert found.points.tolist() == [[1, 0], [-1, 0]]
    assert found.shares.tolist() == [1, 0]


def test_ends_of_an_axis() -> None:
    names = ["a", "b", "c", "d"]
    assert ends(np.array([0.8, -0.5, 0.1, 0.4]), names) == (["b"], ["a", "d"])
    assert ends(np.zeros(4), names) == ([], [])


def drawn(n: int, spread: float = 1.0, name: str = "1990s crime drama") -> ClusterMap:
    rng = np.random.default_rng(n)
    sizes = np.sort(rng.integers(1, 500, n))[::-1]
    places_ = rng.uniform(-spread, spread, (n, 2))
    found = [
        Cluster(i, f"{name} {i}", int(sizes[i]), 1 / n, [], [], float(x), float(y))
        for i, (x, y) in enumerate(places_)
    ]
    axis = Axis(["drama"], ["action & <more>"], 0.5)
    about = Clustering("id", "user_clusters", "users", "likes", "kmeans", n, "", False)
    return ClusterMap(about, found, (axis, axis))


@pytest.mark.parametrize("size", [(900, 540), (380, 440)])
@pytest.mark.parametrize(("n", "spread"), [(1, 0), (2, 1), (15, 1), (20, 0), (30, 0.3), (60, 1)])
def test_nothing_on_the_map_hides_another(n: int, spread: float, size: tuple[int, int]) -> None:
    shown = drawn(n, spread)
    circles, _ = drawing.circles_of(shown.clusters, *size)
    assert len(circles) == n
    for i, a in enumerate(circles):
        assert a.r <= a.x <= size[0] - a.r
        assert a.r <= a.y <= size[1] - a.r
        for b in circles[:i]:
            assert np.hypot(a.x - b.x, a.y - b.y) >= a.r + b.r - 0.5
    # Areas follow sizes, down to what can still be touched.
    largest = circles[0].r
    for cluster, circle in zip(shown.clusters, circles, strict=True):
        wanted = largest * (cluster.size / shown.clusters[0].size) ** 0.5
        assert circle.r == pytest.approx(max(wanted, 11))
    boxes = [label.box for label in drawing.labels_of(shown.clusters, circles, *size) if label]
    assert boxes
    for i, one in enumerate(boxes):
        assert 0 <= one.left < one.right <= size[0]
        for other in boxes[:i]:
            assert one.overlap(other) < 0.06 * (one.right - one.left) * (one.bottom - one.top)


def test_the_drawing_is_well_formed_and_leads_to_each_cluster() -> None:
    shown = drawn(5, name='<b>"Tom & Jerry"</b>')
    svg = drawing.draw(shown, link=lambda c: f"/c/{c.number}?a=1&b=2")
    root = ElementTree.fromstring(svg)
    space = "{http://www.w3.org/2000/svg}"
    links = root.findall(f"{space}a")
    assert [a.get("href") for a in links] == [f"/c/{i}?a=1&b=2" for i in range(5)]
    for a, cluster in zip(links, shown.clusters, strict=True):
        assert (a.get("aria-label") or "").startswith(cluster.name)
    assert "action & <more>" in "".join(root.itertext())
    ElementTree.fromstring(drawing.draw(replace(shown, clusters=[])))
    plain = ElementTree.fromstring(drawing.draw(shown))
    assert not plain.findall(f"{space}a")
    assert len(plain.findall(f"{space}g[@class='cluster']")) == 5
    assert svg == drawing.draw(shown, link=lambda c: f"/c/{c.number}?a=1&b=2")
    assert " style=" not in svg
