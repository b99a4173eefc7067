"""``matinee explore``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matinee.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from matinee.exploring.records import Overview


def explore(
    workspace: WorkspaceOption,
    data: Annotated[
        str | None,
        typer.Argument(
            help="A MovieLens set, a folder or zip like one, a ratings file, a workspace, or the "
            "address of a database.",
            show_default="the workspace's ratings",
        ),
    ] = None,
    query: Annotated[
        str | None, typer.Option(help="The SQL to run, with the address of a database.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(help="HTML file.", show_default="a file in the workspace's reports"),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Look at a data set: sizes, ratings, people, items and times, and what they mean.

    Says in words what the figures mean for the split and the model, by rules that are said too.
    Plots, each with its data, and all the words stand in an HTML report; rows that were left out
    are counted with their reasons. What is not known, such as times, is left out.

    Examples:

        matinee explore ml-100k

        matinee explore ratings.csv --out ratings.html

        matinee explore sqlite:///shop.sqlite --query "select * from ratings"
    """
    from matinee.cli import draw
    from matinee.exploring.overview import explore as look
    from matinee.exploring.source import read
    from matinee.report import explore as report
    from matinee.report import page
    from matinee.storage.workspace import Workspace

    if data is None:
        Workspace.open(workspace).close()  # or it says how to make one
        data = str(workspace)
    path = _beside(workspace, data) if out is None else out
    page.check(path, "--out")
    with draw.progress_bar(json) as progress:
        dataset, intake = read(data, query, progress)
        found = look(dataset, intake, progress)
    report.write(path, found)
    if json:
        draw.as_json({**found.as_dict(), "report": path})
    else:
        _say(found)
        typer.echo(f"Report: {path}")


def _beside(workspace: Path, data: str) -> Path:
    from matinee.durable import full_disk_named

    name = "query" if "://" in data else Path(data).stem
    named = re.sub(r"[^\w.-]+", "-", name) or "data"
    folder = workspace / "reports"
    with full_disk_named(folder):
        folder.mkdir(parents=True, exist_ok=True)
    return folder / f"explore-{named}.html"


def _say(found: Overview) -> None:
    from matinee.cli import draw
    from matinee.exploring.findings import ABOUT
    from matinee.report.explore import facts

    draw.table(found.facts.name, ("fact", ""), list(facts(found).items()))
    for about, heading in ABOUT.items():
        said = [one for one in found.findings if one.about == about]
        if said:
            typer.secho(heading, bold=True)
            for one in said:
                typer.echo(f"- {one.point}. {one.said}")
            typer.echo()
    for sentence in found.missing:
        typer.echo(f"Note: {sentence}")
