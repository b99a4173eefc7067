"""Passes over gathered rows, against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.kernels import passes


@pytest.mark.parametrize("n", [0, 1, 3, 4, 5, 21])
@pytest.mark.parametrize("width", [16, 48])
def test_against_numpy(n, width):
    generator = np.random.default_rng(n)
    vectors = generator.normal(size=(30, width)).astype(np.float32)
    indices = generator.integers(0, 30, n + 5).astype(np.int32)
    x, gradient, squares = generator.normal(size=(3, width)).astype(np.float32)
    chosen = vectors[indices[2 : 2 + n]].astype(float)
    slope, square = gradient.copy(), squares.copy()
    rows = np.full((24, width), np.nan, np.float32)
    passes.bring(vectors, indices, 2, n, rows, x, slope, square)
    np.testing.assert_array_equal(rows[:n], chosen)
    np.testing.assert_allclose(slope, gradient + (1 - chosen @ x) @ chosen, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(square, squares + (chosen**2).sum(axis=0), rtol=1e-4, atol=1e-4)
    out = gradient.copy()
    passes.along(rows, n, x, out)
    np.testing.assert_allclose(out, gradient + (chosen @ x) @ chosen, rtol=1e-3, atol=1e-3)
