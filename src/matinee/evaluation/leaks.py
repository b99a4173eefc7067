"""What makes a figure unfair: test ratings, people or items that training has already seen.

`check` looks at the parts of a split and reports; `refuse` is what every judging calls: it raises
on what no figure survives and returns what tables must say. `origins` tells whether whoever
chose a model's settings has looked at the ratings that now judge it. Models that are told which
pairs will be asked for are another matter: they say so themselves (`Model.transductive`) and carry
`compare.SEES` in every table.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from matinee.errors import InvalidInput, some
from matinee.interactions import Bool, Int64, Interactions
from matinee.splits import NEW_ITEMS, NEW_USERS, Split
from matinee.splits.protocol import LAST_OUT, ROLLING, STRONG, TIME

TWINS = 20
"""Ratings that two people must have, all of them the same, to be taken for one under two ids."""

_NEW_PEOPLE = (STRONG, NEW_USERS)
_BY_TIME = (TIME, ROLLING)


@dataclass(frozen=True)
class Finding:
    """One kind of leak that was found.

    Attributes
    ----------
    leak
        "same pairs", "same people", "same items", "later training", "no times", "twins" or
        "chosen settings".
    count, of
        How many of how many: test ratings, people or items.
    refused
        Whether no figure may be given; else it may, with `text` beside it.
    text
        What must hold, what was found, and what to do.
    """

    leak: str
    count: int
    of: int
    refused: bool
    text: str

    def __str__(self) -> str:
        return self.text


def check(split: Split) -> tuple[Finding, ...]:
    """Every leak between the parts of a split; empty where it is clean.

    - **same pairs**: a (user, item) pair of test is in training, or given: refused.
    - **same people**: somebody judged as new (what is known of them is `given`, or the protocol
      holds out people) has training ratings: refused.
    - **same items**: an item judged as new has training ratings: refused.
    - **later training**: under a cut in time a training rating is later than a test rating; under
      leave-last-out a person's own is: refused. Equal times are no fault.
    - **no times**: under such a protocol there are no times to check this by: labelled.
    - **twins**: judged people have the very same `TWINS` or more ratings, all they have, as
      somebody else who is trained on: labelled, for these may be one person under two ids.

    It sorts the training pairs once: n log n, and no matrix.
    """
    given = split.given
    new = [split.test] if given is None else [given, split.test]
    _check_sizes([split.train, *new])
    kind = split.protocol.kind
    found = [_same_pairs([split.train, *new[:-1]], split.test)]
    if given is not None or kind in _NEW_PEOPLE:
        found.append(_same_people(split.train, new))
    if kind == NEW_ITEMS:
        found.append(_same_items(split.train, split.test))
    if kind in _BY_TIME or kind == LAST_OUT:
        found.append(_later_training(split))
    found.append(_twins([split.train, *new], split.test))
    return tuple(f for f in found if f is not None)


_checked: WeakKeyDictionary[Split, tuple[Finding, ...]] = WeakKeyDictionary()


def refuse(split: Split) -> tuple[Finding, ...]:
    """`check`, remembered for each split; what figures must be labelled with.

    Raises
    ------
    InvalidInput
        There is a leak that no figure survives.
    """
    if split not in _checked:
        _checked[split] = check(split)
    for finding in _checked[split]:
        if finding.refused:
            raise InvalidInput(finding.text)
    return _checked[split]


# ---- between the parts --------------------------------------------------------------------


def _check_sizes(parts: list[Interactions]) -> None:
    sizes = {(part.n_users, part.n_items) for part in parts}
    if len(sizes) > 1:
        raise InvalidInput(
            "The parts of a split must be in one numbering, of as many users and items each, got "
            f"{some(f'{u:,} x {i:,}' for u, i in sorted(sizes))}; state n_users and n_items."
        )


def _same_pairs(known: list[Interactions], test: Interactions) -> Finding | None:
    both = np.logical_or.reduce([common(test, part) for part in known])
    if not both.any():
        return None
    named = [
        f"({u}, {i})"
        for u, i in zip(test.user_index[both][:6], test.item_index[both][:6], strict=True)
    ]
    return Finding(
        "same pairs",
        int(both.sum()),
        len(test),
        True,
        "Test ratings must be of (user, item) pairs that training lacks, but "
        f"{int(both.sum()):,} of {len(test):,} are in both: {_few(named, int(both.sum()))}. Drop "
        "them from one part, or split again.",
    )


def _same_people(train: Interactions, new: list[Interactions]) -> Finding | None:
    judged = np.logical_or.reduce([_users(part) for part in new])
    both = np.flatnonzero(_users(train) & judged)
    if not len(both):
        return None
    return Finding(
        "same people",
        len(both),
        int(judged.sum()),
        True,
        "People who are judged as new must have no training ratings, but "
        f"{len(both):,} of {int(judged.sum()):,} have: users {some(both)}. Take theirs out of "
        "training.",
    )


def _same_items(train: Interactions, test: Interactions) -> Finding | None:
    trained, judged = (
        np.bincount(part.item_index, minlength=part.n_items) > 0 for part in (train, test)
    )
    both = np.flatnonzero(trained & judged)
    if not len(both):
        return None
    return Finding(
        "same items",
        len(both),
        int(judged.sum()),
        True,
        "Items that are judged as new must have no training ratings, but "
        f"{len(both):,} of {int(judged.sum()):,} have: items {some(both)}. Take their ratings out "
        "of training.",
    )


def _later_training(split: Split) -> Finding | None:
    train, test = split.train, split.test
    if train.time is None or test.time is None:
        return Finding(
            "no times",
            len(test),
            len(test),
            False,
            f"The split is called {split.protocol.kind}, and has no times to check that by; keep "
            "the times of its ratings.",
        )
    alone = split.protocol.kind == LAST_OUT
    latest = np.full(train.n_users if alone else 1, np.iinfo(np.int64).min)
    np.maximum.at(latest, train.user_index if alone else np.zeros(len(train), np.int64), train.time)
    early = test.time < latest[test.user_index if alone else 0]
    if not early.any():
        return None
    whose = "of the same person" if alone else "of anybody"
    return Finding(
        "later training",
        int(early.sum()),
        len(test),
        True,
        f"Under a split by time ({split.protocol.kind}) no training rating {whose} may be later "
        f"than a test rating, but {int(early.sum()):,} of {len(test):,} test ratings are earlier "
        f"than one: of users {some(np.unique(test.user_index[early]))}. Cut by time again.",
    )


def _twins(parts: list[Interactions], test: Interactions) -> Finding | None:
    n_users = test.n_users
    count = np.zeros(n_users, np.int64)
    mark = np.zeros(n_users, np.uint64)
    trained = _users(parts[0])
    for part in parts:
        count += np.bincount(part.user_index, minlength=n_users)
        # Sums of well mixed numbers: equal for equal sets, else equal by a chance of 2^-64.
        np.add.at(mark, part.user_index, _mixed(part))
    heavy = np.flatnonzero(count >= TWINS)
    _, group, size = np.unique(
        mark[heavy] + count[heavy].astype(np.uint64), return_inverse=True, return_counts=True
    )
    if not (size > 1).any():
        return None
    trained_twins = np.bincount(group, trained[heavy], minlength=len(size))
    judged = _users(test)[heavy]
    others = trained_twins[group] - trained[heavy]
    twins = heavy[judged & (others > 0)]
    if not len(twins):
        return None
    return Finding(
        "twins",
        len(twins),
        int(_users(test).sum()),
        False,
        f"{len(twins):,} of {int(_users(test).sum()):,} judged people have the very same ratings, "
        f"{TWINS} or more, as somebody who is trained on, so they may be one person under two ids: "
        f"users {some(twins)}. Their test ratings may be known from the twin; merge them.",
    )


# ---- arrays -------------------------------------------------------------------------------


def fingerprint(ratings: Interactions) -> str:
    """SHA-256 of which (user, item) pairs there are, in any order: 64 hexadecimal digits.

    Indices count as they are, so two parts compare only in one numbering.
    """
    return hashlib.sha256(np.sort(_pairs(ratings)).tobytes()).hexdigest()


def common(asked: Interactions, known: Interactions) -> Bool:
    """(n,) which rows of `asked` are of (user, item) pairs that `known` has too."""
    wanted, ordered = _pairs(asked), np.sort(_pairs(known))
    if not len(ordered):
        return np.zeros(len(wanted), bool)
    at = np.minimum(np.searchsorted(ordered, wanted), len(ordered) - 1)
    return np.asarray(ordered[at] == wanted)


def _pairs(ratings: Interactions) -> Int64:
    """(n,) int64, one number a pair."""
    return (ratings.user_index.astype(np.int64) << 32) | ratings.item_index


def _users(ratings: Interactions) -> Bool:
    """(n_users,) who has a rating there."""
    return np.bincount(ratings.user_index, minlength=ratings.n_users) > 0


def _mixed(ratings: Interactions) -> npt.NDArray[np.uint64]:
    """(n,) uint64: a number for each (item, value) that looks random (splitmix64)."""
    mixed = ratings.item_index.astype(np.uint64) << np.uint64(32)
    if ratings.value is not None:
        mixed |= (ratings.value + np.float32(0)).view(np.uint32)
    mixed += np.uint64(0x9E3779B97F4A7C15)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))


def _few(named: list[str], count: int) -> str:
    return ", ".join(named[:5]) + (f" and {count - 5:,} more" if count > 5 else "")
