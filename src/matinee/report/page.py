"""What every report shares: one self-contained page, and plots that take its ink."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

import matinee
from matinee.durable import replaced_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACCENT = "#a8322a"
INK = "#777777"
"""Legible on light and on dark paper."""


def write(path: Path, template: str, **content: Any) -> None:
    """Fill `template` and write it as one HTML file; a half-written one is never left."""
    environment = Environment(
        loader=PackageLoader("matinee.report"), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template(template).render(
        version=matinee.__version__,
        when=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        **content,
    )
    with replaced_file(path) as begun:
        begun.write_text(page, encoding="utf-8")


def axes() -> tuple[Figure, Axes]:
    """An empty figure without background, of a size that a phone can show."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2, 2.7), layout="constrained")
    FigureCanvasSVG(figure)
    figure.patch.set_alpha(0)
    drawn = figure.add_subplot()
    drawn.patch.set_alpha(0)
    for side in ("top", "right"):
        drawn.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        drawn.spines[side].set_color(INK)
    drawn.tick_params(colors=INK, labelsize=9)
    drawn.xaxis.label.set_color(INK)
    drawn.yaxis.label.set_color(INK)
    return figure, drawn


def svg(figure: Figure) -> str:
    """The figure as an element that may stand in a page."""
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    # Inside a page only the element itself may stand, without the XML declaration.
    text = out.getvalue()
    return text[text.index("<svg") :]
