"""States side by side, and apart again."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee.stacked import states as joined_states


def test_parts_come_back_bit_by_bit():
    rng = np.random.default_rng(6)
    sparse = csr_array((rng.random((5, 7)) < 0.4).astype(np.float32))
    sparse.data[:2] = 0  # zeros that stand in it stay
    double = np.array([[np.nan, np.inf], [1 / 3, 0], [2.0**53 + 2, -0.0], [1, 2], [3, 4]])
    parts = [rng.random((5, 3), np.float32), sparse, double, np.zeros((5, 0), np.float32)]
    state = joined_states.joined(parts)
    assert state.dtype == np.float32
    assert state.indices.dtype == np.int32
    layout = joined_states.layout_of(parts)
    order = np.array([4, 0, 0, 2])
    for part, found in zip(parts, joined_states.apart(state[order], layout), strict=True):
        if isinstance(part, csr_array):
            np.testing.assert_array_equal(found.indptr, part[order].indptr)
            np.testing.assert_array_equal(found.indices, part[order].indices)
            np.testing.assert_array_equal(found.data, part[order].data)
        else:
            assert found.tobytes() == part[order].tobytes()


def test_only_rows_of_numbers_stand_beside_others():
    assert joined_states.is_part(np.zeros((2, 3)))
    assert joined_states.is_part(csr_array((2, 3), dtype=np.float32))
    assert not joined_states.is_part(np.zeros((2, 3), np.int32))
    assert not joined_states.is_part(np.zeros(3))
