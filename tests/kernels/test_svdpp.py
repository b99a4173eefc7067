"""The beliefs of variational Bayes against numpy, row by row."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from naive import beliefs

from matinee.kernels import svdpp


def problem(rows, others, k, density, seed):
    """A dense matrix, moments of the others as full matrices, and the kernel's inputs."""
    generator = np.random.default_rng(seed)
    dense = generator.normal(3, 1, size=(rows, others)).astype(np.float32)
    dense[generator.random(dense.shape) >= density] = np.nan
    rated = ~np.isnan(dense)
    indptr = np.append(0, rated.sum(axis=1).cumsum()).astype(np.int32)
    indices = np.nonzero(rated)[1].astype(np.int32)
    means = generator.normal(size=(others, k + 2))
    means[:, 0] = 1
    root = generator.normal(size=(others, k + 2, k + 2)) / 2
    root[:, 0] = 0  # the one is certain
    moments = means[:, :, None] * means[:, None] + root @ root.transpose(0, 2, 1)
    moments *= generator.uniform(0.5, 2, (others, 1, 1))
    moments = moments.astype(np.float32)
    root = generator.normal(size=(k + 1, k + 1))
    precision = (root @ root.T + np.eye(k + 1)).astype(np.float32)
    prior = generator.normal(size=(rows, k + 1)).astype(np.float32)
    weights = generator.uniform(0.5, 2, rows).astype(np.float32)
    return dense, moments, (indptr, indices, dense[rated], precision, prior, weights)


def packed(moments):
    first, second = np.triu_indices(moments.shape[1])
    return np.ascontiguousarray(moments[:, first, second])


def solved(moments, arguments, *, learning=True):
    indptr, indices, ratings, precision, prior, weights = arguments
    x = np.full(prior.shape, np.nan, np.float32)
    own = np.full((len(x), svdpp.packed_size(x.shape[1] - 1)), np.nan, np.float32)
    errors = np.full(len(x), np.nan)
    shift, scale = np.float32(3), np.float32(0.5)
    svdpp.solve(
        indptr, indices, ratings, shift, scale, packed(moments), precision, prior, weights, x,
        *([own, errors] if learning else []),
    )  # fmt: skip
    return x, own, errors


@settings(max_examples=30)
@given(
    st.integers(0, 8),
    st.integers(1, 10),
    st.integers(1, 6),
    st.floats(0, 1),
    st.integers(0, 99),
)
def test_against_numpy(rows, others, k, density, seed):
    dense, moments, arguments = problem(rows, others, k, density, seed)
    before = [a.copy() for a in (moments, *arguments)]
    x, own, errors = solved(moments, arguments)
    means, second, expected = beliefs((dense - 3) / 2, moments, *arguments[3:])
    np.testing.assert_allclose(x, means, rtol=2e-3, atol=1e-3)
    np.testing.assert_allclose(own, packed(second), rtol=2e-3, atol=1e-3)
    np.testing.assert_allclose(errors, expected, rtol=2e-3, atol=2e-3)
    for a, b in zip((moments, *arguments), before, strict=True):
        np.testing.assert_array_equal(a, b, err_msg="inputs stay as they were")
    again = solved(moments, arguments, learning=False)[0]
    np.testing.assert_array_equal(x, again, err_msg="means do not depend on what else is asked")


def test_rows_without_ratings_keep_their_prior():
    _, moments, arguments = problem(4, 5, 3, 0.0, 0)
    x, own, errors = solved(moments, arguments)
    np.testing.assert_array_equal(x, arguments[4])
    assert not own.any()
    assert not errors.any()


def test_the_others_without_noise_of_their_own_and_one_factor():
    """One rating of one other who is known exactly: a normal with a normal prior, by hand."""
    one = np.array([[1.0, 2.0, 0.5]])
    moments = (one[:, :, None] * one[:, None]).astype(np.float32)
    indptr, indices = np.array([0, 1], np.int32), np.array([0], np.int32)
    ratings, prior = np.array([7.0], np.float32), np.zeros((1, 2), np.float32)
    arguments = (indptr, indices, ratings, np.eye(2, dtype=np.float32), prior, np.ones(1, "f4"))
    x, own, errors = solved(moments, arguments)
    # z = 2, less b_i = 1.5 = b + 2 t + noise: the gain is a / (1 + |a|^2) with a = (1, 2).
    assert x[0] == pytest.approx([0.25, 0.5])
    variance = 1 - np.array([1, 4]) / 6
    assert own[0] == pytest.approx(
        [1, 0.5, 0.25, 0.25 + variance[1], 0.125 - 2 / 6, 0.0625 + variance[0]]
    )
    assert errors == pytest.approx([0.25**2 + 5 / 6])


def test_many_ratings_in_one_direction_and_a_tight_prior_in_another():
    one = np.array([1, 0.7, -0.4, 0.2, 0.1])
    alike = np.outer(one, one)[np.newaxis].astype(np.float32).repeat(2000, axis=0)
    indptr, indices = np.array([0, 2000], np.int32), np.arange(2000, dtype=np.int32)
    ratings, prior = np.full(2000, 5, np.float32), np.ones((1, 4), np.float32)
    precision = np.diag([1e-3, 1e6, 1, 1e-2]).astype(np.float32)
    arguments = (indptr, indices, ratings, precision, prior, np.ones(1, np.float32))
    x, _, _ = solved(alike, arguments)
    expected, _, _ = beliefs(np.ones((1, 2000)), alike, *arguments[3:])
    assert x[0] @ one[:-1] == pytest.approx(expected[0] @ one[:-1], abs=1e-3)
    assert x[0, 1] == pytest.approx(expected[0, 1], abs=1e-3)


@pytest.mark.usefixtures("compiled")
def test_many_ratings_and_few_agree_at_one_and_two_threads():
    _, moments, arguments = problem(300, 200, 4, 0.5, 1)
    indptr, indices, ratings, precision, prior, weights = arguments
    assert len(indices) > 20_000
    before = numba.get_num_threads()
    results = []
    try:
        for threads in (1, min(2, numba.config.NUMBA_NUM_THREADS)):
            numba.set_num_threads(threads)
            results.append(solved(moments, arguments))
    finally:
        numba.set_num_threads(before)
    for a, b in zip(*results, strict=True):
        np.testing.assert_array_equal(a, b)
    row = slice(indptr[7], indptr[8])
    alone = (np.array([0, indptr[8] - indptr[7]], np.int32), indices[row], ratings[row])
    x, _, _ = solved(moments, (*alone, precision, prior[7:8], weights[7:8]))
    np.testing.assert_allclose(x[0], results[0][0][7], rtol=1e-4, atol=1e-5)


@given(st.integers(0, 8), st.integers(1, 6), st.integers(1, 5), st.floats(0, 1), st.integers(0, 9))
def test_sums_of_rows(rows, others, d, density, seed):
    generator = np.random.default_rng(seed)
    rated = generator.random((rows, others)) < density
    indptr = np.append(0, rated.sum(axis=1).cumsum()).astype(np.int32)
    indices = np.nonzero(rated)[1].astype(np.int32)
    dense = generator.normal(size=(others, d)).astype(np.float32)
    out = np.full((rows, d), np.nan, np.float32)
    svdpp.sum_rows(indptr, indices, dense, out)
    np.testing.assert_allclose(out, rated @ dense, rtol=1e-4, atol=1e-5)
