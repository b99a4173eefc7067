"""Lists of items, best first, and the reasons for them: what models answer with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from matinee.errors import InvalidInput
from matinee.interactions import Float32, Int32
from matinee.kernels import topn

BLOCK = 512
"""People scored at a time, so that no full score matrix is ever held."""


class Ranking(NamedTuple):
    """The best items of each person, best first."""

    items: Int32
    """(people, n) item indices; -1 where there was nothing more to recommend."""
    scores: Float32
    """(people, n) scores, NaN beside -1. Comparable within a row only."""


@dataclass(frozen=True)
class Reason:
    """One part of why an item was recommended, in arrays' terms.

    Attributes
    ----------
    kind
        "rated" (an item of the person's history), "cluster", "feature" (of the item),
        "profile" (of the person) or "popular".
    weight
        Its share in the score; only the order and the sign are comparable between models.
    item
        The item of the history that is meant, where `kind` is "rated".
    label
        What is meant, in words, where it is not an item.
    """

    kind: Literal["rated", "cluster", "feature", "profile", "popular"]
    weight: float
    item: int | None = None
    label: str = ""


def best(score: Callable[[slice], Float32], people: int, n_items: int, n: int) -> Ranking:
    """The `n` best items of each person, exactly; equal scores in order of item index.

    Parameters
    ----------
    score
        Gives the (block, n_items) scores of a block of people; -inf marks what may not be chosen.

    Raises
    ------
    InvalidInput
        n < 1.
    """
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise InvalidInput(f"`n` must be a whole number of at least 1, got {n!r}.")
    width = min(int(n), n_items)
    items = np.full((people, width), -1, np.int32)
    scores = np.full((people, width), np.nan, np.float32)
    for start in range(0, people, BLOCK):
        block = slice(start, min(start + BLOCK, people))
        topn.select(score(block), items[block], scores[block])
    return Ranking(items, scores)
