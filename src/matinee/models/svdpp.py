"""Matrix factorization that also learns from which items a person rated, whatever the ratings."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee import ranking
from matinee.bayes.factor_draws import shares_of, summed
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Interactions, SideInformation
from matinee.kernels import svdpp as kernel
from matinee.kernels.threads import exclusive
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Product, Reason

Float64 = npt.NDArray[np.float64]

_STEPS = 3
"""Conjugate gradient steps an epoch; each epoch goes on where the last one stopped."""
_FIRST_VARIANCE = 0.1
"""What one row more would add to the learned variances: keeps them above zero."""


class SVDPP(Model):
    """Predicts ratings from factors and from who rated what (SVD++), by variational Bayes.

    ``r(u, i) = mean + b_u + b_i + q_i . (p_u + |N(u)|^-exponent sum_{j in N(u)} y_j)``, N(u)
    being the items that u rated in training (Koren 2008, equation 15, where the exponent is
    1/2). Items have the same on their side: ``q_i`` departs from ``|N(i)|^-exponent`` times a sum
    over the people who rated i. With z = (r - mean) / deviation it is the hierarchy ::

        z_ui ~ N(b_u + b_i + t_u . q_i, noise_i)
        (b_u, t_u) ~ N(c + |N(u)|^-exponent sum_{j in N(u)} y_j, S)
        (b_i, q_i) ~ N(d + |N(i)|^-exponent sum_{v in N(i)} x_v, T)
        y_j ~ N(0, S / implicit_regularization), x_v ~ N(0, T / implicit_regularization)

    t_u and q_i are not points but normal distributions of full covariance, so that somebody with
    three ratings weighs less than somebody with 300; their means predict. The penalties on p_u,
    q_i and the biases are no hyperparameters: c, d, S, T and the noise of each item are learned
    with the rest (empirical Bayes). An epoch updates the items, their noise, both priors and the
    people, in this order, so a person is in the end just what `fold_in` makes of their ratings.
    y and x are points, from ridge regression by conjugate gradients. N(u) and N(i) hold training
    ratings only. What they say holds for ratings missing at random; of people who come later it
    says less, so where that matters judge by time, and raise `implicit_regularization`.

    Sources: Koren 2008; Lim and Teh 2007 (variational Bayes); Rendle, Zhang and Koren 2019
    (Bayesian SVD++, both ways); Simm et al. 2017 (priors that regress).
    """

    task = "rating"

    factors: int = parameter(
        32, "numbers that describe a person or an item", low=1, high=1024, search=(8, 64)
    )
    epochs: int = parameter(40, "turns of items and people", low=1, search=(10, 60))
    implicit_regularization: float = parameter(
        30.0, "penalty on what having rated an item says", low=0, open_low=True, search=(3.0, 100.0)
    )
    exponent: float = parameter(
        0.25, "power of the count by which that is divided", low=0, high=1, search=(0.0, 0.75)
    )
    noise_damping: float = parameter(
        50.0, "ratings of common noise given to items", low=0, open_low=True, search=(5.0, 500.0)
    )
    seed: int = parameter(0, "of the first factors", low=0)

    mean_: np.float32
    deviation_: np.float32
    items_: Float32
    """(n_items, factors + 1) float32: b_i and q_i, times the deviation."""
    moments_: Float32
    """(n_items, packed) float32: moments of (1, q_i, b_i), times the precision of i's noise."""
    implicit_: Float32
    """(n_items, factors + 1) float32: y_j, for the bias and the factors."""
    precision_: Float32
    """(factors + 1, factors + 1) float32: the inverse of S."""
    center_: Float32
    """(factors + 1,) float32: c, which is somebody of whom nothing is known."""
    item_center_: Float32
    """(factors + 1,) float32: d times the deviation, an item of which nothing is known."""

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        width = self.factors + 1
        return {
            "items_": (self.n_items, width),
            "moments_": (self.n_items, (width + 1) * (width + 2) // 2),
            "implicit_": (self.n_items, width),
            "precision_": (width, width),
            "center_": (width,),
            "item_center_": (width,),
        }

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        matrix, by_item = train.matrix, train.by_item
        self.mean_ = np.float32(matrix.data.mean(dtype=np.float64))
        spread = matrix.data.std(dtype=np.float64)
        self.deviation_ = np.float32(spread if spread > 1e-30 else 1.0)
        people = _Side(matrix, self.factors, self.exponent)
        items = _Side(by_item, self.factors, self.exponent)
        items.guess(np.random.default_rng(self.seed))
        self._solve(people, items)
        for epoch in range(1, self.epochs + 1):
            self._solve(items, people)
            items.learn_prior(matrix, self.implicit_regularization)
            items.learn_noise(self.noise_damping)
            people.learn_prior(by_item, self.implicit_regularization)
            self._solve(people, items)
            self._keep(people, items)
            if self._epoch_done(progress, epoch, self.epochs):
                break

    def _solve(self, side: _Side, other: _Side) -> None:
        matrix = side.matrix
        kernel.solve(
            matrix.indptr,
            matrix.indices,
            matrix.data,
            self.mean_,
            1 / self.deviation_,
            other.moments,
            side.precision,
            side.prior,
            side.weights,
            side.x,
            side.moments,
            side.errors,
        )

    def _keep(self, people: _Side, items: _Side) -> None:
        items.x[~items.rated] = items.center  # as it stands now, not as it was before this epoch
        self.people_ = people.x
        self.items_ = self.deviation_ * items.x
        self.moments_, self.implicit_ = items.moments, people.implicit
        self.precision_, self.center_ = people.precision, people.center
        self.item_center_ = self.deviation_ * items.center

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        """Rows (b_u, t_u): the means of beliefs."""
        rows = history.shape[0]
        x = np.empty((rows, self.factors + 1), np.float32)
        kernel.solve(
            history.indptr,
            history.indices,
            history.data,
            self.mean_,
            1 / self.deviation_,
            self.moments_,
            self.precision_,
            shares_of(np.diff(history.indptr), self.exponent) * summed(history, self.implicit_)
            + self.center_,
            np.ones(rows, np.float32),
            x,
        )
        return x

    def _product(self, state: State) -> Product:
        people = state.copy()
        people[:, 0] = 1
        return Product(people, self.items_, self.mean_ + self.deviation_ * state[:, 0])

    def _score_pairs(self, state: State, items: Int32) -> Float32:
        of_item = np.where(items[:, np.newaxis] >= 0, self.items_[items], self.item_center_)
        departure = of_item[:, 0] + np.einsum("pf,pf->p", state[:, 1:], of_item[:, 1:])
        return np.asarray(self.mean_ + self.deviation_ * state[:, 0] + departure, np.float32)

    def _item_vectors(self) -> Float32:
        """q_i in the measure of S: the product of two is how ratings of the items vary together."""
        spread = np.linalg.inv(self.precision_.astype(np.float64))[1:, 1:]
        vectors = self.items_[:, 1:] @ np.linalg.cholesky(spread).astype(np.float32)
        vectors[self.item_count_ == 0] = 0
        return vectors

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        shares, liked = self._shares_of(history, item)
        reasons = ranking.ratings_that_speak(history.indices, shares)
        return ranking.with_everybody(reasons, liked)

    def _shares_of(self, history: csr_array, item: int) -> tuple[Float64, float]:
        """What each rating, and what everybody's add to a prediction; with the mean all of it.

        With A the precision of the belief about the person, M_j the moments of (1, q_j, b_j) and
        a = (1, q_i), rating j adds, times the deviation, ::

            a . A^-1 (S^-1 y_j |N(u)|^-exponent + z_uj M_j[0] - M_j (c, 1))
        """
        size = self.factors + 2
        moments = np.zeros((history.nnz, size, size))
        first, second = np.triu_indices(size)
        moments[:, first, second] = moments[:, second, first] = self.moments_[history.indices]
        precision = self.precision_.astype(np.float64)
        standard = (history.data - self.mean_) / self.deviation_
        rest = standard[:, np.newaxis] * moments[:, 0] - moments @ np.append(self.center_, 1)
        implicit = self.implicit_[history.indices] * shares_of(
            np.diff(history.indptr), self.exponent
        )
        of_item = np.append(self.deviation_, self.items_[item, 1:]).astype(np.float64)
        inner = np.linalg.solve(precision + moments[:, :-1, :-1].sum(axis=0), of_item)
        shares = (implicit @ precision + rest[:, :-1]) @ inner
        return shares, float(self.items_[item, 0] + self.items_[item, 1:] @ self.center_[1:])


class _Side:
    """People or items while training: the beliefs about them, and the prior of these."""

    def __init__(self, matrix: csr_array, factors: int, exponent: float) -> None:
        rows, size = matrix.shape[0], factors + 1
        self.matrix = matrix
        self.counts = np.diff(matrix.indptr)
        self.rated = self.counts > 0
        self.shares = shares_of(self.counts, exponent)
        self.x = np.zeros((rows, size), np.float32)
        self.moments = np.zeros((rows, kernel.packed_size(factors)), np.float32)
        self.errors = np.zeros(rows)
        self.weights = np.ones(rows, np.float32)
        self.precision = np.eye(size, dtype=np.float32)
        self.center = np.zeros(size, np.float32)
        self.prior = np.zeros((rows, size), np.float32)
        self.implicit = np.zeros((matrix.shape[1], size), np.float32)

    def guess(self, generator: np.random.Generator) -> None:
        """Begin with factors drawn from the first prior, as if they were certain."""
        self.x[:, 1:] = generator.normal(size=self.x[:, 1:].shape)
        self.x[~self.rated] = 0
        extended = np.concatenate([self.x, self.x[:, :1]], axis=1)
        extended[:, 0] = 1
        at = 0
        for f in range(extended.shape[1]):
            products = extended[:, f : f + 1] * extended[:, f:]
            self.moments[:, at : at + products.shape[1]] = products
            at += products.shape[1]

    def learn_noise(self, damping: float) -> None:
        """Find how noisy each row's ratings are, drawn to all; the moments count accordingly."""
        common = max(float(self.errors.sum() / self.counts.sum()), 1e-6)
        variance = (damping * common + self.errors) / (damping + self.counts)
        self.weights = (1 / variance).astype(np.float32)
        self.moments *= self.weights[:, np.newaxis]

    def learn_prior(self, transposed: csr_array, penalty: float) -> None:
        """Fit the prior's mean to the beliefs, and then its covariance to what is left."""
        unexplained = (self.x - self.center) * self.rated[:, np.newaxis]
        self._regress(transposed, unexplained, penalty)
        explained = self.shares * summed(self.matrix, self.implicit)
        departures = (self.x - explained)[self.rated]
        self.center = departures.mean(axis=0, dtype=np.float64).astype(np.float32)
        self.prior = explained + self.center
        scatter = self._uncertainty() + _gram(departures - self.center)
        scatter[np.diag_indices_from(scatter)] += _FIRST_VARIANCE
        covariance = scatter / (len(departures) + 1)
        self.precision = np.linalg.inv(covariance).astype(np.float32)

    def _uncertainty(self) -> Float64:
        """The sum of the covariances of all beliefs."""
        size = self.x.shape[1]
        extended = np.empty((size + 1, size + 1))  # of (1, t, b)
        first, second = np.triu_indices(size + 1)
        total = self.moments.sum(axis=0, dtype=np.float64)
        extended[first, second] = extended[second, first] = total
        order = np.append(size, np.arange(1, size))
        return extended[np.ix_(order, order)] - _gram(self.x[self.rated])

    def _regress(self, transposed: csr_array, target: Float32, penalty: float) -> None:
        """Some steps towards the y that minimizes |target - X y|^2 + penalty |y|^2.

        X holds ``|N(u)|^-exponent`` wherever u rated j: conjugate gradients on the normal
        equations, preconditioned by their diagonal, for all columns at once.
        """
        y, shares = self.implicit, self.shares
        squares = summed(transposed, np.ascontiguousarray(shares**2))
        diagonal = squares + np.float32(penalty)

        def normal(of: Float32) -> Float32:
            return summed(transposed, shares**2 * summed(self.matrix, of)) + penalty * of

        rest = summed(transposed, shares * target) - normal(y)
        scaled = rest / diagonal
        direction = scaled
        length = _dots(rest, scaled)
        for _ in range(_STEPS):
            changed = normal(direction)
            step = _ratio(length, _dots(direction, changed))
            y += step * direction
            rest -= step * changed
            scaled = rest / diagonal
            before, length = length, _dots(rest, scaled)
            direction = scaled + _ratio(length, before) * direction


def _gram(rows: Float32) -> Float64:
    double = rows.astype(np.float64)
    with exclusive():
        return double.T @ double


def _dots(a: Float32, b: Float32) -> Float64:
    """The inner product of each column of `a` with that of `b`."""
    return np.einsum("jf,jf->f", a, b, dtype=np.float64)


def _ratio(a: Float64, b: Float64) -> Float32:
    return np.divide(a, b, out=np.zeros_like(a), where=b > 0).astype(np.float32)
