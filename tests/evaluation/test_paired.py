"""The paired bootstrap against a slow one, and against what must hold."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.errors import InvalidInput, InvalidParameter
from matinee.evaluation import paired
from matinee.evaluation.paired import Resampled, holm, paired_bootstrap, paired_rmse


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


@pytest.mark.parametrize(("people", "least"), [(1, 1), (2, 0.5), (3, 0.25), (5, 0.0625)])
def test_a_few_people_prove_nothing(people, least):
    """All of a few lean one way as often by chance; draws of one person never vary."""
    second = np.arange(people) / 10
    found = paired_bootstrap(second + np.linspace(0.1, 0.2, people), second)
    assert found.p_value == least
    ratings = np.full(people, 3.0)
    assert paired_rmse(second + 0.5, second + 0.1, ratings).p_value >= least
    many = np.zeros(200)
    many[:people] = 1
    assert paired_bootstrap(many, np.zeros(200)).p_value >= least, "whoever differs counts"
    assert (Resampled(second[:, np.newaxis]).interval(0) is None) == (people == 1)


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


def errors(people=60, seed=0):
    """Sums of squared errors of two models, and how many ratings they are over."""
    generator = np.random.default_rng(seed)
    ratings = generator.integers(1, 20, people).astype(float)
    first, second = (ratings * generator.uniform(0.5, 1.5, people) for _ in range(2))
    return first, second, ratings


@given(st.integers(1, 30), st.integers(1, 40), st.integers(0, 99))
def test_rmse_against_a_slow_one(people, draws, seed):
    first, second, ratings = errors(people, seed)
    result = paired_rmse(first, second, ratings, draws=draws, seed=seed)
    expected = naive.paired_rmse(first, second, ratings, draws, seed)
    found = (result.difference, result.low, result.high, result.p_value)
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_one_draw_serves_all_columns():
    first, second = figures()
    third = first + 0.2
    third[5] = np.nan
    sample = Resampled(np.stack([first, second, third], axis=1))
    assert sample.difference(0, 1) == paired_bootstrap(first, second)
    assert sample.difference(0, 2).people == 199
    np.testing.assert_allclose(sample.figures, [first.mean(), second.mean(), np.nanmean(third)])
    low, high = sample.interval(0)
    margin = 1.96 * first.std() / np.sqrt(200)
    assert (low, high) == pytest.approx((first.mean() - margin, first.mean() + margin), abs=0.01)


def test_bad_errors():
    first, second, ratings = errors()
    with pytest.raises(InvalidInput, match="`ratings` must have one number for each of 60 people"):
        paired_rmse(first, second, ratings[1:])
    with pytest.raises(InvalidInput, match="Nobody"):
        Resampled(np.full((3, 2), np.nan))


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_against_its_definition(p_values):
    corrected = holm(p_values)
    assert corrected == pytest.approx(naive.holm(p_values))
    assert all(p <= c <= 1 for p, c in zip(p_values, corrected, strict=True))
