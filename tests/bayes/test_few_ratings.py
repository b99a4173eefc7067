"""What is believed of people with few ratings, against sums written out."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee.bayes import few_ratings
from matinee.interactions import sorted_csr

TOLD = sorted_csr(
    csr_array(np.array([[5, 3, 4, 0], [0, 0, 0, 0], [2, 0, 0, 0], [1, 2, 3, 4], [0, 4, 4, 0]]))
)


def test_somebody_with_no_ratings_is_an_average_person():
    generator = np.random.default_rng(0)
    implicit = generator.normal(size=(2, 4, 3)).astype(np.float32)
    usual = few_ratings.usual_count(TOLD)
    assert usual == 2  # of 3, 1, 4 and 2: the median, rounded down
    average = few_ratings.average_said(TOLD, implicit, 0.5)
    rated = TOLD.toarray() > 0
    raw = [
        np.mean([y[row].sum(axis=0) / np.sqrt(row.sum()) for row in rated if row.any()], axis=0)
        for y in implicit
    ]
    np.testing.assert_allclose(average, raw, rtol=1e-5)
    said = few_ratings.said(TOLD, implicit[0], average[0], usual, 0.5)
    np.testing.assert_allclose(said[1], average[0], rtol=1e-5)
    half = implicit[0][0] / np.sqrt(2) + average[0] / 2
    np.testing.assert_allclose(said[2], half, rtol=1e-5)
    for row in (0, 3, 4):
        y = implicit[0][rated[row]].sum(axis=0) / np.sqrt(rated[row].sum())
        np.testing.assert_allclose(said[row], y, rtol=1e-4)


def test_raters_who_like_an_item_speak_for_it():
    liking = few_ratings.raters_liking(TOLD, np.array([1, 3, 3, 3], np.float32))
    above = [4 + 1 + 0, 0 - 1 + 1, 1 + 0 + 1, 1]
    np.testing.assert_allclose(liking, np.array(above) / (30 + np.array([3, 3, 3, 1])), rtol=1e-6)
    trust = few_ratings.trust_in_raters(np.array([0, 15, 135]))
    np.testing.assert_allclose(trust, [1, 0.5, 0.1])


@pytest.mark.parametrize("count", [1, 4, 40])
def test_what_ratings_replace_adds_up(count):
    usual = np.int32(10)
    average, raters = few_ratings.replaced(count, usual)
    assert count * average == pytest.approx(1 - max(0, 1 - count / usual))
    assert count * raters == pytest.approx(1 - few_ratings.trust_in_raters(np.array(count)))
