"""The page: search a title, rate it, see the recommendations change.

It works with plain forms; where scripts run, htmx swaps the parts that changed. The visitor is a
user of their own, named by a cookie that is made with their first rating.
"""

from __future__ import annotations

import contextlib
import re
import secrets
from asyncio import to_thread
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import jinja2
from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from matinee.answers import Rating
from matinee.engine import Engine
from matinee.errors import NotReady, Unauthorized, UnknownUser
from matinee.service import keys
from matinee.service.bands import band
from matinee.service.schemas import Id, Problem
from matinee.titles import spoken

WEB = Path(__file__).parent / "web"
VISITOR = "matinee_user"
PROGRAM = 10
"""Recommendations on the page."""
FOUND = 6
"""Titles found by a search, or offered for rating."""
LONGEST = 200
"""Characters of a search."""
MOST_STEPS = 10
"""A rating on a scale of more steps is given as a number rather than by stars."""

_NAMED = re.compile(r"^(you (?:like|rated) )(.+? \(\d{4}\))")
"""A title with its year at the beginning of a reason."""

router = APIRouter(include_in_schema=False)


class _RateForm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    item_id: Id
    value: float = Field(allow_inf_nan=False)
    q: str = Field(default="", max_length=LONGEST)


def steps(scale: tuple[float, float]) -> list[float]:
    """The ratings that stars can offer: whole steps, or half ones where the scale has them.

    None where the scale does not stand on half steps, or has too many: a number is asked for then.
    """
    low, high = scale
    on_halves = (low * 2) % 1 == 0 and (high * 2) % 1 == 0
    step = 0.5 if (low * 2) % 2 == 1 or (high * 2) % 2 == 1 else 1.0
    if not on_halves or (high - low) / step >= MOST_STEPS:
        return []
    return [low + step * i for i in range(int((high - low) / step) + 1)]


def number(value: float) -> str:
    """A rating without needless decimals."""
    return repr(float(value)).removesuffix(".0")


def reason(text: str) -> str:
    """A reason as the page says it: titles are spelt there as one says them."""
    return _NAMED.sub(lambda found: found[1] + spoken(found[2]), text, count=1)


_templates = jinja2.Environment(
    loader=jinja2.FileSystemLoader(WEB / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.globals["band"] = band
_templates.filters["spoken"] = spoken
_templates.filters["address"] = partial(quote, safe="")
_templates.filters["number"] = number
_templates.filters["reason"] = reason


def html(name: str, context: dict[str, Any], status: int = 200) -> HTMLResponse:
    """A template as a page, or as a part of one."""
    return HTMLResponse(_templates.get_template(name).render(context), status)


def markup(drawn: str) -> Markup:
    """Markup of our own making, which templates then leave as it is."""
    return Markup(drawn)  # noqa: S704  no text of anybody's is in it that is not escaped


def visitor_of(request: Request) -> str | None:
    """The visitor's user id; never that of anybody who is no visitor."""
    name = request.cookies.get(VISITOR, "")
    return name if re.fullmatch(r"visitor-[A-Za-z0-9_-]{22}", name) else None


def _from_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def choices(request: Request) -> dict[str, Any]:
    """What every part of the page needs to offer ratings."""
    engine: Engine = request.app.state.engine
    low, high = engine.scale
    values = steps((low, high))
    return {
        "may_rate": keys.has_cookie(request),
        "steps": values,
        "stars": bool(values),
        "many": len(values) > 5,
        "halves": len(values) > 1 and values[1] - values[0] < 1,
        "lowest": low,
        "best": high,
    }


def _ratings(request: Request, visitor: str | None) -> list[Rating]:
    """What the visitor rated, newest first."""
    engine: Engine = request.app.state.engine
    try:
        return engine.ratings(visitor) if visitor else []
    except UnknownUser:
        return []


def _program(request: Request, visitor: str | None, ratings: list[Rating]) -> dict[str, Any]:
    """The visitor's ratings and what follows from them."""
    engine: Engine = request.app.state.engine
    recommended = engine.recommend(visitor, PROGRAM) if visitor and ratings else []
    return {"ratings": ratings, "recommended": recommended}


def _found(request: Request, ratings: list[Rating]) -> dict[str, Any]:
    """Titles for a search; without one, well-known titles that wait for a rating."""
    engine: Engine = request.app.state.engine
    mine = {r.item_id: r.value for r in ratings}
    q = request.query_params.get("q", "").strip()[:LONGEST]
    if q:
        return {"q": q, "found": engine.search(q, FOUND), "mine": mine}
    offered = [t for t in engine.search("", FOUND + len(mine)) if t.item_id not in mine]
    return {"q": "", "found": offered[:FOUND], "mine": mine}


def _whole(request: Request) -> HTMLResponse:
    engine: Engine = request.app.state.engine
    if not any(engine.status().models.values()):
        raise NotReady("Nothing has been trained yet.")
    visitor = visitor_of(request)
    ratings = _ratings(request, visitor)
    context = {
        **choices(request),
        **_program(request, visitor, ratings),
        **_found(request, ratings),
    }
    return html("page.html", context)


@router.head("/")
@router.get("/")
async def page(request: Request) -> Response:
    """The page; an address that carries the key puts it into a cookie and out of sight."""
    given = request.query_params.get("key")
    if given is None:
        return _whole(request)
    if not keys.matches(request, given):
        raise Unauthorized(
            "This address carries another key than this workspace's; open the one that matinee "
            "printed at its start."
        )
    rest = urlencode([(k, v) for k, v in request.query_params.multi_items() if k != "key"])
    response = RedirectResponse(f"/?{rest}" if rest else "/", 303)
    keys.give_cookie(request, response, keys.COOKIE, given)
    return response


@router.get("/search")
async def search(request: Request) -> Response:
    """The titles that a search finds: a part of the page, or all of it without scripts."""
    if not _from_htmx(request):
        return _whole(request)
    found = _found(request, _ratings(request, visitor_of(request)))
    return html("found.html", {**choices(request), **found})


@router.post("/rate")
async def rate(request: Request) -> Response:
    """Store the visitor's rating and show what it changed."""
    keys.require_cookie(request)
    form = _form(await request.body())
    engine: Engine = request.app.state.engine
    visitor = visitor_of(request)
    name = visitor or f"visitor-{secrets.token_urlsafe(16)}"
    rating = await to_thread(engine.rate, name, form.item_id, form.value)
    response: Response
    if _from_htmx(request):
        context = {
            **choices(request),
            **_program(request, name, _ratings(request, name)),
            "notice": f"{spoken(rating.title)}: {number(form.value)}. Your program is new.",
        }
        response = html("changed.html", context)
    else:
        back = f"?{urlencode({'q': form.q})}" if form.q else ""
        response = RedirectResponse(f"/{back}#program", 303)
    if visitor is None:
        keys.give_cookie(request, response, VISITOR, name)
    return response


@router.post("/forget")
async def forget(request: Request) -> Response:
    """Remove the visitor and all that they rated."""
    keys.require_cookie(request)
    engine: Engine = request.app.state.engine
    visitor = visitor_of(request)
    if visitor:
        with contextlib.suppress(UnknownUser):
            await to_thread(engine.delete_user, visitor)
    response = RedirectResponse("/", 303)
    response.delete_cookie(VISITOR, path="/", httponly=True, samesite="strict")
    return response


def _form(body: bytes) -> _RateForm:
    try:
        return _RateForm.model_validate(dict(parse_qsl(body.decode("utf-8", "replace"))))
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


def show_problem(request: Request, problem: Problem) -> Response | None:
    """A problem as a page, or as a notice on it; None for programs, which get it as JSON."""
    if request.url.path.startswith("/api/"):
        return None
    if _from_htmx(request):
        return html("notice.html", {"notice": problem.detail, "trouble": True}, problem.status)
    if "text/html" not in request.headers.get("accept", ""):
        return None
    closed = problem.type.endswith(":not-ready")
    return html("problem.html", {"problem": problem, "closed": closed}, problem.status)
