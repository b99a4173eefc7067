"""``matinee explain``."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.options import JsonOption, ModelOption, WorkspaceOption


def explain(
    workspace: WorkspaceOption,
    user: Annotated[str, typer.Argument(help="A user's id.")],
    title: Annotated[str, typer.Argument(help="A title, or its id.")],
    model: ModelOption = None,
    json: JsonOption = False,
) -> None:
    """Why an item is (or would be) recommended to a user, the strongest reason first.

    Example:

        matinee explain 42 "Fargo (1996)"
    """
    from matinee.cli import draw
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        engine = Engine(opened)
        found = engine.resolve(title)
        reasons = engine.explain(user, found.item_id, model=model)
    if json:
        draw.as_json(reasons)
    else:
        rows = [(r.kind, r.text, round(r.weight, 3)) for r in reasons]
        draw.table(f"{found.title} for user {user}", ("kind", "because", "weight"), rows)
