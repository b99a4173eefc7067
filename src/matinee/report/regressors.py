"""The report of regressors side by side: a table, and their error against their time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from matinee.regression.records import Comparison, Judged
from matinee.report import page
from matinee.report.words_in_plots import name_points, spread_over_decades

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = ("kind", "RMSE", "MAE", "R2", "fit s", "predict s", "settings")


def rmse_by_time(found: Comparison) -> Figure:
    """RMSE on test ratings against the seconds of the fit, a point each kind."""
    return _scatter(found.judged, label=True)


def rmse_of_tried(found: Comparison) -> Figure:
    """RMSE on validation ratings against the seconds of the fit, a point each setting."""
    return _scatter(found.tried, label=False)


def write(path: Path, found: Comparison, *, name: str = "Regressors") -> None:
    """Write the report as one self-contained HTML file; a half-written one is never left.

    Parameters
    ----------
    name
        Of the data.
    """
    of = ("kind", "seconds to fit", "RMSE")
    plots = [page.Plot("Error and time", rmse_by_time(found), _BY_TIME, of, _points(found.judged))]
    if found.tried:
        tried = _points(found.tried)
        plots.append(page.Plot("What was tried", rmse_of_tried(found), _TRIED, of, tried))
    page.write(
        path,
        "regressors.html",
        name=name,
        verdict=_verdict(found),
        protocol=found.protocol,
        facts={
            "training ratings": f"{found.train:,}",
            "test ratings": f"{found.test:,}",
            "features": f"{len(found.columns)}",
            "seconds to make them": f"{found.feature_seconds:.1f}",
        },
        plots=plots,
        judged=page.Table("", COLUMNS, [_cells(one) for one in found.judged], {0}),
        tried=page.Table(
            "", COLUMNS, [_cells(one) for one in sorted(found.tried, key=lambda one: one.rmse)]
        ),
        features=found.columns,
    )


def _points(judged: tuple[Judged, ...]) -> list[tuple[object, ...]]:
    return [(one.kind, f"{one.fit_seconds:.2f}", one.rmse) for one in judged]


def _scatter(judged: tuple[Judged, ...], *, label: bool) -> Figure:
    figure, axes = page.axes(3.4)
    kinds = list(dict.fromkeys(one.kind for one in judged))
    for place, kind in enumerate(kinds):
        of_kind = [one for one in judged if one.kind == kind]
        axes.scatter(
            [_seconds(one) for one in of_kind],
            [one.rmse for one in of_kind],
            color=page.SERIES[place % len(page.SERIES)],
            marker=page.MARKS[place % len(page.MARKS)],
            label=kind,
        )
    spread_over_decades(axes, [_seconds(one) for one in judged])
    axes.margins(x=0.15, y=0.15)
    axes.set_xlabel("seconds to fit")
    axes.set_ylabel("RMSE")
    if label:
        first = [next(one for one in judged if one.kind == kind) for kind in kinds]
        colors = [page.SERIES[place % len(page.SERIES)] for place in range(len(kinds))]
        x, y = [_seconds(one) for one in first], [one.rmse for one in first]
        name_points(axes, x, y, kinds, colors)
    else:
        page.legend(axes)
    return figure


def _seconds(one: Judged) -> float:
    return max(one.fit_seconds, 1e-3)


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
