"""What the cells of a table of movies must hold, and what they then say: None where nothing."""

from __future__ import annotations

import re
from datetime import date

from matinee.data.own.rules import number

_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]00:00:00.*)?")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?")
_NO_OVERVIEW = re.compile(r"no (?:movie )?overview(?: found| available| yet)?\W*", re.IGNORECASE)


class Wrong(Exception):
    """Why a cell is none. Who reads rows makes a reject of it; it goes no further."""


def one_line(text: str) -> str | None:
    """Text with single blanks, and no line breaks."""
    return " ".join(text.split()) or None if text else None


def overview(text: str) -> str | None:
    """A text that tells what a movie is about; "No overview found." does not."""
    return None if _NO_OVERVIEW.fullmatch(text) else one_line(text)


def runtime(text: str) -> float | None:
    """Minutes; 0 says that nobody told."""
    return _amount(text, "runtime", 100_000)


def revenue(text: str) -> float | None:
    """US dollars; 0 says that nobody told."""
    return _amount(text, "revenue", 1e12)


def _amount(text: str, what: str, limit: float) -> float | None:
    value = number(text) if text else 0.0
    if value is None:
        raise Wrong(f"unparsable {what}")
    if not 0 <= value <= limit:  # NaN too
        raise Wrong(f"impossible {what}")
    return value or None


def day(text: str) -> str | None:
    """A day as ISO writes it, 1995-10-30."""
    if not text:
        return None
    found = _DAY.fullmatch(text)
    try:
        told = date.fromisoformat(found[1]) if found else None
    except ValueError:
        told = None
    if told is None:
        raise Wrong("unparsable date")
    if not 1870 <= told.year <= 2200:
        raise Wrong("impossible date")
    return told.isoformat()


def language(text: str) -> str | None:
    """A language by its code, such as en."""
    if text and not _LANGUAGE.fullmatch(text):
        raise Wrong("impossible language")
    return text or None
