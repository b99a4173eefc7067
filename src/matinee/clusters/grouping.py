"""One clustering as arrays, and its clusters as people read them: names, marks, places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, eye_array

from matinee.cluster_answers import Axis, Cluster, Mark, On
from matinee.clusters.axes import ends, places
from matinee.clusters.marks import Float64, lifts, marks_of, shares, title_lifts
from matinee.clusters.naming import names, spoken_mark
from matinee.interactions import Int32

EMBLEMS = 3
"""Titles that stand for a cluster."""
_MOST_LIKED = 300
"""Titles that a map is made of where no trait of any title is known."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """A clustering at this moment.

    Parameters
    ----------
    on
        Whether people or items are grouped.
    counts : (k, n_items) counts
        Members of each cluster who like each item; for items, the ratings of those in it.
    sizes : (k,) counts
        Members of each cluster.
    features : (n_items, f) CSR, with f names
        Traits of items.
    profiles : (k, g) and (g,) shares with g names, or None
        How much of each cluster has each trait of people, and how much of everybody.
    """

    on: On
    counts: npt.NDArray[np.generic]
    sizes: npt.NDArray[np.generic]
    features: csr_array
    feature_names: Sequence[str]
    profiles: tuple[Float64, Float64] | None
    profile_names: Sequence[str]
    by_profile: bool
    """Made of profiles, which then name the clusters."""
    labels: Int32
    """(n_items,) the cluster of each item; (0,) for clusters of people."""

    @cached_property
    def rate(self) -> Float64:
        """(n_items,) the share of all members who like each item."""
        total = max(float(self.sizes.sum()), 1.0)
        return self.counts.sum(axis=0, dtype=np.float64) / total

    def lift_of_titles(self, number: int) -> Float64:
        """(n_items,) how many times everybody's share likes each title in a cluster of people."""
        return title_lifts(self.counts[number], int(self.sizes[number]), self.rate)

    def emblems(self, number: int, n: int = EMBLEMS) -> list[int]:
        """Titles that stand for a cluster, the first one most.

        Of items the most rated; of people those with the highest ``n_ci log lift_ci``, which many
        of them like, and more than everybody does.
        """
        count = self.counts[number].astype(np.float64)
        score = count if self.on == "items" else count * np.log(self.lift_of_titles(number))
        order = np.argsort(-score, kind="stable")[:n].tolist()
        return [i for i in order if score[i] > 0]

    def marks(self) -> list[list[Mark]]:
        """What marks each cluster out: of taste, then of people, the strongest of each first; the
        other way round where people are grouped by profile."""
        within, everybody = shares(self.counts, self.features)
        found = [marks_of(self.feature_names, row, everybody) for row in within]
        if self.profiles is not None:
            of_people = [
                marks_of(self.profile_names, row, self.profiles[1]) for row in self.profiles[0]
            ]
            both = (of_people, found) if self.by_profile else (found, of_people)
            found = [[*first, *then] for first, then in zip(*both, strict=True)]
        return found

    def described(self, titles: Sequence[Sequence[str]]) -> tuple[list[Cluster], tuple[Axis, Axis]]:
        """Every cluster by number, and what the axes of their map mean.

        Parameters
        ----------
        titles
            What the `emblems` of each cluster are called.
        """
        marks = self.marks()
        called = names(marks, titles, profiles_first=self.by_profile)
        points, axes = self._map()
        total = max(int(self.sizes.sum()), 1)
        clusters = [
            Cluster(
                number,
                called[number],
                int(size),
                int(size) / total,
                marks[number],
                list(titles[number]),
                round(float(points[number, 0]), 6),
                round(float(points[number, 1]), 6),
            )
            for number, size in enumerate(self.sizes)
        ]
        return clusters, axes

    def _map(self) -> tuple[Float64, tuple[Axis, Axis]]:
        """Clusters by the logarithms of the lifts of all traits."""
        features, traits = self.features, list(self.feature_names)
        if self.by_profile and self.profiles is not None:
            within, everybody = self.profiles
            traits = list(self.profile_names)
        elif len(traits) > 1:
            within, everybody = shares(self.counts, features)
        else:
            # Nothing is known of titles: the titles themselves are the traits.
            liked = np.argsort(-self.counts.sum(axis=0, dtype=np.float64), kind="stable")
            kept = self.counts[:, np.sort(liked[:_MOST_LIKED])]
            within, everybody = shares(kept, csr_array(eye_array(kept.shape[1])))
            traits = []
        found = places(np.log(lifts(within, everybody)), self.sizes)
        said = [spoken_mark(Mark(*_split(t), 0, 0, 0)) for t in traits]
        axes = [
            Axis(*ends(loading, said) if said else ([], []), round(float(share), 6))
            for loading, share in zip(found.loadings, found.shares, strict=True)
        ]
        return found.points, (axes[0], axes[1])


def _split(trait: str) -> tuple[str, str]:
    kind, _, value = trait.partition(":")
    return kind, value
