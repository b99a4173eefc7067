"""Hits and outranked items, counted."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from matinee.kernels import judging


def made_up(people=40, items=300):
    generator = np.random.default_rng(0)
    scores = generator.integers(0, 50, (people, items)).astype(np.float32)
    chosen = generator.random((2, people, items))
    rows = []
    for kept in (chosen[0] < 0.1, (chosen[1] < 0.05) & (chosen[0] >= 0.1)):
        indptr = np.concatenate([[0], np.cumsum(kept.sum(axis=1))]).astype(np.int32)
        rows.append((indptr, np.nonzero(kept)[1].astype(np.int32)))
    return scores, *rows


def test_the_same_at_any_number_of_threads():
    scores, masked, relevant = made_up()
    lists = np.argsort(-scores, axis=1, kind="stable")[:, :20].astype(np.int32)
    before, results = numba.get_num_threads(), []
    for threads in {1, before}:
        numba.set_num_threads(threads)
        hit = np.empty(lists.shape, np.bool_)
        judging.find(lists, *relevant, hit)
        beaten = np.empty(len(relevant[1]))
        judging.beat(scores.copy(), masked, relevant, np.arange(len(scores)), beaten)
        results.append((hit, beaten))
    numba.set_num_threads(before)
    for hit, beaten in results:
        np.testing.assert_array_equal(hit, results[0][0])
        np.testing.assert_array_equal(beaten, results[0][1])
    hit, beaten = results[0]
    assert 0 < hit.sum() < hit.size
    indptr, _ = relevant
    for person in range(len(scores)):
        own, seen = (m[1][m[0][person] : m[0][person + 1]] for m in (relevant, masked))
        others = np.delete(scores[person], np.concatenate([own, seen]))
        expected = [np.mean((others < s) + 0.5 * (others == s)) for s in scores[person, own]]
        np.testing.assert_allclose(beaten[indptr[person] : indptr[person + 1]], expected)
        np.testing.assert_array_equal(hit[person], np.isin(lists[person], own))


def test_rows_that_are_not_asked_for_stay_untouched():
    scores, masked, relevant = made_up(4, 30)
    whole, part = (np.full(len(relevant[1]), -1.0) for _ in range(2))
    judging.beat(scores.copy(), masked, relevant, np.arange(4), whole)
    judging.beat(scores[2:3].copy(), masked, relevant, np.array([2]), part)
    own = slice(relevant[0][2], relevant[0][3])
    np.testing.assert_array_equal(part[own], whole[own])
    assert (np.delete(part, np.r_[own]) == -1).all()


@pytest.mark.parametrize("items", [1, 2])
def test_nothing_to_be_compared_with(items):
    """One item, relevant; two, of which the other is masked, or relevant as well."""
    relevant = np.array([0, 1], np.int32), np.array([0], np.int32)
    masked = np.array([0, items - 1], np.int32), np.arange(1, items, dtype=np.int32)
    beaten = np.zeros(1)
    scores = np.zeros((1, items), np.float32)
    judging.beat(scores, masked, relevant, np.zeros(1, np.int64), beaten)
    assert np.isnan(beaten).all()
