"""Nearest items against counting by hand."""

from __future__ import annotations

import naive
import numpy as np
import pytest

from matinee.interactions import sorted_csr
from matinee.kernels.neighbours import nearest


@pytest.mark.parametrize(("k", "shrinkage"), [(1, 0.0), (3, 2.0), (9, 0.0)])
def test_nearest(k, shrinkage):
    generator = np.random.default_rng(k)
    chosen = (generator.random((12, 9)) < 0.3).astype(np.float32)
    chosen[:, 4] = 0
    matrix, by_item = sorted_csr(chosen), sorted_csr(chosen.T)
    weights = generator.integers(1, 4, 12).astype(np.float32) / 4
    left, right = (generator.integers(1, 5, 9).astype(np.float32) for _ in range(2))
    items, likeness = np.full((9, k), -1, np.int32), np.zeros((9, k), np.float32)
    nearest(
        matrix.indptr, matrix.indices, by_item.indptr, by_item.indices,
        weights, left, right, shrinkage, items, likeness,
    )  # fmt: skip
    expected = naive.nearest(chosen, weights, left, right, shrinkage, k)
    for i, row in enumerate(expected):
        assert items[i, : len(row)].tolist() == [j for j, _ in row]
        np.testing.assert_allclose(likeness[i, : len(row)], [v for _, v in row], rtol=1e-6)
        assert (items[i, len(row) :] == -1).all()
