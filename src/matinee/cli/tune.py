"""``matinee tune``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from matinee.cli.options import JsonOption, WorkspaceOption

if TYPE_CHECKING:
    from matinee.tuning.search import Search
    from matinee.tuning.study import Trial


def tune(
    workspace: WorkspaceOption,
    model: Annotated[str, typer.Argument(help="Name of a model.")],
    data: Annotated[str, typer.Option(help="A MovieLens set or a ratings file.")],
    trials: Annotated[int, typer.Option(min=1, help="How many settings to try, in all.")] = 30,
    seed: Annotated[int, typer.Option(min=0, help="Of the split and of the search.")] = 42,
    json: JsonOption = False,
) -> None:
    """Search for better hyperparameters of a model, on validation ratings.

    Trial 0 is the default setting. Each trial is kept in a study in the workspace's folder, so the
    same command goes on where it was interrupted, or with more trials. The best setting is written
    beside it, for `matinee train --config`. Test ratings are never touched.

    Examples:

        matinee tune als --data ml-100k --trials 20

        matinee tune popularity --data ratings.csv --seed 7 --json
    """
    from matinee.cli import draw
    from matinee.data import load
    from matinee.tuning import study
    from matinee.tuning.search import search

    study.check_optuna()
    with draw.progress_bar(json) as progress:
        dataset = load(data, progress=progress)
        with search(model, dataset, workspace / "tuning", seed=seed) as found:
            if not json:
                _say_what(found)
            tell = (lambda trial: None) if json else _say_trial
            try:
                found.run(trials, tell, progress)
            except KeyboardInterrupt:
                typer.echo(
                    f"Interrupted: {len(found.trials)} trials are kept in {found.file}; the same "
                    "command goes on from there.",
                    err=True,
                )
                raise
            if json:
                draw.as_json(found.as_dict())
            else:
                _say_result(found)


def _say_what(search: Search) -> None:
    typer.echo(f"{search.kind.name}: {search.metric}, {search.split.protocol.title}.")
    typer.echo("Trial 0 is the default setting.")
    typer.echo(f"{'trial':>5}  {search.metric:>8}  {'seconds':>7}  setting")
    for trial in search.trials:
        _say_trial(trial)


def _say_trial(trial: Trial) -> None:
    figure = trial.outcome if trial.figure is None else f"{trial.figure:.5f}"
    setting = ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in trial.parameters.items()
    )
    typer.echo(f"{trial.number:5d}  {figure:>8}  {trial.seconds:7.1f}  {setting}")


def _say_result(search: Search) -> None:
    default, best, gain = search.default, search.best, search.gain
    if best is None:
        typer.echo("No trial came to a figure.")
        return
    typer.echo(f"\nBest: trial {best.number}, {search.metric} {best.figure:.5f}.")
    if default is not None and gain is not None:
        typer.echo(f"The default setting, {default.figure:.5f}, is {gain:.1%} away from it.")
    typer.echo(f"Trials: {search.file}")
    typer.echo(f"matinee train {search.kind.name} --config {search.config}")
