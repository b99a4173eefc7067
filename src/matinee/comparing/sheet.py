"""A comparison as CSV: one figure a line, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from matinee.durable import replaced_file
from matinee.evaluation.records import Board, Comparison, Entry

COLUMNS = (
    "data",
    "task",
    "split",
    "repeat",
    "model",
    "segmentation",
    "segment",
    "metric",
    "mean",
    "low",
    "high",
    "parameters",
)
"""`repeat` is empty where a figure is the mean of all; only such ones have an interval."""
_TIMES = ("fit_seconds", "answer_seconds", "tune_seconds")


def write(path: Path, comparison: Comparison) -> None:
    """Write all figures of all tables; a half-written file is never left."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for board in comparison.boards:
        for entry in board.entries:
            of = {
                "data": comparison.data,
                "task": board.task,
                "split": board.title,
                "model": entry.label,
                "parameters": json.dumps(entry.parameters),
            }
            writer.writerows(of | row for row in _rows(board, entry))
    with replaced_file(path) as begun:
        begun.write_text(out.getvalue(), encoding="utf-8")


def _rows(board: Board, entry: Entry) -> Iterator[dict[str, Any]]:
    for name, figure in entry.figures.items():
        yield {"metric": name, "mean": figure.mean, "low": figure.low, "high": figure.high}
    for name in _TIMES:
        yield {"metric": name, "mean": getattr(entry, name)}
    for repeat, figures in zip(board.repeats, entry.by_repeat, strict=True):
        for name, value in figures.items():
            yield {"repeat": repeat, "metric": name, "mean": value}
    for by, segments in entry.segments.items():
        for segment, figures in segments.items():
            for name, value in figures.items():
                yield {"segmentation": by, "segment": segment, "metric": name, "mean": value}
