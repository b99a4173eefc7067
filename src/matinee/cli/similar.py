"""``matinee similar``."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.options import CountOption, JsonOption, WorkspaceOption


def similar(
    workspace: WorkspaceOption,
    title: Annotated[str, typer.Argument(help="A title, or its id.")],
    n: CountOption = 10,
    json: JsonOption = False,
) -> None:
    """Items alike a title, by traits and by who chose them.

    Example:

        matinee similar "Fargo (1996)"
    """
    from matinee.cli import draw
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        found = Engine(opened).similar(title, n)
    if json:
        draw.as_json(found)
    else:
        rows = [(r.item_id, r.title, ", ".join(r.genres), round(r.score, 4)) for r in found]
        draw.table(f"Alike {title}", ("id", "title", "genres", "cosine"), rows)
