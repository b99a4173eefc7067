"""``matinee data``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from matinee.cli import data_import, data_merge
from matinee.cli.options import JsonOption

app = typer.Typer(
    help="List, get and describe data sets; import your own ratings.", no_args_is_help=True
)


@app.command("list")
def list_sets(json: JsonOption = False) -> None:
    """The published sets: size, what comes with the ratings, terms of use.

    Sets marked as development sets change over time: do not share results on them.

    Example:

        matinee data list
    """
    from matinee.cli import draw
    from matinee.data.movielens.sets import SETS

    if json:
        draw.as_json([known.as_dict() for known in SETS.values()])
        return
    rows = [
        (
            known.name + (" (development)" if known.development else ""),
            known.ratings,
            known.users,
            known.items,
            f"{known.zip_bytes / 1e6:,.0f} MB",
            ", ".join(
                what
                for what, there in (
                    ("people", known.has_people),
                    ("tags", known.has_tags),
                    ("links", known.has_links),
                    ("genome", known.has_genome),
                )
                if there
            ),
            known.terms,
        )
        for known in SETS.values()
    ]
    columns = ("name", "ratings", "users", "movies", "zip", "also", "terms of use")
    draw.table("Data sets", columns, rows)
    if any(known.development for known in SETS.values()):
        typer.echo("Development sets change over time: unfit for results that are shared.")


@app.command()
def get(
    name: Annotated[str, typer.Argument(help="One of `matinee data list`.")],
    to: Annotated[
        Path | None, typer.Option(help="A folder to put it in; default: the cache.")
    ] = None,
) -> None:
    """Fetch a published set, unless it is there already, and print its folder.

    Examples:

        matinee data get ml-100k

        matinee data get ml-1m --to sets
    """
    from matinee.cli import draw
    from matinee.data.movielens import fetch

    with draw.progress_bar() as progress:
        folder = fetch.get(name, to, progress)
    typer.echo(folder)


@app.command()
def describe(
    name: Annotated[str, typer.Argument(help="A published set, a folder, a zip or a file.")],
    json: JsonOption = False,
) -> None:
    """Facts about a data set: sizes, scale, density, ratings per user and item, dates.

    Examples:

        matinee data describe ml-1m

        matinee data describe ratings.csv --json
    """
    from matinee.cli import draw
    from matinee.data import load
    from matinee.data.describe import describe as describe_dataset

    with draw.progress_bar(json) as progress:
        facts = describe_dataset(load(name, progress=progress))
    if json:
        draw.as_json(facts.as_dict())
        return
    rows = [(key.replace("_", " "), _fact(value)) for key, value in facts.as_dict().items()]
    draw.table(facts.name, ("fact", ""), rows[1:])


app.command("import")(data_import.import_)
app.command("merge")(data_merge.merge)


def _fact(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_fact(v)}" for key, v in value.items())
    if isinstance(value, list | tuple):
        return " ".join(_fact(v) for v in value)
    if isinstance(value, float):
        return f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else "-" if value is None else str(value)
