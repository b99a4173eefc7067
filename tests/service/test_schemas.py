"""Bad requests are refused with the field named, and the description tells the truth."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from serving import API, answered, problem

TITLE = f"{API}/recommendations/by-title"
PROFILE = f"{API}/recommendations/by-profile"


@pytest.mark.parametrize(
    ("address", "body", "field"),
    [
        (TITLE, {}, "body.liked"),
        (TITLE, {"liked": []}, "body.liked"),
        (TITLE, {"liked": "Fargo"}, "body.liked"),
        (TITLE, {"liked": [1]}, "body.liked.0"),
        (TITLE, {"liked": [""]}, "body.liked.0"),
        (TITLE, {"liked": ["a\x00b"]}, "body.liked.0"),
        (TITLE, {"liked": ["x" * 501]}, "body.liked.0"),
        (TITLE, {"liked": ["Fargo"] * 1001}, "body.liked"),
        (TITLE, {"liked": ["Fargo"], "n": 0}, "body.n"),
        (TITLE, {"liked": ["Fargo"], "n": 1001}, "body.n"),
        (TITLE, {"liked": ["Fargo"], "n": 10**9}, "body.n"),
        (TITLE, {"liked": ["Fargo"], "n": "3"}, "body.n"),
        (TITLE, {"liked": ["Fargo"], "n": 3.5}, "body.n"),
        (TITLE, {"liked": ["Fargo"], "n": True}, "body.n"),
        (TITLE, {"liked": ["Fargo"], "N": 3}, "body.N"),
        (TITLE, ["Fargo"], "body"),
        (TITLE, None, "body"),
        (PROFILE, {"age": 0}, "body.age"),
        (PROFILE, {"age": 130}, "body.age"),
        (PROFILE, {"age": "30"}, "body.age"),
        (PROFILE, {"gender": 1}, "body.gender"),
        (PROFILE, {"occupation": "x" * 101}, "body.occupation"),
        (PROFILE, {"zip": "1" * 21}, "body.zip"),
        (PROFILE, {"shoe": 44}, "body.shoe"),
    ],
)
def test_bad_bodies(client: httpx.Client, address: str, body: object, field: str) -> None:
    faults = problem(client.post(address, json=body), 422)["errors"]
    assert field in [f["field"] for f in faults]


@pytest.mark.parametrize(
    ("path", "query", "field"),
    [
        ("/titles", {"n": "0"}, "query.n"),
        ("/titles", {"n": "1000000000"}, "query.n"),
        ("/titles", {"n": "many"}, "query.n"),
        ("/titles", {"q": "x" * 201}, "query.q"),
        ("/titles", {"limit": "3"}, "query.limit"),
        ("/users/u0/recommendations", {"include_seen": "perhaps"}, "query.include_seen"),
        ("/users/u0/ratings", {"limit": "0"}, "query.limit"),
        ("/users/u0/ratings", {"offset": "-1"}, "query.offset"),
        (f"/users/{'x' * 201}/ratings", {}, "path.user_id"),
        ("/users/a%00b/ratings", {}, "path.user_id"),
    ],
)
def test_bad_queries(client: httpx.Client, path: str, query: dict[str, str], field: str) -> None:
    faults = problem(client.get(API + path, params=query), 422)["errors"]
    assert [f["field"] for f in faults] == [field]


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999", '"5"', "true", "null", "[5]"])
def test_bad_values(owner: httpx.Client, value: str) -> None:
    answer = owner.put(
        f"{API}/users/u0/ratings/m0",
        content=f'{{"value": {value}}}',
        headers={"Content-Type": "application/json"},
    )
    assert problem(answer, 422)["errors"][0]["field"] == "body.value"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b'{"liked": ["\\ud800"]}', b"[" * 100_000, b'{"n": 1' + b"0" * 5000],
)
def test_bodies_that_are_no_json(client: httpx.Client, content: bytes) -> None:
    answer = client.post(TITLE, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    problem(answer, answer.status_code)


def test_another_content_type_is_refused(client: httpx.Client) -> None:
    answer = client.post(
        TITLE, content=b'{"liked": ["Fargo"]}', headers={"Content-Type": "text/plain"}
    )
    problem(answer, 422)


def test_unknown_addresses_and_methods(client: httpx.Client) -> None:
    problem(client.get(f"{API}/nothing"), 404)
    problem(client.get(f"{API}/titles/"), 422)
    answer = client.post(f"{API}/health")
    problem(answer, 405)
    assert "GET" in answer.headers["allow"]
    problem(client.get(TITLE), 405)


def description(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = answered(client.get(f"{API}/openapi.json"))
    return found


def test_the_description_is_whole(client: httpx.Client) -> None:
    found = description(client)
    assert found["openapi"].startswith("3.1")
    assert "HTTPValidationError" not in json.dumps(found)
    names = []
    for path, methods in found["paths"].items():
        assert path.startswith(API)
        for method, operation in methods.items():
            names.append(operation["operationId"])
            assert operation["description"], names[-1]
            answers = operation["responses"]
            assert {"200", "421", "422", "500"} <= set(answers), names[-1]
            for status, answer in answers.items():
                kind = "application/json" if status == "200" else "application/problem+json"
                assert list(answer["content"]) == [kind], (names[-1], status)
                assert answer["content"][kind]["schema"]
            if "{" in path:
                assert "404" in answers, names[-1]
            if operation.get("security"):
                assert {"401", "403"} <= set(answers), names[-1]
            if method in ("put", "post", "delete"):
                assert "413" in answers, names[-1]
    assert len(names) == len(set(names))
    # Every reference leads somewhere.
    text = json.dumps(found)
    for name in {part.partition('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert name in found["components"]["schemas"], name


def test_writes_and_lists_of_people_are_described_as_needing_the_key(client: httpx.Client) -> None:
    paths = description(client)["paths"]
    needing = {
        (method, path)
        for path, methods in paths.items()
        for method, operation in methods.items()
        if operation.get("security")
    }
    assert needing == {
        ("put", f"{API}/users/{{user_id}}/ratings/{{item_id}}"),
        ("get", f"{API}/clusters/{{model}}/{{number}}/users"),
        ("get", f"{API}/users/{{user_id}}/export"),
        ("delete", f"{API}/users/{{user_id}}"),
    }
