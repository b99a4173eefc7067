"""k-means on one thread, so that the same seed gives the same clusters everywhere."""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from matinee.errors import InvalidParameter
from matinee.interactions import Bool, Float32, Int32
from matinee.kernels.threads import exclusive


class Clusters(NamedTuple):
    """A partition of rows around centers."""

    labels: Int32
    """(rows,) int32 in 0..k-1."""
    centers: Float32
    """(k, d) float32."""
    inertia: float
    """Sum over rows of the squared distance to the row's center."""


def kmeans(points: Float32, k: int, *, seed: int = 0, n_init: int = 4) -> Clusters:
    """Lloyd's k-means from `n_init` k-means++ starts, the one of least inertia.

    Parameters
    ----------
    points : (rows, d) float32
    k
        Clusters wanted; where there are fewer distinct rows, that many are made. None is empty.

    Raises
    ------
    InvalidParameter
        k < 1, or no rows at all.
    """
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    if k < 1 or not len(points):
        raise InvalidParameter(
            f"k-means needs k >= 1 and at least one row, got {k}, {len(points)}."
        )
    k = min(k, len(np.unique(points, axis=0)))
    # scikit-learn adds up per thread: only one thread gives the same sums on every machine.
    with exclusive(), threadpool_limits(limits=1), warnings.catch_warnings():
        # Rows that differ by no more than rounding may share a cluster and leave one empty.
        warnings.simplefilter("ignore", ConvergenceWarning)
        found = KMeans(k, n_init=n_init, random_state=seed, algorithm="lloyd").fit(points)
    used, labels = np.unique(found.labels_, return_inverse=True)
    return Clusters(
        labels.astype(np.int32),
        found.cluster_centers_[used].astype(np.float32),
        float(found.inertia_),
    )


def at_most(k: int, rows: int) -> int:
    """`k`, but no more than ``sqrt(rows / 2)``: a common rule for how many clusters rows bear."""
    return max(1, min(k, round((rows / 2) ** 0.5)))


def nearest(points: Float32, centers: Float32, known: Bool | None = None) -> Int32:
    """The nearest center of each row, judged by the columns that are known of that row.

    Parameters
    ----------
    points : (rows, d) float32
    centers : (k, d) float32
    known : (rows, d) bool, optional
        Columns that count; a row of which nothing is known gets center 0.

    Returns
    -------
    (rows,) int32; ties go to the lower center.
    """
    mask = np.ones_like(points) if known is None else known.astype(np.float32)
    # sum_f m_f (p_f - c_f)^2 without the part that is the same for every center.
    with exclusive():
        distance = mask @ (centers * centers).T - 2 * (mask * points) @ centers.T
    return np.argmin(distance, axis=1).astype(np.int32)
