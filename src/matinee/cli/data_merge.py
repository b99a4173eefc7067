"""``matinee data merge``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matinee.cli.options import JsonOption

if TYPE_CHECKING:
    from matinee.data import Merge

_Set = Annotated[str, typer.Argument(help="A published set, a folder, a zip or a file.")]


def merge(
    a: _Set,
    b: _Set,
    to: Annotated[
        Path | None,
        typer.Option(help="A folder to write; default: A+B in the current folder."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Join two rating sets: movies matched by links, else by title and year; users kept apart.

    Movies keep the ids of the first set; those that only the second has get its name before their
    id, and so do all users. What was matched, and by what, is in matches.parquet; specs.json tells
    sizes and checksums. The folder is read like any set: by describe, import, train --data and
    merge.

    Examples:

        matinee data merge ml-1m ml-latest-small

        matinee data merge ml-1m ml-25m --to both
    """
    from matinee.cli import draw
    from matinee.data import merge as join
    from matinee.data.merging.merge import usual_place

    with draw.progress_bar(json) as progress:
        merged = join(a, b, usual_place(a, b) if to is None else to, progress=progress)
    if json:
        draw.as_json(merged.as_dict())
    else:
        _say(merged)


def _say(merged: Merge) -> None:
    from matinee.cli import draw

    draw.table(
        "Sets",
        ("", "users", "items", "ratings", "matched", "in doubt", "alone", "held twice"),
        [
            (s.name, s.users, s.items, s.ratings, s.matched, s.doubtful, s.alone, s.twice)
            for s in merged.sides
        ],
    )
    pairs = [(how, n, "; ".join(merged.examples.get(how, [])[:2])) for how, n in merged.how.items()]
    draw.table("Matched by", ("", "pairs", "such as"), pairs)
    rest = [(what, "; ".join(e)) for what, e in merged.examples.items() if what not in merged.how]
    if rest:
        draw.table("Not matched", ("", "such as"), rest)
    for side in merged.sides:
        if side.dropped:
            typer.echo(
                f"{side.name} holds {side.twice:,} items more than once: of somebody's ratings of "
                f"one of them the latest stayed, {side.dropped:,} were dropped."
            )
    sizes, scale = merged.as_dict()["sizes"], merged.dataset.scale
    told = "choices" if merged.dataset.interactions.value is None else "ratings"
    kept = "" if scale is None else f", kept as they are, on {scale[0]:g}..{scale[1]:g}"
    typer.echo(
        f"{merged.folder}: {sizes['ratings']:,} {told}{kept}; {sizes['users']:,} users, "
        f"{sizes['items']:,} items, {sizes['tags']:,} tags. "
        "All matches are in matches.parquet there."
    )
