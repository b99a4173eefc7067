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
    """The rating that a user would give to a title, and how sure that is.

    The active rating model predicts. Half of all ratings lie in what is called most likely, nine of
    ten where it says so; what was measured on ratings held out of training stands behind. "sure" is
    high where such predictions are off by at most 0.7 of what guessing the mean of all ratings is,
    medium up to 0.85.

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
        for within in found.intervals:
            words = "most likely" if within.share == 0.5 else "nine times in ten"
            typer.echo(f"  {words} {draw.span(within)} (measured: {within.measured:.1%})")
        if found.error is not None:
            typer.echo(f"  off by {found.error:.2f} on average")
