"""Items worth a closer look."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee.errors import InvalidInput
from matinee.interactions import SideInformation
from matinee.stacked import candidates

N_ITEMS = 40


@pytest.fixture(scope="module")
def pool():
    rng = np.random.default_rng(9)
    ratings = csr_array(rng.integers(1, 6, (6, N_ITEMS)) * (rng.random((6, N_ITEMS)) < 0.5))
    ratings = csr_array(ratings, dtype=np.float32)
    cluster = np.array([0, 0, 1, 1, 1, -1], np.int32)
    words = csr_array(np.eye(N_ITEMS, 8, dtype=np.float32)[rng.permutation(N_ITEMS)] * 3)
    side = SideInformation(item_words=words, item_word_names=tuple(f"tag:{w}" for w in range(8)))
    return candidates.pool_of(ratings, cluster, np.zeros((2, 3), np.float32), side), ratings


def best(scores, count):
    """The best; of equals at the end any will do."""
    return set(np.flatnonzero(scores > np.sort(scores)[-count - 1]).tolist())


def test_each_side_adds_its_best(pool):
    pool, _ = pool
    rng = np.random.default_rng(10)
    base, vectors = rng.normal(size=(3, N_ITEMS)), rng.normal(size=(N_ITEMS, 5))
    base, vectors = base.astype(np.float32), vectors.astype(np.float32)
    favorites = np.full((3, candidates.FAVORITES), -1, np.int32)
    favorites[0, :3] = [4, 9, 30]
    favorites[1, 0] = 7
    cluster = np.array([1, -1, 0], np.int32)
    chosen = pool.chosen(base, cluster, favorites, vectors, 20)
    assert (chosen.sum(axis=1) == 20).all()
    for person in range(3):
        mine = set(np.flatnonzero(chosen[person]).tolist())
        liked = favorites[person][favorites[person] >= 0]
        alike = vectors @ vectors[liked].sum(axis=0)
        assert best(base[person], 5) <= mine
        assert {i for i in best(alike, 5) if alike[i] > 0} <= mine
        if cluster[person] >= 0:
            assert best(pool.liked[cluster[person]], 5) <= mine
    assert pool.chosen(base, cluster, favorites, vectors, N_ITEMS).all()


def test_what_a_cluster_likes_is_damped(pool):
    pool, ratings = pool
    of_item = ratings.toarray()[2:5, 11]
    above = (of_item - ratings.data.mean())[of_item > 0]
    assert pool.liked[1, 11] == pytest.approx(above.sum() / (len(above) + 10), abs=1e-5)
    lengths = pool.content.power(2).sum(axis=1)
    assert set(np.round(lengths, 5)) <= {0.0, 1.0}


def test_favorites_are_rated_highest_and_then_latest():
    history = csr_array(np.array([[5, 3, 5, 0, 4], [0, 0, 0, 2, 0]], np.float32))
    times = np.array([10, 50, 20, 99, 1])
    found = candidates.favorites_of(history, times)
    assert found.shape == (2, candidates.FAVORITES)
    assert found[0, :5].tolist() == [2, 0, 4, 1, -1]
    assert found[1, :2].tolist() == [3, -1]


def test_its_arrays_are_checked(pool):
    pool, _ = pool
    arrays = pool.arrays()
    assert candidates.Pool.of(arrays).liked is pool.liked
    with pytest.raises(InvalidInput, match="content"):
        candidates.Pool.of({"liked": pool.liked})
    with pytest.raises(InvalidInput, match="same items"):
        candidates.Pool.of({**arrays, "liked": pool.liked[:, 1:]})
