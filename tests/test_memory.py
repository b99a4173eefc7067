"""The peak of a block is its own, whatever came before it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from matinee import memory

_MB = 1 << 20


def _touch(megabytes):
    """Hold so much for a moment; large blocks go back to the system at once."""
    return float(np.ones(megabytes * _MB // 8).sum())


@pytest.fixture
def counts():
    with memory.peak() as found:
        _touch(1)
    if found.bytes is None:
        pytest.skip("this system does not let a process set back its memory counter")


@pytest.mark.usefixtures("counts")
def test_a_small_block_after_a_large_one():
    # Of many small pieces, which the C library keeps when they are freed.
    left = [bytes(1000) for _ in range(50_000)]
    del left
    with memory.peak() as large:
        _touch(96)
    with memory.peak() as small:
        _touch(16)
    assert large.bytes - large.before > 90 * _MB
    assert 12 * _MB < small.bytes - small.before < 60 * _MB


@pytest.mark.usefixtures("counts")
def test_a_block_within_another_hides_nothing_from_it():
    with memory.peak() as outer:
        _touch(96)
        with memory.peak() as inner:
            _touch(16)
        assert inner.bytes < outer.before + 60 * _MB
    assert outer.bytes - outer.before > 90 * _MB
    with memory.peak() as outer, memory.peak() as inner:
        _touch(48)
    assert inner.bytes == outer.bytes


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
def test_where_the_counter_cannot_be_set_back(monkeypatch):
    monkeypatch.setattr(memory, "_CLEAR", Path("/proc/self/nothing"))
    with memory.peak() as rose:
        _touch(512)
    with memory.peak() as outer, memory.peak() as unknown:
        _touch(16)
    assert rose.bytes > 500 * _MB
    assert (outer.bytes, unknown.bytes) == (None, None)


def test_where_nothing_is_told(monkeypatch):
    monkeypatch.setattr(sys, "platform", "elsewhere")
    with memory.peak() as found:
        _touch(1)
    assert (found.bytes, found.before) == (None, None)
