"""Records of a comparison go to JSON and come back."""

from __future__ import annotations

import json

import pytest

from matinee.errors import InvalidInput
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
    read,
)


@pytest.fixture
def comparison():
    entry = Entry(
        model="als",
        label="als",
        task="rating",
        parameters={"factors": 8},
        trials=(Trial(0, "done", 0.91, 0.5, {"factors": 8}), Trial(1, "stopped", None, 0.1, {})),
        figures={"rmse": Figure(0.9, 0.8, 1.0), "r2": Figure(0.3)},
        by_repeat=({"rmse": 0.9},),
        segments={"people": {"light": {"rmse": 1.1}}},
        counted=10,
        fit_seconds=1.5,
        answer_seconds=0.5,
        tune_seconds=0.6,
        curve=(OnCurve(0.5, 5, 0.95),),
        settings=({"factors": 8},),
    )
    board = Board(
        "rating", "random", "random, in full", ({"kind": "random"},), ("seed 42",), "rmse",
        entries=(entry,),
        versus=(Versus("als", "mle", "rmse", -0.1, -0.2, -0.01, 0.01, 0.03, 9),),
        disagreements=(Disagreement("als", "mle", None, 0.9),),
        contested=(Contested("Fargo (1996)", 3, {"als": 4.0}),),
        sizes={"people": {"light": 4}},
        absent={"mle": "it ran away"},
        warnings=("so",),
    )  # fmt: skip
    return Comparison("d", {"ratings": "10"}, (board,), 2, 1.0, {"code": "1"}, "2026", "compare")


def test_there_and_back(comparison):
    text = comparison.as_json()
    assert read(text) == comparison
    assert json.loads(text)["boards"][0]["entries"][0]["curve"] == [[0.5, 5, 0.95]]


def test_what_is_no_comparison(comparison):
    told = comparison.as_dict()
    board = told["boards"][0]
    for bad in ("", "[]", "{}", json.dumps(told | {"boards": [{k: board[k] for k in ("task",)}]})):
        with pytest.raises(InvalidInput, match="must be a comparison"):
            read(bad)
    with pytest.raises(InvalidInput, match="format 2"):
        read(json.dumps(told | {"format": 2}))
