"""REST for clusters: what each route answers, and each status that it declares."""

from __future__ import annotations

import httpx
import pytest
from serving import API, Served, answered, problem


def test_clusterings(client: httpx.Client) -> None:
    found = answered(client.get(f"{API}/clusters"))["clusterings"]
    assert {c["model"]: c["on"] for c in found} == {
        "user_clusters": "users",
        "item_clusters": "items",
    }
    for one in found:
        by_id = answered(client.get(f"{API}/clusters/{one['archive_id']}"))
        assert by_id == answered(client.get(f"{API}/clusters/{one['model']}"))
        assert by_id["clustering"] == one
        assert len(by_id["clusters"]) == one["clusters"]
        assert by_id["axes"][0]["share"] >= by_id["axes"][1]["share"]


def test_one_cluster(client: httpx.Client) -> None:
    shown = answered(client.get(f"{API}/clusters/user_clusters"))
    one = answered(client.get(f"{API}/clusters/user_clusters/1"))
    assert one["cluster"] == shown["clusters"][1]
    assert one["cluster"]["name"]
    assert one["cluster"]["marks"][0]["lift"] > 1
    gone = problem(client.get(f"{API}/clusters/user_clusters/999"), 404)
    assert gone["type"].endswith(":unknown-cluster")
    problem(client.get(f"{API}/clusters/user_clusters/-1"), 422)
    problem(client.get(f"{API}/clusters/user_clusters/first"), 422)
    assert problem(client.get(f"{API}/clusters/nothing"), 404)["type"].endswith(":unknown-model")
    assert "does not group" in problem(client.get(f"{API}/clusters/als"), 422)["detail"]


def test_titles_of_a_cluster(client: httpx.Client) -> None:
    address = f"{API}/clusters/user_clusters/0/titles"
    found = answered(client.get(address, params={"n": 3}))["titles"]
    assert len(found) == 3
    assert found[0]["lift"] >= found[1]["lift"]
    by_count = answered(client.get(address, params={"by": "count"}))["titles"]
    assert by_count[0]["count"] >= by_count[-1]["count"]
    items = f"{API}/clusters/item_clusters/0/titles"
    assert answered(client.get(items))["titles"][0]["lift"] is None
    assert "no lift" in problem(client.get(items, params={"by": "lift"}), 422)["detail"]
    problem(client.get(address, params={"by": "size"}), 422)
    problem(client.get(address, params={"n": 0}), 422)
    problem(client.get(address, params={"page": 2}), 422)
    problem(client.get(f"{API}/clusters/user_clusters/999/titles"), 404)


def test_the_people_of_a_cluster_need_the_key(owner: httpx.Client, client: httpx.Client) -> None:
    address = f"{API}/clusters/user_clusters/0/users"
    problem(client.get(address), 401)
    whole = answered(owner.get(address, params={"limit": 1000}))
    assert whole["total"] == len(whole["users"]) > 2
    part = answered(owner.get(address, params={"limit": 2, "offset": 1}))
    assert part["users"] == whole["users"][1:3]
    assert (part["total"], part["limit"], part["offset"]) == (whole["total"], 2, 1)
    assert (
        "group people" in problem(owner.get(f"{API}/clusters/item_clusters/0/users"), 422)["detail"]
    )
    problem(owner.get(f"{API}/clusters/user_clusters/999/users"), 404)


def test_clusters_of_an_item(client: httpx.Client) -> None:
    found = answered(client.get(f"{API}/items/m0/clusters"))["clusters"]
    assert {c["on"] for c in found} == {"users", "items"}
    own = answered(client.get(f"{API}/items/m0/clusters", params={"model": "item_clusters"}))
    assert [c["on"] for c in own["clusters"]] == ["items"]
    problem(client.get(f"{API}/items/m99/clusters"), 404)
    # An id is asked for here: a title must not do instead.
    problem(client.get(f"{API}/items/Fargo (1996)/clusters"), 404)


def test_the_best_of_an_items_cluster(client: httpx.Client) -> None:
    shown = answered(client.get(f"{API}/clusters/item_clusters"))["clusters"]
    largest = max(shown, key=lambda c: c["size"])["number"]
    inside = answered(client.get(f"{API}/clusters/item_clusters/{largest}/titles"))["titles"]
    asked = inside[0]["item_id"]
    address = f"{API}/items/{asked}/cluster-mates"
    for by in ("mean", "likeness"):
        found = answered(client.get(address, params={"by": by, "n": 4}))["titles"]
        assert len(found) == 4
        assert {t["item_id"] for t in found} <= {t["item_id"] for t in inside[1:]}
        scores = [t["score"] for t in found]
        assert scores == sorted(scores, reverse=True)
    problem(client.get(address, params={"by": "age"}), 422)
    problem(client.get(address, params={"model": "user_clusters"}), 422)
    problem(client.get(f"{API}/items/m99/cluster-mates"), 404)


def test_the_cluster_of_a_user(client: httpx.Client, owner: httpx.Client) -> None:
    where = answered(client.get(f"{API}/users/u2/cluster"))
    inside = answered(
        owner.get(f"{API}/clusters/user_clusters/{where['number']}/users", params={"limit": 1000})
    )
    assert "u2" in inside["users"]
    problem(client.get(f"{API}/users/nobody/cluster"), 404)
    problem(client.get(f"{API}/users/u2/cluster", params={"model": "item_clusters"}), 422)


def test_a_new_person_is_placed_and_not_kept(client: httpx.Client) -> None:
    address = f"{API}/clusters/user_clusters/place"
    users = answered(client.get(f"{API}/health"))["users"]
    where = answered(client.post(address, json={"liked": ["Fargo", "m3", "m8"]}))
    assert where["number"] is not None
    assert where["name"]
    rated = {"ratings": [{"title": "m25", "value": 5}, {"title": "m30", "value": 4}]}
    assert answered(client.post(address, json=rated))["number"] != where["number"]
    who = {"age": 30, "gender": "F", "occupation": "writer"}
    assert answered(client.post(address, json=who))["why"] == "placed by the profile"
    nobody = answered(client.post(address, json={}))
    assert nobody["number"] is None
    assert "like everybody" in nobody["why"]
    assert answered(client.get(f"{API}/health"))["users"] == users
    problem(client.post(address, json={"liked": ["Fargoo"]}), 404)
    problem(client.post(address, json={"liked": ["Sabrina"]}), 409)
    as_json = {"Content-Type": "application/json"}
    problem(client.post(address, content="{", headers=as_json), 400)
    problem(client.post(address, json={"age": 0}), 422)
    problem(client.post(address, json={"likes": ["Fargo"]}), 422)
    problem(client.post(address, json={"occupation": "king"}), 422)
    problem(client.post(address, json={"liked": ["m0"] * 51}), 422)
    problem(client.post(f"{API}/clusters/item_clusters/place", json={}), 422)


def test_a_rating_counts_at_once(owner: httpx.Client, client: httpx.Client) -> None:
    def count() -> int:
        found = answered(client.get(f"{API}/items/m0/clusters", params={"model": "user_clusters"}))
        return sum(c["count"] for c in found["clusters"])

    before = count()
    answered(owner.put(f"{API}/users/cluster-guest/ratings/m0", json={"value": 5}))
    assert count() == before + 1
    answered(owner.delete(f"{API}/users/cluster-guest"))
    assert count() == before


@pytest.mark.parametrize(
    "path", ["/clusters/user_clusters", "/items/m0/clusters", "/users/u0/cluster"]
)
def test_before_anything_is_grouped(untrained: Served, path: str) -> None:
    with untrained.client() as client:
        assert answered(client.get(f"{API}/clusters"))["clusterings"] == []
        answer = client.get(API + path)
        assert "matinee clusters fit" in problem(answer, 503)["detail"]
