"""Who may write: nobody without the key, and no other site's page with the browser's cookie."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from fastapi.routing import APIRoute
from serving import API, KEY, Served, answered, problem, serving
from small import small_workspace
from starlette.routing import BaseRoute, Mount

from matinee.errors import InvalidParameter
from matinee.service import keys, pages, routes
from matinee.storage.workspace import Workspace

READ_ONLY_POSTS = {
    f"{API}/recommendations/by-title",
    f"{API}/recommendations/by-profile",
    f"{API}/recommendations/ways",
    f"{API}/items/fans",
    f"{API}/clusters/{{model}}/place",
}
DUMPS = {f"{API}/users/{{user_id}}/export", f"{API}/clusters/{{model}}/{{number}}/users"}


def every_route(found: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    """Method and path of every route, those of included routers as well."""
    for route in found:
        inner = getattr(route, "original_router", None)
        if inner is not None:
            yield from every_route(inner.routes)
        elif not isinstance(route, Mount):
            for method in route.methods:
                yield method, route.path_format


def writes(served: Served) -> list[tuple[str, str]]:
    return [
        (method, path)
        for method, path in every_route(served.app.routes)
        if (method not in ("GET", "HEAD") and path not in READ_ONLY_POSTS) or path in DUMPS
    ]


def filled(path: str) -> str:
    given = {"user_id": "u0", "item_id": "m0", "model": "user_clusters", "number": "0"}
    return path.format(**given)


def test_no_write_passes_without_the_key(served: Served, client: httpx.Client) -> None:
    found = writes(served)
    assert ("PUT", f"{API}/users/{{user_id}}/ratings/{{item_id}}") in found
    assert ("DELETE", f"{API}/users/{{user_id}}") in found
    assert ("POST", "/rate") in found
    assert ("POST", "/forget") in found
    before = answered(client.get(f"{API}/users/u0/ratings"))
    for method, path in found:
        for headers in (
            {},
            {"Authorization": "Bearer wrong"},
            {"Authorization": f"Basic {KEY}"},
            {"X-API-Key": "wrong"},
            {"Cookie": f"{keys.COOKIE}=wrong"},
            {"Cookie": f"{keys.COOKIE}="},
        ):
            answer = client.request(method, filled(path), headers=headers, json={"value": 1})
            assert problem(answer, 401)["type"].endswith(":unauthorized"), (method, path)
            assert answer.headers["www-authenticate"] == "Bearer"
    assert answered(client.get(f"{API}/users/u0/ratings")) == before


def test_a_wrong_key_of_other_letters_is_no_fault(client: httpx.Client) -> None:
    answer = client.get(f"{API}/users/u0/export", headers={"X-API-Key": b"\xe9\xff"})
    problem(answer, 401)


def test_no_read_asks_for_the_key(served: Served, client: httpx.Client) -> None:
    for method, path in every_route(served.app.routes):
        if (method, path) not in writes(served):
            answer = client.request(method, filled(path), json={"liked": ["m0"]})
            assert answer.status_code not in (401, 403, 500), (method, path)


def test_either_header_will_do(client: httpx.Client) -> None:
    for headers in ({"Authorization": f"Bearer {KEY}"}, {"X-API-Key": KEY}):
        answered(client.get(f"{API}/users/u0/export", headers=headers))


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({"Origin": "http://HOST"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://HOST", "Sec-Fetch-Site": "cross-site"}, 403),
        ({}, 403),
    ],
)
def test_the_cookie_writes_from_our_own_pages_only(
    served: Served, headers: dict[str, str], status: int
) -> None:
    host = served.address.removeprefix("http://")
    sent = {name: value.replace("HOST", host) for name, value in headers.items()}
    with served.client(cookies={keys.COOKIE: KEY}, headers=sent) as browser:
        answer = browser.put(f"{API}/users/by-cookie/ratings/m0", json={"value": 4})
        form = browser.post("/rate", data={"item_id": "m0", "value": "4"})
    if status == 200:
        answered(answer)
        assert form.status_code == 303
    else:
        problem(answer, status)
        problem(form, status)


def test_the_address_with_the_key_becomes_a_cookie(served: Served) -> None:
    with served.client() as browser:
        answer = browser.get("/", params={"key": KEY, "q": "big sleep"})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/?q=big+sleep"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "path=/;" in cookie
        assert KEY not in browser.get("/").text
        assert "You are only looking" not in browser.get("/").text


def test_a_wrong_key_in_the_address(client: httpx.Client) -> None:
    answer = client.get("/", params={"key": "wrong"}, headers={"Accept": "text/html"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert "another key" in answer.text


def test_a_workspace_makes_its_own_key(tmp_path: Path) -> None:
    path = small_workspace(tmp_path / "workspace", trained=False)
    with serving(path) as running, running.client() as client:
        own = Workspace.open(path)
        key = own.key()
        own.close()
        assert stat.S_IMODE((path / "key").stat().st_mode) == 0o600
        answered(client.get(f"{API}/users/u0/export", headers={"X-API-Key": key}))
        problem(client.get(f"{API}/users/u0/export", headers={"X-API-Key": KEY}), 401)


@pytest.mark.parametrize("key", ["", "short", "x" * 201, "with a blank in the middle", "é" * 20])
def test_unfit_keys(tmp_path: Path, key: str) -> None:
    with pytest.raises(InvalidParameter, match="16 to 200"):
        keys.checked(key, "MATINEE_KEY")
    file = tmp_path / "key"
    file.write_text(key, encoding="utf-8")
    with pytest.raises(InvalidParameter, match="16 to 200"):
        keys.from_file(file)


def test_key_files(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n", encoding="utf-8")
    assert keys.from_file(tmp_path / "key") == KEY
    with pytest.raises(InvalidParameter, match="readable"):
        keys.from_file(tmp_path / "missing")
    (tmp_path / "key").write_bytes(b"\xff" * 30)
    with pytest.raises(InvalidParameter, match="readable"):
        keys.from_file(tmp_path / "key")


def test_nothing_runs_beside_the_event_loop() -> None:
    """Two threads in numba's kernels at once would abort the process; so there is only one."""
    import inspect

    for router in (routes.router, pages.router):
        for route in router.routes:
            assert isinstance(route, APIRoute)
            waiting = [route.dependant]
            while waiting:
                part = waiting.pop()
                waiting += part.dependencies
                call = part.call
                ours = getattr(call, "__module__", "").startswith("matinee.")
                assert not ours or inspect.iscoroutinefunction(call), call
