"""What of a judgement is kept, so that models can be set against each other later."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from matinee.comparing.kept import Judged
from matinee.evaluation.compare import Evaluation, judge
from matinee.evaluation.metrics import Float64
from matinee.evaluation.of_lists import CUTOFF
from matinee.evaluation.segments import Segmentation
from matinee.interactions import SideInformation
from matinee.model import Model
from matinee.splits import Split

_COUNTED = "counted"
"""Among the figures of a segment: how many people, or ratings, these are means of."""


def judged(
    model: Model, split: Split, side: SideInformation, segmentations: Sequence[Segmentation]
) -> Judged:
    """Judge a fitted model on the test part, once."""
    found = judge(model, split, side, segmentations=segmentations)
    people = found.people
    lists = None if people is None or people.lists is None else people.lists[:, :CUTOFF]
    own, ratings = _own(found)
    return Judged(
        figures={name: float(value) for name, value in found.figures.items()},
        segments={
            by: {
                name: {metric: float(v) for metric, v in figures.items() if metric != _COUNTED}
                for name, figures in segments.items()
            }
            for by, segments in found.segments.items()
        },
        sizes={
            by: {name: int(figures[_COUNTED]) for name, figures in segments.items()}
            for by, segments in found.segments.items()
        },
        counted=found.counted,
        fit_seconds=0.0,
        answer_seconds=found.answer_seconds,
        peak_bytes=None,
        people=split.people,
        own=own,
        ratings=ratings,
        lists=lists,
        predicted=None if people is None else people.predicted,
    )


def _own(found: Evaluation) -> tuple[dict[str, Float64], Float64 | None]:
    """Figures of each person; or sums of errors, and how many ratings they are over."""
    of = found.people
    if of is None or of.squared is None or of.absolute is None or of.count is None:
        return ({} if of is None else of.figures), None
    return {"rmse": of.squared, "mae": of.absolute}, of.count.astype(np.float64)
