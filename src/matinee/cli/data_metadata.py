"""What ``matinee data import --metadata`` does, and how it tells of bad rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from matinee.data import BadRow, Dataset, ImportReport
    from matinee.data.metadata import Joined, Metadata
    from matinee.data.own.rejects import TableCounts
    from matinee.progress import Progress


def describe(workspace: Path, metadata: Path, rejects: Path | None, json: bool) -> None:
    """Describe the movies that the workspace holds."""
    from matinee.cli import draw
    from matinee.data.metadata import read
    from matinee.errors import NotReady
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        if not opened.store.n_items():
            raise NotReady(f"{workspace} holds no movies yet to describe; import ratings first.")
        with draw.progress_bar(json) as progress:
            told = read(metadata, rejects=rejects, progress=progress)
            joined = told.joined(opened.store.items())
            if any(joined.met):
                opened.store.describe_items(joined.described)
    if json:
        draw.as_json({"workspace": workspace, "metadata": told_of(told, joined)})
        return
    say(told, joined)
    typer.echo(f"Described in {workspace}: {sum(joined.met):,} of {len(joined.met):,} items.")
    if any(joined.met):
        typer.echo("Models learn of it when they are trained next: matinee train.")


def described(
    dataset: Dataset,
    metadata: Path,
    rejects: Path | None,
    report: ImportReport | None,
    progress: Progress,
) -> tuple[Dataset, tuple[Metadata, Joined]]:
    """The data set with what is known of its movies; bad rows follow those of the ratings."""
    from dataclasses import replace

    from matinee.data.metadata import read

    told = read(metadata, rejects=rejects, append=report is not None, progress=progress)
    joined = told.joined(dataset.item_table)
    return replace(dataset, item_table=joined.table), (told, joined)


def told_of(told: Metadata, joined: Joined) -> dict[str, Any]:
    """What was read and what it met, ready for JSON."""
    return {**told.as_dict(), "joined": joined.as_dict()}


def say(told: Metadata, joined: Joined) -> None:
    """What was read, what was missing, what met what, and which rows were bad."""
    from matinee.cli import draw

    for kind, table in told.tables.items():
        bad = table.bad.total()
        typer.echo(
            f"Read {table.rows:,} rows of {kind} ({table.source}; {', '.join(told.used[kind])}): "
            f"{table.kept:,} kept, {bad:,} bad, {table.rows - table.kept - bad:,} repeated."
        )
    if told.missing:
        typer.echo(f"Not there: {'; '.join(told.missing)}.")
    such = {"ambiguous": joined.ambiguous, "unmatched": joined.unmatched}
    rows = [(how, n, "; ".join(such.get(how, ())[:3])) for how, n in joined.counts.items()]
    draw.table("Joined by", ("", "items", "such as"), rows)
    say_bad(bad_of(told.tables), told.first_bad, told.rejects)


def bad_of(tables: dict[str, TableCounts]) -> list[tuple[str, str, int]]:
    """How many rows of each table were bad, by reason."""
    return [(kind, *pair) for kind, table in tables.items() for pair in table.bad.items()]


def say_bad(
    counts: list[tuple[str, str, int]], first: Sequence[BadRow], rejects: Path | None
) -> None:
    """The counts of bad rows, the first few, and where all of them are."""
    from matinee.cli import draw

    if not counts:
        return
    draw.table("Bad rows", ("table", "reason", "rows"), counts)
    rows = [(r.source, r.line, r.column, r.reason, r.row[:60]) for r in first]
    draw.table("The first", ("source", "line", "column", "reason", "row"), rows)
    if rejects is None:
        typer.echo("--rejects FILE writes all of them to a file.")
    else:
        typer.echo(f"All of them are in {rejects}.")
