"""``matinee person``."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.options import WorkspaceOption

app = typer.Typer(help="Export or delete all that is stored about a person.", no_args_is_help=True)


@app.command()
def export(
    workspace: WorkspaceOption, user: Annotated[str, typer.Argument(help="A user's id.")]
) -> None:
    """Print all that is stored about a person as JSON.

    Example:

        matinee person export 42 > person-42.json
    """
    from matinee.cli import draw
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        draw.as_json(Engine(opened).export_user(user))


@app.command()
def delete(
    workspace: WorkspaceOption,
    user: Annotated[str, typer.Argument(help="A user's id.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a person: profile, ratings and tags. Models hold nobody's row; retrain to be rid
    of the person's part in their sums.

    Example:

        matinee person delete 42 --yes
    """
    from matinee.engine import Engine
    from matinee.storage.workspace import Workspace

    if not yes:
        typer.confirm(f"Delete all that is stored about user {user}?", abort=True)
    with Workspace.open(workspace) as opened:
        removed = Engine(opened).delete_user(user)
    typer.echo(f"User {user} is deleted: {removed} rows removed.")
