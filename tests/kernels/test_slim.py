"""Coordinate descent against steps down the slope."""

from __future__ import annotations

import naive
import numpy as np
import pytest

from matinee.kernels import slim


@pytest.mark.parametrize("items", [7, 40])
def test_columns(items):
    generator = np.random.default_rng(items)
    chosen = (generator.random((60, items)) < 0.2).astype(np.float32)
    gram = chosen.T @ chosen + np.eye(items, dtype=np.float32) * 1e-3
    sparsity = generator.uniform(0.2, 1.5, items).astype(np.float32)
    penalty = generator.uniform(0.5, 5, items).astype(np.float32)
    found = np.empty((3, items), np.float32)
    slim.columns(gram, 2, sparsity, penalty, 1e-6, 1000, found)
    for row, j in zip(found, (2, 3, 4), strict=True):
        expected = naive.elastic_net(
            gram.astype(float), j, sparsity[j], penalty.astype(float), 3000
        )
        np.testing.assert_allclose(row, expected, atol=2e-4)
        assert row[j] == 0
        assert (row >= 0).all()
