"""Choosing k: rows clustered into every number of clusters, and what each is worth."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from matinee.clustering import criteria, verdict
from matinee.clustering.measuring import Float64, Measured, Measuring, Points
from matinee.clustering.verdict import Structure
from matinee.errors import InvalidParameter
from matinee.interactions import Int64
from matinee.progress import Progress, silent


@dataclass(frozen=True, eq=False)
class Scan:
    """What every k is worth: arrays of one length, ascending in k. NaN: cannot be, or not wanted.

    Attributes
    ----------
    k : int64
    wcss : float64
        Sum over rows of the squared distance to the mean of their cluster.
    silhouette
        Mean over rows of ``(b - a) / max(a, b)``, a the mean distance to the own cluster, b to the
        nearest other one, in -1..1; more is better. NaN at k = 1.
    cloud
        The silhouette at this k of rows with the same spread but without clusters.
    calinski_harabasz
        Spread between clusters over spread within; more is better. NaN at k = 1.
    davies_bouldin
        Mean likeness of each cluster to the one most like it; less is better. NaN at k = 1.
    stability
        Adjusted Rand index between clusterings of random samples of the rows: 1 the same, 0 as
        alike as by chance. NaN at k = 1.
    largest
        Share of the rows that the largest cluster holds.
    of_length
        Share of the variance of the rows' lengths that lies between clusters: near 1, they tell
        long rows from short ones and little else. NaN at k = 1, where all are equally long, and
        where a value is negative, so that rows count nothing.
    quality
        NDCG@10 of the recommender that these clusters make, on validation ratings.
    seconds
        What all of that took.
    n_rows
        Rows clustered.
    sample_size
        Rows that the silhouette is the mean of.
    popularity
        NDCG@10 of recommending what most people like, on the same ratings.
    """

    k: Int64
    wcss: Float64
    silhouette: Float64
    cloud: Float64
    calinski_harabasz: Float64
    davies_bouldin: Float64
    stability: Float64
    largest: Float64
    of_length: Float64
    quality: Float64
    seconds: Float64
    n_rows: int
    sample_size: int
    popularity: float = math.nan

    @classmethod
    def of(
        cls,
        measured: Iterable[Measured],
        n_rows: int,
        sample_size: int,
        popularity: float = math.nan,
    ) -> Self:
        """A scan of what was measured, in any order."""
        listed = sorted(measured)
        columns: dict[str, Any] = {
            name: np.array(
                [getattr(row, name) for row in listed], np.int64 if name == "k" else float
            )
            for name in Measured._fields
        }
        return cls(n_rows=n_rows, sample_size=sample_size, popularity=popularity, **columns)

    @cached_property
    def differences(self) -> Float64:
        """Change of WCSS for each cluster more: from the k before, NaN at the first.

        ``(wcss[i] - wcss[i - 1]) / (k[i] - k[i - 1])``: where k goes up by one, the difference of
        neighbors.
        """
        change = np.diff(self.wcss) / np.diff(self.k)
        return np.concatenate([[np.nan], change])[: len(self.k)]

    @cached_property
    def knee(self) -> int | None:
        """The k at which WCSS bends most; None where it bends nowhere."""
        return criteria.knee(self.k, self.wcss)

    def settled(self, boundary: float) -> int | None:
        """The first k from which on no difference is larger than `boundary`; None if there is none.

        Raises
        ------
        InvalidParameter
            `boundary` is negative.
        """
        if not boundary >= 0:
            raise InvalidParameter(f"`boundary` must be >= 0, got {boundary:g}.")
        within = np.abs(self.differences[1:]) <= boundary
        large = np.flatnonzero(~within)
        first = int(large[-1]) + 1 if len(large) else 0
        return int(self.k[1:][first]) if first < len(within) else None

    def up_to(self, highest: int | None) -> Scan:
        """The part with k <= `highest`; all of it for None.

        Raises
        ------
        InvalidParameter
            There is no such k.
        """
        if highest is None:
            return self
        kept = self.rows(self.k <= highest)
        if not kept:
            raise InvalidParameter(
                f"`upto` must be at least {self.k[0]}, the lowest k scanned, got {highest}."
            )
        return Scan.of(kept, self.n_rows, self.sample_size, self.popularity)

    def rows(self, which: npt.NDArray[np.bool_] | None = None) -> list[Measured]:
        """A record a k, those that the mask `which` marks."""
        names = Measured._fields
        chosen = np.flatnonzero(np.ones(len(self.k), bool) if which is None else which)
        return [Measured(*(getattr(self, n)[i].item() for n in names)) for i in chosen]

    @property
    def sampled(self) -> bool:
        """Whether the silhouette is that of a sample."""
        return self.sample_size < self.n_rows

    @property
    def structure(self) -> Structure | None:
        """How much structure there is: "none", "weak", "reasonable" or "strong"."""
        return verdict.structure(self)[0]

    @property
    def verdict(self) -> str:
        """In plain words whether there is structure to speak of, and which k to take."""
        return verdict.in_words(self)


def scan(
    points: Points,
    ks: Iterable[int] = range(1, 31),
    *,
    method: str = "kmeans",
    n_init: int = 4,
    max_iter: int = 300,
    seed: int = 0,
    silhouette_sample: int = 10_000,
    quality: Callable[[int], float] | None = None,
    popularity: float = math.nan,
    progress: Progress = silent,
) -> Scan:
    """Cluster `points` into every k of `ks` and measure what each is worth.

    Parameters
    ----------
    points : (n, d) float32 or CSR
    quality
        Gives the held-out quality of the recommender that k clusters make, where it is wanted;
        `popularity` is the same figure of recommending what most people like.

    Raises
    ------
    InvalidParameter, InvalidInput
        See `Measuring` and `Measuring.check`.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> points = np.repeat(np.eye(3, dtype=np.float32), 40, axis=0)
    >>> points += rng.normal(0, 0.1, points.shape).astype(np.float32)
    >>> found = scan(points, range(1, 7))
    >>> found.knee, found.structure
    (3, 'strong')
    """
    measuring = Measuring(
        points, method=method, n_init=n_init, max_iter=max_iter, seed=seed,
        silhouette_sample=silhouette_sample,
    )  # fmt: skip
    wanted = measuring.check(list(ks))
    measured = []
    for done, k in enumerate(wanted):
        progress("scanning k", done, len(wanted))
        measured.append(measuring.at(k, quality))
    progress("scanning k", len(wanted), len(wanted))
    return Scan.of(measured, points.shape[0], measuring.sample_size, popularity)
