"""Gibbs draws of a whole model of ratings: people, items, moods, noise, cuts, turn after turn.

What `models/bayes_fm.py` fits by. All turns are of arrays by rating; of those there are two
orders, by person and by item.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.bayes.factor_draws import Side, draw_noise
from matinee.bayes.likelihoods import likelihood_of
from matinee.bayes.moods import FIRST_SHAPE, Pages
from matinee.interactions import Float32, Int64, SideInformation, sorted_csr
from matinee.kernels.threads import exclusive


class Settings(NamedTuple):
    """What `models/bayes_fm.py` states as hyperparameters of the same names."""

    factors: int
    exponent: float
    implicit_regularization: float
    item_implicit_regularization: float
    noise_damping: float
    likelihood: str


class Ratings:
    """The draws of the moment of all that ratings depend on.

    Parameters
    ----------
    matrix : (n_users, n_items) CSR of ratings
    told : (n_users, n_items) CSR; who is known to rate what: `matrix`, or more
    times : (nnz,) int64, of the ratings; None: moods are left out
    """

    def __init__(
        self,
        matrix: csr_array,
        told: csr_array,
        side: SideInformation,
        times: Int64 | None,
        settings: Settings,
        random: np.random.Generator,
    ) -> None:
        self._settings, self._random = settings, random
        self.likelihood = likelihood_of(settings.likelihood, matrix.data, random)
        self._to_items: npt.NDArray[np.int32] = np.argsort(matrix.indices, kind="stable").astype(
            np.int32
        )
        self._pages = None if times is None else Pages(matrix.indptr, times)
        self._shape, self._mood = FIRST_SHAPE, np.zeros(matrix.nnz, np.float32)
        z, factors, exponent = self.likelihood.z, settings.factors, settings.exponent
        self.people = Side(
            matrix, z.copy(), told, side.user_features,
            factors=factors, exponent=exponent, penalty=settings.implicit_regularization,
        )  # fmt: skip
        by_item, known = sorted_csr(matrix.T), sorted_csr(told.T)
        self.items = Side(
            by_item, z[self._to_items], known, side.item_features,
            factors=factors, exponent=exponent, penalty=settings.item_implicit_regularization,
        )  # fmt: skip
        first = random.standard_normal((matrix.shape[1], settings.factors))
        self.items.x[:, 1 : settings.factors + 1] = first
        self.items.x *= self.items.rated[:, np.newaxis]
        self._said = z

    def turn(self) -> None:
        """Draw everything once."""
        with exclusive():
            self._turn()

    def _turn(self) -> None:
        people, items, random = self.people, self.items, self._random
        people.draw(items, random)
        people.draw_prior(random)
        items.draw(people, random)
        items.draw_prior(random)
        scaled = self.likelihood.scaled
        draw_noise(people, items, self._settings.noise_damping, random, scaled=scaled)
        if scaled and self._pages is None:
            return  # Then what people and items explain are the ratings, from first to last.
        self._draw_rest()

    def _draw_rest(self) -> None:
        """Draw moods, cuts and hidden ratings, and what these leave to be explained."""
        people, items = self.people, self.items
        errors = np.empty_like(people.z)
        errors[self._to_items] = items.errors
        said = people.z - errors
        w = (people.common * people.weights)[people.row_of] * items.weights[people.matrix.indices]
        w = w.astype(np.float32, copy=False)
        if self._pages is not None:
            sums = self._pages.sums(self.likelihood.z - said, w)
            drawn = self._pages.drawn(*sums, self._shape, self._random)
            drawn, self._shape = self._pages.redrawn(drawn, *sums, self._shape, self._random)
            self._mood = self._pages.of_ratings(drawn)
        self._said = said + self._mood
        self.likelihood.draw(self._said, w, self._random)
        people.z = self.likelihood.z - self._mood
        items.z = people.z[self._to_items]

    def kept(self) -> dict[str, Float32]:
        """What is kept of a draw: all that folding people in and predicting needs."""
        people, items = self.people, self.items
        n_items = len(items.x)
        return {
            "items_": items.x.copy(),
            "item_weights_": np.float32(items.common) * items.weights,
            "implicit_": people.said[:n_items].copy(),
            "profile_": people.said[n_items:].copy(),
            "precisions_": people.precision.copy(),
            "centers_": people.center.copy(),
            "item_centers_": items.center.copy(),
            "cuts_": self.likelihood.cuts,
            "moods_": np.array(self._shape if self._pages is not None else (), np.float32),
            "line_": np.array(self.likelihood.line(self._said), np.float32),
        }
