"""The paired bootstrap against a slow one, and against what must hold."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.errors import InvalidInput, InvalidParameter
from matinee.evaluation import paired
from matinee.evaluation.paired import paired_bootstrap


def figures(people=200, gain=0.0, seed=0):
    generator = np.random.default_rng(seed)
    second = generator.random(people)
    return second + generator.normal(gain, 0.3, people), second


@given(st.integers(1, 30), st.integers(1, 50), st.integers(0, 99), st.integers(1, 100))
def test_against_a_slow_one(people, draws, seed, block):
    """Whatever the number of people that is held at a time."""
    first, second = figures(people, 0.1, seed)
    kept, paired._BLOCK = paired._BLOCK, block
    try:
        result = paired_bootstrap(first, second, draws=draws, seed=seed)
    finally:
        paired._BLOCK = kept
    expected = naive.paired_bootstrap(first, second, draws, seed)
    found = (result.difference, result.low, result.high, result.p_value)
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert result.people == people


def test_is_the_same_each_time_and_follows_its_seed():
    first, second = figures()
    assert paired_bootstrap(first, second) == paired_bootstrap(first, second)
    assert paired_bootstrap(first, second) != paired_bootstrap(first, second, seed=1)


def test_exchanging_the_models_turns_the_sign():
    first, second = figures(gain=0.05)
    a, b = (paired_bootstrap(*pair) for pair in ((first, second), (second, first)))
    assert a.difference == pytest.approx(-b.difference)
    assert (a.low, a.high) == (pytest.approx(-b.high), pytest.approx(-b.low))
    assert a.p_value == b.p_value


def test_agrees_with_the_normal_distribution():
    for gain in (0.0, 0.05, 0.2):
        first, second = figures(2000, gain)
        result = paired_bootstrap(first, second)
        error = (first - second).std() / np.sqrt(2000)
        assert result.low == pytest.approx(result.difference - 1.96 * error, abs=0.1 * error)
        assert result.high == pytest.approx(result.difference + 1.96 * error, abs=0.1 * error)
        assert (result.p_value < 0.05) == (abs(result.difference) > 1.96 * error)


def test_equal_models_do_not_differ():
    first, _ = figures()
    result = paired_bootstrap(first, first)
    assert (result.difference, result.low, result.high, result.p_value) == (0, 0, 0, 1)
    alike = paired_bootstrap(first + 0.1, first)
    assert alike.p_value < 0.001, "the same gain for everybody is no chance"


def test_whoever_lacks_a_figure_is_left_out():
    first, second = figures()
    first[3], second[7] = np.nan, np.nan
    kept = ~np.isnan(first - second)
    result = paired_bootstrap(first, second)
    assert result == paired_bootstrap(first[kept], second[kept])
    assert result.people == 198
    assert "198 people" in str(result)


def test_bad_input():
    first, second = figures()
    for a, b in ((first, second[1:]), (first[None], second[None])):
        with pytest.raises(InvalidInput, match="equally long"):
            paired_bootstrap(a, b)
    with pytest.raises(InvalidInput, match="Nobody"):
        paired_bootstrap(np.array([np.nan]), np.array([1.0]))
    with pytest.raises(InvalidParameter, match="draws"):
        paired_bootstrap(first, second, draws=0)
