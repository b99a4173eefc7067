"""What the tests of the references share: data, a workspace of clusterings, and ways to ask it."""

from __future__ import annotations

import json
import sys

import pytest
from service.serving import KEY, serving

import matinee
from matinee.cli import main
from matinee.clustering.scan import scan
from matinee.data import filters
from matinee.features.matrices import liked_matrix


@pytest.fixture(scope="session")
def data(latest_small, tmp_path_factory):
    """ml-latest-small: people with 100 to 1,000 ratings, movies that a fifth of them rated."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MATINEE_DATA", str(latest_small))
        patch.setenv("MATINEE_CACHE", str(tmp_path_factory.mktemp("cache")))
        whole = matinee.load("ml-latest-small")
    return filters.apply(whole, [filters.ratings_per_user(100, 1000), filters.max_sparsity(0.8)])[0]


@pytest.fixture(scope="session")
def likes(data):
    return liked_matrix(data, 4.0)


@pytest.fixture(scope="session")
def scanned(likes):
    return scan(likes.values, range(1, 6), n_init=1)


@pytest.fixture(scope="session")
def path(data, tmp_path_factory):
    """A workspace with one clustering of each model."""
    folder = tmp_path_factory.mktemp("references") / "w"
    with matinee.Workspace.open(folder, create=True) as workspace:
        workspace.store.add_dataset(data)
        for name, stated in (
            ("item_clusters", {"n_clusters": 8}),
            ("spectral_clusters", {"n_clusters": 4}),
            ("user_clusters", {"features": "likes", "n_clusters": 15}),
        ):
            matinee.train(workspace, [name], parameters=stated)
    return folder


@pytest.fixture(scope="session")
def workspace(path):
    with matinee.Workspace.open(path) as opened:
        yield opened


@pytest.fixture
def engine(workspace):
    return matinee.Engine(workspace)


@pytest.fixture(scope="session")
def client(path):
    with serving(path, key=KEY) as running, running.client() as somebody:
        yield somebody


@pytest.fixture
def run(path, monkeypatch, capsys):
    """What a command prints, as JSON."""

    def typed(*words):
        monkeypatch.setenv("MATINEE_WORKSPACE", str(path))
        monkeypatch.setattr(sys, "argv", ["matinee", *words, "--json"])
        try:
            main()
        except SystemExit as leaving:
            code = leaving.code or 0
        printed = capsys.readouterr()
        assert code == 0, printed.err
        return json.loads(printed.out)

    return typed
