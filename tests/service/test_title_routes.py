"""REST for titles and for somebody new: filters, ways, fans, metadata, and what cannot be."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from serving import API, Served, answered, problem

WAYS = f"{API}/recommendations/ways"


def test_filters_of_a_users_list(client: httpx.Client) -> None:
    query = {"genres": ["Comedy", "comedy"], "year_from": 1975, "year_to": 1984, "diversity": 0.4}
    found = answered(client.get(f"{API}/users/u0/recommendations", params=query))
    assert found["recommendations"]
    for each in found["recommendations"]:
        assert each["genres"] == ["Comedy"]
        assert 1975 <= each["year"] <= 1984
    first = found["recommendations"][0]
    left = {**query, "exclude": [first["item_id"]]}
    again = answered(client.get(f"{API}/users/u0/recommendations", params=left))
    assert first["item_id"] not in {r["item_id"] for r in again["recommendations"]}


@pytest.mark.parametrize("route", ["by-title", "by-profile"])
def test_filters_of_a_list_for_somebody_new(client: httpx.Client, route: str) -> None:
    body = {"liked": ["Fargo"], "n": 5, "genres": ["Comedy"], "min_ratings": 10, "exclude": ["m30"]}
    found = answered(client.post(f"{API}/recommendations/{route}", json=body))["recommendations"]
    assert len(found) == 5
    assert all(r["genres"] == ["Comedy"] and r["item_id"] != "m30" for r in found)


def test_ways(client: httpx.Client) -> None:
    who = {"age": 33, "occupation": "studnet", "zip": "K1A 0A6", "liked": ["Fargo", "m1"], "n": 3}
    found = answered(client.post(WAYS, json=who))
    assert [part["way"] for part in found["lists"]] == ["blend", "alike", "fans", "people"]
    for part in found["lists"]:
        assert part["title"]
        assert len(part["recommendations"]) == 3
        assert not {"m0", "m1"} & {r["item_id"] for r in part["recommendations"]}
        assert all(r["reasons"] for r in part["recommendations"])
    assert any("studnet" in note and "student" in note for note in found["notes"])
    assert any("zip" in note for note in found["notes"])
    nobody = answered(client.post(WAYS, json={"n": 2}))
    assert [bool(part["recommendations"]) for part in nobody["lists"]] == [
        True,
        False,
        False,
        False,
    ]
    assert nobody["notes"]


def test_notes_of_a_profile(client: httpx.Client) -> None:
    who = {"occupation": "studnet", "n": 2}
    notes = answered(client.post(f"{API}/recommendations/by-profile", json=who))["notes"]
    assert notes == ["occupation 'studnet' was read as student"]


def test_an_ambiguous_title_comes_with_its_choices(client: httpx.Client) -> None:
    for address, body in (
        (WAYS, {"liked": ["Sabrina"]}),
        (WAYS, {"liked": ["Fargo"], "exclude": ["Sabrina"]}),
        (f"{API}/items/fans", {"titles": ["Sabrina"]}),
        (f"{API}/recommendations/by-title", {"liked": ["Sabrina"]}),
    ):
        choices = problem(client.post(address, json=body), 409)["choices"]
        assert sorted(choices, key=lambda c: c["item_id"]) == [
            {"item_id": "m4", "title": "Sabrina (1954)"},
            {"item_id": "m5", "title": "Sabrina (1995)"},
        ]
    assert "choices" not in problem(client.post(WAYS, json={"liked": ["Nothing"]}), 404)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"age": -3}, 422, "body.age"),
        ({"occupation": "wizard"}, 422, "student, writer"),
        ({"liked": ["Fragoo"]}, 404, "Fargo"),
        ({"genres": ["Western"]}, 422, "Comedy, Crime, Drama"),
        ({"year_from": 1990, "year_to": 1980}, 422, "1990"),
        ({"genres": ["Comedy"], "year_to": 1950}, 422, "Nothing is left"),
        ({"diversity": 2}, 422, "body.diversity"),
        ({"min_ratings": -1}, 422, "body.min_ratings"),
        ({"exclude": ["x"] * 51}, 422, "body.exclude"),
        ({"model": "ials"}, 422, "body.model"),
    ],
)
def test_what_cannot_be_asked(
    client: httpx.Client, body: dict[str, Any], status: int, said: str
) -> None:
    assert said in problem(client.post(WAYS, json=body), status)["detail"]


def test_similar_by_threshold_and_filters(client: httpx.Client) -> None:
    address = f"{API}/items/m0/similar"
    every = answered(client.get(address, params={"n": 40}))["recommendations"]
    bound = every[2]["score"]
    near = answered(client.get(address, params={"n": 40, "threshold": bound}))["recommendations"]
    assert near == every[:3]
    drama = answered(client.get(address, params={"genres": "Comedy", "n": 3}))["recommendations"]
    assert all(r["genres"] == ["Comedy"] for r in drama)
    other = answered(client.get(address, params={"model": "als", "n": 3}))["recommendations"]
    assert len(other) == 3
    problem(client.get(address, params={"threshold": 2}), 422)
    problem(client.get(address, params={"model": "popularity"}), 422)


def test_fans(client: httpx.Client) -> None:
    one = answered(client.get(f"{API}/items/m0/fans", params={"n": 3}))["titles"]
    assert (
        one
        == answered(client.post(f"{API}/items/fans", json={"titles": ["Fargo"], "n": 3}))["titles"]
    )
    assert 1 <= len(one) <= 3
    for each in one:
        assert 0 < each["share"] <= 1
        assert each["lift"] == pytest.approx(each["share"] / each["everybody"], rel=1e-3)
        assert each["people"] >= 1
    both = answered(client.post(f"{API}/items/fans", json={"titles": ["m0", "m1"]}))["titles"]
    assert not {"m0", "m1"} & {t["item_id"] for t in both}
    problem(client.get(f"{API}/items/m99/fans"), 404)
    problem(client.post(f"{API}/items/fans", json={"titles": []}), 422)
    problem(client.get(f"{API}/items/m0/fans", params={"diversity": 0.5}), 422)


def test_metadata(client: httpx.Client) -> None:
    told = answered(client.get(f"{API}/titles/m0/metadata"))
    assert told["title"] == "Fargo (1996)"
    assert told["overview"] is None
    assert told["keywords"] == told["tags"] == told["also"] == []
    assert told["links"] == {}
    problem(client.get(f"{API}/titles/m99/metadata"), 404)


def test_before_a_model_is_there(untrained: Served) -> None:
    with untrained.client() as client:
        assert problem(client.post(WAYS, json={"liked": ["m0"]}), 503)
        assert problem(client.get(f"{API}/items/m0/fans"), 503)
        assert answered(client.get(f"{API}/titles/m0/metadata"))["item_id"] == "m0"
