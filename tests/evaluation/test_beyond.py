"""What lists are like beside being right, against slow references and by hand."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from matinee.evaluation import beyond
from matinee.evaluation.beyond import Catalogue
from matinee.interactions import Interactions, SideInformation

N_ITEMS, LENGTH = 9, 5
NAMES = ("decade:1990", "genre:Comedy", "genre:Drama", "genre:War")
lists_of = st.lists(
    st.lists(st.integers(0, N_ITEMS - 1), max_size=LENGTH, unique=True), min_size=1, max_size=5
)


def made_up(seed):
    """(chosen (7, items), features (items, 4), catalogue); nobody chose item 0, 1 has no traits."""
    generator = np.random.default_rng(seed)
    chosen = generator.random((7, N_ITEMS)) < generator.random(N_ITEMS)
    chosen[:, 0], chosen[6] = False, False
    chosen[0, 3] = True
    features = (generator.random((N_ITEMS, len(NAMES))) < 0.5).astype(np.float64)
    features[1] = 0
    features[2, 1] = 1
    train = Interactions(*np.nonzero(chosen), n_users=7, n_items=N_ITEMS)
    side = SideInformation(csr_array(features), NAMES)
    return chosen, features, Catalogue.of(train, side)


def padded(lists):
    made = np.full((len(lists), LENGTH), -1, np.int32)
    for row, items in enumerate(lists):
        made[row, : len(items)] = items
    return made


def same(result, expected):
    known = [np.nan if e is None else e for e in expected]
    np.testing.assert_allclose(result, known, rtol=1e-9, atol=1e-12)


@settings(max_examples=40)
@given(lists_of, st.integers(1, 7), st.integers(0, 50))
def test_each_list_against_the_reference(lists, k, seed):
    chosen, features, catalogue = made_up(seed)
    made = padded(lists)
    hit = made % 2 == 0
    expected = [
        naive.described(items[:k], chosen, {i for i in items if i % 2 == 0}, features)
        for items in lists
    ]
    novelty, popularity, serendipity, diversity = zip(*expected, strict=True)
    same(beyond.novelty(made, catalogue, k), novelty)
    same(beyond.popularity(made, catalogue, k), popularity)
    same(beyond.serendipity(made, hit, catalogue, k), serendipity)
    same(beyond.diversity(made, catalogue, k), diversity)
    known = chosen[np.arange(len(lists)) % 7]
    miscalibrated = [
        naive.miscalibration(items[:k], np.flatnonzero(own), features[:, 1:])
        for items, own in zip(lists, known, strict=True)
    ]
    same(beyond.calibration(made, csr_array(known), catalogue, k), miscalibrated)


@settings(max_examples=40)
@given(lists_of)
def test_all_lists_against_the_reference(lists):
    made = padded(lists)
    shown = {item for items in lists for item in items}
    assert beyond.coverage(made, N_ITEMS) == len(shown) / N_ITEMS
    counts = [sum(item in items for items in lists) for item in range(N_ITEMS)]
    same([beyond.gini(made, N_ITEMS)], [naive.gini_of_counts(counts) if shown else None])


def test_coverage_and_gini_by_hand():
    assert beyond.coverage(np.array([[0, 2, -1], [2, 3, -1]], np.int32), 10) == 0.3
    nothing = np.full((2, 2), -1, np.int32)
    assert beyond.coverage(nothing, 10) == 0
    assert np.isnan(beyond.gini(nothing, 10))
    assert beyond.gini(np.array([[0, 1], [2, 3]], np.int32), 4) == 0
    assert beyond.gini(np.array([[0], [0]], np.int32), 4) == 0.75
    assert beyond.gini(np.array([[0]], np.int32), 1) == 0


def test_lists_by_hand():
    """Four people: all chose item 0, one item 1, nobody item 2."""
    train = Interactions([0, 1, 2, 3, 3], [0, 0, 0, 0, 1], n_users=5, n_items=3)
    genres = SideInformation(csr_array([[1, 0], [1, 1], [0, 0]]), ("genre:Drama", "genre:War"))
    about = Catalogue.of(train, genres)
    lists = np.array([[0, 1, 2], [2, -1, -1]], np.int32)
    np.testing.assert_allclose(beyond.novelty(lists, about, 3), [4 / 3, 2])
    np.testing.assert_allclose(beyond.popularity(lists, about, 3), [(1 + 0.25) / 3, 0])
    # In order of popularity ranks 1, 2 and, as nobody chose it, 4: only the last comes as news.
    all_right = np.ones((2, 3), bool)
    found = beyond.serendipity(lists, all_right, about, 3)
    np.testing.assert_allclose(found, [((4 - 3) / 3) / 3, (4 - 1) / 3])
    np.testing.assert_allclose(beyond.diversity(lists, about, 3), [1 - math.sqrt(0.5), np.nan])
    # All drama; a list of three quarters drama, one of war; and one of no genre.
    known = csr_array(np.array([[1, 0, 0], [1, 0, 0]]))
    far = math.log(1 / (0.99 * 0.75 + 0.01))
    np.testing.assert_allclose(beyond.calibration(lists, known, about, 3), [far, np.nan])
    np.testing.assert_allclose(beyond.calibration(lists[:1], known[:1], about, 1), 0, atol=1e-15)


def test_many_people_in_blocks(monkeypatch):
    _, _, catalogue = made_up(0)
    generator = np.random.default_rng(1)
    lists = generator.permuted(np.tile(np.arange(N_ITEMS, dtype=np.int32), (50, 1)), axis=1)[:, :4]
    known = csr_array(generator.random((50, N_ITEMS)) < 0.5)
    whole = beyond.diversity(lists, catalogue, 4), beyond.calibration(lists, known, catalogue, 4)
    monkeypatch.setattr(beyond, "_BLOCK", 7)
    blocks = beyond.diversity(lists, catalogue, 4), beyond.calibration(lists, known, catalogue, 4)
    np.testing.assert_array_equal(whole, blocks)


def test_what_is_not_known_is_not_said():
    train = Interactions([0], [0], n_users=1, n_items=2)
    for side in (None, SideInformation(), SideInformation(csr_array((2, 1)), ("genre:War",))):
        about = Catalogue.of(train, side)
        assert about.features is None
        assert about.genres is None
    no_genres = Catalogue.of(train, SideInformation(csr_array([[1], [0]]), ("decade:1990",)))
    assert no_genres.features is not None
    assert no_genres.genres is None
    lists = np.array([[0, 1]], np.int32)
    with pytest.raises(ValueError, match="features"):
        beyond.diversity(lists, about, 2)
    with pytest.raises(ValueError, match="genres"):
        beyond.calibration(lists, csr_array((1, 2)), no_genres, 2)


def test_gini_is_half_the_mean_difference_over_the_mean():
    counts = np.random.default_rng(0).integers(1, 50, 40)
    assert beyond.gini_of(counts) == pytest.approx(naive.gini_of_counts(counts.tolist()))
    assert beyond.gini_of(np.full(7, 3)) == 0
    assert beyond.gini_of(np.array([0, 0, 0, 9])) == pytest.approx(3 / 4)
    assert np.isnan(beyond.gini_of(np.zeros(3, int)))
