"""Ways to hold ratings out, and the protocol that says completely which one was used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace

import numpy as np

from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Bool, Int64, Interactions


@dataclass(frozen=True)
class Protocol:
    """How ratings were held out. Prints itself, and travels with every figure."""

    kind: str
    fraction: float | None = None
    seed: int | None = None
    fold: str | None = None
    minimum: int | None = None
    note: str = ""

    def __str__(self) -> str:
        parts = [self.kind]
        if self.fraction is not None:
            parts.append(f"{100 * (1 - self.fraction):.4g}%/{100 * self.fraction:.4g}%")
        if self.fold is not None:
            parts.append(f"fold {self.fold}")
        if self.seed is not None:
            parts.append(f"seed {self.seed}")
        if self.note:
            parts.append(self.note)
        return ", ".join(parts)

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Split:
    """Training and test ratings that share no rating, and the protocol that made them."""

    train: Interactions
    test: Interactions
    protocol: Protocol = field(default_factory=lambda: Protocol("given"))

    def __repr__(self) -> str:
        parts = f"{len(self.train):,} for training, {len(self.test):,} for test"
        return f"<Split ({self.protocol}): {parts}>"

    def validation(self) -> Split:
        """A further split of `train` by the same rule: what tuning may look at.

        Where the rule cannot be applied once more (folds, given parts), a random tenth is held.
        """
        p = self.protocol
        seed = 0 if p.seed is None else p.seed
        if p.kind == "random" and p.fraction is not None:
            return random_split(self.train, p.fraction, seed)
        if p.kind == "per-user" and p.fraction is not None:
            # `train` holds only what was liked already, if that is the protocol.
            again = user_holdout(self.train, p.fraction, seed, minimum=p.minimum or 1)
            return replace(again, protocol=p)
        if p.kind == "time" and p.fraction is not None:
            return time_split(self.train, p.fraction)
        if p.kind == "leave-last-out":
            return leave_last_out(self.train)
        return random_split(self.train, 0.1, seed)


def _check_fraction(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise InvalidParameter(f"`fraction` held out must lie between 0 and 1, got {fraction}.")


def _split(ratings: Interactions, test: Bool, protocol: Protocol) -> Split:
    if not test.any() or test.all():
        raise InvalidInput(
            f"A split ({protocol}) must leave ratings on both sides, got {int((~test).sum())} for "
            f"training and {int(test.sum())} for test; take more data or another fraction."
        )
    return Split(ratings.take(~test), ratings.take(test), protocol)


def _times(ratings: Interactions) -> Int64:
    if ratings.time is None:
        raise InvalidInput(
            "A split by time needs the time of each rating, and these have none; use a random or "
            "per-user split."
        )
    return ratings.time


def random_split(ratings: Interactions, fraction: float = 0.1, seed: int = 42) -> Split:
    """Hold out the first ``int(n * fraction)`` of a random permutation of the n ratings.

    The permutation is ``numpy.random.default_rng(seed).permutation(n)``.
    """
    _check_fraction(fraction)
    n = len(ratings)
    test = np.zeros(n, bool)
    test[np.random.default_rng(seed).permutation(n)[: int(n * fraction + 1e-9)]] = True
    return _split(ratings, test, Protocol("random", fraction, seed))


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
    _check_fraction(fraction)
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
    note = f"users with {minimum}+" + ("" if liked is None else f", liked = rated {liked:g}+")
    return _split(taking_part, test, Protocol("per-user", fraction, seed, None, minimum, note))


def leave_last_out(ratings: Interactions) -> Split:
    """Hold out the latest rating of each user with two or more (ties: the later row)."""
    order = np.lexsort((_times(ratings), ratings.user_index))
    users = ratings.user_index[order]
    last = np.append(users[1:] != users[:-1], True) if len(users) else np.zeros(0, bool)
    counts = np.bincount(ratings.user_index, minlength=ratings.n_users)
    test = np.zeros(len(ratings), bool)
    test[order[last & (counts[users] >= 2)]] = True
    return _split(ratings, test, Protocol("leave-last-out", note="users with 2+ ratings"))


def time_split(ratings: Interactions, fraction: float = 0.1) -> Split:
    """Hold out the last ``int(n * fraction)`` ratings by time (ties: the later row).

    One cut for everybody: no training rating is younger than a test rating, so a model cannot
    learn from the future, as it does under a random split.
    """
    _check_fraction(fraction)
    order = np.argsort(_times(ratings), kind="stable")
    test = np.zeros(len(ratings), bool)
    test[order[len(ratings) - int(len(ratings) * fraction + 1e-9) :]] = True
    return _split(ratings, test, Protocol("time", fraction))


def k_folds(ratings: Interactions, k: int = 5, seed: int = 42) -> Iterator[Split]:
    """`k` splits in which each rating is held out once."""
    if not 2 <= k <= max(2, len(ratings)):
        raise InvalidParameter(f"`k` folds must lie in 2..{len(ratings)}, got {k}.")
    fold = np.empty(len(ratings), np.int64)
    fold[np.random.default_rng(seed).permutation(len(ratings))] = np.arange(len(ratings)) % k
    for i in range(k):
        yield _split(ratings, fold == i, Protocol("k-fold", seed=seed, fold=f"{i + 1} of {k}"))
