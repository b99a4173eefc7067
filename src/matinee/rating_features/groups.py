"""Clusters of users and of movies by what is watched, never by how it is rated.

So a rating's value cannot move anybody's cluster, nor any vector or center: that a rating is asked
for is known anyway, and how high it is does not enter.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from matinee.clustering.kmeans import kmeans, nearest
from matinee.clustering.vectors import item_vectors, unit_rows
from matinee.interactions import Float32, Int32, Interactions, SideInformation

USER_CLUSTERS = ITEM_CLUSTERS = 8
_DIMENSIONS = 8
_PEOPLE = 10_000
"""People who are enough to tell what is watched together."""


class Groups(NamedTuple):
    """Vectors of movies, and what they are grouped by."""

    vectors: Float32
    """(n_items, d) zeros where nothing is known."""
    centers: Float32
    """(k, d) of users; k = 0 where no vector is known."""
    item_cluster: Int32
    """(n_items,) -1 where nothing is known."""
    item_clusters: int


def groups_of(train: Interactions, side: SideInformation, seed: int) -> Groups:
    """Vectors by co-choice and traits (see `clustering.vectors`), and k-means of both sides.

    Of more than 10,000 people, that many are drawn.
    """
    rated = np.flatnonzero(np.bincount(train.user_index, minlength=train.n_users))
    sample = train
    if len(rated) > _PEOPLE:
        drawn = np.zeros(train.n_users, bool)
        drawn[np.random.default_rng([seed, 1]).permutation(rated)[:_PEOPLE]] = True
        sample = train.take(drawn[train.user_index])
    vectors = item_vectors(sample, side, dimensions=_DIMENSIONS, traits_weight=1.0, seed=seed)
    people = _points(sample.matrix, vectors)
    people = people[people.any(axis=1)]
    known = np.flatnonzero(vectors.any(axis=1))
    item_cluster = np.full(train.n_items, -1, np.int32)
    if not len(people) or not len(known):
        return Groups(vectors, np.zeros((0, vectors.shape[1]), np.float32), item_cluster, 0)
    of_items = kmeans(vectors[known], ITEM_CLUSTERS, seed=seed, n_init=2, max_iter=50)
    item_cluster[known] = of_items.labels
    centers = kmeans(people, USER_CLUSTERS, seed=seed, n_init=2, max_iter=50).centers
    return Groups(vectors, centers, item_cluster, len(of_items.centers))


def user_cluster(history: csr_array, vectors: Float32, centers: Float32) -> Int32:
    """(people,) the center nearest to what each person rated; -1 where nothing is known of it."""
    points = _points(history, vectors)
    found = np.full(len(points), -1, np.int32)
    some = np.flatnonzero(points.any(axis=1))
    if len(some) and len(centers):
        found[some] = nearest(points[some], centers)
    return found


def _points(history: csr_array, vectors: Float32) -> Float32:
    """(people, d) the direction of the sum of the vectors of what each person rated."""
    ones = np.ones(len(history.indices), np.float32)
    rated = csr_array((ones, history.indices, history.indptr), shape=history.shape)
    return unit_rows(np.asarray(rated @ vectors, np.float32))
