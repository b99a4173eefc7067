import naive
import numpy as np

from matinee.kernels.recent import means_before


def test_means_before_against_naive_ones():
    draw = np.random.default_rng(4)
    group = draw.integers(0, 6, 80).astype(np.int32)
    times = np.where(draw.random(80) < 0.1, np.nan, draw.integers(0, 20, 80)).astype(np.float64)
    values = draw.integers(1, 6, 80).astype(np.float32)
    order = np.lexsort((times, group))
    bounds = np.searchsorted(group[order], np.arange(8)).astype(np.int64)
    made = np.empty(80, np.float32)
    means_before(bounds, order, times, values, 3, made)
    wanted = [naive.mean_before(row, group, times, values, 3) for row in range(80)]
    np.testing.assert_allclose(made, wanted, 1e-6)
