"""Rows held out at random: of all, of each user, in folds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from matinee.errors import InvalidParameter
from matinee.interactions import Interactions
from matinee.splits.protocol import FOLDS, PER_USER, RANDOM, Protocol
from matinee.splits.split import Split, parted


def check_fraction(fraction: float) -> None:
    """InvalidParameter unless `fraction` lies between 0 and 1."""
    if not 0 < fraction < 1:
        raise InvalidParameter(f"`fraction` held out must lie between 0 and 1, got {fraction}.")


def share_of(n: int, fraction: float) -> int:
    """``floor(n * fraction)``, where 100 * 0.29 is 29."""
    return int(n * fraction + 1e-9)


def random_split(ratings: Interactions, fraction: float = 0.1, seed: int = 42) -> Split:
    """Hold out the first ``int(n * fraction)`` of a random permutation of the n ratings.

    The permutation is ``numpy.random.default_rng(seed).permutation(n)``.
    """
    check_fraction(fraction)
    n = len(ratings)
    test = np.zeros(n, bool)
    test[np.random.default_rng(seed).permutation(n)[: share_of(n, fraction)]] = True
    return parted(ratings, test, Protocol(RANDOM, fraction, seed))


def user_holdout(
    ratings: Interactions,
    fraction: float = 0.2,
    seed: int = 42,
    *,
    minimum: int = 5,
    liked: float | None = None,
) -> Split:
    """Hold out ``floor(fraction * count)`` random ratings of each user with `minimum` or more.

    With `liked`, both sides hold only the pairs rated that high, without values: the protocol of
    top-n recommendation. The generator first draws a permutation of all `ratings`, as
    `random_split` does, and then one key for each row that takes part; each user's rows with the
    smallest keys are the test ratings.
    """
    check_fraction(fraction)
    generator = np.random.default_rng(seed)
    generator.permutation(len(ratings))
    taking_part = ratings if liked is None else ratings.liked(liked)
    n = len(taking_part)
    order = np.lexsort((generator.random(n), taking_part.user_index))
    counts = np.bincount(taking_part.user_index, minlength=ratings.n_users)
    held = np.where(counts >= minimum, np.floor(fraction * counts + 1e-9), 0).astype(np.int64)
    users = taking_part.user_index[order]
    rank = np.arange(n) - (np.cumsum(counts) - counts)[users]
    test = np.zeros(n, bool)
    test[order[rank < held[users]]] = True
    protocol = Protocol(PER_USER, fraction, seed, minimum=minimum, liked=liked)
    return parted(taking_part, test, protocol)


def k_folds(
    ratings: Interactions, k: int = 5, seed: int = 42, *, liked: float | None = None
) -> Iterator[Split]:
    """`k` splits in which each rating is held out once; with `liked`, each pair rated so high."""
    taking_part = ratings if liked is None else ratings.liked(liked)
    n = len(taking_part)
    if not 2 <= k <= max(2, n):
        raise InvalidParameter(f"`k` folds must lie in 2..{n}, got {k}.")
    fold = np.empty(n, np.int64)
    fold[np.random.default_rng(seed).permutation(n)] = np.arange(n) % k
    for i in range(k):
        protocol = Protocol(FOLDS, seed=seed, fold=f"{i + 1} of {k}", liked=liked)
        yield parted(taking_part, fold == i, protocol)
