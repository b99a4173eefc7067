"""The key that writes need: where it comes from, how a request shows it, and what it may do."""

from __future__ import annotations

import re
import secrets
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Response
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from matinee.errors import InvalidParameter, Unauthorized

COOKIE = "matinee_key"
YEAR_SECONDS = 365 * 24 * 3600

_ALLOWED = re.compile(r"[A-Za-z0-9._~-]{16,200}")

_bearer = HTTPBearer(auto_error=False, scheme_name="bearer", description="The workspace's key.")
_header = APIKeyHeader(name="X-API-Key", auto_error=False, scheme_name="header")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, scheme_name="cookie")


def checked(key: str, source: str) -> str:
    """A key that somebody chose, if it is fit for an address and a cookie and hard to guess."""
    key = key.strip()
    if not _ALLOWED.fullmatch(key):
        raise InvalidParameter(
            f"The key in {source} must be 16 to 200 letters, digits or any of ._~- , got "
            f"{len(key)} characters; make one with: "
            "python -c 'import secrets; print(secrets.token_urlsafe(32))'"
        )
    return key


def from_file(path: Path) -> str:
    """The key that a file holds.

    Raises
    ------
    InvalidParameter
        The file cannot be read, or holds no fit key.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidParameter(f"The key file {path} must be readable, got: {error}.") from error
    return checked(text, str(path))


def matches(request: Request, given: str | None) -> bool:
    """Whether `given` is the service's key, compared in constant time."""
    key: str = request.app.state.key
    return given is not None and secrets.compare_digest(given.encode(), key.encode())


def has_cookie(request: Request) -> bool:
    """Whether the browser already holds the key."""
    return matches(request, request.cookies.get(COOKIE))


def same_origin(request: Request) -> bool:
    """Whether the browser says that one of our own pages sends this.

    Sec-Fetch-Site says so wherever browsers send it (https and loopback); elsewhere Origin must
    name the host that was asked.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")


def require_cookie(request: Request) -> None:
    """Let a page's write pass only with the cookie, and only from our own page."""
    if not has_cookie(request):
        raise Unauthorized(
            "Rating needs this workspace's key; open the address that matinee printed at its start."
        )
    if not same_origin(request):
        raise HTTPException(403, "The key came by cookie, but not from a page of this service.")


async def require_key(
    request: Request,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    header: Annotated[str | None, Depends(_header)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> None:
    """Let a request pass only with the key.

    Raises
    ------
    Unauthorized
        No key, or another one.
    HTTPException
        403: the key came by cookie, and not from one of our own pages.
    """
    shown = bearer.credentials if bearer else header
    if shown is not None:
        if not matches(request, shown):
            raise Unauthorized("This is not the key of this workspace.")
    elif cookie is not None and matches(request, cookie):
        require_cookie(request)
    else:
        raise Unauthorized(
            "This needs the workspace's key; send it as `Authorization: Bearer KEY` or "
            "`X-API-Key: KEY`."
        )


def give_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """A cookie that scripts cannot read and other sites cannot send."""
    response.set_cookie(
        name,
        value,
        max_age=YEAR_SECONDS,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
