"""The mean, the item and the person: the baseline that every rating model must beat."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Interactions, SideInformation
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Reason


class Biases(Model):
    """Predicts a rating from how the item and the person depart from the mean.

    ``r(u, i) = mean + b_i + b_u``, where b minimises the squared error plus
    ``item_damping * sum b_i^2 + user_damping * sum b_u^2`` (Koren 2010, section 2.1), found by
    turns. A person or an item without ratings has b = 0.
    """

    baseline = True
    task = "rating"

    item_damping: float = parameter(
        5.0, "ratings at the mean that each item is given", low=0, search=(0.5, 50.0)
    )
    user_damping: float = parameter(
        10.0, "ratings at the mean that each person is given", low=0, search=(0.5, 50.0)
    )
    epochs: int = parameter(10, "turns of items and people", low=1)

    mean_: np.float32
    item_bias_: Float32

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        matrix = train.matrix
        users = np.repeat(np.arange(train.n_users), np.diff(matrix.indptr))
        self.mean_ = np.float32(matrix.data.mean(dtype=np.float64))
        count = self.item_count_ + self.item_damping
        of_user = np.zeros(train.n_users)
        for epoch in range(self.epochs):
            rest = matrix.data - self.mean_ - of_user[users]
            total = np.bincount(matrix.indices, weights=rest, minlength=train.n_items)
            bias = np.divide(total, count, out=np.zeros(train.n_items), where=count > 0)
            self.item_bias_ = bias.astype(np.float32)
            self.people_ = self._fold_in(matrix, None)
            of_user = self.people_[:, 0].astype(np.float64)
            progress("fitting biases", epoch + 1, self.epochs)

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        rows = history.shape[0]
        users = np.repeat(np.arange(rows), np.diff(history.indptr))
        rest = history.data.astype(np.float64) - self.mean_ - self.item_bias_[history.indices]
        count = np.diff(history.indptr) + self.user_damping
        total = np.bincount(users, weights=rest, minlength=rows)
        bias = np.divide(total, count, out=np.zeros(rows), where=count > 0)
        return bias.astype(np.float32)[:, np.newaxis]

    def _score(self, state: State) -> Float32:
        return np.asarray(self.mean_ + state + self.item_bias_, np.float32)

    def _score_pairs(self, state: State, items: Int32) -> Float32:
        bias = np.where(items >= 0, self.item_bias_[items], 0)
        return np.asarray(self.mean_ + state[:, 0] + bias, np.float32)

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        bias = float(self.item_bias_[item])
        direction = "above" if bias >= 0 else "below"
        return [Reason("popular", bias, label=f"rated {abs(bias):.1f} {direction} the mean")]
