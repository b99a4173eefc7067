"""``matinee models``."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.options import JsonOption, WorkspaceOption

app = typer.Typer(help="List the trained models; activate one.", no_args_is_help=True)


@app.command("list")
def list_models(workspace: WorkspaceOption, json: JsonOption = False) -> None:
    """The models of a workspace, with what each was trained on and how it was judged.

    Example:

        matinee models list
    """
    from matinee.cli import draw
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        saved = opened.models()
    if json:
        draw.as_json(saved)
        return
    rows = [
        (
            m["id"],
            m["task"],
            m["details"]["ratings"] if "details" in m else None,
            m.get("error") or ", ".join(f"{k} {v:.4f}" for k, v in m["details"]["figures"].items()),
            "active" if m["active"] else "",
        )
        for m in saved
    ]
    draw.table("Trained models", ("id", "task", "ratings", "held out", ""), rows)


@app.command()
def known(json: JsonOption = False) -> None:
    """The models that can be trained, with their hyperparameters.

    Example:

        matinee models known
    """
    from matinee import models
    from matinee.cli import draw

    kinds = [models.get(name) for name in models.names()]
    if json:
        draw.as_json(
            [
                {
                    "name": k.name,
                    "task": k.task,
                    "summary": k.summary,
                    "hyperparameters": k.hyperparameters,
                }
                for k in kinds
            ]
        )
        return
    for kind in kinds:
        rows = [(n, p.default, p.bounds, p.meaning) for n, p in kind.hyperparameters.items()]
        draw.table(
            f"{kind.name} ({kind.task}): {kind.summary}",
            ("hyperparameter", "default", "must be", "meaning"),
            [tuple(str(cell) for cell in row) for row in rows],
        )


@app.command()
def activate(
    workspace: WorkspaceOption,
    archive_id: Annotated[str, typer.Argument(metavar="ID", help="As `models list` shows it.")],
) -> None:
    """Let a trained model serve its task from now on, also in servers that are running.

    Example:

        matinee models activate als-20261121T101500-1a2b3c
    """
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace) as opened:
        opened.activate(archive_id)
    typer.echo(f"{archive_id} is active.")
