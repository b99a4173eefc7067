"""Where a predicted rating will lie, as a band over the scale: what the pages draw."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from matinee.answers import Interval

WIDE = 100.0
"""Of the whole band, in units of the drawing."""
_GAP = 1.5
"""Between the steps of the scale."""


class Part(NamedTuple):
    """A piece of the band: where it begins, how wide it is, and what lies there."""

    x: float
    width: float
    kind: Literal["likely", "nearly", "hardly"]


class Band(NamedTuple):
    """The pieces from left to right, or from below to above, and the place of the prediction."""

    parts: list[Part]
    at: float


def band(
    predicted: float,
    intervals: Sequence[Interval],
    scale: tuple[float, float],
    steps: Sequence[float],
) -> Band:
    """A piece for each step of the scale; without steps one over another for each interval.

    Parameters
    ----------
    intervals
        The likely one, and the one that nearly always holds.
    scale
        Lowest and highest rating, which differ.
    """
    low, high = scale
    half = (steps[1] - steps[0]) / 2 if len(steps) > 1 else 0.0
    unit = WIDE / (high - low + 2 * half)

    def part(first: float, last: float, kind: Literal["likely", "nearly", "hardly"]) -> Part:
        first, last = max(first, low), min(last, high)
        gap = _GAP if half else 0.0
        x, wide = (first - low) * unit, (last - first + 2 * half) * unit
        return Part(round(x + gap / 2, 2), round(max(wide - gap, 1.0), 2), kind)

    likely, nearly = intervals
    if half:
        parts = [part(step, step, _kind(step, likely, nearly)) for step in steps]
    else:
        parts = [part(low, high, "hardly"), part(nearly.low, nearly.high, "nearly")]
        parts.append(part(likely.low, likely.high, "likely"))
    return Band(parts, round((min(max(predicted, low), high) - low + half) * unit, 2))


def _kind(step: float, likely: Interval, nearly: Interval) -> Literal["likely", "nearly", "hardly"]:
    if likely.low <= step <= likely.high:
        return "likely"
    return "nearly" if nearly.low <= step <= nearly.high else "hardly"
