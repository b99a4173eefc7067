"""Tiles, Cholesky and substitution against numpy."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.kernels import gram


@pytest.mark.parametrize("width", [16, 48])
@pytest.mark.parametrize("n", [0, 1, 7, 40])
def test_products(width, n):
    generator = np.random.default_rng(n)
    rows = generator.normal(size=(n + 2, width + 16)).astype(np.float32)
    pairs = generator.normal(size=(n + 2, 2)).astype(np.float32)
    out, two = np.ones((width, width + 16), np.float32), np.ones((2, width), np.float32)
    gram.add_gram(rows, n, width, out)
    gram.add_two_products(pairs, rows, n, width, two)
    part = rows[:n, :width].astype(float)
    np.testing.assert_allclose(np.triu(out[:, :width]), np.triu(part.T @ part + 1), atol=1e-4)
    assert (out[:, width:] == 1).all(), "nothing beside the matrix is touched"
    np.testing.assert_allclose(two, pairs[:n].T @ part + 1, atol=1e-4)


@pytest.mark.parametrize("width", [16, 48])
@pytest.mark.parametrize("beside", [0, 16])
def test_cholesky(width, beside):
    generator = np.random.default_rng(width)
    rows = generator.normal(size=(width + 9, width))
    whole = rows.T @ rows + np.eye(width)
    right = generator.normal(size=(width, beside))
    matrix = np.ascontiguousarray(np.hstack([np.triu(whole), right]), np.float32)
    assert gram.factor(matrix, width)
    expected = np.linalg.cholesky(whole).T
    np.testing.assert_allclose(np.triu(matrix[:, :width]), expected, atol=1e-4)
    solved = np.linalg.solve(expected.T, right)
    np.testing.assert_allclose(matrix[:, width:], solved, atol=1e-4)
    x = generator.normal(size=width).astype(np.float32)
    wanted = np.linalg.solve(expected, x)
    gram.substitute(matrix, width, x)
    np.testing.assert_allclose(x, wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("place", [0, 9, 17, 31])
@pytest.mark.parametrize("value", [0, -1, np.nan])
def test_what_is_not_positive_definite_is_told(place, value):
    matrix = np.eye(32, dtype=np.float32)
    matrix[place, place] = value
    assert not gram.factor(matrix, 32)


def test_dot():
    one, other = np.random.default_rng(0).normal(size=(2, 50)).astype(np.float32)
    assert gram.dot(one, other, 3, 41) == pytest.approx(one[3:41] @ other[3:41], abs=1e-5)
    assert gram.dot(one, other, 5, 5) == 0
