"""Plots of a board: means with intervals, accuracy against what it costs, curves."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from matinee.evaluation.records import Board, Entry
from matinee.report import metric_words, page, verdict
from matinee.report.words_in_plots import name_ends, name_points, shown, spread_over_decades

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def forest(board: Board) -> page.Plot:
    """Means of the primary figure with their 95 % intervals, the best on top."""
    name = metric_words.name(board.metric)
    tied = {entry.label for entry in verdict.level_with_leader(board)}
    figure, axes = page.axes(0.75 + 0.3 * len(board.entries))
    for place, entry in enumerate(board.entries):
        of = verdict.primary(board, entry)
        color = page.ACCENT if entry.label in tied else page.INK
        if not math.isfinite(of.mean):
            continue
        if of.low is not None and of.high is not None:
            axes.plot([of.low, of.high], [place, place], color=color, linewidth=2)
        fill = color if verdict.is_fair(entry) else "none"
        axes.plot([of.mean], [place], color=color, marker="o", markersize=7, markerfacecolor=fill)
    first = verdict.primary(board, verdict.leader(board)).mean
    if math.isfinite(first):
        axes.axvline(first, color=page.LINE, linewidth=1, zorder=0)
    names = [shown(entry.label, 20) for entry in board.entries]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", nbins=5)
    axes.set_xlabel(name)
    return page.Plot(
        "Who leads",
        figure,
        f"Mean {name} and its 95 % interval by a bootstrap over people. In color: the leader, and "
        "who is level with it by a paired test, which is sharper than comparing these intervals."
        f"{_hollow(board)}",
        ("model", name, "95 % from", "to"),
        [
            (e.label, of.mean, of.low, of.high)
            for e, of in ((e, verdict.primary(board, e)) for e in board.entries)
        ],
    )


def against_time(board: Board) -> page.Plot | None:
    """The primary figure against the seconds of the fit."""
    name = metric_words.name(board.metric)
    return _against(
        board,
        "Accuracy against time",
        lambda entry: max(entry.fit_seconds, 1e-3),
        "seconds to fit",
        f"{name} against the time of one fit on a logarithmic axis, tuning not counted. The line "
        "joins models that nothing beats in both.",
        less_is_better=True,
        log=True,
    )


def against_breadth(board: Board) -> page.Plot | None:
    """The primary figure against how much of the catalog is recommended, or how rarely rated."""
    first = board.entries[0].figures
    for metric in ("coverage@10", "novelty@10"):
        if metric in first:
            name = metric_words.name(metric)
            return _against(
                board,
                f"Accuracy against {name.partition('@')[0]}",
                partial(_mean, metric=metric),
                name,
                f"{metric_words.name(board.metric)} against {name}: "
                f"{metric_words.meaning(metric)}. The line joins what nothing beats in both.",
                less_is_better=False,
                log=False,
            )
    return None


def learning(board: Board) -> page.Plot | None:
    """The primary figure by the number of training ratings."""
    drawn = [entry for entry in board.entries if entry.curve]
    if not drawn:
        return None
    name = metric_words.name(board.metric)
    lines = [[(float(p.ratings), p.value) for p in entry.curve] for entry in drawn]
    return page.Plot(
        "What more ratings bring",
        _lines([e.model for e in drawn], lines, "training ratings", name)[0],
        f"{name} after training on a part of the ratings, with the same settings. A line that "
        "still rises (or an error that still falls) at its end would gain from more data.",
        ("model", "share of training", "ratings", name),
        [(e.label, f"{p.share:.0%}", p.ratings, p.value) for e in drawn for p in e.curve],
    )


def tuning(board: Board) -> page.Plot | None:
    """The best validation figure so far, trial by trial."""
    less = board.task == "rating"
    drawn, lines = [], []
    for entry in board.entries:
        best, line = None, []
        for trial in entry.trials:
            if trial.figure is not None and math.isfinite(trial.figure):
                best = trial.figure if best is None else (min if less else max)(best, trial.figure)
            if best is not None:
                line.append((float(trial.number), best))
        if len(line) > 1:
            drawn.append(entry)
            lines.append(line)
    if not drawn:
        return None
    name = metric_words.name(board.metric)
    return page.Plot(
        "What tuning brought",
        _lines(
            [e.model for e in drawn], lines, "trial, 0 is the default", f"best {name} on validation"
        )[0],
        f"The best {name} on validation ratings so far. A line that is flat for long has found "
        "what there is; one that moved of late may gain from more trials.",
        ("model", "trial", f"best {name} so far"),
        [(e.label, int(x), y) for e, line in zip(drawn, lines, strict=True) for x, y in line],
    )


def by_window(board: Board) -> page.Plot | None:
    """The primary figure in each window of time, the mean over seeds."""
    folds = [repeat.rpartition("fold ")[2] for repeat in board.repeats]
    windows = list(dict.fromkeys(folds))
    if verdict.kind(board) != "rolling" or len(windows) < 2:
        return None

    def reached(entry: Entry, window: str) -> float:
        parts = [p for p, fold in zip(entry.by_repeat, folds, strict=True) if fold == window]
        return sum(part.get(board.metric, math.nan) for part in parts) / len(parts)

    return _by_step(
        board.metric,
        "Window by window",
        "in each window, the earliest first: whether what holds on one day holds on another.",
        "window",
        [window.partition(" ")[0] for window in windows],
        {e.model: [reached(e, window) for window in windows] for e in board.entries},
    )


def by_history(boards: Sequence[Board]) -> page.Plot | None:
    """The primary figure of new people by what is known of them, over several boards."""
    if len(boards) < 2 or len({board.metric for board in boards}) > 1:
        return None
    models = [entry.model for entry in boards[-1].entries]
    reached = [{e.model: verdict.primary(b, e).mean for e in b.entries} for b in boards]
    return _by_step(
        boards[0].metric,
        f"{verdict.TASKS[boards[0].task]} for new people",
        "by how many of their ratings are known: what a first few ratings are worth.",
        "ratings known",
        [f"{board.protocols[0].get('given') or 0:g}" for board in boards],
        {model: [row.get(model, math.nan) for row in reached] for model in models},
    )


def _by_step(
    metric: str,
    title: str,
    said: str,
    along: str,
    steps: Sequence[str],
    lines: Mapping[str, Sequence[float]],
) -> page.Plot:
    name = metric_words.name(metric)
    drawn = [[(float(i), y) for i, y in enumerate(line)] for line in lines.values()]
    figure, axes = _lines(list(lines), drawn, along, name)
    axes.set_xticks(range(len(steps)), steps)
    rows = [(model, *line) for model, line in lines.items()]
    return page.Plot(
        title, figure, f"{name} {said}", ("model", *(f"{along} {step}" for step in steps)), rows
    )


def _against(
    board: Board,
    title: str,
    of: Callable[[Entry], float],
    said: str,
    meaning: str,
    *,
    less_is_better: bool,
    log: bool,
) -> page.Plot | None:
    metric = metric_words.name(board.metric)
    rows = [(e, of(e), verdict.primary(board, e).mean) for e in board.entries]
    points = [row for row in rows if math.isfinite(row[1]) and math.isfinite(row[2])]
    if len(points) < 2:
        return None
    figure, axes = page.axes(3.4)
    x, y = [row[1] for row in points], [row[2] for row in points]
    fair = [(row[1], row[2]) for row in points if verdict.is_fair(row[0])]
    front = _front(fair, less_is_better, board.task == "rating")
    axes.plot([p[0] for p in front], [p[1] for p in front], color=page.ACCENT, linewidth=1)
    colors = []
    for entry, across, up in points:
        filled = verdict.is_fair(entry)
        colors.append(page.ACCENT if filled and (across, up) in front else page.INK)
        face = colors[-1] if filled else "none"
        axes.plot([across], [up], marker="o", color=colors[-1], markerfacecolor=face)
    if log:
        spread_over_decades(axes, x)
    else:
        axes.locator_params(axis="x", nbins=5)
    axes.margins(x=0.12, y=0.14)
    axes.set_xlabel(said)
    axes.set_ylabel(metric)
    # Models' names alone: what makes a figure unfair stands in the tables.
    name_points(axes, x, y, [shown(row[0].model) for row in points], colors)
    told = [(entry.label, across, up) for entry, across, up in rows]
    return page.Plot(title, figure, meaning + _hollow(board), ("model", said, metric), told)


def _mean(entry: Entry, metric: str) -> float:
    return verdict.figure_of(entry, metric).mean


def _hollow(board: Board) -> str:
    """What is said of hollow points, where there are any."""
    return "" if all(map(verdict.is_fair, board.entries)) else " Hollow: out of competition."


def _front(
    points: Sequence[tuple[float, float]], less_x: bool, less_y: bool
) -> list[tuple[float, float]]:
    """The points that no other beats in both, in order of x."""
    front: list[tuple[float, float]] = []
    for point in sorted(
        points, key=lambda p: (p[0] if less_x else -p[0], p[1] if less_y else -p[1])
    ):
        if not front or (point[1] < front[-1][1] if less_y else point[1] > front[-1][1]):
            front.append(point)
    return front


def _lines(
    models: Sequence[str], lines: Sequence[Sequence[tuple[float, float]]], x: str, y: str
) -> tuple[Figure, Axes]:
    """A line each, named at its end; the first of them in colors."""
    from matplotlib.ticker import MaxNLocator, StrMethodFormatter

    figure, axes = page.axes(max(3.2, 0.9 + 0.2 * len(models)))
    ends, names, colors = [], [], []
    for place, (model, line) in enumerate(zip(models, lines, strict=True)):
        color = page.SERIES[place] if place < len(page.SERIES) else page.INK
        mark = page.MARKS[place % len(page.MARKS)]
        axes.plot(*zip(*line, strict=True), color=color, marker=mark, markersize=4)
        known = [point for point in line if math.isfinite(point[1])]
        if known:
            ends.append(known[-1])
            names.append(shown(model, 18))
            colors.append(color)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    name_ends(axes, ends, names, colors)
    return figure, axes
