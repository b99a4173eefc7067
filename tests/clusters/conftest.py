"""What the tests of clusters share: a workspace with clusterings."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from small import small_workspace

from matinee import training
from matinee.clusters.views import Clusterings
from matinee.engine import Engine
from matinee.storage.workspace import Workspace


@pytest.fixture(scope="session")
def grouped_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = small_workspace(tmp_path_factory.mktemp("clusters") / "w", trained=False)
    with Workspace.open(path) as workspace:
        training.train(workspace, ["item_clusters", "user_clusters", "popularity"])
    return path


@pytest.fixture(scope="session")
def grouped(grouped_path: Path) -> Iterator[Workspace]:
    """A workspace that no test may change."""
    with Workspace.open(grouped_path) as workspace:
        yield workspace


@pytest.fixture(scope="session")
def clusters(grouped: Workspace) -> Clusterings:
    return Engine(grouped).clusters


@pytest.fixture
def own(grouped_path: Path, tmp_path: Path) -> Iterator[Workspace]:
    """The same as a test's own, which it may change."""
    with Workspace.open(shutil.copytree(grouped_path, tmp_path / "own")) as workspace:
        yield workspace


@pytest.fixture
def untrained(tmp_path: Path) -> Iterator[Workspace]:
    with Workspace.open(small_workspace(tmp_path / "w", trained=False)) as workspace:
        yield workspace
