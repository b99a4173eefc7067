"""Draws of factor rows against the plain formula."""

import numpy as np
import pytest
from scipy.sparse import random_array

from matinee.interactions import sorted_csr
from matinee.kernels import gibbs
from tests.naive import gibbs_row


def case(rows=7, others=9, factors=4, width=16, density=0.5, seed=0):
    generator = np.random.default_rng(seed)
    matrix = sorted_csr(random_array((rows, others), density=density, rng=generator))
    of_others = np.zeros((others, width), np.float32)
    of_others[:, : factors + 1] = generator.normal(size=(others, factors + 1))
    precision = np.eye(width, dtype=np.float32)
    root = generator.normal(size=(factors + 1, factors + 1))
    precision[: factors + 1, : factors + 1] = root @ root.T + np.eye(factors + 1)
    prior, noise = np.zeros((2, rows, width), np.float32)
    prior[:, : factors + 1] = generator.normal(size=(rows, factors + 1))
    noise[:, : factors + 1] = generator.normal(size=(rows, factors + 1))
    z = generator.normal(size=matrix.nnz).astype(np.float32)
    weights = generator.uniform(0.5, 2, others).astype(np.float32)
    own = generator.uniform(0.5, 2, rows).astype(np.float32)
    return matrix, z, weights, of_others, precision, prior, own, noise


def drawn(matrix, z, weights, others, precision, prior, own, noise):
    x = np.empty_like(prior)
    errors = np.empty(matrix.nnz, np.float32)
    gibbs.draw(
        matrix.indptr, matrix.indices, z, weights, others, precision, prior, own, noise, x, errors
    )
    return x, errors


@pytest.mark.parametrize("noisy", [False, True])
def test_each_row_is_drawn_by_the_formula(noisy):
    matrix, z, weights, others, precision, prior, own, noise = case()
    noise = noise if noisy else np.zeros_like(noise)
    x, errors = drawn(matrix, z, weights, others, precision, prior, own, noise)
    for row in range(matrix.shape[0]):
        of_row = slice(matrix.indptr[row], matrix.indptr[row + 1])
        which = matrix.indices[of_row]
        expected, left = gibbs_row(
            z[of_row], weights[which], others[which], precision, prior[row], own[row], noise[row]
        )
        np.testing.assert_allclose(x[row], expected, atol=2e-4)
        np.testing.assert_allclose(errors[of_row], left, atol=1e-3)


def test_a_row_without_ratings_is_drawn_from_its_prior():
    matrix, z, weights, others, precision, prior, own, noise = case(density=0.0)
    x, _ = drawn(matrix, z, weights, others, precision, prior, own, np.zeros_like(noise))
    np.testing.assert_allclose(x, prior, atol=1e-4)


def test_many_rows_are_the_same_as_one_by_one():
    arguments = case(rows=300, others=200, density=0.5)
    matrix, z, weights, others, precision, prior, own, noise = arguments
    assert matrix.nnz > 20_000
    x, errors = drawn(*arguments)
    rows = matrix[:5]
    first = slice(0, rows.nnz)
    few, _ = drawn(rows, z[first], weights, others, precision, prior[:5], own[:5], noise[:5])
    np.testing.assert_array_equal(x[:5], few)
    assert np.isfinite(errors).all()
