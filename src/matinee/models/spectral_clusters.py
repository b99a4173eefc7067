"""People grouped by the shape of their taste in genres; your group's favorites are recommended."""

from __future__ import annotations

import logging

import numpy as np

from matinee.clustering.kmeans import nearest
from matinee.clustering.people import FEATURES, SCALINGS, PeopleView, knows_genres, view_of
from matinee.clustering.spectral import AFFINITIES, SpectralClusters, spectral
from matinee.hyperparameters import parameter
from matinee.interactions import Bool, Float32, Int32, Interactions, SideInformation
from matinee.people_clusters import PeopleClusters, Points

_log = logging.getLogger(__name__)


class SpectralUserClusters(PeopleClusters):
    """Ranks items by how many people of one's own spectral cluster chose them.

    ``score(u, i) = (n_ci + damping * n_i / n) / (n_c + damping)``, as of user_clusters; but people
    are grouped by spectral clustering, which joins those who are linked by others alike, however
    far apart they are themselves. Affinities are to landmarks that stand for all people, so it
    takes any number of them, and somebody new falls to a cluster by the very same rule; somebody
    whose cluster was dissolved falls to the nearest mean of the others. Where no genre of any item
    is known, people are grouped by what they like.

    Sources: Ng, Jordan and Weiss 2001; Chen and Cai 2011 (landmarks).
    """

    task = "ranking"

    features: str = parameter("genres", "what people are grouped by", search=FEATURES)
    scaling: str = parameter("rows", "of genres, where people are grouped by them", search=SCALINGS)
    affinity: str = parameter("polynomial", "how akin two people are", search=AFFINITIES)
    n_clusters: int = parameter(4, "clusters, at most people / smallest", low=1, search=(2, 30))
    landmarks: int = parameter(
        0, "points that stand for all; 0: 500, or an eighth of the people", low=0
    )
    damping: float = parameter(
        30.0, "people like everybody that each cluster is given", low=0, search=(0.0, 100.0)
    )
    smallest: int = parameter(6, "people below which a cluster is dissolved; 0: none is", low=0)
    seed: int = parameter(0, "of the clustering", low=0, high=2**32 - 1)

    # What `SpectralClusters` places people by.
    landmarks_: Float32
    projection_: Float32
    spectral_centers_: Float32
    eigenvalues_: Float32
    width_: float
    renumbered_: Int32
    """(c,) the number after repair of each cluster that was found; -1 where it was dissolved."""

    def _view(self, train: Interactions, side: SideInformation) -> PeopleView:
        features = self.features
        if features == "genres" and not knows_genres(side):
            _log.warning("No genre of any item is known: people are grouped by what they like.")
            features = "likes"
        return view_of(train, side, features=features, scaling=self.scaling, seed=self.seed)

    def _cluster(self, points: Points, k: int) -> Int32:
        found = spectral(
            points,
            k,
            affinity=self.affinity,
            landmarks=max(self.landmarks, k) if self.landmarks else None,
            seed=self.seed,
        )
        self.landmarks_, self.projection_ = found.landmarks, found.projection
        self.spectral_centers_, self.eigenvalues_ = found.centers, found.eigenvalues
        self.width_ = found.width
        return found.labels

    def _placed_nobody(self) -> None:
        nothing = np.zeros((0, 0), np.float32)
        self.landmarks_ = self.projection_ = self.spectral_centers_ = nothing
        self.eigenvalues_, self.width_ = np.zeros(0, np.float32), 1.0
        self.renumbered_ = np.zeros(0, np.int32)

    def _moved(self, renumbered: Int32) -> None:
        self.renumbered_ = renumbered

    def _cluster_of(self, points: Points, known: Bool | None) -> Int32:
        rule = SpectralClusters(
            np.zeros(0, np.int32),
            self.landmarks_,
            self.projection_,
            self.spectral_centers_,
            self.eigenvalues_,
            self.affinity,
            self.width_,
        )
        found = rule.place(points)
        clusters = np.where(found >= 0, self.renumbered_[found], -1).astype(np.int32)
        lost = np.flatnonzero((found >= 0) & (clusters < 0))
        if len(lost):
            some = None if known is None else known[lost]
            clusters[lost] = nearest(points[lost], self.centers_, some)
        return clusters
