"""Judging predicted ratings: arrays in, figures of all and of each person out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from matinee.evaluation import calibrating, metrics
from matinee.evaluation.calibrating import Measured
from matinee.evaluation.intervals import SHARES, Calibration
from matinee.evaluation.metrics import Float64
from matinee.evaluation.segments import Segmentation
from matinee.interactions import Bool, Float32, Int64, Interactions
from matinee.model import Model
from matinee.splits import Split

_DEVIATION_OF_ERROR = math.sqrt(math.pi / 2)
"""Standard deviation of a normal distribution over its mean absolute deviation."""


@dataclass(frozen=True, eq=False)
class JudgedRatings:
    """Predictions of test ratings, and what they teach of their errors.

    Attributes
    ----------
    test
        With values.
    predicted, deviation : (test ratings,) float32
        By the model; None if it states no deviations.
    calibration, measured
        See `calibrating.measured`; None where the test ratings are too few.
    """

    test: Interactions
    predicted: Float32
    deviation: Float32 | None
    calibration: Calibration | None
    measured: Measured | None

    @cached_property
    def actual(self) -> Float32:
        return np.zeros(0, np.float32) if self.test.value is None else self.test.value

    @cached_property
    def squared(self) -> Float64:
        """(test ratings,) squared errors."""
        return (self.predicted.astype(np.float64) - self.actual) ** 2

    def figures(self, of: Bool | None = None) -> dict[str, float]:
        """Figures over all test ratings, or over those of a mask.

        log_likelihood is of the model's own deviation where it states one. Else the density is
        normal, with the mean absolute error that `calibration` expects of such a prediction. This
        and what is of intervals is over the test ratings that calibration is measured by: all, or
        the later half under a split by time.
        """
        of = np.ones(len(self.test), bool) if of is None else of
        predicted, actual = self.predicted[of], self.actual[of]
        found = {
            "rmse": metrics.rmse(predicted, actual),
            "mae": metrics.mae(predicted, actual),
            "r2": metrics.r2(predicted, actual),
        }
        rows, deviation = self._density
        chosen = of[rows]
        if deviation is not None and chosen.any():
            at = rows[chosen]
            found["log_likelihood"] = metrics.log_likelihood(
                self.predicted[at], deviation[chosen], self.actual[at]
            )
        if self.measured is not None and chosen.any():
            for name, each in (("coverage", self.measured.inside), ("width", self.measured.width)):
                means = each[chosen].mean(axis=0).tolist()
                found |= {f"{name}@{s:.0%}": m for s, m in zip(SHARES, means, strict=True)}
        return found

    @cached_property
    def _density(self) -> tuple[Int64, Float32 | None]:
        """Which test ratings the likelihood is of, and the deviation of each."""
        if self.measured is None:
            return np.arange(len(self.test)), self.deviation
        rows = self.measured.rows
        if self.deviation is not None:
            return rows, self.deviation[rows]
        return rows, (self.measured.error * _DEVIATION_OF_ERROR).astype(np.float32)

    def by_segment(self, parted: Sequence[Segmentation]) -> dict[str, dict[str, dict[str, float]]]:
        """Figures of each segment that has test ratings, and how many these are."""
        found: dict[str, dict[str, dict[str, float]]] = {}
        for one in parted:
            of = self.test.user_index if one.of == "users" else self.test.item_index
            label = one.label[of]
            found[one.name] = {
                name: self.figures(label == place) | {"counted": float((label == place).sum())}
                for place, name in enumerate(one.names)
                if (label == place).any()
            }
        return found

    def by_person(self, people: Int64) -> tuple[Float64, Float64, Int64]:
        """Of each of these users: sums of squared and absolute errors, and how many ratings."""
        user, n = self.test.user_index, self.test.n_users

        def summed(each: Float64) -> Float64:
            return np.asarray(np.bincount(user, each, minlength=n)[people], np.float64)

        count = np.bincount(user, minlength=n)[people].astype(np.int64)
        return summed(self.squared), summed(np.sqrt(self.squared)), count


def judged(
    model: Model, split: Split, predicted: Float32, deviation: Float32 | None
) -> JudgedRatings:
    """Judge the predictions of a model, fitted to the training part, of all test ratings."""
    taught = calibrating.measured(model, split, predicted, deviation)
    calibration, measured = (None, None) if taught is None else taught
    return JudgedRatings(split.test, predicted, deviation, calibration, measured)
