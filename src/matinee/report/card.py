"""The page of a model card: what it is for and is not, its figures, its data, how it was made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from matinee.cards import words
from matinee.cards.record import Card, Judged
from matinee.report import page

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MEANING = (
    "The first figure, with its 95 % interval, beside baselines that know nothing of taste, judged "
    "on the same held-out ratings. {better} is better."
)


def write(path: Path, archive_id: str, card: Card) -> None:
    """Write the page of a card as one HTML file."""
    judged = card.judged
    content = {
        "archive_id": archive_id,
        "card": card,
        "moment": words.moment(card),
        "verdict": words.verdict(card),
        "facts": _facts(card),
        "figures": None,
        "segments": None,
        "plots": [],
        "settings": page.Table("Hyperparameters, and who chose them", *words.setting_rows(card)),
        "data": words.data_facts(card.data),
        "making": words.making_facts(card),
    }
    if judged is not None and judged.figures:
        content["figures"] = page.Table(_counted(card), *words.figure_rows(judged))
        content["plots"] = _plots(card, judged)
        if judged.segments:
            content["segments"] = page.Table("By segment", *words.segment_rows(judged))
    page.write(path, "card.html", **content)


def _facts(card: Card) -> dict[str, str]:
    facts: dict[str, str] = {}
    if card.judged is not None:
        metric = next(iter(card.judged.figures), None)
        if metric is not None:
            facts[metric] = f"{card.judged.figures[metric].mean:.4f}"
    if card.data.learned is not None:
        facts["learned from"] = f"{card.data.learned:,} ratings"
    if card.data.raters is not None and card.data.rated is not None:
        facts["people"], facts["titles"] = f"{card.data.raters:,}", f"{card.data.rated:,}"
    if card.data.first is not None and card.data.last is not None:
        facts["from"], facts["to"] = card.data.first, card.data.last
    if card.cost.seconds is not None:
        facts["fitted in"] = f"{card.cost.seconds:.2f} s"
    if card.cost.peak_bytes is not None:
        facts["peak memory of the process"] = words.megabytes(card.cost.peak_bytes)
    return facts


def _counted(card: Card) -> str:
    counted = None if card.judged is None else card.judged.counted
    of = "test ratings" if card.task == "rating" else "people with test items"
    return "On held-out ratings" if counted is None else f"Means over {counted:,} {of}"


def _plots(card: Card, judged: Judged) -> list[page.Plot]:
    metric, figure = next(iter(judged.figures.items()))
    bars = [(card.model, figure.mean, figure.low, figure.high)]
    bars += [(n, of[metric], None, None) for n, of in judged.beside.items() if metric in of]
    if len(bars) == 1:
        return []
    better = "Lower" if card.task == "rating" else "Higher"
    rows = [(n, mean, "" if a is None else f"{a:.4f} to {b:.4f}") for n, mean, a, b in bars]
    return [
        page.Plot(
            f"{metric} beside baselines",
            _points(metric, bars),
            _MEANING.format(better=better),
            ("model", metric, "95 % interval"),
            rows,
        )
    ]


def _points(metric: str, bars: list[tuple[str, float, float | None, float | None]]) -> Figure:
    figure, drawn = page.axes(height=0.8 + 0.45 * len(bars))
    for place, (_, mean, low, high) in enumerate(reversed(bars)):
        color = page.ACCENT if place == len(bars) - 1 else page.INK
        if low is not None and high is not None:
            drawn.plot([low, high], [place, place], color=color, linewidth=2.5)
        drawn.plot([mean], [place], "o", color=color, markersize=8)
    drawn.set_yticks(range(len(bars)), [name for name, *_ in reversed(bars)])
    drawn.set_ylim(-0.6, len(bars) - 0.4)
    drawn.set_xlabel(metric)
    drawn.margins(x=0.12)
    drawn.grid(axis="x", color=page.LINE)
    return figure
