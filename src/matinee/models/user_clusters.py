"""People grouped by taste and profile; what your group likes most is recommended to you."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee.clustering.kmeans import at_most, kmeans, nearest
from matinee.clustering.vectors import item_vectors, unit_rows
from matinee.errors import InvalidInput
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Interactions, SideInformation
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Reason


class UserClusters(Model):
    """Ranks items by how many people of one's own cluster chose them.

    ``score(u, i) = (n_ci + damping * n_i / n) / (n_c + damping)`` for a person of cluster c with
    n_c people, of whom n_ci chose item i; n_i of all n people did. Clusters are k-means on
    the mean vector of what a person chose (traits and co-choice), beside the profile where one
    is known. A new person falls to the nearest center by whatever is known of them; somebody of
    whom nothing is known is served like everybody, ``n_i / n``.
    """

    task = "ranking"

    n_clusters: int = parameter(20, "clusters, at most sqrt(people / 2)", low=1)
    dimensions: int = parameter(16, "of the co-choice vectors", low=1)
    traits_weight: float = parameter(1.0, "of traits against co-choice", low=0)
    profile_weight: float = parameter(0.2, "of profiles against taste", low=0)
    damping: float = parameter(30.0, "people like everybody that each cluster is given", low=0)
    seed: int = parameter(0, "of the clustering", low=0, high=2**32 - 1)

    vectors_: Float32
    """(n_items, d) vectors of items."""
    centers_: Float32
    """(k, d + g) centers: taste, then profile."""
    profile_mean_: Float32
    """(g,) mean profile."""
    profile_names_: np.ndarray
    size_: Int32
    """(k,) people of each cluster."""
    rate_: Float32
    """(k + 1, n_items) damped share of each cluster that chose an item; of everybody, last."""

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        progress("fitting user_clusters", 0, 2)
        self.vectors_ = item_vectors(
            train,
            side,
            dimensions=self.dimensions,
            traits_weight=self.traits_weight,
            seed=self.seed,
        )
        profiles = None if self.profile_weight == 0 else side.user_features
        width = 0 if profiles is None else profiles.shape[1]
        self.profile_names_ = np.array(side.user_feature_names[:width], dtype=np.str_)
        mean = np.zeros(0) if profiles is None else np.asarray(profiles.mean(axis=0))
        self.profile_mean_ = mean.astype(np.float32)
        points, known = self._points(train.matrix, profiles)
        progress("fitting user_clusters", 1, 2)
        usable = known.any(axis=1) if known.any() else np.ones(len(known), bool)
        # People of whom nothing is known count in no cluster.
        people = np.flatnonzero(usable)
        k = at_most(self.n_clusters, len(people))
        self.centers_ = kmeans(points[people], k, seed=self.seed).centers
        labels = nearest(points[people], self.centers_, known[people])
        shape = (len(self.centers_), train.n_users)
        member = csr_array((np.ones(len(people), np.float32), (labels, people)), shape=shape)
        self.size_ = np.bincount(labels, minlength=shape[0]).astype(np.int32)
        count = (member @ _ones(train.matrix)).toarray()
        everybody = self.item_count_ / train.n_users
        total = self.size_[:, np.newaxis] + self.damping
        # Without people and damping a cluster is like everybody.
        rate = np.where(total > 0, count + self.damping * everybody, everybody)
        rate /= np.where(total > 0, total, 1)
        self.rate_ = np.vstack([rate, everybody]).astype(np.float32)
        self.people_ = self._fold_in(train.matrix, profiles)
        progress("fitting user_clusters", 2, 2)

    def _points(self, history: csr_array, profiles: csr_array | None) -> tuple[Float32, np.ndarray]:
        """Taste beside profile, (people, d + g), and which of it is known of each person."""
        taste = unit_rows(np.asarray(_ones(history) @ self.vectors_, np.float32))
        people, width = len(taste), len(self.profile_mean_)
        profile = np.zeros((people, width), np.float32)
        if profiles is not None and width:
            if profiles.shape[1] != width:
                raise InvalidInput(
                    f"A profile must have the {width} columns of the training data, got "
                    f"{profiles.shape[1]}."
                )
            profile = profiles.toarray()
        # An unstated field, such as all columns "age:...", must pull nowhere.
        stated = np.zeros((people, width), bool)
        fields = np.array([name.partition(":")[0] for name in self.profile_names_.tolist()])
        for field in np.unique(fields):
            columns = fields == field
            stated[:, columns] = profile[:, columns].any(axis=1, keepdims=True)
        profile = self.profile_weight * (profile - self.profile_mean_)
        known = np.hstack(
            [np.repeat(taste.any(axis=1, keepdims=True), taste.shape[1], axis=1), stated]
        )
        return np.hstack([taste, profile.astype(np.float32)]) * known, known

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        points, known = self._points(history, profiles)
        labels = nearest(points, self.centers_, known)
        labels[~known.any(axis=1)] = len(self.centers_)
        return labels[:, np.newaxis]

    def _score(self, state: State) -> Float32:
        return self.rate_[state[:, 0]]

    def _item_vectors(self) -> Float32:
        return self.vectors_

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        cluster = int(state[0, 0])
        if cluster == len(self.size_):
            return super()._explain(history, state, item)
        rate, everybody, size = self.rate_[cluster], self.rate_[-1], int(self.size_[cluster])
        lift = float(np.log(max(rate[item], 1e-9) / max(everybody[item], 1e-9)))
        # The share that was counted, without the damping that ranks.
        count = rate[item] * (size + self.damping) - self.damping * everybody[item]
        label = (
            f"liked by {max(count, 0) / max(size, 1):.0%} of the {size} people most like you, "
            f"by {everybody[item]:.0%} of everybody"
        )
        yours = history.indices
        unit = unit_rows(self.vectors_[np.append(yours, item)])
        alike = unit[:-1] @ unit[-1]
        near = [
            Reason("rated", float(alike[j]), item=int(yours[j]))
            for j in np.argsort(-alike, kind="stable")[:3]
            if alike[j] > 0.3
        ]
        reasons = [Reason("cluster", lift, label=label), *near]
        if lift <= 0 and not near:
            # Nothing of this person's speaks for it: it is here because everybody likes it.
            reasons.append(
                Reason("popular", 0.0, label=f"liked by {everybody[item]:.0%} of everybody")
            )
        return sorted(reasons, key=lambda r: -r.weight)


def _ones(matrix: csr_array) -> csr_array:
    """Who chose what, without how much."""
    ones = np.ones_like(matrix.data)
    return csr_array((ones, matrix.indices, matrix.indptr), shape=matrix.shape)
