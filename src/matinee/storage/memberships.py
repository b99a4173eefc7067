"""Clusterings of people that stay live: who is where, and what each cluster likes right now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import sqlalchemy as sa

from matinee.errors import InvalidInput, UnknownModel, UnknownUser
from matinee.interactions import Int32
from matinee.progress import silent
from matinee.storage import live_counts, ratings, state
from matinee.storage.database import Database
from matinee.storage.live_counts import Counts
from matinee.storage.schema import CLUSTERINGS, STORE_INFO, USERS
from matinee.storage.snapshot import Columns

_TRIES = 3
"""How often ratings are counted without keeping others from writing, before they are kept."""

_EVERYBODY = 1 << 31

Mark = tuple[str, int]
"""A moment in the life of a clustering's counts."""


class Changes(NamedTuple):
    """What has become of a clustering's counts.

    Attributes
    ----------
    mark
        The moment of these counts; hand it to the next call.
    whole
        Whether `counts` are all that are not zero; else those that have changed, which may be
        zero now.
    counts
        cluster, item_index and n, (m,) int32 each: members of the cluster who like the item.
    sizes : (k,) int32
        Members of each cluster.
    """

    mark: Mark
    whole: bool
    counts: Counts
    sizes: Int32


class Memberships:
    """The members and counts of saved clusterings, by the id of their archive.

    Counts are those of the ratings at every moment: whatever changes a rating changes them in the
    same transaction.

    Parameters
    ----------
    database
        The store's.
    read
        All ratings, with the mark of the commit that they stand for.
    """

    def __init__(self, database: Database, read: Callable[[], tuple[str, Columns]]) -> None:
        self._database = database
        self._read = read

    # ---- whole clusterings --------------------------------------------------------------

    def archives(self) -> list[str]:
        """Ids of the archives whose members are kept, in the order in which they came."""
        query = "SELECT archive_id FROM clusterings ORDER BY clustering_index"
        return [archive for (archive,) in self._database.rows(query)]

    def put(self, archive_id: str, members: npt.ArrayLike, threshold: float) -> None:
        """Keep who is in which cluster, and count what they like now, exactly.

        Ratings that came since the clustering was made are counted, and users who were deleted
        since then are left out. Members put before for the same archive are replaced.

        Parameters
        ----------
        members : (n_users,) integers
            Cluster of each user by index, -1 for none; later users are in none.
        threshold
            The rating from which on an item counts as liked.

        Raises
        ------
        InvalidInput
            There are more members than users, or a cluster is below -1.
        """
        clusters = np.asarray(members)
        whole = not clusters.size or clusters.dtype.kind in "iu"
        if clusters.ndim != 1 or not whole or (clusters < -1).any():
            raise InvalidInput(
                "`members` must be one-dimensional and hold a cluster from 0 on, or -1, for each "
                f"user, got shape {clusters.shape} of {clusters.dtype}."
            )
        clusters = clusters.astype(np.int32)
        for _ in range(_TRIES):
            # Millions of ratings are counted before anybody is kept from writing.
            mark, columns = self._read()
            counts = live_counts.counted(columns, clusters, threshold)
            with self._database.writing() as connection:
                if mark == connection.scalar(sa.select(STORE_INFO.c.ratings_mark)):
                    _write(connection, archive_id, clusters, threshold, counts)
                    return
        with self._database.writing() as connection:
            columns = ratings.read_all(connection, silent)
            counts = live_counts.counted(columns, clusters, threshold)
            _write(connection, archive_id, clusters, threshold, counts)

    def drop(self, archive_id: str) -> None:
        """Forget the members and counts of an archive, if there are any."""
        with self._database.writing() as connection:
            live_counts.drop(connection, archive_id)

    # ---- one person ---------------------------------------------------------------------

    def cluster_of(self, archive_id: str, user_index: int) -> int:
        """The cluster of a user; -1 for somebody in none, or where no members are kept."""
        rows = self._database.rows(_CLUSTER_OF, archive_id, int(user_index))
        return int(rows[0][0]) if rows else -1

    def place(self, archive_id: str, user_index: int, cluster: int) -> bool:
        """Make a user a member, with all that the user likes; False where one is already.

        Raises
        ------
        UnknownModel
            No members are kept for this archive.
        UnknownUser
            There is no such user, or no longer.
        InvalidInput
            There is no such cluster.
        """
        with self._database.writing() as connection:
            known = sa.select(CLUSTERINGS).where(CLUSTERINGS.c.archive_id == archive_id)
            clustering = connection.execute(known).one_or_none()
            if clustering is None:
                raise _unknown(archive_id)
            index, threshold = clustering.clustering_index, clustering.threshold
            here = sa.select(USERS.c.deleted).where(USERS.c.user_index == user_index)
            if connection.scalar(here) is not False:
                raise UnknownUser(f"There is no user of index {user_index}.")
            of = {"clustering": index, "user": user_index, "cluster": cluster}
            if connection.scalar(_SIZE, of) is None:
                raise InvalidInput(f"{archive_id} has no cluster {cluster}.")
            if connection.scalar(_IS_MEMBER, of) is not None:
                return False
            live_counts.joined(connection, index, threshold, user_index, cluster)
            return True

    # ---- tables -------------------------------------------------------------------------

    def people(
        self, archive_id: str, cluster: int, limit: int | None = None, offset: int = 0
    ) -> Int32:
        """(m,) int32 user indices of a cluster's members, ascending, from the `offset`-th on."""
        self._check(archive_id)
        rows = self._database.rows(
            _PEOPLE, archive_id, int(cluster), _EVERYBODY if limit is None else limit, offset
        )
        return np.array([user for (user,) in rows], np.int32)

    def sizes(self, archive_id: str) -> Int32:
        """(k,) int32 members of each cluster."""
        self._check(archive_id)
        return np.array([n for (n,) in self._database.rows(_SIZES, archive_id)], np.int32)

    def counts(self, archive_id: str, cluster: int) -> tuple[Int32, Int32]:
        """The items that members of a cluster like, ascending, and how many members: (m,) int32."""
        self._check(archive_id)
        return _pairs(self._database.rows(_COUNTS, archive_id, int(cluster)))

    def clusters_of_item(self, archive_id: str, item_index: int) -> tuple[Int32, Int32]:
        """The clusters with members who like an item, and how many: (m,) int32 each."""
        self._check(archive_id)
        return _pairs(self._database.rows(_CLUSTERS_OF_ITEM, archive_id, int(item_index)))

    def changes(self, archive_id: str, since: Mark | None = None) -> Changes | None:
        """What has changed in the counts since some moment.

        Parameters
        ----------
        since
            The mark of the changes read before; None for all counts there are.

        Returns
        -------
        None where nothing has changed, or where no members are kept.
        """
        # Asked before every answer: where nothing has changed it must cost nothing.
        if self._database.rows(_MARK, archive_id) in ([], [since]):
            return None
        with self._database.reading() as connection:
            known = sa.select(CLUSTERINGS).where(CLUSTERINGS.c.archive_id == archive_id)
            row = connection.execute(known).one_or_none()
            if row is None:
                return None
            if since is not None and since[0] != row.mark:
                since = None
            # "change > 0" as the index has it, so that it is used.
            wanted = "n > 0" if since is None else f"change > 0 AND change > {since[1]}"
            of = f"clustering_index = {row.clustering_index}"
            cells = _table(connection, f"{_CELLS} WHERE {of} AND {wanted}", 3)
            sizes = _table(connection, f"{_ALL_SIZES} WHERE {of} ORDER BY cluster", 1)
        counts = Counts(cells[:, 0], cells[:, 1], cells[:, 2])
        return Changes((row.mark, row.change), since is None, counts, sizes[:, 0])

    def _check(self, archive_id: str) -> None:
        if not self._database.rows(_MARK, archive_id):
            raise _unknown(archive_id)


def _write(
    connection: sa.Connection, archive_id: str, members: Int32, threshold: float, counts: Counts
) -> None:
    n_users = state.next_index(connection, USERS)
    if len(members) > n_users:
        raise InvalidInput(
            f"`members` must be of users that the store has, {n_users}, got {len(members)}."
        )
    live_counts.write(connection, archive_id, members, threshold, counts)


def _unknown(archive_id: str) -> UnknownModel:
    return UnknownModel(
        f"No members of clusters are kept for {archive_id!r}: only people models have any, and "
        "only the active ones and the newest of each; train it again."
    )


def _table(connection: sa.Connection, query: str, width: int) -> Int32:
    # The driver's own cursor: there may be a million rows.
    cursor: Any = connection.exec_driver_sql(query).cursor
    rows = np.array(cursor.fetchall(), np.int32).reshape(-1, width)
    cursor.close()
    return rows


def _pairs(rows: list[tuple[int, int]]) -> tuple[Int32, Int32]:
    table = np.array(rows, np.int32).reshape(-1, 2)
    return table[:, 0], table[:, 1]


_MARK = "SELECT mark, change FROM clusterings WHERE archive_id = {}"
_OF = "clustering_index = (SELECT clustering_index FROM clusterings WHERE archive_id = {})"
_CLUSTER_OF = f"SELECT cluster FROM cluster_members WHERE {_OF} AND user_index = {{}}"
_PEOPLE = (
    f"SELECT user_index FROM cluster_members WHERE {_OF} AND cluster = {{}} "
    "ORDER BY user_index LIMIT {} OFFSET {}"
)
_SIZES = f"SELECT size FROM cluster_sizes WHERE {_OF} ORDER BY cluster"
_COUNTS = (
    f"SELECT item_index, n FROM cluster_counts WHERE {_OF} AND cluster = {{}} AND n > 0 "
    "ORDER BY item_index"
)
_CLUSTERS_OF_ITEM = (
    # CROSS keeps SQLite from reading all counts for a few.
    "SELECT c.cluster, c.n FROM cluster_sizes s CROSS JOIN cluster_counts c "
    "WHERE c.clustering_index = s.clustering_index AND c.cluster = s.cluster "
    f"AND s.{_OF} AND c.item_index = {{}} AND c.n > 0 ORDER BY c.cluster"
)
_CELLS = "SELECT cluster, item_index, n FROM cluster_counts"
_ALL_SIZES = "SELECT size FROM cluster_sizes"
_SIZE = sa.text(
    "SELECT size FROM cluster_sizes WHERE clustering_index = :clustering AND cluster = :cluster"
)
_IS_MEMBER = sa.text(
    "SELECT cluster FROM cluster_members "
    "WHERE clustering_index = :clustering AND user_index = :user"
)
