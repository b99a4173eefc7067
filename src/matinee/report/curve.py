"""The training curve: error by epoch, as a picture and as a page with all that was told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matinee.report import metric_words, page

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAGE = "curve.html"
PICTURE = "curve.svg"


def write(folder: Path, told: Mapping[str, Any]) -> None:
    """Write the curve into `folder`: `PAGE`, one self-contained HTML file, and `PICTURE`.

    Parameters
    ----------
    told
        What `factorizing.fitting.Factorized.as_dict` tells.
    """
    figure = rmse_by_epoch(told["curve"], told["epochs"])
    figure.savefig(folder / PICTURE, metadata={"Date": None}, facecolor="white")
    columns = ("fit", "epoch", "judged on", "RMSE", "MAE", "R²", "seconds")
    plot = page.Plot(
        "RMSE by epoch",
        rmse_by_epoch(told["curve"], told["epochs"]),
        _meaning(told),
        columns,
        [tuple(epoch.values()) for epoch in told["curve"]],
    )
    figures = {metric_words.name(n): f"{value:.4f}" for n, value in told["figures"].items()}
    protocol, notes = told["protocol"], told["notes"]
    page.write(
        folder / PAGE,
        "curve.html",
        name=f"{told['model']}: training curve",
        verdict=_verdict(told),
        facts={**figures, "test ratings": f"{told['counted']:,}", "epochs": f"{told['epochs']}"},
        protocol="" if any(protocol in note for note in notes) else protocol,
        notes=notes,
        curve=plot,
        settings=page.Table(
            "", ("hyperparameter", "value"), [(n, str(v)) for n, v in told["parameters"].items()]
        ),
    )


def rmse_by_epoch(curve: Sequence[Mapping[str, Any]], kept: int) -> Figure:
    """A line for validation and one for test; a dotted one at the epoch that was kept."""
    from matplotlib.ticker import MaxNLocator

    figure, axes = page.axes(3.2)
    for place, part in enumerate(("test", "validation")):
        points = [(e["epoch"], e["rmse"]) for e in curve if e["judged_on"] == part]
        if points:
            color, mark = page.SERIES[place], page.MARKS[place]
            axes.plot(
                *zip(*points, strict=True), color=color, marker=mark, markersize=4, label=part
            )
    axes.axvline(kept, color=page.INK, linestyle=":", label=f"epoch {kept}, kept")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epoch")
    axes.set_ylabel("RMSE")
    page.legend(axes)
    return figure


def _verdict(told: Mapping[str, Any]) -> str:
    reached = told["figures"].get("rmse")
    said = "" if reached is None else f": RMSE {reached:.4f} on {told['counted']:,} test ratings"
    return f"{told['model']} was kept after epoch {told['epochs']}{said}."


def _meaning(told: Mapping[str, Any]) -> str:
    if any(epoch["judged_on"] == "validation" for epoch in told["curve"]):
        return (
            "The epoch was chosen by validation ratings, held out of training; the model was then "
            "fitted anew on all of it. The line of test ratings is shown only: it chose nothing."
        )
    return "The epochs were given. The line of test ratings is shown only: it chose nothing."
