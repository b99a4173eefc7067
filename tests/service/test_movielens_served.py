"""The service on real ratings: what it recommends makes sense."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from serving import API, KEY, answered, serving

from matinee.data import load
from matinee.storage.workspace import Workspace
from matinee.training import train


@pytest.fixture(scope="module")
def movielens(
    shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    path = tmp_path_factory.mktemp("movielens") / "workspace"
    workspace = Workspace.open(path, create=True)
    workspace.store.add_dataset(load(str(shared_data / "ml-100k.zip")))
    train(workspace, ["als", "user_clusters", "item_clusters"])
    workspace.close()
    with (
        serving(path, key=KEY) as running,
        running.client(headers={"X-API-Key": KEY}) as client,
    ):
        yield client


def recommended(answer: httpx.Response) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answered(answer)["recommendations"]
    return found


def test_fargo_is_found_by_any_part(movielens: httpx.Client) -> None:
    for text in ("Fargo (1996)", "fargo", "FAR", "argo"):
        titles = answered(movielens.get(f"{API}/titles", params={"q": text}))["titles"]
        assert "Fargo (1996)" in [t["title"] for t in titles], text


def test_a_known_user(movielens: httpx.Client) -> None:
    found = recommended(movielens.get(f"{API}/users/42/recommendations"))
    rated = answered(movielens.get(f"{API}/users/42/ratings", params={"limit": 1000}))
    assert rated["total"] == 183
    assert len(found) == 10
    assert not {r["item_id"] for r in found} & {r["item_id"] for r in rated["ratings"]}
    assert all(r["reasons"] for r in found)
    assert {r["sure"] for r in found} <= {"medium", "high"}, "much is known of them"
    for each in found:
        half, most = each["intervals"]
        assert 1 <= most["low"] <= half["low"] <= half["high"] <= most["high"] <= 5
        assert abs(half["measured"] - 0.5) < 0.02
        assert abs(most["measured"] - 0.9) < 0.02
    assert sum(r["predicted"] for r in found) / 10 > 3.5


def test_tastes_differ(movielens: httpx.Client) -> None:
    def for_children(liked: str) -> int:
        body = {"liked": [liked], "n": 20}
        found = recommended(movielens.post(f"{API}/recommendations/by-title", json=body))
        return sum("Children" in r["genres"] for r in found)

    assert for_children("Lion King, The (1994)") > for_children("Pulp Fiction (1994)")


def test_somebody_new(movielens: httpx.Client) -> None:
    who = {"age": 34, "gender": "F", "occupation": "writer", "liked": ["Fargo (1996)", "The Piano"]}
    found = recommended(movielens.post(f"{API}/recommendations/by-profile", json=who))
    assert len(found) == 10
    assert not {"Fargo (1996)", "Piano, The (1993)"} & {r["title"] for r in found}


def test_a_newcomer_from_the_first_rating_on(movielens: httpx.Client) -> None:
    seen = []
    for item in ("50", "181", "172"):
        answered(movielens.put(f"{API}/users/newcomer/ratings/{item}", json={"value": 5}))
        found = recommended(movielens.get(f"{API}/users/newcomer/recommendations"))
        seen.append([r["item_id"] for r in found])
    assert seen[0] != seen[2]
    answered(movielens.delete(f"{API}/users/newcomer"))
