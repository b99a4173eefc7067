"""The two ends of EASE against plain loops and numpy."""

from __future__ import annotations

import naive
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from matinee.interactions import sorted_csr
from matinee.kernels import ease


@settings(max_examples=20)
@given(st.integers(0, 9), st.integers(1, 12), st.floats(0, 1), st.integers(0, 99))
def test_gram_against_plain_loops(people, items, density, seed):
    generator = np.random.default_rng(seed)
    chosen = (generator.random((people, items)) < density).astype(np.float32)
    weights = generator.random(people).astype(np.float32)
    matrix, turned = sorted_csr(csr_array(chosen)), sorted_csr(csr_array(chosen.T))
    out = np.full((items, items), 7, np.float32)
    ease.gram(matrix.indptr, matrix.indices, turned.indptr, turned.indices, weights, out)
    np.testing.assert_allclose(np.tril(out), naive.weighted_gram(chosen, weights), rtol=1e-5)
    assert (out[np.triu_indices(items, 1)] == 7).all(), "what lies above is not touched"


def test_weights_of_an_inverse():
    for n in (1, 2, 63, 64, 65, 130):
        generator = np.random.default_rng(n)
        inverse = generator.normal(size=(n, n)).astype(np.float32)
        scale = generator.random(n).astype(np.float32)
        symmetric = np.tril(inverse) + np.tril(inverse, -1).T
        expected = -symmetric * scale
        np.fill_diagonal(expected, 0)
        inverse[np.triu_indices(n, 1)] = np.nan  # is not read
        ease.weigh(inverse, scale)
        np.testing.assert_array_equal(inverse, expected)
