"""How ratings are spread, against slow references."""

from __future__ import annotations

import naive
import numpy as np
import pytest

from matinee.data.describe import describe
from matinee.exploring import spread
from matinee.interactions import Interactions

from .made import bare


def values(*given):
    ratings = Interactions(*given)
    return spread.values(ratings, describe(bare(ratings)))


def test_variance_between_groups():
    draw = np.random.default_rng(1)
    group = draw.integers(0, 12, 200).astype(np.int32) * 2  # every other group is empty
    value = (draw.integers(1, 6, 200) + group / 10).astype(np.float32)
    expected = naive.variance_between(group.tolist(), value.astype(float).tolist())
    assert spread.between(group, value, 24) == pytest.approx(expected, rel=1e-5)
    assert expected > 0.1
    noise = draw.integers(1, 6, 200).astype(np.float32)
    expected = naive.variance_between(group.tolist(), noise.astype(float).tolist())
    assert spread.between(group, noise, 24) == pytest.approx(expected, abs=1e-6)
    assert spread.between(np.arange(200, dtype=np.int32), value, 200) is None
    assert spread.between(group, np.full(200, 3.7, np.float32), 24) is None


def test_spread_of_counts():
    found = spread.spread(np.array([0, 1, 1, 2, 4, 5, 9, 10, 20, 48]))
    assert [(b.label, b.count) for b in found.bins] == [
        ("0", 1), ("1", 2), ("2 to 4", 2), ("5 to 9", 2), ("10 to 19", 1), ("20 to 49", 2),
    ]  # fmt: skip
    assert sum(b.share for b in found.bins) == pytest.approx(1)
    assert found.half == 2  # 48 and 20 of 100
    assert found.top_tenth == found.top_hundredth == 0.48
    assert found.below_5 == pytest.approx(4 / 9)
    assert found.below_10 == pytest.approx(6 / 9)
    assert found.curve[0] == (0, 0)
    assert found.curve[-1] == (1, 1)
    assert (1 / 9, 0.48) in found.curve
    assert spread.spread(np.zeros(3, int)) is None


def test_a_curve_has_few_points():
    found = spread.spread(np.arange(1, 100_000))
    assert len(found.curve) == 101
    assert found.half == 29_290  # 1 - sqrt(1/2) of them


def test_sizes_by_all_pairs():
    rated = np.random.default_rng(2).random((30, 8)) < 0.4
    shared = [(rated[:, i] & rated[:, j]).sum() for i in range(8) for j in range(i)]
    found = spread.sizes(rated.sum(1), rated.sum(0))
    assert found.shared == pytest.approx(np.mean(shared))
    assert (found.rated_items, found.ease_bytes) == (8, 256)
    assert (found.fits_from, found.fits_items, found.fits_ratings) == (1, 8, 1)
    assert spread.sizes(np.array([1]), np.array([1])).shared is None
    assert spread.sizes(np.array([0]), np.array([0, 0])) is None


def test_items_that_fit_a_matrix(monkeypatch):
    monkeypatch.setattr(spread, "EASE_BYTES", 4 * 3**2)
    found = spread.sizes(np.array([20]), np.array([9, 5, 4, 4, 1]))
    # Three items would fit, but the third has as many ratings as the fourth.
    assert (found.fits_from, found.fits_items) == (5, 2)
    assert found.fits_ratings == pytest.approx(14 / 23)


def test_values_of_people():
    user = [0] * 5 + [1] * 5 + [2] * 4
    value = [5, 5, 5, 5, 5, 1, 2, 3, 4, 5, 1, 1, 1, 1]
    found = values(user, [*range(5), *range(5), *range(4)], value)
    assert [(b.label, b.count) for b in found.bins] == [
        ("1", 5), ("2", 1), ("3", 1), ("4", 1), ("5", 6),
    ]  # fmt: skip
    assert found.constant_people == 0.5  # the third has four ratings only
    assert sum(b.count for b in found.of_people) == 2
    assert found.mean == pytest.approx(np.mean(value))
    assert found.deviation == pytest.approx(np.std(value))
    assert found.median == np.median(value)
    assert found.commonest.label == "5"


def test_a_scale_without_steps_has_equal_parts():
    found = values(np.arange(100), np.zeros(100, int), np.linspace(0, 2, 100))
    assert len(found.bins) == 20
    assert sum(b.count for b in found.bins) == 100
    assert found.bins[0].label == "0 to 0.1"
    assert found.of_people == ()
    assert found.constant_people is None


def test_implicit_feedback_and_no_ratings_have_no_values():
    assert values([0, 1], [0, 0]) is None
    assert values([], [], [], None, 2, 2) is None
