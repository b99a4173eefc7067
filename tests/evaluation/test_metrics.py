"""Metrics against slow references and by hand."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from matinee.evaluation import metrics

N_ITEMS = 12
people = st.lists(
    st.tuples(
        st.lists(st.integers(0, N_ITEMS - 1), max_size=8, unique=True),
        st.sets(st.integers(0, N_ITEMS - 1)),
    ),
    min_size=1,
    max_size=6,
)


def arrays(drawn):
    """(lists padded with -1, who finds what relevant as CSR)."""
    lists = np.full((len(drawn), 8), -1, np.int32)
    relevant = np.zeros((len(drawn), N_ITEMS), np.float32)
    for row, (items, wanted) in enumerate(drawn):
        lists[row, : len(items)] = items
        relevant[row, list(wanted)] = 1
    return lists, csr_array(relevant)


OF_LISTS = [
    "ndcg",
    "recall",
    "recall_capped",
    "precision",
    "average_precision",
    "reciprocal_rank",
    "hit_rate",
]


@settings(max_examples=60)
@given(people, st.integers(1, 10))
def test_against_the_reference(drawn, k):
    lists, relevant = arrays(drawn)
    hit = metrics.hits(lists, relevant)
    assert hit.dtype == bool
    for row, (_, wanted) in enumerate(drawn):
        assert hit[row].tolist() == [item in wanted for item in lists[row].tolist()]
    n_relevant = np.diff(relevant.indptr)
    for name in OF_LISTS:
        result = getattr(metrics, name)(hit, n_relevant, k)
        assert result.dtype == np.float64
        expected = [
            getattr(naive, name)(lists[row].tolist(), wanted, k)
            for row, (_, wanted) in enumerate(drawn)
        ]
        wanted = [np.nan if e is None else e for e in expected]
        np.testing.assert_allclose(result, wanted, atol=1e-12, err_msg=name)


def test_a_rating_of_zero_in_the_test_part_is_relevant():
    relevant = csr_array((np.zeros(1, np.float32), [2], [0, 1]), shape=(1, 5))
    assert metrics.hits(np.array([[1, 2]], np.int32), relevant).tolist() == [[False, True]]


def test_nothing_is_the_last_item_of_nobody():
    """-1 must not be taken for the last item of the person before."""
    relevant = csr_array(np.array([[0, 1], [1, 0]], np.float32))
    assert not metrics.hits(np.array([[-1], [-1]], np.int32), relevant).any()


def test_a_perfect_list_and_a_late_hit():
    hit = np.array([[True, True, False], [False, False, True]])
    result = metrics.ndcg(hit, np.array([2, 1], np.int32), 3)
    np.testing.assert_allclose(result, [1, 1 / math.log2(4)])


def test_rating_metrics():
    predicted, actual = np.array([1, 2, 5], np.float32), np.array([1, 4, 4], np.float32)
    assert metrics.rmse(predicted, actual) == pytest.approx(math.sqrt(5 / 3))
    assert metrics.mae(predicted, actual) == pytest.approx(1)
    assert metrics.r2(predicted, actual) == pytest.approx(1 - 5 / 6)
    assert metrics.r2(actual, actual) == 1
    assert metrics.r2(np.full(3, 3, np.float32), actual) == pytest.approx(0)
    assert np.isnan(metrics.r2(predicted, np.full(3, 4, np.float32)))


@pytest.mark.parametrize("metric", [metrics.rmse, metrics.mae, metrics.r2])
def test_of_no_ratings_nothing_can_be_said(metric):
    nothing = np.zeros(0, np.float32)
    assert np.isnan(metric(nothing, nothing))


def test_lists_by_hand():
    """Hits at ranks 2 and 4 of a list of four, of three relevant items; nobody's hits."""
    hit = np.array([[False, True, False, True], [False] * 4])
    n_relevant = np.array([3, 1], np.int32)
    by_hand = {
        "recall": (1 / 3, 2 / 3, 2 / 3),
        "recall_capped": (1 / 2, 2 / 3, 2 / 3),
        "precision": (1 / 2, 2 / 4, 2 / 10),
        "average_precision": (1 / 4, 1 / 3, 1 / 3),
        "reciprocal_rank": (1 / 2, 1 / 2, 1 / 2),
        "hit_rate": (1, 1, 1),
    }
    for name, expected in by_hand.items():
        for k, value in zip((2, 4, 10), expected, strict=True):
            result = getattr(metrics, name)(hit, n_relevant, k)
            np.testing.assert_allclose(result, [value, 0], err_msg=name)


scored = st.lists(
    st.tuples(
        st.lists(st.sampled_from([0.0, 0.5, 1.0, -np.inf, np.nan]), min_size=6, max_size=6),
        st.sets(st.integers(0, 5)),
        st.sets(st.integers(0, 5)),
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60)
@given(scored)
def test_auc(drawn):
    scores = np.array([row for row, _, _ in drawn], np.float32)
    masked, relevant = np.zeros(scores.shape), np.zeros(scores.shape)
    for row, (_, seen, wanted) in enumerate(drawn):
        masked[row, list(seen)] = relevant[row, list(wanted)] = 1
    masked, relevant = csr_array(masked), csr_array(relevant)
    share = np.full(relevant.nnz, -1.0)
    for rows in (np.arange(1), np.arange(1, len(drawn))):  # in blocks
        metrics.outranked(scores[rows], masked, relevant, rows, share)
    expected = [naive.auc(*each) for each in drawn]
    np.testing.assert_allclose(
        metrics.auc(share, relevant), [np.nan if e is None else e for e in expected]
    )


def test_mean_and_interval():
    values = np.array([0.0, 1.0, np.nan, 1.0, 0.0])
    mean, low, high = metrics.mean_and_interval(values)
    assert (mean, low, high) == pytest.approx((0.5, 0.5 - 1.96 * 0.25, 0.5 + 1.96 * 0.25))
    assert {type(v) for v in (mean, low, high)} == {float}
    assert metrics.mean_and_interval(np.array([2.0])) == (2, 2, 2)
    for empty in ([], [np.nan]):
        assert np.isnan(metrics.mean_and_interval(np.array(empty))).all()


def test_the_interval_holds_the_truth_about_nineteen_times_in_twenty():
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        _, low, high = metrics.mean_and_interval(generator.exponential(size=300))
        held += low <= 1 <= high
    assert 0.91 < held / 400 < 0.985


distributions = st.lists(
    st.tuples(st.floats(1, 5), st.floats(0.3, 3), st.floats(1, 5)), min_size=1, max_size=20
)


@settings(max_examples=40)
@given(distributions, st.sampled_from([0.5, 0.9]))
def test_deviations(drawn, share):
    predicted, deviation, actual = np.array(drawn, np.float32).T
    assert metrics.log_likelihood(predicted, deviation, actual) == pytest.approx(
        naive.log_likelihood(predicted, deviation, actual), rel=1e-5, abs=1e-6
    )
    assert metrics.interval_coverage(predicted, deviation, actual, share) == pytest.approx(
        naive.interval_coverage(predicted, deviation, actual, share)
    )


def test_deviations_by_hand():
    zero, one = np.zeros(2, np.float32), np.ones(2, np.float32)
    assert metrics.log_likelihood(zero, one, zero) == pytest.approx(-0.5 * math.log(2 * math.pi))
    actual = np.array([0.6, 0.7], np.float32)
    assert metrics.interval_coverage(zero, one, actual, 0.5) == 0.5
    assert metrics.interval_coverage(zero, one, actual, 0.9) == 1
    nothing = zero[:0]
    assert np.isnan(metrics.log_likelihood(nothing, nothing, nothing))
    assert np.isnan(metrics.interval_coverage(nothing, nothing, nothing, 0.5))
