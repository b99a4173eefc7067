"""Which rows are alike, asked for by a threshold."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.errors import InvalidParameter
from matinee.ranking import Likeness


@pytest.fixture(scope="module")
def vectors():
    """Of 500 rows, 150 are the same and one is unknown."""
    made = np.random.default_rng(0).normal(size=(500, 6)).astype(np.float32)
    made[100:250], made[5] = made[100], 0
    return made


@pytest.mark.parametrize("threshold", [0.6, 0.95])
def test_all_pairs_above_a_threshold(vectors, threshold):
    unit = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    cosines = (unit @ unit.T).astype(float)
    np.fill_diagonal(cosines, -1)
    found = Likeness(vectors).above(threshold)
    assert found.shape == cosines.shape
    assert found.has_canonical_format
    held = np.zeros(cosines.shape, bool)
    held[found.nonzero()] = True
    near = np.abs(cosines - threshold) < 1e-5
    assert (held == (cosines >= threshold))[~near].all()
    np.testing.assert_allclose(found.data, cosines[held], atol=1e-5)


def test_pairs_of_some_rows(vectors):
    likeness = Likeness(vectors)
    wanted = np.array([200, 5, 3], np.int32)
    some = likeness.above(0.95, wanted)
    assert some.shape == (3, 500)
    np.testing.assert_array_equal(some.toarray(), likeness.above(0.95).toarray()[wanted])
    assert np.diff(some.indptr)[0] >= 149
    assert not some[[1]].nnz, "what is unknown is like none"
    assert likeness.above(0.95, wanted[:0]).shape == (0, 500)


@pytest.mark.parametrize("threshold", [0, 1.01, float("nan")])
def test_a_threshold_that_is_none(vectors, threshold):
    with pytest.raises(InvalidParameter, match="threshold"):
        Likeness(vectors).above(threshold)
