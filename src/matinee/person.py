"""What is known of somebody at one moment, in the forms that models ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from matinee.features import profile_row, readable
from matinee.interactions import Float32, Int32, Int64
from matinee.model import Model


@dataclass(frozen=True, eq=False)
class Person:
    """Ratings and profile of a person, who may be nobody in the store.

    Attributes
    ----------
    items : (n,) int32
        Rated items, ascending.
    values : (n,) float32
        Their ratings.
    profile
        What is stated of age, gender, occupation and zip.
    liked
        From which value on an item counts as liked.
    times : (n,) int64, or None
        When they were given, UTC seconds; 0 where that is not known.
    rated
        Whether these are ratings, and not titles that somebody says to like.
    """

    items: Int32
    values: Float32
    profile: dict[str, Any]
    liked: float
    times: Int64 | None = None
    rated: bool = True

    def histories(self, model: Model, threshold: float | None) -> tuple[csr_array, csr_array]:
        """(1, n_items) CSR of what the model learns from, and of all that was seen.

        A ranking model learns from what was liked: rated `threshold` or higher.
        """
        known = self.items < model.n_items
        items, values = self.items[known], self.values[known]
        liked = np.ones(len(items), bool) if threshold is None else values >= threshold
        return _row(items[liked], values[liked], model.n_items), _row(items, values, model.n_items)

    def moments(self, model: Model, threshold: float | None) -> Int64 | None:
        """When the ratings that the model learns from were given, UTC seconds; see `histories`.

        None where that is known of none of the person's ratings.
        """
        if self.times is None or not self.times.any():
            return None
        known = self.items < model.n_items
        return self.times[known if threshold is None else known & (self.values >= threshold)]

    def profile_row(self, names: list[str]) -> csr_array | None:
        """(1, g) CSR of the profile in the columns of a model; None where nothing is stated.

        What cannot be read counts as unknown: it was stored before this model met anybody.
        """
        if not names or not self.profile:
            return None
        return profile_row(readable(self.profile, names), names)


def _row(items: Int32, values: Float32, width: int) -> csr_array:
    indptr = np.array([0, len(items)], np.int32)
    return csr_array((values.astype(np.float32), items, indptr), shape=(1, width))
