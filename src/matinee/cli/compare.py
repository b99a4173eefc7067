"""``matinee compare``."""

from __future__ import annotations

from typing import Annotated

import typer

from matinee.cli.options import JsonOption


def compare(
    data: Annotated[str, typer.Option(help="A MovieLens set or a ratings file.")],
    models: Annotated[
        str | None, typer.Option(help="Names, separated by commas; default: all of the task.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="rating or ranking; default: both.", metavar="TASK")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(help="random or time; default: both, where times are known.", metavar="SPLIT"),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Compare models on held-out ratings, by a random split and by a cut in time.

    The baselines (biases for ratings, popularity for ranking) are always among them.

    Examples:

        matinee compare --data ml-100k

        matinee compare --data ml-1m --models als,biases --task rating

        matinee compare --data ml-100k --models als,svdpp,bayes_fm --split time
    """
    from matinee import training
    from matinee.cli import draw
    from matinee.data import load
    from matinee.features import side_information

    names = training.for_comparison(models.split(",") if models else None, task)
    with draw.progress_bar(json) as progress:
        dataset = load(data, progress=progress)
        side = side_information(dataset.item_table, dataset.user_table, dataset.tags)
        results = training.leaderboard(
            dataset.interactions, side, names, split=split, progress=progress
        )
    if json:
        draw.as_json(results)
    else:
        draw.leaderboard(results)
