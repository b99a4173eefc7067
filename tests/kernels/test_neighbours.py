"""Nearest items against counting by hand."""

from __future__ import annotations

import naive
import numpy as np
import pytest

from matinee.interactions import sorted_csr
from matinee.kernels.neighbours import Shared, nearest


def chosen_of(seed, people=12, items=9, density=0.3):
    chosen = (np.random.default_rng(seed).random((people, items)) < density).astype(np.float32)
    chosen[:, 4] = 0
    return chosen, sorted_csr(chosen.T)


def numbers(generator, n):
    return generator.integers(1, 5, n).astype(np.float32) / 4


def check(items, likeness, expected):
    for i, row in enumerate(expected):
        assert items[i, : len(row)].tolist() == [found[0] for found in row]
        wanted = [found[1] for found in row]
        np.testing.assert_allclose(likeness[i, : len(row)], wanted, rtol=1e-6)
        assert (items[i, len(row) :] == -1).all()


@pytest.mark.parametrize(("k", "shrinkage"), [(1, 0.0), (3, 2.0), (9, 0.0)])
def test_nearest(k, shrinkage):
    chosen, by_item = chosen_of(k)
    generator = np.random.default_rng(k)
    weights, left, right = (numbers(generator, n) for n in (12, 9, 9))
    items, likeness = np.full((9, k), -1, np.int32), np.zeros((9, k), np.float32)
    nearest(by_item.indptr, by_item.indices, weights, left, right, shrinkage, items, likeness)
    check(items, likeness, naive.nearest(chosen, weights, left, right, shrinkage, k))


@pytest.mark.parametrize("items_of", [9, 80, 130], ids=["some", "few chose each", "many"])
def test_what_few_share_is_not_trusted(items_of):
    chosen, by_item = chosen_of(7, 30, items_of, 0.06 if items_of == 80 else 0.4)
    generator = np.random.default_rng(7)
    weights, left, right, added, above = (numbers(generator, n) for n in (30, *[items_of] * 4))
    trust = np.array([0, 0, 0.5, 0.9], np.float32)
    shape = (items_of, 4)
    items, likeness = np.full(shape, -1, np.int32), np.zeros(shape, np.float32)
    shared = Shared(np.zeros(shape, np.float32), np.zeros(shape, np.int32))
    nearest(
        by_item.indptr, by_item.indices, weights, left, right, 0.5, items, likeness,
        added=added, above=above, trust=trust, shared=shared,
    )  # fmt: skip
    expected = naive.nearest(chosen, weights, left, right, 0.5, 4, added, above, trust)
    assert sum(map(len, expected)) > 10
    check(items, likeness, expected)
    for i, row in enumerate(expected):
        np.testing.assert_allclose(shared.together[i, : len(row)], [f[2] for f in row], rtol=1e-6)
        assert shared.both[i, : len(row)].tolist() == [f[3] for f in row]


def test_nobody_is_enough():
    _, by_item = chosen_of(1)
    ones, items = np.ones(12, np.float32), np.full((9, 2), -1, np.int32)
    likeness = np.zeros((9, 2), np.float32)
    trust = np.zeros(13, np.float32)
    nearest(by_item.indptr, by_item.indices, ones, ones, ones, 0, items, likeness, trust=trust)
    assert (items == -1).all()
