"""What the engine hands out of clusters: plain records in the outside world's ids and words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

On = Literal["users", "items"]


@dataclass(frozen=True)
class Mark:
    """What marks a cluster out.

    Attributes
    ----------
    kind, value
        A trait of what is liked ("genre", "decade", "tag") or of the people ("age", "gender",
        "occupation"), and which.
    share, everybody
        How much of the cluster has it, and of the whole.
    lift
        How many times everybody's share it is, damped so that rarities do not win.
    """

    kind: str
    value: str
    share: float
    everybody: float
    lift: float


@dataclass(frozen=True)
class Clustering:
    """A trained model that groups people or items.

    Attributes
    ----------
    features, method
        What was grouped by, and how.
    clusters
        How many there are.
    active
        Whether it is the model that ranks for everybody.
    """

    archive_id: str
    model: str
    on: On
    features: str
    method: str
    clusters: int
    created: str
    active: bool


@dataclass(frozen=True)
class Cluster:
    """A group of people or items.

    Attributes
    ----------
    number
        From 0, as the model has it.
    name
        From its marks, and no other cluster of the clustering has it.
    size, share
        Members, and how much of all members that is.
    marks
        Of taste, then of people, the strongest of each first; the other way round where people
        are grouped by profile.
    titles
        Some that mark it out (people), or its most rated ones (items).
    x, y
        Its place on the map, in -1..1.
    """

    number: int
    name: str
    size: int
    share: float
    marks: list[Mark]
    titles: list[str]
    x: float
    y: float


@dataclass(frozen=True)
class Axis:
    """An axis of the map: what pulls a cluster to its low and to its high end.

    `share` is how much of the differences between the clusters it shows.
    """

    low: list[str]
    high: list[str]
    share: float


@dataclass(frozen=True)
class ClusterMap:
    """All clusters of a clustering, and what the two axes of their map mean.

    `left_out` counts the people of the training data who are in none.
    """

    clustering: Clustering
    clusters: list[Cluster]
    axes: tuple[Axis, Axis]
    left_out: int = 0


@dataclass(frozen=True)
class ClusterTitle:
    """An item in a cluster.

    Attributes
    ----------
    n_ratings, mean
        Of everybody, at this moment.
    count
        Members who like it; for a cluster of items its ratings.
    share
        Of the members; for a cluster of items of all its ratings.
    everybody, lift
        The share of all members of all clusters, and how many times that it is, damped; None for
        clusters of items.
    """

    item_id: str
    title: str
    year: int | None
    genres: list[str]
    n_ratings: int
    mean: float | None
    count: int
    share: float
    everybody: float | None
    lift: float | None


@dataclass(frozen=True)
class TitleCluster:
    """What a cluster has to do with a title: fields as those of `Cluster` and `ClusterTitle`."""

    archive_id: str
    model: str
    on: On
    number: int
    name: str
    size: int
    count: int
    share: float
    lift: float | None


@dataclass(frozen=True)
class ClusterPeople:
    """A part of a cluster's people."""

    users: list[str]
    total: int


@dataclass(frozen=True)
class ClusterMate:
    """An item of a title's cluster; `score` is a damped mean rating or a cosine."""

    item_id: str
    title: str
    year: int | None
    genres: list[str]
    n_ratings: int
    mean: float | None
    score: float


@dataclass(frozen=True)
class Placement:
    """The cluster of a person, who is in none (`number` is None) where nothing is known of them.

    Attributes
    ----------
    weight
        1 for whoever is placed by taste; how likely the cluster is for whom only the profile is
        known.
    why
        By what they were placed.
    """

    archive_id: str
    model: str
    number: int | None
    name: str
    size: int
    share: float
    weight: float
    why: str
