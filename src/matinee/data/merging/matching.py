"""Which items of two sets are the same film: by links, else by name and year.

Where both items have an IMDb id, it alone decides; else a TMDB id that both have; else what they
are called and when they came out. Ids of the sets themselves are never compared.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from matinee.data.merging.films import Film, Keys, unique, ways
from matinee.interactions import Int32


class Match(NamedTuple):
    """Positions of an item in the first and in the second set, and what they were matched by."""

    a: int
    b: int
    how: str


class Doubt(NamedTuple):
    """Items that may be the same film and were kept apart: their positions, and why."""

    a: tuple[int, ...]
    b: tuple[int, ...]
    why: str


@dataclass(frozen=True, eq=False)
class Matching:
    """What became of the items of two sets.

    Attributes
    ----------
    item_a, item_b : (n_a,), (n_b,) int32
        The item of the merged set that each becomes: those of the first set in its order, then
        those that only the second has, in its order.
    n_items
        Of the merged set.
    matches
        Pairs, the surest first; a film that a set holds twice is in several.
    doubts
        What was left apart though it may be the same.
    """

    item_a: Int32
    item_b: Int32
    n_items: int
    matches: tuple[Match, ...]
    doubts: tuple[Doubt, ...]


def match(a: Sequence[Film], b: Sequence[Film]) -> Matching:
    """Match the films of two sets, the surest way first; what is matched is not looked at again.

    Items that share a key are a match if they are one film in each set. A set holds a film twice
    where two such items have the same link or equal genres; what links tell apart is never the
    same. Of several films those with equal genres are matched, if these are unique. Anything else
    is a doubt, left to the ways that follow.
    """
    found: list[Match] = []
    doubts: list[Doubt] = []
    done: tuple[set[int], set[int]] = (set(), set())
    for how, keys_a, keys_b in ways(unique(a) & unique(b)):
        for group in _groups(_keyed(a, done[0], keys_a), _keyed(b, done[1], keys_b)):
            matches, left = _decided(a, b, group, how)
            found += matches
            done[0].update(m.a for m in matches)
            done[1].update(m.b for m in matches)
            doubts += left
    item_a, item_b, n_items = _numbered(len(a), len(b), found)
    return Matching(item_a, item_b, n_items, tuple(found), _open(doubts, *done))


def _keyed(every: Sequence[Film], done: set[int], keys: Keys) -> dict[Hashable, list[int]]:
    """Key -> the films that have it, without those that are done."""
    found: dict[Hashable, list[int]] = {}
    for at, film in enumerate(every):
        if at not in done:
            for key in keys(film):
                found.setdefault(key, []).append(at)
    return found


class _Group(NamedTuple):
    """Films of both sets that hang together by keys, and which pairs of them share one."""

    a: list[int]
    b: list[int]
    pairs: set[tuple[int, int]]


def _groups(a: dict[Hashable, list[int]], b: dict[Hashable, list[int]]) -> list[_Group]:
    """Each group once, in order."""
    group_of: dict[tuple[int, int], set[tuple[int, int]]] = {}
    for key in a.keys() & b.keys():
        pairs = {(i, j) for i in a[key] for j in b[key]}
        films = [(0, i) for i in a[key]] + [(1, j) for j in b[key]]
        for film in films:
            pairs |= group_of.get(film, set())
        for i, j in pairs:
            group_of[0, i] = group_of[1, j] = pairs
    groups = {id(pairs): pairs for pairs in group_of.values()}.values()
    found = [_Group(sorted({i for i, _ in p}), sorted({j for _, j in p}), p) for p in groups]
    return sorted(found, key=lambda group: (group.a, group.b))


def _decided(
    a: Sequence[Film], b: Sequence[Film], group: _Group, how: str
) -> tuple[list[Match], list[Doubt]]:
    """The matches within a group, and the doubt that is left, if any."""
    of_a, of_b = _twins(a, group.a), _twins(b, group.b)
    pairs = [
        (x, y)
        for x, at_a in enumerate(of_a)
        for y, at_b in enumerate(of_b)
        if any((i, j) in group.pairs for i in at_a for j in at_b)
        and not any(_apart(a[i], b[j]) for i in at_a for j in at_b)
    ]
    if len(of_a) > 1 or len(of_b) > 1:
        alike = [(x, y) for x, y in pairs if a[of_a[x][0]].genres == b[of_b[y][0]].genres]
        xs, ys = Counter(x for x, _ in alike), Counter(y for _, y in alike)
        pairs = [(x, y) for x, y in alike if xs[x] == ys[y] == 1]
        how = f"{how}, same genres"
    matches = [Match(i, j, how) for x, y in pairs for i in of_a[x] for j in of_b[y]]
    left_a = tuple(i for i in group.a if i not in {m.a for m in matches})
    left_b = tuple(j for j in group.b if j not in {m.b for m in matches})
    if not (left_a and left_b):
        return matches, []
    told = all(_apart(a[i], b[j]) for i in left_a for j in left_b)
    return matches, [Doubt(left_a, left_b, "their links differ" if told else "several fit")]


def _twins(every: Sequence[Film], at: Sequence[int]) -> list[list[int]]:
    """Films of one set that share a key, those that are the same film together."""
    kinds: list[list[int]] = []
    for i in at:
        kind = next((k for k in kinds if all(_twin(every[i], every[j]) for j in k)), None)
        if kind is None:
            kinds.append([i])
        else:
            kind.append(i)
    return kinds


def _twin(one: Film, other: Film) -> bool:
    if _apart(one, other) or one.year != other.year:
        return False
    linked = any(x and x == y for x, y in zip(one[:2], other[:2], strict=True))
    return linked or bool(one.genres and one.genres == other.genres)


def _apart(one: Film, other: Film) -> bool:
    """Whether links say that these are two films."""
    for x, y in ((one.imdb, other.imdb), (one.tmdb, other.tmdb)):
        if x and y:
            return x != y
    return False


def _numbered(n_a: int, n_b: int, matches: Sequence[Match]) -> tuple[Int32, Int32, int]:
    """The merged item of each film: matched ones share that of the first of them."""
    first = np.arange(n_a + n_b)
    for i, j, _ in matches:
        one, other = sorted((_root(first, i), _root(first, n_a + j)))
        first[other] = one
    roots = np.array([_root(first, i) for i in range(n_a + n_b)], np.int64)
    distinct, place = np.unique(roots, return_inverse=True)
    items: Int32 = place.astype(np.int32)
    return items[:n_a], items[n_a:], len(distinct)


def _root(first: np.ndarray[Any, Any], at: int) -> int:
    while first[at] != at:
        at = int(first[at])
    return at


def _open(doubts: Sequence[Doubt], done_a: set[int], done_b: set[int]) -> tuple[Doubt, ...]:
    """What is still in doubt when all ways have been gone; of an item's doubts the last."""
    left: list[Doubt] = []
    seen: set[tuple[int, int]] = set()
    for doubt in reversed(doubts):
        of_a = tuple(i for i in doubt.a if i not in done_a)
        of_b = tuple(j for j in doubt.b if j not in done_b)
        new = {(0, i) for i in of_a} | {(1, j) for j in of_b}
        if of_a and of_b and not new <= seen:
            left.append(Doubt(of_a, of_b, doubt.why))
            seen |= new
    return tuple(reversed(left))
