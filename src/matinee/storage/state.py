"""Small facts of the store, read and written within a transaction of the caller."""

from __future__ import annotations

from typing import Any

import numpy as np
import sqlalchemy as sa

from matinee.errors import InvalidInput
from matinee.interactions import default_liked_threshold
from matinee.storage import schema


def grow(connection: sa.Connection, mark: str | None) -> None:
    """A new version of the store; with a `mark` where ratings changed."""
    values: dict[str, Any] = {"version": schema.STORE_INFO.c.version + 1}
    if mark is not None:
        values["ratings_mark"] = mark
    connection.execute(sa.update(schema.STORE_INFO).values(values))


def setting(connection: sa.Connection, key: str) -> str | None:
    """The value of a setting, None where it was never set."""
    table = schema.SETTINGS
    return connection.scalar(sa.select(table.c.value).where(table.c.key == key))


def put_setting(connection: sa.Connection, key: str, value: str) -> None:
    """Set a setting."""
    connection.execute(
        sa.text(
            "INSERT INTO settings (key, value) VALUES (:key, :value) "
            "ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        ),
        {"key": key, "value": value},
    )


def keep_feedback(connection: sa.Connection, *, explicit: bool) -> None:
    """Refuse ratings without a value among ratings with one, and the other way round."""
    wanted = "explicit" if explicit else "implicit"
    found = setting(connection, "feedback")
    if found is None:
        put_setting(connection, "feedback", wanted)
    elif found != wanted:
        raise InvalidInput(
            f"This store holds {found} feedback, so every rating must be "
            f"{'with' if found == 'explicit' else 'without'} a value, got one "
            f"{'with' if explicit else 'without'}; use another workspace."
        )


def n_ratings(connection: sa.Connection) -> int:
    """How many ratings there are."""
    counted = connection.scalar(sa.select(sa.func.sum(schema.MOVIES.c.n_ratings)))
    return int(counted or 0)


def next_index(connection: sa.Connection, table: sa.Table) -> int:
    """The index that the next user or item gets: how many were ever given out."""
    highest = connection.scalar(sa.select(sa.func.max(table.c[0])))
    return 0 if highest is None else int(highest) + 1


def keep_scale(
    connection: sa.Connection, declared: tuple[float, float] | None, found: tuple[float, float]
) -> None:
    """Keep the scale wide enough, and the liked threshold at its default unless it was set.

    A scale that an import declared holds for later ones, which may only declare another.

    Raises
    ------
    InvalidInput
        Ratings that declare no scale leave the one that was declared before.
    """
    stated = parse_scale(setting(connection, "stated_scale"))
    if (
        declared is None
        and stated is not None
        and not stated[0] <= found[0] <= found[1] <= stated[1]
    ):
        raise InvalidInput(
            f"Ratings here must lie in {stated[0]:g}..{stated[1]:g}, the scale that was stated "
            f"before, got {found[0]:g}..{found[1]:g}; state the scale again to reject or widen: "
            f"--scale {stated[0]:g}:{stated[1]:g}."
        )
    if declared is not None:
        put_setting(connection, "stated_scale", ":".join(map(number, declared)))
    low, high = declared or stated or found
    threshold = setting(connection, "liked_threshold")
    known = parse_scale(setting(connection, "scale"))
    if known is not None:
        if threshold == number(default_liked_threshold(*known)):
            threshold = None
        low, high = min(low, known[0]), max(high, known[1])
    put_setting(connection, "scale", f"{number(low)}:{number(high)}")
    if threshold is None:
        put_setting(connection, "liked_threshold", number(default_liked_threshold(low, high)))


def number(value: float) -> str:
    """A number as text, as short as float32 allows."""
    return np.format_float_positional(np.float32(value), trim="-")


def parse_scale(text: str | None) -> tuple[float, float] | None:
    """The scale that a setting such as "1:5" tells."""
    if text is None:
        return None
    low, _, high = text.partition(":")
    return float(low), float(high)
