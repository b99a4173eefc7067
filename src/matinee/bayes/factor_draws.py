"""Gibbs draws of the people and the items of a factor model, of their priors and of the noise.

What `models/bayes_fm.py` takes turns of; `svdpp` shares the sums over who rated what. A side is
people or items; each row of a side is what describes it, (bias, factors), and its prior is what
the features of the row say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack

from matinee.interactions import Float32, sorted_csr
from matinee.kernels import gibbs
from matinee.kernels.svdpp import sum_rows
from matinee.kernels.threads import exclusive
from matinee.kernels.vectors import WIDTH

Float64: TypeAlias = npt.NDArray[np.float64]

_DENSE = 8_000
"""Rows or columns up to which what features say is solved for by an inverse made once."""
_DENSE_ROWS = 1024
"""Rows of the features that are made dense at a time for that."""
_STEEP = 1e4
"""How far eigenvalues may lie apart before that needs float64."""
_STEPS = 25
"""Conjugate gradient steps beyond that."""
_FIRST_SCATTER = 0.1
"""What one row more would add to the covariances: keeps them above zero."""


class Side:
    """People or items while training: the last draw of each, and of their prior.

    Parameters
    ----------
    matrix : (rows, others) CSR of the ratings
    z : (nnz,) float32, what is to be explained of each, in that order
    told : (rows, others) CSR; what the prior of a row is told of: whom it has ratings of
    features : (rows, f) CSR, or None
    """

    def __init__(
        self,
        matrix: csr_array,
        z: Float32,
        told: csr_array,
        features: csr_array | None,
        *,
        factors: int,
        exponent: float,
        penalty: float,
    ) -> None:
        self.matrix, self.size = matrix, factors + 1
        self.width = -(-self.size // WIDTH) * WIDTH
        self.counts = np.diff(matrix.indptr)
        self.rated = self.counts > 0
        self.row_of = np.repeat(np.arange(matrix.shape[0]), self.counts)
        self.z = z
        self.x = np.zeros((matrix.shape[0], self.width), np.float32)
        self.errors = np.zeros(matrix.nnz, np.float32)
        self.weights = np.ones(matrix.shape[0], np.float32)
        self.precision = np.eye(self.width, dtype=np.float32)
        self._root = np.eye(self.size)
        self.center = np.zeros(self.width, np.float32)
        self.prior = np.zeros_like(self.x)
        self.common = 1.0
        self.regression = _Regression(told, features, exponent, penalty)
        self.said = np.zeros((self.regression.columns, self.width), np.float32)

    def draw(self, other: Side, random: np.random.Generator) -> None:
        """Draw all rows; rows without ratings stand where their prior has its mean."""
        noise = np.empty_like(self.x)
        random.standard_normal(out=noise, dtype=np.float32)
        noise[:, self.size :] = 0
        noise[~self.rated] = 0
        gibbs.draw(
            self.matrix.indptr, self.matrix.indices, self.z,
            np.float32(self.common) * other.weights, other.x, self.precision, self.prior,
            self.weights, noise, self.x, self.errors,
        )  # fmt: skip

    def draw_prior(self, random: np.random.Generator) -> None:
        """Draw what features say, then the center and the covariance of what they leave.

        To be called inside `kernels.threads.exclusive`.
        """
        size = self.size
        target = np.where(self.rated[:, np.newaxis], self.x - self.center, 0)[:, :size]
        self.said[:, :size] = self.regression.draw(target, self._root, self.rated, random)
        explained = self.regression.times(self.said)
        departures = (self.x - explained)[self.rated, :size].astype(np.float64)
        mean, n = departures.mean(axis=0), len(departures)
        apart = departures - mean
        scatter = apart.T @ apart + n / (1 + n) * np.outer(mean, mean)
        scatter[np.diag_indices(size)] += _FIRST_SCATTER
        drawn, self._root = _wishart(scatter, size + 1 + n, random)
        self.precision[:size, :size] = drawn
        center = n * mean / (1 + n) + self._root @ random.standard_normal(size) / np.sqrt(1 + n)
        self.center[:size] = center
        self.prior = explained + self.center
        self.x[~self.rated] = self.prior[~self.rated]


class _Regression:
    """What the features of rows say of them: X y, X holding |N|^-exponent beside the features."""

    def __init__(
        self, told: csr_array, features: csr_array | None, exponent: float, penalty: float
    ) -> None:
        self._told, self._telling = told, sorted_csr(told.T)
        self._features = features
        self._shares = shares_of(np.diff(told.indptr), exponent)
        rows, columns = told.shape
        self.columns = columns + (0 if features is None else features.shape[1])
        self._by_rows, self._penalty = rows < self.columns, penalty
        self._inverse: Float32 | None = None
        if min(rows, self.columns) <= _DENSE:
            with exclusive():
                self._inverse = self._inverted()

    def _inverted(self) -> Float32:
        """Of X X^T + penalty I, or X^T X + penalty I, whichever is smaller, the inverse."""
        from scipy.linalg import lapack

        ones = np.repeat(self._shares[:, 0], np.diff(self._told.indptr))
        x = csr_array((ones, self._told.indices, self._told.indptr), shape=self._told.shape)
        if self._features is not None:
            x = sorted_csr(hstack([x, self._features], format="csr"))
        if self._by_rows:
            x = sorted_csr(x.T)
        gram = np.zeros((x.shape[1], x.shape[1]), np.float32)
        for start in range(0, x.shape[0], _DENSE_ROWS):
            block = x[start : start + _DENSE_ROWS].toarray()
            gram += block.T @ block
        gram[np.diag_indices_from(gram)] += np.float32(self._penalty)
        # No eigenvalue is above the largest sum of a row.
        fine = float(gram.sum(axis=1).max()) > _STEEP * self._penalty
        factor, invert = lapack.get_lapack_funcs(
            ("potrf", "potri"), dtype=np.float64 if fine else np.float32
        )
        root, _ = factor(gram, lower=True)
        lower, _ = invert(root, lower=True, overwrite_c=True)
        half = np.tril(lower, -1).astype(np.float32)
        return half + half.T + np.diag(np.diagonal(lower).astype(np.float32))

    def times(self, said: Float32) -> Float32:
        """``X said``."""
        n = self._told.shape[1]
        result = self._shares * summed(self._told, said[:n])
        if self._features is not None:
            result += self._features @ said[n:]
        return result

    def _back(self, rest: Float32) -> Float32:
        """``X^T rest``."""
        result = summed(self._telling, self._shares * rest)
        if self._features is None:
            return result
        return np.concatenate([result, self._features.T @ rest])

    def draw(
        self, target: Float32, root: Float64, known: npt.NDArray[np.bool_],
        random: np.random.Generator,
    ) -> Float32:  # fmt: skip
        """(columns, size): a draw of y given ``target ~ N(X y, R R^T)`` and its prior.

        An exact draw: of a target with noise of its own, and a first y from the prior, the best y
        is one (perturb and optimize).
        """
        size = target.shape[1]
        noisy = target + (random.standard_normal(target.shape) @ root.T) * known[:, np.newaxis]
        first = random.standard_normal((self.columns, size)) @ root.T / np.sqrt(self._penalty)
        first = first.astype(np.float32)
        rest = np.asarray(noisy - self.times(first), np.float32)
        if self._by_rows:
            return first + self._back(self._solved(rest))
        return first + self._solved(self._back(rest))

    def _solved(self, right: Float32) -> Float32:
        """``(X X^T + penalty I)^-1 right``, or that of X^T X where X has fewer columns."""
        if self._inverse is not None:
            return self._inverse @ right

        def normal(of: Float32) -> Float32:
            there = self.times(self._back(of)) if self._by_rows else self._back(self.times(of))
            return there + np.float32(self._penalty) * of

        return _by_gradients(normal, right)


def _by_gradients(normal: Callable[[Float32], Float32], right: Float32) -> Float32:
    """Conjugate gradients for all columns at once."""
    solved = np.zeros_like(right)
    rest, direction = right.copy(), right.copy()
    length = np.einsum("jf,jf->f", rest, rest, dtype=np.float64)
    for _ in range(_STEPS):
        changed = normal(direction)
        slope = np.einsum("jf,jf->f", direction, changed, dtype=np.float64)
        step = np.divide(length, slope, out=np.zeros_like(length), where=slope > 0)
        solved += step.astype(np.float32) * direction
        rest -= step.astype(np.float32) * changed
        before, length = length, np.einsum("jf,jf->f", rest, rest, dtype=np.float64)
        ratio = np.divide(length, before, out=np.zeros_like(length), where=before > 0)
        direction = rest + ratio.astype(np.float32) * direction
    return solved


def draw_noise(
    people: Side, items: Side, damping: float, random: np.random.Generator, *, scaled: bool
) -> None:
    """Draw how noisy the ratings of each item and of each person are against all.

    And, where ratings are `scaled`, how noisy all are; else that is one.
    """
    squares = items.errors.astype(np.float64) ** 2
    whose, which = items.matrix.indices, items.row_of
    common = 1.0
    if scaled:
        together = squares * items.weights[which] * people.weights[whose]
        common = random.gamma(1 + len(squares) / 2) / (1 + together.sum() / 2)
    for side, place, other in ((items, which, people.weights[whose]), (people, whose, None)):
        times = items.weights[which] if other is None else other
        sums = np.bincount(place, common * squares * times, minlength=len(side.weights))
        shape = (damping + side.counts) / 2
        side.weights = (random.gamma(shape) / ((damping + sums) / 2)).astype(np.float32)
    people.common = items.common = common


def shares_of(counts: npt.NDArray[np.integer], exponent: float) -> Float32:
    """(rows, 1): |N|^-exponent, and 1 where there is nothing to share."""
    return (np.maximum(counts, 1).astype(np.float32) ** np.float32(-exponent))[:, np.newaxis]


def summed(matrix: csr_array, dense: Float32) -> Float32:
    out = np.empty((matrix.shape[0], dense.shape[1]), np.float32)
    sum_rows(matrix.indptr, matrix.indices, dense, out)
    return out


def _wishart(
    scatter: Float64, freedom: int, random: np.random.Generator
) -> tuple[Float64, Float64]:
    """A draw P from the Wishart distribution of ``scatter^-1``, and R with ``R R^T = P^-1``.

    Bartlett's decomposition: with ``C C^T = scatter`` and a random lower triangular L,
    ``P = (C^-T L) (C^-T L)^T``, so that ``R = C L^-T``.
    """
    size = len(scatter)
    lower = np.tril(random.standard_normal((size, size)), -1)
    lower[np.diag_indices(size)] = np.sqrt(random.chisquare(freedom - np.arange(size)))
    factor = np.linalg.cholesky(scatter)
    product = np.linalg.inv(factor).T @ lower
    return product @ product.T, factor @ np.linalg.inv(lower).T
