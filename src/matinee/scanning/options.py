"""What is typed for a scan, checked before anything is read."""

from __future__ import annotations

import math
import re
from pathlib import Path

from matinee.errors import InvalidParameter
from matinee.report import page

_MOST = 10_000


def numbers(text: str) -> list[int]:
    """Numbers of clusters from "1:30" (both ends included), "5" or "2,4,8", in order, each once.

    Raises
    ------
    InvalidParameter
        The text is none of these, a range is empty, or a number is below 1.
    """
    found: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(-?\d{1,9})\s*(?::\s*(-?\d{1,9})\s*)?", part)
        if match is None:
            raise InvalidParameter(f"`--k` must be like 1:30, 5 or 2,4,8, got {text!r}.")
        first, last = int(match[1]), int(match[2] or match[1])
        if first < 1 or last < 1:
            raise InvalidParameter(f"`--k` must be at least 1, got {text!r}.")
        if first > last:
            raise InvalidParameter(
                f"`--k` must go from the lower to the higher number, got {text!r}, an empty range; "
                f"turn it round: {last}:{first}."
            )
        if last - first >= _MOST:
            raise InvalidParameter(f"`--k` must name at most {_MOST} numbers, got {text!r}.")
        found.update(range(first, last + 1))
    return sorted(found)


def check_report(
    boundary: float | None, upto: int | None, report: Path | None, ks: list[int]
) -> None:
    """InvalidParameter where the report could not be written, before anything is computed."""
    if boundary is not None and not (math.isfinite(boundary) and boundary >= 0):
        raise InvalidParameter(f"`--boundary` must be >= 0 and finite, got {boundary:g}.")
    if upto is not None and upto < ks[0]:
        raise InvalidParameter(f"`--upto` must be at least the lowest k, {ks[0]}, got {upto}.")
    if report is not None:
        page.check(report)
