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
from scipy.sparse import csr_array, diags_array, hstack

from matinee.interactions import Float32, sorted_csr
from matinee.kernels import gibbs
from matinee.kernels.svdpp import sum_rows
from matinee.kernels.threads import exclusive
from matinee.kernels.vectors import WIDTH

Float64: TypeAlias = npt.NDArray[np.float64]

_DENSE = 8_000
"""Rows or columns up to which what features say is solved for at once, by a factor made once."""
_STEPS = 25
"""Conjugate gradient steps beyond that."""
_FIRST_SCATTER = 0.1
"""What one row more would add to the covariances: keeps them above zero."""


class Side:
    """People or items while training: the last draw of each, and of their prior."""

    def __init__(
        self,
        matrix: csr_array,
        z: Float32,
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
        self.center = np.zeros(self.width, np.float32)
        self.prior = np.zeros_like(self.x)
        self.common = 1.0
        self.regression = _Regression(matrix, features, exponent, penalty)
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
        """Draw what features say, then the center and the covariance of what they leave."""
        with exclusive():
            self._draw_prior(random)

    def _draw_prior(self, random: np.random.Generator) -> None:
        size, precision = self.size, self.precision[: self.size, : self.size].astype(np.float64)
        root = np.linalg.cholesky(np.linalg.inv(precision))
        target = np.where(self.rated[:, np.newaxis], self.x - self.center, 0)[:, :size]
        self.said[:, :size] = self.regression.draw(target, root, self.rated, random)
        explained = self.regression.times(self.said)
        departures = (self.x - explained)[self.rated, :size].astype(np.float64)
        mean, n = departures.mean(axis=0), len(departures)
        apart = departures - mean
        scatter = apart.T @ apart + _FIRST_SCATTER * np.eye(size)
        scatter += n / (1 + n) * np.outer(mean, mean)
        drawn = _wishart(np.linalg.inv(scatter), size + 1 + n, random)
        self.precision = np.eye(self.width, dtype=np.float32)
        self.precision[:size, :size] = drawn
        spread = np.linalg.cholesky(np.linalg.inv(drawn * (1 + n)))
        center = n * mean / (1 + n) + spread @ random.standard_normal(size)
        self.center = np.zeros(self.width, np.float32)
        self.center[:size] = center
        self.prior = explained + self.center
        self.x[~self.rated] = self.prior[~self.rated]


class _Regression:
    """What the features of rows say of them: X y, X holding |N|^-exponent beside the features."""

    def __init__(
        self, matrix: csr_array, features: csr_array | None, exponent: float, penalty: float
    ) -> None:
        ones = csr_array(
            (np.ones_like(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape
        )
        shared = csr_array(diags_array(shares_of(np.diff(matrix.indptr), exponent)[:, 0]) @ ones)
        parts = [shared] if features is None else [shared, features]
        self._x = sorted_csr(hstack(parts, format="csr"))
        self._transposed = sorted_csr(self._x.T)
        self.columns, self._penalty = self._x.shape[1], penalty
        rows, columns = self._x.shape
        self._by_rows = rows < columns
        self._factor: Float32 | None = None
        if min(rows, columns) <= _DENSE:
            from scipy.linalg import cholesky

            left, right = (self._x, self._transposed)[:: 1 if self._by_rows else -1]
            with exclusive():
                gram = (left @ right).toarray()
                gram[np.diag_indices_from(gram)] += np.float32(penalty)
                self._factor = cholesky(gram, lower=True, overwrite_a=True, check_finite=False)

    def times(self, said: Float32) -> Float32:
        return np.asarray(self._x @ said, np.float32)

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
        rest = np.asarray(noisy - self._x @ first, np.float32)
        if self._by_rows:
            return first + self._transposed @ self._solved(rest, self._x, self._transposed)
        return first + self._solved(self._transposed @ rest, self._transposed, self._x)

    def _solved(self, right: Float32, a: csr_array, b: csr_array) -> Float32:
        """``(A B + penalty I)^-1 right``."""
        if self._factor is not None:
            from scipy.linalg import cho_solve

            return cho_solve((self._factor, True), right, check_finite=False)

        def normal(of: Float32) -> Float32:
            return np.asarray(a @ (b @ of) + np.float32(self._penalty) * of, np.float32)

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


def draw_noise(people: Side, items: Side, damping: float, random: np.random.Generator) -> None:
    """Draw how noisy all ratings are, and those of each item and of each person against that."""
    squares = items.errors.astype(np.float64) ** 2
    whose, which = items.matrix.indices, items.row_of
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


def _wishart(scale: Float64, freedom: int, random: np.random.Generator) -> Float64:
    """A draw from the Wishart distribution (Bartlett's decomposition)."""
    size = len(scale)
    lower = np.tril(random.standard_normal((size, size)), -1)
    lower[np.diag_indices(size)] = np.sqrt(random.chisquare(freedom - np.arange(size)))
    product = np.linalg.cholesky(scale) @ lower
    return product @ product.T
