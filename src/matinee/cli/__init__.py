"""The command line: one command a file, no logic.

These files import nothing heavy at the top, so that ``matinee --help`` answers at once.
"""

from __future__ import annotations

import inspect
import os
import sys
from typing import Annotated

import typer

import matinee
from matinee.cli import (
    clusters,
    compare,
    data,
    demo,
    doctor,
    explain,
    explore,
    factorize,
    fans,
    features,
    models,
    person,
    predict,
    rate,
    recommend,
    regressors,
    search,
    serve,
    similar,
    train,
    tune,
)
from matinee.errors import MatineeError, outcome

app = typer.Typer(
    name="matinee",
    help="Recommendations from ratings: trained, judged, explained and served.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(demo.demo)
app.add_typer(data.app, name="data")
app.command()(explore.explore)
app.command()(train.train)
app.command()(compare.compare)
app.command()(factorize.factorize)
app.command()(tune.tune)
app.command()(regressors.regressors)
app.command()(features.features)
app.command()(doctor.doctor)
app.add_typer(models.app, name="models")
app.add_typer(clusters.app, name="clusters")
app.command()(recommend.recommend)
app.command()(similar.similar)
app.command()(fans.fans)
app.command()(predict.predict)
app.command()(explain.explain)
app.command()(rate.rate)
app.command()(search.search)
app.add_typer(person.app, name="person")
app.command()(serve.serve)


def _flow(group: typer.Typer) -> None:
    """Let paragraphs of help flow; they would break where the lines of their docstring do."""
    for command in group.registered_commands:
        paragraphs = (inspect.getdoc(command.callback) or "").split("\n\n")
        command.help = "\n\n".join(
            p if p.startswith(" ") else p.replace("\n", " ") for p in paragraphs
        )
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            _flow(inner.typer_instance)


_flow(app)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"matinee {matinee.__version__}")
        raise typer.Exit


@app.callback()
def _start(
    _version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    log_level: Annotated[
        str | None,
        typer.Option(
            envvar="MATINEE_LOG_LEVEL",
            help="What to log: debug, info, warning or error.",
            show_default="warning",
        ),
    ] = None,
) -> None:
    import logging

    from matinee import settings
    from matinee.errors import InvalidParameter

    level = (log_level or settings.get("log_level")).upper()
    if level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise InvalidParameter(
            f"`--log-level` must be debug, info, warning or error, got {level.lower()}."
        )
    logging.basicConfig(level=level, format="%(levelname)s %(name)s: %(message)s")


def main() -> None:
    """Run the command line; errors that matinee raises on purpose leave as one line."""
    try:
        app()
    except MatineeError as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        sys.exit(outcome(error).exit_code)
    except BrokenPipeError:
        # The reader of our output has left; say no more, and nothing at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        typer.secho(f"error: {error}", fg="red", err=True)
        sys.exit(1)
