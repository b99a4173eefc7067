"""Items alike those you chose, by who chose both."""

from __future__ import annotations

import numpy as np

from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Interactions, SideInformation, sorted_csr
from matinee.item_weights import ItemWeights, from_lists
from matinee.kernels.neighbours import nearest
from matinee.progress import Progress


class ItemKNN(ItemWeights):
    """Ranks items by how alike they are to the items of one's history.

    ``score(u, j) = sum of s(i, j)`` over the items i that u chose and that are among the
    `neighbors` items most alike j, where ::

        s(i, j) = together(i, j) / (length_i * length_j + shrinkage)

    "cosine": `together` counts the people who chose both, and length_i = sqrt(n_i).
    "bm25": the choice of item i by person u weighs ``idf_i / (1 + k1 (1 - b + b n_u / mean n))``
    up to a constant, with ``idf_i = log(people / (1 + n_i))``, at least 0.01; long histories and
    popular items count less, and length_i = 1.

    Source: Sarwar et al. 2001; Robertson and Zaragoza 2009 for BM25; Bell and Koren 2007 for
    shrinkage.
    """

    task = "ranking"

    neighbors: int = parameter(
        200, "alike items that each item is scored by", low=1, search=(10, 500)
    )
    weighting: str = parameter("bm25", "of choices", search=("cosine", "bm25"))
    shrinkage: float = parameter(
        0.0, "against likeness that rests on few people", low=0, search=(0.0, 30.0)
    )
    k1: float = parameter(
        1.2, "of bm25: how much the length of a history counts", low=0, search=(0.1, 10.0)
    )
    b: float = parameter(
        0.75, "of bm25: by which share of its length", low=0, high=1, search=(0.0, 1.0)
    )

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        progress("fitting item_knn", 0, 1)
        matrix, by_item = train.matrix, train.by_item
        lengths = np.diff(matrix.indptr)
        count = np.maximum(self.item_count_, 1).astype(np.float64)
        if self.weighting == "bm25":
            relative = lengths / lengths.mean()
            of_person = (self.k1 + 1) / (1 + self.k1 * (1 - self.b + self.b * relative))
            idf = np.maximum(np.log(train.n_users / (1 + count)), 0.01)
            weights, length = of_person**2, 1 / idf
        else:
            weights, length = np.ones(train.n_users), np.sqrt(count)
        k = min(self.neighbors, train.n_items)
        items = np.full((train.n_items, k), -1, np.int32)
        likeness = np.zeros((train.n_items, k), np.float32)
        of_item: Float32 = length.astype(np.float32)
        nearest(
            by_item.indptr,
            by_item.indices,
            weights.astype(np.float32),
            of_item,
            of_item,
            self.shrinkage,
            items,
            likeness,
        )
        self.weights_ = sorted_csr(from_lists(items, likeness).T)
        self.people_ = matrix
        progress("fitting item_knn", 1, 1)
