"""What is said of people who have just come, as most have where ratings are held out by time."""

import numpy as np
from scipy.sparse import csr_array

from matinee import models
from matinee.bayes import few_ratings
from matinee.data import load
from matinee.evaluation.metrics import rmse
from matinee.interactions import sorted_csr
from matinee.splits import time_split


def test_choices_of_few_are_filled_up_with_an_average_persons():
    generator = np.random.default_rng(0)
    told = sorted_csr((generator.random((9, 6)) < 0.6) * 1.0)
    told = told[np.flatnonzero(np.diff(told.indptr))]
    implicit = generator.normal(size=(2, 6, 4)).astype(np.float32)
    counts = np.diff(told.indptr)
    usual = few_ratings.usual_count(told)
    assert usual == int(np.median(counts))

    average = few_ratings.average_said(told, implicit, 0.5)
    naive = (told.toarray() / np.sqrt(counts)[:, np.newaxis]) @ implicit
    np.testing.assert_allclose(average, naive.mean(axis=1), atol=1e-5)

    said = few_ratings.said(told, implicit[1], average[1], usual, 0.5)
    many = counts >= usual
    np.testing.assert_allclose(said[many], naive[1][many], atol=1e-5)
    nobody = csr_array((1, 6), dtype=np.float32)
    np.testing.assert_allclose(
        few_ratings.said(nobody, implicit[1], average[1], usual, 0.5)[0], average[1], atol=1e-6
    )


def test_an_item_that_its_raters_like_is_expected_to_be_liked_by_who_comes():
    ratings = sorted_csr(np.array([[5.0, 3.0, 0], [4.0, 3.0, 0], [5.0, 0, 0]]))
    liking = few_ratings.raters_liking(ratings, np.array([4, 3, 2], np.float32))
    np.testing.assert_allclose(liking, [2 / 33, 0, 0], atol=1e-6)
    trust = few_ratings.trust_in_raters(np.array([0, 15, 45]))
    np.testing.assert_allclose(trust, [1, 0.5, 0.25])


def test_it_is_ahead_of_als_and_biases_by_time(shared_data):
    split = time_split(load(shared_data / "ml-100k.zip").interactions).validation().validation()
    few = models.create(
        "bayes_fm", factors=7, epochs=30, burn_in=10, kept=10, likelihood="normal", moods="off"
    )
    test = split.test
    error, als, biases = (
        rmse(model.fit(split.train).predict(test.user_index, test.item_index), test.value)
        for model in (few, models.create("als"), models.create("biases"))
    )
    assert error < als - 0.008  # it is 0.0145 ahead
    assert als < biases
