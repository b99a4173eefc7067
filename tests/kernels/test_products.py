"""Sparse times dense and sparse times sparse, against loops."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from naive import sparse_times
from scipy.sparse import csr_array

from matinee.interactions import sorted_csr
from matinee.kernels import products


def sparse(generator, rows, columns, density=0.3):
    dense = generator.integers(-3, 4, (rows, columns)) * (
        generator.random((rows, columns)) < density
    )
    return sorted_csr(csr_array(dense.astype(np.float32)))


def parts(matrix):
    return matrix.indptr, matrix.indices, matrix.data


@pytest.mark.parametrize(("rows", "n", "d"), [(0, 5, 4), (1, 5, 3), (7, 5, 33), (6, 30, 70)])
def test_against_loops(rows, n, d):
    generator = np.random.default_rng(rows)
    left, right = sparse(generator, rows, n), sparse(generator, n, d)
    start = generator.integers(-5, 6, (rows, d)).astype(np.float32)
    wanted = start + sparse_times(*parts(left), right.toarray())
    out = start.copy()
    products.add_rows(*parts(left), right.toarray(), out)
    np.testing.assert_array_equal(out, wanted)
    out = start.copy()
    products.add_sparse_rows(*parts(left), *parts(right), out)
    np.testing.assert_array_equal(out, wanted)


@pytest.mark.skipif(bool(numba.config.DISABLE_JIT), reason="far too slow uncompiled")
def test_large_work_gives_the_same_bits_at_any_number_of_threads():
    generator = np.random.default_rng(0)
    left = csr_array(
        generator.random((300, 200), np.float32) * (generator.random((300, 200)) < 0.2)
    )
    left = sorted_csr(left)
    right = generator.random((200, 200), np.float32)
    thin = sorted_csr(csr_array(right * (generator.random((200, 200)) < 0.5)))
    before = numba.get_num_threads()
    results = []
    try:
        for threads in (1, before):
            numba.set_num_threads(threads)
            dense, other = (np.zeros((300, 200), np.float32) for _ in range(2))
            products.add_rows(*parts(left), right, dense)
            products.add_sparse_rows(*parts(left), *parts(thin), other)
            results.append((dense, other))
    finally:
        numba.set_num_threads(before)
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(results[0][0], left @ right, rtol=1e-5)
    np.testing.assert_allclose(results[0][1], (left @ thin).toarray(), rtol=1e-5, atol=1e-6)
    for p in range(0, 300, 50):  # a person alone
        out = np.zeros((1, 200), np.float32)
        products.add_rows(*parts(left[[p]]), right, out)
        np.testing.assert_array_equal(out[0], results[0][0][p])
