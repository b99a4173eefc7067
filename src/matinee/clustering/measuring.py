"""Measuring what clusters of every number are worth, one k after the other."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.clustering import criteria
from matinee.clustering.cloud import cloud_like
from matinee.clustering.criteria import Silhouette
from matinee.clustering.kmeans import Clusters, kmeans, minibatch_kmeans
from matinee.clustering.spectral import SpectralClusters, SpectralScan
from matinee.errors import InvalidInput, InvalidParameter, some
from matinee.interactions import Float32, Int32

Points: TypeAlias = Float32 | csr_array
Float64: TypeAlias = npt.NDArray[np.float64]
METHODS = ("kmeans", "minibatch", "spectral")
_CLOUD_ROWS = 2000


class Measured(NamedTuple):
    """What clusters of one number are worth; NaN where a figure cannot be, or was not wanted."""

    k: int
    wcss: float
    largest: float
    seconds: float
    silhouette: float = math.nan
    cloud: float = math.nan
    calinski_harabasz: float = math.nan
    davies_bouldin: float = math.nan
    stability: float = math.nan
    of_length: float = math.nan
    quality: float = math.nan


class Measuring:
    """Measures one k after the other, sharing what every k needs.

    Parameters
    ----------
    points : (n, d) float32 or CSR
        The rows to cluster.
    method
        "kmeans", "minibatch" or "spectral".
    n_init, max_iter
        Starts (minibatch has its own number) and, but for spectral, rounds of a start at most.
    silhouette_sample
        Rows that the silhouette is the mean of, at most.

    Raises
    ------
    InvalidParameter
        A parameter is out of bounds.
    InvalidInput
        There are no rows.
    """

    def __init__(
        self,
        points: Points,
        *,
        method: str = "kmeans",
        n_init: int = 4,
        max_iter: int = 300,
        seed: int = 0,
        silhouette_sample: int = 10_000,
    ) -> None:
        if method not in METHODS:
            raise InvalidParameter(f"`method` must be {' or '.join(METHODS)}, got {method!r}.")
        for name, value, least in (
            ("n_init", n_init, 1), ("max_iter", max_iter, 1), ("seed", seed, 0),
            ("silhouette_sample", silhouette_sample, 2),
        ):  # fmt: skip
            if value < least:
                raise InvalidParameter(f"`{name}` must be at least {least}, got {value}.")
        if not points.shape[0]:
            raise InvalidInput("There must be rows to cluster, got none.")
        self.points = points
        self._method, self._seed = method, seed
        self._n_init, self._max_iter = n_init, max_iter
        self.sample_size = min(points.shape[0], silhouette_sample)
        self._spectral: dict[str, SpectralScan] = {}

    @cached_property
    def _silhouette(self) -> Silhouette:
        return Silhouette(self.points, sample=self.sample_size, seed=self._seed)

    @cached_property
    def _cloud(self) -> tuple[Float32, Silhouette]:
        cloud = cloud_like(self.points, min(self.points.shape[0], _CLOUD_ROWS), self._seed)
        return cloud, Silhouette(cloud)

    @cached_property
    def _lengths(self) -> Float64:
        """Of the rows where they count something; all 0 where a value is negative."""
        points = self.points
        values = points if isinstance(points, np.ndarray) else points.data
        if values.min(initial=0) < 0:
            return np.zeros(points.shape[0])
        squares = points**2 if isinstance(points, np.ndarray) else points.multiply(points)
        return np.sqrt(np.asarray(squares.sum(axis=1), np.float64))

    @cached_property
    def distinct(self) -> int:
        """Rows that differ from each other: no more clusters can be made."""
        return distinct_rows(self.points)

    def check(self, ks: Sequence[int]) -> list[int]:
        """`ks` in order, each once.

        Raises
        ------
        InvalidParameter
            There is none, one is below 1 or above the number of distinct rows.
        """
        wanted = sorted(set(ks))
        if not wanted:
            raise InvalidParameter("`k` must name at least one number of clusters, got none.")
        if wanted[0] < 1:
            raise InvalidParameter(
                f"`k` must be at least 1, got {some(k for k in wanted if k < 1)}."
            )
        if wanted[-1] > self.distinct:
            raise InvalidParameter(
                f"`k` must be at most {self.distinct}, the distinct ones among the "
                f"{self.points.shape[0]} rows, got {wanted[-1]}."
            )
        return wanted

    def at(self, k: int, quality: Callable[[int], float] | None = None) -> Measured:
        """What `k` clusters are worth; it depends on no other k."""
        began = time.perf_counter()
        found = {} if quality is None else {"quality": quality(k)}
        if k == 1:
            labels = np.zeros(self.points.shape[0], np.int32)
        else:
            labels = self._found("all", self.points, k, self._seed).labels
            found |= self._of_several(k, labels)
        found["wcss"] = criteria.wcss(self.points, labels)
        found["largest"] = float(np.bincount(labels[labels >= 0]).max() / len(labels))
        return Measured(k, seconds=time.perf_counter() - began, **found)

    def _of_several(self, k: int, labels: Int32) -> dict[str, float]:
        """What one cluster alone has not."""
        cloud, silhouette_of_cloud = self._cloud
        of_cloud = self._found("cloud", cloud, k, self._seed).labels

        def fit(sample: Points, seed: int) -> Clusters | SpectralClusters:
            # The samples are drawn by one seed: they are the same at every k.
            return self._found(f"sample {seed}", sample, k, seed)

        return {
            "silhouette": self._silhouette.of(labels),
            "cloud": silhouette_of_cloud.of(of_cloud),
            "calinski_harabasz": _finite(criteria.calinski_harabasz(self.points, labels)),
            "davies_bouldin": criteria.davies_bouldin(self.points, labels),
            "stability": criteria.stability(self.points, k, fit, seed=self._seed),
            "of_length": _explained(self._lengths, labels),
        }

    def _found(self, name: str, points: Points, k: int, seed: int) -> Clusters | SpectralClusters:
        """`k` clusters of the rows that go by `name`, which are the same at every k."""
        if self._method == "spectral":
            if name not in self._spectral:
                self._spectral[name] = SpectralScan(points, seed=seed, n_init=self._n_init)
            return self._spectral[name].clusters(k)
        if self._method == "minibatch":
            return minibatch_kmeans(points, k, seed=seed, max_iter=self._max_iter)
        return kmeans(points, k, seed=seed, n_init=self._n_init, max_iter=self._max_iter)


def _explained(values: Float64, labels: Int32) -> float:
    """Share of the variance of `values` that lies between the clusters; NaN where there is none."""
    spread = float(values.var() * len(values))
    if spread <= 1e-9 * float(values @ values):
        return math.nan
    _, own = np.unique(labels, return_inverse=True)
    means = np.bincount(own, values) / np.bincount(own)
    return 1 - float(((values - means[own]) ** 2).sum()) / spread


def _finite(value: float) -> float:
    return value if math.isfinite(value) else math.nan


def distinct_rows(points: Points) -> int:
    """How many rows differ from each other."""
    if isinstance(points, np.ndarray):
        return len(np.unique(points, axis=0))
    ends = points.indptr.tolist()
    return len(
        {(points.indices[a:b].tobytes(), points.data[a:b].tobytes()) for a, b in pairwise(ends)}
    )
