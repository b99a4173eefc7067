"""One person's rows, within a transaction of the caller: rate, describe, export, delete."""

from __future__ import annotations

import math
from typing import Any

import sqlalchemy as sa

from matinee.errors import InvalidInput, UnknownItem, UnknownUser, some
from matinee.storage import live_counts, state
from matinee.storage.schema import (
    CLUSTER_MEMBERS,
    CLUSTERINGS,
    MOVIES,
    PROFILE,
    RATINGS,
    TAGS,
    USERS,
)

_ONE_RATING = sa.text("SELECT value FROM ratings WHERE user_index = :user AND item_index = :item")
_RATE = sa.text(
    "INSERT INTO ratings (user_index, item_index, value, time) "
    "VALUES (:user, :item, :value, :time) ON CONFLICT (user_index, item_index) "
    "DO UPDATE SET value = excluded.value, time = excluded.time"
)
_CHANGE = {
    table.name: sa.text(
        f"UPDATE {table.name} SET n_ratings = n_ratings + :n, rating_sum = rating_sum + :sum "
        f"WHERE {table.c[0].name} = :at"
    )
    for table in (USERS, MOVIES)
}
_UNCOUNT = sa.text(
    "UPDATE movies SET n_ratings = n_ratings - 1, rating_sum = rating_sum - COALESCE((SELECT value "
    "FROM ratings WHERE user_index = :user AND ratings.item_index = movies.item_index), 0) "
    "WHERE item_index IN (SELECT item_index FROM ratings WHERE user_index = :user)"
)


def rate(
    connection: sa.Connection, user_id: str, item_id: str, value: float | None, time: int
) -> None:
    """Set a rating, making the user when new, and keep the counts."""
    if value is not None and not math.isfinite(value):
        raise InvalidInput(f"A rating must be finite, got {value}.")
    if isinstance(time, bool) or not isinstance(time, int) or abs(time) >= 1 << 63:
        raise InvalidInput(f"The time of a rating must be whole UTC seconds, got {time!r}.")
    item = _index(connection, MOVIES, item_id)
    if item < 0:
        raise UnknownItem(f"There is no item {item_id!r}; search for its title.")
    state.keep_feedback(connection, explicit=value is not None)
    user = _user(connection, user_id)
    pair = {"user": user, "item": item, "value": value, "time": time}
    old = connection.execute(_ONE_RATING, pair).one_or_none()
    connection.execute(_RATE, pair)
    new = 1 if old is None else 0
    change = (value or 0.0) - (0.0 if old is None else old[0] or 0.0)
    for table, at in ((USERS, user), (MOVIES, item)):
        connection.execute(_CHANGE[table.name], {"n": new, "sum": change, "at": at})
    live_counts.rated(connection, user, item, old, value)


def describe(connection: sa.Connection, user_id: str, profile: dict[str, Any]) -> int:
    """Set what `profile` names, making the user when new; return the index."""
    unknown = sorted(set(profile) - set(PROFILE))
    if unknown:
        raise InvalidInput(f"A profile has {', '.join(PROFILE)}, got {some(unknown)}.")
    for name, value in profile.items():
        wanted, meant = (int, "a whole number") if name == "age" else (str, "text")
        if value is not None and (not isinstance(value, wanted) or isinstance(value, bool)):
            raise InvalidInput(f"`{name}` of a profile must be {meant}, got {value!r}.")
        if name == "age" and isinstance(value, int) and not 1 <= value <= 129:
            raise InvalidInput(f"`age` of a profile must lie in 1..129 years, got {value}.")
    user = _user(connection, user_id)
    if profile:
        row = sa.update(USERS).where(USERS.c.user_index == user)
        connection.execute(row.values(**profile))
    return user


def export(connection: sa.Connection, user_id: str) -> dict[str, Any]:
    """Everything held about a person, as plain JSON."""
    user = _known_user(connection, user_id)
    profile = connection.execute(
        sa.select(*(USERS.c[n] for n in PROFILE)).where(USERS.c.user_index == user)
    ).one()
    item = (MOVIES.c.item_id, MOVIES.c.title)
    rated = connection.execute(
        sa.select(*item, RATINGS.c.value, RATINGS.c.time)
        .select_from(RATINGS.join(MOVIES))
        .where(RATINGS.c.user_index == user)
        .order_by(RATINGS.c.item_index)
    ).mappings()
    tagged = connection.execute(
        sa.select(*item, TAGS.c.tag, TAGS.c.time)
        .select_from(TAGS.join(MOVIES))
        .where(TAGS.c.user_index == user)
        .order_by(TAGS.c.item_index, TAGS.c.tag)
    ).mappings()
    clusters = connection.execute(
        sa.select(CLUSTERINGS.c.archive_id.label("model"), CLUSTER_MEMBERS.c.cluster)
        .select_from(CLUSTERINGS.join(CLUSTER_MEMBERS))
        .where(CLUSTER_MEMBERS.c.user_index == user)
        .order_by(CLUSTERINGS.c.clustering_index)
    ).mappings()
    return {
        "user_id": user_id,
        "profile": dict(profile._mapping),
        "ratings": [dict(r) | {"value": _short(r["value"])} for r in rated],
        "tags": [dict(t) for t in tagged],
        "clusters": [dict(c) for c in clusters],
    }


def delete(connection: sa.Connection, user_id: str) -> int:
    """Remove a person's rows; the index stays, with nothing beside it.

    Return how many: the profile, ratings and tags.
    """
    user = _known_user(connection, user_id)
    connection.execute(_UNCOUNT, {"user": user})
    live_counts.left(connection, user)
    removed = 1
    for table in (RATINGS, TAGS):
        mine = sa.delete(table).where(table.c.user_index == user)
        removed += connection.execute(mine).rowcount
    connection.execute(
        sa.update(USERS)
        .where(USERS.c.user_index == user)
        .values(user_id=None, deleted=True, n_ratings=0, rating_sum=0)
        .values(dict.fromkeys(PROFILE))
    )
    return removed


def _index(connection: sa.Connection, table: sa.Table, id_: str) -> int:
    found = connection.scalar(sa.select(table.c[0]).where(table.c[1] == id_))
    return -1 if found is None else int(found)


def _user(connection: sa.Connection, user_id: str) -> int:
    """The index of a user, who is created when new."""
    if not isinstance(user_id, str) or not user_id or any(c < " " for c in user_id):
        raise InvalidInput(
            "A user id must be text that is not empty and has no control characters, got "
            f"{user_id!r}."
        )
    user = _index(connection, USERS, user_id)
    if user < 0:
        user = state.next_index(connection, USERS)
        connection.execute(sa.insert(USERS).values(user_index=user, user_id=user_id))
    return user


def _known_user(connection: sa.Connection, user_id: str) -> int:
    user = _index(connection, USERS, user_id)
    if user < 0:
        raise UnknownUser(f"There is no user {user_id!r}.")
    return user


def _short(value: float | None) -> float | None:
    # 3.7, not the 3.700000047683716 that float32 makes of it.
    return None if value is None else float(state.number(value))
