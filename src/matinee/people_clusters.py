"""What models that group people share: members, their counts, and where somebody new belongs."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, issparse

from matinee.clustering.kmeans import nearest
from matinee.clustering.people import PeopleView, check_profiles, fields, liked
from matinee.clustering.repair import repair
from matinee.clustering.vectors import unit_rows
from matinee.errors import Unsupported
from matinee.interactions import Bool, Float32, Int32, Int64, Interactions, SideInformation
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Product, Reason

Float64: TypeAlias = npt.NDArray[np.float64]
Points: TypeAlias = Float32 | csr_array
_ALIKE = 5.0
"""Members like everybody that each cluster is given when its profiles are compared."""
_ENOUGH = 10
"""People who must have chosen an item for clusters to tell what it is like."""


class PeopleClusters(Model):
    """Ranks items by how many people of a cluster chose them.

    Models write `_view`, how people become points; `_cluster`, which groups points; and, where the
    nearest center is not their rule, `_cluster_of`. The state of a person is a weight for each
    cluster; what is missing to 1 is everybody's. Scores come from `count_` and `size_` when they
    are asked for, so whoever keeps those up to date has scores that are.
    """

    n_clusters: int
    damping: float
    smallest: int

    count_: Int32
    """(k, n_items) int32: members of each cluster who chose each item."""
    size_: Int32
    """(k,) int32: members of each cluster."""
    members_: Int32
    """(n_users,) int32: the cluster of each person of the training data, -1 for none."""
    left_out_: int
    """How many people of the training data are in no cluster: they chose nothing, or nothing is
    known of what points are made of."""
    everybody_: Float32
    """(n_items,) share of all people with a choice who chose each item."""
    centers_: Float32
    """(k, d) means of the members' points."""
    profile_share_: Float32
    """(k, g) smoothed share of each column of the profile in each cluster."""
    profile_names_: tuple[str, ...]
    # What `_kept_view` is made of.
    view_features_: str
    view_scaling_: str
    view_items_: Float32 | csr_array
    view_item_columns_: tuple[str, ...]
    view_low_: Float32
    view_scale_: Float32
    view_profile_mean_: Float32
    view_profile_columns_: tuple[str, ...]
    view_profile_weight_: float

    # ---- what authors write -------------------------------------------------------------

    def _view(self, train: Interactions, side: SideInformation) -> PeopleView:
        """How the people of the training data become points."""
        raise Unsupported(f"{self.name} does not say how people become points.")

    def _cluster(self, points: Points, k: int) -> Int32:
        """(people,) cluster of each point, of k at most, -1 for none; learns what `_cluster_of`
        needs."""
        raise Unsupported(f"{self.name} does not say how people are grouped.")

    def _placed_nobody(self) -> None:
        """Learns what `_cluster_of` needs where nobody can be in a cluster."""

    def _moved(self, renumbered: Int32) -> None:
        """Told the new number of each cluster of `_cluster`, -1 where it was dissolved."""

    def _cluster_of(self, points: Points, known: Bool | None) -> Int32:
        """(people,) cluster of points that may be new, -1 for none: the nearest center.

        Of likes it is the one in the nearest direction: what somebody does not like yet is not
        disliked, and by distance all who like little would fall to those who like little.
        """
        if self.view_features_ != "likes":
            return nearest(points, self.centers_, known)
        lengths = np.maximum(np.linalg.norm(self.centers_, axis=1), 1e-9)
        akin = np.asarray(points @ self.centers_.T) / lengths
        return np.where(akin.max(axis=1) > 0, akin.argmax(axis=1), -1).astype(np.int32)

    # ---- fitting ------------------------------------------------------------------------

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        progress(f"fitting {self.name}", 0, 2)
        view = self._view(train, side)
        self._keep(view)
        matrix, profiles = train.matrix, side.user_features
        people = np.flatnonzero(view.placed(matrix, profiles))
        chose = int((np.diff(matrix.indptr) > 0).sum())
        self.everybody_ = (self.item_count_ / chose).astype(np.float32)
        chosen = liked(matrix)[people]
        points, _ = view.points(chosen, None if profiles is None else profiles[people])
        progress(f"fitting {self.name}", 1, 2)
        labels = self._labelled(points, chosen)
        self.members_ = np.full(train.n_users, -1, np.int32)
        self.members_[people] = labels
        self.left_out_ = int((self.members_ < 0).sum())
        self.size_ = _sizes(labels).astype(np.int32)
        self._learn_profiles(side)
        self.people_ = self._fold_in(matrix, profiles)
        progress(f"fitting {self.name}", 2, 2)

    def _labelled(self, points: Points, chosen: csr_array) -> Int32:
        """Cluster people, repair small clusters, and learn centers and counts."""
        people = points.shape[0]
        if not people:
            self.count_ = np.zeros((0, chosen.shape[1]), np.int32)
            self.centers_ = np.zeros((0, points.shape[1]), np.float32)
            self._placed_nobody()
            return np.zeros(0, np.int32)
        # Of more, some would have fewer than `smallest` members.
        k = max(1, min(self.n_clusters, people // max(1, self.smallest)))
        found = self._cluster(points, k)
        repaired = repair(found, chosen, smallest=min(self.smallest, people), points=points)
        labels = repaired.labels
        self.count_ = repaired.counts.toarray().astype(np.int32)
        sums = _sums(labels, points)
        self.centers_ = (sums / _sizes(labels)[:, np.newaxis]).astype(np.float32)
        self._moved(repaired.renumbered)
        return labels

    def _learn_profiles(self, side: SideInformation) -> None:
        profiles = side.user_features
        self.profile_names_ = () if profiles is None else side.user_feature_names
        k = len(self.size_)
        self.profile_share_ = np.zeros((k, len(self.profile_names_)), np.float32)
        if profiles is None or not k:
            return
        count = _sums(self.members_, profiles)
        for columns in fields(self.profile_names_):
            # A value that nobody has must not be impossible, and a small cluster is no proof.
            overall = count[:, columns].sum(axis=0) + 1
            overall /= overall.sum()
            stated = count[:, columns].sum(axis=1, keepdims=True)
            share = (count[:, columns] + _ALIKE * overall) / (stated + _ALIKE)
            self.profile_share_[:, columns] = share

    # ---- people -------------------------------------------------------------------------

    def place(self, history: csr_array, profiles: csr_array | None = None) -> Int32:
        """The cluster that each person belongs to by what is known of them; -1 where nothing is.

        Parameters
        ----------
        history : (people, n_items) CSR
            What each likes; values do not count.
        profiles : (people, g) CSR, or None
            Rows like `SideInformation.user_features`.
        """
        return _strongest(self.fold_in(history, profiles))

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        """(people, k) weights of clusters: rows add up to 1, or to 0 where nothing is known."""
        weights = np.zeros((history.shape[0], len(self.size_)), np.float32)
        if not len(self.size_):
            return weights
        if profiles is not None and self.profile_names_:
            check_profiles(profiles, len(self.profile_names_))
            stated = np.flatnonzero(np.diff(profiles.indptr))
            weights[stated] = self._by_profile(profiles[stated])
        view = self._kept_view()
        people = np.flatnonzero(view.placed(history, profiles))
        if len(people):
            known_profiles = None if profiles is None else profiles[people]
            clusters = self._cluster_of(*view.points(history[people], known_profiles))
            people, clusters = people[clusters >= 0], clusters[clusters >= 0]
            weights[people] = 0
            weights[people, clusters] = 1
        return weights

    def _by_profile(self, profiles: csr_array) -> Float32:
        """(people, k) how likely each cluster is for somebody of whom the profile is known.

        ``P(c | profile) ~ n_c * product over stated fields of share(value, c)`` (naive Bayes).
        """
        prior = np.log(np.maximum(self.size_, 1e-9))
        likely = prior + profiles @ np.log(self.profile_share_.T)
        likely = np.exp(likely - likely.max(axis=1, keepdims=True))
        return np.asarray(likely / likely.sum(axis=1, keepdims=True), np.float32)

    def _product(self, state: State) -> Product:
        # Mostly one cluster a person, so for few people most clusters are not needed.
        used = np.flatnonzero(state.any(axis=0))
        nobody = ~state.any(axis=1, keepdims=True)
        people = np.hstack([state[:, used], nobody]).astype(np.float32)
        rates = np.vstack([self._rates(used), self.everybody_])
        return Product(people, np.ascontiguousarray(rates.T))

    def _rates(self, clusters: Any = slice(None), items: Any = slice(None)) -> Float32:
        """Damped share of each of these clusters that chose each of these items."""
        everybody, damping = self.everybody_[items], np.float32(self.damping)
        total = (self.size_[clusters] + damping)[:, np.newaxis]
        count = self.count_[clusters][:, items]
        # Without members and damping a cluster is like everybody.
        rates = np.where(total > 0, count + damping * everybody, everybody)
        return np.asarray(rates / np.where(total > 0, total, 1), np.float32)

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        cluster = int(_strongest(state)[0])
        if cluster < 0:
            return super()._explain(history, state, item)
        weights, everybody = state[0], float(self.everybody_[item])
        rate = float(weights @ self._rates(items=[item])[:, 0])
        lift = float(np.log(max(rate, 1e-9) / max(everybody, 1e-9)))
        # The share that was counted, without the damping that ranks.
        counted = float(weights @ (self.count_[:, item] / np.maximum(self.size_, 1)))
        certain = weights[cluster] == 1
        whom = (
            f"of the {self.size_[cluster]} people most like you"
            if certain
            else "of people with a profile like yours"
        )
        label = f"liked by {counted:.0%} {whom}, by {everybody:.0%} of everybody"
        near = self._near(history.indices, item)
        reasons = [Reason("cluster" if certain else "profile", lift, label=label), *near]
        if lift <= 0 and not near:
            # Nothing of this person's speaks for it: it is here because everybody likes it.
            reasons.append(Reason("popular", 0.0, label=f"liked by {everybody:.0%} of everybody"))
        return sorted(reasons, key=lambda r: -r.weight)

    def _near(self, yours: Int32, item: int) -> list[Reason]:
        """The liked items that are most alike the item."""
        unit = unit_rows(self._likeness_vectors(np.append(yours, item)))
        alike = unit[:-1] @ unit[-1]
        return [
            Reason("rated", float(alike[j]), item=int(yours[j]))
            for j in np.argsort(-alike, kind="stable")[:3]
            if alike[j] > 0.3
        ]

    def _likeness_vectors(self, items: Int32) -> Float32:
        """(items, k) by how much more, or less, each cluster likes them than everybody does; zero
        for items that too few people chose to tell."""
        rates, everybody = self._rates(items=items), self.everybody_[items]
        apart = np.asarray((np.sqrt(rates) - np.sqrt(everybody)).T, np.float32)
        apart[self.item_count_[items] < _ENOUGH] = 0
        return apart

    # ---- within -------------------------------------------------------------------------

    def _keep(self, view: PeopleView) -> None:
        for name, value in view._asdict().items():
            setattr(self, f"view_{name}_", value)

    def _kept_view(self) -> PeopleView:
        return PeopleView(*(getattr(self, f"view_{name}_") for name in PeopleView._fields))


def _strongest(weights: Float32) -> Int32:
    """(people,) the cluster of most weight, the lowest of equals; -1 where none has any."""
    if not weights.shape[1]:
        return np.full(len(weights), -1, np.int32)
    return np.where(weights.any(axis=1), weights.argmax(axis=1), -1).astype(np.int32)


def _sizes(labels: Int32) -> Int64:
    """(k,) members of each cluster."""
    return np.bincount(labels[labels >= 0])


def _sums(labels: Int32, rows: Points) -> Float64:
    """(k, d) sum of the rows of each cluster, added up in one order on one thread."""
    members = np.flatnonzero(labels >= 0)
    ones = np.ones(len(members), np.float64)
    shape = (int(labels.max()) + 1, len(labels))
    sums = csr_array((ones, (labels[members], members)), shape=shape) @ rows
    return sums.toarray() if issparse(sums) else np.asarray(sums)
