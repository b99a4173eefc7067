"""The report that the demo writes: the data, the leaderboard, and what is recommended and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from matinee.answers import Recommendation
from matinee.data.dataset import Dataset
from matinee.data.describe import Description, describe
from matinee.evaluation.records import Board, Comparison
from matinee.exploring import spread
from matinee.report import explore_plots, metric_words, page, verdict

_SHOWN = {
    "rating": ("mae", "r2", "coverage@90%", "width@90%"),
    "ranking": ("recall@20", "precision@10", "coverage@10"),
}
"""Of each task the figures that the leaderboard has besides the primary one."""


@dataclass(frozen=True)
class Asked:
    """A question that was put to the engine, and its answer."""

    question: str
    answer: list[Recommendation]


def write(path: Path, dataset: Dataset, comparison: Comparison, asked: Sequence[Asked]) -> None:
    """Write the report as one self-contained HTML file; a half-written one is never left."""
    facts = describe(dataset)
    ratings = dataset.interactions
    values = spread.values(ratings, facts)
    per_item = spread.spread(np.bincount(ratings.item_index, minlength=ratings.n_items))
    page.write(
        path,
        "first_look.html",
        name=dataset.name,
        facts=_facts(facts),
        plots=[
            *([] if values is None else [explore_plots.ratings(values)]),
            *([] if per_item is None else [explore_plots.tail(per_item)]),
        ],
        boards=[(verdict.answer(b), _leaderboard(b), b.protocol) for b in comparison.boards],
        asked=asked,
    )


def _leaderboard(board: Board) -> page.Table:
    """A few figures of each model, the primary one with its interval."""
    others = [m for m in _SHOWN[board.task] if any(m in e.figures for e in board.entries)]
    rows = []
    for entry in board.entries:
        primary = verdict.primary(board, entry)
        figures = [entry.figures[m].mean if m in entry.figures else None for m in others]
        seconds = verdict.cell_of_seconds(entry.fit_seconds)
        rows.append((entry.label, primary.mean, verdict.interval(primary), *figures, seconds))
    name, *names = map(metric_words.name, (board.metric, *others))
    level = verdict.level_with_leader(board)
    return page.Table(
        verdict.title(board),
        ("model", name, "95 % interval", *names, "fit, s"),
        rows,
        marked=[place for place, entry in enumerate(board.entries) if entry in level],
    )


def _facts(about: Description) -> dict[str, str]:
    facts = {
        "ratings": f"{about.ratings:,}",
        "people": f"{about.users:,}",
        "items": f"{about.items:,}",
        "of all pairs rated": f"{about.density:.2%}",
    }
    if about.per_user is not None:
        facts["ratings of the median person"] = f"{about.per_user.median:,.0f}"
    if about.mean is not None:
        facts["mean rating"] = f"{about.mean:.2f}"
    if about.liked_share is not None:
        facts[f"liked (rated {about.liked_threshold:g}+)"] = f"{about.liked_share:.0%}"
    if about.first is not None:
        facts["first rating"], facts["last rating"] = about.first, str(about.last)
    return facts
