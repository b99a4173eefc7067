"""Hidden numbers between cuts against scipy's distributions."""

import numpy as np
from scipy.stats import norm, truncnorm

from matinee.kernels import ordered

CUTS = np.array([-np.inf, -1.0, 0.3, 2.0, np.inf])


def case(n=400, seed=0):
    generator = np.random.default_rng(seed)
    f = generator.normal(0, 2, n).astype(np.float32)
    w = generator.uniform(0.3, 4, n).astype(np.float32)
    steps = generator.integers(0, 4, n).astype(np.int32)
    return f, w, steps, generator.random(n, dtype=np.float32)


def drawn(f, w, steps, uniform):
    z = np.empty_like(f)
    ordered.draw(f, w, steps, CUTS, uniform, z)
    return z


def test_noise_is_the_quantile_between_the_cuts():
    f, w, steps, uniform = case()
    z, scale = drawn(f, w, steps, uniform), 1 / np.sqrt(w)
    low, high = (CUTS[steps] - f) / scale, (CUTS[steps + 1] - f) / scale
    near = (np.abs(low) < 4) | (np.abs(high) < 4)  # scipy's own tails are rough
    # From the upper tail the quantiles come from the other side.
    quantile = np.where(low > 0, 1 - uniform, uniform)
    expected = truncnorm.ppf(quantile, low, high, loc=f, scale=scale)
    np.testing.assert_allclose(z[near], expected[near], atol=2e-3)
    tolerance = 1e-5
    assert (z >= CUTS[steps] - tolerance).all()
    assert (z <= CUTS[steps + 1] + tolerance).all()


def test_far_from_its_step_a_number_is_at_the_cut():
    f = np.array([-60, 60], np.float32)
    z = drawn(f, np.ones(2, np.float32), np.array([3, 0], np.int32), np.zeros(2, np.float32))
    np.testing.assert_allclose(z, [2.0, -1.0], atol=0.1)


def test_slopes_are_derivatives():
    f, w, steps, _ = case()
    f = f / 4

    def likely(cuts):
        root = np.sqrt(w)
        share = norm.cdf((cuts[steps + 1] - f) * root) - norm.cdf((cuts[steps] - f) * root)
        return np.log(np.maximum(share, 1e-12)).sum()

    sums = ordered.slopes(f, w, steps, CUTS)
    for cut in (1, 2, 3):
        moved = np.array([CUTS, CUTS])
        moved[:, cut] += [-1e-4, 1e-4]
        slope = (likely(moved[1]) - likely(moved[0])) / 2e-4
        np.testing.assert_allclose(sums[cut, 0], slope, rtol=1e-3, atol=0.05)
    assert (sums[1:-1, 1] > 0).all()
    assert (sums[1:-2, 2] < 0).all()


def test_many_are_the_same_as_one_by_one():
    f, w, steps, uniform = case(ordered.BLOCK + 500)
    together = drawn(f, w, steps, uniform)
    few = slice(ordered.BLOCK, ordered.BLOCK + 50)
    np.testing.assert_array_equal(together[few], drawn(f[few], w[few], steps[few], uniform[few]))
    sums = ordered.slopes(f, w, steps, CUTS)
    half = [slice(0, ordered.BLOCK - 1), slice(ordered.BLOCK - 1, None)]
    parts = sum(ordered.slopes(f[h], w[h], steps[h], CUTS) for h in half)
    np.testing.assert_allclose(sums, parts, rtol=1e-9)
