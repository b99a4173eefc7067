"""The clusterings of a workspace in ids and words: tables, names, a map, and who belongs where."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from matinee.answers import Profile
from matinee.catalogue import Catalogue
from matinee.cluster_answers import (
    Axis,
    Cluster,
    Clustering,
    ClusterMap,
    ClusterMate,
    ClusterPeople,
    ClusterTitle,
    On,
    Placement,
    TitleCluster,
)
from matinee.clusters import listing, titles
from matinee.clusters.grouping import Grouping
from matinee.clusters.marks import profile_shares
from matinee.clusters.titles import By, MateBy
from matinee.errors import (
    InvalidInput,
    NotReady,
    UnknownCluster,
    UnknownUser,
    Unsupported,
)
from matinee.features import side_information, understood
from matinee.model import Model
from matinee.models.item_clusters import ItemClusters
from matinee.people_clusters import PeopleClusters
from matinee.person import Person
from matinee.storage.state import parse_scale
from matinee.storage.workspace import Workspace

Load = Callable[[str], tuple[Model, dict[str, Any]]]
"""A model by its archive's id, with the counts of this moment; and its details."""


class Clusterings:
    """Every clustering of a workspace: each is a trained model of one of `listing.KINDS`.

    A clustering is named by its model or by the id of its archive; by default it is the newest one.
    Clusters are numbered from 0, as the model numbers them.

    Parameters
    ----------
    load
        How the engine gets a model.
    """

    def __init__(self, workspace: Workspace, catalogue: Catalogue, load: Load) -> None:
        self.workspace = workspace
        self.catalogue = catalogue
        self.load = load
        self._store = workspace.store
        self._traits: tuple[str, csr_array, tuple[str, ...]] | None = None

    # ---- which there are ----------------------------------------------------------------

    def listed(self) -> list[Clustering]:
        """All clusterings, the newest first."""
        return listing.listed(self.workspace)

    def named(self, name: str | None = None, on: On | None = None) -> Clustering:
        """The newest clustering with this model's name or this id, see `listing.named`."""
        return listing.named(self.workspace, name, on)

    # ---- clusters -----------------------------------------------------------------------

    def shown(self, name: str | None = None) -> ClusterMap:
        """All clusters of a clustering, by number, and what the axes of their map mean."""
        clustering = self.named(name)
        clusters, axes = self._described(self.grouping(clustering))
        model, _ = self.load(clustering.archive_id)
        left_out = model.left_out_ if isinstance(model, PeopleClusters) else 0
        return ClusterMap(clustering, clusters, axes, left_out)

    def cluster(self, number: int, name: str | None = None) -> tuple[Clustering, Cluster]:
        """One cluster, and the clustering it is of."""
        shown = self.shown(name)
        return shown.clustering, shown.clusters[within(number, len(shown.clusters))]

    def titles(
        self, number: int, name: str | None = None, *, n: int = 20, by: By | None = None
    ) -> list[ClusterTitle]:
        """The first `n` titles of a cluster, see `titles.titles_of`."""
        grouping = self.grouping(self.named(name))
        at = within(number, len(grouping.sizes))
        return titles.titles_of(grouping, at, by, n, self._store, self.catalogue)

    def people(
        self, number: int, name: str | None = None, *, limit: int = 100, offset: int = 0
    ) -> ClusterPeople:
        """A part of the people of a cluster, in the order in which the store met them."""
        clustering = self.named(name, "users")
        sizes = self.grouping(clustering).sizes
        at = within(number, len(sizes))
        found = self._store.memberships.people(clustering.archive_id, at, limit, offset)
        ids = self._store.user_ids()
        # Somebody may have been deleted since; their place holds "".
        return ClusterPeople([ids[i] for i in found if ids[i]], int(sizes[at]))

    def of_title(self, text: str, name: str | None = None) -> list[TitleCluster]:
        """What clusters have to do with a title that is named by id or title.

        Of clusters of people each that likes it, the highest share first; of clusters of items
        the one it is in. Without a `name` the newest clustering of each kind is asked.
        """
        index = self._index(text)
        if name is not None:
            asked = [self.named(name)]
        else:
            newest = {c.model: c for c in reversed(self.listed())}
            asked = list(reversed(newest.values())) or [self.named()]
        return [found for clustering in asked for found in self._of_title(clustering, index)]

    def mates(
        self, text: str, *, by: MateBy = "mean", n: int = 10, name: str | None = None
    ) -> list[ClusterMate]:
        """The best other titles of a title's cluster, see `titles.mates_of`."""
        index = self._index(text)
        clustering = self.named(name, "items")
        model, _ = self.load(clustering.archive_id)
        if index >= model.n_items:
            raise NotReady(f"{text!r} is newer than {clustering.archive_id}; train it again.")
        if not isinstance(model, ItemClusters):
            raise Unsupported(f"{clustering.archive_id} does not group titles.")
        return titles.mates_of(model, index, by, n, self._store, self.catalogue)

    def of_user(self, user_id: str, name: str | None = None) -> Placement:
        """The cluster that a known person is in.

        Whoever is no member, because they came by an import or like nothing, is placed like
        somebody new, as they are for recommendations.
        """
        clustering = self.named(name, "users")
        index = self._store.user_index(user_id)
        if index < 0:
            raise UnknownUser(f"There is no user {user_id!r}; rating something makes one.")
        kept = self._store.memberships
        kept.sizes(clustering.archive_id)  # raises where no members are kept
        number = kept.cluster_of(clustering.archive_id, index)
        if number >= 0:
            return self._placed(clustering, number, 1.0, "a member")
        found = self._store.ratings_of(index)
        profile = self._store.profile_of(index)
        where = self._folded(clustering, Person(found.item_index, found.value, profile, 0.0))
        return where if where.number is None else replace(where, why=f"no member; {where.why}")

    def place(
        self,
        liked: Sequence[str] = (),
        profile: Profile | None = None,
        *,
        ratings: Mapping[str, float] | None = None,
        name: str | None = None,
    ) -> Placement:
        """The cluster that somebody new belongs to; nothing is kept.

        Parameters
        ----------
        liked
            Titles or ids.
        profile
            As far as known; alone it leads to the cluster whose people it is most likely of.
        ratings
            Titles or ids with ratings: those at the liked threshold or above count as liked.
        name
            Of a clustering of people.

        Raises
        ------
        InvalidInput
            A rating is off the workspace's scale.
        """
        self._check_scale(ratings or {})
        clustering = self.named(name, "users")
        _, details = self.load(clustering.archive_id)
        threshold = float(details["liked_threshold"])
        values = {self._index(t): threshold for t in liked}
        values |= {self._index(t): float(value) for t, value in (ratings or {}).items()}
        items = np.array(sorted(values), np.int32)
        rated = np.array([values[i] for i in sorted(values)], np.float32)
        said = {} if profile is None else asdict(profile)
        stated = understood(said, details["user_feature_names"]).profile
        return self._folded(clustering, Person(items, rated, stated, threshold))

    # ---- within -------------------------------------------------------------------------

    def _folded(self, clustering: Clustering, person: Person) -> Placement:
        """Where somebody belongs by what they like and who they are."""
        model, details = self.load(clustering.archive_id)
        history, _ = person.histories(model, float(details["liked_threshold"]))
        row = person.profile_row(details["user_feature_names"])
        weights = model.fold_in(history, row)[0]
        if not weights.any():
            why = "nothing that is known tells where they belong, so they are served like everybody"
            return self._placed(clustering, None, 0.0, why)
        number = int(np.argmax(weights))
        n = history.nnz
        by = [f"{n} liked title{'s' * (n != 1)}"] if n else []
        by += ["the profile"] if row is not None and row.nnz else []
        return self._placed(
            clustering, number, float(weights[number]), f"placed by {' and '.join(by)}"
        )

    def grouping(self, clustering: Clustering) -> Grouping:
        """The arrays of a clustering at this moment."""
        model, _ = self.load(clustering.archive_id)
        features, names = self._features(model.n_items)
        if isinstance(model, ItemClusters):
            k = len(model.share_)
            counts = np.zeros((k, model.n_items))
            every = np.arange(model.n_items)
            counts[model.labels_, every] = titles.rated(self._store).n[: model.n_items]
            sizes = np.bincount(model.labels_, minlength=k)
            return Grouping("items", counts, sizes, features, names, None, (), False, model.labels_)
        if not isinstance(model, PeopleClusters):
            raise Unsupported(f"{clustering.archive_id} does not group people or titles.")
        profiles = None
        if len(model.profile_names_):
            profiles = profile_shares(model.profile_share_.astype(np.float64), model.size_)
        return Grouping(
            "users",
            model.count_,
            model.size_,
            features,
            names,
            profiles,
            [str(n) for n in model.profile_names_],
            clustering.features == "profiles",
            np.zeros(0, np.int32),
        )

    def _features(self, n_items: int) -> tuple[csr_array, tuple[str, ...]]:
        """Traits of the first `n_items` items, read again when the catalogue has changed."""
        version = self._store.catalogue_version()
        if self._traits is None or self._traits[0] != version:
            items = self._store.items(only=("item_id", "genres", "year"))  # texts take time
            side = side_information(items, self._store.users(), self._store.tags())
            none = csr_array((self._store.n_items(), 0), dtype=np.float32)
            features = none if side.item_features is None else side.item_features
            self._traits = version, features, side.item_feature_names
        return self._traits[1][:n_items], self._traits[2]

    def _check_scale(self, ratings: Mapping[str, float]) -> None:
        low, high = parse_scale(self._store.setting("scale")) or (-math.inf, math.inf)
        for value in ratings.values():
            if not low <= value <= high:
                raise InvalidInput(f"A rating here must lie in {low:g}..{high:g}, got {value:g}.")

    def _index(self, text: str) -> int:
        return self._store.item_index(self.catalogue.resolve(text).item_id)

    def _of_title(self, clustering: Clustering, index: int) -> list[TitleCluster]:
        grouping = self.grouping(clustering)
        called = [c.name for c in self._described(grouping)[0]]
        return titles.clusters_of(clustering, grouping, called, index)

    def _described(self, grouping: Grouping) -> tuple[list[Cluster], tuple[Axis, Axis]]:
        emblems = [grouping.emblems(number) for number in range(len(grouping.sizes))]
        return grouping.described([[t.title for t in self.catalogue.named(e)] for e in emblems])

    def _placed(
        self, clustering: Clustering, number: int | None, weight: float, why: str
    ) -> Placement:
        at = clustering.archive_id, clustering.model
        if number is None:
            return Placement(*at, None, "", 0, 0.0, weight, why)
        cluster = self._described(self.grouping(clustering))[0][number]
        return Placement(*at, number, cluster.name, cluster.size, cluster.share, weight, why)


def within(number: int, k: int) -> int:
    """`number`, if it is that of one of k clusters; UnknownCluster if not."""
    if not 0 <= number < k:
        there = f"must be 0 to {k - 1}" if k else "is none, as nobody likes anything"
        raise UnknownCluster(f"A cluster here {there}, got {number}; list them.")
    return number
