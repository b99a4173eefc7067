"""``matinee search``."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.options import CountOption, JsonOption, WorkspaceOption


def search(
    workspace: WorkspaceOption,
    text: Annotated[str, typer.Argument(help="A title or a part of it, with a year or without.")],
    n: CountOption = 10,
    json: JsonOption = False,
) -> None:
    """Find titles: those that are so called, begin so, hold the words, or are spelt nearly so.

    A year counts too, and articles, accents and the order of words do not matter.

    Example:

        matinee search "godfather 1974"
    """
    from matinee.cli import draw
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        engine = Engine(opened)
        found = engine.search(text, n)
        near = [] if found else engine.nearest(text, 3)
    if json:
        draw.as_json(found)
    elif not found:
        likely = f" Nearest: {', '.join(t.title for t in near)}." if near else " Try a part of it."
        typer.echo(f"No title is like {text!r}.{likely}")
    else:
        draw.titles(f"Titles for {text!r}", found)
