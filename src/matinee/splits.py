"""Ways to hold ratings out, and the protocol that says completely which one was used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace

import numpy as np
from scipy.sparse import csr_array

from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Bool, Int64, Interactions

NEW_USERS, NEW_ITEMS = "new users", "new items"


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
        if p.kind == NEW_USERS and p.fraction is not None:
            again = new_users(self.train, p.fraction, seed, minimum=p.minimum or 1)
            return replace(again, protocol=replace(p, fold=None))
        if p.kind == NEW_ITEMS and p.fraction is not None:
            return replace(new_items(self.train, p.fraction, seed), protocol=p)
        return random_split(self.train, 0.1, seed)


def _check_fraction(fraction: float) -> None:
    if not 0 < fraction < 1:
        raise InvalidParameter(f"`fraction` held out must lie between 0 and 1, got {fraction}.")


def _split(ratings: Interactions, test: Bool, protocol: Protocol) -> Split:
    _check_parts(int((~test).sum()), int(test.sum()), protocol)
    return Split(ratings.take(~test), ratings.take(test), protocol)


def _check_parts(train: int, test: int, protocol: Protocol) -> None:
    if not train or not test:
        raise InvalidInput(
            f"A split ({protocol}) must leave ratings on both sides, got {train} for training and "
            f"{test} for test; take more data or another fraction."
        )


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


def new_users(
    ratings: Interactions,
    fraction: float = 0.1,
    seed: int = 42,
    *,
    liked: float | None = None,
    minimum: int = 15,
    fold: int = 0,
) -> Split:
    """Hold out all that ``floor(people * fraction)`` people chose: nothing of them is trained on.

    The generator draws a permutation of those who have a row that takes part (with `liked`: rated
    that high, without values), and then one key for each such row, in file order. Block number
    `fold` of the permutation is held out. The test rows are those of held-out people with
    `minimum` or more, and stand person by person **in the order in which they are given** to a
    model: by key. So of each person the first k are known and the rest is to be found, for
    any k below `minimum`, and who is given 5 was given the same 1 before. Rows of held-out
    people with fewer are in neither part.

    Raises
    ------
    InvalidParameter
        `fraction` is not between 0 and 1, or there is no such fold.
    InvalidInput
        A part would be empty.
    """
    _check_fraction(fraction)
    folds = int(1 / fraction + 1e-9)
    if not 0 <= fold < folds:
        raise InvalidParameter(f"`fold` must lie in 0..{folds - 1}, got {fold}.")
    taking_part = ratings if liked is None else ratings.liked(liked)
    generator = np.random.default_rng(seed)
    people = generator.permutation(np.unique(taking_part.user_index))
    size = int(len(people) * fraction + 1e-9)
    held = np.zeros(ratings.n_users, bool)
    held[people[fold * size : (fold + 1) * size]] = True
    order = np.lexsort((generator.random(len(taking_part)), taking_part.user_index))
    enough = np.bincount(taking_part.user_index, minlength=ratings.n_users) >= minimum
    test = order[(held & enough)[taking_part.user_index[order]]]
    train = ~held[taking_part.user_index]
    note = f"judged with {minimum}+ items" + (
        "" if liked is None else f", liked = rated {liked:g}+"
    )
    which = None if fold == 0 else f"{fold + 1} of {folds}"
    protocol = Protocol(NEW_USERS, fraction, seed, which, minimum, note)
    _check_parts(int(train.sum()), len(test), protocol)
    return Split(taking_part.take(train), taking_part.take(test), protocol)


def given_and_rest(held: Interactions, k: int) -> tuple[Int64, csr_array, csr_array]:
    """What is known of new people, and what is to be found, where k items of each are given.

    Parameters
    ----------
    held
        Test rows of `new_users`: person by person, in the order in which they are given.

    Returns
    -------
    people : user indices, ascending; given, rest : (people, n_items) CSR float32, ones
    """
    people, start, count = np.unique(held.user_index, return_index=True, return_counts=True)
    place = np.arange(len(held)) - np.repeat(start, count)
    row = np.repeat(np.arange(len(people), dtype=np.int32), count)

    def part(chosen: Bool) -> csr_array:
        kept = Interactions(
            row[chosen], held.item_index[chosen], n_users=len(people), n_items=held.n_items
        )
        return kept.matrix

    return people.astype(np.int64), part(place < k), part(place >= k)


def new_items(
    ratings: Interactions, fraction: float = 0.1, seed: int = 42, *, liked: float | None = None
) -> Split:
    """Hold out all choices of ``floor(items * fraction)`` items: nobody's rating of them is seen.

    They are the first of a permutation, by ``default_rng(seed)``, of the items that have a row
    that takes part (with `liked`: rated that high, without values).
    """
    _check_fraction(fraction)
    taking_part = ratings if liked is None else ratings.liked(liked)
    items = np.random.default_rng(seed).permutation(np.unique(taking_part.item_index))
    hidden = np.zeros(ratings.n_items, bool)
    hidden[items[: int(len(items) * fraction + 1e-9)]] = True
    note = "" if liked is None else f"liked = rated {liked:g}+"
    protocol = Protocol(NEW_ITEMS, fraction, seed, note=note)
    return _split(taking_part, hidden[taking_part.item_index], protocol)


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
