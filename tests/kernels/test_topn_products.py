"""Best items without a matrix of scores, against scores in full and sorting."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from naive import products, top_n

from matinee.kernels import tiles, topn_products
from matinee.kernels.topn_products import select_products

FEW, MANY = 5, 40
"""People below and above the number from which on tiles are used."""


def seen_of(generator, people, n_items, share=0.2):
    """(indptr, indices, rows) of what each person has seen; the last has seen nothing."""
    barred = generator.random((people, n_items)) < share
    indptr = np.append(0, np.cumsum(barred.sum(axis=1))).astype(np.int32)
    rows = np.arange(people)
    rows[-1:] = -1
    barred[-1:] = False
    return (indptr, np.nonzero(barred)[1].astype(np.int32), rows), barred


def seen_by_nobody(people):
    return np.zeros(1, np.int32), np.zeros(0, np.int32), np.full(people, -1)


def selected(people, items, n, *, constant=None, candidates=None, seen=None):
    chosen = np.full((len(people), n), -1, np.int32)
    best = np.full((len(people), n), 99, np.float32)
    constant = np.zeros(len(people), np.float32) if constant is None else constant
    seen = seen_by_nobody(len(people)) if seen is None else seen
    select_products(people, items, constant, candidates, seen, chosen, best)
    return chosen, best


def check(people, items, n, *, constant=None, candidates=None, seen=None, barred=None):
    """Small whole numbers make scores exact, so that ties are ties."""
    chosen, best = selected(people, items, n, constant=constant, candidates=candidates, seen=seen)
    scores = products(people, items, np.zeros(len(people)) if constant is None else constant)
    if barred is not None:
        scores[barred] = -np.inf
    if candidates is not None:
        scores[:, np.setdiff1d(np.arange(len(items)), candidates)] = -np.inf
    for p, expected in enumerate(top_n(scores, n)):
        held = len(expected)
        assert chosen[p, :held].tolist() == expected
        np.testing.assert_array_equal(best[p, :held], scores[p, expected])
        assert (chosen[p, held:] == -1).all(), "untouched where there is nothing more"
        assert (best[p, held:] == 99).all()


def whole(generator, rows, k, high=3):
    return generator.integers(-high, high + 1, (rows, k)).astype(np.float32)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from([0, 1, 4, FEW, MANY]),
    st.integers(1, 70),
    st.sampled_from([0, 1, 3, 16, 17, 33]),
    st.integers(1, 30),
    st.integers(0, 2**32 - 1),
)
@example(MANY, 1, 0, 1, 209)  # nothing is allowed
def test_against_sorting(people, n_items, k, n, seed):
    generator = np.random.default_rng(seed)
    seen, barred = seen_of(generator, people, n_items)
    candidates = np.flatnonzero(generator.random(n_items) < 0.7).astype(np.int32)
    check(
        whole(generator, people, k),
        whole(generator, n_items, k),
        n,
        constant=whole(generator, people, 1)[:, 0],
        candidates=candidates if seed % 2 else None,
        seen=seen,
        barred=barred,
    )


def test_in_parts_against_sorting(monkeypatch):
    """As where there are very many items, with parts of five."""
    monkeypatch.setattr(topn_products, "_LARGE", 0)
    monkeypatch.setattr(topn_products, "_PART", 15)
    generator = np.random.default_rng(5)
    for n_items, n in ((1, 3), (23, 4), (23, 30), (61, 7)):
        seen, barred = seen_of(generator, FEW, n_items)
        people, items = whole(generator, FEW, 3), whole(generator, n_items, 3)
        candidates = np.flatnonzero(generator.random(n_items) < 0.7).astype(np.int32)
        check(people, items, n, seen=seen, barred=barred)
        check(people, items, n, candidates=candidates, seen=seen, barred=barred)


@pytest.mark.parametrize("people", [FEW, MANY])
def test_nobody_and_nothing_known(people):
    """Zeros tie everywhere; the order is then that of the items."""
    items = whole(np.random.default_rng(0), 60, 8)
    items[30:] = 0
    check(np.zeros((people, 8), np.float32), items, 7)
    check(whole(np.random.default_rng(1), people, 8), np.zeros((60, 8), np.float32), 7)
    check(whole(np.random.default_rng(1), people, 8), items, 50)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("people", [FEW, MANY])
def test_scores_that_are_no_numbers(people, odd):
    generator = np.random.default_rng(2)
    items, taste = whole(generator, 60, 4) + 0.5, np.ones((people, 4), np.float32)
    items[7, 2] = odd
    taste[1] = odd
    with np.errstate(invalid="ignore"):  # of the reference, and where nothing is compiled
        chosen, _ = selected(taste, items, 60)
        scores = taste.astype(float) @ items.T.astype(float)
    for p, expected in enumerate(top_n(scores, 60)):
        assert chosen[p, : len(expected)].tolist() == expected
        assert (chosen[p, len(expected) :] == -1).all()


@pytest.mark.parametrize("decay", [0, 1.5])
def test_the_same_bits_for_one_for_many_and_at_any_number_of_threads(decay):
    generator = np.random.default_rng(3)
    people = generator.normal(size=(90, 21)).astype(np.float32)
    items = generator.normal(size=(300, 21)).astype(np.float32)
    items *= (np.arange(1, 301, dtype=np.float32) ** -np.float32(decay))[:, np.newaxis]
    items[100:104] = items[0]
    people[5] = 0
    constant = generator.normal(size=90).astype(np.float32)
    seen, _ = seen_of(generator, 90, 300)
    together = selected(people, items, 9, constant=constant, seen=seen)
    before = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        serial = selected(people, items, 9, constant=constant, seen=seen)
    finally:
        numba.set_num_threads(before)
    some = slice(7, 47)
    part = selected(
        people[some], items, 9, constant=constant[some], seen=(*seen[:2], seen[2][some])
    )
    for ours, alike, fewer in zip(together, serial, part, strict=True):
        np.testing.assert_array_equal(ours, alike)
        np.testing.assert_array_equal(ours[some], fewer)
    for p in range(90):
        one = slice(p, p + 1)
        alone = selected(
            people[one], items, 9, constant=constant[one], seen=(*seen[:2], seen[2][one])
        )
        np.testing.assert_array_equal(alone[0], together[0][one])
        np.testing.assert_array_equal(alone[1], together[1][one])


def test_close_scores_are_decided_exactly():
    """Items that differ in the last bit only, far more of them than are held."""
    generator = np.random.default_rng(4)
    items = np.ones((200, 16), np.float32)
    items[:, 0] += generator.integers(0, 5, 200).astype(np.float32) * np.float32(2**-23)
    people = np.ones((MANY, 16), np.float32) * 2
    chosen, _ = selected(people, items, 3)
    alone, _ = selected(people[:1], items, 3)
    assert (chosen == alone).all()


def test_ties_beyond_what_is_asked_for():
    """Most items are as good as each other: those of the lowest index are taken, exactly."""
    generator = np.random.default_rng(6)
    items = generator.normal(size=(400, 5)).astype(np.float32)
    items[50:] = items[50 + generator.integers(0, 3, 350)] * np.float32(1)
    people = generator.normal(size=(MANY, 5)).astype(np.float32)
    constant = np.full(MANY, 1000, np.float32)  # that makes ties of what differs a little
    chosen, best = selected(people, items, 70, constant=constant)
    for p in range(0, MANY, 7):
        alone, scores = selected(people[p : p + 1], items, 70, constant=constant[:1])
        np.testing.assert_array_equal(chosen[p], alone[0])
        np.testing.assert_array_equal(best[p], scores[0])


def test_tiles_against_products():
    generator = np.random.default_rng(5)
    k = 5
    people = whole(generator, 2 * tiles.PEOPLE, k)
    items = whole(generator, 2 * tiles.COLUMNS, k)
    packed = np.ascontiguousarray(people.reshape(2, tiles.PEOPLE, k).swapaxes(1, 2))
    panels = np.ascontiguousarray(items.reshape(2, tiles.COLUMNS, k).swapaxes(1, 2))
    scores = products(people, items, np.zeros(len(people)))
    least = np.arange(len(people), dtype=np.float32) - 5
    for group in range(2):
        for panel in range(2):
            sums, hits, anybody = screened(packed, group, panels, panel, least)
            rows = slice(group * tiles.PEOPLE, (group + 1) * tiles.PEOPLE)
            columns = slice(panel * tiles.COLUMNS, (panel + 1) * tiles.COLUMNS)
            np.testing.assert_array_equal(sums, scores[rows, columns])
            above = scores[rows, columns] > least[rows, np.newaxis]
            bits = (hits[:, np.newaxis] >> np.arange(tiles.COLUMNS, dtype=np.uint32)) & 1
            np.testing.assert_array_equal(bits.astype(bool), above)
            assert bool(anybody) == above.any()


@numba.njit
def screened(packed, group, panels, panel, least):
    sums = np.empty((tiles.PEOPLE, tiles.COLUMNS), np.float32)
    hits = np.empty(tiles.PEOPLE, np.uint32)
    anybody = tiles.screen(packed, group, panels, panel, least, sums, hits)
    return sums, hits, anybody


@pytest.mark.parametrize("k", [0, 1, 15, 16, 17, 48, 50])
def test_dot_and_four_against_products(k):
    generator = np.random.default_rng(k)
    people, items = whole(generator, 3, k), whole(generator, 9, k)
    rows = np.array([8, 0, 3, 3])
    out, single, above = dots(people, 2, items, rows, np.float32(2), np.float32(5))
    wanted = products(people, items, np.zeros(3))[2, rows]
    np.testing.assert_array_equal(single, wanted)
    np.testing.assert_array_equal(out, wanted + 2)
    assert above == (wanted + 2 > 5).any()


@numba.njit
def dots(people, p, items, rows, shift, least):
    out, single = np.empty(4, np.float32), np.empty(4, np.float32)
    above = tiles.four(people, p, items, rows, shift, least, out)
    for c in range(4):
        single[c] = tiles.dot(people, p, items, rows[c])
    return out, single, above


def test_the_lowest_bit():
    for bits, place in ((1, 0), (6, 1), (1 << 31, 31), (0xFFFFFFFF, 0)):
        assert lowest_of(np.uint32(bits)) == place


@numba.njit
def lowest_of(bits):
    return tiles.lowest(bits)
