"""A card as a page of plain text, which is Markdown as well."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from matinee.cards.record import Card, Data, Judged

_WIDTH = 92
_FIRST = 3
"""Figures that are shown of each segment; the record has all."""
NOT_NOTED = "not noted (by an older matinee)"


def as_text(card: Card) -> str:
    """The whole card, for a terminal and for ``card.md`` in the archive."""
    lines = [f"# {card.model}: {card.summary}", ""]
    version = card.versions.get("matinee", "an unknown version")
    lines += _wrapped(f"A {card.task} model, trained {moment(card)} by matinee {version}.")
    for title, part in (
        ("What it is for", _listed(card.use)),
        ("What it is not for, and what is not known", _listed(card.limits)),
        ("Figures", _figures(card)),
        ("Data", _listed(f"{name}: {said}" for name, said in data_facts(card.data).items())),
        ("Settings", _settings(card)),
        ("How it was made", _listed(f"{n}: {said}" for n, said in making_facts(card).items())),
    ):
        lines += ["", f"## {title}", "", *part]
    return "\n".join(lines) + "\n"


def moment(card: Card) -> str:
    """When it was trained, such as "2026-11-21 10:15 UTC"."""
    return f"{card.made[:10]} {card.made[11:16]} UTC" if len(card.made) > 16 else NOT_NOTED


def verdict(card: Card) -> str:
    """The first figure, and against what."""
    if card.judged is None or not card.judged.figures:
        return f"How good it is, is not known: {card.unjudged}."
    metric, figure = next(iter(card.judged.figures.items()))
    beside = [f"{of[metric]:.4f} of {n}" for n, of in card.judged.beside.items() if metric in of]
    against = f", against {' and '.join(beside)}" if beside else ""
    better = "lower" if card.task == "rating" else "higher"
    return f"{metric} {figure.mean:.4f} on held-out ratings{against}: {better} is better."


def figure_rows(judged: Judged) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of the figures: value, interval, and the same of each baseline."""
    columns = ["figure", "value", "95 % interval", *judged.beside]
    rows = []
    for name, figure in judged.figures.items():
        low, high = figure.low, figure.high
        interval = "" if low is None or high is None else f"{low:.4f} to {high:.4f}"
        others = [f"{of[name]:.4f}" if name in of else "" for of in judged.beside.values()]
        rows.append([name, f"{figure.mean:.4f}", interval, *others])
    return columns, rows


def segment_rows(judged: Judged) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of the first figures by segment."""
    names = list(judged.figures)[:_FIRST]
    rows = [
        [
            f"{by}: {segment}",
            f"{of['counted']:,.0f}" if "counted" in of else "",
            *(f"{of[name]:.4f}" if name in of else "" for name in names),
        ]
        for by, segments in judged.segments.items()
        for segment, of in segments.items()
    ]
    return ["segment", "counted", *names], rows


def setting_rows(card: Card) -> tuple[list[str], list[list[str]]]:
    """Columns and rows of the hyperparameters."""
    rows = [
        [name, f"{s.value:.6g}" if isinstance(s.value, float) else str(s.value), s.by]
        for name, s in card.settings.items()
    ]
    return ["hyperparameter", "value", "chosen by"], rows


def data_facts(data: Data) -> dict[str, str]:
    """What there is to say of the data, in words."""
    facts: dict[str, str] = {}
    if data.sources:
        facts["sources"] = "; ".join(_source(s.name, s.ratings) for s in data.sources)
    if data.users is not None and data.items is not None:
        facts["people and titles"] = f"{data.users:,} people, {data.items:,} titles"
    if data.ratings is not None:
        facts["ratings"] = f"{data.ratings:,}"
    if data.learned is not None and data.learned != data.ratings:
        facts["learned from"] = f"{data.learned:,} of these"
    if data.raters is not None and data.rated is not None:
        facts["these are of"] = f"{data.raters:,} people and {data.rated:,} titles"
    if data.scale is not None:
        facts["scale"] = f"{data.scale[0]:g} to {data.scale[1]:g}"
    if data.liked is not None:
        facts["liked"] = f"rated {data.liked:g} or higher"
    if data.first is not None:
        facts["time"] = f"{data.first} to {data.last}, known of {data.timed or 0:.0%} of ratings"
    if data.learned is not None:
        facts["filters"] = ", then ".join(data.filters) or "none"
    for name, known in (
        ("people of whom is known", data.profiles),
        ("titles of which is known", data.traits),
    ):
        if known:
            facts[name] = ", ".join(f"{kind} {n:,}" for kind, n in sorted(known.items()))
    if data.sha256 is not None:
        facts["SHA-256"] = data.sha256
    return facts


def making_facts(card: Card) -> dict[str, str]:
    """What the fit took, and on what."""
    cost, judged = card.cost, card.judged
    facts: dict[str, str] = {}
    if cost.seconds is not None:
        facts["fitted in"] = f"{cost.seconds:.2f} s"
    if cost.threads is not None:
        facts["threads"] = str(cost.threads)
    if judged is not None and judged.fit_seconds is not None:
        answered = judged.answer_seconds or 0
        facts["fitted to be judged in"] = f"{judged.fit_seconds:.2f} s; judged in {answered:.2f} s"
    if cost.peak_bytes is not None:
        before = (
            "" if cost.before_bytes is None else f", of which {megabytes(cost.before_bytes)} before"
        )
        facts["peak memory of the process in the fit"] = f"{megabytes(cost.peak_bytes)}{before}"
    else:
        facts["peak memory of the process in the fit"] = "not told by this system, or not noted"
    facts["seed"] = "none" if card.seed is None else str(card.seed)
    facts["versions"] = ", ".join(f"{name} {v}" for name, v in card.versions.items())
    facts["machine"] = card.machine
    return facts


def _source(name: str, ratings: int | None) -> str:
    return name if ratings is None else f"{name} ({ratings:,} ratings)"


def megabytes(size: int) -> str:
    return f"{size / (1 << 20):,.0f} MB"


def _figures(card: Card) -> list[str]:
    judged = card.judged
    if judged is None:
        return _wrapped(f"None: {card.unjudged}.")
    lines = _wrapped(f"Protocol: {judged.protocol.get('text', NOT_NOTED)}")
    if judged.counted is not None:
        what = "test ratings" if card.task == "rating" else "people with test items"
        lines += _wrapped(f"Means over {judged.counted:,} {what}.")
    lines += ["", *_table(*figure_rows(judged))]
    if judged.segments:
        lines += ["", *_table(*segment_rows(judged))]
    return lines


def _settings(card: Card) -> list[str]:
    lines = _table(*setting_rows(card)) if card.settings else ["It has none."]
    return lines if card.origin is None else [*lines, "", *_wrapped(f"From {card.origin}.")]


def _listed(sentences: Iterable[str]) -> list[str]:
    lines = [line for one in sentences for line in _wrapped(one, "- ")]
    return lines or [f"- {NOT_NOTED}"]


def _wrapped(text: str, mark: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    every = [columns, *rows]
    widths = [max(len(row[place]) for row in every) for place in range(len(columns))]

    def line(cells: Sequence[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return f"| {' | '.join(padded)} |"

    return [line(columns), line(["-" * width for width in widths]), *(line(row) for row in rows)]
