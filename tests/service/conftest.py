"""What the tests of the service share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from serving import KEY, Served, serving
from small import small_workspace


@pytest.fixture(scope="session")
def trained_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_workspace(tmp_path_factory.mktemp("service") / "workspace")


@pytest.fixture(scope="session")
def served(trained_path: Path) -> Iterator[Served]:
    with serving(trained_path, key=KEY) as running:
        yield running


@pytest.fixture
def client(served: Served) -> Iterator[httpx.Client]:
    """Somebody without the key."""
    with served.client() as somebody:
        yield somebody


@pytest.fixture
def owner(served: Served) -> Iterator[httpx.Client]:
    """Somebody with the key."""
    with served.client(headers={"Authorization": f"Bearer {KEY}"}) as somebody:
        yield somebody


@pytest.fixture(scope="session")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = small_workspace(tmp_path_factory.mktemp("service") / "untrained", trained=False)
    with serving(path, key=KEY) as running:
        yield running
