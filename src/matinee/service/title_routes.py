"""REST for titles and for somebody new: what a title is, what is alike, what its fans like, and
lists by each way.

Coroutines that run to their end, as all routes that compute (see `routes`).
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from matinee.service import schemas
from matinee.service import title_schemas as titles
from matinee.service.problems import declared
from matinee.service.routes import PREFIX, Here, ItemId, operation
from matinee.serving import WAYS

router = APIRouter(prefix=PREFIX, generate_unique_id_function=operation)


@router.get(
    "/titles/{item_id:path}/metadata",
    response_model=titles.Details,
    responses=declared(404, 503),
)
async def get_metadata(engine: Here, item_id: ItemId) -> Any:
    """All that is known of an item: texts, facts, tags, other names, links."""
    return engine.details(item_id)


@router.get(
    "/items/{item_id:path}/similar",
    response_model=schemas.Recommendations,
    responses=declared(404, 409, 503),
)
async def similar_items(
    engine: Here, item_id: ItemId, query: Annotated[titles.SimilarQuery, Query()]
) -> dict[str, Any]:
    """Items that are most alike one."""
    found = engine.similar(
        engine.title(item_id).item_id,
        query.n,
        model=query.model,
        threshold=query.threshold,
        wishes=query.wishes(),
    )
    return {"recommendations": found}


@router.get(
    "/items/{item_id:path}/fans",
    response_model=titles.FanTitles,
    responses=declared(404, 409, 503),
)
async def fans_of_item(
    engine: Here, item_id: ItemId, query: Annotated[titles.FansQuery, Query()]
) -> dict[str, Any]:
    """What the fans of an item like more than everybody does."""
    item = engine.title(item_id).item_id
    return {"titles": engine.fans([item], query.n, wishes=query.wishes())}


@router.post(
    "/items/fans",
    response_model=titles.FanTitles,
    responses=declared(400, 404, 409, 413, 503),
)
async def fans_of_items(engine: Here, body: titles.FansOf) -> dict[str, Any]:
    """What the fans of several titles like more than everybody does."""
    return {"titles": engine.fans(body.titles, body.n, wishes=body.wishes())}


@router.post(
    "/recommendations/ways",
    response_model=titles.Ways,
    responses=declared(400, 404, 409, 413, 503),
)
async def recommend_by_ways(engine: Here, body: schemas.ByWays) -> dict[str, Any]:
    """Recommendations for somebody new, a list a way. Nothing is stored."""
    found = engine.ways_for(body.liked, body.profile(), body.n, body.wishes())
    lists = [
        {"way": way, "title": WAYS[way], "recommendations": listed}
        for way, listed in found.lists.items()
    ]
    return {"lists": lists, "notes": found.notes}
