"""SLIM: each item from a few others, by sparse non-negative regressions."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, vstack

from matinee.hyperparameters import parameter
from matinee.interactions import Interactions, SideInformation, sorted_csr
from matinee.item_weights import ItemWeights, check_memory, people_weights
from matinee.kernels import ease, slim
from matinee.progress import Progress

_BLOCK = 256


class SLIM(ItemWeights):
    """Ranks items by a sparse non-negative regression of each item on all others.

    With X the people x items matrix of ones, it minimises for each item j ::

        1/2 sum_u w_u (x_uj - x_u . b)^2 + sparsity_j sum_i b_i + 1/2 sum_i penalty_i b_i^2
        b >= 0, b_j = 0
        w_u = n_u^-activity_damping, scaled so that choices weigh 1 on average
        penalty_i = regularization * n_i^popularity_penalty, sparsity_j likewise

    where n_i people chose item i, and ``score(u, j) = n_j^-popularity_damping * sum of b_i`` over
    the history. It is `ease` with fewer, non-negative weights: slower to fit, smaller to keep.

    Source: Ning and Karypis 2011, "SLIM: Sparse Linear Methods for Top-N Recommender Systems",
    equation 4 (this with all three powers at 0); Friedman et al. 2010 for coordinate descent. The
    powers are those of `ease`. Memory while fitting: a float32 matrix of all items, squared.
    """

    task = "ranking"

    regularization: float = parameter(
        100.0, "penalty on squared weights", low=0, search=(10.0, 1000.0)
    )
    sparsity: float = parameter(0.5, "penalty on weights", low=0, search=(0.3, 5.0))
    popularity_penalty: float = parameter(
        0.25, "power of popularity in both penalties", low=0, high=2, search=(0.0, 1.0)
    )
    activity_damping: float = parameter(
        0.5, "power by which long histories teach less", low=0, high=2, search=(0.0, 1.0)
    )
    popularity_damping: float = parameter(
        0.2, "power by which popular items score less", low=0, high=2, search=(0.0, 0.4)
    )
    tolerance: float = parameter(
        0.01, "step, as a share of an item's count, at which it has settled", low=0, open_low=True
    )
    turns: int = parameter(100, "over the weights of an item, at most", low=1)

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        matrix, by_item = train.matrix, train.by_item
        n = train.n_items
        check_memory("slim", n)
        gram = np.empty((n, n), np.float32)
        weights = people_weights(np.diff(matrix.indptr), self.activity_damping)
        ease.gram(matrix.indptr, matrix.indices, by_item.indptr, by_item.indices, weights, gram)
        for first in range(0, n, _BLOCK):
            rows = slice(first, first + _BLOCK)
            gram[:first, rows] = gram[rows, :first].T
            lower = np.tril(gram[rows, rows])
            gram[rows, rows] = lower + np.tril(lower, -1).T
        count = np.maximum(self.item_count_, 1).astype(np.float64)
        scale = count**self.popularity_penalty
        penalty = (self.regularization * scale).astype(np.float32)
        sparsity = (self.sparsity * scale).astype(np.float32)
        damping = (count**-self.popularity_damping).astype(np.float32)
        parts = []
        for first in range(0, n, _BLOCK):
            block = np.empty((min(_BLOCK, n - first), n), np.float32)
            slim.columns(gram, first, sparsity, penalty, self.tolerance, self.turns, block)
            block *= damping[first : first + len(block), np.newaxis]
            parts.append(csr_array(block))
            progress("fitting slim", min(first + _BLOCK, n), n)
        self.weights_ = sorted_csr(vstack(parts).T)
        self.people_ = matrix
