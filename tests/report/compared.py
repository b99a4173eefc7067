"""Comparisons for tests of reports: small, made by hand, and as odd as they come."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from matinee.evaluation.records import (
    Board,
    Comparison,
    Contested,
    Disagreement,
    Entry,
    Figure,
    OnCurve,
    Trial,
    Versus,
)

EVIL = '<script>alert("x")</script>'
LONG = "a$name_{" * 40
BEYOND = {"coverage@10": Figure(0.2), "novelty@10": Figure(2.5)}


def entry(name: str, mean: float, metric: str = "ndcg@10", label: str = "") -> Entry:
    """A model with something of everything."""
    trials = (
        Trial(0, "done", mean - 0.01, 1.0, {}),
        Trial(1, "diverged", None, 0.5, {"factors": 8}),
        Trial(2, "done", mean, 1.0, {"factors": 16, "regularization": 0.125}),
    )
    return Entry(
        model=name,
        label=label or name,
        task="rating" if metric == "rmse" else "ranking",
        parameters={"factors": 16},
        trials=trials,
        figures={metric: Figure(mean, mean - 0.02, mean + 0.02), **BEYOND},
        by_repeat=({metric: mean - 0.01}, {metric: mean + 0.01}),
        segments={"people": {"light": {metric: mean, "counted": 5.0}, "heavy": {metric: 0.5}}},
        counted=300,
        fit_seconds=mean * 3,
        answer_seconds=0.001,
        tune_seconds=2.5,
        peak_bytes=12_000_000,
        curve=(OnCurve(0.5, 500, mean - 0.1), OnCurve(1.0, 1000, mean)),
    )


def bare(name: str, mean: float = math.nan) -> Entry:
    """A model of which nothing is known but a figure, or not even that."""
    of = {"ndcg@10": Figure(mean)}
    return Entry(name, name, "ranking", {}, (), of, ({}, {}), {}, 0, 0.0, 0.0, 0.0)


def versus(
    entries: Sequence[Entry], metric: str = "ndcg@10", corrected: float = 0.001
) -> tuple[Versus, ...]:
    """Every pair, with one p-value."""
    found = []
    for first, second in itertools.combinations(entries, 2):
        gap = first.figures[metric].mean - second.figures[metric].mean
        pair = (first.model, second.model)
        found.append(Versus(*pair, metric, gap, gap - 0.01, gap + 0.01, 0.001, corrected, 300))
    return tuple(found)


def board(entries: Sequence[Entry], metric: str = "ndcg@10", corrected: float = 0.001) -> Board:
    """A board of `entries`, the best first."""
    pairs = list(itertools.combinations([e.model for e in entries], 2))
    by_model = {e.model: place / 10 for place, e in enumerate(entries)}
    return Board(
        task=entries[0].task,
        title="time, 90%/10%",
        protocol="time, 90%/10%; the latest tenth is test; filters: none; masked: training items",
        protocols=({"kind": "time", "fraction": 0.1, "filters": [], "seed": None},),
        repeats=("seed 1", "seed 2"),
        metric=metric,
        entries=tuple(entries),
        versus=versus(entries, metric, corrected),
        disagreements=tuple(Disagreement(a, b, 0.25, 0.5) for a, b in pairs),
        contested=(Contested(EVIL, 7, by_model), Contested(LONG, 3, by_model)),
        sizes={"people": {"light": 120, "heavy": 180}},
        absent={"ease": f"it needs 9 GB {EVIL}"},
        warnings=(f"Mind {EVIL}.",),
    )


def comparison(*boards: Board, data: str = "ml-tiny") -> Comparison:
    return Comparison(
        data=data,
        facts={"ratings": "1,000"},
        boards=boards,
        trials=2,
        seconds=75.0,
        versions={"matinee": "0.1.0"},
        made="2026-01-01T00:00:00Z",
        command=f"matinee compare --data '{EVIL}'",
    )
