"""Spectral clustering through landmarks: any number of rows, and rows never seen."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.clustering.kmeans import kmeans, nearest
from matinee.clustering.landmarks import Affinities, landmarks_of, row_blocks
from matinee.clustering.vectors import unit_rows
from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Float32, Int32
from matinee.kernels.threads import exclusive

AFFINITIES = ("nearest", "cosine", "polynomial")

Float64: TypeAlias = npt.NDArray[np.float64]

_LANDMARKS = 500
_LEAST = 1e-5
"""Below it an eigenvalue is rounding."""


class SpectralClusters(NamedTuple):
    """A partition of rows by the leading eigenvectors of their affinities, and its rule."""

    labels: Int32
    """(rows,) int32 in 0..k-1; -1 for rows that are akin to nothing."""
    landmarks: Float32
    """(p, d) float32: each the mean of several rows."""
    projection: Float32
    """(p, m) float32 from affinities with the landmarks to the m <= k eigenvectors."""
    centers: Float32
    """(k, m) float32 in the space of the eigenvectors."""
    eigenvalues: Float32
    """(m,) float32, of the normalized affinity, the largest (1) first."""
    affinity: str
    """One of AFFINITIES."""
    width: float
    """Of "nearest": the distance at which affinity has fallen to exp(-1/2)."""

    def place(self, points: Float32 | csr_array) -> Int32:
        """The cluster of each row, by the very rule by which `labels` were made.

        Parameters
        ----------
        points : (rows, d) float32 or CSR

        Returns
        -------
        (rows,) int32, -1 for rows that are akin to no landmark (zeros under "cosine").

        Raises
        ------
        InvalidInput
            Points that are not finite, or not as wide as the landmarks.
        """
        _check_points(points)
        if points.shape[1] != self.landmarks.shape[1]:
            raise InvalidInput(
                f"Rows to place must have the {self.landmarks.shape[1]} columns that were "
                f"clustered, got {points.shape[1]}."
            )
        affinities = Affinities(self.landmarks, self.affinity, self.width)
        embedded = _embedded(points, affinities, self.projection)
        return _labels(embedded, self.centers)


def spectral(
    points: Float32 | csr_array,
    k: int,
    *,
    affinity: str = "polynomial",
    landmarks: int | None = None,
    seed: int = 0,
    n_init: int = 4,
) -> SpectralClusters:
    """Normalized spectral clustering (Ng, Jordan and Weiss 2001) of any number of rows.

    Rows are joined to p landmarks that stand for all rows, each the k-means center of m_l of
    them, by the affinity a ::

        "polynomial"  a(x, l) = m_l (x.l / d + 1)^3
        "cosine"      a(x, l) = m_l x.l / |x|, l being the mean of rows at length one
        "nearest"     a(x, l) = exp(-|x - l|^2 / 2 w^2) / sum over l, for the 5 nearest landmarks;
                      w is their mean distance

    where negative ones count as 0. With the degrees ``r = A 1`` of rows and ``c = A' 1`` of
    landmarks and the singular value decomposition ``R^(-1/2) A C^(-1/2) = U S V'``, the first k
    columns of U stand for the leading eigenvectors of the normalized affinity of all rows, S for
    its eigenvalues. Rows of U are scaled to length one and grouped by k-means. Since
    ``U = R^(-1/2) A (C^(-1/2) V S^(-1))`` and lengths do not count, any row x is placed by
    ``a(x) C^(-1/2) V S^(-1)``: rows seen in training and rows never seen alike.

    Parameters
    ----------
    points : (n, d) float32 or CSR
        Sparse points stay sparse.
    k
        Clusters wanted; fewer are made where there are fewer distinct rows or eigenvectors.
    landmarks
        At most so many; left out: 500, or an eighth of the rows. Each is the mean of 3 rows or
        more: those of fewer are dissolved into the nearest of the others. So few rows may give
        fewer clusters.
    n_init
        Starts of the last k-means.

    Raises
    ------
    InvalidParameter
        k < 1, `affinity` is none of AFFINITIES, or fewer landmarks than clusters are wanted.
    InvalidInput
        No rows, or points that are not finite.

    Sources: Chen and Cai 2011, landmark-based spectral clustering; Dhillon 2001, bipartite
    spectral clustering; Bengio et al. 2004, out-of-sample extension.
    """
    if affinity not in AFFINITIES:
        raise InvalidParameter(
            f"`affinity` must be one of {', '.join(AFFINITIES)}, got {affinity!r}."
        )
    if k < 1 or (landmarks is not None and landmarks < k):
        raise InvalidParameter(
            f"Spectral clustering needs k >= 1 and at least k landmarks, got k = {k} and "
            f"{landmarks} landmarks."
        )
    _check_points(points)
    n = points.shape[0]
    if not n:
        raise InvalidInput("Spectral clustering needs rows, got none.")
    wanted = _wanted(n) if landmarks is None else landmarks
    return _joined(points, affinity, max(wanted, k), k, seed).clusters(points, k, seed, n_init)


class SpectralScan:
    """`spectral` of the same rows for many k: what does not depend on k is found once.

    ``SpectralScan(points, seed=s).clusters(k)`` is ``spectral(points, k, seed=s)`` to the last bit.

    Raises
    ------
    InvalidInput
        See `spectral`.
    """

    def __init__(self, points: Float32 | csr_array, *, seed: int = 0, n_init: int = 4) -> None:
        _check_points(points)
        self._points, self._seed, self._n_init = points, seed, n_init
        wanted = max(_wanted(points.shape[0]), 1)
        self._shared = _joined(points, "polynomial", wanted, 1, seed)
        self._most = min(wanted, len(self._shared.landmarks))

    def clusters(self, k: int) -> SpectralClusters:
        """The clusters that `spectral` finds."""
        if not 1 <= k <= self._most:
            # Other landmarks are drawn where there are not enough for so many clusters.
            return spectral(self._points, k, seed=self._seed, n_init=self._n_init)
        return self._shared.clusters(self._points, k, self._seed, self._n_init)


class _Joined(NamedTuple):
    """Rows joined to landmarks, for any number of clusters."""

    landmarks: Float32
    affinity: str
    width: float
    vectors: Float64
    """(p, p) from affinities to eigenvectors, the leading one first."""
    values: Float64

    def clusters(
        self, points: Float32 | csr_array, k: int, seed: int, n_init: int
    ) -> SpectralClusters:
        affinities = Affinities(self.landmarks, self.affinity, self.width)
        values = self.values[:k][self.values[:k] > _LEAST]
        projection = self.vectors[:, : len(values)]
        # Lengths do not count; so these fit float32 whatever the affinities are.
        projection = projection / max(np.abs(projection).max(initial=0), np.finfo(np.float64).tiny)
        projection = projection.astype(np.float32)
        embedded = _embedded(points, affinities, projection)
        akin = embedded[embedded.any(axis=1)]
        if not len(akin):
            raise InvalidInput(
                "No row is akin to any other: every row is zero. Leave such rows out, or take "
                "another affinity."
            )
        centers = kmeans(akin, k, seed=seed, n_init=n_init).centers
        # Where rows are equal but for rounding, a center may be nobody's nearest.
        centers = centers[np.unique(nearest(akin, centers))]
        return SpectralClusters(
            _labels(embedded, centers),
            self.landmarks,
            projection,
            centers,
            values.astype(np.float32),
            self.affinity,
            self.width,
        )


def _wanted(rows: int) -> int:
    return min(_LANDMARKS, rows // 8)


def _joined(points: Float32 | csr_array, affinity: str, wanted: int, k: int, seed: int) -> _Joined:
    marks, weight, width = landmarks_of(points, affinity, wanted, k, seed)
    vectors, values = _decomposed(points, Affinities(marks, affinity, width), weight)
    return _Joined(marks, affinity, width, vectors, values)


def _check_points(points: Float32 | csr_array) -> None:
    if not np.isfinite(points if isinstance(points, np.ndarray) else points.data).all():
        raise InvalidInput("Points must be finite, got NaN or infinity; drop those rows first.")


def _decomposed(
    points: Float32 | csr_array, affinities: Affinities, weight: Float64
) -> tuple[Float64, Float64]:
    """The (p, p) ways from affinities to eigenvectors and the (p,) eigenvalues, largest first."""
    p = len(weight)
    degree, gram = np.zeros(p), np.zeros((p, p))
    for _, block in row_blocks(points):
        near = affinities.of(block) * weight
        of_rows = near.sum(axis=1, keepdims=True)
        degree += near.sum(axis=0)
        with exclusive():
            gram += (near / np.where(of_rows > 0, of_rows, 1)).T @ near
    scale = np.divide(1, np.sqrt(degree), out=np.zeros(p), where=degree > 0)
    with exclusive():
        squares, right = np.linalg.eigh(gram * np.outer(scale, scale))
    values = np.sqrt(np.maximum(squares[::-1], 0))
    right = right[:, ::-1]
    # A vector and its negative are equally good: the one whose largest entry is positive.
    right = right * np.sign(right[np.abs(right).argmax(axis=0), np.arange(p)])
    vectors = (weight * scale)[:, np.newaxis] * right
    return np.divide(vectors, values, out=np.zeros((p, p)), where=values > _LEAST), values


def _embedded(points: Float32 | csr_array, affinities: Affinities, projection: Float32) -> Float32:
    """(rows, m) rows of eigenvectors, scaled to length one; zeros where a row is akin to none."""
    result = np.zeros((points.shape[0], projection.shape[1]), np.float32)
    for rows, block in row_blocks(points):
        near = affinities.of(block)
        # Of one size, so that lengths fit float32.
        near /= np.maximum(near.max(axis=1, keepdims=True), np.finfo(np.float64).tiny)
        with exclusive():
            result[rows] = unit_rows((near @ projection).astype(np.float32))
    return result


def _labels(embedded: Float32, centers: Float32) -> Int32:
    labels = nearest(embedded, centers)
    labels[~embedded.any(axis=1)] = -1
    return labels
