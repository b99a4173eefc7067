"""Numbers as they stand in a sentence."""

from __future__ import annotations


def percent(share: float) -> str:
    """ "4.2 %", "42 %"; never 0 % of something or 100 % of less than all."""
    if 0 < share < 0.001:
        return "under 0.1 %"
    if 0.999 < share < 1:
        return "over 99.9 %"
    digits = 1 if 0 < share < 0.0995 or 0.9905 < share < 1 else 0
    return f"{share:.{digits}%}".replace("%", " %")


def span(days: float) -> str:
    """A stretch of time in the unit that suits it: "12 minutes", "3 days", "2.8 years"."""
    minutes = days * 24 * 60
    for unit, length, most in (
        ("second", 1 / 60, 2),
        ("minute", 1, 120),
        ("hour", 60, 48 * 60),
        ("day", 24 * 60, 60 * 24 * 60),
        ("month", 30.44 * 24 * 60, 24 * 30.44 * 24 * 60),
        ("year", 365.25 * 24 * 60, float("inf")),
    ):
        if minutes < most:
            number = minutes / length
            said = f"{number:.1f}" if unit == "year" else f"{number:.0f}"
            return f"{said} {unit}" + "s" * (said != "1")
    raise AssertionError("years suit whatever is longer")  # pragma: no cover


def counted(n: int, one: str, several: str = "") -> str:
    """ "1 person", "2,000 people"."""
    return f"{n:,} {one if n == 1 else several or one + 's'}"


def size(n_bytes: float) -> str:
    """ "36 bytes", "11 MB", "13.9 GB"."""
    if n_bytes < 500:
        return f"{n_bytes:.0f} bytes"
    if n_bytes < 1e6:
        return f"{n_bytes / 1e3:.0f} kB"
    return f"{n_bytes / 1e6:,.0f} MB" if n_bytes < 1e9 else f"{n_bytes / 1e9:,.1f} GB"
