"""Clusters of real movies are called what they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matinee import training
from matinee.clusters.titles import DAMPING
from matinee.engine import Engine
from matinee.interactions import Interactions
from matinee.storage.workspace import Workspace


def test_movielens(
    shared_data: Path,
    ml_100k: Interactions,
    compiled: None,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("MATINEE_DATA", str(shared_data))
    monkeypatch.setenv("MATINEE_CACHE", str(tmp_path / "cache"))
    with Workspace.open(tmp_path / "w", create=True) as workspace:
        training.import_once(workspace, "ml-100k")
        training.train(workspace, ["item_clusters"])
        clusters = Engine(workspace).clusters
        shown = clusters.shown()
        assert sum(c.size for c in shown.clusters) == 1682
        assert len({c.name for c in shown.clusters}) == len(shown.clusters)
        (own,) = clusters.of_title("Fargo (1996)")
        assert "crime" in own.name
        assert own.count == 508
        best = clusters.mates("Fargo (1996)", n=3)
    # Item indices follow the order of ids in the set, as they do in the fixture.
    assert ml_100k.value is not None
    overall = float(ml_100k.value.mean(dtype=np.float64))
    for mate in best:
        values = ml_100k.value[ml_100k.item_index == int(mate.item_id) - 1]
        assert mate.n_ratings == len(values)
        damped = (values.sum(dtype=np.float64) + DAMPING * overall) / (len(values) + DAMPING)
        assert mate.score == pytest.approx(damped)
    assert [m.score for m in best] == sorted((m.score for m in best), reverse=True)
