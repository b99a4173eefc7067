"""Every error leaves as a problem (RFC 9457), with the status that `matinee.errors` gives it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from matinee.errors import Ambiguous, MatineeError, NotReady, outcome
from matinee.service.schemas import Problem

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = "5"
SHOWN_FAULTS = 20
INSIDE = "The service failed; its log says why."

_log = logging.getLogger(__name__)

_MEANING = {
    400: "The body cannot be read",
    401: "The workspace's key is missing or wrong",
    403: "The key came by cookie from another site's page",
    404: "No such user, item or model",
    409: "Several items carry that title; `choices` names them",
    413: "The body is too large",
    421: "Not addressed to this host",
    422: "A field is missing, unknown or out of its bounds",
    500: "A fault of the service",
    503: "No model yet, or no database",
}

Headers = Mapping[str, str]
Render = Callable[[Request, Problem], Response | None]
"""Shows a problem to somebody who reads a page; None for those who do not."""


def declared(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problems that a route may answer with, for OpenAPI; some may come from every route."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": _MEANING[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in sorted({*statuses, 421, 422, 500})
    }


def respond(problem: Problem) -> JSONResponse:
    """A problem as a response."""
    return JSONResponse(
        problem.model_dump(exclude_none=True), problem.status, media_type=MEDIA_TYPE
    )


def of_error(error: MatineeError, instance: str) -> Problem:
    """One of matinee's own errors as a problem.

    What went wrong inside (the store, an archive, the disk) is for the log: its words name places
    that are nobody's business.
    """
    found = outcome(error)
    inside = found.status >= 500 and not isinstance(error, NotReady)
    if inside:
        _log.error("%s: %s", instance, error)
    choices = None
    if isinstance(error, Ambiguous) and error.choices:
        choices = [Problem.Choice(item_id=i, title=title) for i, title in error.choices]
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()
    return Problem(
        type=f"urn:matinee:problem:{name}",
        title=found.title,
        status=found.status,
        detail=INSIDE if inside else str(error),
        instance=instance,
        choices=choices,
    )


def of_validation(error: RequestValidationError, instance: str) -> Problem:
    """A request that does not fit its schema, each field named; 400 for a body that is no JSON."""
    kinds = {(e["type"], tuple(e["loc"][:1])) for e in error.errors()}
    if any(kind == "json_invalid" for kind, _ in kinds):
        why = error.errors()[0].get("ctx", {}).get("error", "it cannot be read")
        return of_status(400, f"The body must be JSON: {why}.", instance)
    faults = [
        Problem.Fault(field=".".join(str(part) for part in e["loc"]), message=e["msg"])
        for e in error.errors()[:SHOWN_FAULTS]
    ]
    return Problem(
        type="urn:matinee:problem:invalid-input",
        title="Invalid input",
        status=422,
        detail="; ".join(f"{f.field}: {f.message}" for f in faults[:5]),
        instance=instance,
        errors=faults,
    )


def of_status(status: int, detail: str, instance: str) -> Problem:
    """An error of HTTP itself: no such route, a wrong method, a body that is no JSON."""
    return Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=instance,
    )


def install(app: FastAPI, headers: Headers, render: Render) -> None:
    """Make `app` answer every error with a problem.

    Parameters
    ----------
    headers
        What a fault of ours carries: its answer is made outside all middleware.
    render
        Shows problems to those who read pages.
    """

    def answer(request: Request, problem: Problem, extra: Headers | None = None) -> Response:
        response = render(request, problem) or respond(problem)
        if problem.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
        if problem.status == 503:
            response.headers["Retry-After"] = RETRY_SECONDS
        response.headers.update(extra or {})
        return response

    async def on_matinee(request: Request, error: Exception) -> Response:
        if not isinstance(error, MatineeError):
            raise error
        return answer(request, of_error(error, request.url.path))

    async def on_validation(request: Request, error: Exception) -> Response:
        if not isinstance(error, RequestValidationError):
            raise error
        return answer(request, of_validation(error, request.url.path))

    async def on_http(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            raise error
        problem = of_status(error.status_code, error.detail, request.url.path)
        return answer(request, problem, error.headers)

    async def on_fault(request: Request, _error: Exception) -> Response:
        problem = of_status(500, INSIDE, request.url.path)
        return answer(request, problem, headers)

    app.add_exception_handler(MatineeError, on_matinee)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_fault)
