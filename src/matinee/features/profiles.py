"""Age bands, gender, occupation and region of people, as the columns that models learn from.

Each field may stay unknown, and nothing that is unknown is guessed: it is a group of zeros. What
people say in words of their own is read as one of the columns that a model has met (`understood`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from numbers import Integral
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from matinee.errors import InvalidParameter, some
from matinee.features import occupations
from matinee.interactions import sorted_csr

PROFILE = ("age", "gender", "occupation", "zip")
"""What may be known of a person."""
AGE_BANDS = (18, 25, 35, 45, 50, 56)
"""Ages at which a band begins; the first band is below 18 (the bands of ml-1m)."""
_COLUMNS = {"age": "age", "gender": "gender", "occupation": "occupation", "zip": "region"}
_ZIP_CODE = re.compile(r"([0-9])[0-9]{4}(-?[0-9]{4})?")
_GENDERS = (
    ("F", "FEMALE", "WOMAN", "W", "GIRL", "LADY", "SHE"),
    ("M", "MALE", "MAN", "BOY", "GENTLEMAN", "GUY", "HE"),
)
_UNSAID_GENDERS = frozenset(
    ("OTHER", "NONE", "UNKNOWN", "X", "D", "DIVERSE", "NONBINARY", "NA", "PREFERNOTTOSAY")
)
_LISTED = 30
"""Names that a message lists."""


class Understood(NamedTuple):
    """What a profile says in the words of a model, and what was done to read it so."""

    profile: dict[str, Any]
    """The fields that say something, in the words of the columns."""
    notes: tuple[str, ...]
    """In plain words, what was read as something else or left out."""


def profile_words(profile: Mapping[str, Any]) -> list[str]:
    """The columns that a profile stands in, such as "age:25-34" and "occupation:writer".

    An age outside 1..129 is unknown, and so is an occupation "other" or "none": people share it
    only as far as nothing is known.
    """
    age, gender, occupation, code = (profile.get(field) for field in PROFILE)
    words = [f"age:{_age_band(age)}"] if age is not None and _is_age(age) else []
    words += [f"gender:{gender.upper()}"] if gender else []
    if occupation and occupation.lower() not in ("other", "none"):
        words.append(f"occupation:{occupation.lower()}")
    region = _region(code or "")
    return words if region is None else [*words, f"region:{region}"]


def profile_row(profile: Mapping[str, Any], names: Sequence[str]) -> csr_array:
    """(1, g) CSR: the row of somebody with this age, gender, occupation and zip code.

    What the columns `names` do not know (an occupation that nobody has) counts as unknown.
    """
    words = profile_words(profile)
    return sorted_csr(np.array([[float(name in words) for name in names]], np.float32))


def understood(profile: Mapping[str, Any], names: Sequence[str]) -> Understood:
    """A profile in words of one's own, read as the columns `names` that a model has met.

    A gender may be a word ("woman"), an occupation another name or a mistyped one of those that the
    model has met ("software developer", "retired teacher", "libarian"), a zip code anything: none
    of the United States says nothing. A field of which the model has met no column says nothing.

    Parameters
    ----------
    profile
        With any of `PROFILE`; None and "" are unknown.
    names
        Of the columns, such as "age:25-34", "gender:F", "occupation:writer" and "region:9".

    Raises
    ------
    InvalidParameter
        An age is no whole number in 1..129, or a gender or an occupation is nothing like those that
        the model has met.

    Examples
    --------
    >>> understood({"occupation": "coder"}, ["occupation:programmer"])
    Understood(profile={'occupation': 'programmer'}, notes=("occupation 'coder' was read as \
programmer",))
    """
    kept: dict[str, Any] = {}
    notes: list[str] = []
    for field, read in _READ.items():
        stated = profile.get(field)
        if not _is_stated(stated):
            continue
        value, note = read(stated, _met(field, names), profile)
        if value is not None:
            kept[field] = value
        if note:
            notes.append(note)
    return Understood(kept, tuple(notes))


def readable(profile: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """What is `understood` of a profile, without those fields that cannot be read.

    For what was stored at another time: it may be unlike anything that a model has met.
    """
    kept: dict[str, Any] = {}
    for field, read in _READ.items():
        if not _is_stated(profile.get(field)):
            continue
        try:
            value, _ = read(profile[field], _met(field, names), profile)
        except InvalidParameter:
            continue
        if value is not None:
            kept[field] = value
    return kept


# ---- fields ------------------------------------------------------------------------------

Found = tuple[Any, str]
"""A value, None where nothing is known then; and a note, "" where there is nothing to say."""


def _read_age(stated: Any, met: Sequence[str], profile: Mapping[str, Any]) -> Found:
    if not _is_age(stated):
        raise InvalidParameter(f"`age` must lie in 1..129 years and be whole, got {stated!r}.")
    if not met:
        return None, _nobody_states("an age")
    band = _age_band(int(stated))
    if band not in met:
        return None, f"the model has met nobody of {_in_years(band)}, so the age was left out"
    return int(stated), ""


def _read_gender(stated: Any, met: Sequence[str], profile: Mapping[str, Any]) -> Found:
    if not met:
        return None, _nobody_states("a gender")
    said = str(stated).strip().upper()
    if said in met:
        return said, ""
    alike = next((group for group in _GENDERS if said in group), ())
    found = next((name for name in met if name in alike), None)
    if found is not None:
        return found, f"gender {stated!r} was read as {found}"
    if alike or re.sub(r"\W", "", said) in _UNSAID_GENDERS:
        return None, f"the model has met {_all(met)} only, so gender {stated!r} was left out"
    raise _none_of_these("gender", stated, met)


def _read_occupation(stated: Any, met: Sequence[str], profile: Mapping[str, Any]) -> Found:
    if not met:
        return None, _nobody_states("an occupation")
    age = profile.get("age")
    child = age is not None and _is_age(age) and age < AGE_BANDS[0]
    found = occupations.read(str(stated), met, child=child)
    if found is None:
        raise _none_of_these("occupation", stated, met)
    if found.name is None:
        said = f"occupation {stated!r} names no work"
        said = said if found.unsaid else f"the model has met nobody who is {stated!r}"
        return None, f"{said}, so the occupation was left out"
    same = found.name == str(stated).strip().lower()
    return found.name, "" if same else f"occupation {stated!r} was read as {found.name}"


def _read_zip(stated: Any, met: Sequence[str], profile: Mapping[str, Any]) -> Found:
    if not met:
        return None, _nobody_states("a zip code of the United States")
    region = _region(str(stated))
    if region is None:
        return None, f"{stated!r} is no zip code of the United States, so the region was left out"
    if region not in met:
        return None, f"the model has met nobody with a zip code like {stated!r}; it was left out"
    return str(stated).strip(), ""


Reader = Callable[[Any, Sequence[str], Mapping[str, Any]], Found]
_READ: dict[str, Reader] = {
    "age": _read_age,
    "gender": _read_gender,
    "occupation": _read_occupation,
    "zip": _read_zip,
}


def _met(field: str, names: Sequence[str]) -> list[str]:
    """The values of a field that are columns."""
    parts = (name.partition(":") for name in names)
    return [value for kind, _, value in parts if kind == _COLUMNS[field]]


def _is_stated(value: Any) -> bool:
    return value is not None and str(value).strip() != ""


def _nobody_states(what: str) -> str:
    return f"nobody whom the model has met states {what}, so it says nothing here"


def _none_of_these(field: str, stated: Any, met: Sequence[str]) -> InvalidParameter:
    near = occupations.nearest(str(stated), met)
    return InvalidParameter(
        f"`{field}` must be one that the model has met ({_all(met)}), got {stated!r}; the nearest "
        f"is {near}; leave it out if it is none of these."
    )


def _all(met: Sequence[str]) -> str:
    return some(list(met), _LISTED)


def _is_age(age: Any) -> bool:
    return isinstance(age, Integral) and age is not True and 0 < int(age) < 130


def _in_years(band: str) -> str:
    return band if band.startswith("under") else f"{band} years"


def _region(code: str) -> str | None:
    """The first digit of a zip code of the United States; None for any other code."""
    found = _ZIP_CODE.fullmatch(code.strip())
    # Zeros only are what people write who do not want to say.
    return found[1] if found and code.strip("0- ") else None


def _age_band(age: int) -> str:
    above = [a for a in AGE_BANDS if a > age]
    below = [a for a in AGE_BANDS if a <= age]
    if not below:
        return f"under {AGE_BANDS[0]}"
    return f"{below[-1]}-{above[0] - 1}" if above else f"{below[-1]}+"
