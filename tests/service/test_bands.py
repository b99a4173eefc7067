"""The band that shows where a rating will lie."""

from __future__ import annotations

from itertools import pairwise

import pytest

from matinee.answers import Interval
from matinee.service.bands import WIDE, band


def intervals(half: tuple[float, float], most: tuple[float, float]) -> list[Interval]:
    return [Interval(0.5, *half, 0.5), Interval(0.9, *most, 0.9)]


def test_each_step_has_its_piece() -> None:
    parts, at = band(4.3, intervals((4, 4), (3, 5)), (1, 5), [1, 2, 3, 4, 5])
    assert [p.kind for p in parts] == ["hardly", "hardly", "nearly", "likely", "nearly"]
    assert at == pytest.approx(76)  # 3.8 of 5 steps, each half of its width to either side
    assert parts[3].x < at < parts[3].x + parts[3].width
    for one, other in pairwise(parts):
        assert one.x + one.width < other.x
    assert parts[0].x > 0
    assert parts[-1].x + parts[-1].width < WIDE


@pytest.mark.parametrize("predicted", [0.5, 5.0])
def test_the_ends_of_the_scale(predicted: float) -> None:
    steps = [0.5 * i for i in range(1, 11)]
    parts, at = band(predicted, intervals((predicted, predicted), (0.5, 5)), (0.5, 5), steps)
    assert [p.kind for p in parts].count("likely") == 1
    assert 0 < at < WIDE


def test_a_scale_without_steps() -> None:
    parts, at = band(70, intervals((60, 80), (40, 100)), (0, 100), [])
    assert [tuple(p) for p in parts] == [
        (0, 100, "hardly"),
        (40, 60, "nearly"),
        (60, 20, "likely"),
    ]
    assert at == 70
    # One that a model of another scale states stays within the drawing.
    parts, at = band(120, intervals((90, 130), (90, 200)), (0, 100), [])
    assert at == WIDE
    assert all(0 <= p.x <= p.x + p.width <= WIDE for p in parts)
