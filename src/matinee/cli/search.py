"""``matinee search``."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.options import CountOption, JsonOption, WorkspaceOption


def search(
    workspace: WorkspaceOption,
    text: Annotated[str, typer.Argument(help="The beginning or a part of a title.")],
    n: CountOption = 10,
    json: JsonOption = False,
) -> None:
    """Find titles: equal ones first, then those that begin so, then those that hold it.

    Example:

        matinee search godfather
    """
    from matinee.cli import draw
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        found = Engine(opened).search(text, n)
    if json:
        draw.as_json(found)
    elif not found:
        typer.echo(f"No title holds {text!r}; try a part of it.")
    else:
        draw.titles(f"Titles with {text!r}", found)
