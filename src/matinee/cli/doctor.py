"""``matinee doctor``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matinee.cli.options import JsonOption

if TYPE_CHECKING:
    from matinee.features.doctor import Examined


def doctor(
    data: Annotated[str, typer.Argument(help="A MovieLens set or a ratings file.")],
    features: Annotated[
        Path | None,
        typer.Option(help="Look at the features in this Parquet or CSV file instead of ours."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Look for features that have seen the ratings they are to help predict.

    Without --features, matinee's own: ratings of the data are changed one at a time, and no feature
    of theirs may move. With --features, a table of your own, a row a rating: columns user and item
    (or userId and movieId), rating, part (train, test) if there is a split, and numbers. Found are
    means that hold the own rating, means that mirror it, the rating itself, and columns that tell
    more of training than of test ratings. Ends with exit code 1 if anything leaks.

    Examples:

        matinee doctor ml-100k

        matinee doctor ml-100k --features my-features.csv
    """
    from matinee.cli import draw
    from matinee.data import load
    from matinee.features import side_information
    from matinee.features.doctor import examine, examine_table

    with draw.progress_bar(json) as progress:
        dataset = load(data, progress=progress)
        if features is None:
            side = side_information(dataset.item_table, dataset.user_table, dataset.tags)
            found = examine(dataset.interactions, side, progress=progress)
        else:
            found = [examine_table(features, dataset)]
    if json:
        draw.as_json(found)
    else:
        _say(found)
    if any(one.leaks for one in found):
        raise typer.Exit(1)


def _say(found: list[Examined]) -> None:
    from matinee.cli import draw

    for one in found:
        note = f" ({one.note})" if one.note else ""
        verdict = f"{len(one.leaks)} leak" + "s" * (len(one.leaks) != 1) if one.leaks else "clean"
        typer.echo(
            f"{one.what}: {one.columns} columns, {one.rows:,} rows looked at: {verdict}{note}"
        )
        if one.leaks:
            rows = [(leak.column, leak.evidence, leak.remedy) for leak in one.leaks]
            draw.table("", ("column", "evidence", "what to do"), rows)
