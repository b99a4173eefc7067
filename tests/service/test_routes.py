"""Every route of REST: what it answers, and each status that it declares."""

from __future__ import annotations

from urllib.parse import quote

import httpx
import pytest
from serving import API, KEY, Served, answered, problem


def test_health(client: httpx.Client) -> None:
    health = answered(client.get(f"{API}/health"))
    assert health["status"] == "ok"
    assert health["ready"] is True
    assert health["items"] == 40
    assert health["scale"] == [1, 5]
    assert health["models"]["rating"].startswith(("als", "mle"))
    assert health["models"]["ranking"]


def test_titles(client: httpx.Client) -> None:
    found = answered(client.get(f"{API}/titles", params={"q": "big", "n": 5}))["titles"]
    assert {t["title"] for t in found} == {"Big Sleep, The (1946)", "Big Night (1996)"}
    within = answered(client.get(f"{API}/titles", params={"q": "arg"}))["titles"]
    assert [t["item_id"] for t in within] == ["m0"]
    most = answered(client.get(f"{API}/titles", params={"n": 3}))["titles"]
    counts = [t["n_ratings"] for t in most]
    assert len(counts) == 3
    assert counts == sorted(counts, reverse=True)


def test_one_title(client: httpx.Client) -> None:
    title = answered(client.get(f"{API}/titles/m0"))
    assert title["title"] == "Fargo (1996)"
    assert title["year"] == 1996
    assert title["genres"] == ["Crime", "Drama"]
    assert problem(client.get(f"{API}/titles/m99"), 404)["type"].endswith(":unknown-item")


def test_similar(client: httpx.Client) -> None:
    alike = answered(client.get(f"{API}/items/m0/similar", params={"n": 4}))["recommendations"]
    assert len(alike) == 4
    assert "m0" not in {r["item_id"] for r in alike}
    problem(client.get(f"{API}/items/m99/similar"), 404)
    # An id is asked for here: a title must not do instead.
    problem(client.get(f"{API}/items/Fargo (1996)/similar"), 404)


def test_recommendations_leave_out_what_was_rated(client: httpx.Client) -> None:
    rated = {
        r["item_id"]
        for r in answered(client.get(f"{API}/users/u0/ratings", params={"limit": 1000}))["ratings"]
    }
    found = answered(client.get(f"{API}/users/u0/recommendations", params={"n": 5}))
    assert len(found["recommendations"]) == 5
    for each in found["recommendations"]:
        assert each["item_id"] not in rated
        assert each["sure"] in ("low", "medium", "high")
        assert 1 <= each["predicted"] <= 5
        assert [i["share"] for i in each["intervals"]] == [0.5, 0.9]
        assert each["error"] > 0
        assert each["reasons"]
    everything = answered(
        client.get(f"{API}/users/u0/recommendations", params={"n": 1000, "include_seen": "true"})
    )
    assert rated <= {r["item_id"] for r in everything["recommendations"]}


def test_recommendations_by_a_named_model(client: httpx.Client) -> None:
    address = f"{API}/users/u0/recommendations"
    answered(client.get(address, params={"model": "popularity"}))
    assert problem(client.get(address, params={"model": "ease9"}), 404)["type"].endswith(
        ":unknown-model"
    )
    assert problem(client.get(f"{API}/users/nobody/recommendations"), 404)["type"].endswith(
        ":unknown-user"
    )


def test_by_title(client: httpx.Client) -> None:
    found = answered(
        client.post(f"{API}/recommendations/by-title", json={"liked": ["fargo", "m3"], "n": 3})
    )["recommendations"]
    assert len(found) == 3
    assert not {"m0", "m3"} & {r["item_id"] for r in found}


def test_by_title_of_no_or_of_several_items(client: httpx.Client) -> None:
    address = f"{API}/recommendations/by-title"
    assert "Fargo" in problem(client.post(address, json={"liked": ["Fargoo"]}), 404)["detail"]
    assert "m4" in problem(client.post(address, json={"liked": ["Sabrina"]}), 409)["detail"]


def test_by_profile(client: httpx.Client) -> None:
    who = {"age": 33, "gender": "F", "occupation": "writer", "liked": ["Fargo"], "n": 4}
    found = answered(client.post(f"{API}/recommendations/by-profile", json=who))
    assert len(found["recommendations"]) == 4
    answered(client.post(f"{API}/recommendations/by-profile", json={}))


def test_predictions_and_explanations(client: httpx.Client) -> None:
    prediction = answered(client.get(f"{API}/users/u0/predictions/m0"))
    assert 1 <= prediction["rating"] <= 5
    assert prediction["title"] == "Fargo (1996)"
    half, most = prediction["intervals"]
    assert (half["share"], most["share"]) == (0.5, 0.9)
    assert 1 <= most["low"] <= half["low"] <= half["high"] <= most["high"] <= 5
    assert 0.3 < half["measured"] <= most["measured"] <= 1
    assert prediction["error"] > 0
    reasons = answered(client.get(f"{API}/users/u0/explanations/m0"))["reasons"]
    assert reasons[0]["text"]
    for what in ("predictions", "explanations"):
        problem(client.get(f"{API}/users/nobody/{what}/m0"), 404)
        problem(client.get(f"{API}/users/u0/{what}/m99"), 404)


def test_ratings_come_in_pages(client: httpx.Client) -> None:
    address = f"{API}/users/u1/ratings"
    whole = answered(client.get(address, params={"limit": 1000}))
    assert whole["total"] == len(whole["ratings"]) > 8
    times = [r["time"] for r in whole["ratings"]]
    assert times == sorted(times, reverse=True)
    part = answered(client.get(address, params={"limit": 3, "offset": 4}))
    assert part["ratings"] == whole["ratings"][4:7]
    assert (part["total"], part["limit"], part["offset"]) == (whole["total"], 3, 4)
    assert answered(client.get(address, params={"offset": 10**9}))["ratings"] == []


def test_a_rating_counts_at_once(owner: httpx.Client, client: httpx.Client) -> None:
    problem(client.get(f"{API}/users/new-one/recommendations"), 404)
    stored = answered(owner.put(f"{API}/users/new-one/ratings/m0", json={"value": 5}))
    assert (stored["item_id"], stored["value"]) == ("m0", 5)
    first = answered(client.get(f"{API}/users/new-one/recommendations", params={"n": 40}))
    assert "m0" not in {r["item_id"] for r in first["recommendations"]}
    answered(owner.put(f"{API}/users/new-one/ratings/m25", json={"value": 5}))
    answered(owner.put(f"{API}/users/new-one/ratings/m25", json={"value": 1}))
    ratings = answered(client.get(f"{API}/users/new-one/ratings"))["ratings"]
    assert {r["item_id"]: r["value"] for r in ratings} == {"m0": 5, "m25": 1}
    second = answered(client.get(f"{API}/users/new-one/recommendations", params={"n": 40}))
    assert first != second


def test_a_rating_must_fit(owner: httpx.Client) -> None:
    problem(owner.put(f"{API}/users/u0/ratings/m99", json={"value": 3}), 404)
    assert "5" in problem(owner.put(f"{API}/users/u0/ratings/m0", json={"value": 6}), 422)["detail"]


def test_export_and_delete(owner: httpx.Client, client: httpx.Client) -> None:
    for item in ("m0", "m1"):
        answered(owner.put(f"{API}/users/leaver/ratings/{item}", json={"value": 4}))
    exported = owner.get(f"{API}/users/leaver/export")
    assert "m1" in str(answered(exported))
    gone = answered(owner.delete(f"{API}/users/leaver"))
    assert gone["user_id"] == "leaver"
    assert gone["rows"] >= 2
    for answer in (
        owner.get(f"{API}/users/leaver/export"),
        owner.delete(f"{API}/users/leaver"),
        client.get(f"{API}/users/leaver/ratings"),
        client.get(f"{API}/users/leaver/recommendations"),
    ):
        problem(answer, 404)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/users/u0/recommendations", None),
        ("POST", "/recommendations/by-title", {"liked": ["Fargo"]}),
        ("POST", "/recommendations/by-profile", {"age": 30}),
        ("GET", "/users/u0/predictions/m0", None),
        ("GET", "/users/u0/explanations/m0", None),
    ],
)
def test_nothing_is_recommended_before_a_model_is_there(
    untrained: Served, method: str, path: str, body: object
) -> None:
    with untrained.client() as client:
        answer = client.request(method, API + path, json=body)
        assert "train" in problem(answer, 503)["detail"]
        assert answer.headers["retry-after"]


def test_what_works_before_a_model_is_there(untrained: Served) -> None:
    with untrained.client(headers={"X-API-Key": KEY}) as client:
        health = answered(client.get(f"{API}/health"))
        assert health["ready"] is False
        assert health["models"] == {"rating": None, "ranking": None}
        assert answered(client.get(f"{API}/titles", params={"q": "fargo"}))["titles"]
        answered(client.put(f"{API}/users/u0/ratings/m0", json={"value": 2}))


def test_ids_of_every_script(owner: httpx.Client, client: httpx.Client) -> None:
    name = quote("Zoë 映画 #1?")
    answered(owner.put(f"{API}/users/{name}/ratings/m0", json={"value": 2}))
    assert answered(client.get(f"{API}/users/{name}/ratings"))["total"] == 1
    answered(owner.delete(f"{API}/users/{name}"))
