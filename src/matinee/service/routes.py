"""REST under /api/v1: each route hands its arguments to the engine and its answer back.

Routes are coroutines that never wait while the engine computes: the event loop is one thread, so
two parallel kernels never run at once, which numba's own thread pool would not survive. What writes
to the store computes nothing and may have to wait for another writer, so it has a thread.
"""

from __future__ import annotations

import contextlib
from asyncio import to_thread
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.routing import APIRoute

import matinee
from matinee.engine import Engine
from matinee.errors import StoreError
from matinee.service import schemas
from matinee.service.keys import require_key
from matinee.service.problems import declared

PREFIX = "/api/v1"


def operation(route: APIRoute) -> str:
    """What OpenAPI calls a route."""
    return route.name


router = APIRouter(prefix=PREFIX, generate_unique_id_function=operation)


async def engine_of(request: Request) -> Engine:
    """The engine of the service that the request came to."""
    engine: Engine = request.app.state.engine
    return engine


Here = Annotated[Engine, Depends(engine_of)]
UserId = Annotated[schemas.Id, Path(description="The user's id.")]
ItemId = Annotated[schemas.Id, Path(description="The item's id.")]
WithKey = [Depends(require_key)]


@router.head("/health", include_in_schema=False)
@router.get("/health", response_model=schemas.Health, responses=declared())
async def health(engine: Here) -> dict[str, Any]:
    """Say that the process lives, and whether it can recommend yet. Always 200."""
    known: dict[str, Any] = {"models": {"rating": None, "ranking": None}}
    # That the store fails is no reason to kill the process: it may come back.
    with contextlib.suppress(StoreError):
        known = asdict(engine.status())
    ready = any(known["models"].values())
    return {"status": "ok", "ready": ready, **known, "version": matinee.__version__}


@router.get("/titles", response_model=schemas.Titles, responses=declared(503))
async def search_titles(
    engine: Here, query: Annotated[schemas.TitleQuery, Query()]
) -> dict[str, Any]:
    """Titles that are, begin with, or hold some text."""
    return {"titles": engine.search(query.q, query.n)}


@router.get("/titles/{item_id:path}", response_model=schemas.Title, responses=declared(404, 503))
async def get_title(engine: Here, item_id: ItemId) -> Any:
    """One item of the catalogue."""
    return engine.title(item_id)


@router.get(
    "/users/{user_id:path}/recommendations",
    response_model=schemas.Recommendations,
    responses=declared(404, 409, 503),
)
async def recommend_for_user(
    engine: Here, user_id: UserId, query: Annotated[schemas.RecommendationQuery, Query()]
) -> dict[str, Any]:
    """Recommendations for a known user, whose latest ratings count."""
    found = engine.recommend(
        user_id,
        query.n,
        model=query.model,
        include_seen=query.include_seen,
        wishes=query.wishes(),
    )
    return {"recommendations": found}


@router.post(
    "/recommendations/by-title",
    response_model=schemas.Recommendations,
    responses=declared(400, 404, 409, 413, 503),
)
async def recommend_by_title(engine: Here, body: schemas.ByTitle) -> dict[str, Any]:
    """Recommendations for somebody who likes these titles. Nothing is stored."""
    found = engine.recommend_for(body.liked, None, body.n, model=body.model, wishes=body.wishes())
    return {"recommendations": found}


@router.post(
    "/recommendations/by-profile",
    response_model=schemas.RecommendationsAndNotes,
    responses=declared(400, 404, 409, 413, 503),
)
async def recommend_by_profile(engine: Here, body: schemas.ByProfile) -> dict[str, Any]:
    """Recommendations for somebody new. Nothing is stored."""
    profile = body.profile()
    found = engine.recommend_for(
        body.liked, profile, body.n, model=body.model, wishes=body.wishes()
    )
    return {"recommendations": found, "notes": engine.understood(profile).notes}


@router.get(
    "/users/{user_id:path}/predictions/{item_id:path}",
    response_model=schemas.Prediction,
    responses=declared(404, 503),
)
async def predict_rating(engine: Here, user_id: UserId, item_id: ItemId) -> Any:
    """The rating that a user would give to an item, and where it will lie how surely."""
    return engine.predict(user_id, item_id)


@router.get(
    "/users/{user_id:path}/explanations/{item_id:path}",
    response_model=schemas.Explanation,
    responses=declared(404, 503),
)
async def explain_item(engine: Here, user_id: UserId, item_id: ItemId) -> dict[str, Any]:
    """Why an item would be recommended to a user."""
    return {"reasons": engine.explain(user_id, item_id)}


@router.get(
    "/users/{user_id:path}/ratings", response_model=schemas.Ratings, responses=declared(404, 503)
)
async def list_ratings(
    engine: Here, user_id: UserId, page: Annotated[schemas.PageQuery, Query()]
) -> dict[str, Any]:
    """A user's ratings, newest first, a page at a time."""
    ratings = engine.ratings(user_id)
    part = ratings[page.offset : page.offset + page.limit]
    return {"ratings": part, "total": len(ratings), "limit": page.limit, "offset": page.offset}


@router.put(
    "/users/{user_id:path}/ratings/{item_id:path}",
    response_model=schemas.Rating,
    responses=declared(400, 401, 403, 404, 413, 503),
    dependencies=WithKey,
)
async def rate_item(engine: Here, user_id: UserId, item_id: ItemId, body: schemas.NewRating) -> Any:
    """Store a rating, in place of an older one; the next recommendations know it.

    A user whom nobody knows yet is new from now on.
    """
    return await to_thread(engine.rate, user_id, item_id, body.value)


@router.get(
    "/users/{user_id:path}/export",
    response_model=dict[str, Any],
    responses=declared(401, 403, 404, 503),
    dependencies=WithKey,
)
async def export_user(engine: Here, user_id: UserId) -> dict[str, Any]:
    """All that is stored about a user."""
    return engine.export_user(user_id)


@router.delete(
    "/users/{user_id:path}",
    response_model=schemas.Removed,
    responses=declared(401, 403, 404, 413, 503),
    dependencies=WithKey,
)
async def delete_user(engine: Here, user_id: UserId) -> dict[str, Any]:
    """Remove a user and all that is stored about them."""
    return {"user_id": user_id, "rows": await to_thread(engine.delete_user, user_id)}
