"""Where the settings of a model come from, and whether that makes its figures unfair."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from matinee.evaluation.leaks import Finding, common, fingerprint
from matinee.interactions import Interactions
from matinee.splits import Protocol, Split, again


@dataclass(frozen=True)
class Origin:
    """Where the settings of a model come from: what `matinee tune` writes beside them.

    Attributes
    ----------
    data
        Name of the data set.
    ratings
        `fingerprint` of all its ratings.
    protocol
        How test ratings were held out of it, which the search never looked at. It has looked at
        the training part: at one part to fit, at the other to choose.
    unseen
        `fingerprint` of those test ratings.
    study
        Name of the file with the trials.
    trial, trials
        Which of how many is the best.
    metric, figure
        What it reached on the ratings that settings were chosen by.
    """

    data: str
    ratings: str
    protocol: Protocol
    unseen: str
    study: str = ""
    trial: int = 0
    trials: int = 0
    metric: str = ""
    figure: float | None = None

    @classmethod
    def of_data(cls, data: str, ratings: Interactions) -> Origin:
        """Before anything is tried or held out; see `within`."""
        return cls(data, fingerprint(ratings), Protocol("given"), "")

    def within(self, split: Split) -> Origin:
        """The same of what is chosen in the training part of `split`."""
        return replace(self, protocol=split.protocol, unseen=fingerprint(split.test))

    @classmethod
    def of(cls, stated: Mapping[str, Any]) -> Origin:
        """The origin that `as_dict` gave; KeyError or TypeError where it is none."""
        protocol = Protocol.of(stated["protocol"])
        return cls(**{**stated, "protocol": protocol})

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON."""
        return {**asdict(self), "protocol": self.protocol.as_dict()}

    def __str__(self) -> str:
        reached = "" if self.figure is None else f": {self.metric} {self.figure:.5f}"
        return (
            f"trial {self.trial} of {self.trials} in {self.study}{reached} on validation ratings, "
            f"held out of the training part of {self.data} by {self.protocol.title}"
        )


def check(
    origin: Origin, ratings: Interactions, split: Split, sources: Collection[str] = ()
) -> Finding | None:
    """Whether settings were chosen with a look at ratings that are test ratings of `split`.

    They were if they come from the same ratings, and the training part of that search, which is
    made `again` here, has pairs of this test part. Where it cannot be made again, since the rows
    stand in another order here, nobody can tell which they were, and so it may be any.

    Parameters
    ----------
    ratings
        All those that `split` was made of, filtered as they were.
    sources
        Names of data sets that `ratings` were put together from: where the search was on one of
        these, it may have looked at any of its ratings.
    """
    seen = _looked_at(origin, ratings, split, sources)
    if seen == 0:
        return None
    which = "any" if seen is None else f"{seen:,}"
    return Finding(
        "chosen settings",
        len(split.test) if seen is None else seen,
        len(split.test),
        False,
        "Settings must be chosen without a look at test ratings, but these come from "
        f"{origin}, and that search {'may have' if seen is None else 'has'} looked at {which} of "
        f"the {len(split.test):,} test ratings of this split ({split.protocol.title}): the figure "
        "flatters. Tune within this split, or compare by the split and seed of the search.",
    )


def _looked_at(
    origin: Origin, ratings: Interactions, split: Split, sources: Collection[str]
) -> int | None:
    """How many of the test ratings; None for nobody knows how many."""
    if origin.ratings != fingerprint(ratings):
        return None if origin.data in sources else 0
    if not origin.protocol.rule:
        return None
    searched = again(ratings, origin.protocol)
    if fingerprint(searched.test) != origin.unseen:
        return None
    return int(common(split.test, searched.train).sum())
