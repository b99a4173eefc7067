"""Moods of people: how high one rates at a moment, beside how high one rates at all.

Ratings of one person that come together are alike: they were given on one page, or in one mood.
`kernels.moods` has the formula, this the pages and the draws of the mood's own numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matinee.interactions import Float32, Int32, Int64
from matinee.kernels import moods

Float64 = npt.NDArray[np.float64]

TOGETHER = 2
"""Seconds at most between ratings of a page."""
_PAST = 10.0
"""Pages that the first guess of a variance counts for."""
_FIRST = 0.03
"""That guess, in units of the variance of ratings."""
_STEADY = np.linspace(0, 0.995, 200)
"""Values that phi may take."""
_MINUTE = 60
"""Seconds that a page takes, about."""
_FORGOTTEN = 1000
"""Minutes after which nothing is left of a mood."""
_SPAN = 1 << 42
"""More seconds than any time has."""


class Shape(NamedTuple):
    """How moods come and go."""

    phi: float
    """Of a mood that is left at the next page."""
    v: float
    """Variance of the mood that goes on."""
    g: float
    """Variance of what is of one page only."""


class Pages:
    """Ratings of people cut into pages: runs of ratings at most `TOGETHER` seconds apart.

    A rating whose time is unknown (below 1) is a page of its own.

    Parameters
    ----------
    indptr : (people + 1,) of the CSR matrix of ratings
    times : (nnz,) int64 UTC seconds, in the order of its data
    """

    def __init__(self, indptr: npt.NDArray[np.integer], times: Int64) -> None:
        people = len(indptr) - 1
        row_of = np.repeat(np.arange(people), np.diff(indptr))
        order = np.lexsort((times, row_of))
        time, row = times[order], row_of[order]
        starts = np.ones(len(time), bool)
        starts[1:] = (row[1:] != row[:-1]) | (time[1:] - time[:-1] > TOGETHER)
        starts[time <= 0] = True
        self.indptr = indptr
        self.of: Int32 = np.empty(len(time), np.int32)
        """(nnz,) the page of each rating."""
        self.of[order] = np.cumsum(starts) - 1
        self.first: Int64 = time[starts]
        """(pages,) when each page begins."""
        self.last: Int64 = time[np.append(starts[1:], True)[: len(time)]]
        """(pages,) when it ends."""
        self.starts: Int32 = np.searchsorted(row[starts], np.arange(people + 1)).astype(np.int32)
        """(people + 1,) where each person's pages start."""
        self._follows = row[starts][1:] == row[starts][:-1]

    def sums(self, errors: Float32, w: Float32) -> tuple[Float64, Float64]:
        """(pages,) the sums of w and of ``w errors`` over the ratings of each page."""
        pages = len(self.first)
        weights = np.bincount(self.of, w, minlength=pages).astype(np.float64, copy=False)
        sums = np.bincount(self.of, w * errors, minlength=pages).astype(np.float64, copy=False)
        return weights, sums

    def drawn(
        self,
        weights: Float64,
        sums: Float64,
        shape: Shape,
        random: np.random.Generator | None = None,
    ) -> Float32:
        """(2, pages) a draw of s and g of each page; their means where `random` is None."""
        result = np.empty((2, len(self.first)), np.float32)
        noise = np.zeros_like(result)
        if random is not None:
            random.standard_normal(out=noise, dtype=np.float32)
        moods.draw(self.starts, weights, sums, *shape, noise, result)
        return result

    def of_ratings(self, drawn: Float32) -> Float32:
        """(nnz,) the mood in which each rating was given."""
        return (drawn[0] + drawn[1])[self.of]

    def redrawn(
        self,
        drawn: Float32,
        weights: Float64,
        sums: Float64,
        shape: Shape,
        random: np.random.Generator,
    ) -> tuple[Float32, Shape]:
        """The moods, stretched, and a draw of phi, V and G.

        How strong moods are is drawn twice: as what stretches ``s / sqrt(V)`` and ``g / sqrt(G)``
        to fit the ratings, and as the variances of the moods that come of that. Either alone would
        move by small steps only (Yu and Meng 2011).
        """
        s, g = drawn.astype(np.float64)
        for_s, for_g = weights * s, weights * g
        roots = np.sqrt([shape.v, shape.g])
        information = np.array([[for_s @ s, for_s @ g], [for_s @ g, for_g @ g]])
        information = information / np.outer(roots, roots) + np.eye(2)
        noise = np.linalg.solve(np.linalg.cholesky(information).T, random.standard_normal(2))
        fitted = np.linalg.solve(information, np.array([sums @ s, sums @ g]) / roots)
        stretch = (fitted + noise) / roots
        s *= stretch[0]
        g *= stretch[1]
        follows = self._follows
        ago, now = s[:-1][follows], s[1:][follows]
        squares, products, ends = ago @ ago, ago @ now, now @ now

        def left(phi: Float64) -> Float64:
            """Squares of what is new at each page, in units of its share of V."""
            return np.asarray((ends - 2 * phi * products + phi**2 * squares) / (1 - phi**2))

        variance = max(float(stretch[0] ** 2) * shape.v, 1e-9)
        likely = -len(ago) / 2 * np.log(1 - _STEADY**2) - left(_STEADY) / (2 * variance)
        below = np.cumsum(np.exp(likely - likely.max()))
        phi = _STEADY[np.searchsorted(below, below[-1] * random.random())]

        def drawn_variance(total: float) -> float:
            gamma = random.gamma((_PAST + len(s)) / 2)
            return float((_PAST * _FIRST + total) / 2 / gamma)

        v = drawn_variance(float(s @ s - ends + left(phi)))
        new = np.stack([s, g]).astype(np.float32)
        return new, Shape(float(phi), v, drawn_variance(float(g @ g)))


FIRST_SHAPE = Shape(0.8, _FIRST, _FIRST)


def moods_at(
    shape: Shape, starts: npt.NDArray[np.integer], first: Int64, last: Int64, drawn: Float32,
    now: Int64, noise: float,
) -> tuple[Float32, Float32]:  # fmt: skip
    """What is expected of the mood of person p at ``now[p]``, and how far off that may be.

    Between pages, ``phi (s_before + s_after) / (1 + phi^2)``. Before the first page and after the
    last one, phi times what that is, once, and again for each minute between: in so long a page
    is looked at, and of those that were we have heard nothing.

    Parameters
    ----------
    starts : (people + 1,) where each person's pages start, of the other arrays:
    first, last : (pages,) int64 UTC seconds
    drawn : (2, pages) float32, s and g
    now : (people,) int64 UTC seconds
    noise
        Variance of a rating's own noise: s and g are known as well as pages of one rating each
        would tell them (for s, of a chain without ends).

    Returns
    -------
    mean, variance : (people,) float32
    """
    people = np.arange(len(now))
    row = np.repeat(people, np.diff(starts))
    limit = _SPAN // 4
    moments, began = np.clip(now, -limit, limit), np.clip(first, -limit, limit)
    before = np.searchsorted(row * _SPAN + began, people * _SPAN + moments + TOGETHER, "right") - 1
    there = before >= starts[:-1]
    after = before + 1
    follows = after < starts[1:]
    if not len(row):
        return np.zeros(len(now), np.float32), np.full(len(now), shape.v + shape.g, np.float32)
    at, next_one = np.where(there, before, 0), np.where(follows, after, 0)
    s = np.where(there, drawn[0, at], 0) + np.where(follows, drawn[0, next_one], 0)
    away = np.where(there, moments - last[at], first[next_one] - moments) / _MINUTE
    far = shape.phi ** np.clip(away, 1, _FORGOTTEN)
    square = shape.phi**2
    between = there & follows
    taken = np.where(between, shape.phi / (1 + square), far)
    fresh = np.where(between, (1 - square) / (1 + square), 1 - (there | follows) * far**2)
    open_s = _open_variance(shape, noise)
    doubt = np.where(between, 2 * taken, np.where(there | follows, taken, 0)) ** 2 * open_s
    within = there & (moments <= last[at] + TOGETHER)
    mean = np.where(within, drawn[0, at] + drawn[1, at], s * taken)
    inside = open_s + shape.g * noise / (shape.g + noise)
    variance = np.where(within, inside, shape.g + fresh * shape.v + doubt)
    return mean.astype(np.float32), variance.astype(np.float32)


def _open_variance(shape: Shape, noise: float) -> float:
    """What is not known of s in the middle of a long chain of pages of one rating each.

    The precision of such s is tridiagonal, with d = (1 + phi^2) / Q + 1 / (G + noise) on the
    diagonal and -phi / Q beside it, Q = (1 - phi^2) V, so ``1 / sqrt(d^2 - 4 phi^2 / Q^2)``.
    """
    fresh = (1 - shape.phi**2) * shape.v
    on, beside = (1 + shape.phi**2) / fresh + 1 / (shape.g + noise), shape.phi / fresh
    return float(1 / np.sqrt(on**2 - 4 * beside**2))
