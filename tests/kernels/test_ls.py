"""Objective and slopes of the factor model against a loop over the ratings."""

from __future__ import annotations

import numpy as np
import pytest
from naive import factor_model_slopes
from numba import config

from matinee.kernels import ls


def problem(rows, others, k, density, seed):
    generator = np.random.default_rng(seed)
    dense = generator.normal(3, 1, (rows, others)).astype(np.float32)
    dense[generator.random(dense.shape) >= density] = np.nan
    rated = ~np.isnan(dense)
    indptr = np.append(0, rated.sum(axis=1).cumsum()).astype(np.int32)
    indices = np.nonzero(rated)[1].astype(np.int32)
    mine, theirs = (generator.normal(size=(n, k + 1)).astype(np.float32) for n in (rows, others))
    penalty = generator.uniform(0.1, 2, (2, k + 1)).astype(np.float32)
    return dense, (indptr, indices, dense[rated], (3.0, 2.0), theirs, penalty, mine)


@pytest.mark.parametrize(
    ("rows", "others", "k", "density"), [(7, 9, 3, 0.5), (1, 1, 1, 1), (4, 5, 20, 0)]
)
def test_against_a_loop(rows, others, k, density):
    dense, arguments = problem(rows, others, k, density, 0)
    slope = np.full((rows, k + 1), np.nan, np.float32)
    before = [np.copy(a) for a in arguments]
    squared, penalized = ls.slopes(*arguments, slope)
    _, _, _, (mean, deviation), theirs, penalty, mine = arguments
    expected = factor_model_slopes((dense - mean) / deviation, mine, theirs, penalty)
    assert squared == pytest.approx(expected[0], rel=1e-5)
    assert penalized == pytest.approx(expected[1], rel=1e-5)
    np.testing.assert_allclose(slope, expected[2], rtol=1e-4, atol=1e-4)
    for a, b in zip(arguments, before, strict=True):
        np.testing.assert_array_equal(a, b, err_msg="inputs stay as they were")


def test_parallel_blocks_give_the_bits_of_one_block():
    if config.DISABLE_JIT:
        pytest.skip("20,000 ratings take too long in plain Python")
    rows, k = 300, 2
    _, arguments = problem(rows, 90, k, 0.8, 1)
    assert arguments[0][-1] > 20_000, "the parallel path"
    everything = np.empty((rows, k + 1), np.float32)
    squared, penalized = ls.slopes(*arguments, everything)
    indptr, indices, ratings, *rest, mine = arguments
    totals = np.zeros(2)
    for start in range(0, rows, 100):
        part, few = slice(indptr[start], indptr[start + 100]), slice(start, start + 100)
        slope = np.empty((100, k + 1), np.float32)
        own = indptr[start : start + 101] - indptr[start]
        totals += ls.slopes(own, indices[part], ratings[part], *rest, mine[few].copy(), slope)
        np.testing.assert_array_equal(slope, everything[few])
    assert totals == pytest.approx([squared, penalized])
