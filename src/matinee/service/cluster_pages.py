"""The pages of clusters: a map with cards, and one page a cluster. Nobody's id stands on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from matinee.cluster_answers import Cluster, Clustering, ClusterMap, Mark
from matinee.clusters.drawing import draw
from matinee.clusters.marks import MARKED
from matinee.clusters.naming import spoken_mark
from matinee.clusters.titles import DAMPING, order
from matinee.clusters.views import within
from matinee.engine import Engine
from matinee.errors import InvalidParameter, UnknownCluster
from matinee.service.pages import LONGEST, html, markup

SHOWN = 24
"""Titles on a cluster's page."""
WIDE, NARROW = (900, 540), (380, 440)
"""Width and height of the map for a desk and for a phone."""
OF_PEOPLE = frozenset({"age", "gender", "occupation", "region"})
ORDERS = {
    "users": {"lift": "what marks it out", "count": "most liked", "mean": "best rated"},
    "items": {"count": "most rated", "mean": "best rated"},
}

router = APIRouter(include_in_schema=False)


@router.head("/clusters")
@router.get("/clusters")
async def clusters_page(request: Request) -> Response:
    """The map of a clustering and all its clusters; what to do where there is none."""
    engine: Engine = request.app.state.engine
    newest = _newest(engine)
    if not newest:
        return html("clusters.html", {"here": "clusters", "shown": None, "tabs": []})
    name = request.query_params.get("model", "")[:LONGEST] or newest[0].archive_id
    shown = engine.clusters.shown(name)
    context = {
        **_around(newest, shown.clustering),
        "shown": shown,
        "clusters": sorted(shown.clusters, key=lambda c: (-c.size, c.number)),
        "largest": max((c.size for c in shown.clusters), default=1),
        "maps": [_map(shown, WIDE, "wide"), _map(shown, NARROW, "narrow")],
    }
    return html("clusters.html", context)


@router.head("/clusters/{model}/{number}")
@router.get("/clusters/{model}/{number}")
async def cluster_page(request: Request, model: str, number: str) -> Response:
    """One cluster: what marks it out, and its titles."""
    engine: Engine = request.app.state.engine
    if not number.isascii() or not number.isdigit() or len(number) > 9:
        raise UnknownCluster(f"A cluster is named by its number, got {number[:LONGEST]!r}.")
    shown = engine.clusters.shown(model[:LONGEST])
    clustering = shown.clustering
    cluster = shown.clusters[within(int(number), len(shown.clusters))]
    orders = ORDERS[clustering.on]
    by = order(request.query_params.get("by", "")[:LONGEST] or next(iter(orders)))
    if by not in orders:
        raise InvalidParameter(f"Titles here are ordered by {' or '.join(orders)}, got {by!r}.")
    titles = engine.clusters.titles(cluster.number, clustering.archive_id, n=SHOWN, by=by)
    implicit = all(t.mean is None for t in titles)
    context = {
        **_around(_newest(engine), clustering),
        "cluster": cluster,
        "titles": titles,
        "by": by,
        "orders": {k: v for k, v in orders.items() if not (k == "mean" and implicit)},
        "damping": DAMPING,
        "marked": MARKED,
        "top": max((t.count for t in titles), default=1) or 1,
        "near": _nearest(shown, cluster),
        "of": len(shown.clusters),
    }
    return html("cluster.html", context)


def _newest(engine: Engine) -> list[Clustering]:
    """The newest clustering of each model."""
    found: dict[str, Clustering] = {}
    for clustering in engine.clusters.listed():
        found.setdefault(clustering.model, clustering)
    return list(found.values())


def _around(newest: list[Clustering], clustering: Clustering) -> dict[str, Any]:
    """What every page of a clustering needs."""
    return {
        "here": "clusters",
        "clustering": clustering,
        "tabs": newest,
        "people": clustering.on == "users",
        "link": lambda cluster: _address(clustering, cluster),
        "tab": lambda other: f"/clusters?{urlencode({'model': other.archive_id})}",
        "mark": spoken_mark,
        "few": _few,
        "percent": percent,
        "what": what,
    }


def _few(marks: Sequence[Mark]) -> list[Mark]:
    """The strongest marks of taste and of people."""
    who = [m for m in marks if m.kind in OF_PEOPLE]
    taste = [m for m in marks if m.kind not in OF_PEOPLE]
    return [*taste[:4], *who[:2]]


def percent(share: float) -> str:
    """A share in words, with a decimal where it is small."""
    return f"{100 * share:.{1 if 0 < share < 0.1 else 0}f} %"


def _address(clustering: Clustering, cluster: Cluster) -> str:
    return f"/clusters/{quote(clustering.archive_id, safe='')}/{cluster.number}"


def _map(shown: ClusterMap, size: tuple[int, int], kind: str) -> Any:
    width, height = size
    return markup(
        draw(
            shown,
            link=lambda cluster: _address(shown.clustering, cluster),
            width=width,
            height=height,
            kind=kind,
        )
    )


def _nearest(shown: ClusterMap, cluster: Cluster, n: int = 3) -> list[Cluster]:
    """The clusters that are next to one on the map."""
    others = [c for c in shown.clusters if c.number != cluster.number]
    return sorted(
        others, key=lambda c: ((c.x - cluster.x) ** 2 + (c.y - cluster.y) ** 2, c.number)
    )[:n]


_WORDS = {
    "taste": "taste",
    "likes": "what they like",
    "genres": "favorite genres",
    "factors": "who likes the same",
    "profiles": "who they are",
    "both": "traits and audience",
    "traits": "traits",
    "interaction": "audience",
}


def what(clustering: Clustering) -> str:
    """A clustering in a few words."""
    who = "People" if clustering.on == "users" else "Titles"
    by = _WORDS.get(clustering.features, clustering.features)
    return f"{who} by {by}" + (", spectral" if clustering.method == "spectral" else "")
