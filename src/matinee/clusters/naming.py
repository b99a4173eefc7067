"""A name for each cluster from its marks: "1990s crime drama"; the same marks, the same names."""

from __future__ import annotations

from collections.abc import Sequence

from matinee.cluster_answers import Mark
from matinee.titles import spoken

UNMARKED = "a bit of everything"
"""What a cluster is called that nothing marks out."""

ENOUGH = 0.15
"""The share from which on a mark may name a cluster: a name must be about much of it."""
_OF_PEOPLE = 0.33
"""The share of people from which on a mark of theirs may name them."""
_ADJOINING = 0.04
"""The share from which on a decade stretches the strongest one."""

_NOUNS = (
    "drama", "thriller", "western", "musical", "documentary", "film noir", "comedy", "romance",
    "adventure", "mystery", "action", "fantasy", "horror", "animation", "sci-fi", "war", "crime",
)  # fmt: skip
"""Genres by how well they stand last: crime drama, not drama crime."""
_SPOKEN = {"film-noir": "film noir", "children": "children's"}
_ADJECTIVES = {"romance": "romantic", "animation": "animated", "musical": "musical"}
_PEOPLE = {"F": "women", "M": "men"}


def names(
    marks: Sequence[Sequence[Mark]], titles: Sequence[Sequence[str]], *, profiles_first: bool
) -> list[str]:
    """A name for each cluster, no two alike.

    The first of two that would be called the same keeps the name; the other says a further mark,
    or a title that it likes more than everybody does, or in the end its number.

    Parameters
    ----------
    marks
        Of each cluster, the strongest first.
    titles
        Of each cluster, those that mark it out most.
    profiles_first
        Name people by who they are where that marks them out, not by what they like.
    """
    taken: set[str] = set()
    found = []
    for number, (own, liked) in enumerate(zip(marks, titles, strict=True)):
        base, said = _plain_name(own, profiles_first=profiles_first)
        longer = [f"{base} with {spoken_mark(mark)}" for mark in _further(own, said)]
        longer += [f"{base}, such as {spoken(title)}" for title in liked]
        longer.append(f"{base}, no. {number}")
        name = next(n for n in (base, *longer) if n not in taken)
        taken.add(name)
        found.append(name)
    return found


def spoken_mark(mark: Mark) -> str:
    """A mark as one says it: "1990s", "crime", "women", "25-34 years old"."""
    if mark.kind == "decade":
        return f"{mark.value}s"
    if mark.kind == "gender":
        return _PEOPLE.get(mark.value, mark.value)
    if mark.kind == "age":
        return f"{mark.value} years old"
    if mark.kind == "region":
        return f"zip {mark.value}.."
    plain = mark.value.lower()
    return _SPOKEN.get(plain, plain)


def _plain_name(marks: Sequence[Mark], *, profiles_first: bool) -> tuple[str, list[Mark]]:
    """What a cluster is called if no other is called so, and the marks that this says."""
    ways = (_people, _taste) if profiles_first else (_taste, _people)
    for way in ways:
        name, said = way(marks)
        if name:
            return name, said
    return UNMARKED, []


def _taste(marks: Sequence[Mark]) -> tuple[str, list[Mark]]:
    genres = [m for m in marks if m.kind == "genre" and m.share >= ENOUGH][:2]
    if not genres:
        genres = [m for m in marks if m.kind == "tag" and m.share >= ENOUGH][:1]
    words, decades = _decades([m for m in marks if m.kind == "decade" and m.share >= _ADJOINING])
    if not genres:
        return (f"{words} titles" if words else ""), decades
    return f"{words} {_phrase([spoken_mark(m) for m in genres])}".strip(), [*genres, *decades]


def _phrase(genres: list[str]) -> str:
    """One or two genres with the one that stands well as a noun at the end."""
    rank = {noun: place for place, noun in enumerate(_NOUNS)}
    if len(genres) == 1:
        return genres[0]
    *before, last = sorted(genres, key=lambda g: -rank.get(g, len(rank)))
    return " ".join([*(_ADJECTIVES.get(g, g) for g in before), last])


def _decades(marks: Sequence[Mark]) -> tuple[str, list[Mark]]:
    """The strongest decade with the marked ones that adjoin it: "1930s to 1950s"."""
    by_year = {int(m.value): m for m in marks}
    if not marks:
        return "", []
    first = last = int(marks[0].value)
    while first - 10 in by_year:
        first -= 10
    while last + 10 in by_year:
        last += 10
    said = [by_year[year] for year in range(first, last + 10, 10)]
    if sum(m.share for m in said) < ENOUGH:
        return "", []
    return (f"{first}s" if first == last else f"{first}s to {last}s"), said


def _people(marks: Sequence[Mark]) -> tuple[str, list[Mark]]:
    large = [m for m in marks if m.share >= _OF_PEOPLE]
    who = [m for kind in ("gender", "age") for m in [m for m in large if m.kind == kind][:1]]
    work = [m for m in large if m.kind == "occupation"][:1]
    words = [" ".join(spoken_mark(m) for m in who)] if who else []
    return ", ".join([*words, *(spoken_mark(m) for m in work)]), [*who, *work]


def _further(marks: Sequence[Mark], said: Sequence[Mark]) -> list[Mark]:
    """Marks of taste, on much of the cluster, that a name does not say yet."""
    kinds = ("genre", "tag", "decade")
    return [m for m in marks if m.kind in kinds and m.share >= _ADJOINING and m not in said]
