"""A small workspace, the real service over it on a port of its own, and what answers must be."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI

from matinee.service.app import create_app
from matinee.service.server import listen

API = "/api/v1"
KEY = "a-key-that-only-tests-know"


@dataclass
class Served:
    """A running service."""

    app: FastAPI
    address: str

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.address, timeout=60, trust_env=False, **options)


@contextmanager
def serving(
    path: Path, change: Callable[[FastAPI], None] = lambda _: None, **options: Any
) -> Iterator[Served]:
    """Serve a workspace by a real uvicorn in a thread of its own."""
    app = create_app(path, **options)
    change(app)
    listening = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(app, log_level="critical", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        deadline = time.monotonic() + 30
        while not server.started and thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.01)
        assert server.started
        yield Served(app, f"http://127.0.0.1:{listening.getsockname()[1]}")
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    """The problem in an answer, checked for what RFC 9457 asks of all."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    assert body["instance"] == answer.request.url.path
    assert body["type"] == "about:blank" or body["type"].startswith("urn:matinee:problem:")
    return body


def answered(answer: httpx.Response) -> Any:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    return answer.json()
