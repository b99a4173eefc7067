"""Steps of a scale against scipy, and the cuts found from ratings."""

import numpy as np
import pytest
from scipy.stats import norm, truncnorm

from matinee.bayes import likelihoods

CUTS = np.array([-1.0, 0.3, 2.0], np.float32)
VALUES = np.array([0.5, 2, 3, 5], np.float32)


def test_the_expected_rating_is_the_sum_over_the_steps():
    f, variance = np.array([-2.0, 0.1, 1.5]), np.array([0.5, 1.0, 2.0])
    mean, square = likelihoods.expected_steps(f, variance, CUTS, VALUES)
    ends = np.array([-np.inf, *CUTS, np.inf])
    shares = np.diff(norm.cdf((ends - f[:, None]) / np.sqrt(variance)[:, None]), axis=1)
    np.testing.assert_allclose(mean, shares @ VALUES, rtol=1e-9)
    np.testing.assert_allclose(square, shares @ VALUES**2, rtol=1e-9)


@pytest.mark.parametrize("step", range(4))
def test_of_a_hidden_number_the_mean_and_the_square(step):
    f = np.array([-3.0, -0.4, 0.5, 4.0], np.float32)
    w = np.array([0.5, 1, 2, 1], np.float32)
    steps = np.full(4, step, np.int32)
    hidden, square = likelihoods.expected_hidden(f, w, steps, CUTS)
    ends, scale = np.array([-np.inf, *CUTS, np.inf]), 1 / np.sqrt(w)
    inside = truncnorm((ends[step] - f) / scale, (ends[step + 1] - f) / scale, loc=f, scale=scale)
    np.testing.assert_allclose(hidden, inside.mean(), atol=1e-2)
    np.testing.assert_allclose(square, inside.var() + (inside.mean() - f) ** 2, rtol=1e-2)


def test_a_hidden_number_beyond_all_reason_stays_finite():
    f = np.array([-60, 60], np.float32)
    hidden, square = likelihoods.expected_hidden(
        f, np.ones(2, np.float32), np.array([3, 0], np.int32), CUTS
    )
    np.testing.assert_allclose(hidden, [2.0, -1.0], atol=0.1)
    assert np.isfinite(square).all()


def test_cuts_are_found_from_ratings():
    generator = np.random.default_rng(0)
    f = generator.normal(0, 1.5, 6000).astype(np.float32)
    ratings = VALUES[np.searchsorted(CUTS, f + generator.normal(size=6000))]
    likelihood = likelihoods.likelihood_of("ordered", ratings, generator)
    cuts = []
    for turn in range(30):
        likelihood.draw(f, np.ones_like(f), generator)
        if turn >= 10:
            cuts.append(likelihood.cuts)
    np.testing.assert_allclose(np.mean(cuts, axis=0), CUTS, atol=0.08)
    assert np.std(cuts, axis=0).max() < 0.06
    assert ((likelihood.z > likelihood.cuts[-1]) == (ratings == 5)).mean() > 0.999
    mean, deviation = likelihood.line(f)
    np.testing.assert_allclose([deviation, mean], np.polyfit(f, ratings, 1), rtol=1e-4)


@pytest.mark.parametrize(
    ("ratings", "steps"),
    [([3, 3, 3], 0), ([0, 1, 0], 1), (np.arange(20), 19), (np.linspace(0, 1, 21), 0)],
    ids=["all equal", "thumbs", "twenty", "more"],
)
def test_what_is_a_scale_of_steps(ratings, steps):
    ratings = np.asarray(ratings, np.float32)
    random = np.random.default_rng(0)
    assert len(likelihoods.likelihood_of("ordered", ratings, random).cuts) == steps
    normal = likelihoods.likelihood_of("normal", ratings, random)
    assert normal.cuts.size == 0
    mean, deviation = normal.line(normal.z)
    np.testing.assert_allclose(mean + deviation * normal.z, ratings, atol=1e-5)
