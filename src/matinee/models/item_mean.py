"""How an item is rated on average: the baseline that knows nothing of who asks."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Interactions, SideInformation
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Reason


class ItemMean(Model):
    """Predicts the mean rating of the item, the same for everybody.

    ``r(u, i) = (sum of the ratings of i + damping * mean) / (n_i + damping)``, where mean is that
    of all ratings; an item without ratings is predicted at it.
    """

    baseline = True
    task = "rating"

    damping: float = parameter(
        5.0, "ratings at the mean that each item is given", low=0, search=(0.5, 50.0)
    )

    mean_: np.float32
    item_mean_: Float32
    """(n_items,) float32"""

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        matrix = train.matrix
        mean = matrix.data.mean(dtype=np.float64)
        total = np.bincount(matrix.indices, weights=matrix.data, minlength=train.n_items)
        count = self.item_count_ + self.damping
        means = np.full(train.n_items, mean)
        np.divide(total + self.damping * mean, count, out=means, where=count > 0)
        self.mean_, self.item_mean_ = np.float32(mean), means.astype(np.float32)
        self.people_ = np.zeros((train.n_users, 0), np.float32)

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        return np.zeros((history.shape[0], 0), np.float32)

    def _score(self, state: State) -> Float32:
        return np.repeat(self.item_mean_[np.newaxis], len(state), axis=0)

    def _score_pairs(self, state: State, items: Int32) -> Float32:
        return np.where(items >= 0, self.item_mean_[items], self.mean_).astype(np.float32)

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        return [Reason("popular", 1.0, label=f"rated {self.item_mean_[item]:.1f} on average")]
