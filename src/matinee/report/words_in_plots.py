"""Words in plots: names beside points and at the ends of lines, apart, and plain ticks."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from matinee.report.page import TEXT, any_letters

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Float64 = npt.NDArray[np.float64]
_WIDE, _HIGH = 0.6 * TEXT, 1.2 * TEXT
"""About what a letter takes, in points."""
_AWAY = 7.0


def shown(text: str, most: int = 22) -> str:
    """A name as plots show it: of `most` letters, and never taken for a formula."""
    short = text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
    return short.replace("$", r"\$")


def name_points(
    axes: Axes, x: Sequence[float], y: Sequence[float], names: Sequence[str], color: Sequence[str]
) -> None:
    """Write each name beside its point, where it covers the least of other names and points.

    Call it last, when the limits of `axes` are what they will be. All coordinates are finite.
    """
    points = _in_points(axes, x, y)
    window = axes.get_window_extent()
    scale = axes.figure.dpi / 72
    taken = [(px - 4, py - 4, px + 4, py + 4) for px, py in points]
    for (px, py), at, name, hue in zip(points, zip(x, y, strict=True), names, color, strict=True):
        wide = _WIDE * len(name)
        best: tuple[float, tuple[float, float, float, float], float, float] | None = None
        for dx, dy in itertools.product((_AWAY, -_AWAY, 0.0), (0, _AWAY, -_AWAY, 2.2 * _AWAY, -16)):
            if dx == 0 and abs(dy) < 2 * _AWAY:
                continue
            left = px + dx - (wide if dx < 0 else wide / 2 if dx == 0 else 0)
            box = (left, py + dy - _HIGH / 2, left + wide, py + dy + _HIGH / 2)
            inside = (
                min(window.x1 / scale + 4, box[2]) - max(window.x0 / scale + 2, box[0]) >= wide - 1
            )
            cost = sum(_overlap(box, other) for other in taken) + (0 if inside else 200)
            if best is None or cost < best[0]:
                best = (cost, box, dx, dy)
        if best is None:
            continue
        _, box, dx, dy = best
        taken.append(box)
        axes.annotate(
            name,
            at,
            xytext=(dx, dy),
            textcoords="offset points",
            ha="left" if dx > 0 else "right" if dx < 0 else "center",
            va="center",
            color=hue,
            fontsize=TEXT,
        ).set_in_layout(False)


def name_ends(
    axes: Axes, ends: Sequence[tuple[float, float]], names: Sequence[str], color: Sequence[str]
) -> None:
    """Write each name to the right of where its line ends, none upon another."""
    if not ends:
        return
    points = _in_points(axes, *zip(*ends, strict=True))
    right = points[:, 0].max()
    order = np.argsort(points[:, 1], kind="stable")
    places = _apart(points[order, 1], _HIGH)
    for place, wanted in zip(order.tolist(), places.tolist(), strict=True):
        axes.annotate(
            names[place],
            ends[place],
            xytext=(right - points[place, 0] + _AWAY, wanted - points[place, 1]),
            textcoords="offset points",
            va="center",
            color=color[place],
            fontsize=TEXT,
        )


def spread_over_decades(axes: Axes, x: Sequence[float]) -> None:
    """A logarithmic x axis for these values > 0, with plain numbers."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    axes.set_xscale("log")
    few = max(x) / min(x) < 200
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if few else (1,), numticks=12))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_locator(NullLocator())


def _in_points(axes: Axes, x: Sequence[float], y: Sequence[float]) -> Float64:
    """Where (x, y) lie in the figure, in points."""
    with any_letters():
        axes.figure.canvas.figure.draw_without_rendering()
    placed = axes.transData.transform(np.column_stack([x, y]))
    return np.asarray(placed, np.float64) * 72 / axes.figure.dpi


def _apart(wanted: Float64, least: float) -> Float64:
    """Ascending places at least that far apart, about as near to `wanted` as can be.

    Blocks of places that touch are centered on the mean of what they wanted.
    """
    blocks: list[tuple[float, int]] = []
    for value in wanted.tolist():
        center, size = value, 1
        while blocks and center - blocks[-1][0] < least * (size + blocks[-1][1]) / 2:
            before, count = blocks.pop()
            center = (before * count + center * size) / (count + size)
            size += count
        blocks.append((center, size))
    return np.array(
        [center + least * (i - (size - 1) / 2) for center, size in blocks for i in range(size)]
    )


def _overlap(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return wide * high if wide > 0 and high > 0 else 0.0
