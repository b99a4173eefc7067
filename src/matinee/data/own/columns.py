"""Which column of a table is which: named by the caller, given by number, or guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matinee.errors import InvalidInput, InvalidParameter

_USUAL = {
    "user": "userid user users who uid userno customerid customer reviewerid reviewer memberid "
    "member personid person visitorid profileid accountid username",
    "item": "itemid item items what movieid movie iid productid product parentasin asin filmid "
    "film bookid book isbn trackid songid artistid gameid animeid businessid articleid itemno",
    "rating": "rating ratings stars score value vote grade overall bookrating",
    "time": "timestamp time at ratedat date datetime ts when createdat created unixreviewtime",
    "title": "title name movietitle itemtitle booktitle",
    "year": "year releaseyear yearofpublication",
    "genres": "genres genre categories category class",
    "original_title": "originaltitle",
    "overview": "overview description summary synopsis plot",
    "keywords": "keywords",
    "imdb_id": "imdbid imdb",
    "tmdb_id": "tmdbid tmdb",
    "age": "age",
    "gender": "gender sex",
    "occupation": "occupation job",
    "zip": "zip zipcode postcode postalcode",
    "tag": "tag tagvalue keyword",
}
USUAL_NAMES = {field: tuple(names.split()) for field, names in _USUAL.items()}
"""The names that are recognized, best first, without case, blanks and punctuation."""


@dataclass(frozen=True)
class Columns:
    """Where the fields of a table stand.

    Attributes
    ----------
    names : the name of every column, in the table's order (``column 1`` ... without a header)
    position : field ("user", "rating", ...) -> position in `names`; fields that are not there
        are left out
    """

    names: tuple[str, ...]
    position: Mapping[str, int]

    def name(self, field: str) -> str:
        """The table's own name of a field."""
        return self.names[self.position[field]]

    def __contains__(self, field: object) -> bool:
        return field in self.position


def plain(name: str) -> str:
    """A column name as it is compared: "User_ID:token" -> "userid"."""
    return re.sub(r"[\W_]", "", name.partition(":")[0].lower())


def by_number(given: Mapping[str, str | int | None]) -> bool:
    """True if the columns are given by number, which says that the file has no header.

    Raises
    ------
    InvalidParameter
        Some are numbers and some are names.
    """
    numbers = {f: str(c).strip().isdecimal() for f, c in given.items() if c is not None}
    if any(numbers.values()) and not all(numbers.values()):
        raise InvalidParameter(
            "Columns must all be given by name, or all by number (1 is the first; then the file "
            f"has no header), got {', '.join(f'{f}={given[f]}' for f in numbers)}."
        )
    return bool(numbers) and all(numbers.values())


def find(
    names: Sequence[str],
    given: Mapping[str, str | int | None],
    required: Sequence[str],
    where: str,
    *,
    also: Mapping[str, Sequence[str]] | None = None,
) -> Columns:
    """Find the fields of a table among its columns.

    Parameters
    ----------
    names
        Of the columns that are there.
    given
        Field -> the name or number (1 is the first) that the caller gave, None to guess it.
    required
        Fields that must be there.
    where
        The table, for messages.
    also
        More names to recognize in this table, such as "id" for the item of an item table.

    Raises
    ------
    InvalidInput
        A column that was named is not there, one that is needed cannot be guessed, or one column
        is taken for two fields; the message names the columns that are there.
    """
    stripped = [n.strip() for n in names]
    present = ", ".join(repr(n) for n in stripped)
    numbered = by_number(given)
    position: dict[str, int] = {}
    for field, name in given.items():
        if name is not None and numbered:
            position[field] = _numbered(int(name), len(stripped), field, where)
        elif name is not None:
            position[field] = _named(stripped, str(name).strip(), field, where, present)
    for field in given:
        if field not in position and not numbered:
            names_known = (*USUAL_NAMES[field], *(also or {}).get(field, ()))
            at = _guess(stripped, names_known, set(position.values()))
            if at is not None:
                position[field] = at
    missing = [f for f in required if f not in position]
    if missing:
        raise InvalidInput(
            f"{where} must have a column for `{missing[0]}`, got the columns {present}; say which "
            f"one it is: `matinee data import FILE --{missing[0]} NAME` (or numbers from 1 where "
            f"the file has no header), or {missing[0]}=... in Python."
        )
    for field, at in position.items():
        twin = next((f for f, other in position.items() if other == at and f != field), None)
        if twin is not None:
            raise InvalidInput(
                f"Column {stripped[at]!r} of {where} must stand for one field, got it for both "
                f"`{field}` and `{twin}`; the columns are {present}."
            )
    return Columns(tuple(stripped), position)


def _named(names: list[str], name: str, field: str, where: str, present: str) -> int:
    matches = [i for i, n in enumerate(names) if n == name]
    if len(matches) != 1:
        raise InvalidInput(
            f"{where} must have one column {name!r} for `{field}`, got {len(matches)}; its columns "
            f"are {present}."
        )
    return matches[0]


def _numbered(number: int, width: int, field: str, where: str) -> int:
    if not 1 <= number <= width:
        raise InvalidInput(
            f"Column {number} given for `{field}` must lie in 1..{width}, the columns of {where}."
        )
    return number - 1


def _guess(names: list[str], known: Sequence[str], taken: set[int]) -> int | None:
    free = {plain(n): i for i, n in reversed(list(enumerate(names))) if i not in taken}
    return next((free[n] for n in known if n in free), None)
