"""The training curve: error by epoch, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

_COLORS = ("#2a5fa8", "#a8322a")


def write(
    path: Path, lines: Mapping[str, Sequence[tuple[int, float]]], title: str, chosen: int
) -> None:
    """Draw one line a part, (epoch, RMSE) each, as SVG; a dotted one at the `chosen` epoch."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(6, 3.6), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot(title=title, xlabel="epoch", ylabel="RMSE")
    for color, (part, points) in zip(_COLORS, lines.items(), strict=False):
        if points:
            axes.plot(*zip(*points, strict=True), color=color, marker=".", label=part)
    axes.axvline(chosen, color="#777777", linestyle=":", label=f"epoch {chosen}, kept")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False)
    figure.savefig(path, format="svg", metadata={"Date": None})
