"""Two parts of ratings that share no row, and what their protocol says of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Bool, Int64, Interactions
from matinee.splits.protocol import Protocol


@dataclass(frozen=True, eq=False)
class Split:
    """Training and test ratings that share no rating, and the protocol that made them.

    Parameters
    ----------
    train, test
        In the same numbering.
    given
        What is known of the people judged, where that does not stand in `train`: histories to
        fold in, since no model was trained on these people. It may be empty. None: they are
        people of `train`.
    """

    train: Interactions
    test: Interactions
    protocol: Protocol = field(default_factory=lambda: Protocol("given"))
    given: Interactions | None = None

    def __repr__(self) -> str:
        parts = f"{len(self.train):,} for training, {len(self.test):,} for test"
        return f"<Split ({self.protocol.title}): {parts}>"

    @cached_property
    def people(self) -> Int64:
        """(people,) int64: users with test rows, ascending."""
        counts = np.bincount(self.test.user_index, minlength=self.test.n_users)
        return np.flatnonzero(counts).astype(np.int64, copy=False)

    @property
    def known(self) -> Interactions:
        """What a model knows of the people judged, and never recommends to them."""
        return self.train if self.given is None else self.given

    def giving(self, k: int) -> Split:
        """Of new people of whom nothing is given yet the first `k` test rows, the rest to be found.

        The training part is the same object, so one fit serves any `k`; and whoever is given 5
        was given the same 1 before.

        Raises
        ------
        InvalidInput
            The people judged are those of `train`, or something of them is given already.
        InvalidParameter
            `k` is negative, or leaves somebody nothing to find.
        """
        if self.given is None or len(self.given):
            raise InvalidInput(
                "Only new people of whom nothing is given yet can be given rows, got a split by "
                f"{self.protocol.title}; make one by splits.new_users."
            )
        most = int(np.bincount(self.test.user_index)[self.people].min()) - 1
        if not 0 <= k <= most:
            raise InvalidParameter(
                f"`given` must be a number of rows in 0..{most}, so that everybody has one left "
                f"to find, got {k}."
            )
        first = places(self.test) < k
        protocol = replace(self.protocol, given=k)
        return Split(self.train, self.test.take(~first), protocol, self.test.take(first))

    def validation(self) -> Split:
        """A further split of `train` by the same rule: what tuning may look at.

        Where the rule cannot be applied once more (folds, given parts), a random tenth is held.
        """
        from matinee.splits.again import once_more

        return once_more(self)


def places(held: Interactions) -> Int64:
    """(n,) int64: how many rows of the same user come before each, where users stand together."""
    _, start, count = np.unique(held.user_index, return_index=True, return_counts=True)
    return np.arange(len(held)) - np.repeat(start, count)


def parted(ratings: Interactions, test: Bool, protocol: Protocol) -> Split:
    """The rows of `test` and all others; InvalidInput where a part is empty or shares a pair."""
    return checked(Split(ratings.take(~test), ratings.take(test), protocol))


def checked(split: Split) -> Split:
    """The split, once both parts have rows and share no pair; its protocol says what counts."""
    train, test, given, protocol = split.train, split.test, split.given, split.protocol
    if not len(train) or not len(test):
        raise InvalidInput(
            f"A split ({protocol.title}) must leave ratings on both sides, got {len(train)} for "
            f"training and {len(test)} for test; take more data or another fraction."
        )
    both = _common(train, test) + (0 if given is None else _common(given, test))
    if both:
        raise InvalidInput(
            f"A split ({protocol.title}) must not have a (user, item) pair on both sides, got "
            f"{both} of pairs that occur twice in the ratings; keep one rating of each pair first "
            "(data.drop_duplicates does)."
        )
    if test.value is None:
        known = "training" if given is None else "given"
        masked = f"the person's {known} items, and no others"
        said = replace(protocol, counted="every person with a test item", masked=masked)
    else:
        said = replace(protocol, counted="every test rating", masked="nothing")
    return replace(split, protocol=said)


def _common(first: Interactions, second: Interactions) -> int:
    """Rows of `first` whose (user, item) pair `second` has too."""
    wanted = np.sort(_pairs(second))
    asked = _pairs(first)
    at = np.searchsorted(wanted, asked)
    at[at == len(wanted)] = 0
    return int((wanted[at] == asked).sum())


def _pairs(ratings: Interactions) -> Int64:
    return ratings.user_index.astype(np.int64) * ratings.n_items + ratings.item_index
