"""What a person rated around a moment, against loops."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee.stacked import moments as rating_moments

NOW = 1_000_000_000


def history():
    rng = np.random.default_rng(8)
    deviations = csr_array(np.where(rng.random((4, 9)) < 0.7, rng.normal(size=(4, 9)), 0))
    deviations = csr_array(deviations, dtype=np.float32)
    times = NOW + rng.integers(-5000, 5000, deviations.nnz)
    times[:3] = NOW
    times[3] = 0
    return deviations, times


def test_each_feature_is_its_formula():
    deviations, times = history()
    people = np.array([2, 0, 0, 3])
    now = np.array([NOW, NOW, NOW + 77, 0])
    packed = rating_moments.packed(deviations, times)
    found = rating_moments.of_pairs(deviations[people], packed[people], now)
    for row, person, at in zip(found, people, now, strict=True):
        if not at:
            assert np.isnan(row).all()
            continue
        mine = slice(*deviations.indptr[person : person + 2])
        kept = times[mine] > 0
        t, d = times[mine][kept], deviations.data[mine][kept]
        before, after = at - t[t < at], t[t > at] - at
        around = []
        for span in (600, 10_800, 172_800):
            w = np.exp(-np.abs(t - at) / span)
            around.append((w @ d) / (w.sum() + 3))
        expected = [
            at / 86_400,
            (t == at).sum(),
            np.log1p(before.min()),
            np.log1p(after.min()),
            (t < at).mean(),
            *around,
        ]
        np.testing.assert_allclose(row, expected, rtol=1e-5, atol=1e-6)


def test_what_is_unknown_is_missing():
    deviations, times = history()
    unknown = rating_moments.packed(deviations, None)
    assert np.isnan(rating_moments.of_pairs(deviations, unknown, None)).all()
    now = np.full(4, NOW)
    found = rating_moments.of_pairs(deviations, unknown, now)
    assert (found[:, 0] == np.float32(NOW / 86_400)).all()
    assert np.isnan(found[:, 1:]).all()
    nobody = rating_moments.packed(deviations, np.zeros_like(times))
    assert np.isnan(rating_moments.of_pairs(deviations, nobody, now)[:, 1:]).all()
