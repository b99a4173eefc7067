"""``matinee train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from matinee.cli.options import JsonOption, WorkspaceOption


def train(
    workspace: WorkspaceOption,
    models: Annotated[
        list[str] | None, typer.Argument(help="Names of models; default: all default models.")
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="A MovieLens set or a ratings file, imported first if it is not yet."),
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="A hyperparameter, such as --set factors=64. Repeatable."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="A model's hyperparameters, as `matinee tune` writes them.")
    ] = None,
    mix: Annotated[
        bool, typer.Option("--mix", help="Add to ratings of another source: ids mean the same.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Train models on a workspace's ratings.

    Each is judged on held-out ratings, fitted on all of them and saved; the best of each task
    becomes active.

    Examples:

        matinee train --data ml-100k

        matinee train als user_clusters --set seed=7

        matinee train --config best.toml
    """
    from matinee import training
    from matinee.cli import draw
    from matinee.storage.workspace import Workspace
    from matinee.tuning import configuration

    names = models or list(training.DEFAULT_MODELS)
    parameters: dict[str, Any] = {}
    chosen_by: dict[str, str] = {}
    origin = None
    if config is not None:
        name, parameters, origin = configuration.chosen(config, models)
        names, chosen_by = [name], dict.fromkeys(parameters, config.name)
    stated = training.parsed(set_ or [], names)
    parameters |= stated
    chosen_by |= dict.fromkeys(stated, "--set")
    with (
        draw.progress_bar(json) as progress,
        Workspace.open(workspace, create=data is not None) as opened,
    ):
        if data is not None:
            training.import_once(opened, data, progress, mix=mix)
        results = training.train(
            opened,
            names,
            parameters=parameters,
            chosen_by=chosen_by,
            origin=origin,
            progress=progress,
        )
        active = {opened.active("rating"), opened.active("ranking")}
    if json:
        draw.as_json(results)
        return
    rows = [
        (
            r.name,
            r.task,
            "-" if r.evaluation is None else _first(r.evaluation.figures),
            r.seconds,
            r.archive_id,
            "active" if r.archive_id in active else "",
        )
        for r in results
    ]
    draw.table(
        "Trained on all ratings; judged on held-out ones",
        ("model", "task", "held out", "seconds", "id", ""),
        rows,
    )


def _first(figures: dict[str, float]) -> str:
    name, value = next(iter(figures.items()))
    return f"{name} {value:.4f}"
