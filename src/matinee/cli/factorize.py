"""``matinee factorize``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from matinee.cli.options import JsonOption

if TYPE_CHECKING:
    from matinee.factorizing.fitting import Epoch, Factorized
    from matinee.factorizing.parts import Parts
    from matinee.model import Model


def factorize(
    data: Annotated[str, typer.Option(help="Training ratings: a MovieLens set or a file.")],
    test: Annotated[
        str | None,
        typer.Option(
            help="Test ratings: a file, a set, or a fold that came with the set, such as u1; "
            "default: a random tenth of --data."
        ),
    ] = None,
    model: Annotated[str, typer.Option("--model", "-m", help="als, mle, ls or svdpp.")] = "als",
    k: Annotated[int | None, typer.Option(help="Factors.", show_default="the model's own")] = None,
    epochs: Annotated[
        int | None, typer.Option(help="Epochs, at most.", show_default="the model's own")
    ] = None,
    reg: Annotated[
        float | None, typer.Option(help="Regularization.", show_default="the model's own")
    ] = None,
    lr: Annotated[
        float | None,
        typer.Option(
            help="Learning rate of mle; means nothing for als, ls and svdpp, whose solvers have "
            "none.",
            show_default="the model's own",
        ),
    ] = None,
    early_stopping: Annotated[
        bool,
        typer.Option(
            "--early-stopping/--no-early-stopping",
            help="Find the best epoch on a validation part of --data first.",
        ),
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option(help="A new folder for the model.", show_default="factorized/MODEL-TIME"),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the parts that are held out.", min=0)] = 42,
    user: Annotated[str | None, typer.Option(help="Users' column: name or number.")] = None,
    item: Annotated[str | None, typer.Option(help="Items' column.")] = None,
    rating: Annotated[str | None, typer.Option(help="Ratings' column.")] = None,
    time: Annotated[str | None, typer.Option(help="Times' column.")] = None,
    encoding: Annotated[str, typer.Option(help="Of text files.")] = "utf-8",
    delimiter: Annotated[
        str | None, typer.Option(help="Between columns; guessed by default.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Factorize ratings; print RMSE, MAE and R2 by epoch; save the model and its curve.

    The number of epochs is found on a validation part of the training ratings; then the model is
    fitted on all of them and stopped there. Test ratings choose nothing.

    Examples:

        matinee factorize --data ml-1m --model als

        matinee factorize --data ml-100k --test u1 --model mle --k 64 --epochs 20 --lr 0.05

        matinee factorize --data u1.base --test u1.test --user 1 --item 2 --rating 3 --time 4
    """
    from matinee.cli import draw
    from matinee.errors import InvalidInput
    from matinee.factorizing import fitting, options, parts

    created, notes = options.configured(model, k=k, epochs=epochs, reg=reg, lr=lr)
    out = out or fitting.default_folder(model)
    if out.exists():
        raise InvalidInput(f"`--out` must name a new folder, got {out}, which exists.")
    columns: dict[str, Any] = {"user": user, "item": item, "rating": rating, "time": time}
    columns |= {"encoding": encoding, "delimiter": delimiter}
    try:
        with draw.progress_bar(json) as progress:
            given = parts.read(data, test, seed=seed, progress=progress, **columns)
            created, also = options.capped(created, given.split.train, k)
            given.notes[:0] = [*notes, *also]
            if not json:
                _say_what(given, created)
            done = fitting.factorize_into(
                out,
                given,
                created,
                early_stopping=early_stopping,
                tell=(lambda epoch: None) if json else _say_epoch,
                progress=progress,
            )
    except KeyboardInterrupt:
        typer.echo(f"Interrupted: nothing is kept; {out} is made once it is whole.", err=True)
        raise
    if json:
        draw.as_json({**done.as_dict(), "folder": out})
    else:
        _say_result(done, len(given.notes), out)


def _say_what(parts: Parts, model: Model) -> None:
    stated = ", ".join(f"{name} {value:g}" for name, value in model.parameters.items())
    train, test = parts.split.train, parts.split.test
    how = parts.split.protocol.title
    typer.echo(f"{model.name}: {stated}")
    typer.echo(f"{len(train):,} training ratings, {len(test):,} test ratings ({how})")
    for note in parts.notes:
        typer.echo(f"Note: {note}")


def _say_epoch(epoch: Epoch) -> None:
    if epoch.epoch == 1:
        if epoch.fit == "search":
            title = "Finding the best epoch: fitted on a part of training, judged on the rest of it"
        else:
            title = "Fitted on all of training, judged on test; test chooses nothing"
        typer.echo(f"\n{title}\nepoch    RMSE     MAE      R2  seconds")
    r2 = "      -" if epoch.r2 is None else f"{epoch.r2:7.4f}"
    typer.echo(f"{epoch.epoch:5d}  {epoch.rmse:.4f}  {epoch.mae:.4f} {r2}  {epoch.seconds:7.1f}")


def _say_result(done: Factorized, said: int, out: Path) -> None:
    figures = ", ".join(f"{name} {value:.4f}" for name, value in done.figures.items())
    typer.echo(
        f"\n{done.model.name} after {done.epochs} epochs, on {done.counted:,} test ratings: "
        f"{figures} ({done.seconds:.1f} s)"
    )
    for note in done.notes[said:]:
        typer.echo(f"Note: {note}")
    typer.echo(f"Saved to {out}: model, ids.json, curve.csv, curve.svg.")
