"""Figures that judge a partition of rows, alone or against another.

Points are (n, d) float32, dense or CSR; sparse ones stay sparse. Labels are (n,) int: the cluster
of each row, or -1 for a row in no cluster, which is left out of every figure. Sums are float64.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.clustering.kmeans import Clusters, nearest
from matinee.clustering.silhouette import Silhouette
from matinee.errors import InvalidInput, InvalidParameter, some
from matinee.interactions import Float32, Int32

__all__ = [
    "Silhouette",
    "adjusted_rand",
    "calinski_harabasz",
    "davies_bouldin",
    "knee",
    "stability",
    "wcss",
]

_BLOCK = 8192
"""Rows whose distances from their centers are computed at once."""
_BEND = 0.1
"""How far below its chord a curve of log WCSS must hang to have a knee: by a tenth of WCSS."""


def wcss(points: Float32 | csr_array, labels: Int32) -> float:
    """Within-cluster sum of squares: ``sum over rows of |x - mean of its cluster|^2``.

    0 where no row is in a cluster. The inertia of k-means that has converged.
    """
    return float(_partition(points, labels).squared.sum())


def calinski_harabasz(points: Float32 | csr_array, labels: Int32) -> float:
    """``(B / (k - 1)) / (W / (n - k))``, more is better: B between clusters, W within them.

    ``B = sum over clusters of n_c |mean_c - mean|^2``. NaN unless 2 <= k < n; infinite where
    W = 0 and B > 0, 1 where both are 0.

    Source: Calinski and Harabasz 1974.
    """
    found = _partition(points, labels)
    n, k = len(found.own), len(found.size)
    if not 2 <= k < n:
        return float("nan")
    mean = found.size @ found.centers / n
    between = float(found.size @ ((found.centers - mean) ** 2).sum(axis=1))
    within = float(found.squared.sum())
    if within == 0:
        return float("inf") if between > 0 else 1.0
    return (between / (k - 1)) / (within / (n - k))


def davies_bouldin(points: Float32 | csr_array, labels: Int32) -> float:
    """``mean over c of max over c' of (s_c + s_c') / |mean_c - mean_c'|``, less is better.

    s_c is the mean distance of a cluster's rows from its mean. Clusters with the same mean are
    left out of each other's maximum, as scikit-learn does. NaN for one cluster or none.

    Source: Davies and Bouldin 1979.
    """
    found = _partition(points, labels)
    k = len(found.size)
    if k < 2:
        return float("nan")
    spread = np.bincount(found.own, np.sqrt(found.squared), minlength=k) / found.size
    worst = np.zeros(k)
    for c in range(k):
        apart = np.sqrt(((found.centers - found.centers[c]) ** 2).sum(axis=1))
        ratio = np.divide(spread + spread[c], apart, out=np.zeros(k), where=apart > 0)
        worst[c] = ratio.max()
    return float(worst.mean())


def adjusted_rand(a: Int32, b: Int32) -> float:
    """How far two partitions of the same rows agree: 1 wholly, about 0 as chance would have it.

    With n_ij rows in cluster i of `a` and j of `b`, and ``p(m) = m (m - 1) / 2`` pairs ::

        E = sum p(n_i.) sum p(n_.j) / p(n)
        (sum p(n_ij) - E) / ((sum p(n_i.) + sum p(n_.j)) / 2 - E)

    Rows at -1 in either are left out. 1 where both put all rows together, or all apart.

    Raises
    ------
    InvalidInput
        The partitions are not of equally many rows.

    Source: Hubert and Arabie 1985.
    """
    one, other = np.asarray(a), np.asarray(b)
    if one.shape != other.shape or one.ndim != 1:
        raise InvalidInput(
            f"Partitions to compare must be of the same rows, got {one.shape} and {other.shape}."
        )
    both = (one >= 0) & (other >= 0)
    rows = np.unique(one[both], return_inverse=True)[1].astype(np.int64)
    columns = np.unique(other[both], return_inverse=True)[1].astype(np.int64)
    width = int(columns.max(initial=0)) + 1
    cells = np.unique(rows * width + columns, return_counts=True)[1]
    together = _pairs(cells)
    of_rows, of_columns = _pairs(np.bincount(rows)), _pairs(np.bincount(columns))
    all_pairs = _pairs(np.array([len(rows)]))
    # Whole numbers until the last step: nothing is rounded away.
    above = together * all_pairs - of_rows * of_columns
    below = (of_rows + of_columns) * all_pairs - 2 * of_rows * of_columns
    return 1.0 if below == 0 else 2 * above / below


def _pairs(counts: npt.NDArray[np.int64]) -> int:
    return sum(c * (c - 1) // 2 for c in counts.tolist())


class Placed(Protocol):
    """A clustering that puts any rows into its clusters by the rule of its own labels."""

    def place(self, points: Float32 | csr_array) -> Int32:
        """(rows,) int32 cluster of each row."""
        ...


def stability(
    points: Float32 | csr_array,
    k: int,
    fit: Callable[[Float32 | csr_array, int], Clusters | Placed],
    *,
    seed: int = 0,
    repeats: int = 2,
    share: float = 0.8,
) -> float:
    """Mean adjusted Rand index of clusterings of resamples, each put to all rows.

    Each of `repeats` samples of ``share * n`` rows without replacement is clustered by
    ``fit(rows, seed)`` with a seed of its own; then every row goes to the cluster where that
    clustering puts it, and each pair of clusterings is compared. 1: the clusters do not hang
    on who happens to be there.

    Parameters
    ----------
    k
        Clusters that `fit` makes; NaN for one, about which any two samples agree.

    Raises
    ------
    InvalidParameter
        `repeats` < 2, or `share` not above 0 and at most 1.

    Source: Ben-Hur, Elisseeff and Guyon 2002; Lange et al. 2004.
    """
    if repeats < 2 or not 0 < share <= 1:
        raise InvalidParameter(
            f"Stability needs `repeats` >= 2 and 0 < `share` <= 1, got {repeats} and {share}."
        )
    if k < 2:
        return float("nan")
    n = points.shape[0]
    generator = np.random.default_rng(seed)
    labels: list[Int32] = []
    for _ in range(repeats):
        drawn = generator.choice(n, max(1, round(share * n)), replace=False, shuffle=False)
        found = fit(points[np.sort(drawn)], int(generator.integers(2**31)))
        if isinstance(found, Clusters):
            labels.append(nearest(points, found.centers))
        else:
            labels.append(found.place(points))
    agreement = [adjusted_rand(a, b) for i, a in enumerate(labels) for b in labels[:i]]
    return float(np.mean(agreement))


def knee(ks: Sequence[int] | npt.NDArray[np.int64], wcss: npt.NDArray[np.float64]) -> int | None:
    """The k from which on more clusters no longer pay; None where the curve has no knee.

    Of rows without clusters WCSS falls as a power of k, however many dimensions they have: a
    straight line in ``log k`` and ``log WCSS``. The knee is the k that lies furthest below the
    line from the first to the last k, and by at least .1: there WCSS is a tenth less than such a
    power would give. (Kneedle on plain axes finds a knee in every convex curve, of a single cloud
    as well.)

    Parameters
    ----------
    ks
        Numbers of clusters, growing. Scan well beyond the number you expect: the last k is never
        the knee.
    wcss : (len(ks),) float64
        Values at 0 (as many clusters as distinct rows) count as 1e-12 of the first.

    Raises
    ------
    InvalidInput
        Not one finite figure >= 0 a k, or `ks` do not grow from 1 or more.

    Source: Kneedle (Satopaa et al. 2011), on logarithms; Sugar and James 2003 for the power.
    """
    k, figures = np.asarray(ks), np.asarray(wcss, np.float64)
    if (
        k.ndim != 1
        or k.shape != figures.shape
        or (k < 1).any()
        or (np.diff(k) <= 0).any()
        or not (figures >= 0).all()
        or not np.isfinite(figures).all()
    ):
        raise InvalidInput(
            "A knee needs growing numbers of clusters >= 1 and one finite WCSS >= 0 for each, got "
            f"{some(k.tolist())} and {some(figures.tolist())}."
        )
    if len(k) < 3 or figures[0] == 0:
        return None
    x = np.log(k / k[0])
    y = np.log(np.maximum(figures / figures[0], 1e-12))
    below = y[-1] * x / x[-1] - y
    best = int(np.argmax(below))
    return int(k[best]) if below[best] >= _BEND else None


class _Partition(NamedTuple):
    own: npt.NDArray[np.int64]
    """(m,) cluster of each row that is in one, 0..k-1 without gaps."""
    size: npt.NDArray[np.int64]
    """(k,) rows of each."""
    centers: npt.NDArray[np.float64]
    """(k, d) means."""
    squared: npt.NDArray[np.float64]
    """(m,) squared distance of each row from its mean."""


def _partition(points: Float32 | csr_array, labels: Int32) -> _Partition:
    if np.shape(labels) != (points.shape[0],):
        raise InvalidInput(
            f"There must be one label for each of {points.shape[0]} rows, got shape "
            f"{np.shape(labels)}."
        )
    placed = np.flatnonzero(np.asarray(labels) >= 0)
    if len(placed) < points.shape[0]:
        points = points[placed]
    clusters, own = np.unique(np.asarray(labels)[placed], return_inverse=True)
    size = np.bincount(own, minlength=len(clusters))
    member = csr_array(
        (np.ones(len(own)), own, np.arange(len(own) + 1)), shape=(len(own), len(clusters))
    )
    total = member.T @ points
    centers = np.asarray(total if isinstance(total, np.ndarray) else total.toarray(), np.float64)
    centers /= np.maximum(size, 1)[:, np.newaxis]
    squared = np.empty(len(own))
    for first in range(0, len(own), _BLOCK):
        rows = slice(first, first + _BLOCK)
        squared[rows] = _from_center(points[rows], own[rows], centers)
    return _Partition(own, size, centers, squared)


def _from_center(
    points: Float32 | csr_array,
    own: npt.NDArray[np.int64],
    centers: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """(rows,) squared distance of each row from its center."""
    if isinstance(points, np.ndarray):
        gap = points - centers[own]
        return np.einsum("ij,ij->i", gap, gap)
    # |x - c|^2 = |c|^2 + sum over the entries of x of (x_f - c_f)^2 - c_f^2 = x_f (x_f - 2 c_f)
    row = np.repeat(np.arange(points.shape[0]), np.diff(points.indptr))
    value = points.data.astype(np.float64)
    change = value * (value - 2 * centers[own[row], points.indices])
    norms = np.einsum("ij,ij->i", centers, centers)[own]
    return np.maximum(norms + np.bincount(row, change, minlength=len(own)), 0.0)
