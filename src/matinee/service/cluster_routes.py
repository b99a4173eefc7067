"""REST for clusters: who and what is grouped, what marks groups out, and where people belong.

Coroutines that run to their end, as all routes that compute (see `routes`).
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from matinee.answers import Profile
from matinee.service import cluster_schemas as schemas
from matinee.service.problems import declared
from matinee.service.routes import PREFIX, Here, ItemId, UserId, WithKey, operation
from matinee.service.schemas import Name, PageQuery

router = APIRouter(prefix=PREFIX, generate_unique_id_function=operation)

ModelName = Annotated[Name, Path(description="A clustering's model or id.")]
Number = Annotated[int, Path(ge=0, le=10**9, description="A cluster's number, from 0.")]
Which = Annotated[schemas.WhichQuery, Query()]


@router.get("/clusters", response_model=schemas.Clusterings, responses=declared(503))
async def list_clusterings(engine: Here) -> dict[str, Any]:
    """All clusterings, the newest first; none before one is trained."""
    return {"clusterings": engine.clusters.listed()}


@router.get("/clusters/{model}", response_model=schemas.ClusterMap, responses=declared(404, 503))
async def list_clusters(engine: Here, model: ModelName) -> Any:
    """The clusters of a clustering: names, sizes, marks, and their places on a map."""
    return engine.clusters.shown(model)


@router.post(
    "/clusters/{model}/place",
    response_model=schemas.Placement,
    responses=declared(400, 404, 409, 413, 503),
)
async def place_person(engine: Here, model: ModelName, body: schemas.NewPerson) -> Any:
    """The cluster that somebody new belongs to. Nothing is stored."""
    profile = Profile(body.age, body.gender, body.occupation, body.zip)
    ratings = {rating.title: rating.value for rating in body.ratings}
    return engine.clusters.place(body.liked, profile, ratings=ratings, name=model)


@router.get(
    "/clusters/{model}/{number}", response_model=schemas.OneCluster, responses=declared(404, 503)
)
async def get_cluster(engine: Here, model: ModelName, number: Number) -> dict[str, Any]:
    """One cluster: name, size, marks."""
    clustering, cluster = engine.clusters.cluster(number, model)
    return {"clustering": clustering, "cluster": cluster}


@router.get(
    "/clusters/{model}/{number}/titles",
    response_model=schemas.ClusterTitles,
    responses=declared(404, 503),
)
async def list_cluster_titles(
    engine: Here,
    model: ModelName,
    number: Number,
    query: Annotated[schemas.TitlesQuery, Query()],
) -> dict[str, Any]:
    """Titles of a cluster with counts, means and lifts."""
    return {"titles": engine.clusters.titles(number, model, n=query.n, by=query.by)}


@router.get(
    "/clusters/{model}/{number}/users",
    response_model=schemas.ClusterPeople,
    responses=declared(401, 403, 404, 503),
    dependencies=WithKey,
)
async def list_cluster_users(
    engine: Here, model: ModelName, number: Number, page: Annotated[PageQuery, Query()]
) -> dict[str, Any]:
    """The people of a cluster, a page at a time. Whoever knows an id can read its ratings, so it
    needs the key."""
    found = engine.clusters.people(number, model, limit=page.limit, offset=page.offset)
    part = {"limit": page.limit, "offset": page.offset}
    return {"users": found.users, "total": found.total, **part}


@router.get(
    "/items/{item_id:path}/clusters",
    response_model=schemas.TitleClusters,
    responses=declared(404, 503),
)
async def list_item_clusters(engine: Here, item_id: ItemId, query: Which) -> dict[str, Any]:
    """The clusters of people who like an item, and the cluster of items that it is in."""
    item = engine.title(item_id).item_id
    return {"clusters": engine.clusters.of_title(item, query.model)}


@router.get(
    "/items/{item_id:path}/cluster-mates",
    response_model=schemas.ClusterMates,
    responses=declared(404, 503),
)
async def list_cluster_mates(
    engine: Here, item_id: ItemId, query: Annotated[schemas.MatesQuery, Query()]
) -> dict[str, Any]:
    """The best other items of an item's cluster, by mean rating or by likeness."""
    item = engine.title(item_id).item_id
    return {"titles": engine.clusters.mates(item, by=query.by, n=query.n, name=query.model)}


@router.get(
    "/users/{user_id:path}/cluster",
    response_model=schemas.Placement,
    responses=declared(404, 503),
)
async def get_user_cluster(engine: Here, user_id: UserId, query: Which) -> Any:
    """The cluster that a known user is in."""
    return engine.clusters.of_user(user_id, query.model)
