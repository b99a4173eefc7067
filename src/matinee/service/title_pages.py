"""The page of one title: what it is, what is alike, what its fans like, where it belongs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from matinee.answers import Details, Prediction
from matinee.cluster_answers import TitleCluster
from matinee.engine import Engine
from matinee.errors import NotReady, UnknownUser, Unsupported
from matinee.service.cluster_pages import percent, what
from matinee.service.pages import choices, html, visitor_of

SHOWN = 8
"""Titles of each list."""
NEAR = 3
"""Clusters of people that are told, those whose people like the title most."""

router = APIRouter(include_in_schema=False)


@router.head("/title/{item_id:path}")
@router.get("/title/{item_id:path}")
async def title_page(request: Request, item_id: str) -> Response:
    """One title."""
    engine: Engine = request.app.state.engine
    title = engine.details(item_id)
    context = {
        "here": "title",
        "title": title,
        **choices(request),
        "forecast": _forecast(request, title.item_id),
        "told": _told(title),
        "alike": _answered(lambda: engine.similar(title.item_id, SHOWN)),
        "fans": _answered(lambda: engine.fans([title.item_id], SHOWN)),
        "clusters": _clusters(engine, title.item_id),
        "percent": percent,
    }
    return html("title.html", context)


def _forecast(request: Request, item_id: str) -> Prediction | None:
    """What the visitor would rate it; None without ratings of theirs, or a model of ratings."""
    engine: Engine = request.app.state.engine
    visitor = visitor_of(request)
    try:
        return engine.predict(visitor, item_id) if visitor else None
    except (UnknownUser, NotReady, Unsupported):
        return None


def _answered(question: Callable[[], list[Any]]) -> list[Any]:
    """The answer; none where the model that would give it is not trained."""
    try:
        return question()
    except (NotReady, Unsupported):
        return []


def _told(title: Details) -> list[tuple[str, str]]:
    """What is known of a title in a few words each."""
    facts = {
        "Also called": ", ".join(title.also),
        "Released": title.release_date,
        "Runs": title.runtime and f"{title.runtime:.0f} minutes",
        "Language": title.language,
        "Revenue": title.revenue and f"${title.revenue:,.0f}",
        "Ratings": f"{title.n_ratings:,}",
        "Mean rating": title.mean and f"{title.mean:.1f}",
    }
    return [(name, str(value)) for name, value in facts.items() if value]


def _clusters(engine: Engine, item_id: str) -> list[dict[str, Any]]:
    """Of each clustering what it has to do with a title."""
    listed = {c.archive_id: c for c in engine.clusters.listed()}
    if not listed:
        return []
    found: dict[str, list[TitleCluster]] = {}
    for cluster in engine.clusters.of_title(item_id):
        found.setdefault(cluster.archive_id, []).append(cluster)
    return [
        {"what": what(listed[archive]), "people": parts[0].on == "users", "parts": parts[:NEAR]}
        for archive, parts in found.items()
    ]
