"""``matinee predict``."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.options import JsonOption, WorkspaceOption


def predict(
    workspace: WorkspaceOption,
    user: Annotated[str, typer.Argument(help="A user's id.")],
    title: Annotated[str, typer.Argument(help="A title, or its id.")],
    json: JsonOption = False,
) -> None:
    """The rating that a user would give to a title.

    Example:

        matinee predict 42 "Fargo (1996)"
    """
    from matinee.cli import draw
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        engine = Engine(opened)
        found = engine.predict(user, engine.resolve(title).item_id)
    if json:
        draw.as_json(found)
    else:
        typer.echo(f"{found.title}: {found.rating:.2f} (sure: {found.sure})")
