"""``matinee regressors``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from matinee.cli.options import JsonOption

if TYPE_CHECKING:
    from matinee.regression.records import Comparison, Judged


def regressors(
    data: Annotated[str, typer.Option(help="A MovieLens set or a ratings file.")],
    kinds: Annotated[
        str | None,
        typer.Option(
            help="Of boosting, forest, adaboost, tree, sgd, ridge, separated by commas; "
            "default: all."
        ),
    ] = None,
    grid: Annotated[
        bool, typer.Option("--grid", help="Try a grid of settings on validation ratings first.")
    ] = False,
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="Let optuna try so many settings of each kind instead."),
    ] = None,
    split: Annotated[
        str, typer.Option(help="random (a tenth) or time (the last tenth).", metavar="SPLIT")
    ] = "random",
    features: Annotated[
        str | None,
        typer.Option(
            help="Of training ratings: out-of-fold, leave-one-out or past.",
            show_default="past if split by time, else out-of-fold",
        ),
    ] = None,
    taste: Annotated[int, typer.Option(min=0, max=256, help="Directions of taste, or none.")] = 16,
    seed: Annotated[int, typer.Option(min=0, help="Of the split and of what is drawn.")] = 42,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report here.")] = None,
    json: JsonOption = False,
) -> None:
    """Compare regressors over features of ratings: RMSE, MAE, R2 and time.

    All are fitted to the same features of the same split. No feature has seen the rating that it
    helps to predict. With --grid or --trials, settings are chosen on validation ratings, held out
    of training by the same rule; test ratings are asked once.

    Examples:

        matinee regressors --data ml-100k

        matinee regressors --data ml-100k --kinds boosting,forest --grid --report regressors.html

        matinee regressors --data ml-1m --kinds boosting --trials 20 --split time
    """
    from matinee import regressing
    from matinee.cli import draw
    from matinee.regression import KINDS
    from matinee.report import page
    from matinee.report import regressors as written

    if report is not None:
        page.check(report)
    chosen = [kind.strip() for kind in kinds.split(",")] if kinds else list(KINDS)
    with draw.progress_bar(json) as progress:
        found = regressing.of_set(
            data,
            chosen,
            split=split,
            grid=grid,
            trials=trials,
            features=features,
            taste=taste,
            seed=seed,
            progress=progress,
        )
    if report is not None:
        written.write(report, found, name=f"Regressors on {data}")
    if json:
        draw.as_json(found.as_dict())
        return
    _say(found)
    if report is not None:
        typer.echo(f"Report: {report}")


def _say(found: Comparison) -> None:
    from matinee.cli import draw

    columns = ("kind", "RMSE", "MAE", "R2", "fit s", "predict s", "settings")
    if found.tried:
        best = {kind: min(t.rmse for t in found.tried if t.kind == kind) for kind in _kinds(found)}
        rows = [(*_row(one)[:4], one.fit_seconds, one.label) for one in found.tried]
        draw.table(
            "tried on validation ratings, held out of training",
            ("kind", "RMSE", "MAE", "R2", "fit s", "settings"),
            [(f"{row[0]} *" if row[1] == best[row[0]] else row[0], *row[1:]) for row in rows],
        )
    draw.table(
        f"{found.protocol}: {found.test} test ratings, {found.train} for training, "
        f"{len(found.columns)} features made in {found.feature_seconds:.1f} s",
        columns,
        [(*_row(one), one.fit_seconds, one.predict_seconds, one.label) for one in found.judged],
    )


def _kinds(found: Comparison) -> set[str]:
    return {one.kind for one in found.tried}


def _row(one: Judged) -> tuple[str, float, float, float]:
    return (one.kind, one.rmse, one.mae, one.r2)
