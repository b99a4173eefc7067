"""What most people choose: the baseline that every ranking model must beat."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee.interactions import Float32, Interactions, SideInformation
from matinee.model import Model, State
from matinee.progress import Progress


class Popularity(Model):
    """Ranks items by how many people chose them, the same for everybody.

    ``score(u, i) = n_i``, the number of people who chose item i in training.
    """

    baseline = True
    task = "ranking"

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        self.people_ = np.zeros((train.n_users, 0), np.float32)

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        return np.zeros((history.shape[0], 0), np.float32)

    def _score(self, state: State) -> Float32:
        return np.repeat(self.item_count_[np.newaxis].astype(np.float32), len(state), axis=0)
