"""How a rating follows from what a model says of it: by normal noise, or as a step of the scale.

A model of ratings says f_n of rating n with precision w_n. Of a `Normal` likelihood the rating
itself, standardized, is N(f_n, 1 / w_n). Of an `Ordered` one a hidden number z_n is, and the rating
is the step of the scale between whose cuts z_n lies (see `kernels.ordered`): then the ends of the
scale need not be as far from their neighbours as the middle.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from matinee.interactions import Float32, Int32
from matinee.kernels import ordered

Float64 = npt.NDArray[np.float64]

STEPS = 20
"""Distinct ratings up to which a scale has steps."""
_STRETCH = 1.3
"""Of the first cuts, for what the model says of ratings beside their noise."""


class Likelihood(Protocol):
    """What a draw of everything else needs of the ratings."""

    z: Float32
    """(n,) float32: what f is drawn to explain."""
    scaled: bool
    """Whether the noise has a precision of its own; else it is one."""
    values: Float32
    """(steps,) float32: the ratings of the scale, ascending; none if there are no steps."""

    def draw(self, f: Float32, w: Float32, random: np.random.Generator) -> None:
        """Draw anew what belongs to the ratings, given f and w of each."""

    def line(self, f: Float32) -> tuple[float, float]:
        """(mean, deviation) of the line ``mean + deviation f`` that is nearest to ratings."""

    @property
    def cuts(self) -> Float32:
        """Between the steps; none if there are no steps."""


class Normal:
    """z = (r - mean) / deviation, and nothing to draw."""

    scaled = True
    values = cuts = np.zeros(0, np.float32)

    def __init__(self, ratings: Float32) -> None:
        self._mean = float(ratings.mean(dtype=np.float64))
        spread = float(ratings.std(dtype=np.float64))
        self._deviation = spread if spread > 1e-30 else 1.0
        self.z = standard(ratings, self._mean, self._deviation)

    def draw(self, f: Float32, w: Float32, random: np.random.Generator) -> None:
        """Nothing: the ratings are what f is drawn to explain."""

    def line(self, f: Float32) -> tuple[float, float]:
        return self._mean, self._deviation


class Ordered:
    """z between cuts; the cuts are drawn with all z left open, and then z."""

    scaled = False

    def __init__(self, ratings: Float32, random: np.random.Generator) -> None:
        from scipy.special import ndtri

        values, steps = np.unique(ratings, return_inverse=True)
        self.values, self._ratings, self._steps = values, ratings, steps.astype(np.int32)
        shares = np.cumsum(np.bincount(steps, minlength=len(values)))[:-1] / len(ratings)
        self._cuts = np.concatenate([[-np.inf], _STRETCH * ndtri(shares), [np.inf]])
        self.z = np.empty(len(ratings), np.float32)
        nothing, one = np.zeros_like(self.z), np.ones_like(self.z)
        self._draw_hidden(nothing, one, random)

    @property
    def cuts(self) -> Float32:
        return self._cuts[1:-1].astype(np.float32)

    def draw(self, f: Float32, w: Float32, random: np.random.Generator) -> None:
        self._draw_cuts(f, w, random)
        self._draw_hidden(f, w, random)

    def _draw_cuts(self, f: Float32, w: Float32, random: np.random.Generator) -> None:
        """One step of Newton's method towards the best cuts, and normal noise of its information.

        The more ratings, the nearer is that to a draw from what the cuts may be. A step that
        would bring cuts out of order is not taken.
        """
        slope, own, shared = ordered.slopes(f, w, self._steps, self._cuts)[1:-1].T
        information = np.diag(own + 1) + np.diag(shared[:-1], 1) + np.diag(shared[:-1], -1)
        root = np.linalg.cholesky(information)
        noise = np.linalg.solve(root.T, random.standard_normal(len(slope)))
        cuts = self._cuts.copy()
        cuts[1:-1] += np.linalg.solve(information, slope) + noise
        if (np.diff(cuts) > 0).all():
            self._cuts = cuts

    def _draw_hidden(self, f: Float32, w: Float32, random: np.random.Generator) -> None:
        uniform = random.random(len(f), dtype=np.float32)
        ordered.draw(f, w, self._steps, self._cuts, uniform, self.z)

    def line(self, f: Float32) -> tuple[float, float]:
        apart = f.astype(np.float64) - f.mean(dtype=np.float64)
        mean, spread = float(self._ratings.mean(dtype=np.float64)), float(apart @ apart)
        slope = float(apart @ self._ratings) / spread if spread > 0 else 0.0
        # Hidden numbers that tell nothing of the ratings leave the scale of the ratings itself.
        deviation = slope if slope > 0 else float(self._ratings.std(dtype=np.float64))
        return mean - deviation * float(f.mean(dtype=np.float64)), deviation


def likelihood_of(name: str, ratings: Float32, random: np.random.Generator) -> Likelihood:
    """The likelihood of that name; "ordered" where ratings have 2 to `STEPS` distinct values."""
    if name == "ordered" and 2 <= len(np.unique(ratings)) <= STEPS:
        return Ordered(ratings, random)
    return Normal(ratings)


def standard(ratings: Float32, mean: float, deviation: float) -> Float32:
    return np.asarray((ratings - mean) / deviation, np.float32)


def expected_steps(
    f: npt.NDArray[np.floating], variance: npt.NDArray[np.floating], cuts: Float32, values: Float32
) -> tuple[Float64, Float64]:
    """(n,) mean and mean square of the rating where the hidden number is N(f, variance)."""
    from scipy.special import ndtr

    mean = np.full(len(f), float(values[0]))
    square = mean**2
    root = np.sqrt(variance)
    for k, cut in enumerate(cuts):
        above = ndtr((f - cut) / root)
        mean += above * (float(values[k + 1]) - float(values[k]))
        square += above * (float(values[k + 1]) ** 2 - float(values[k]) ** 2)
    return mean, square


def expected_hidden(f: Float32, w: Float32, steps: Int32, cuts: Float32) -> tuple[Float32, Float32]:
    """Of hidden numbers of which the step is known, and before that only N(f, 1 / w).

    Returns
    -------
    mean : (n,) float32
    square : (n,) float32
        The mean of ``(z - f)^2``.
    """
    ends = np.concatenate([[-np.inf], cuts, [np.inf]]).astype(np.float64)
    mean, square = np.empty_like(f), np.empty_like(f)
    ordered.expect(f, w, steps, ends, mean, square)
    return mean, square
