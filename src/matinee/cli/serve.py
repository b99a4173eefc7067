"""``matinee serve``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from matinee import settings
from matinee.cli.options import WorkspaceOption
from matinee.errors import InvalidParameter


def serve(
    workspace: WorkspaceOption,
    host: Annotated[
        str | None,
        typer.Option(
            help="Address to listen on; one that other machines reach needs a key of your own.",
            show_default=settings.SETTINGS["host"].default,
        ),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            help="Port that must be free.",
            show_default="$PORT or 8000; where 8000 is taken, any free one",
        ),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(help="File with the key for writes; else MATINEE_KEY, else one is made."),
    ] = None,
) -> None:
    """Serve the page and REST until interrupted.

    The address that is printed carries the workspace's key; whoever opens it may rate.

    Examples:

        matinee serve

        matinee serve --port 8080
    """
    from matinee.service import keys, server

    key = settings.get("key")
    if key_file is not None:
        key = keys.from_file(key_file)
    elif key:
        key = keys.checked(key, settings.environment_name("key"))

    def announce(address: str) -> None:
        rest = f"{address.partition('?')[0]}api/v1"
        typer.echo(f"Serving {workspace} at {address}\nREST is under {rest}. Stop with Ctrl-C.")

    server.run(workspace, host or settings.get("host"), port or _port(), announce, key=key or None)


def _port() -> int | None:
    """The port that the surroundings ask for; None where they leave it open."""
    stated = settings.get("port")
    asked = settings.environment_name("port") in os.environ
    if not asked and stated == settings.SETTINGS["port"].default:
        stated = os.environ.get("PORT", "")
    if not stated:
        return None
    if not (stated.isascii() and stated.isdigit() and 1 <= int(stated) <= 65535):
        raise InvalidParameter(f"`port` must lie in 1..65535, got {stated!r}.")
    return int(stated)
