"""What surrounds every request: the host it names, the size of its body, the headers it gets."""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from matinee.service import problems

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
MAX_BODY = 1_000_000
"""Bytes; the longest allowed list of titles fits twice."""

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """ASGI middleware around the whole service.

    Parameters
    ----------
    app
        What it guards.
    hosts
        Names that a request's Host may carry, without port; None lets all pass. A service that
        only listens on loopback must check it: a stranger's page could otherwise point its own
        name at 127.0.0.1 and read everything (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str] | None) -> None:
        self.app = app
        self.hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        send = _with_headers(send, personal=not scope["path"].startswith("/static/"))
        headers = Headers(scope=scope)
        if self.hosts is not None and _name(headers.get("host", "")) not in self.hosts:
            await _refuse(421, "This service answers on this machine only.", scope, receive, send)
            return
        if scope["method"] not in ("GET", "HEAD"):
            body = await _read(headers, receive)
            if body is None:
                detail = f"The body must not be longer than {MAX_BODY} bytes."
                await _refuse(413, detail, scope, receive, send)
                return
            receive = _again(body, receive)
        await self.app(scope, receive, send)


async def _refuse(status: int, detail: str, scope: Scope, receive: Receive, send: Send) -> None:
    response = problems.respond(problems.of_status(status, detail, scope["path"]))
    await response(scope, receive, send)


def _name(host: str) -> str | None:
    """The host's name without its port, in lower case; None where it is no host."""
    found = re.fullmatch(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::[0-9]{1,5})?", host.lower())
    return (found[1] or found[2]) if found else None


async def _read(headers: Headers, receive: Receive) -> list[Message] | None:
    """The messages of the body; None where they are too long."""
    declared = headers.get("content-length", "0")
    if not re.fullmatch(r"[0-9]{1,12}", declared) or int(declared) > MAX_BODY:
        return None
    messages: list[Message] = []
    size = 0
    while True:
        message = await receive()
        messages.append(message)
        size += len(message.get("body", b""))
        if size > MAX_BODY:
            return None
        if message["type"] != "http.request" or not message.get("more_body", False):
            return messages


def _again(messages: list[Message], receive: Receive) -> Receive:
    """Hand out what was read, then whatever else comes."""
    waiting = iter(messages)

    async def replay() -> Message:
        message = next(waiting, None)
        return await receive() if message is None else message

    return replay


def _with_headers(send: Send, *, personal: bool) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers["Cache-Control"] = "no-store" if personal else "no-cache"
        await send(message)

    return wrapped
