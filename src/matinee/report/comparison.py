"""The report of a comparison: the answer first, then what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matinee.evaluation.records import Board, Comparison
from matinee.report import comparison_plots as plots
from matinee.report import comparison_tables as tables
from matinee.report import metric_words, page, verdict


@dataclass(frozen=True, eq=False)
class _Section:
    """What is shown of one board."""

    board: Board
    title: str
    answer: verdict.Answer
    forest: page.Plot
    ranks: page.Table
    figures: list[page.Table]
    meanings: dict[str, str]
    trade: list[page.Plot]
    segments: list[page.Table]
    clustered: bool
    curves: list[page.Plot]
    alike: page.Table | None
    contested: page.Table | None
    tests: page.Table | None
    repeats: page.Table | None
    costs: page.Table
    settings: page.Table
    trials: page.Table | None
    protocol: page.Table


def write(path: Path, comparison: Comparison) -> None:
    """Write the report as one self-contained HTML file; a half-written one is never left."""
    page.write(
        path,
        "comparison.html",
        name=comparison.data,
        said=verdict.lead(comparison),
        facts={**comparison.facts, "trials a model": f"{comparison.trials or 'none'}"},
        histories=_histories(comparison.boards),
        sections=[_section(board) for board in comparison.boards],
        versions=page.Table("Versions", ("of", "version"), list(comparison.versions.items())),
        command=comparison.command,
        made=comparison.made,
        took=verdict.seconds(comparison.seconds),
    )


def _histories(boards: Sequence[Board]) -> list[page.Plot]:
    """New people by what is known of them, a plot each task."""
    drawn = []
    for task in dict.fromkeys(board.task for board in boards):
        of_task = [b for b in boards if b.task == task and verdict.kind(b) == "new-users"]
        drawn.append(plots.by_history(of_task))
    return [one for one in drawn if one is not None]


def _section(board: Board) -> _Section:
    drawn = (plots.against_time(board), plots.against_breadth(board))
    curves = (plots.by_window(board), plots.learning(board), plots.tuning(board))
    metrics = dict.fromkeys(m for entry in board.entries for m in entry.figures)
    said = {m: metric_words.meaning(m) for m in metrics}
    return _Section(
        board=board,
        title=verdict.title(board),
        answer=verdict.answer(board),
        forest=plots.forest(board),
        ranks=tables.ranks(board),
        figures=tables.figures(board),
        meanings={metric_words.name(m): meaning for m, meaning in said.items() if meaning},
        trade=[one for one in drawn if one is not None],
        segments=tables.segments(board),
        clustered=any("clusters" in entry.segments for entry in board.entries),
        curves=[one for one in curves if one is not None],
        alike=tables.alike(board),
        contested=tables.contested(board),
        tests=tables.tests(board),
        repeats=tables.repeats(board),
        costs=tables.costs(board),
        settings=tables.settings(board),
        trials=tables.trials(board),
        protocol=tables.protocol(board),
    )
