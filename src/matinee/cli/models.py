"""``matinee models``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matinee.cli.options import JsonOption, WorkspaceOption

app = typer.Typer(
    help="List the trained models; read the card of one; activate one.", no_args_is_help=True
)


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
def card(
    workspace: WorkspaceOption,
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="ID",
            help="A trained model as `models list` shows it, or a name: the newest of that name. "
            "Default: the newest of all.",
        ),
    ] = None,
    json: JsonOption = False,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write it as a page to this file.")
    ] = None,
) -> None:
    """What one must know of a trained model: data, figures, limits, settings, time, memory.

    The same text stands in card.md beside the model's files.

    Examples:

        matinee models card

        matinee models card als --html als.html
    """
    from matinee.cards import reading, words
    from matinee.cli import draw
    from matinee.storage.workspace import Workspace

    if html is not None:
        from matinee.report import page

        page.check(html, "--html")
    with Workspace.open(workspace) as opened:
        archive_id = opened.named(model)
        found = reading.of_archive(opened.manifest(archive_id))
    if html is not None:
        from matinee.report import card as report

        report.write(html, archive_id, found)
    if json:
        draw.as_json({"id": archive_id, **found.as_dict()})
    elif html is not None:
        typer.echo(f"The card of {archive_id} is in {html}.")
    else:
        typer.echo(words.as_text(found), nl=False)


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
