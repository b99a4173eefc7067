"""The heap against sorting, with ties, NaN and infinities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from naive import top_n

from matinee.kernels import topn

# Few distinct values, so that ties abound.
values = st.sampled_from([-np.inf, np.inf, np.nan, -1.0, -0.0, 0.0, 0.5, 1.0, 1e-45])
scores_of = arrays.arrays(
    np.float32, st.tuples(st.integers(0, 4), st.integers(0, 25)), elements=values
)


def selected(scores, n):
    items = np.full((len(scores), n), -1, np.int32)
    best = np.full((len(scores), n), 99, np.float32)
    topn.select(scores, items, best)
    return items, best


def check(scores, n):
    before = scores.copy()
    items, best = selected(scores, n)
    np.testing.assert_array_equal(scores, before)
    for row, expected in enumerate(top_n(scores, n)):
        held = len(expected)
        assert items[row, :held].tolist() == expected
        np.testing.assert_array_equal(best[row, :held], scores[row, expected])
        assert (items[row, held:] == -1).all(), "untouched where there is nothing more"
        assert (best[row, held:] == 99).all()


@given(scores_of, st.integers(0, 30))
def test_against_sorting(scores, n):
    check(scores, n)


@pytest.mark.parametrize("n", [1, 7, 300])
def test_many_different_scores(n):
    generator = np.random.default_rng(n)
    check(generator.normal(size=(5, 300)).astype(np.float32), n)
    check(np.arange(300, dtype=np.float32)[np.newaxis], n)
    check(-np.arange(600, dtype=np.float32).reshape(2, 300), n)


def test_equal_scores_come_by_column():
    items, _ = selected(np.zeros((2, 50), np.float32), 8)
    assert items.tolist() == [list(range(8))] * 2


def test_one_row_and_many_rows_agree():
    scores = np.random.default_rng(0).integers(0, 9, (6, 40)).astype(np.float32)
    together, _ = selected(scores, 10)
    for row in range(6):
        np.testing.assert_array_equal(selected(scores[row : row + 1], 10)[0][0], together[row])


def test_rows_of_a_larger_array_can_be_filled():
    """`recommend` hands slices of its outputs to the kernel."""
    scores = np.array([[1, 3, 2]], np.float32)
    items = np.full((3, 2), -1, np.int32)
    best = np.zeros((3, 2), np.float32)
    topn.select(scores, items[1:2], best[1:2])
    assert items.tolist() == [[-1, -1], [1, 2], [-1, -1]]
