"""Around every request: its host, the size of its body, and the headers of every answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from serving import API, KEY, Served, answered, problem, serving
from small import small_workspace

from matinee.service.guard import HEADERS, MAX_BODY


@pytest.mark.parametrize(
    "path",
    ["/", "/search?q=x", f"{API}/health", f"{API}/nothing", "/nothing", "/static/style.css"],
)
def test_every_answer_carries_the_headers(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value
    kept = "no-cache" if path.startswith("/static") else "no-store"
    assert answer.headers["cache-control"] == kept


def test_the_policy_is_strict() -> None:
    policy = HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy


def test_only_names_of_this_machine_are_answered(served: Served, client: httpx.Client) -> None:
    port = served.address.rpartition(":")[2]
    for host in (f"127.0.0.1:{port}", f"localhost:{port}", "localhost", f"[::1]:{port}"):
        answered(client.get(f"{API}/health", headers={"Host": host}))
    for host in (f"evil.example:{port}", "127.0.0.1.evil.example", "", "[", "169.254.169.254"):
        problem(client.get(f"{API}/health", headers={"Host": host}), 421)


def test_a_public_service_answers_to_any_name(trained_path: Path) -> None:
    with serving(trained_path, key=KEY, hosts=None) as running, running.client() as client:
        answered(client.get(f"{API}/health", headers={"Host": "films.example"}))


def test_long_bodies_are_refused(client: httpx.Client) -> None:
    address = f"{API}/recommendations/by-title"
    json = {"Content-Type": "application/json"}
    problem(client.post(address, content=b" " * (MAX_BODY + 1), headers=json), 413)

    def pieces() -> Iterator[bytes]:
        for _ in range(MAX_BODY // 50_000 + 1):
            yield b" " * 50_000

    problem(client.post(address, content=pieces(), headers=json), 413)
    problem(client.post("/rate", content=b"q=" + b"x" * MAX_BODY), 413)


def test_a_body_may_come_in_pieces(client: httpx.Client) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"liked": '
        yield b'["Fargo"]}'

    answered(
        client.post(
            f"{API}/recommendations/by-title",
            content=pieces(),
            headers={"Content-Type": "application/json"},
        )
    )


def test_a_fault_of_ours_tells_nothing(trained_path: Path) -> None:
    def broken() -> None:
        raise RuntimeError("a secret of the inside")

    def add(app: FastAPI) -> None:
        app.add_api_route(f"{API}/broken", broken)
        app.add_api_route("/broken", broken)

    with serving(trained_path, change=add, key=KEY) as running:
        # uvicorn closes a connection after a fault, so each request takes one of its own.
        with running.client() as client:
            answer = client.get(f"{API}/broken")
        with running.client() as client:
            shown = client.get("/broken", headers={"Accept": "text/html"})
        with running.client() as client:
            answered(client.get(f"{API}/health"))
    assert "secret" not in problem(answer, 500)["detail"]
    assert shown.status_code == 500
    assert "secret" not in shown.text
    for name, value in HEADERS.items():
        assert answer.headers[name] == value


def test_a_broken_store_is_told_to_the_log_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = small_workspace(tmp_path / "workspace")
    with serving(path, key=KEY) as running, running.client() as client:
        for file in path.glob("store.sqlite*"):
            file.write_bytes(b"x" * file.stat().st_size)
        health = answered(client.get(f"{API}/health"))
        assert health["ready"] is False
        assert health["users"] is None
        for address in ("titles", "users/u0/recommendations", "users/u0/ratings"):
            told = problem(client.get(f"{API}/{address}"), 500)
            assert told["type"].endswith(":store-error")
            assert str(tmp_path) not in str(told)
        assert client.get("/", headers={"Accept": "text/html"}).status_code == 500
    assert "not a database" in caplog.text
