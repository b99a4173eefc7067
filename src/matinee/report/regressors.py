"""The report of regressors side by side: a table, and their error against their time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matinee.errors import InvalidParameter
from matinee.regression.records import Comparison, Judged
from matinee.report import page

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = ("kind", "RMSE", "MAE", "R2", "fit s", "predict s", "settings")
_MARKS = "osD^vP"


@dataclass(frozen=True)
class _Plot:
    title: str
    drawn: str
    meaning: str


def rmse_by_time(found: Comparison) -> Figure:
    """RMSE on test ratings against the seconds of the fit, a point each kind."""
    return _scatter(found.judged, label=True)


def rmse_of_tried(found: Comparison) -> Figure:
    """RMSE on validation ratings against the seconds of the fit, a point each setting."""
    return _scatter(found.tried, label=False)


def check(path: Path) -> None:
    """InvalidParameter where no report can be written, for before anything is computed."""
    if path.is_dir() or not path.parent.is_dir():
        raise InvalidParameter(
            f"`--report` must name a file in a folder that exists, got {path}; make the folder "
            "first, or name another."
        )


def write(path: Path, found: Comparison, *, name: str = "Regressors") -> None:
    """Write the report as one self-contained HTML file; a half-written one is never left.

    Parameters
    ----------
    name
        Of the data.
    """
    plots = [_Plot("Error and time", page.svg(rmse_by_time(found)), _BY_TIME)]
    if found.tried:
        plots.append(_Plot("What was tried", page.svg(rmse_of_tried(found)), _TRIED))
    page.write(
        path,
        "regressors.html",
        name=name,
        verdict=_verdict(found),
        facts={
            "held out": found.protocol,
            "training ratings": f"{found.train:,}",
            "test ratings": f"{found.test:,}",
            "features": f"{len(found.columns)}",
            "seconds to make them": f"{found.feature_seconds:.1f}",
        },
        plots=plots,
        columns=COLUMNS,
        rows=[_cells(one) for one in found.judged],
        tried=[_cells(one) for one in found.tried],
        features=found.columns,
    )


def _scatter(judged: tuple[Judged, ...], *, label: bool) -> Figure:
    from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

    figure, axes = page.axes()
    for place, kind in enumerate(dict.fromkeys(one.kind for one in judged)):
        of_kind = [one for one in judged if one.kind == kind]
        seconds = [max(one.fit_seconds, 1e-3) for one in of_kind]
        axes.scatter(
            seconds,
            [one.rmse for one in of_kind],
            color=page.ACCENT,
            marker=_MARKS[place % len(_MARKS)],
            label=kind,
        )
        if label:
            axes.annotate(
                kind,
                (seconds[0], of_kind[0].rmse),
                # By turns above and below, for kinds that are as good and as fast.
                xytext=(6, -11 if place % 2 else 4),
                textcoords="offset points",
                color=page.INK,
                fontsize=9,
            )
    if not label:
        axes.legend(frameon=False, labelcolor=page.INK, fontsize=9)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.margins(x=0.25, y=0.15)
    axes.set_xlabel("seconds to fit")
    axes.set_ylabel("RMSE")
    return figure


def _cells(one: Judged) -> list[str]:
    figures = [f"{value:.4f}" for value in (one.rmse, one.mae, one.r2)]
    seconds = [f"{one.fit_seconds:.2f}", f"{one.predict_seconds:.3f}"]
    return [one.kind, *figures, *seconds, one.label]


def _verdict(found: Comparison) -> str:
    best = found.best
    said = f"{best.kind} predicts best: RMSE {best.rmse:.4f} on {found.test:,} test ratings"
    if len(found.judged) == 1:
        return f"{said}."
    second = found.judged[1]
    return f"{said}, {second.rmse - best.rmse:.4f} below {second.kind}."


_BY_TIME = (
    "RMSE on test ratings, lower is better, against the time of the fit on a logarithmic axis. "
    "The making of features, the same for all, is not counted."
)
_TRIED = (
    "The same on validation ratings, held out of training, a point each setting that was tried. "
    "The best of each kind was then fitted to all of training and judged on test ratings, once."
)
