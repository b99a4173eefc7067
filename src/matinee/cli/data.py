"""``matinee data``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matinee.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from matinee.data import Dataset, ImportReport
    from matinee.progress import Progress

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


@app.command("import")
def import_(
    workspace: WorkspaceOption,
    source: Annotated[
        str | None, typer.Argument(help="A CSV or Parquet file, or a published set.")
    ] = None,
    sql: Annotated[str | None, typer.Option(help="A database, as SQLAlchemy names it.")] = None,
    query: Annotated[str | None, typer.Option(help="The SQL to run there.")] = None,
    user: Annotated[str | None, typer.Option(help="The users' column: name or number.")] = None,
    item: Annotated[str | None, typer.Option("--item", "--what", help="The items' column.")] = None,
    rating: Annotated[
        str | None, typer.Option(help="The ratings' column; without one, implicit feedback.")
    ] = None,
    time: Annotated[
        str | None, typer.Option(help="The times' column: seconds, milliseconds, ISO 8601 ...")
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option(help="Ratings outside are bad, as in 0.5:5.", metavar="LOW:HIGH"),
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of text files.")] = "utf-8",
    delimiter: Annotated[
        str | None, typer.Option(help="Between columns; guessed by default.")
    ] = None,
    items: Annotated[
        Path | None, typer.Option(help="Table of items: id, title, year, genres ...")
    ] = None,
    people: Annotated[
        Path | None, typer.Option(help="Table of people: id, age, gender, occupation, zip.")
    ] = None,
    tags: Annotated[Path | None, typer.Option(help="Table of tags: user, item, tag, time.")] = None,
    links: Annotated[
        Path | None, typer.Option(help="Table of links: item, imdb id, tmdb id.")
    ] = None,
    filter_: Annotated[
        list[str] | None,
        typer.Option(
            "--filter",
            metavar="NAME=VALUE",
            help="min_ratings_per_item=10, min_ratings_per_user=5, ratings_per_user=100:1000, "
            "min_mean_rating=3, liked_threshold=4 or max_sparsity=0.9995. Repeatable; applied in "
            "this order, each once.",
        ),
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="A file for the bad rows: line, column, reason, row.")
    ] = None,
    mix: Annotated[
        bool, typer.Option("--mix", help="Add to ratings of another source: ids mean the same.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Read ratings into a workspace; report each bad row with line, column and reason.

    Columns that are not named are guessed from their usual names. Columns given by number (1 is
    the first) say that the file has no header. Of ratings of the same user and item the latest
    stays. If no row is good, nothing is changed.

    Examples:

        matinee data import ratings.csv --user who --item what --rating stars --time at

        matinee data import ratings.csv --scale 0.5:5 --rejects bad.csv --items movies.csv

        matinee data import ratings.csv --filter min_ratings_per_item=10

        matinee data import --sql sqlite:///shop.sqlite --query "select * from ratings"
    """
    from matinee.cli import draw
    from matinee.errors import InvalidParameter

    if (source is None) == (sql is None) or (sql is None) != (query is None):
        raise InvalidParameter(
            "An import must name either a file (or published set), or a database by --sql URL "
            "with --query Q."
        )
    from matinee.data import filters

    wanted = [filters.parsed(text) for text in filter_ or []]
    options: dict[str, Any] = {
        "user": user,
        "item": item,
        "rating": rating,
        "time": time,
        "scale": _stated_scale(workspace) if scale is None else _scale(scale),
        "rejects": rejects,
    }
    beside = {"items": items, "people": people, "tags": tags, "links": links}
    if source is None and any(table is not None for table in beside.values()):
        raise InvalidParameter("--items, --people, --tags and --links must come with a file.")
    with draw.progress_bar(json) as progress:
        if source is None:
            from matinee.data import import_sql

            report: ImportReport | None = import_sql(
                str(sql), str(query), **options, progress=progress
            )
        elif _is_file(source):
            from matinee.data import import_ratings

            options |= {"encoding": encoding, "delimiter": delimiter, **beside}
            report = import_ratings(source, **options, progress=progress)
        else:
            report = None
        dataset = report.dataset if report is not None else _load(str(source), progress)
        dataset, removed = filters.apply(dataset, wanted)
        added = _store(dataset, workspace, mix, progress)
    told = {} if report is None else report.as_dict()
    if json:
        draw.as_json({**told, "removed": removed, "workspace": workspace, "added": added})
        return
    if report is not None:
        _say(report)
    if removed:
        rows = [(r.filter, r.users, r.items, r.ratings) for r in removed]
        draw.table("Filters removed", ("filter", "users", "items", "ratings"), rows)
    typer.echo(
        f"Added to {workspace}: {added.ratings:,} new ratings, {added.updated:,} updated, "
        f"{added.users:,} users, {added.items:,} items, {added.tags:,} tags."
    )


def _is_file(source: str) -> bool:
    import zipfile

    from matinee.data.movielens.sets import SETS

    path = Path(source)
    return source not in SETS and path.is_file() and not zipfile.is_zipfile(path)


def _load(source: str, progress: Progress) -> Dataset:
    from matinee.data import load

    return load(source, progress=progress)


def _stated_scale(workspace: Path) -> tuple[float, float] | None:
    """What an earlier import into this workspace stated."""
    from matinee.errors import NotReady
    from matinee.storage.workspace import Workspace

    try:
        with Workspace.open(workspace) as opened:
            return opened.store.stated_scale()
    except NotReady:
        return None


def _store(dataset: Dataset, workspace: Path, mix: bool, progress: Progress) -> Any:
    from matinee import training
    from matinee.storage.workspace import Workspace

    with Workspace.open(workspace, create=True) as opened:
        training.check_source(opened, dataset.name, mix=mix)
        return opened.store.add_dataset(dataset, progress)


def _say(report: ImportReport) -> None:
    from matinee.cli import draw

    named = ", ".join(f"{field} = {column!r}" for field, column in report.columns.items())
    typer.echo(
        f"Read {report.rows:,} rows ({named}) in {report.seconds:.1f} s: {report.kept:,} kept, "
        f"{report.n_bad:,} bad, {report.duplicates:,} duplicates dropped."
    )
    if report.time_unit not in ("", "seconds"):
        typer.echo(f"By their size, times are {report.time_unit}; kept as whole seconds.")
    if report.dataset.interactions.value is None:
        typer.echo("No rating column: taken as implicit feedback.")
    for kind, table in report.tables.items():
        bad = sum(table.bad.values())
        typer.echo(f"Read {table.rows:,} rows of {kind}: {table.kept:,} kept, {bad:,} bad.")
    counts = [("ratings", *pair) for pair in report.bad.items()]
    counts += [(kind, *pair) for kind, t in report.tables.items() for pair in t.bad.items()]
    if not counts:
        return
    draw.table("Bad rows", ("table", "reason", "rows"), counts)
    rows = [(r.source, r.line, r.column, r.reason, r.row[:60]) for r in report.first_bad]
    draw.table("The first", ("source", "line", "column", "reason", "row"), rows)
    if report.rejects is None:
        typer.echo("--rejects FILE writes all of them to a file.")
    else:
        typer.echo(f"All of them are in {report.rejects}.")


def _scale(text: str) -> tuple[float, float]:
    from matinee.errors import InvalidParameter

    try:
        low, high = map(float, text.split(":"))
    except ValueError as error:
        raise InvalidParameter(f"`--scale` must be LOW:HIGH, as in 0.5:5, got {text!r}.") from error
    return low, high


def _fact(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_fact(v)}" for key, v in value.items())
    if isinstance(value, list | tuple):
        return " ".join(_fact(v) for v in value)
    if isinstance(value, float):
        return f"{value:,.4g}"
    return f"{value:,}" if isinstance(value, int) else "-" if value is None else str(value)
