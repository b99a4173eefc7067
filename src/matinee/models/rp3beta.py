"""Items that a walk of three steps reaches from those you chose."""

from __future__ import annotations

import numpy as np

from matinee.hyperparameters import parameter
from matinee.interactions import Interactions, SideInformation, sorted_csr
from matinee.item_weights import ItemWeights, from_lists
from matinee.kernels.neighbours import nearest
from matinee.progress import Progress


class RP3Beta(ItemWeights):
    """Ranks items by how likely a random walk reaches them, popular ones less.

    A walk goes from the person to an item of theirs, to somebody who chose it, to an item of
    theirs. With each step's probability to the power alpha and the goal's popularity to the power
    beta, what having chosen i says for j is ::

        w(i, j) = n_i^-alpha n_j^-beta sum of n_u^-alpha over the people u who chose both

    of which the `neighbors` largest are kept for each j.

    Source: Paudel et al. 2017, "Updatable, Accurate, Diverse, and Scalable Recommendations for
    Interactive Applications", section 3.
    """

    task = "ranking"

    neighbors: int = parameter(
        200, "items that each item is reached from", low=1, search=(20, 1000)
    )
    alpha: float = parameter(
        0.5, "power of the probability of a step", low=0, high=3, search=(0.2, 1.5)
    )
    beta: float = parameter(
        0.5, "power of popularity that is taken off", low=0, high=3, search=(0.0, 1.0)
    )

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        progress("fitting rp3beta", 0, 1)
        matrix, by_item = train.matrix, train.by_item
        lengths = np.maximum(np.diff(matrix.indptr), 1).astype(np.float64)
        count = np.maximum(self.item_count_, 1).astype(np.float64)
        k = min(self.neighbors, train.n_items)
        items = np.full((train.n_items, k), -1, np.int32)
        weight = np.zeros((train.n_items, k), np.float32)
        nearest(
            by_item.indptr,
            by_item.indices,
            (lengths**-self.alpha).astype(np.float32),
            (count**self.beta).astype(np.float32),
            (count**self.alpha).astype(np.float32),
            0.0,
            items,
            weight,
        )
        self.weights_ = sorted_csr(from_lists(items, weight).T)
        self.people_ = matrix
        progress("fitting rp3beta", 1, 1)
