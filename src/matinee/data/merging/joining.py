"""Two data sets as one: users kept apart, matched items together, ids that cannot collide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import chain, count
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matinee.data import specs
from matinee.data.dataset import Dataset, Vocabulary
from matinee.data.merging import tables
from matinee.data.merging.matching import Matching
from matinee.data.merging.tables import Sides
from matinee.data.own.assemble import kept_rows
from matinee.errors import InvalidInput
from matinee.interactions import Bool, Int32, Interactions

_MOST_APART = 0.25
"""What share of a scale may be missing at an end of another one that means the same."""


class Joined(NamedTuple):
    """The merged set, and of each side the ratings that were dropped: a film rated twice."""

    dataset: Dataset
    dropped: tuple[int, int]


def check(a: Dataset, b: Dataset) -> None:
    """Refuse to join what cannot be one set.

    Raises
    ------
    InvalidInput
        One is in the other already, scales or kinds of feedback differ, or the items of one have
        neither titles nor links.
    """
    for one in specs.of(a).origins():
        for other in specs.of(b).origins():
            if one.ids == other.ids:
                names = [
                    part.name if part.name == whole.name else f"{part.name} (in {whole.name})"
                    for part, whole in ((one, a), (other, b))
                ]
                raise InvalidInput(
                    f"The sets to merge must be different ones, but {' and '.join(names)} have "
                    f"the same {one.sizes['users']:,} users, {one.sizes['items']:,} items and "
                    f"{one.sizes['ratings']:,} ratings."
                )
    if len(a.interactions) and len(b.interactions):
        kinds = [d.interactions.value is None for d in (a, b)]
        if kinds[0] != kinds[1]:
            implicit, explicit = (a, b) if kinds[0] else (b, a)
            raise InvalidInput(
                "Both sets must have ratings, or both choices without: "
                f"{implicit.name} has only choices, {explicit.name} has ratings."
            )
    joined_scale(a, b)
    for side in (a, b):
        said = ("title", "imdb_id", "tmdb_id")
        known = [side.item_table.column(n) for n in said if n in side.item_table.column_names]
        if len(side.items) and all(column.null_count == len(column) for column in known):
            raise InvalidInput(
                f"Items of {side.name} must have titles or links to be matched by, got neither; "
                "give a folder with a table of movies."
            )


def joined_scale(a: Dataset, b: Dataset) -> tuple[float, float] | None:
    """The scale that holds both: declared ones, else as found.

    Declared scales mean the same where they end alike and begin about alike (0.5..5 and 1..5).
    What was only found may be narrower than what is meant, but not by much at the upper end.

    Raises
    ------
    InvalidInput
        They are scales of another kind, such as 1..5 and 1..10.
    """
    scales = [s for s in (_scale(a), _scale(b)) if s is not None]
    if len(scales) < 2:
        return scales[0] if scales else None
    low, high = min(s[0] for s in scales), max(s[1] for s in scales)
    most = _MOST_APART * (high - low)
    both_declared = a.scale is not None and b.scale is not None
    ends = any(high - s[1] > (0 if both_declared else most) for s in scales)
    begins = any(d.scale is not None and d.scale[0] - low > most for d in (a, b))
    if ends or begins:
        told = [f"{d.name} has {s[0]:g}..{s[1]:g}" for d, s in zip((a, b), scales, strict=True)]
        raise InvalidInput(
            f"The ratings of both sets must mean the same, but {' and '.join(told)}; bring one "
            "of them to the scale of the other first."
        )
    return low, high


def _scale(side: Dataset) -> tuple[float, float] | None:
    if side.scale is not None or side.interactions.value is None or not len(side.interactions):
        return side.scale
    return side.interactions.scale


def join(a: Dataset, b: Dataset, matching: Matching) -> Joined:
    """One set of two.

    User ids get the name of their set before them ("ml-1m:42"), unless the set is a merged one,
    whose users are apart already. Items keep the id that they have in `a`; those that only `b` has
    get its name before theirs.

    What the item tables tell is taken from `a` and, where that does not know it, from `b`; of
    genres and titles it is the longer list. Where only one set has times, those of the other are 0.
    """
    name_a, name_b = a.name, b.name
    if name_b in (name_a, *(s.name for s in specs.of(a).origins())):
        name_b = next(n for n in _numbered(name_b) if n != name_b)
    users_a = _prefixed(a, a.users.ids, name_a, ())
    users_b = _prefixed(b, b.users.ids, name_b, users_a)
    item_ids = _item_ids(a, b, matching, name_b)
    items = Vocabulary(item_ids)
    users = Vocabulary([*users_a, *users_b])
    interactions, dropped = _interactions((a, b), matching, len(users))
    items_a, items_b = ([item_ids[i] for i in m] for m in (matching.item_a, matching.item_b))
    dataset = Dataset(
        f"{name_a}+{name_b}",
        interactions,
        users,
        items,
        tables.item_table((a, b), matching, items),
        tables.user_table((a, b), users),
        tables.tags((a, b), (users_a, users_b), (items_a, items_b), (name_a, name_b)),
        tables.genome((a, b), matching, item_ids),
        scale=joined_scale(a, b),
    )
    return Joined(dataset, dropped)


# ---- ids --------------------------------------------------------------------------------


def _numbered(name: str) -> Iterable[str]:
    return chain([name], (f"{name}-{n}" for n in count(2)))


def _prefixed(side: Dataset, ids: list[str], name: str, taken: Sequence[str]) -> list[str]:
    """User ids with a name before them, or as they are in a merged set; none of those taken."""
    others = set(taken)
    if side.specs is not None and side.specs.stage == "merge" and others.isdisjoint(ids):
        return ids
    every = ([f"{prefix}:{i}" for i in ids] for prefix in _numbered(name))
    return next(found for found in every if others.isdisjoint(found))


def _item_ids(a: Dataset, b: Dataset, matching: Matching, name_b: str) -> list[str]:
    ids: list[str] = [""] * matching.n_items
    for at, id_ in zip(matching.item_a[::-1].tolist(), reversed(a.items.ids), strict=True):
        ids[at] = id_  # the first of a film that the set holds twice
    taken = set(a.items.ids)
    alone = [(at, id_) for at, id_ in zip(matching.item_b.tolist(), b.items.ids, strict=True)]
    alone = [(at, id_) for at, id_ in alone if not ids[at]]
    for prefix in _numbered(name_b):
        named = [f"{prefix}:{id_}" for _, id_ in alone]
        if taken.isdisjoint(named):
            break
    for (at, _), id_ in zip(alone, named, strict=True):
        ids[at] = id_
    return ids


# ---- ratings ----------------------------------------------------------------------------


def _interactions(
    sides: Sides, matching: Matching, n_users: int
) -> tuple[Interactions, tuple[int, int]]:
    """All ratings, those of the first set first; and how many of each were dropped."""
    places = (matching.item_a, matching.item_b)
    rated = [d.interactions for d in sides]
    items = [place[r.item_index] for place, r in zip(places, rated, strict=True)]
    kept = [_kept(r, i, p) for r, i, p in zip(rated, items, places, strict=True)]
    explicit = all(r.value is not None or not len(r) for r in rated)
    timed = any(r.time is not None and len(r) for r in rated)
    users = [rated[0].user_index, rated[1].user_index + np.int32(rated[0].n_users)]
    values = [r.value if r.value is not None else np.zeros(len(r), np.float32) for r in rated]
    times = [r.time if r.time is not None else np.zeros(len(r), np.int64) for r in rated]
    interactions = Interactions(
        _together(users, kept),
        _together(items, kept),
        _together(values, kept) if explicit else None,
        _together(times, kept) if timed else None,
        n_users,
        matching.n_items,
    )
    dropped = [0 if k is None else len(k) - int(k.sum()) for k in kept]
    return interactions, (dropped[0], dropped[1])


def _together(columns: list[npt.NDArray[Any]], kept: list[Bool | None]) -> npt.NDArray[Any]:
    parts = (c if k is None else c[k] for c, k in zip(columns, kept, strict=True))
    return np.concatenate(list(parts))


def _kept(ratings: Interactions, item: Int32, places: Int32) -> Bool | None:
    """Of a person's ratings of one film under two ids the latest stays; None if all stay."""
    ids = np.bincount(places)
    if ids.max(initial=0) < 2:
        return None
    rows = np.flatnonzero(ids[item] > 1)
    time = None if ratings.time is None else ratings.time[rows]
    some = kept_rows(ratings.user_index[rows], item[rows], time, "last")
    if some is None:
        return None
    kept = np.ones(len(ratings), bool)
    kept[rows] = some
    return kept
