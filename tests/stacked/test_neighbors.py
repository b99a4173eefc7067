"""Neighbors among items, by how they are rated, against loops."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.errors import InvalidInput
from matinee.interactions import Interactions
from matinee.stacked import neighbors as rating_neighbors


@pytest.fixture(scope="module")
def train():
    rng = np.random.default_rng(5)
    users, items = np.nonzero(rng.random((50, 12)) < 0.6)
    taste = rng.normal(size=(50, 6))[users, items // 2]  # items come in pairs
    return Interactions(users, items, 3 + taste + 0.1 * rng.normal(size=len(users)))


@pytest.fixture(scope="module")
def fitted(train):
    return rating_neighbors.fit(train)


def test_deviations_are_from_the_item_and_the_person(fitted, train):
    ratings, found = train.matrix.toarray(), fitted.deviations(train.matrix).toarray()
    for person in (0, 7):
        rated = ratings[person] != 0
        off = ratings[person, rated] - fitted.levels[:-1][rated]
        np.testing.assert_allclose(
            found[person, rated], off - off.sum() / (rated.sum() + 7), rtol=1e-5
        )


def test_the_nearest_are_those_rated_alike(fitted, train):
    off, rated = fitted.deviations(train.matrix).toarray(), train.matrix.toarray() != 0
    spread = [np.sqrt(np.mean(off[rated[:, i], i] ** 2)) for i in range(12)]
    weights = fitted.weights.toarray()
    assert (weights[:-1].argmax(axis=1) == np.arange(12) ^ 1).all()
    for i, j in ((0, 1), (4, 5), (2, 9)):
        both = rated[:, i] & rated[:, j]
        alike = np.sum(off[both, i] * off[both, j]) / (both.sum() + 50) / (spread[i] * spread[j])
        np.testing.assert_allclose(weights[i, j], max(alike, 0) ** 1.5, rtol=1e-4)


def test_a_pair_is_told_by_the_weighted_mean(fitted, train):
    people, items = np.array([3, 9, 3]), np.array([4, 0, -1], np.int32)
    off = fitted.deviations(train.matrix)
    found = fitted.of_pairs(off[people], items)
    for (mean, weight), person, item in zip(found, people, items, strict=True):
        rated, near = train.matrix.toarray()[person] != 0, fitted.weights.toarray()[item]
        total = near[rated].sum()
        expected = (near[rated] @ off.toarray()[person, rated]) / (total + 0.3)
        np.testing.assert_allclose([mean, weight], [expected, total], atol=1e-5)
    assert (found[2] == 0).all(), "nothing is near an unknown item"


def test_its_arrays_are_checked(fitted):
    arrays = {"levels": fitted.levels, "weights": fitted.weights}
    assert rating_neighbors.of(arrays, 13).weights is fitted.weights
    with pytest.raises(InvalidInput, match="weights"):
        rating_neighbors.of({"levels": fitted.levels}, 13)
    with pytest.raises(InvalidInput, match="of 4 items"):
        rating_neighbors.of(arrays, 5)
