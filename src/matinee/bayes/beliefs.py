"""What one kept draw of a factor model says of people, given how they rated.

The means of a person's factors, moods, noise and hidden ratings, each given the others, a few
times in turn. `models/bayes_fm.py` has the formula.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from matinee.bayes import likelihoods
from matinee.bayes.moods import Pages, Shape
from matinee.interactions import Float32, Int32
from matinee.kernels import gibbs

_ROUNDS = 3
"""Turns of the means where there are moods or hidden ratings; two are enough for the noise."""
_GUESS = 0.5
"""Precision of hidden ratings around 0 before anything is known of a person."""


class Draw(NamedTuple):
    """Of one kept draw, what is of items and of everybody."""

    items: Float32
    """(n_items, width) float32: (c_i, q_i), filled up with zeros."""
    weights: Float32
    """(n_items,) float32: the precision of each item's ratings."""
    precision: Float32
    """(width, width) float32: the inverse of S."""
    line: tuple[float, float]
    """From z to ratings: mean and deviation."""
    cuts: Float32
    """(steps - 1,) float32, or none."""
    shape: Shape | None
    """Of moods."""
    damping: float
    """Ratings of common noise given to a person."""


class Belief(NamedTuple):
    """Of each person."""

    x: Float32
    """(people, width) float32: the mean of (b_u, t_u)."""
    own: Float32
    """(people,) float32: v_u."""
    explained: Float32
    """(nnz,) float32: the z of each rating without its mood, to which x was fitted."""
    drawn: Float32
    """(2, pages) float32: means of moods, as `Pages.drawn` gives them."""


class Asked:
    """People and the ratings they gave.

    Parameters
    ----------
    history : (people, n_items) CSR of ratings
    values : (steps,) float32, the ratings of the scale, ascending; none where it has no steps
    pages
        Of the ratings; None where times are unknown.
    """

    def __init__(self, history: csr_array, values: Float32, pages: Pages | None) -> None:
        self._indptr, self._ratings, self._pages = history.indptr, history.data, pages
        self._counts = np.diff(history.indptr)
        self._row_of = np.repeat(np.arange(history.shape[0]), self._counts)
        # One person's items are few of all, and only theirs are copied.
        which, place = np.unique(history.indices, return_inverse=True)
        self._which, self._place = which, place.astype(np.int32)
        steps = np.searchsorted((values[1:] + values[:-1]) / 2, history.data)
        self._steps: Int32 = steps.astype(np.int32)

    def believed(self, draw: Draw, prior: Float32) -> Belief:
        """What `draw` says of them, where ``prior`` (people, width) is what it expects of them."""
        cuts, pages = draw.cuts, self._pages if draw.shape is not None else None
        weights = draw.weights[self._which][self._place]
        own, mood = np.ones(len(prior), np.float32), np.zeros(len(weights), np.float32)
        drawn = np.zeros((2, 0 if pages is None else len(pages.first)), np.float32)
        z = likelihoods.standard(self._ratings, *draw.line)
        if len(cuts):
            guess = np.full_like(z, _GUESS)
            z, _ = likelihoods.expected_hidden(np.zeros_like(z), guess, self._steps, cuts)
        rounds = 2 if not len(cuts) and pages is None else _ROUNDS
        for done in range(1, rounds + 1):
            explained = z - mood
            x, errors = self._rows(draw, prior, own, explained)
            w = weights * own[self._row_of]
            if pages is not None and draw.shape is not None:
                drawn = pages.drawn(*pages.sums(errors + mood, w), draw.shape)
            if done == rounds:
                break
            said = explained - errors
            if pages is not None:
                mood = pages.of_ratings(drawn)
            squares = (z - said - mood) ** 2
            if len(cuts):
                z, squares = likelihoods.expected_hidden(said + mood, w, self._steps, cuts)
            sums = np.bincount(self._row_of, weights * squares, minlength=len(own))
            own = np.asarray((draw.damping + self._counts) / (draw.damping + sums), np.float32)
        return Belief(x, own, explained, drawn)

    def open_variance(
        self, draw: Draw, prior: Float32, belief: Belief, everywhere: Float32, seed: int
    ) -> Float32:
        """(people,) how much ``b_u + t_u . q_i`` varies still, for items as they are rated.

        The square of one draw of what is left open: ``e^T M e``, M being `everywhere`, the mean of
        ``a_i a_i^T`` with a_i = (1, q_i). The noise is the same for all people.
        """
        noise = np.random.default_rng(seed).standard_normal((prior.shape[1],), np.float32)
        noise[np.diag(everywhere) == 0] = 0
        all_noise = np.tile(noise, (len(prior), 1))
        x, _ = self._rows(draw, prior, belief.own, belief.explained, all_noise)
        apart = x - belief.x
        return np.asarray(np.einsum("pf,pf->p", apart @ everywhere, apart), np.float32)

    def _rows(
        self, draw: Draw, prior: Float32, own: Float32, z: Float32, noise: Float32 | None = None
    ) -> tuple[Float32, Float32]:
        """A draw (without `noise` the means) of the rows, and what it leaves of each rating."""
        x, errors = np.empty_like(prior), np.empty_like(z)
        nothing = np.zeros_like(prior) if noise is None else noise
        gibbs.draw(
            self._indptr, self._place, z, draw.weights[self._which], draw.items[self._which],
            draw.precision, prior, own, nothing, x, errors,
        )  # fmt: skip
        return x, errors
