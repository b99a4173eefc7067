"""Matrix factorisation by alternating least squares, with biases."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee import ranking
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Interactions, SideInformation
from matinee.kernels import als as kernel
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Product, Reason


class ALS(Model):
    """Predicts ratings from factors of people and items, by alternating exact least squares.

    With ratings standardised to ``z = (r - mean) / deviation``, it minimises ::

        sum (z_ui - b_u - b_i - p_u . q_i)^2
            + sum_u (regularization + weighted_regularization * n_u) |p_u|^2
            + sum_i (regularization + weighted_regularization * n_i) |q_i|^2
            + bias_regularization * (sum_u b_u^2 + sum_i b_i^2)

    by solving for all (p_u, b_u), then `epochs` times for all (q_i, b_i) and again for all
    (p_u, b_u), exactly. So what a person is in the end is just what `fold_in` makes of their
    ratings. Source: Zhou et al. 2008 (weighted regularisation), Koren et al. 2009 (biases). Because
    ratings are standardised, the same regularisation fits any rating scale.
    """

    task = "rating"

    factors: int = parameter(
        64, "numbers that describe a person or an item", low=1, high=4096, search=(16, 128)
    )
    epochs: int = parameter(10, "turns of items and people", low=1, search=(5, 30))
    regularization: float = parameter(5.0, "penalty on factors", low=0, search=(0.5, 20.0))
    weighted_regularization: float = parameter(
        0.045, "penalty on factors a rating", low=0, search=(0.01, 0.2)
    )
    bias_regularization: float = parameter(
        2.0, "penalty on biases", low=0, open_low=True, search=(0.5, 10.0)
    )
    seed: int = parameter(0, "of the first factors", low=0)

    mean_: np.float32
    deviation_: np.float32
    items_: Float32
    """(n_items, factors + 1) float32: q_i, and b_i last."""

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        self._start(train)
        for epoch in range(1, self.epochs + 1):
            self._solve(train.by_item, self.people_, self.items_)
            self._solve(train.matrix, self.items_, self.people_)
            if self._epoch_done(progress, epoch, self.epochs):
                break

    def _start(self, train: Interactions) -> None:
        """Random factors of items, and the people that fit them best."""
        data = train.matrix.data
        self.mean_ = np.float32(data.mean(dtype=np.float64))
        spread = data.std(dtype=np.float64)
        self.deviation_ = np.float32(spread if spread > 1e-30 else 1.0)
        generator = np.random.default_rng(self.seed)
        shape = train.n_items, self.factors + 1
        self.items_ = 0.1 * generator.standard_normal(shape, dtype=np.float32)
        self.items_[:, -1] = 0
        self.items_[self.item_count_ == 0] = 0
        self.people_ = self._fold_in(train.matrix, None)

    @property
    def _standard(self) -> tuple[float, float]:
        return float(self.mean_), float(self.deviation_)

    def _penalty(self) -> Float32:
        """(2, factors + 1): on each factor and the bias, alone and times the number of ratings."""
        penalty = np.empty((2, self.factors + 1), np.float32)
        # A person with fewer ratings than factors needs some penalty to have one solution.
        penalty[0], penalty[1] = max(self.regularization, 1e-4), self.weighted_regularization
        penalty[:, -1] = self.bias_regularization, 0
        return penalty

    def _solve(self, matrix: csr_array, others: Float32, out: Float32) -> None:
        kernel.solve_with_bias(
            matrix.indptr,
            matrix.indices,
            matrix.data,
            self._standard,
            others,
            np.ascontiguousarray(self._penalty()[:, :-1]),
            self.bias_regularization,
            out,
        )

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        out = np.empty((history.shape[0], self.factors + 1), np.float32)
        self._solve(history, self.items_, out)
        return out

    def _product(self, state: State) -> Product:
        people = self.deviation_ * state
        people[:, -1] = self.deviation_
        return Product(people, self.items_, self.mean_ + self.deviation_ * state[:, -1])

    def _score_pairs(self, state: State, items: Int32) -> Float32:
        of_item = np.where(items[:, np.newaxis] >= 0, self.items_[items], 0)
        product = np.einsum("pf,pf->p", state[:, :-1], of_item[:, :-1])
        standard = product + state[:, -1] + of_item[:, -1]
        return np.asarray(self.mean_ + self.deviation_ * standard, np.float32)

    def _item_vectors(self) -> Float32:
        return self.items_[:, :-1]

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        """p_u is a sum over the person's ratings, so the prediction is one too (Hu et al. 2008).

        ``p_u = W sum_j q_j (z_uj - b_j - b_u)`` with ``W = (sum_j q_j q_j^T + penalty)^-1``, so
        rating j adds ``q_i . W q_j (z_uj - b_j - b_u)``, times the deviation.
        """
        factors, bias = self.items_[:, :-1], self.items_[:, -1]
        rated = factors[history.indices].astype(np.float64)
        plain, weighted = self._penalty()[:, :-1]
        penalty = plain + weighted * len(rated)
        inner = np.linalg.solve(rated.T @ rated + np.diag(penalty), factors[item].astype(float))
        standard = (history.data - self.mean_) / self.deviation_
        rest = standard - bias[history.indices] - state[0, -1]
        share = self.deviation_ * (rated @ inner) * rest
        reasons = ranking.ratings_that_speak(history.indices, share)
        liked = float(self.deviation_ * bias[item])
        return ranking.with_everybody(reasons, liked)
