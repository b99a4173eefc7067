"""Ratings of MovieLens-25M's shape, GENERATED: who rated what, how high. Same seed, same ratings.

They time training; they say nothing about the quality of recommendations.

- Activity: n_u is lognormal (sigma 1.25), at least 20, scaled to the wanted total.
- Popularity: the item of rank r is chosen with probability in proportion to (r + 30)^-1.35; a
  person never chooses an item twice (drawn again). Ranks are shuffled over item indices.
- Rating: 3.53 + b_u + b_i + p_u . q_i (rank 16) + N(0, 0.75), rounded to halves in 0.5..5.
"""

from __future__ import annotations

from pathlib import Path

import numba
import numpy as np
from scipy.sparse import csr_array


@numba.njit
def _next(state):
    """The next of SplitMix64's states and its number (Steele et al. 2014)."""
    state += np.uint64(0x9E3779B97F4A7C15)
    z = state
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state, z ^ (z >> np.uint64(31))


@numba.njit
def _choose(indptr, bound, alias, seed, out):
    """Draw each person's items, without repetition, by Walker's alias method.

    in:  indptr (users+1,) int64, bound (items,) float32, alias (items,) int32
    out: out (nnz,) int32, sorted within each person
    """
    items = len(bound)
    taken = np.full(items, -1, np.int32)
    for user in range(len(indptr) - 1):
        state = np.uint64(seed) * np.uint64(0x2545F4914F6CDD1D) + np.uint64(user) * np.uint64(
            0xD1342543DE82EF95
        )
        at = indptr[user]
        while at < indptr[user + 1]:
            state, number = _next(state)
            column = np.int64((number >> np.uint64(32)) * np.uint64(items) >> np.uint64(32))
            chance = np.float32(number & np.uint64(0xFFFFFF)) * np.float32(2.0**-24)
            item = column if chance < bound[column] else alias[column]
            if taken[item] != user:
                taken[item] = user
                out[at] = item
                at += 1
        out[indptr[user] : indptr[user + 1]].sort()


@numba.njit
def _rate(indptr, indices, mean, user_bias, item_bias, people, items, noise, first, out):
    """Ratings of the persons from `first` on, for whom `noise` holds one number a rating."""
    start = indptr[first]
    for user in range(first, len(indptr) - 1):
        if indptr[user + 1] - start > len(noise):
            return user
        for at in range(indptr[user], indptr[user + 1]):
            item = indices[at]
            value = mean + user_bias[user] + item_bias[item] + noise[at - start]
            for f in range(people.shape[1]):
                value += people[user, f] * items[item, f]
            out[at] = min(max(np.round(value * 2) / 2, 0.5), 5.0)
    return len(indptr) - 1


def _alias_table(weight):
    """(bound, alias): column c means c with probability bound[c], else alias[c]."""
    scaled = weight / weight.sum() * len(weight)
    bound, alias = np.ones(len(weight)), np.arange(len(weight), dtype=np.int32)
    small, large = list(np.flatnonzero(scaled < 1)), list(np.flatnonzero(scaled >= 1))
    while small and large:
        low, high = small.pop(), large.pop()
        bound[low], alias[low] = scaled[low], high
        scaled[high] -= 1 - scaled[low]
        (small if scaled[high] < 1 else large).append(high)
    return bound.astype(np.float32), alias


def _activity(generator, n_users, n_items, n_ratings, least=20):
    """(n_users,) int64: how many items each person rates; they add up to `n_ratings`."""
    shape = np.exp(1.25 * generator.standard_normal(n_users))
    low, high = 0.0, float(n_ratings)
    for _ in range(100):  # the scale at which the sum is just right
        scale = (low + high) / 2
        count = np.clip(np.floor(shape * scale), least, n_items // 2).astype(np.int64)
        low, high = (scale, high) if count.sum() < n_ratings else (low, scale)
    count = np.clip(np.floor(shape * low), least, n_items // 2).astype(np.int64)
    count[np.argsort(-shape)[n_users // 100 :][: n_ratings - count.sum()]] += 1
    return count


def ratings(n_users=162_541, n_items=59_047, n_ratings=25_000_000, seed=42) -> csr_array:
    """(n_users, n_items) csr_array, float32 ratings, int32 indices sorted within rows."""
    generator = np.random.default_rng(seed)
    count = _activity(generator, n_users, n_items, n_ratings)
    indptr = np.concatenate([[0], np.cumsum(count)])
    rank = generator.permutation(n_items)
    bound, alias = _alias_table((rank + 30.0) ** -1.35)
    indices = np.empty(indptr[-1], np.int32)
    _choose(indptr, bound, alias, seed, indices)
    normal = generator.standard_normal
    user_bias, item_bias = 0.4 * normal(n_users), 0.45 * normal(n_items)
    people, items = 0.3 * normal((n_users, 16)), 0.35 * normal((n_items, 16))
    data = np.empty(indptr[-1], np.float32)
    user = 0
    while user < n_users:
        noise = 0.75 * normal(4_000_000, dtype=np.float32)
        user = _rate(indptr, indices, 3.53, user_bias, item_bias, people, items, noise, user, data)
    matrix = csr_array((data, indices, indptr.astype(np.int32)), shape=(n_users, n_items))
    matrix.has_sorted_indices = True
    return matrix


SHAPES = {"large": (162_541, 59_047, 25_000_000), "small": (2_000, 1_000, 100_000)}
"""Users, items and ratings: of MovieLens 25M, and of a data set to warm up with."""
HELD_OUT = 0.01


def saved(cache: Path, size: str, values: bool) -> Path:
    """A file for contestants: who rated what as CSR, or ratings as columns, 1 % held out."""
    path = cache / "data" / f"generated-{size}-{'ratings' if values else 'choices'}.npz"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    made = ratings(*SHAPES[size])
    shape = np.array(made.shape)
    if not values:
        arrays = {"indptr": made.indptr, "indices": made.indices, "shape": shape}
    else:
        user = np.repeat(np.arange(shape[0], dtype=np.int32), np.diff(made.indptr))
        test = np.random.default_rng(1).random(made.nnz) < HELD_OUT
        columns = {"user": user, "item": made.indices, "value": made.data}
        arrays = {name: column[~test] for name, column in columns.items()}
        arrays |= {f"test_{name}": column[test] for name, column in columns.items()}
        arrays["shape"] = shape
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, **arrays)
    partial.rename(path)
    return path
