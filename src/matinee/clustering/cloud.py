"""A cloud without clusters, shaped like given rows: what clusters must be told apart from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.interactions import Float32
from matinee.kernels.threads import exclusive

Float64 = npt.NDArray[np.float64]

_DRAWN = 1000
"""Rows that the shape is taken from: enough for variances to compare with."""
_SKEWED = 0.5


def cloud_like(points: Float32 | csr_array, rows: int, seed: int) -> Float32:
    """Rows in one heap that has the mean, the covariance and the skewness of `points`.

    k-means cuts any heap into pieces, and in few dimensions the pieces of a heap have a silhouette
    of .3 and more, of a skewed heap .6. So a silhouette means something only where it is above
    that of such a cloud: the idea of the gap statistic (Tibshirani, Walther and Hastie 2001), whose
    reference is uniform along the principal axes. Along each axis of variance s^2 and skewness g ::

        s sqrt(3) u, u uniform in -1..1                        if |g| < .5
        sign(g) s (x - a) / sqrt(a), x of Gamma(a), a = 4 / g^2     else

    Parameters
    ----------
    points : (n, d) float32 or CSR
        At most 1,000 of its rows are looked at.
    rows
        How many to draw.

    Returns
    -------
    (rows, d') float32. d' may be below d: rows are then turned within the space that they span,
    which changes no distance and no inner product, so that nothing is made dense.
    """
    rng = np.random.default_rng(seed)
    drawn = points[np.sort(rng.permutation(points.shape[0])[:_DRAWN])]
    with exclusive():
        if not isinstance(drawn, np.ndarray) or drawn.shape[1] > drawn.shape[0]:
            drawn = _turned(drawn)
        mean = drawn.mean(axis=0, dtype=np.float64)
        _, _, axes = np.linalg.svd(drawn - mean, full_matrices=False)
        along = (drawn - mean) @ axes.T
        heap = np.column_stack([_heap(values, rows, rng) for values in along.T])
        cloud = heap @ axes + mean
    return np.ascontiguousarray(cloud, np.float32)


def _heap(values: Float64, rows: int, rng: np.random.Generator) -> Float64:
    """(rows,) draws from one heap around 0, as wide and as skewed as `values` around theirs."""
    spread = float(values.std())
    if spread == 0:
        return np.zeros(rows)
    skewness = float(np.mean((values / spread) ** 3))
    if abs(skewness) < _SKEWED:
        return spread * np.sqrt(3) * rng.uniform(-1, 1, rows)
    shape = 4 / skewness**2
    return np.sign(skewness) * spread * (rng.gamma(shape, size=rows) - shape) / np.sqrt(shape)


def _turned(rows: Float32 | csr_array) -> Float64:
    """(s, s) coordinates with the same inner products: ``K = V L V'`` gives ``V L^(1/2)``."""
    products = rows @ rows.T
    gram = products if isinstance(products, np.ndarray) else products.toarray()
    values, vectors = np.linalg.eigh(gram.astype(np.float64))
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0)))
