"""What every report shares: one self-contained page, its plots and its tables."""

from __future__ import annotations

import hashlib
import io
import math
import re
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

import matinee
from matinee.durable import full_disk_named, replaced_file
from matinee.errors import InvalidParameter

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACCENT = "#a8322a"
"""What a plot is about."""
INK = "#665d52"
"""Words, ticks, and lines to compare with."""
LINE = "#e3dacb"
"""Grids."""
SERIES = (ACCENT, "#1f5f9e", "#2f6b3a", "#8a5a00", "#6b4aa0", "#0f6b70", "#a02c70", "#5b554d")
"""Several lines or kinds of points in one plot, legible on light paper and as words."""
MARKS = "osD^vPX*"
"""Shapes that go with `SERIES`, for eyes and printers that see no color."""
LARGEST = 2 * 2**20
"""Bytes that no report exceeds."""
MOST_ROWS = 120
"""Of a table; the rest is left out, and said."""

_VARIABLES = {
    INK: "--soft",
    LINE: "--line",
    "#ffffff": "--paper",
    "#000000": "--ink",
    **{color: f"--series-{place}" for place, color in enumerate(SERIES)},
}
_MACROS = ("conclusion", "fact_list", "gallery", "note_list", "plot", "table")
"""Of macros.html, for every template."""
TEXT = 11
"""Size in points where 360 points span a phone."""


@dataclass(frozen=True)
class Table:
    """Rows to show; the macro `table` writes them.

    Attributes
    ----------
    rows
        Texts are shown as they are. Numbers of a column get as many decimals as their size asks
        for; None and NaN become a dash.
    marked
        Places of rows that stand out.
    shades
        Where given, how strongly each cell is shaded, 0 to 1; None is not at all.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]
    marked: Collection[int] = ()
    shades: Sequence[Sequence[float | None]] = ()

    @cached_property
    def numeric(self) -> list[bool]:
        """Whether each column stands to the right."""
        return [
            place > 0 and all(_is_number(row[place]) for row in self.rows)
            for place in range(len(self.columns))
        ]

    @cached_property
    def cells(self) -> list[list[str]]:
        """The rows that are shown, in words."""
        shown = self.rows[:MOST_ROWS]
        columns = [_in_words([row[place] for row in shown]) for place in range(len(self.columns))]
        return [list(row) for row in zip(*columns, strict=True)]

    @property
    def left_out(self) -> int:
        return max(0, len(self.rows) - MOST_ROWS)


@dataclass(frozen=True, eq=False)
class Plot:
    """A figure with what it means, and its data as a table; the macro `plot` writes it.

    Attributes
    ----------
    meaning
        How to read it, and what it says.
    columns, rows
        What is drawn, as in `Table`.
    """

    title: str
    figure: Figure
    meaning: str
    columns: Sequence[str]
    rows: Sequence[Sequence[object]]

    @property
    def drawn(self) -> Markup:
        return Markup(svg(self.figure, self.title))  # noqa: S704 -- our own, its words escaped

    @property
    def table(self) -> Table:
        return Table(self.title, self.columns, self.rows)


def check(path: Path, option: str = "--report") -> None:
    """Make sure that a report can be written, before anything is computed for it.

    Raises
    ------
    InvalidParameter
        `path` is a folder, or in none, or in one that takes no files.
    DiskFull, StoreUnavailable
    """
    if path.is_dir():
        raise InvalidParameter(
            f"`{option}` must name a file, got the folder {path}; name a file in it, such as "
            f"{path / 'report.html'}."
        )
    if not path.parent.is_dir():
        raise InvalidParameter(
            f"`{option}` must name a file in a folder that exists, got {path}; make the folder "
            "first, or name another."
        )
    try:
        with full_disk_named(path), TemporaryFile(dir=path.parent) as trial:
            trial.write(bytes(LARGEST))
    except OSError as error:
        raise InvalidParameter(
            f"`{option}` must name a file that can be written, got {path}, where nothing can be "
            f"({error.strerror}); name another."
        ) from error


def write(path: Path, template: str, **content: Any) -> None:
    """Fill `template` and write it as one HTML file; a half-written one is never left."""
    environment = Environment(
        loader=PackageLoader("matinee.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    macros = environment.get_template("macros.html").module
    environment.globals.update({name: getattr(macros, name) for name in _MACROS})
    page = environment.get_template(template).render(
        version=matinee.__version__,
        when=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        **content,
    )
    with replaced_file(path) as begun:
        begun.write_text(page, encoding="utf-8")


def axes(height: float = 3.0) -> tuple[Figure, Axes]:
    """An empty figure without background, as wide as a phone, `height` inches high."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.0, height), layout="constrained")
    FigureCanvasSVG(figure)
    figure.patch.set_alpha(0)
    drawn = figure.add_subplot()
    drawn.patch.set_alpha(0)
    drawn.set_axisbelow(True)
    for side in ("top", "right"):
        drawn.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        drawn.spines[side].set_color(INK)
    drawn.tick_params(colors=INK, labelsize=TEXT)
    for axis in (drawn.xaxis, drawn.yaxis):
        axis.label.set(color=INK, size=TEXT)
        axis.get_offset_text().set(color=INK, size=TEXT)
    return figure, drawn


def legend(drawn: Axes, **options: Any) -> None:
    """Name the lines of `drawn` that have a label."""
    drawn.legend(frameon=False, labelcolor=INK, fontsize=TEXT, **options)


@contextmanager
def any_letters() -> Iterator[None]:
    """No warnings of letters that this machine cannot draw: the reader's draws the words."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph", UserWarning)
        yield


def svg(figure: Figure, label: str = "") -> str:
    """The figure as an element that may stand in a page, its words as text.

    Its colors are those of the page, light or dark; its ids are of its content, so that several
    figures of a page share none, and equal figures are equal bytes.
    """
    import matplotlib as mpl

    out = io.StringIO()
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "matinee"}), any_letters():
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    # Inside a page only the element itself may stand, without the XML declaration; its style
    # sheet would hold for the whole page.
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<(metadata|style)\b.*?</\1>\s*", "", text, flags=re.DOTALL)
    # The page names the font; invisible grounds are of no use.
    text = re.sub(r" ?font-family: [^;\"]*;?", "", text)
    text = re.sub(r'<path d="[^"]*" style="fill: none; opacity: 0"/>\s*', "", text)
    for color, variable in _VARIABLES.items():
        text = text.replace(color, f"var({variable})")
    text = _with_own_ids(text)
    head, _, rest = text.partition(">")
    box = re.search(r'viewBox="[^"]*"', head)
    sized = "" if box is None else box.group()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'{sized} role="img" aria-label="{escape(label or "plot")}">{rest}'
    )


def _with_own_ids(text: str) -> str:
    """Ids that something refers to get a prefix of the content; the others go."""
    used = set(re.findall(r'(?:xlink:href="#|url\(#)([^")]+)', text))
    prefix = hashlib.sha256(text.encode()).hexdigest()[:8]

    def own(found: re.Match[str]) -> str:
        return f' id="{prefix}-{found[1]}"' if found[1] in used else ""

    text = re.sub(r' id="([^"]+)"', own, text)
    return re.sub(r'(xlink:href="#|url\(#)', rf"\g<1>{prefix}-", text)


def _is_number(value: object) -> bool:
    """Whether it may stand to the right: numbers, texts that begin with one, and nothing."""
    if not isinstance(value, str) or value in ("", "–"):
        return True
    return re.match(r"(<\s)?[-+±\N{MINUS SIGN}]?[\d.,]+(\s?(%|s|to)|\b|$)", value) is not None


def _in_words(values: Sequence[Any]) -> list[str]:
    """The cells of one column."""
    numbers = [
        abs(float(v)) for v in values if not isinstance(v, str | None) and math.isfinite(float(v))
    ]
    whole = all(number == int(number) for number in numbers)
    largest = max(numbers, default=0.0)
    form = ",.0f" if whole or largest >= 1000 else ",.1f" if largest >= 100 else ".2f"
    if not whole and largest < 10:
        form = ".4f" if largest >= 0.001 else ".6f" if largest >= 1e-6 else ".2g"

    def cell(value: Any) -> str:
        if value is None:
            return "–"
        if isinstance(value, str):
            return value
        if not math.isfinite(float(value)):
            return "–"
        said = format(float(value), form)
        # What is 0 as far as is shown has no sign.
        return said.replace("-", "\N{MINUS SIGN}" if said.strip("-0,.") else "")

    return [cell(value) for value in values]
