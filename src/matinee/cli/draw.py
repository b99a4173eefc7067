"""What the command line draws: tables, lists, JSON and progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from matinee.answers import Interval, Recommendation, Title
    from matinee.evaluation.records import Board
    from matinee.progress import Progress


def as_json(value: Any) -> None:
    """Print records (or lists of them) as JSON."""
    typer.echo(json.dumps(value, default=_plain, ensure_ascii=False, indent=2))


def _plain(value: Any) -> Any:
    from dataclasses import fields, is_dataclass

    if is_dataclass(value) and not isinstance(value, type):
        # Records that know what of them is for others say so.
        if hasattr(value, "as_dict"):
            return value.as_dict()
        return {of.name: getattr(value, of.name) for of in fields(value)}
    return value.item() if hasattr(value, "item") else str(value)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print a table; numbers stand to the right."""
    from rich.console import Console
    from rich.table import Table

    drawn = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    for place, name in enumerate(columns):
        numeric = all(isinstance(row[place], int | float | None) for row in rows)
        drawn.add_column(name, justify="right" if numeric and rows else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*[_cell(value) for value in row])
    # Without a terminal nothing says how wide the page is: let no line be cut.
    console = Console(width=None if sys.stdout.isatty() else 140, highlight=False)
    console.print(drawn)
    console.print()


def _cell(value: Any) -> str:
    from rich.markup import escape

    if value is None:
        return "-"
    # Adding 0 takes the sign from what is 0 as far as is shown.
    return f"{round(value, 4) + 0.0:.4f}" if isinstance(value, float) else escape(str(value))


def recommendations(title: str, found: Sequence[Recommendation], first: str = "") -> None:
    """Print recommendations with what is predicted, how sure, and a reason.

    That is the strongest one, or the strongest of the kind `first` where there is one.
    """
    rows = [
        (
            place + 1,
            r.title,
            "-" if r.predicted is None else f"{r.predicted:.1f}",
            span(r.intervals[0]) if r.intervals else "-",
            r.sure,
            min(r.reasons, key=lambda why: why.kind != first).text if r.reasons else "",
        )
        for place, r in enumerate(found)
    ]
    table(title, ("", "title", "predicted", "likely", "sure", "because"), rows)


def span(interval: Interval) -> str:
    """An interval in words: "4", or "3.5 to 4.5"."""
    low, high = (f"{end:.3g}" for end in (interval.low, interval.high))
    return low if low == high else f"{low} to {high}"


def titles(title: str, found: Sequence[Title]) -> None:
    """Print titles with how they were rated."""
    rows = [(t.item_id, t.title, t.year, ", ".join(t.genres), t.n_ratings, t.mean) for t in found]
    table(title, ("id", "title", "year", "genres", "ratings", "mean"), rows)


_SHOWN = {
    "rating": ("mae", "r2", "coverage@90%", "width@90%"),
    "ranking": ("recall@20", "precision@10", "coverage@10", "novelty@10"),
}
"""Figures beside the first that a terminal has room for; JSON, CSV and the report have all."""


def board(found: Board) -> None:
    """Print a table of models, the best first, with what to know of it.

    "p" is how likely chance alone makes a model differ as much from the best, over all pairs.
    """
    first, best = found.metric, found.entries[0]
    shown = [name for name in _SHOWN[found.task] if name in best.figures]
    tuned = any(entry.trials for entry in found.entries)
    rows = []
    for entry in found.entries:
        figure = entry.figures[first]
        chance = [
            v.corrected for v in found.versus if {v.first, v.second} == {best.model, entry.model}
        ]
        others = [entry.figures[name].mean if name in entry.figures else None for name in shown]
        rows.append(
            (
                entry.label,
                figure.mean,
                "-" if figure.low is None else f"{figure.low:.4f}..{figure.high:.4f}",
                _chance(chance[0]) if chance else "-",
                *others,
                f"{entry.fit_seconds:.2f}",
                *([f"{entry.tune_seconds:.0f}"] if tuned else []),
            )
        )
    what = "test ratings" if found.task == "rating" else "people with test items"
    columns = (
        "model", first, "95 %", "p", *shown, "fit s", *(["tune s"] if tuned else []),
    )  # fmt: skip
    table(f"{found.task}: {found.title}; {best.counted:,} {what}", columns, rows)
    for model, why in found.absent.items():
        typer.echo(f"{model} is left out: {why}")
    for warning in found.warnings:
        typer.echo(warning)


def _chance(p: float) -> str:
    return "<.001" if p < 0.001 else f"{p:.3f}".lstrip("0")


@contextmanager
def progress_bar(quiet: bool = False) -> Iterator[Progress]:
    """A callback that draws progress on standard error: bars on a terminal, else lines."""
    from matinee.progress import silent

    if quiet:
        yield silent
    elif not sys.stderr.isatty():
        yield _Lines()
    else:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TaskID,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
        )
        bars: dict[str, TaskID] = {}
        # Unless it is the terminal too, what is printed meanwhile must not go where the bars are.
        with Progress(
            *columns,
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=sys.stdout.isatty(),
        ) as drawn:

            def tell(what: str, done: int, total: int | None) -> None:
                if what not in bars:
                    bars[what] = drawn.add_task(what, total=total)
                drawn.update(bars[what], completed=done, total=total)
                if total is not None and done >= total:
                    drawn.remove_task(bars.pop(what))

            yield tell


class _Lines:
    """A line when a step begins, for logs and pipes."""

    def __init__(self) -> None:
        self._said = ""

    def __call__(self, what: str, done: int, total: int | None) -> None:
        if what != self._said:
            self._said = what
            typer.echo(f"{what} ...", err=True)
