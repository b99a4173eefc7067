"""Matrix factorisation by alternating least squares, with biases."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Interactions, SideInformation
from matinee.kernels import als as kernel
from matinee.kernels.threads import exclusive
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Reason


class ALS(Model):
    """Predicts ratings from factors of people and items, by alternating exact least squares.

    With ratings standardised to ``z = (r - mean) / deviation``, it minimises ::

        sum (z_ui - b_u - b_i - p_u . q_i)^2
            + sum_u (regularization + weighted_regularization * n_u) |p_u|^2
            + sum_i (regularization + weighted_regularization * n_i) |q_i|^2
            + bias_regularization * (sum_u b_u^2 + sum_i b_i^2)

    by solving for all (p_u, b_u), then for all (q_i, b_i), exactly, `epochs` times, and once more
    for the people. So what a person is in the end is just what `fold_in` makes of their ratings.
    Source: Zhou et al. 2008 (weighted regularisation), Koren et al. 2009 (biases). Because
    ratings are standardised, the same regularisation fits any rating scale.
    """

    task = "rating"

    factors: int = parameter(32, "numbers that describe a person or an item", low=1, high=4096)
    epochs: int = parameter(15, "turns of people and items", low=1)
    regularization: float = parameter(5.0, "penalty on factors", low=0)
    weighted_regularization: float = parameter(0.055, "penalty on factors a rating", low=0)
    bias_regularization: float = parameter(5.0, "penalty on biases", low=0, open_low=True)
    seed: int = parameter(0, "of the first factors", low=0)

    mean_: np.float32
    deviation_: np.float32
    items_: Float32
    """(n_items, factors + 1) float32: q_i, and b_i last."""

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        matrix, by_item = train.matrix, train.by_item
        self.mean_ = np.float32(matrix.data.mean(dtype=np.float64))
        spread = matrix.data.std(dtype=np.float64)
        self.deviation_ = np.float32(spread if spread > 0 else 1.0)
        standard = (by_item.data - self.mean_) / self.deviation_
        generator = np.random.default_rng(self.seed)
        self.items_ = generator.normal(0, 0.1, (train.n_items, self.factors + 1)).astype(np.float32)
        self.items_[:, -1] = 0
        self.items_[self.item_count_ == 0] = 0
        plain, weighted = self._penalties()
        for epoch in range(self.epochs):
            vectors, offsets = _with_ones(self._fold_in(matrix, None))
            kernel.solve(
                by_item.indptr,
                by_item.indices,
                standard,
                vectors,
                offsets,
                plain,
                weighted,
                self.items_,
            )
            progress("fitting als", epoch + 1, self.epochs)
        self.people_ = self._fold_in(matrix, None)

    def _penalties(self) -> tuple[Float32, Float32]:
        plain = np.full(self.factors + 1, self.regularization, np.float32)
        weighted = np.full(self.factors + 1, self.weighted_regularization, np.float32)
        plain[-1], weighted[-1] = self.bias_regularization, 0
        # A person with fewer ratings than factors needs some penalty to have one solution.
        plain[:-1] = np.maximum(plain[:-1], 1e-4)
        return plain, weighted

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        vectors, offsets = _with_ones(self.items_)
        out = np.empty((history.shape[0], self.factors + 1), np.float32)
        plain, weighted = self._penalties()
        standard = (history.data - self.mean_) / self.deviation_
        kernel.solve(
            history.indptr, history.indices, standard, vectors, offsets, plain, weighted, out
        )
        return out

    def _score(self, state: State) -> Float32:
        with exclusive():
            score = state[:, :-1] @ self.items_[:, :-1].T
        score += self.items_[:, -1]
        score += state[:, -1:]
        score *= self.deviation_
        score += self.mean_
        return np.asarray(score, np.float32)

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
        plain, weighted = self._penalties()
        penalty = plain[:-1] + weighted[:-1] * len(rated)
        inner = np.linalg.solve(rated.T @ rated + np.diag(penalty), factors[item].astype(float))
        standard = (history.data - self.mean_) / self.deviation_
        rest = standard - bias[history.indices] - state[0, -1]
        share = self.deviation_ * (rated @ inner) * rest
        reasons = [
            Reason("rated", float(share[j]), item=int(history.indices[j]))
            for j in np.argsort(-share, kind="stable")[:5]
            if share[j] > 0
        ]
        liked = float(self.deviation_ * bias[item])
        direction = "above" if liked >= 0 else "below"
        label = f"rated {abs(liked):.1f} {direction} the mean by everybody"
        return sorted([*reasons, Reason("popular", liked, label=label)], key=lambda r: -r.weight)


def _with_ones(solved: Float32) -> tuple[Float32, Float32]:
    """(vectors with 1 in the place of the bias, the biases) for solving the other side."""
    vectors = solved.copy()
    vectors[:, -1] = 1
    return vectors, np.ascontiguousarray(solved[:, -1])
