"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matinee import settings


def _workspace() -> Path:
    return Path(settings.get("workspace"))


WorkspaceOption = Annotated[
    Path,
    typer.Option(
        "--workspace",
        "-w",
        default_factory=_workspace,
        show_default="$MATINEE_WORKSPACE or ./matinee-workspace",
        help="Folder with the ratings and the trained models.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
CountOption = Annotated[int, typer.Option("--n", "-n", min=1, max=1000, help="How many.")]
ModelOption = Annotated[
    str | None,
    typer.Option("--model", "-m", help="A trained model's name or id; default: the active one."),
]
