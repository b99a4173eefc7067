"""People grouped by taste and profile; what your group likes most is recommended to you."""

from __future__ import annotations

import numpy as np

from matinee.clustering.kmeans import kmeans, minibatch_kmeans
from matinee.clustering.people import FEATURES, SCALINGS, PeopleView, view_of
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Interactions, SideInformation
from matinee.people_clusters import PeopleClusters, Points


class UserClusters(PeopleClusters):
    """Ranks items by how many people of one's own cluster chose them.

    ``score(u, i) = (n_ci + damping * n_i / n) / (n_c + damping)`` for a person of cluster c with
    n_c people, of whom n_ci chose item i; n_i of all n people with a choice did. Clusters are
    k-means on what `features` names; those of fewer than `smallest` people are dissolved, and
    each of their people moves to the cluster that covers most of the person's items.

    Somebody who has chosen something falls to the nearest center by whatever is known, or to the
    one in the nearest direction where people are grouped by likes. Of whom only the profile is
    known gets the mean of all clusters' scores, weighted by how likely each is for it. Somebody of
    whom nothing is known is served like everybody, ``n_i / n``.
    """

    task = "ranking"

    features: str = parameter("taste", "what people are grouped by", search=FEATURES)
    scaling: str = parameter(
        "minmax", "of genres, where people are grouped by them", search=SCALINGS
    )
    method: str = parameter("kmeans", "how they are grouped", search=("kmeans", "minibatch"))
    n_clusters: int = parameter(20, "clusters, at most people / smallest", low=1, search=(2, 60))
    dimensions: int = parameter(16, "of co-choice vectors", low=1, search=(4, 64))
    traits_weight: float = parameter(2.0, "of taste: traits against co-choice", low=0)
    profile_weight: float = parameter(0.2, "of taste: profiles against what is liked", low=0)
    damping: float = parameter(
        20.0, "people like everybody that each cluster is given", low=0, search=(0.0, 100.0)
    )
    smallest: int = parameter(6, "people below which a cluster is dissolved; 0: none is", low=0)
    seed: int = parameter(0, "of the clustering", low=0, high=2**32 - 1)

    def _view(self, train: Interactions, side: SideInformation) -> PeopleView:
        return view_of(
            train,
            side,
            features=self.features,
            scaling=self.scaling,
            dimensions=self.dimensions,
            traits_weight=self.traits_weight,
            profile_weight=self.profile_weight,
            seed=self.seed,
        )

    def _cluster(self, points: Points, k: int) -> Int32:
        group = minibatch_kmeans if self.method == "minibatch" else kmeans
        return group(points, k, seed=self.seed).labels

    def _item_vectors(self) -> Float32:
        return self._likeness_vectors(np.arange(self.n_items, dtype=np.int32))

    def _likeness_vectors(self, items: Int32) -> Float32:
        """Vectors of taste where people are grouped by them, else by which clusters like them."""
        if self.features in ("taste", "factors"):
            return np.asarray(self.view_items_[items], np.float32)
        return super()._likeness_vectors(items)
