"""Small clusters are dissolved, and what is counted of the others stays exact."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.sparse import csr_array

from matinee.clustering.repair import SMALLEST, counted, repair
from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import sorted_csr


def recounted(labels, liked):
    return np.array([liked[labels == c].sum(axis=0) for c in range(labels.max() + 1)])


@st.composite
def clusterings(draw):
    people, items = draw(st.integers(1, 25)), draw(st.integers(1, 8))
    labels = draw(hnp.arrays(np.int64, people, elements=st.integers(-1, draw(st.integers(0, 6)))))
    assume((labels >= 0).any())
    return labels, draw(hnp.arrays(bool, (people, items))), draw(st.integers(0, 5))


def largest(labels):
    return np.bincount(labels[labels >= 0]).max()


@given(clusterings())
def test_nobody_is_lost_and_every_count_is_a_recount(case):
    labels, liked, smallest = case
    assume(largest(labels) >= smallest)
    found = repair(labels, sorted_csr(liked), smallest=smallest)
    assert found.labels.dtype == found.renumbered.dtype == found.moved.dtype == np.int32
    np.testing.assert_array_equal(found.labels < 0, labels < 0)
    sizes = np.bincount(found.labels[found.labels >= 0])
    assert sizes.min() >= max(smallest, 1), "also: no gap in the numbers"
    assert found.counts.dtype == found.counts.indices.dtype == np.int32
    assert found.counts.has_canonical_format
    np.testing.assert_array_equal(found.counts.toarray(), recounted(found.labels, liked))
    stayed = np.setdiff1d(np.flatnonzero(labels >= 0), found.moved)
    np.testing.assert_array_equal(found.renumbered[labels[stayed]], found.labels[stayed])
    assert (found.renumbered[labels[found.moved]] == -1).all()
    kept = found.renumbered[found.renumbered >= 0]
    np.testing.assert_array_equal(kept, np.arange(len(sizes)))


@given(clusterings(), st.booleans())
def test_as_the_naive_reference_moves_them(case, given_points):
    labels, liked, smallest = case
    assume(largest(labels) >= smallest)
    points = np.random.default_rng(len(labels)).normal(size=(len(labels), 3)).astype(np.float32)
    taste = points if given_points else liked
    expected, renumbered = naive.repaired(labels, liked, smallest, taste)
    for form in (points, csr_array(points)) if given_points else (None,):
        found = repair(labels, sorted_csr(liked), smallest=smallest, points=form)
        assert found.labels.tolist() == expected
        assert found.renumbered.tolist() == renumbered


def test_coverage_comes_before_nearness_and_nearness_before_number():
    a, b, x = [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1]
    liked = sorted_csr([a, a, b, b, x])
    labels = [0, 0, 1, 1, 2]
    assert repair(labels, liked, smallest=2).labels[4] == 1
    # However near cluster 0 is, it does not cover the movie.
    near = np.array([[0.0], [0.0], [9.0], [9.0], [0.0]], np.float32)
    assert repair(labels, liked, smallest=2, points=near).labels[4] == 1
    # Both cover it, 1 by more of its members.
    liked = sorted_csr([a, [1, 1, 0, 1], b, b, x])
    assert repair(labels, liked, smallest=2).labels[4] == 1
    assert repair(labels, liked, smallest=2, points=near).labels[4] == 0
    same = np.zeros((5, 1), np.float32)
    assert repair(labels, liked, smallest=2, points=same).labels[4] == 0


def test_rounding_breaks_no_tie():
    """9 of 15 like it, and 3 of 5: as near, though 9 * (1 / 15) is not 3 * (1 / 5)."""
    liked = sorted_csr([[1]] * 9 + [[0]] * 6 + [[1]] * 3 + [[0]] * 2 + [[1]])
    assert repair([0] * 15 + [1] * 5 + [2], liked, smallest=2).labels[-1] == 0


def test_everybody_moves_by_the_lists_of_before():
    """Else the last person would follow the one before, who brought the movie along."""
    liked = sorted_csr([[1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 1, 1], [0, 0, 1]])
    found = repair([0, 0, 1, 1, 2, 3], liked, smallest=2)
    assert found.labels.tolist() == [0, 0, 1, 1, 1, 0]
    assert found.moved.tolist() == [4, 5]
    assert found.counts.toarray().tolist() == [[2, 0, 1], [0, 3, 1]]


def test_values_do_not_matter_and_nothing_is_changed():
    stars = sorted_csr([[5.0, 0.5], [4.0, 0.0], [0.0, 1.0]])
    before = stars.copy()
    labels = np.array([0, 0, 3])
    found = repair(labels, stars, smallest=1)
    assert found.counts.toarray().tolist() == [[2, 1], [0, 1]]
    assert found.renumbered.tolist() == [0, -1, -1, 1]
    assert not len(found.moved)
    assert (stars != before).nnz == 0
    assert labels.tolist() == [0, 0, 3]
    assert counted(np.array([0, -1, 0], np.int32), stars, 2).toarray().tolist() == [[1, 2], [0, 0]]


def test_all_too_small_is_told():
    liked = sorted_csr(np.ones((8, 2)))
    labels = [0, 0, 0, 1, 1, 2, 2, 2]
    with pytest.raises(InvalidInput, match=r"6 or more.*3, 3, 2 members.*smallest=3"):
        repair(labels, liked)
    assert SMALLEST == 6
    assert repair(labels, liked, smallest=3).labels.max() == 1


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([0, -2, 0], "0..16777215, or -1 for none, got -2"),
        ([0, 1 << 40, 0], "number the clusters from 0"),
        ([0, 0], "`liked` must have a row for each of the 2 labels, got 3"),
        ([[0, 0, 0]], "one-dimensional"),
        ([0.0, 0.0, 1.0], "integers"),
        ([-1, -1, -1], "at least one person in a cluster"),
    ],
)
def test_labels_that_are_none(labels, message):
    with pytest.raises(InvalidInput, match=message):
        repair(labels, sorted_csr(np.ones((3, 2))), smallest=1)


def test_other_input_that_does_not_fit():
    liked = sorted_csr(np.ones((3, 2)))
    for wrong in (-1, 2.5, True):
        with pytest.raises(InvalidParameter, match="smallest"):
            repair([0, 0, 0], liked, smallest=wrong)
    with pytest.raises(InvalidInput, match="`points`"):
        repair([0, 0, 0], liked, smallest=1, points=np.ones((2, 2), np.float32))


def test_many_people_are_compared_in_blocks(monkeypatch):
    rng = np.random.default_rng(0)
    liked = sorted_csr(rng.random((400, 30)) < 0.2)
    labels = np.where(rng.random(400) < 0.5, rng.integers(0, 5, 400), np.arange(400))
    whole = repair(labels, liked)
    monkeypatch.setattr("matinee.clustering.repair._CELLS", 11)
    for one, two in zip(whole[:3], repair(labels, liked)[:3], strict=True):
        np.testing.assert_array_equal(one, two)
