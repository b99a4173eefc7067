"""Cuts that depend on the data only, and one parallel kernel at a time."""

from __future__ import annotations

import itertools
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from matinee.kernels.threads import balanced_blocks, exclusive


@given(st.lists(st.integers(0, 50), max_size=60), st.integers(1, 40))
def test_blocks_cover_all_rows_in_order_and_are_balanced(lengths, block_size):
    indptr = np.append(0, np.cumsum(lengths)).astype(np.int32)
    blocks = balanced_blocks(indptr, block_size)
    assert blocks.dtype == np.int64
    assert (blocks[0], blocks[-1]) == (0, len(lengths))
    assert (np.diff(blocks) > 0).all()
    for start, stop in itertools.pairwise(blocks):
        if stop - start > 1:
            # All but the row that reaches the mark fit in one block; an empty row counts as one.
            assert sum(lengths[start : stop - 1]) + (stop - start - 1) < block_size


def test_a_long_run_of_empty_rows_is_cut_too():
    blocks = balanced_blocks(np.zeros(1001, np.int32), 100)
    assert len(blocks) == 11


def test_no_overflow_near_the_limit_of_int32():
    blocks = balanced_blocks(np.array([0, 2**31 - 2, 2**31 - 1], np.int32), 2**30)
    assert blocks[-1] == 2


def blas_threads():
    return [p["num_threads"] for p in threadpool_info() if p["user_api"] == "blas"]


def test_blas_runs_on_one_thread_inside_and_as_before_outside():
    before = blas_threads()
    if not before:
        pytest.skip("threadpoolctl knows no BLAS here")
    with exclusive():
        assert set(blas_threads()) == {1}
        with exclusive():
            assert set(blas_threads()) == {1}
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


def test_blas_is_given_back_after_an_error():
    before = blas_threads()
    with pytest.raises(ZeroDivisionError), exclusive():
        _ = 1 / 0
    assert blas_threads() == before


def test_one_at_a_time():
    inside, most = 0, 0

    def work():
        nonlocal inside, most
        for _ in range(20):
            with exclusive():
                inside += 1
                most = max(most, inside)
                threading.Event().wait(0.0005)
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
