"""``matinee compare``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matinee.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from matinee.evaluation.records import Comparison


def compare(
    workspace: WorkspaceOption,
    data: Annotated[str, typer.Option(help="A MovieLens set or a ratings file.")],
    models: Annotated[
        str | None, typer.Option(help="Names, separated by commas; default: as for train.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="rating or ranking; default: both.", metavar="TASK")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            help="random, per-user, leave-last-out, time, rolling, k-fold, strong, new-users or "
            "new-items; default: random, and time where times are known.",
            metavar="SPLIT",
        ),
    ] = None,
    trials: Annotated[
        int, typer.Option(min=0, help="Settings to try of each model; 0: its defaults alone.")
    ] = 0,
    seeds: Annotated[
        str, typer.Option(help="How many repeats, or their seeds: 3, or 42,43,44.", metavar="SEEDS")
    ] = "1",
    report: Annotated[Path | None, typer.Option(help="Write an HTML report there.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write all figures there, one a line.")] = None,
    json: JsonOption = False,
) -> None:
    """Compare models on held-out ratings, tuned alike and tested against each other.

    Each model is tuned on validation ratings that are carved out of training, fitted on all of
    training, and judged on test ratings once. Popularity and EASE, the item mean and biases are
    always among them. Whatever is found is kept in the workspace's folder, so the same command
    goes on where it was interrupted.

    Examples:

        matinee compare --data ml-100k

        matinee compare --data ml-1m --models ials,slim,bpr --split time --trials 20

        matinee compare --data ml-100k --models als,svdpp --seeds 3 --report models.html
    """
    from matinee import comparing
    from matinee.cli import draw
    from matinee.data import load
    from matinee.report import page

    names = comparing.models_for(models.split(",") if models else None, task)
    repeats = comparing.seeds_of(seeds)
    for option, path in (("--report", report), ("--csv", csv)):
        if path is not None:
            page.check(path, option)
    folder = workspace / "comparisons"
    with draw.progress_bar(json) as progress:
        dataset = load(data, progress=progress)
        try:
            found = comparing.run(
                dataset,
                names,
                task=task,
                split=split,
                trials=trials,
                seeds=repeats,
                thorough=report is not None,
                folder=folder,
                progress=progress,
                tell=(lambda line: None) if json else _say,
                command=shlex.join(["matinee", *sys.argv[1:]]),
            )
        except KeyboardInterrupt:
            typer.echo(
                f"Interrupted: whatever was found is kept in {folder}; the same command goes on "
                "from there.",
                err=True,
            )
            raise
    _write(found, report, csv)
    if json:
        typer.echo(found.as_json())
        return
    for board in found.boards:
        draw.board(board)
    for what, path in (("Report", report), ("Figures", csv)):
        if path is not None:
            typer.echo(f"{what}: {path}")


def _say(line: str) -> None:
    typer.echo(line, err=True)


def _write(found: Comparison, report: Path | None, csv: Path | None) -> None:
    if csv is not None:
        from matinee.comparing.sheet import write as write_sheet

        write_sheet(csv, found)
    if report is not None:
        from matinee.report.comparison import write as write_report

        write_report(report, found)
