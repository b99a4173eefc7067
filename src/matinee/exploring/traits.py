"""Ratings by what is known of items and of people, and items by name.

Everything is summed by item or by person once; what they share is summed from that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matinee.exploring.records import Group, TitleFigures, Twins
from matinee.features.profiles import AGE_BANDS, profile_words
from matinee.interactions import Int32, Int64, Interactions

Float64 = npt.NDArray[np.float64]

_LISTED = 10
_MOST = 30
UNKNOWN = "unknown"
"""The group of those of whom the trait is not known."""


@dataclass(frozen=True, eq=False)
class Totals:
    """Of each person, or each item: ratings, their sum, and how many are liked.

    `sums` and `liked` are None for implicit feedback.
    """

    ratings: Int64
    sums: Float64 | None
    liked: Int64 | None

    @property
    def means(self) -> Float64 | None:
        """NaN without ratings."""
        if self.sums is None:
            return None
        return np.where(self.ratings > 0, self.sums / np.maximum(self.ratings, 1), np.nan)


def totals(index: Int32, size: int, ratings: Interactions, threshold: float | None) -> Totals:
    """Sums by `index` (of people or of items), `size` of them."""
    count = np.bincount(index, minlength=size)
    if ratings.value is None or threshold is None:
        return Totals(count, None, None)
    sums = np.bincount(index, weights=ratings.value, minlength=size).astype(np.float64)
    return Totals(count, sums, np.bincount(index[ratings.value >= threshold], minlength=size))


def genres(items: pa.Table, of: Totals) -> tuple[Group, ...]:
    """By genre, the most rated first; empty where no item has one."""
    if "genres" not in items.column_names:
        return ()
    lists = items.column("genres").to_pylist()
    found = _groups([list(dict.fromkeys(names or [UNKNOWN])) for names in lists], of)
    return _ranked(found) if {group.name for group in found} - {UNKNOWN} else ()


def decades(items: pa.Table, of: Totals) -> tuple[Group, ...]:
    """By decade of release, in order; empty where no year is known."""
    if "year" not in items.column_names:
        return ()
    years = items.column("year").to_pylist()
    found = _groups([[UNKNOWN if y is None else f"{y // 10 * 10}s"] for y in years], of)
    found.sort(key=lambda group: (group.name == UNKNOWN, len(group.name), group.name))
    return tuple(found) if {group.name for group in found} - {UNKNOWN} else ()


def people(users: pa.Table, of: Totals) -> dict[str, tuple[Group, ...]]:
    """By age band, gender and occupation, as far as they are known of anybody."""
    found: dict[str, tuple[Group, ...]] = {}
    for field in ("age", "gender", "occupation"):
        if field not in users.column_names:
            continue
        said = users.column(field).to_pylist()
        groups = _groups([[_in_profile(field, value)] for value in said], of)
        if not {group.name for group in groups} - {UNKNOWN}:
            continue
        found[field] = _by_age(groups) if field == "age" else _ranked(groups)
    return found


def most_rated(items: pa.Table, of: Totals) -> tuple[TitleFigures, ...]:
    """The ten with the most ratings."""
    order = np.argsort(-of.ratings, kind="stable")[:_LISTED]
    return _titles(items, of, order[of.ratings[order] > 0])


def best_rated(items: pa.Table, of: Totals, least: int) -> tuple[TitleFigures, ...]:
    """The ten of highest mean among those with `least` ratings or more."""
    means = of.means
    if means is None:
        return ()
    enough = np.flatnonzero(of.ratings >= max(least, 1))
    return _titles(items, of, enough[np.argsort(-means[enough], kind="stable")][:_LISTED])


def twins(items: pa.Table) -> tuple[int, tuple[Twins, ...]]:
    """How many titles stand in the table under several ids, and the first ten of them."""
    if "title" not in items.column_names:
        return 0, ()
    ids: defaultdict[str, list[str]] = defaultdict(list)
    names: dict[str, str] = {}
    titles = items.column("title").to_pylist()
    for item_id, title in zip(items.column("item_id").to_pylist(), titles, strict=True):
        if title:
            ids[title.casefold()].append(item_id)
            names.setdefault(title.casefold(), title)
    several = [Twins(names[key], tuple(found)) for key, found in ids.items() if len(found) > 1]
    return len(several), tuple(several[:_LISTED])


def _groups(names: Sequence[Sequence[str]], of: Totals) -> list[Group]:
    """A group for each name, `names` being those of each person or item."""
    place = {name: i for i, name in enumerate(dict.fromkeys(n for own in names for n in own))}
    member = np.repeat(np.arange(len(names)), [len(own) for own in names])
    group = np.array([place[n] for own in names for n in own], np.int64)

    def summed(values: npt.NDArray[Any]) -> Float64:
        found = np.bincount(group, weights=values[member], minlength=len(place))
        return found.astype(np.float64)

    count, ratings = np.bincount(group, minlength=len(place)), summed(of.ratings)
    sums = None if of.sums is None else summed(of.sums)
    liked = None if of.liked is None else summed(of.liked)

    def share(of_group: Float64 | None, i: int) -> float | None:
        return None if of_group is None or not ratings[i] else float(of_group[i] / ratings[i])

    found = [
        Group(name, int(count[i]), int(ratings[i]), share(sums, i), share(liked, i))
        for name, i in place.items()
    ]
    # A column may hold anything, such as the names of a thousand directors.
    return sorted(found, key=lambda g: (g.name != UNKNOWN, -g.ratings, g.name))[:_MOST]


def _ranked(groups: list[Group]) -> tuple[Group, ...]:
    """As they come, the unknown last."""
    return tuple(sorted(groups, key=lambda g: g.name == UNKNOWN))


def _by_age(groups: list[Group]) -> tuple[Group, ...]:
    def key(group: Group) -> tuple[bool, int]:
        begin = next((b for b in AGE_BANDS if group.name.startswith(str(b))), 0)
        return group.name == UNKNOWN, begin

    return tuple(sorted(groups, key=key))


def _in_profile(field: str, value: Any) -> str:
    """As models read it: the name after "age:", "gender:" or "occupation:"."""
    word = next(iter(profile_words({field: value})), "")
    return word.partition(":")[2] or UNKNOWN


def _titles(items: pa.Table, of: Totals, chosen: npt.NDArray[np.int64]) -> tuple[TitleFigures, ...]:
    rows = items.take(pa.array(chosen))
    ids = rows.column("item_id").to_pylist()
    titles = rows.column("title").to_pylist() if "title" in rows.column_names else ids
    means = of.means
    return tuple(
        TitleFigures(
            item_id,
            title or item_id,
            int(of.ratings[i]),
            None if means is None else float(means[i]),
        )
        for item_id, title, i in zip(ids, titles, chosen.tolist(), strict=True)
    )
