"""Items grouped by what they are and who chose them; each person's taste is a mix of groups."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.clustering.kmeans import kmeans, nearest
from matinee.clustering.vectors import FEATURES, item_vectors
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Interactions, SideInformation
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Reason

_ITEMS_EACH = 6
"""Items that there must be for each cluster: of fewer nothing can be learned."""


class ItemClusters(Model):
    """Ranks items by how much of a person's choices fall into their cluster.

    ``P(i | u) = P(c | u) n_i / n_c`` for item i of cluster c, where ::

        P(c | u) = (choices of u in c + damping * n_c / n) / (choices of u + damping)

    n_i, n_c and n count choices of an item, a cluster and all. Clusters are k-means on
    standardized traits, co-choice vectors or both, never on an id. Items of which nothing is known
    fall to the nearest center.
    """

    task = "ranking"

    features: str = parameter("both", "what items are grouped by", search=FEATURES)
    n_clusters: int = parameter(
        30, "clusters, at most a sixth of the items", low=1, search=(5, 100)
    )
    dimensions: int = parameter(16, "of the co-choice vectors", low=1)
    traits_weight: float = parameter(1.0, "of traits against co-choice", low=0, search=(0.0, 2.0))
    damping: float = parameter(
        40.0, "choices like everybody's that each person is given", low=0, search=(5.0, 200.0)
    )
    seed: int = parameter(0, "of the clustering", low=0, high=2**32 - 1)

    vectors_: Float32
    labels_: Int32
    share_: Float32
    """(k,) share of each cluster in all choices."""
    within_: Float32
    """(n_items,) share of each item in its cluster's choices."""
    traits_: csr_array
    """(n_items, f) item features."""
    trait_names_: npt.NDArray[np.str_]
    trait_share_: Float32
    """(f,) share of all choices whose item has the trait."""

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        progress("fitting item_clusters", 0, 2)
        self.vectors_ = item_vectors(
            train,
            side,
            features=self.features,
            dimensions=self.dimensions,
            traits_weight=self.traits_weight,
            seed=self.seed,
        )
        progress("fitting item_clusters", 1, 2)
        self.labels_ = self._grouped()
        count = self.item_count_.astype(np.float64)
        of_cluster = np.bincount(self.labels_, weights=count)
        self.share_ = (of_cluster / of_cluster.sum()).astype(np.float32)
        self.within_ = (count / np.maximum(of_cluster[self.labels_], 1)).astype(np.float32)
        none = csr_array((train.n_items, 0), dtype=np.float32)
        self.traits_ = none if side.item_features is None else side.item_features
        self.trait_names_ = np.array(side.item_feature_names, dtype=np.str_)
        self.trait_share_ = np.asarray(count @ self.traits_ / count.sum(), np.float32)
        self.people_ = self._fold_in(train.matrix, None)
        progress("fitting item_clusters", 2, 2)

    def _grouped(self) -> Int32:
        """(n_items,) the cluster of each item."""
        known = np.flatnonzero(self.vectors_.any(axis=1))
        if not len(known):
            return np.zeros(len(self.vectors_), np.int32)
        k = max(1, min(self.n_clusters, len(known) // _ITEMS_EACH))
        found = kmeans(self.vectors_[known], k, seed=self.seed)
        labels = nearest(self.vectors_, found.centers)
        labels[known] = found.labels
        return labels

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        rows, k = history.shape[0], len(self.share_)
        people = np.repeat(np.arange(rows), np.diff(history.indptr))
        cells = people * k + self.labels_[history.indices]
        chosen = np.bincount(cells, minlength=rows * k).reshape(rows, k)
        mixed = chosen + self.damping * self.share_
        # Without choices and damping a person is like everybody.
        mixed[mixed.sum(axis=1) == 0] = self.share_
        return np.asarray(mixed / mixed.sum(axis=1, keepdims=True), np.float32)

    def _score(self, state: State) -> Float32:
        return np.asarray(state[:, self.labels_] * self.within_, np.float32)

    def _item_vectors(self) -> Float32:
        return self.vectors_

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        cluster = self.labels_[item]
        yours = history.indices
        alike = self.vectors_[yours] @ self.vectors_[item]
        reasons = [
            Reason("rated", float(alike[j]), item=int(yours[j]))
            for j in np.argsort(-alike, kind="stable")[:3]
            if self.labels_[yours[j]] == cluster and alike[j] > 0
        ]
        share, everybody = float(state[0, cluster]), float(self.share_[cluster])
        if share > everybody:
            label = (
                f"films of this kind are {share:.0%} of your taste, {everybody:.0%} of everybody's"
            )
            reasons.append(Reason("cluster", float(np.log(share / everybody)), label=label))
        reasons += self._shared_traits(yours, item)
        return sorted(reasons, key=lambda r: -r.weight) or super()._explain(history, state, item)

    def _shared_traits(self, yours: Int32, item: int) -> list[Reason]:
        """The traits of the item that the person chooses more than everybody does."""
        if not len(yours):
            return []
        of_item = self.traits_[[item]].indices
        own = np.asarray(self.traits_[yours].mean(axis=0))[of_item]
        everybody = np.maximum(self.trait_share_[of_item], 1e-9)
        # Two choices like everybody's, so that one film alone does not make a taste.
        damped = (own * len(yours) + 2 * everybody) / (len(yours) + 2)
        return [
            Reason(
                "feature",
                float(np.log(damped[j] / everybody[j])),
                label=f"{_in_words(self.trait_names_[of_item[j]])}: {own[j]:.0%} of what you like, "
                f"{everybody[j]:.0%} of what everybody does",
            )
            for j in np.argsort(-damped / everybody, kind="stable")[:2]
            if damped[j] > everybody[j]
        ]


def _in_words(trait: str) -> str:
    kind, _, value = trait.partition(":")
    if kind == "decade":
        return f"films of the {value}s"
    return f"films tagged {value}" if kind == "tag" else value
