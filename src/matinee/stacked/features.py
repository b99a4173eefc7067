"""The features that a stack of models sees beside their predictions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee import rating_features
from matinee.interactions import Float32, Int32, Int64, Interactions, SideInformation
from matinee.rating_features import Known
from matinee.stacked import moments as rating_moments
from matinee.stacked import neighbors as rating_neighbors
from matinee.stacked.neighbors import Neighbors

_CLUSTERS = ("user_cluster:", "movie_cluster:")
"""Not used: these have other numbers in each fold, and factors say more."""


class People(NamedTuple):
    """What is known of people, a row each in every part."""

    statistics: npt.NDArray[np.float64]
    deviations: csr_array
    moments: csr_array

    def rows(self, index: npt.NDArray[np.integer[Any]]) -> People:
        """Those people, in that order."""
        return People(*(part[index] for part in self))


@dataclass(frozen=True, eq=False)
class Features:
    """Features of a rating, how the person rated neighbors of the item, and what around then."""

    known: Known
    neighbors: Neighbors

    @cached_property
    def _columns(self) -> npt.NDArray[np.int64]:
        names = self.known.names
        return np.array([c for c, name in enumerate(names) if not name.startswith(_CLUSTERS)])

    @cached_property
    def names(self) -> tuple[str, ...]:
        """f names of the columns."""
        plain = (self.known.names[c] for c in self._columns)
        return (*plain, *rating_neighbors.NAMES, *rating_moments.NAMES)

    def people(self, history: csr_array, times: Int64 | None, profiles: csr_array | None) -> People:
        """What is known of people: statistics, and deviations and times of their ratings.

        Profiles of other columns than those of the training data count as unknown.
        """
        if profiles is not None and profiles.shape[1] != len(self.known.profile):
            profiles = None
        return People(
            self.known.people(history, times, profiles),
            self.neighbors.deviations(history),
            rating_moments.packed(history, times),
        )

    def of_pairs(self, people: People, items: Int32, now: Int64 | None) -> Float32:
        """(pairs, f) float32, columns `names`; NaN where unknown.

        Parameters
        ----------
        people
            A row for each pair.
        items : (pairs,) int32
            -1 for an unknown item.
        now : (pairs,) int64 UTC seconds, or None
        """
        plain = self.known.of_pairs(people.statistics, items, now)[:, self._columns]
        near = self.neighbors.of_pairs(people.deviations, items)
        around = rating_moments.of_pairs(people.deviations, people.moments, now)
        return np.hstack([plain, near, around])

    def arrays(self) -> dict[str, Any]:
        """Everything, by name; `of` takes it back."""
        mine = {"levels": self.neighbors.levels, "weights": self.neighbors.weights}
        return {**self.known.arrays(), **mine}

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> Features:
        """What `arrays` gave; InvalidInput where something is missing."""
        known = Known.of(arrays)
        return cls(known, rating_neighbors.of(arrays, len(known.item_sums)))


def fit(train: Interactions, side: SideInformation, *, seed: int) -> Features:
    """Learn what features need from ratings with values."""
    return Features(
        rating_features.fit(train, side, seed=seed), rating_neighbors.fit(train, seed=seed)
    )
