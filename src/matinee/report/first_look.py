"""The report that the demo writes: the data, the leaderboard, and what is recommended and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matinee.answers import Recommendation
from matinee.data.dataset import Dataset
from matinee.data.describe import Description, describe
from matinee.evaluation.compare import Evaluation
from matinee.interactions import Interactions
from matinee.report import page


@dataclass(frozen=True)
class Asked:
    """A question that was put to the engine, and its answer."""

    question: str
    answer: list[Recommendation]


def write(
    path: Path, dataset: Dataset, results: Sequence[Evaluation], asked: Sequence[Asked]
) -> None:
    """Write the report as one self-contained HTML file; a half-written one is never left.

    Parameters
    ----------
    results
        Of every model and protocol, each protocol's best first.
    """
    protocols = list(dict.fromkeys((r.task, str(r.protocol)) for r in results))
    page.write(
        path,
        "first_look.html",
        name=dataset.name,
        facts=_facts(describe(dataset)),
        boards=[
            (task, protocol, [r for r in results if (r.task, str(r.protocol)) == (task, protocol)])
            for task, protocol in protocols
        ],
        asked=asked,
        values_plot=_bars(*_value_counts(dataset.interactions), "rating", "ratings"),
        activity_plot=_long_tail(dataset.interactions),
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


def _value_counts(ratings: Interactions) -> tuple[list[str], list[int]]:
    import numpy as np

    if ratings.value is None:
        return ["chosen"], [len(ratings)]
    values, counts = np.unique(ratings.value, return_counts=True)
    return [f"{v:g}" for v in values], counts.tolist()


def _bars(labels: list[str], heights: list[int], x: str, y: str) -> str:
    figure, axes = page.axes()
    axes.bar(labels, heights, color=page.ACCENT, width=0.72)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return page.svg(figure)


def _long_tail(ratings: Interactions) -> str:
    """How many of all ratings the most rated items hold."""
    import numpy as np

    counts = np.sort(np.bincount(ratings.item_index, minlength=ratings.n_items))[::-1]
    share = np.concatenate([[0], np.cumsum(counts) / max(len(ratings), 1)]) * 100
    figure, axes = page.axes()
    axes.plot(np.linspace(0, 100, len(share)), share, color=page.ACCENT, linewidth=2)
    axes.set_xlabel("% of items, the most rated first")
    axes.set_ylabel("% of all ratings")
    axes.set_xlim(0, 100)
    axes.set_ylim(0, 101)
    return page.svg(figure)
