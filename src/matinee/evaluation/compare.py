"""Models side by side on the same split, each with how long it took."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from matinee.errors import InvalidInput
from matinee.evaluation import metrics
from matinee.evaluation.calibrating import learned
from matinee.evaluation.intervals import SHARES, Calibration
from matinee.interactions import Float32, Int32, SideInformation
from matinee.model import Model
from matinee.progress import Progress, silent
from matinee.splits import Protocol, Split

PRIMARY = {"rating": "rmse", "ranking": "ndcg@10"}
"""The figure by which models of a task are put in order."""
CUTOFF = 10
RECALL_CUTOFF = 20
SEES = " (sees which test pairs exist)"
"""What every table says of a transductive model."""


@dataclass(frozen=True)
class Evaluation:
    """How one model did under one protocol.

    Attributes
    ----------
    figures
        Mean of each metric. "rating": rmse, mae, r2, and of the intervals that should hold a half
        and nine tenths of all ratings: how many they hold (coverage@50%, coverage@90%) and how
        wide they are. "ranking": ndcg@10, recall@20, precision@10, coverage@10.
    intervals
        95 % interval of the first metric, over ratings or people.
    counted
        Test ratings, or people with test items, that the figures are means of.
    calibration
        What the test ratings teach of a rating model's errors; None where they are too few.
    """

    model: str
    parameters: dict[str, Any]
    task: str
    protocol: Protocol
    figures: dict[str, float]
    intervals: dict[str, tuple[float, float]]
    counted: int
    fit_seconds: float
    answer_seconds: float
    calibration: Calibration | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def compare(
    models: Sequence[Model],
    split: Split,
    side: SideInformation | None = None,
    *,
    progress: Progress = silent,
) -> list[Evaluation]:
    """Fit each model on the training part and judge it on the test part, best first.

    Rating models are judged by predicted ratings. Ranking models are judged by their lists over
    the whole catalogue but the person's training items, for every person with test items; give
    them a split of what was liked.

    Raises
    ------
    InvalidInput
        Models of both tasks at once: they cannot stand in one table.
    """
    tasks = {m.task for m in models}
    if len(tasks) != 1:
        raise InvalidInput(
            f"Models in one comparison must share a task, got {', '.join(sorted(tasks)) or 'none'}."
        )
    results = []
    for done, model in enumerate(models):
        progress(f"comparing {model.name}", done, len(models))
        results.append(evaluate(model, split, side, progress=progress))
    progress("comparing", len(models), len(models))
    return sorted(results, key=lambda e: quality(e.task, e.figures), reverse=True)


def quality(task: str, figures: Mapping[str, float]) -> float:
    """The primary figure, so that more is better; -inf where it is missing."""
    value = figures.get(PRIMARY[task], np.nan)
    return -np.inf if np.isnan(value) else (-value if task == "rating" else value)


def evaluate(
    model: Model,
    split: Split,
    side: SideInformation | None = None,
    *,
    progress: Progress = silent,
) -> Evaluation:
    """Fit `model` on the training part and judge it on the test part."""
    start = time.perf_counter()
    asked = replace(split.test, value=None) if model.transductive else None
    model.fit(split.train, side, progress=progress, asked=asked)
    fitted = time.perf_counter()
    predicted = _predicted(model, split) if model.task == "rating" else None
    if predicted is None:
        judged, calibration = _judge_lists(model, split), None
    else:
        judged = _judge_ratings(predicted[0], split)
        calibration = learned(model, split, *predicted)
        judged[0].update(_of_intervals(calibration))
    figures, intervals, counted = judged
    return Evaluation(
        model.name + (SEES if model.transductive else ""),
        model.parameters,
        model.task,
        split.protocol,
        figures,
        intervals,
        counted,
        fitted - start,
        time.perf_counter() - fitted,
        calibration,
    )


_Judged = tuple[dict[str, float], dict[str, tuple[float, float]], int]


def judge(model: Model, split: Split) -> _Judged:
    """Judge a fitted model on the test part: figures, intervals, and how many they are means of.

    Of the intervals of single ratings, which `evaluate` learns and judges, there are none.
    """
    if model.task == "ranking":
        return _judge_lists(model, split)
    test = split.test
    return _judge_ratings(model.predict(test.user_index, test.item_index, now=test.time), split)


def _predicted(model: Model, split: Split) -> tuple[Float32, Float32 | None]:
    """Predictions of the test ratings, and their deviations where the model states them."""
    test = split.test
    if model.has_deviation:
        return model.predict_with_deviation(test.user_index, test.item_index, now=test.time)
    return model.predict(test.user_index, test.item_index, now=test.time), None


def _of_intervals(calibration: Calibration | None) -> dict[str, float]:
    """Coverage and width of each interval; NaN where nothing could be learned."""
    figures = {}
    for what in ("coverage", "width"):
        for place, share in enumerate(SHARES):
            known = np.nan if calibration is None else getattr(calibration, what)[place]
            figures[f"{what}@{share:.0%}"] = known
    return figures


def _judge_ratings(predicted: Float32, split: Split) -> _Judged:
    test = split.test
    if test.value is None:
        raise InvalidInput("Rating models need test ratings with values, got implicit feedback.")
    squared = (predicted.astype(np.float64) - test.value) ** 2
    _, low, high = metrics.mean_and_interval(squared)
    figures = {
        "rmse": metrics.rmse(predicted, test.value),
        "mae": metrics.mae(predicted, test.value),
        "r2": metrics.r2(predicted, test.value),
    }
    return figures, {"rmse": (float(np.sqrt(max(low, 0))), float(np.sqrt(high)))}, len(test)


@dataclass(frozen=True, eq=False)
class PersonFigures:
    """Figures of each person with test items, in order of index.

    Attributes
    ----------
    people : (people,) user indices
    ndcg, recall, precision : (people,) float64
        At the cutoffs of every comparison: 10, 20, 10.
    lists : (people, 20) int32
        What was recommended, best first.
    """

    people: npt.NDArray[np.int64]
    ndcg: metrics.Float64
    recall: metrics.Float64
    precision: metrics.Float64
    lists: Int32


def per_person(model: Model, split: Split) -> PersonFigures:
    """Judge the lists of a fitted model on the test part, person by person.

    Two models' figures of the same split may be paired: see `evaluation.paired`.
    """
    relevant = split.test.matrix
    people = np.flatnonzero(np.diff(relevant.indptr))
    relevant = relevant[people]
    n_relevant = np.diff(relevant.indptr)
    lists = model.recommend(people, RECALL_CUTOFF).items
    hit = metrics.hits(lists, relevant)
    return PersonFigures(
        people,
        metrics.ndcg(hit, n_relevant, CUTOFF),
        metrics.recall(hit, n_relevant, RECALL_CUTOFF),
        metrics.precision(hit, n_relevant, CUTOFF),
        lists,
    )


def _judge_lists(model: Model, split: Split) -> _Judged:
    of = per_person(model, split)
    mean, low, high = metrics.mean_and_interval(of.ndcg)
    figures = {
        f"ndcg@{CUTOFF}": mean,
        f"recall@{RECALL_CUTOFF}": metrics.mean_and_interval(of.recall)[0],
        f"precision@{CUTOFF}": metrics.mean_and_interval(of.precision)[0],
        f"coverage@{CUTOFF}": metrics.coverage(of.lists[:, :CUTOFF], split.train.n_items),
    }
    return figures, {f"ndcg@{CUTOFF}": (low, high)}, len(of.people)
