"""Learning from held-out ratings how far off predictions are: see `evaluation.intervals`."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from matinee.evaluation.intervals import SHARES, SURE, TINY, Calibration, columns, nearest
from matinee.evaluation.metrics import Float64
from matinee.interactions import Bool, Float32, Int64
from matinee.model import Model
from matinee.splits import Split

FEWEST = 50
"""Held-out ratings below which nothing is claimed."""

_ENOUGH = 5000
"""Held-out ratings of which a half teaches what all of them do."""
_MOST_STEPS = 20
_RIDGE = 30.0
"""Penalty on w: what keeps 60 ratings from telling tales, and no longer counts with thousands."""
_TURNS = 50
_AT_ONCE = 4096
"""Test ratings whose histories are held at a time."""
_MOST_ROWS = 200_000
"""That w is learned from: more would say the same, and take seconds."""


class _Held(NamedTuple):
    """Held-out ratings: what is known of each, what was predicted, and what it was."""

    columns: Float64
    predicted: Float32
    actual: Float64

    def of(self, rows: Bool) -> _Held:
        return _Held(self.columns[rows], self.predicted[rows], self.actual[rows])


class Measured(NamedTuple):
    """Test ratings that what was learned from others is measured by, each once."""

    rows: Int64
    """(n,) places in the test part."""
    error: Float64
    """(n,) the absolute error that was expected."""
    inside: Bool
    """(n, 2) whether the interval of each of `SHARES` holds the rating."""
    width: Float64
    """(n, 2) how wide it is."""


def learned(
    model: Model, split: Split, predicted: Float32, deviation: Float32 | None = None
) -> Calibration | None:
    """`measured`, and only what was learned."""
    found = measured(model, split, predicted, deviation)
    return None if found is None else found[0]


def measured(
    model: Model, split: Split, predicted: Float32, deviation: Float32 | None = None
) -> tuple[Calibration, Measured] | None:
    """Learn from test ratings how far off their predictions are, and measure what that is worth.

    Coverage, width and errors are measured on each half of the test ratings by what was learned
    from the other half; where halves would teach too little, on each tenth by what was learned from
    the rest. Under a split by time the earlier half teaches, and the later one is measured.

    Parameters
    ----------
    predicted, deviation : (test ratings,) float32
        By the model, fitted to the training part.

    Returns
    -------
    None where there are fewer than `FEWEST` test ratings, or predictions that are not finite.
    """
    test = split.test
    if test.value is None or len(test) < FEWEST or not np.isfinite(predicted).all():
        return None
    actual = test.value.astype(np.float64)
    scale = (
        min(float(model.bounds_[0]), float(actual.min())),
        max(float(model.bounds_[1]), float(actual.max())),
    )
    known = _columns(model, split, predicted, deviation, scale, float(actual.std()))
    return _measured(_Held(known, predicted, actual), scale, _teaching(split))


def _columns(
    model: Model,
    split: Split,
    predicted: Float32,
    deviation: Float32 | None,
    scale: tuple[float, float],
    spread: float,
) -> Float64:
    """`intervals.columns` of all test ratings."""
    test, given = split.test, split.given
    if given is None:
        people, items = test.user_index, test.item_index
        return columns(model, people, items, predicted, deviation, scale, spread)
    found = []
    # Each rating comes with the whole history of its person.
    for start in range(0, len(test), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        own = None if deviation is None else deviation[rows]
        histories, items = given.matrix[test.user_index[rows]], test.item_index[rows]
        found.append(columns(model, histories, items, predicted[rows], own, scale, spread))
    return np.concatenate(found)


def _teaching(split: Split) -> list[Bool]:
    """Which test ratings teach what all others are measured by, once for each measurement."""
    n = len(split.test)
    if split.protocol.kind in ("time", "rolling") and split.test.time is not None:
        earlier = np.zeros(n, bool)
        earlier[np.argsort(split.test.time, kind="stable")[: n // 2]] = True
        return [earlier]
    parts = 2 if n >= _ENOUGH else 10
    part = np.random.default_rng(split.protocol.seed or 0).permutation(n) % parts
    return [part != k for k in range(parts)]


def _measured(
    held: _Held, scale: tuple[float, float], ways: list[Bool]
) -> tuple[Calibration, Measured]:
    """Learned from all, and measured: of each way by what those rows teach of all others."""
    whole = _calibrated(held, scale)
    rows, expected, inside, width, sure = [], [], [], [], []
    for teaches in ways:
        of_half, judged = _calibrated(held.of(teaches), scale), held.of(~teaches)
        error = of_half.error(judged.columns)
        bounds = [of_half.interval(judged.predicted, error, share) for share in SHARES]
        r = judged.actual[:, np.newaxis]
        low, high = (np.stack(side, axis=1) for side in zip(*bounds, strict=True))
        rows.append(np.flatnonzero(~teaches))
        expected.append(error)
        inside.append((low - 1e-6 <= r) & (r <= high + 1e-6))
        width.append(high - low)
        sure.append(of_half.places(error))
    found = Measured(*[np.concatenate(each) for each in (rows, expected, inside, width)])
    errors = np.abs(held.actual - held.predicted)[found.rows]
    place = np.concatenate(sure)
    classes = [errors[place == k] for k in range(len(SURE))]
    return replace(
        whole,
        coverage=tuple(found.inside.mean(axis=0).tolist()),
        width=tuple(found.width.mean(axis=0).tolist()),
        errors=tuple(float(of.mean()) if len(of) else None for of in classes),
        parts=tuple(len(of) / len(errors) for of in classes),
    ), found


def _calibrated(held: _Held, scale: tuple[float, float]) -> Calibration:
    known, actual = held.columns, held.actual
    guess = float(np.abs(actual - actual.mean()).mean())
    distance = np.abs(actual - held.predicted)
    made = Calibration(
        weights=(),
        center=tuple(known.mean(axis=0).tolist()),
        lowest=tuple(known.min(axis=0).tolist()),
        highest=tuple(known.max(axis=0).tolist()),
        quantiles=(),
        low=scale[0],
        high=scale[1],
        step=_step(actual, *scale),
        spread=float(actual.std()),
        guess=guess,
        counted=len(actual),
    )
    weights = _fitted(known - made.center, np.maximum(distance, max(1e-3 * guess, TINY)))
    made = replace(made, weights=tuple(weights.tolist()))
    scaled = distance / made.error(known)
    return replace(made, quantiles=tuple(_quantile(made, held, scaled, s) for s in SHARES))


def _quantile(made: Calibration, held: _Held, scaled: Float64, share: float) -> float:
    scores = scaled
    if made.step:
        place, rated = ((at - made.low) / made.step for at in (held.predicted, held.actual))
        last = round((made.high - made.low) / made.step)
        first, final = nearest(place.astype(np.float64), last, share)
        scores = np.where((first - 0.5 < rated) & (rated < final + 0.5), 0, scaled)
    at = min(math.ceil((len(scores) + 1) * share), len(scores)) - 1
    return float(np.partition(scores, at)[at])


def _fitted(columns: Float64, distance: Float64) -> Float64:
    """w by Newton's method; the sum is convex in w, and a step that does not lower it is halved."""
    every = -(-len(distance) // _MOST_ROWS)
    distance, columns = distance[::every], columns[::every]
    n = len(distance)
    x = np.concatenate([np.ones((n, 1)), columns], axis=1)
    penalty = _RIDGE * np.append(0.0, np.maximum(columns.var(axis=0), TINY))
    w = np.zeros(x.shape[1])
    w[0] = math.log(distance.mean())

    def loss(w: Float64) -> float:
        with np.errstate(over="ignore"):
            return float((x @ w + distance * np.exp(-(x @ w))).sum() + 0.5 * (penalty * w**2).sum())

    now = loss(w)
    for _ in range(_TURNS):
        pull = distance * np.exp(-(x @ w))
        gradient = x.T @ (1 - pull) + penalty * w
        step = np.linalg.solve((x.T * pull) @ x + np.diag(penalty), gradient)
        size = 1.0
        while size > 1e-6 and not loss(w - size * step) < now:
            size /= 2
        if size <= 1e-6:
            break
        w = w - size * step
        before, now = now, loss(w)
        if before - now < 1e-9 * n:
            break
    return w


def _step(actual: Float64, low: float, high: float) -> float:
    """The distance of the scale's steps; 0 where ratings are not on few even ones."""
    values = np.unique(np.append(actual, (low, high)))
    if not 2 <= len(values) <= _MOST_STEPS + 1:
        return 0.0
    step = float(np.diff(values).min())
    place = (values - low) / step
    even = np.abs(place - np.round(place)).max() < 1e-3
    return step if even and place[-1] < _MOST_STEPS + 0.5 else 0.0
