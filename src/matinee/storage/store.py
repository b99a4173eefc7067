"""The live state: every user, movie, rating and tag, in a database that two processes may share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa

from matinee.data.dataset import Dataset
from matinee.data.genome import Genome
from matinee.durable import sweep
from matinee.interactions import Float32, Int32, Int64, Interactions
from matinee.progress import Progress, silent
from matinee.storage import bulk, genome, people, ratings, schema, snapshot, state, tables
from matinee.storage.bulk import Added
from matinee.storage.database import PATIENCE, Database
from matinee.storage.memberships import Memberships
from matinee.storage.schema import MOVIES, PROFILE, STORE_INFO, USERS
from matinee.storage.snapshot import Columns, Sorted

__all__ = ["Added", "Ratings", "Store"]


@dataclass(frozen=True, eq=False)
class Ratings:
    """One person's ratings, sorted by item.

    Attributes
    ----------
    item_index : (n,) int32
    value : (n,) float32
        Ones for implicit feedback.
    time : (n,) int64
        UTC seconds, 0 where unknown.
    """

    item_index: Int32
    value: Float32
    time: Int64


class Store:
    """Users, movies, ratings and tags under indices that only grow.

    An index is given out once: ``user_index`` 0..n_users-1 and ``item_index`` 0..n_items-1 in
    order of arrival. What a writing method did is on disk when it returns.

    Parameters
    ----------
    url
        ``sqlite:///path/to/store.sqlite``; made with its tables when new, upgraded when of an
        older format.
    snapshot
        Where the columnar copy of the ratings lies; beside the file by default.
    patience
        Seconds to wait for another process that writes.

    Attributes
    ----------
    id
        Made at creation.
    memberships
        Who is in which cluster of people, and what each cluster likes.

    Raises
    ------
    NewerStore
        Written by a newer matinee.
    StoreUnavailable
        Cannot be reached, or stayed locked.
    StoreError
        Not a store.
    InvalidInput
        No address of a database.
    """

    def __init__(
        self, url: str | sa.URL, *, snapshot: Path | None = None, patience: float = PATIENCE
    ) -> None:
        self._database = Database(url, patience)
        file = self._database.file
        self._snapshot = snapshot or (None if file is None else file.with_suffix(".parquet"))
        with ExitStack() as undo:
            undo.callback(self.close)
            self.id = schema.prepare(self._database)
            undo.pop_all()
        self.memberships = Memberships(self._database, lambda: self._columns()[:2])

    def close(self) -> None:
        """Give the connections back."""
        self._database.close()

    # ---- sizes, ids and settings --------------------------------------------------------

    def version(self) -> int:
        """A number that grows with every commit that changes ratings, users or items."""
        return int(self._database.rows("SELECT version FROM store_info")[0][0])

    def n_users(self) -> int:
        """Users ever known: deleted ones keep their index."""
        with self._database.reading() as connection:
            return state.next_index(connection, USERS)

    def n_items(self) -> int:
        """Items known."""
        with self._database.reading() as connection:
            return state.next_index(connection, MOVIES)

    def n_ratings(self) -> int:
        """Ratings held."""
        with self._database.reading() as connection:
            return state.n_ratings(connection)

    def user_index(self, user_id: str) -> int:
        """The index of a user, -1 for an unknown one."""
        rows = self._database.rows("SELECT user_index FROM users WHERE user_id = {}", user_id)
        return int(rows[0][0]) if rows else -1

    def item_index(self, item_id: str) -> int:
        """The index of an item, -1 for an unknown one."""
        rows = self._database.rows("SELECT item_index FROM movies WHERE item_id = {}", item_id)
        return int(rows[0][0]) if rows else -1

    def counts(self, item_indices: list[int]) -> dict[int, tuple[int, float | None]]:
        """Of these items: how many ratings each has at this moment, and their mean, where rated."""
        found, valued = {}, self.setting("feedback") != "implicit"
        for start in range(0, len(item_indices), 10_000):
            part = item_indices[start : start + 10_000]
            query = _COUNTS.format(", ".join(["{}"] * len(part)))
            for item, n, total in self._database.rows(query, *part):
                found[int(item)] = (int(n), float(total / n) if n and valued else None)
        return found

    def rated_by(self, people: int) -> Int32:
        """Items that have at least so many ratings at this moment, ascending."""
        query = "SELECT item_index FROM movies WHERE n_ratings >= {} ORDER BY item_index"
        return np.array([i for (i,) in self._database.rows(query, people)], np.int32)

    def sources(self) -> list[str]:
        """Names of the data sets that were imported."""
        rows = self._database.rows(
            "SELECT key FROM settings WHERE key LIKE 'imported:%' ORDER BY 1"
        )
        return [str(key).partition(":")[2] for (key,) in rows]

    def stated_scale(self) -> tuple[float, float] | None:
        """The scale that an import stated, which ratings must keep to; None where none did."""
        return state.parse_scale(self.setting("stated_scale"))

    def catalogue_version(self) -> str:
        """A text that changes whenever an import may have added or described items."""
        return self.setting("catalogue") or ""

    def profile_of(self, user_index: int) -> dict[str, Any]:
        """What is known of a user: age, gender, occupation and zip where stated."""
        with self._database.reading() as connection:
            row = connection.execute(_PROFILE_OF, {"user": user_index}).mappings().one_or_none()
        return {} if row is None else {k: v for k, v in row.items() if v is not None}

    def user_ids(self) -> list[str]:
        """Ids by index; "" in a deleted user's place."""
        with self._database.reading() as connection:
            rows = connection.scalars(sa.select(USERS.c.user_id).order_by(USERS.c.user_index))
            return [i or "" for i in rows]

    def item_ids(self) -> list[str]:
        """Ids by index."""
        with self._database.reading() as connection:
            rows = connection.scalars(sa.select(MOVIES.c.item_id).order_by(MOVIES.c.item_index))
            return list(rows)

    def setting(self, key: str) -> str | None:
        """A setting, None where it was never set. Imports set ``scale`` and others."""
        with self._database.reading() as connection:
            return state.setting(connection, key)

    def set_setting(self, key: str, value: str) -> None:
        """Set a setting for every process that uses this store."""
        with self._database.writing() as connection:
            state.put_setting(connection, key, value)

    # ---- tables and ratings -------------------------------------------------------------

    def users(self) -> pa.Table:
        """One row a user in index order: user_id, age, gender, occupation, zip, n_ratings, mean."""
        with self._database.reading() as connection:
            return tables.user_table(connection)

    def items(self, only: Sequence[str] | None = None) -> pa.Table:
        """One row an item in index order; nulls where nothing is known.

        item_id, title, year, genres (list), imdb_id, tmdb_id, original_title, overview, keywords
        (list), runtime (minutes), revenue (US dollars), release_date (ISO text), language,
        n_ratings, mean.

        Parameters
        ----------
        only
            Names of the columns that are wanted; texts take time to read.

        Raises
        ------
        InvalidParameter
            A column that there is not.
        """
        with self._database.reading() as connection:
            return tables.item_table(connection, only)

    def metadata_of(self, item_index: int) -> dict[str, Any]:
        """What is known of an item beside title, year and genres; nothing where nothing is.

        imdb_id, tmdb_id, original_title, overview, keywords, runtime, revenue, release_date and
        language, as in `items`.
        """
        with self._database.reading() as connection:
            return tables.metadata_of(connection, item_index)

    def tags_of(self, item_index: int) -> dict[str, int]:
        """Tags that an item was given, in small letters, and by how many; most given first."""
        given = self._database.rows("SELECT tag FROM tags WHERE item_index = {}", item_index)
        counts = Counter(tag.strip().casefold() for (tag,) in given)
        return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))

    def genome(self) -> Genome | None:
        """How much each tag fits each item, None where no data set brought a genome."""
        with self._database.reading() as connection:
            return genome.read(connection)

    def tags(self) -> pa.Table:
        """One row a tag: user_id, item_id, tag, time."""
        with self._database.reading() as connection:
            return tables.tag_table(connection)

    def ratings_of(self, user_index: int) -> Ratings:
        """The ratings of one user; none for an index that nobody has."""
        rows = self._database.rows(_RATINGS_OF, int(user_index))
        columns: Any = zip(*rows, strict=True) if rows else ((), (), ())
        items, values, times = columns
        return Ratings(
            np.array(items, np.int32), np.array(values, np.float32), np.array(times, np.int64)
        )

    def interactions(self, progress: Progress = silent) -> Interactions:
        """All ratings, sorted by user and item: from the snapshot when it is fresh.

        Else they are read from the database, which takes about a second a million, and the
        snapshot is written anew.
        """
        _, columns, sizes = self._columns(progress)
        return Interactions(*columns, *sizes)

    def _columns(self, progress: Progress = silent) -> tuple[str, Columns, tuple[int, int]]:
        """All ratings, the mark of the commit that they stand for, and how many users and items."""
        with self._database.reading() as connection:
            # Read within the transaction: the mark of the very state that is read.
            mark = str(connection.scalar(sa.select(STORE_INFO.c.ratings_mark)))
            sizes = state.next_index(connection, USERS), state.next_index(connection, MOVIES)
            file, copy = self._snapshot, f"{self.id} {mark}"
            columns = None if file is None else snapshot.read(file, copy)
            if columns is None:
                columns = ratings.read_all(connection, progress)
                if file is not None:
                    snapshot.refresh(file, copy, Sorted(columns, None), progress)
                    if mark != self._mark():
                        # Somebody wrote, or was deleted, meanwhile: no copy of that may stay.
                        file.unlink(missing_ok=True)
        return mark, columns, sizes

    def _mark(self) -> str:
        """The mark of the last commit that changed ratings."""
        return str(self._database.rows("SELECT ratings_mark FROM store_info")[0][0])

    # ---- writing ------------------------------------------------------------------------

    def add_dataset(self, dataset: Dataset, progress: Progress = silent) -> Added:
        """Add a data set in one transaction: every row of it or, if anything fails, none.

        Ids that are known keep their index, new ones follow in the data set's order. Of two
        ratings of the same pair the newer or equally new one stays. What the data set does not
        tell of a known user or item stays as it is.

        Raises
        ------
        InvalidInput
            A pair is rated twice, an id is empty, or ratings with and without values would mix.
        DiskFull, StoreUnavailable
        """
        with self._database.writing() as connection:
            return bulk.add(
                connection, dataset, file=self._snapshot, identity=self.id, progress=progress
            )

    def describe_items(self, table: pa.Table) -> None:
        """Add what `table` tells of known items, in one transaction; no rating is touched.

        Parameters
        ----------
        table
            ``item_id`` and any of title, year, genres and the columns of metadata (see `items`).
            A null or a missing column leaves what is known.

        Raises
        ------
        UnknownItem
            An id that the store does not have; nothing was changed.
        DiskFull, StoreUnavailable
        """
        with self._database.writing() as connection:
            bulk.describe_items(connection, table)

    def rate(self, user_id: str, item_id: str, value: float | None, time: int) -> None:
        """Set a user's rating of an item; it is on disk when this returns.

        Parameters
        ----------
        user_id
            Created when new.
        value
            None for implicit feedback.
        time
            UTC seconds.

        Raises
        ------
        UnknownItem
        InvalidInput
            The value is not finite, the time no whole number, the id empty, or the store holds
            the other kind of feedback.
        """
        with self._database.writing() as connection:
            people.rate(connection, user_id, item_id, value, time)
            state.grow(connection, schema.new_mark())

    def put_user(self, user_id: str, profile: dict[str, Any]) -> int:
        """Set what `profile` names (age, gender, occupation, zip); return the user's index.

        Raises
        ------
        InvalidInput
            A name that is none of these, a value of the wrong type, or an empty id.
        """
        with self._database.writing() as connection:
            user = people.describe(connection, user_id, profile)
            state.grow(connection, None)
            return user

    # ---- a person's own -----------------------------------------------------------------

    def export_user(self, user_id: str) -> dict[str, Any]:
        """Everything held about a person, as plain JSON: profile, ratings, tags, clusters.

        Raises
        ------
        UnknownUser
        """
        with self._database.reading() as connection:
            return people.export(connection, user_id)

    def delete_user(self, user_id: str) -> int:
        """Remove a person's profile, ratings and tags from every file of the store.

        The index is never given out again; the same id gets a new one when it comes back. The
        person leaves all clusters, whose counts go down at once.

        Returns
        -------
        Rows of ratings and tags removed, and one for the profile.

        Raises
        ------
        UnknownUser
        """
        with self._database.writing() as connection:
            removed = people.delete(connection, user_id)
            state.grow(connection, schema.new_mark())
        if self._snapshot is not None:
            self._snapshot.unlink(missing_ok=True)
            # Also what a killed process has left of one, or a living one is writing: it fails,
            # and nobody misses a snapshot.
            sweep(self._snapshot.parent, f"{self._snapshot.name}.*", 0)
        self._database.forget_deleted()
        return removed


_RATINGS_OF = (
    "SELECT item_index, COALESCE(value, 1), COALESCE(time, 0) FROM ratings "
    "WHERE user_index = {} ORDER BY item_index"
)
_COUNTS = "SELECT item_index, n_ratings, rating_sum FROM movies WHERE item_index IN ({})"
_PROFILE_OF = sa.text(f"SELECT {', '.join(PROFILE)} FROM users WHERE user_index = :user")
