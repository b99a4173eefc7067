"""A comparison as CSV, read back by the standard library."""

from __future__ import annotations

import csv

from matinee.comparing import sheet
from matinee.evaluation.records import Board, Comparison, Entry, Figure


def test_each_figure_is_a_line(tmp_path):
    entry = Entry(
        model="als",
        label="als, so to speak",
        task="rating",
        parameters={"factors": 8},
        trials=(),
        figures={"rmse": Figure(0.9, 0.8, 1.0), "r2": Figure(0.3)},
        by_repeat=({"rmse": 0.89}, {"rmse": 0.91}),
        segments={"people": {"light": {"rmse": 1.1}}},
        counted=10,
        fit_seconds=1.5,
        answer_seconds=0.5,
        tune_seconds=0.0,
    )
    board = Board(
        "rating", "random", "random, in full", (), ("seed 42", "seed 43"), "rmse", (entry,)
    )
    sheet.write(tmp_path / "f.csv", Comparison("d", {}, (board,), 0, 1.0, {}, ""))
    with (tmp_path / "f.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == sheet.COLUMNS
    assert {r["model"] for r in rows} == {"als, so to speak"}
    assert {r["parameters"] for r in rows} == {'{"factors": 8}'}
    told = [(r["repeat"], r["segment"], r["metric"], r["mean"], r["low"]) for r in rows]
    assert told == [
        ("", "", "rmse", "0.9", "0.8"),
        ("", "", "r2", "0.3", ""),
        ("", "", "fit_seconds", "1.5", ""),
        ("", "", "answer_seconds", "0.5", ""),
        ("", "", "tune_seconds", "0.0", ""),
        ("seed 42", "", "rmse", "0.89", ""),
        ("seed 43", "", "rmse", "0.91", ""),
        ("", "light", "rmse", "1.1", ""),
    ]
