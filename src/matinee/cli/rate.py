"""``matinee rate``."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.options import JsonOption, WorkspaceOption


def rate(
    workspace: WorkspaceOption,
    user: Annotated[str, typer.Argument(help="A user's id; a new one makes a new user.")],
    title: Annotated[str, typer.Argument(help="A title, or its id.")],
    value: Annotated[float, typer.Argument(help="The rating.")],
    json: JsonOption = False,
) -> None:
    """Store a rating; it counts in the very next recommendation.

    Example:

        matinee rate 42 "Fargo (1996)" 5
    """
    from matinee.cli import draw
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        engine = Engine(opened)
        stored = engine.rate(user, engine.resolve(title).item_id, value)
    if json:
        draw.as_json(stored)
    else:
        typer.echo(f"{stored.title}: {value:g} by user {user}, stored.")
