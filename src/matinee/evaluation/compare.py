"""Models side by side on the same split, each with how long it took."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np

from matinee.errors import InvalidInput
from matinee.evaluation import leaks, of_ratings, segments
from matinee.evaluation.asking import Asking
from matinee.evaluation.beyond import Catalogue
from matinee.evaluation.intervals import Calibration
from matinee.evaluation.metrics import Float64, mean_and_interval
from matinee.evaluation.of_lists import CUTOFF, RECALL_CUTOFF, JudgedLists
from matinee.evaluation.segments import Segmentation
from matinee.interactions import Float32, Int32, Int64, SideInformation
from matinee.model import Model
from matinee.progress import Progress, silent
from matinee.splits import Protocol, Split

PRIMARY = {"rating": "rmse", "ranking": f"ndcg@{CUTOFF}"}
"""The figure by which models of a task are put in order."""
SEES = " (sees which test pairs exist)"
"""What every table says of a transductive model."""


@dataclass(frozen=True, eq=False)
class People:
    """What a model did for each person judged.

    Attributes
    ----------
    index : (people,) int64
        User indices, ascending.
    figures : name -> (people,) float64
        "ranking": all that are means over people, by the same name; NaN where somebody has none.
    lists : (people, 20) int32, or None
        "ranking": what was recommended, best first, -1 where a list ends early.
    squared, absolute : (people,) float64; count : (people,) int64; or None
        "rating": sums of the squared and absolute errors of each person's test ratings, and how
        many these are.
    predicted : (test ratings,) float32, or None
        "rating": in the order of ``split.test``.
    """

    index: Int64
    figures: dict[str, Float64] = field(default_factory=dict)
    lists: Int32 | None = None
    squared: Float64 | None = None
    absolute: Float64 | None = None
    count: Int64 | None = None
    predicted: Float32 | None = None


@dataclass(frozen=True)
class Evaluation:
    """How one model did under one protocol.

    Attributes
    ----------
    figures
        The primary one first; what cannot be known (without genres, or from too few ratings) is
        left out. "rating": rmse, mae, r2, log_likelihood, and of the intervals that should hold a
        half and nine tenths of all ratings: how many they hold (coverage@50%, coverage@90%) and
        how wide they are (width@50%, width@90%). "ranking": those of `of_lists`.
    intervals
        95 % interval of the first metric, over ratings or people.
    counted
        Test ratings, or people with test items, that the figures are means of.
    fit_seconds, answer_seconds
        Of the fit, 0 where it was fitted before; of lists or predictions, and of judging them.
    calibration
        What the test ratings teach of a rating model's errors; None where they are too few.
    segments
        Figures by segmentation and segment, such as segments["people"]["light"]["ndcg@10"];
        "counted" is how many people, or ratings, these are means of. Segments without any are
        left out.
    people
        The same person by person; not in `as_dict`.
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
    segments: dict[str, dict[str, dict[str, float]]] = field(default_factory=dict)
    people: People | None = field(default=None, repr=False, compare=False)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON, without `people`."""
        return {k: v for k, v in asdict(replace(self, people=None)).items() if k != "people"}


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
    segmentations: Sequence[Segmentation] | None = None,
    auc: bool = False,
    progress: Progress = silent,
) -> Evaluation:
    """Fit `model` on the training part and judge it on the test part: see `judge`."""
    leaks.refuse(split)
    start = time.perf_counter()
    asked = replace(split.test, value=None) if model.transductive else None
    model.fit(split.train, side, progress=progress, asked=asked)
    seconds = time.perf_counter() - start
    judged = judge(model, split, side, segmentations=segmentations, auc=auc, progress=progress)
    return replace(judged, fit_seconds=seconds)


def judge(
    model: Model,
    split: Split,
    side: SideInformation | None = None,
    *,
    segmentations: Sequence[Segmentation] | None = None,
    auc: bool = False,
    progress: Progress = silent,
) -> Evaluation:
    """Judge a model that was fitted on the training part on the test part.

    Lists are ranked over the whole catalogue but what is known of the person (``split.known``),
    and nothing is sampled; equal scores come in order of item index. People whom the training
    part does not hold are folded in from ``split.given``.

    Parameters
    ----------
    side
        As the model was fitted with it: profiles of people who are folded in, and the features
        and genres that lists are described by.
    segmentations
        Of which figures are given apart; default: `segments.standard`, () for none.
    auc
        Give the AUC of lists as well: all items must be scored for that, the lists alone may
        take half of the time or less.

    Raises
    ------
    InvalidInput
        A rating model, and test ratings without values; or segments of other people or items; or
        training has seen what test asks for (see `leaks`).
    """
    leaks.refuse(split)
    parted = segments.standard(split) if segmentations is None else segmentations
    for one in parted:
        one.check(split.train)
    start = time.perf_counter()
    if model.task == "rating":
        judged = _judge_ratings(model, split, side, parted)
    else:
        judged = _judge_lists(model, split, side, parted, auc, progress)
    return replace(judged, answer_seconds=time.perf_counter() - start)


def _judge_ratings(
    model: Model,
    split: Split,
    side: SideInformation | None,
    parted: Sequence[Segmentation],
) -> Evaluation:
    if split.test.value is None:
        raise InvalidInput("Rating models need test ratings with values, got implicit feedback.")
    predicted, deviation = Asking(model, split, side).predictions()
    judged = of_ratings.judged(model, split, predicted, deviation)
    _, low, high = mean_and_interval(judged.squared)
    squared, absolute, count = judged.by_person(split.people)
    return replace(
        _evaluation(model, split),
        figures=judged.figures(),
        intervals={"rmse": (float(np.sqrt(max(low, 0))), float(np.sqrt(high)))},
        counted=len(split.test),
        calibration=judged.calibration,
        segments=judged.by_segment(parted),
        people=People(
            split.people, squared=squared, absolute=absolute, count=count, predicted=predicted
        ),
    )


def _judge_lists(
    model: Model,
    split: Split,
    side: SideInformation | None,
    parted: Sequence[Segmentation],
    auc: bool,
    progress: Progress,
) -> Evaluation:
    asking = Asking(model, split, side)
    relevant, known = split.test.matrix[split.people], split.known.matrix[split.people]
    judged = JudgedLists(
        split.people,
        asking.lists(RECALL_CUTOFF, progress),
        relevant,
        known,
        Catalogue.of(split.train, side),
        asking.outranked(known, relevant, progress) if auc else None,
    )
    first = PRIMARY["ranking"]
    _, low, high = mean_and_interval(judged.own[first])
    return replace(
        _evaluation(model, split),
        figures=judged.figures(),
        intervals={first: (low, high)},
        counted=len(split.people),
        segments=judged.by_segment(parted),
        people=People(split.people, judged.own, judged.lists),
    )


def _evaluation(model: Model, split: Split) -> Evaluation:
    name = model.name + (SEES if model.transductive else "")
    return Evaluation(name, model.parameters, model.task, split.protocol, {}, {}, 0, 0.0, 0.0)
