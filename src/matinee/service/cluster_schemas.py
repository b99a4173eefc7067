"""What goes in and out of the routes of clusters."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from matinee.service.schemas import MOST_LIKED, Body, HowMany, In, Name, Out, Profiled

On = Literal["users", "items"]


class WhichQuery(In):
    """Of which clustering."""

    model: Name | None = Field(
        default=None, description="A clustering's model or id; default: the newest."
    )


class TitlesQuery(HowMany):
    """Which titles of a cluster."""

    by: Literal["lift", "count", "mean"] | None = Field(
        default=None,
        description="lift: what marks it out (people only); count; mean: damped by 10 ratings like "
        "everybody's. Default: lift, or count for clusters of items.",
    )


class MatesQuery(HowMany):
    """Which titles of a title's cluster."""

    by: Literal["mean", "likeness"] = Field(
        default="mean", description="mean: damped by 10 ratings like everybody's; or cosine."
    )
    model: Name | None = Field(
        default=None, description="A clustering of items; default: the newest."
    )


class RatedTitle(Body):
    """A title and how it is rated."""

    title: Name
    value: Annotated[float, Field(allow_inf_nan=False)]


class NewPerson(Profiled):
    """Somebody new: what they like, how they rate, who they are. All of it may stay unknown."""

    liked: list[Name] = Field(default=[], max_length=MOST_LIKED, description="Titles or item ids.")
    ratings: list[RatedTitle] = Field(
        default=[],
        max_length=MOST_LIKED,
        description="They count where they say that it is liked.",
    )


class Clustering(Out):
    """A trained model that groups people or items."""

    archive_id: str
    model: str
    on: On
    features: str = Field(description="What was grouped by.")
    method: str
    clusters: int = Field(description="How many there are.")
    created: str
    active: bool = Field(description="Whether it ranks for everybody.")


class Clusterings(Out):
    """All clusterings, the newest first."""

    clusterings: list[Clustering]


class Mark(Out):
    """What marks a cluster out."""

    kind: str = Field(description="genre, decade or tag; or age, gender, occupation of people.")
    value: str
    share: float = Field(description="Of the cluster.")
    everybody: float = Field(description="Of the whole.")
    lift: float = Field(description="How many times everybody's share, damped.")


class Cluster(Out):
    """A group of people or items."""

    number: int
    name: str
    size: int
    share: float
    marks: list[Mark] = Field(description="The strongest first.")
    titles: list[str] = Field(description="Some that stand for it.")
    x: float = Field(description="Place on the map, -1 to 1.")
    y: float


class Axis(Out):
    """An axis of the map."""

    low: list[str] = Field(description="What pulls to its low end.")
    high: list[str]
    share: float = Field(description="Of the differences between clusters that it shows.")


class ClusterMap(Out):
    """A clustering with all of its clusters."""

    clustering: Clustering
    clusters: list[Cluster]
    axes: tuple[Axis, Axis]
    left_out: int = Field(description="People of the training data who are in no cluster.")


class OneCluster(Out):
    """A cluster and the clustering it is of."""

    clustering: Clustering
    cluster: Cluster


class ClusterTitle(Out):
    """An item in a cluster."""

    item_id: str
    title: str
    year: int | None
    genres: list[str]
    n_ratings: int
    mean: float | None
    count: int = Field(description="Members who like it; for clusters of items, its ratings.")
    share: float
    everybody: float | None = Field(description="The share of all members who like it.")
    lift: float | None = Field(description="How many times everybody's share, damped.")


class ClusterTitles(Out):
    """Titles of a cluster."""

    titles: list[ClusterTitle]


class ClusterPeople(Out):
    """A part of a cluster's people."""

    users: list[str]
    total: int
    limit: int
    offset: int


class TitleCluster(Out):
    """What a cluster has to do with a title."""

    archive_id: str
    model: str
    on: On
    number: int
    name: str
    size: int
    count: int = Field(description="Members who like it; for clusters of items, its ratings.")
    share: float
    lift: float | None


class TitleClusters(Out):
    """The clusters that like a title, and those it is in."""

    clusters: list[TitleCluster]


class ClusterMate(Out):
    """A title of the same cluster."""

    item_id: str
    title: str
    year: int | None
    genres: list[str]
    n_ratings: int
    mean: float | None
    score: float = Field(description="Damped mean rating, or cosine.")


class ClusterMates(Out):
    """The best other titles of a title's cluster."""

    titles: list[ClusterMate]


class Placement(Out):
    """The cluster of a person."""

    archive_id: str
    model: str
    number: int | None = Field(description="None where nothing tells: served like everybody.")
    name: str
    size: int
    share: float
    weight: float = Field(description="How likely the cluster is; 1 for who is placed by taste.")
    why: str
