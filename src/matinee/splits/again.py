"""The split that a protocol speaks of, made from the ratings and the protocol alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from matinee.errors import InvalidInput
from matinee.interactions import Interactions
from matinee.splits.by_time import leave_last_out, rolling_windows, time_split
from matinee.splits.newcomers import new_items, new_users, strong_generalization
from matinee.splits.protocol import (
    FOLDS,
    LAST_OUT,
    NEW_USERS,
    PER_USER,
    RANDOM,
    ROLLING,
    STRONG,
    TIME,
    Protocol,
)
from matinee.splits.rows import k_folds, random_split, user_holdout
from matinee.splits.split import Split


def again(ratings: Interactions, protocol: Protocol) -> Split:
    """The same split from the same ratings, with nothing but what the protocol says.

    Parameters
    ----------
    ratings
        After `protocol.filters`, which are not applied here.

    Raises
    ------
    InvalidInput
        The protocol tells of parts that were made elsewhere.
    """
    if not protocol.rule:
        raise InvalidInput(
            f"Only a rule can be followed again, and {protocol.title} was made elsewhere; take "
            "its training and test ratings from there."
        )
    if protocol.carved:
        return again(ratings, replace(protocol, carved=protocol.carved - 1)).validation()
    split = _made(ratings, protocol)
    said = replace(split.protocol, filters=protocol.filters, note=protocol.note)
    return replace(split, protocol=said)


def once_more(split: Split) -> Split:
    """A split of the training part by the same rule, or of a random tenth: see `Split`."""
    p = split.protocol
    if p.repeats:
        inner = _made(split.train, replace(p, fold=None))
    else:
        inner = random_split(split.train, 0.1, p.seed or 0)
    return replace(inner, protocol=replace(p, carved=p.carved + 1))


def _made(ratings: Interactions, p: Protocol) -> Split:
    fraction, seed, liked = p.fraction or 0, p.seed or 0, p.liked
    minimum = 1 if p.minimum is None else p.minimum
    this, of = p.part or (1, 1)
    if p.kind == RANDOM:
        return random_split(ratings, fraction, seed)
    if p.kind == PER_USER:
        return user_holdout(ratings, fraction, seed, minimum=minimum, liked=liked)
    if p.kind == LAST_OUT:
        return leave_last_out(ratings, liked=liked)
    if p.kind == TIME:
        return time_split(ratings, fraction, liked=liked)
    if p.kind == ROLLING:
        return _one(rolling_windows(ratings, fraction, of, liked=liked), this)
    if p.kind == FOLDS:
        return _one(k_folds(ratings, of, seed, liked=liked), this)
    if p.kind == STRONG:
        given = 0.8 if p.given is None else p.given
        return strong_generalization(
            ratings, fraction, seed, minimum=minimum, given=given, liked=liked
        )
    if p.kind == NEW_USERS:
        held = new_users(ratings, fraction, seed, liked=liked, minimum=minimum, fold=this - 1)
        return held.giving(int(p.given)) if p.given else held
    return new_items(ratings, fraction, seed, liked=liked)


def _one(splits: Iterator[Split], this: int) -> Split:
    return next(split for place, split in enumerate(splits, 1) if place == this)
