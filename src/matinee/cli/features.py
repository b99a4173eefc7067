"""``matinee features``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from matinee.cli.options import JsonOption


def features(
    data: Annotated[str, typer.Argument(help="A MovieLens set or a ratings file.")],
    out: Annotated[Path, typer.Option(help="A new .parquet or .csv file.")],
    mode: Annotated[
        str | None,
        typer.Option(
            help="What a training row's features are made of: out-of-fold, leave-one-out or past.",
            show_default="past if split by time, else out-of-fold",
            metavar="MODE",
        ),
    ] = None,
    split: Annotated[
        str,
        typer.Option(help="Hold out a tenth: none, random or time (the last).", metavar="SPLIT"),
    ] = "none",
    seed: Annotated[int, typer.Option(min=0, help="Of a random split.")] = 42,
    json: JsonOption = False,
) -> None:
    """Write a table with the features of every rating.

    A row has user, item, rating, time and, of a split, part (train or test); then the features:
    counts, means, spreads and recent values of the user and of the movie, weekday, hour, days since
    the first rating, genres and the user's liking for them, year and age of the movie, profile and
    clusters. None has seen its own rating: out-of-fold leaves a fifth of the ratings out at a time,
    leave-one-out the own one, past all that are not earlier. Test rows know the training ratings.

    Examples:

        matinee features ml-100k --out f.parquet

        matinee features ratings.csv --out f.csv --split time
    """
    from matinee.cli import draw
    from matinee.data import load
    from matinee.features import side_information
    from matinee.features.ratings import rating_table

    with draw.progress_bar(json) as progress:
        dataset = load(data, progress=progress)
        side = side_information(dataset.item_table, dataset.user_table, dataset.tags)
        written = rating_table(
            dataset.interactions,
            side,
            out,
            user_ids=dataset.users.ids,
            item_ids=dataset.items.ids,
            mode=mode,
            split=split,
            seed=seed,
            progress=progress,
        )
    if json:
        draw.as_json(written)
        return
    held = f", {written.test_rows:,} of them test" if written.test_rows else ""
    typer.echo(
        f"{written.rows:,} rows{held}, {len(written.columns)} features ({written.mode}): "
        f"{written.path}"
    )
