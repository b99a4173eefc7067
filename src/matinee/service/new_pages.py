"""The page for somebody new: who they are and what they like in, a list by each way out.

All that is said stands in the address, so that going back works; nothing is stored or logged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from matinee.answers import Newcomer, Profile, Title
from matinee.engine import Engine
from matinee.errors import (
    Ambiguous,
    InvalidInput,
    InvalidParameter,
    NotReady,
    UnknownItem,
    outcome,
)
from matinee.service.pages import LONGEST, html
from matinee.service.schemas import MOST_LIKED, Id
from matinee.serving import WAYS
from matinee.wishes import Wishes

SHOWN = 8
"""Titles of each list."""
OFFERED = 6
"""Titles offered to be liked."""
VARIETY = {"0": "Best first", "0.4": "Some variety", "0.7": "Much variety"}
GENDERS = {"F": "Woman", "M": "Man"}
"""How the genders of MovieLens are said; others stand as they are."""
Short = Annotated[str, Field(max_length=LONGEST)]

router = APIRouter(include_in_schema=False)


class _Said(BaseModel):
    """The form as it was sent: texts, empty where nothing is said."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    age: Short = ""
    gender: Short = ""
    occupation: Short = ""
    zip: Short = ""
    like: list[Id] = Field(default=[], max_length=MOST_LIKED)
    q: Short = ""
    genre: list[Short] = Field(default=[], max_length=MOST_LIKED)
    year_from: Short = ""
    year_to: Short = ""
    min_ratings: Short = ""
    exclude: Annotated[str, Field(max_length=10 * LONGEST)] = ""
    variety: Short = "0"

    def profile(self) -> Profile:
        age = _number(self.age, "The age", "34")
        return Profile(age, *(t.strip() or None for t in (self.gender, self.occupation, self.zip)))

    def wishes(self) -> Wishes:
        years = _number(self.year_from, "A year", "1990"), _number(self.year_to, "A year", "1999")
        fewest = _number(self.min_ratings, "The number of ratings", "50") or 0
        if self.variety not in VARIETY:
            raise InvalidParameter(
                f"`variety` must be one of {', '.join(VARIETY)}, got {self.variety!r}."
            )
        excluded = tuple(line.strip() for line in self.exclude.splitlines() if line.strip())
        return Wishes(tuple(self.genre), years, excluded, fewest, float(self.variety))

    def says(self) -> bool:
        """Whether anything is said of the person."""
        told = (self.age, self.gender, self.occupation, self.zip)
        return bool(self.like) or any(t.strip() for t in told)


@dataclass(frozen=True)
class _Liked:
    """The titles that are chosen, and those that are offered."""

    chosen: list[Title]
    offered: list[Title]
    hint: str


@router.head("/new")
@router.get("/new")
async def newcomer_page(request: Request) -> Response:
    """The form, and the lists for what it says."""
    engine: Engine = request.app.state.engine
    said = _said(request)
    status, trouble, found = 200, "", None
    liked = _Liked([], [], "")
    try:
        liked = _liked(engine, said)
        said = said.model_copy(update={"like": [t.item_id for t in liked.chosen]})
        if said.says() and not liked.hint:
            found = engine.ways_for(said.like, said.profile(), SHOWN, said.wishes())
    except (InvalidInput, UnknownItem, Ambiguous) as error:
        # What cannot be read is said beside the form, which keeps all that it holds.
        status, trouble = outcome(error).status, _plainly(error)
    except NotReady as error:
        if not any(engine.status().models.values()):
            raise
        status, trouble = outcome(error).status, _plainly(error)
    context = {**_form(engine, said, liked), "trouble": trouble, "lists": _lists(found)}
    context["notes"] = found.notes if found else ()
    return html("new.html", context, status)


@router.get("/new/titles")
async def offered_titles(request: Request) -> Response:
    """The titles to choose from while somebody types: a part of the page."""
    return _part(request)


@router.get("/new/liked")
async def liked_titles(request: Request) -> Response:
    """The chosen titles after a choice, the search empty again: a part of the page."""
    return _part(request, search=False)


def _part(request: Request, *, search: bool = True) -> HTMLResponse:
    engine: Engine = request.app.state.engine
    said = _said(request)
    if not search:
        said = said.model_copy(update={"q": ""})
    chosen = _chosen(engine, said)
    context = {"said": said, "liked": _offered(engine, chosen, said.q.strip())}
    return html("offered.html" if search else "likes.html", context)


def _liked(engine: Engine, said: _Said) -> _Liked:
    """The titles that are chosen, with the one that was typed if it is clear which is meant."""
    chosen, typed = _chosen(engine, said), said.q.strip()
    if not typed:
        return _offered(engine, chosen, "")
    try:
        return _offered(engine, [*chosen, engine.resolve(typed)], "")
    except UnknownItem:
        near = engine.nearest(typed, OFFERED)
        what_then = ": did you mean one of these?" if near else "; try a part of it."
        return _Liked(chosen, near, f"No title is called “{typed}”{what_then}")
    except Ambiguous as error:
        meant = [engine.title(item_id) for item_id, _ in error.choices]
        hint = f"Several titles are called “{typed}”: choose the one you mean."
        return _Liked(chosen, meant, hint)


def _chosen(engine: Engine, said: _Said) -> list[Title]:
    return [engine.title(item_id) for item_id in dict.fromkeys(said.like)]


def _offered(engine: Engine, chosen: list[Title], typed: str) -> _Liked:
    """What is chosen, and beside it what a search finds, or what is well known."""
    distinct = list({t.item_id: t for t in chosen}.values())
    there = {t.item_id for t in distinct}
    found = engine.search(typed, OFFERED + len(there)) if typed or not there else []
    return _Liked(distinct, [t for t in found if t.item_id not in there][:OFFERED], "")


def _form(engine: Engine, said: _Said, liked: _Liked) -> dict[str, Any]:
    """What the form needs to be shown again as it was sent."""
    return {
        "here": "new",
        "said": said,
        "liked": liked,
        "known": engine.known_profiles(),
        "genders": GENDERS,
        "genres": engine.genres(),
        "varieties": VARIETY,
        "filtered": _is_filtered(said),
    }


def _is_filtered(said: _Said) -> bool:
    texts = (said.year_from, said.year_to, said.min_ratings, said.exclude)
    return bool(said.genre) or any(t.strip() for t in texts) or said.variety != "0"


def _lists(found: Newcomer | None) -> list[dict[str, Any]]:
    if found is None:
        return []
    return [{"way": way, "title": WAYS[way], "items": items} for way, items in found.lists.items()]


def _said(request: Request) -> _Said:
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        field = _Said.model_fields.get(name)
        if field is not None and field.annotation in (list[Id], list[Short]):
            given.setdefault(name, []).append(value)
        else:
            given[name] = value
    try:
        return _Said.model_validate(given)
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from error


def _plainly(error: Exception) -> str:
    """What is wrong, without the marks of code around names."""
    return str(error).replace("`", "")


def _number(text: str, what: str, such_as: str) -> int | None:
    bare = text.strip()
    if not bare:
        return None
    if (
        not bare.removeprefix("-").isascii()
        or not bare.removeprefix("-").isdigit()
        or len(bare) > 9
    ):
        raise InvalidParameter(f"{what} must be a whole number, such as {such_as}, got {bare!r}.")
    return int(bare)
