"""What somebody may mean who types a title."""

from __future__ import annotations

import re
from typing import NamedTuple

from matinee.titles.spelling import figures, parts, plain


class Reading(NamedTuple):
    """A name in plain spelling, and the year that was asked for.

    `as_figures` where numbers in the name were typed otherwise.
    """

    name: str
    year: int | None
    as_figures: bool = False


_BARE_YEAR = re.compile(r"(.*\w)[\s,]+(1[89]\d\d|20[0-3]\d)\s*")
_UNFINISHED = re.compile(r"(.*\w)\s*\([\d\s]{0,4}")


def readings(text: str) -> list[Reading]:
    """All that `text` may mean: "blade runner 2049" is a name, and "fargo 1996" one with a year.

    Brackets with a year, even unfinished, are never part of the name; numbers are read as typed and
    as figures. Empty for a text without letters or numbers.
    """
    unfinished = _UNFINISHED.fullmatch(text)
    text = unfinished[1] if unfinished else text
    name, year, _ = parts(text)
    found = [Reading(plain(text if year is None else name), year), Reading(plain(name), year)]
    bare = _BARE_YEAR.fullmatch(text) if year is None else None
    if bare:
        found.append(Reading(plain(parts(bare[1]).name), int(bare[2])))
    meant = list(dict.fromkeys(reading for reading in found if reading.name))
    changed = [(figures(name), year) for name, year, _ in meant]
    return meant + [Reading(*c, True) for c, m in zip(changed, meant, strict=True) if c[0] != m[0]]
