"""``matinee data import``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matinee.cli import data_metadata
from matinee.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from matinee.data import Dataset, ImportReport
    from matinee.progress import Progress


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
    metadata: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER|ZIP",
            help="The Movies Dataset as downloaded: overviews, keywords, dates. Alone, it "
            "describes what the workspace holds.",
        ),
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

    Metadata meets movies by the links that they have to TMDB and IMDb, else by the metadata's own
    links where the titles agree, else by title and year where only one fits.

    Examples:

        matinee data import ratings.csv --user who --item what --rating stars --time at

        matinee data import ratings.csv --scale 0.5:5 --rejects bad.csv --items movies.csv

        matinee data import ratings.csv --filter min_ratings_per_item=10

        matinee data import --metadata the-movies-dataset.zip

        matinee data import --sql sqlite:///shop.sqlite --query "select * from ratings"
    """
    from matinee.cli import draw
    from matinee.data import filters

    beside = {"items": items, "people": people, "tags": tags, "links": links}
    wanted = [filters.parsed(text) for text in filter_ or []]
    _check(source, sql, query, metadata, [*beside.values(), *wanted])
    if metadata is not None and source is None and sql is None:
        data_metadata.describe(workspace, metadata, rejects, json)
        return
    options: dict[str, Any] = {
        "user": user,
        "item": item,
        "rating": rating,
        "time": time,
        "scale": _stated_scale(workspace) if scale is None else _scale(scale),
        "rejects": rejects,
    }
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
        about = None
        if metadata is not None:
            dataset, about = data_metadata.described(dataset, metadata, rejects, report, progress)
        dataset, removed = filters.apply(dataset, wanted)
        added = _store(dataset, workspace, mix, progress)
    if json:
        told = {} if report is None else report.as_dict()
        told |= {} if about is None else {"metadata": data_metadata.told_of(*about)}
        draw.as_json({**told, "removed": removed, "workspace": workspace, "added": added})
        return
    if report is not None:
        _say(report)
    if about is not None:
        data_metadata.say(*about)
    if removed:
        rows = [(r.filter, r.users, r.items, r.ratings) for r in removed]
        draw.table("Filters removed", ("filter", "users", "items", "ratings"), rows)
    typer.echo(
        f"Added to {workspace}: {added.ratings:,} new ratings, {added.updated:,} updated, "
        f"{added.users:,} users, {added.items:,} items, {added.tags:,} tags."
    )


def _check(
    source: str | None,
    sql: str | None,
    query: str | None,
    metadata: Path | None,
    of_ratings: Sequence[object],
) -> None:
    """Whether what was asked goes together, before anything is read."""
    from matinee.errors import InvalidParameter

    alone = metadata is not None and source is None and sql is None and query is None
    if not alone and ((source is None) == (sql is None) or (sql is None) != (query is None)):
        raise InvalidParameter(
            "An import must name either a file (or published set), or a database by --sql URL "
            "with --query Q; or --metadata alone."
        )
    tables = of_ratings if alone else of_ratings[:4]
    if source is None and any(given is not None for given in tables):
        raise InvalidParameter(
            "--items, --people, --tags and --links must come with a file, --filter with ratings."
        )
    if metadata is not None:
        from matinee.data.metadata.files import check

        check(metadata)


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
    data_metadata.say_bad(
        counts + data_metadata.bad_of(report.tables), report.first_bad, report.rejects
    )


def _scale(text: str) -> tuple[float, float]:
    from matinee.errors import InvalidParameter

    try:
        low, high = map(float, text.split(":"))
    except ValueError as error:
        raise InvalidParameter(f"`--scale` must be LOW:HIGH, as in 0.5:5, got {text!r}.") from error
    return low, high
