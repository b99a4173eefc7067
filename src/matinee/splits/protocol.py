"""The protocol of a split: all that somebody else needs in order to hold out the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

RANDOM, PER_USER, LAST_OUT = "random", "per-user", "leave-last-out"
TIME, ROLLING, FOLDS = "time", "rolling", "k-fold"
STRONG, NEW_USERS, NEW_ITEMS = "strong", "new-users", "new-items"

_KEYS = "numpy.random.default_rng({seed})"
_CUT = "{rows} in order of time (ties: file order)"
_RULES = {
    RANDOM: "of {rows} the first {held} (rounded down) of " + _KEYS + ".permutation are test",
    PER_USER: _KEYS + " draws a permutation of all ratings, then .random() for each of {rows}, in "
    "file order; of each user with {minimum}+ of them the {held} (rounded down) with the smallest "
    "keys are test",
    LAST_OUT: "of {rows} the latest of each user with {minimum}+ is test (ties: the later row)",
    TIME: "of " + _CUT + " the last {held} (rounded down) are test",
    ROLLING: _CUT + " end in {of} windows of {held} each (rounded down); window {this} is test, "
    "all before it is training, what comes later is in neither",
    FOLDS: "of {rows} those at places j of " + _KEYS + ".permutation with j mod {of} = {this} - 1 "
    "are test",
    STRONG: _KEYS + " draws a permutation of the users (ascending) with {minimum}+ of {rows}, then "
    ".random() for each of these rows, in file order; the first {held} (rounded down) of the users "
    "are held out, nothing of them is trained on, and their rows of items that training lacks are "
    "dropped; of each who still has {minimum}+ the {found} (rounded down) with the smallest keys "
    "are test, the others are given",
    NEW_USERS: _KEYS + " draws a permutation of the users (ascending) of {rows}, then .random() "
    "for each of these rows, in file order; block {this} of {held} (rounded down) of the users is "
    "held out, and nothing of them is trained on; of each with {minimum}+ the {given} with the "
    "smallest keys are given, the others are test",
    NEW_ITEMS: "of the items (ascending) of {rows} the first {held} (rounded down) of " + _KEYS
    + ".permutation are hidden: all of theirs are test",
}  # fmt: skip
_CUT_FIRST = (TIME, ROLLING)
"""Kinds that cut all ratings, and keep of both sides what was liked."""


@dataclass(frozen=True)
class Protocol:
    """How ratings were held out. Prints itself, and travels with every figure.

    `splits.again` makes the same split from the same ratings and this object alone.

    Parameters
    ----------
    kind
        The rule: "random", "per-user", "leave-last-out", "time", "rolling", "k-fold", "strong",
        "new-users", "new-items"; any other text for parts that were made elsewhere ("given").
    fraction
        The share that is held out: of rows, of each user's rows, of users or of items, by kind.
    seed
        Of ``numpy.random.default_rng``; None where nothing is drawn.
    fold
        Which of several parts is held out, such as "2 of 5".
    minimum
        Rows that a user must have to be judged.
    note
        Whatever must be said besides.
    liked
        Only ratings this high take part, without values; None: all do.
    given
        What is known of somebody who is judged and not in training: a number of rows
        ("new-users"), or a share of them ("strong").
    filters
        What the ratings went through before they were split, in order; empty: nothing.
    counted
        What the figures are means of.
    masked
        What is never recommended to the person judged.
    carved
        0 for test ratings; 1 for validation ratings carved out of that split's training part.
    """

    kind: str
    fraction: float | None = None
    seed: int | None = None
    fold: str | None = None
    minimum: int | None = None
    note: str = ""
    liked: float | None = None
    given: float | None = None
    filters: tuple[str, ...] = ()
    counted: str = ""
    masked: str = ""
    carved: int = 0

    def __str__(self) -> str:
        """All of it in one line; `title` is the short form."""
        if self.carved:
            whole = replace(self, carved=self.carved - 1)
            return f"validation ratings, {self._carving}, within the training part of: {whole}"
        said = [self.title, self.rule]
        if self.rule or self.filters:
            said.append(f"filters: {', then '.join(self.filters) or 'none'}")
        if self.counted:
            said.append(f"counted: {self.counted}")
        if self.masked:
            said.append(f"masked: {self.masked}")
        return "; ".join(filter(None, said))

    @property
    def title(self) -> str:
        """The protocol in a few words, such as "random, 90%/10%, seed 42"."""
        said = ["validation of " * self.carved + self.kind]
        if self.fraction is not None:
            said.append(f"{percent(1 - self.fraction)}/{percent(self.fraction)}")
        if self.fold is not None:
            said.append(f"fold {self.fold}")
        if self.seed is not None:
            said.append(f"seed {self.seed}")
        if self.minimum is not None:
            said.append(f"users with {self.minimum}+")
        if self.liked is not None:
            said.append(f"liked = rated {self.liked:g}+")
        if self.given is not None:
            said.append(f"given {self._given}")
        return ", ".join([*said, *([self.note] if self.note else [])])

    @property
    def rule(self) -> str:
        """Which rows are test, so that somebody else finds the same ones; empty where unknown."""
        template = _RULES.get(self.kind, "")
        needed = {
            "{held}": self.fraction,
            "{seed}": self.seed,
            "{minimum}": self.minimum,
            "{of}": self.part,
        }
        if any(value is None and name in template for name, value in needed.items()):
            return ""
        after = self.liked is not None and self.kind in _CUT_FIRST
        before = "all ratings" if self.liked is None or after else f"those rated {self.liked:g}+"
        this, of = self.part or (1, 1)
        rule = template.format(
            rows=before,
            seed=self.seed,
            minimum=self.minimum,
            held=percent(self.fraction or 0),
            this=this,
            of=of,
            given=self._given,
            found=percent(1 - (self.given or 0)),
        )
        return rule + (f"; of both parts those rated {self.liked:g}+ are kept" if after else "")

    @property
    def repeats(self) -> bool:
        """Whether the rule can be applied once more, to the training part."""
        return bool(self.rule) and self.kind != FOLDS

    @property
    def part(self) -> tuple[int, int] | None:
        """Which of how many parts is held out, from 1; None where there is one."""
        if self.fold is None or " of " not in self.fold:
            return None
        this, _, of = self.fold.partition(" of ")
        return int(this), int(of)

    @classmethod
    def of(cls, stated: Mapping[str, Any]) -> Protocol:
        """The protocol that `as_dict` gave, also after a trip through JSON."""
        known = {name: value for name, value in stated.items() if name != "text"}
        return cls(**known | {"filters": tuple(known.get("filters", ()))})

    def as_dict(self) -> dict[str, Any]:
        """The fields, as JSON takes them, and the line that `str` gives as "text"."""
        return asdict(self) | {"filters": list(self.filters), "text": str(self)}

    @property
    def _given(self) -> str:
        return percent(self.given or 0) if self.kind == STRONG else f"{self.given or 0:g}"

    @property
    def _carving(self) -> str:
        if self.repeats:
            one = {ROLLING: ", one window", NEW_USERS: ", block 1"}
            return f"by the same rule once more{one.get(self.kind, '') if self.fold else ''}"
        return f"the first tenth of {_KEYS.format(seed=self.seed or 0)}.permutation"


def percent(share: float) -> str:
    """A share as a reader sees it: 0.125 is 12.5%."""
    return f"{100 * share:.4g}%"
