"""The least-squares kernel against numpy's solver, row by row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import least_squares
from scipy.sparse import csr_array

from matinee.kernels import als


def problem(rows, others, k, density, seed):
    generator = np.random.default_rng(seed)
    dense = generator.normal(size=(rows, others)).astype(np.float32)
    dense[generator.random(dense.shape) >= density] = np.nan
    rated = ~np.isnan(dense)
    indptr = np.append(0, rated.sum(axis=1).cumsum()).astype(np.int32)
    indices = np.nonzero(rated)[1].astype(np.int32)
    vectors = generator.normal(size=(others, k)).astype(np.float32)
    offsets = generator.normal(size=others).astype(np.float32)
    plain, weighted = generator.uniform(0.1, 2, (2, k)).astype(np.float32)
    return dense, (indptr, indices, dense[rated], vectors, offsets, plain, weighted)


def solved(arguments, rows, k):
    out = np.full((rows, k), np.nan, np.float32)
    als.solve(*arguments, out)
    return out


@settings(max_examples=30)
@given(
    st.integers(0, 12),
    st.integers(1, 15),
    st.integers(1, 9),
    st.floats(0, 1),
    st.integers(0, 99),
)
def test_against_numpy(rows, others, k, density, seed):
    dense, arguments = problem(rows, others, k, density, seed)
    before = [a.copy() for a in arguments]
    out = solved(arguments, rows, k)
    _, _, _, vectors, offsets, plain, weighted = arguments
    expected = least_squares(dense, vectors, offsets, plain, weighted)
    np.testing.assert_allclose(out, expected, rtol=1e-3, atol=1e-4)
    for a, b in zip(arguments, before, strict=True):
        np.testing.assert_array_equal(a, b, err_msg="inputs stay as they were")


def test_rows_without_ratings_become_zero():
    _, arguments = problem(4, 5, 3, 0.0, 0)
    assert (solved(arguments, 4, 3) == 0).all()


def test_an_explicit_zero_is_a_rating():
    indptr, indices = np.array([0, 1], np.int32), np.array([0], np.int32)
    one = np.ones(1, np.float32)
    out = np.empty((1, 1), np.float32)
    als.solve(indptr, indices, 0 * one, np.ones((1, 1), np.float32), one, one, 0 * one, out)
    assert out[0, 0] == pytest.approx(-0.5)


def test_parallel_blocks_give_the_bits_of_one_block():
    rows, others, k = 300, 90, 2
    _, arguments = problem(rows, others, k, 0.8, 1)
    assert arguments[0][-1] > 20_000, "the parallel path"
    everything = solved(arguments, rows, k)
    indptr, indices, ratings, *rest = arguments
    for start in range(0, rows, 100):
        part = slice(indptr[start], indptr[start + 100])
        few = (indptr[start : start + 101] - indptr[start], indices[part], ratings[part], *rest)
        np.testing.assert_array_equal(solved(few, 100, k), everything[start : start + 100])
    matrix = csr_array((ratings, indices, indptr))
    dense = np.full(matrix.shape, np.nan)
    dense[np.repeat(np.arange(rows), np.diff(indptr)), indices] = ratings
    expected = least_squares(dense, *rest)
    np.testing.assert_allclose(everything, expected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("size", [1, 30, 1000])
def test_a_penalty_too_small_for_float32_still_gives_a_solution(size):
    """Three ratings, 16 factors: V^T V has rank 3, and 1e-4 vanishes beside large factors."""
    generator = np.random.default_rng(0)
    vectors = (generator.normal(size=(3, 16)) * size).astype(np.float32)
    ratings = np.array([1, 2, 3], np.float32)
    nothing = np.zeros(16, np.float32)
    out = np.empty((1, 16), np.float32)
    als.solve(
        np.array([0, 3], np.int32),
        np.arange(3, dtype=np.int32),
        ratings,
        vectors,
        np.zeros(3, np.float32),
        nothing + np.float32(1e-4),
        nothing,
        out,
    )
    np.testing.assert_allclose(vectors @ out[0], ratings, rtol=1e-3)


@pytest.mark.parametrize("k", [1, 15, 20, 33])
@pytest.mark.parametrize("density", [0.02, 0.3, 1])
def test_with_bias_it_solves_for_a_column_of_ones_too(k, density):
    """Densities that make rows shorter than the factors and longer, and of one rating."""
    dense, arguments = problem(12, 60, k, density, k)
    indptr, indices, ratings, vectors, offsets, plain, weighted = arguments
    others = np.column_stack([vectors, offsets])
    out = np.full((12, k + 1), np.nan, np.float32)
    penalty = np.stack([plain, weighted])
    als.solve_with_bias(indptr, indices, ratings, (0.2, 1.5), others, penalty, 0.7, out)
    ones = np.column_stack([vectors, np.ones(60)])
    standard = (dense - 0.2) / 1.5
    expected = least_squares(standard, ones, offsets, np.append(plain, 0.7), np.append(weighted, 0))
    np.testing.assert_allclose(out, expected, rtol=1e-3, atol=1e-4)


def test_a_very_long_row():
    generator = np.random.default_rng(3)
    n, k = 6_000, 2
    others = generator.normal(size=(n, k + 1)).astype(np.float32)
    ratings = (others[:, :k] @ [1, -2] + others[:, k] + 0.5).astype(np.float32)
    indptr, indices = np.array([0, n], np.int32), np.arange(n, dtype=np.int32)
    out = np.empty((1, k + 1), np.float32)
    penalty = np.full((2, k), 1e-6, np.float32)
    als.solve_with_bias(indptr, indices, ratings, (0.0, 1.0), others, penalty, 1e-6, out)
    np.testing.assert_allclose(out[0], [1, -2, 0.5], atol=1e-3)


def test_what_is_not_finite_gives_nothing_and_ends():
    one = np.ones(1, np.float32)
    indptr, indices = np.array([0, 1], np.int32), np.array([0], np.int32)
    for k in (1, 20):
        others = np.full((1, k + 1), np.nan, np.float32)
        out = np.ones((1, k + 1), np.float32)
        penalty = np.ones((2, k), np.float32)
        als.solve_with_bias(indptr, indices, one, (0.0, 1.0), others, penalty, 1.0, out)
        assert not np.isfinite(out).all() or not out.any()
