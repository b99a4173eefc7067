"""Moods against the plain formula."""

import numpy as np

from matinee.kernels import moods
from tests import naive


def case(pages=5, seed=0):
    generator = np.random.default_rng(seed)
    return generator.uniform(0.5, 9, pages), generator.normal(size=pages) * 3


def drawn(starts, weights, sums, noise, phi=0.7, v=0.4, g=0.2):
    result = np.empty((2, len(weights)), np.float32)
    moods.draw(starts, weights, sums, phi, v, g, noise.T.astype(np.float32), result)
    return result.T


def test_without_noise_they_are_the_means():
    weights, sums = case()
    starts = np.array([0, 5, 5], np.int32)  # the second person has no pages
    found = drawn(starts, weights, sums, np.zeros((5, 2)))
    s, own, _ = naive.moods(weights, sums, 0.7, 0.4, 0.2)
    np.testing.assert_allclose(found, np.stack([s, own], axis=1), atol=1e-5)


def test_noise_spreads_them_as_far_as_they_are_unknown():
    weights, sums = case()
    starts = np.array([0, 5], np.int32)
    mean = drawn(starts, weights, sums, np.zeros((5, 2)))
    root = []
    for page in range(5):
        noise = np.zeros((5, 2))
        noise[page, 0] = 1
        root.append(drawn(starts, weights, sums, noise)[:, 0] - mean[:, 0])
    root = np.array(root).T
    _, _, covariance = naive.moods(weights, sums, 0.7, 0.4, 0.2)
    np.testing.assert_allclose(root @ root.T, covariance, atol=1e-4)
    noise = np.zeros((5, 2))
    noise[2, 1] = 1
    apart = drawn(starts, weights, sums, noise) - mean
    np.testing.assert_allclose(apart[2, 1], 1 / np.sqrt(weights[2] + 1 / 0.2), rtol=1e-4)


def test_many_people_are_the_same_as_one_by_one():
    weights, sums = case(30_000)
    noise = np.random.default_rng(1).normal(size=(30_000, 2))
    starts = np.arange(0, 30_001, 10).astype(np.int32)
    together = drawn(starts, weights, sums, noise)
    alone = drawn(np.array([0, 10], np.int32), weights[50:60], sums[50:60], noise[50:60])
    np.testing.assert_array_equal(together[50:60], alone)
