"""Fitted models inside a model: what `blend` and `three_ways` hold their members by.

A member is no object of its own in an archive. What it has learned stands among what its host has
learned, under the member's name: `weights_` of ease as `ease__weights_`. What both know anyway
(counts of items, the scale) is kept once, and what a member knows of the people it learned from
is not kept at all: people are folded in.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from matinee.interactions import Float32
from matinee.model import Model, State

_Member = TypeVar("_Member", bound=Model)
_SHARED = ("item_count_", "bounds_")
_OF_PEOPLE = ("people_", "seen_", "members_")


def keep(host: Model, member: Model) -> None:
    """Learn what `member`, fitted to the same training data as `host`, has learned."""
    for learned, value in vars(member).items():
        if learned.endswith("_") and learned not in _SHARED + _OF_PEOPLE:
            setattr(host, f"{member.name}__{learned}", value)


def kept(host: Model, unfitted: _Member) -> _Member:
    """`unfitted` with all that `keep` kept of a model of its name: it answers for histories."""
    for learned in _SHARED:
        setattr(unfitted, learned, getattr(host, learned))
    prefix = f"{unfitted.name}__"
    for learned, value in vars(host).items():
        if learned.startswith(prefix):
            setattr(unfitted, learned.removeprefix(prefix), value)
    return unfitted


def standardized(member: Model, state: State) -> Float32:
    """(people, n_items) the member's scores with mean 0 and deviation 1 in each row.

    Where all items score alike, a row is 0.
    """
    scores = member._score(state)
    scores -= scores.mean(axis=1, keepdims=True)
    deviation = np.sqrt(np.einsum("pi,pi->p", scores, scores) / scores.shape[1])
    scores /= np.where(deviation > 0, deviation, 1)[:, np.newaxis]
    return scores
