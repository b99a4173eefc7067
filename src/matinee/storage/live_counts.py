"""How many members of each cluster like what, kept in the transaction of whatever changes it.

Everything here works within a transaction of the caller that writes, so that no state of the store
exists in which these counts differ from a recount of the ratings: not between two writers, and
not after a kill. An item is liked where it is rated at the clustering's threshold or higher, or
rated without a value.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import sqlalchemy as sa

from matinee.interactions import Int32
from matinee.storage import schema
from matinee.storage.ratings import write_rows
from matinee.storage.schema import (
    CLUSTER_COUNTS,
    CLUSTER_MEMBERS,
    CLUSTER_SIZES,
    CLUSTERINGS,
    USERS,
)
from matinee.storage.snapshot import Columns

_ROWS = 100_000


class Counts(NamedTuple):
    """Cells of a matrix clusters x items: how many members like the item."""

    cluster: Int32
    item_index: Int32
    n: Int32


_OF_USER = sa.text(
    # CROSS keeps SQLite from reading all members for one.
    "SELECT c.clustering_index, c.threshold, m.cluster "
    "FROM clusterings c CROSS JOIN cluster_members m "
    "WHERE m.clustering_index = c.clustering_index AND m.user_index = :user"
)
_COUNT_CHANGE = sa.text(
    "UPDATE clusterings SET change = change + 1 WHERE clustering_index = :clustering"
)
_CHANGE = sa.text("SELECT change FROM clusterings WHERE clustering_index = :clustering")
_ADD = sa.text(
    "INSERT INTO cluster_counts (clustering_index, cluster, item_index, n, change) "
    "VALUES (:clustering, :cluster, :item, :more, :change) "
    "ON CONFLICT (clustering_index, cluster, item_index) "
    "DO UPDATE SET n = cluster_counts.n + :more, change = excluded.change"
)
_LIKED = "user_index = :user AND (value IS NULL OR value >= :liked_from)"
_ADD_ALL = sa.text(
    "INSERT INTO cluster_counts (clustering_index, cluster, item_index, n, change) "
    f"SELECT :clustering, :cluster, item_index, 1, :change FROM ratings WHERE {_LIKED} "
    "ON CONFLICT (clustering_index, cluster, item_index) "
    "DO UPDATE SET n = cluster_counts.n + 1, change = excluded.change"
)
_TAKE_ALL = sa.text(
    "UPDATE cluster_counts SET n = n - 1, change = :change "
    "WHERE clustering_index = :clustering AND cluster = :cluster "
    f"AND item_index IN (SELECT item_index FROM ratings WHERE {_LIKED})"
)
_RESIZE = sa.text(
    "UPDATE cluster_sizes SET size = size + :more "
    "WHERE clustering_index = :clustering AND cluster = :cluster"
)
_JOIN = sa.text(
    "INSERT INTO cluster_members (clustering_index, user_index, cluster) "
    "VALUES (:clustering, :user, :cluster)"
)
_LEAVE = sa.text(
    "DELETE FROM cluster_members WHERE clustering_index = :clustering AND user_index = :user"
)
_WRITE_COUNTS = (
    "INSERT INTO cluster_counts (clustering_index, cluster, item_index, n, change) VALUES {}"
)
_WRITE_MEMBERS = "INSERT INTO cluster_members (clustering_index, user_index, cluster) VALUES {}"
_WRITE_SIZES = "INSERT INTO cluster_sizes (clustering_index, cluster, size) VALUES {}"


# ---- one person -------------------------------------------------------------------------


def rated(
    connection: sa.Connection, user: int, item: int, before: sa.Row[Any] | None, value: float | None
) -> None:
    """Count that a user's rating of an item was `before` (None: there was none) and is `value`."""
    for clustering, threshold, cluster in connection.execute(_OF_USER, {"user": user}).all():
        least = liked_from(threshold)
        was = before is not None and _likes(before[0], least)
        more = int(_likes(value, least)) - int(was)
        if more:
            cell = {"clustering": clustering, "cluster": cluster, "item": item, "more": more}
            connection.execute(_ADD, cell | {"change": _next_change(connection, clustering)})


def joined(
    connection: sa.Connection, clustering: int, threshold: float, user: int, cluster: int
) -> None:
    """Make a user, who is not one yet, a member, with all that the user likes."""
    connection.execute(_JOIN, {"clustering": clustering, "user": user, "cluster": cluster})
    _count_all(connection, _ADD_ALL, clustering, threshold, user, cluster, 1)


def left(connection: sa.Connection, user: int) -> None:
    """Take a user, whose ratings are still there, out of all clusters."""
    for clustering, threshold, cluster in connection.execute(_OF_USER, {"user": user}).all():
        _count_all(connection, _TAKE_ALL, clustering, threshold, user, cluster, -1)
        connection.execute(_LEAVE, {"clustering": clustering, "user": user})


def liked_from(threshold: float) -> float:
    """The lowest double whose float32 is at the threshold's float32 or above.

    Models compare in float32, the database in double precision: 0.7 as float32 is less than 0.7.
    """
    least = np.float32(threshold)
    below = np.nextafter(least, np.float32(-np.inf))
    # Doubles round to the nearer float32, and in the middle to the even one.
    middle = (float(below) + float(least)) / 2
    return middle if np.float32(middle) == least else float(np.nextafter(middle, np.inf))


def _likes(value: float | None, least: float) -> bool:
    return value is None or value >= least


def _next_change(connection: sa.Connection, clustering: int) -> int:
    connection.execute(_COUNT_CHANGE, {"clustering": clustering})
    return int(connection.execute(_CHANGE, {"clustering": clustering}).scalar_one())


def _count_all(
    connection: sa.Connection,
    statement: sa.TextClause,
    clustering: int,
    threshold: float,
    user: int,
    cluster: int,
    more: int,
) -> None:
    place = {"clustering": clustering, "cluster": cluster}
    told = {"user": user, "liked_from": liked_from(threshold)}
    change = _next_change(connection, clustering)
    connection.execute(statement, place | told | {"change": change})
    connection.execute(_RESIZE, place | {"more": more})


# ---- everybody --------------------------------------------------------------------------


def counted(ratings: Columns, members: Int32, threshold: float) -> Counts:
    """Count from the ratings, in any order, of people whose clusters are `members`.

    Parameters
    ----------
    members : (n,) int32
        Cluster of each user, -1 for none; users from n on are in none.
    """
    users, items = ratings.user_index, ratings.item_index
    if ratings.value is not None:
        liked = ratings.value >= np.float32(threshold)
        users, items = users[liked], items[liked]
    n_users = int(users.max()) + 1 if len(users) else 0
    # One more, who is nobody, so that there is always somebody to look up.
    everybody = np.full(max(n_users, len(members)) + 1, -1, np.int32)
    everybody[: len(members)] = members
    clusters = everybody[users]
    counts = clusters >= 0
    width = int(items.max()) + 1 if len(items) else 1
    cell = clusters[counts].astype(np.int64) * width + items[counts]
    n = np.bincount(cell)
    cells = np.flatnonzero(n)
    return Counts(
        (cells // width).astype(np.int32),
        (cells % width).astype(np.int32),
        n[cells].astype(np.int32),
    )


def recount(connection: sa.Connection, ratings: Columns) -> None:
    """Write the counts of all clusterings anew, from all `ratings` there are."""
    table = CLUSTERINGS.c
    known = sa.select(table.clustering_index, table.threshold)
    for clustering, threshold in connection.execute(known).all():
        counts = counted(ratings, members_of(connection, clustering), threshold)
        cells = sa.delete(CLUSTER_COUNTS).where(CLUSTER_COUNTS.c.clustering_index == clustering)
        connection.execute(cells)
        _write_counts(connection, clustering, counts)
        connection.execute(
            sa.update(CLUSTERINGS)
            .where(table.clustering_index == clustering)
            .values(mark=schema.new_mark(), change=0)
        )


def write(
    connection: sa.Connection, archive_id: str, members: Int32, threshold: float, counts: Counts
) -> None:
    """Write a clustering, in place of one of the same archive."""
    drop(connection, archive_id)
    highest = connection.scalar(sa.select(sa.func.max(CLUSTERINGS.c.clustering_index)))
    clustering = 0 if highest is None else int(highest) + 1
    connection.execute(
        sa.insert(CLUSTERINGS).values(
            clustering_index=clustering,
            archive_id=archive_id,
            threshold=threshold,
            mark=schema.new_mark(),
            change=0,
        )
    )
    k = int(members.max(initial=-1)) + 1
    gone = connection.scalars(sa.select(USERS.c.user_index).where(USERS.c.deleted)).all()
    here = members.copy()
    here[[user for user in gone if user < len(here)]] = -1
    people = np.flatnonzero(here >= 0).astype(np.int32)
    sizes = np.bincount(here[people], minlength=k)
    same = np.full(len(sizes), clustering)
    write_rows(connection, _WRITE_SIZES, [same, np.arange(len(sizes)), sizes])
    same = np.full(len(people), clustering)
    write_rows(connection, _WRITE_MEMBERS, [same, people, here[people]])
    _write_counts(connection, clustering, counts)


def drop(connection: sa.Connection, archive_id: str) -> None:
    """Forget the clustering of an archive, if there is one."""
    known = sa.select(CLUSTERINGS.c.clustering_index).where(CLUSTERINGS.c.archive_id == archive_id)
    clustering = connection.scalar(known)
    if clustering is None:
        return
    for table in (CLUSTER_COUNTS, CLUSTER_MEMBERS, CLUSTER_SIZES, CLUSTERINGS):
        connection.execute(sa.delete(table).where(table.c.clustering_index == clustering))


def members_of(connection: sa.Connection, clustering: int) -> Int32:
    """(users,) int32 cluster of each user up to the last member, -1 for none."""
    of = CLUSTER_MEMBERS.c
    query = sa.select(of.user_index, of.cluster).where(of.clustering_index == clustering)
    rows = np.array(connection.execute(query).all(), np.int32).reshape(-1, 2)
    members = np.full(int(rows[:, 0].max(initial=-1)) + 1, -1, np.int32)
    members[rows[:, 0]] = rows[:, 1]
    return members


def _write_counts(connection: sa.Connection, clustering: int, counts: Counts) -> None:
    for start in range(0, len(counts.n), _ROWS):
        part = [column[start : start + _ROWS] for column in counts]
        same = np.full(len(part[0]), clustering)
        write_rows(connection, _WRITE_COUNTS, [same, *part, np.zeros_like(same)])
