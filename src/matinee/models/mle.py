"""Matrix factorization by penalized maximum likelihood, with a deviation for each prediction."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee import ranking
from matinee.errors import Diverged
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Int64, Interactions, SideInformation
from matinee.kernels import als, sgd
from matinee.kernels.threads import exclusive
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Product, Reason

Float64 = npt.NDArray[np.float64]


class MLE(Model):
    """Predicts ratings and how far off it may be, by stochastic gradient descent.

    With ratings standardized to ``z = (r - mean) / deviation``, the model is ::

        z_ui ~ Normal(b_u + b_i + p_u . q_i, v_ui),    v_ui = v a_u c_i

    where a_u and c_i, both 1 on average, say how hard to predict a person and an item are. It
    maximizes the likelihood less penalties: on factors and biases

        sum_u (regularization + weighted_regularization n_u) |p_u|^2 + bias_regularization b_u^2

    and the same for items, each in units of the row's own variance; and on the logarithms of a_u
    and c_i as much as `deviation_regularization` ratings of average error would do.

    Descent takes one rating at a time, `epochs` times through all, with a rate that falls in a
    straight line from `learning_rate` to zero. A rating counts ``v_ui^-tempering``: 1 is the
    full likelihood, 0 plain least squares. A half predicts as well as either or better: the
    variances are learned from the same residuals, and full trust in them feeds upon itself. At
    the end people are solved for exactly, so what a person is, is just what `fold_in` makes of
    their ratings.

    Variances come from residuals as they would be had the rating itself been left out:
    ``e / (1 - h)`` with h the mean leverage of ratings of a person, or of an item, with as many
    ratings, by the spectrum of the other side's factors.

    Sources: Salakhutdinov and Mnih 2008 (the likelihood), Lakshminarayanan et al. 2011 (variances
    by person and item), Gemulla et al. 2011 (the order of descent).
    """

    task = "rating"

    factors: int = parameter(
        128, "numbers that describe a person or an item", low=1, high=4096, search=(16, 256)
    )
    epochs: int = parameter(20, "times through all ratings", low=1, search=(10, 60))
    learning_rate: float = parameter(
        0.05, "length of the first steps", low=0, open_low=True, search=(0.02, 0.1)
    )
    regularization: float = parameter(3.0, "penalty on factors", low=0, search=(0.5, 10.0))
    weighted_regularization: float = parameter(
        0.035, "penalty on factors a rating", low=0, search=(0.01, 0.1)
    )
    bias_regularization: float = parameter(
        3.0, "penalty on biases", low=0, open_low=True, search=(0.3, 10.0)
    )
    deviation_regularization: float = parameter(
        20.0, "average errors that each person and item is given", low=0, open_low=True
    )
    tempering: float = parameter(
        0.5, "trust in variances: 0 is least squares, 1 the likelihood", low=0, high=1
    )
    seed: int = parameter(0, "of the first factors and of the order of ratings", low=0)

    mean_: np.float32
    deviation_: np.float32
    items_: Float32
    """(n_items, factors + 1) float32: q_i, and b_i last."""
    variance_: np.float32
    """v, of standardized ratings."""
    item_variance_: Float32
    """(n_items,) float32: c_i."""
    item_leverage_: Float32
    """(n_items,) float32: h of the ratings of each item."""
    spectrum_: Float32
    """(factors,) float32: eigenvalues of the mean of q_i q_i^T over ratings."""
    unseen_variance_: Float32
    """(2,) float32: a_u of a person, and c_i of an item, without ratings."""

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        matrix = train.matrix
        generator = np.random.default_rng(self.seed)
        self.mean_ = np.float32(matrix.data.mean(dtype=np.float64))
        spread = matrix.data.std(dtype=np.float64)
        self.deviation_ = np.float32(spread if spread > 1e-30 else 1.0)
        standard = self._standard(matrix)
        grid = sgd.grid_of(matrix.indptr, matrix.indices, standard, train.n_items, generator)
        of_person = np.diff(matrix.indptr)
        people = self._start(of_person, generator)
        items = self._start(self.item_count_, generator)
        for epoch in range(1, self.epochs + 1):
            people.squares[:] = 0
            items.squares[:] = 0
            rate = self.learning_rate * (1 - (epoch - 1) / self.epochs)
            sgd.descend(grid, people, items, rate, generator)
            self._check_progress(people, epoch, len(train))
            self._reweigh(people, of_person)
            self._reweigh(items, self.item_count_)
            if self._watch is not None or epoch == self.epochs:
                self._settle(people, items, matrix)
            if self._epoch_done(progress, epoch, self.epochs):
                break

    def _standard(self, history: csr_array) -> Float32:
        return np.asarray((history.data - self.mean_) / self.deviation_, np.float32)

    def _start(self, counts: Int32, generator: np.random.Generator) -> sgd.Side:
        """Small random factors, no biases, equal variances."""
        rows, k = len(counts), self.factors
        factors = generator.normal(0, 0.1 / np.sqrt(k), (rows, k)).astype(np.float32)
        factors[counts == 0] = 0
        count = np.maximum(counts, 1).astype(np.float32)
        on_factors = self.weighted_regularization + self.regularization / count
        penalty = np.stack([on_factors, self.bias_regularization / count], axis=1)
        ones = np.ones(rows, np.float32)
        bias, squares = np.zeros(rows, np.float32), np.zeros(rows)
        return sgd.Side(factors, bias, ones, ones.copy(), squares, penalty.astype(np.float32))

    def _check_progress(self, people: sgd.Side, epoch: int, n: int) -> None:
        """Stop where errors explode: the mean alone has a standardized squared error of 1."""
        error = float(people.squares.sum()) / n
        if not error < 1e3:
            raise Diverged(
                f"The errors of mle must shrink, but its mean squared error is {error:g} times "
                f"the variance of ratings after epoch {epoch} of {self.epochs}; lower "
                f"learning_rate (now {self.learning_rate:g}) or raise regularization."
            )

    def _reweigh(self, side: sgd.Side, counts: Int32) -> None:
        """Learn the variance of each row from its errors, and what its ratings count by it."""
        part = self._variances(side.squares, counts, float(side.squares.sum()) / counts.sum())
        np.divide(1, part, out=side.precision)
        side.weight[:] = self._weights(part, counts)

    def _variances(self, squares: Float64, counts: Int32, mean: float) -> Float32:
        """Each row's squared errors against the mean, shrunk to 1."""
        prior = self.deviation_regularization
        part = (squares / max(mean, 1e-12) + prior) / (counts + prior)
        return np.asarray(part.clip(0.05, 20), np.float32)

    def _weights(self, variances: Float32, counts: Int32) -> Float32:
        weights = variances.astype(np.float64) ** -self.tempering
        return np.asarray(weights * (counts.sum() / (weights @ counts)), np.float32)

    def _settle(self, people: sgd.Side, items: sgd.Side, matrix: csr_array) -> None:
        """Make what answers need of where descent has come to."""
        self.items_ = np.concatenate([items.factors, items.bias[:, np.newaxis]], axis=1)
        of_person = np.diff(matrix.indptr)
        of_items = _mean_square(items.factors, items.weight * self.item_count_)
        of_people = _mean_square(people.factors, people.weight * of_person)
        self.spectrum_ = _eigenvalues(of_items)
        self.item_leverage_ = self._leverage(self.item_count_, _eigenvalues(of_people))
        left = 1 - self.item_leverage_ - _mean(self._leverage(of_person, self.spectrum_), of_person)
        squares = items.squares / np.maximum(left, 0.2) ** 2
        self.item_variance_ = self._variances(squares, self.item_count_, squares.sum() / matrix.nnz)
        solved = self._solve(matrix)
        squares = self._squares(matrix, solved)
        self.variance_ = np.float32(max(squares.sum() / matrix.nnz, 1e-12))
        # Of whom or what nothing is known, bias and product are missing from the prediction.
        product = float((of_items * of_people).sum())
        unseen = np.array([np.mean(side.bias**2) + product for side in (people, items)])
        self.unseen_variance_ = (1 + unseen / self.variance_).astype(np.float32)
        self.item_variance_[self.item_count_ == 0] = self.unseen_variance_[1]
        self.people_ = self._with_variance(solved, squares, of_person)

    def _leverage(self, counts: Int32, spectrum: Float32) -> Float32:
        """Share of a rating in its own prediction, for rows with `counts` ratings.

        A row with n ratings of vectors whose mean square has eigenvalues c_f spends
        ``sum_f n c_f / (n c_f + penalty)`` degrees of freedom on them, and one on its bias.
        """
        distinct, which = np.unique(counts, return_inverse=True)
        n = np.maximum(distinct, 1).astype(np.float64)[:, np.newaxis]
        penalty = self.regularization + self.weighted_regularization * n
        on_factors = (spectrum / (n * spectrum + penalty + 1e-9)).sum(axis=1)
        of_one = on_factors + 1 / (n[:, 0] + self.bias_regularization)
        return np.asarray(of_one[which], np.float32)

    def _item_weights(self) -> Float32:
        return self._weights(self.item_variance_, self.item_count_)

    def _penalties(self) -> tuple[Float32, Float32]:
        plain = np.full(self.factors + 1, self.regularization, np.float32)
        weighted = np.full(self.factors + 1, self.weighted_regularization, np.float32)
        plain[-1], weighted[-1] = self.bias_regularization, 0
        # A person with fewer ratings than factors needs some penalty to have one solution.
        plain[:-1] = np.maximum(plain[:-1], 1e-4)
        return plain, weighted

    def _solve(self, history: csr_array) -> Float32:
        """(people, factors + 1): p_u and b_u, least squares weighted by items' variances."""
        root = np.sqrt(self._item_weights())
        vectors = self.items_ * root[:, np.newaxis]
        vectors[:, -1] = root
        left = (self._standard(history) - self.items_[history.indices, -1]) * root[history.indices]
        out = np.empty((history.shape[0], self.factors + 1), np.float32)
        nothing = np.zeros(self.n_items, np.float32)
        plain, weighted = self._penalties()
        als.solve(history.indptr, history.indices, left, vectors, nothing, plain, weighted, out)
        return out

    def _squares(self, history: csr_array, solved: Float32) -> Float64:
        """(people,) sums of squared errors, each as if its rating had been left out, over c_i."""
        out = np.empty(len(solved))
        leverage = self._leverage(np.diff(history.indptr), self.spectrum_)
        sgd.squares_left_out(
            history.indptr,
            history.indices,
            self._standard(history),
            solved,
            self.items_,
            leverage,
            self.item_leverage_,
            self.item_variance_,
            out,
        )
        return out

    def _with_variance(self, solved: Float32, squares: Float64, counts: Int32) -> State:
        part = self._variances(squares, counts, float(self.variance_))
        part[counts == 0] = self.unseen_variance_[0]
        return np.concatenate([solved, part[:, np.newaxis]], axis=1)

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        solved = self._solve(history)
        return self._with_variance(solved, self._squares(history, solved), np.diff(history.indptr))

    def _score_pairs_with_deviation(
        self, state: State, items: Int32, now: Int64 | None
    ) -> tuple[Float32, Float32]:
        of_item = np.where(items >= 0, self.item_variance_[items], self.unseen_variance_[1])
        deviation = self.deviation_ * np.sqrt(self.variance_ * state[:, -1] * of_item)
        return self._score_pairs(state, items), np.asarray(deviation, np.float32)

    def _product(self, state: State) -> Product:
        people = self.deviation_ * state[:, :-1]
        people[:, -1] = self.deviation_
        return Product(people, self.items_, self.mean_ + self.deviation_ * state[:, -2])

    def _score_pairs(self, state: State, items: Int32) -> Float32:
        of_item = np.where(items[:, np.newaxis] >= 0, self.items_[items], 0)
        product = np.einsum("pf,pf->p", state[:, :-2], of_item[:, :-1])
        standard = product + state[:, -2] + of_item[:, -1]
        return np.asarray(self.mean_ + self.deviation_ * standard, np.float32)

    def _item_vectors(self) -> Float32:
        return self.items_[:, :-1]

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        """p_u is a sum over the person's ratings, so the prediction is one too (Hu et al. 2008).

        ``p_u = W sum_j w_j q_j (z_uj - b_j - b_u)``, ``W = (sum_j w_j q_j q_j^T + penalty)^-1``,
        so rating j adds ``q_i . W q_j w_j (z_uj - b_j - b_u)``, times the deviation.
        """
        factors, bias = self.items_[:, :-1], self.items_[:, -1]
        rated = factors[history.indices].astype(np.float64)
        weights = self._item_weights()[history.indices]
        plain, weighted = self._penalties()
        gram = (rated.T * weights) @ rated + np.diag(plain[:-1] + weighted[:-1] * len(rated))
        inner = np.linalg.solve(gram, factors[item].astype(np.float64))
        rest = self._standard(history) - bias[history.indices] - state[0, -2]
        share = self.deviation_ * (rated @ inner) * weights * rest
        reasons = ranking.ratings_that_speak(history.indices, share)
        liked = float(self.deviation_ * bias[item])
        return ranking.with_everybody(reasons, liked)


def _mean(values: Float32, counts: Int32) -> float:
    return float(values.astype(np.float64) @ counts) / float(counts.sum())


def _mean_square(factors: Float32, weights: Float32) -> Float32:
    """(k, k) weighted mean of x x^T over the rows x of `factors`."""
    with exclusive():
        total = (factors * weights[:, np.newaxis]).T @ factors
    return np.asarray(total / weights.sum(dtype=np.float64), np.float32)


def _eigenvalues(square: Float32) -> Float32:
    with exclusive():
        return np.asarray(np.linalg.eigvalsh(square).clip(0), np.float32)
