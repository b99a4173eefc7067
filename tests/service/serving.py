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
import numpy as np
import pyarrow as pa
import uvicorn
from fastapi import FastAPI

from matinee.data.dataset import Dataset, Vocabulary
from matinee.interactions import Interactions
from matinee.service.app import create_app
from matinee.service.server import listen
from matinee.storage.workspace import Workspace
from matinee.training import train

API = "/api/v1"
KEY = "a-key-that-only-tests-know"
FILMS = (
    "Fargo (1996)",
    "Big Sleep, The (1946)",
    "Big Night (1996)",
    "Notorious (1946)",
    "Sabrina (1954)",
    "Sabrina (1995)",
)


def small_dataset(low: float = 1, high: float = 5) -> Dataset:
    """30 people, 40 titles: even people like the first half, odd ones the second."""
    rng = np.random.default_rng(7)
    user, item = np.nonzero(rng.random((30, 40)) < 0.5)
    likes = (user % 2 == 0) == (item < 20)
    value = np.where(likes, high, low + 1) - rng.integers(0, 2, len(user))
    titles = [*FILMS, *(f"Picture {i:02d} ({1950 + i})" for i in range(len(FILMS), 40))]
    items = Vocabulary(f"m{i}" for i in range(40))
    users = Vocabulary(f"u{i}" for i in range(30))
    return Dataset(
        name="small",
        interactions=Interactions(
            user.astype(np.int32),
            item.astype(np.int32),
            value.astype(np.float32),
            (1_000_000 + np.arange(len(user))).astype(np.int64),
            n_users=30,
            n_items=40,
        ),
        users=users,
        items=items,
        item_table=pa.table(
            {
                "item_id": items.ids,
                "title": titles,
                "year": pa.array([int(t[-5:-1]) for t in titles], pa.int32()),
                "genres": [["Crime", "Drama"] if i < 20 else ["Comedy"] for i in range(40)],
            }
        ),
        user_table=pa.table(
            {
                "user_id": users.ids,
                "age": pa.array([20 + i for i in range(30)], pa.int32()),
                "gender": ["F" if i % 2 else "M" for i in range(30)],
                "occupation": ["writer" if i % 3 else "student" for i in range(30)],
            }
        ),
        scale=(low, high),
    )


def small_workspace(
    path: Path, *, trained: bool = True, scale: tuple[float, float] = (1, 5)
) -> Path:
    """A workspace with the small data set in it."""
    workspace = Workspace.open(path, create=True)
    workspace.store.add_dataset(small_dataset(*scale))
    if trained:
        train(workspace, ["popularity", "als", "item_clusters"])
    workspace.close()
    return path


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
