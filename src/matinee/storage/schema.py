"""The store's tables, their format number, and the way from older formats to this one.

Indices are given out in order from 0 and never again: a deleted user leaves a row with nothing
but the index. `users` and `movies` carry the count and sum of their ratings, kept in the same
transaction as the ratings, so that no listing has to read millions of rows.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable

import sqlalchemy as sa

from matinee.errors import NewerStore, StoreError
from matinee.storage.database import Database

FORMAT = 3

METADATA = sa.MetaData()

STORE_INFO = sa.Table(
    "store_info",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("format", sa.Integer, nullable=False),
    # Grows with every commit that changes ratings, users or items.
    sa.Column("version", sa.BigInteger, nullable=False),
    # New with every commit that changes ratings, and never the same twice: unlike a number, it
    # cannot be reached again by another commit after one that was announced but never happened.
    sa.Column("ratings_mark", sa.Text, nullable=False),
)

USERS = sa.Table(
    "users",
    METADATA,
    sa.Column("user_index", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("user_id", sa.Text, unique=True),
    sa.Column("age", sa.Integer),
    sa.Column("gender", sa.Text),
    sa.Column("occupation", sa.Text),
    sa.Column("zip", sa.Text),
    sa.Column("deleted", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("n_ratings", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rating_sum", sa.Double, nullable=False, server_default="0"),
)

MOVIES = sa.Table(
    "movies",
    METADATA,
    sa.Column("item_index", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("item_id", sa.Text, unique=True, nullable=False),
    sa.Column("title", sa.Text),
    sa.Column("year", sa.Integer),
    sa.Column("genres", sa.Text),  # a JSON list
    sa.Column("n_ratings", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rating_sum", sa.Double, nullable=False, server_default="0"),
)

PROFILE = ("age", "gender", "occupation", "zip")
"""What may be known of a user besides ratings: columns of `USERS`."""

# What is known of an item beside what its own set says: its ids elsewhere, texts and facts.
MOVIE_METADATA = sa.Table(
    "metadata",
    METADATA,
    sa.Column(
        "item_index",
        sa.Integer,
        sa.ForeignKey("movies.item_index"),
        primary_key=True,
        autoincrement=False,
    ),
    sa.Column("imdb_id", sa.Text),
    sa.Column("tmdb_id", sa.Text),
    sa.Column("original_title", sa.Text),
    sa.Column("overview", sa.Text),
    sa.Column("keywords", sa.Text),  # a JSON list
    sa.Column("runtime", sa.REAL),  # minutes
    sa.Column("revenue", sa.Double),  # US dollars
    sa.Column("release_date", sa.Text),  # ISO
    sa.Column("language", sa.Text),
)

GENOME_TAGS = sa.Table(
    "genome_tags",
    METADATA,
    sa.Column("tag_index", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("tag", sa.Text, unique=True, nullable=False),
)

# How much each tag fits an item, all in one: see `genome`.
GENOME = sa.Table(
    "genome",
    METADATA,
    sa.Column(
        "item_index", sa.Integer, sa.ForeignKey("movies.item_index"), primary_key=True,
        autoincrement=False,
    ),
    sa.Column("relevance", sa.LargeBinary, nullable=False),
)  # fmt: skip

# The primary key is the table itself: a person's ratings lie side by side. There is no index by
# item; it would double the time of an import, and what is asked by item is in `movies`.
RATINGS = sa.Table(
    "ratings",
    METADATA,
    sa.Column(
        "user_index", sa.Integer, sa.ForeignKey("users.user_index"), primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "item_index", sa.Integer, sa.ForeignKey("movies.item_index"), primary_key=True,
        autoincrement=False,
    ),
    sa.Column("value", sa.REAL),  # null for implicit feedback
    sa.Column("time", sa.BigInteger),  # UTC seconds, null where unknown
    sqlite_with_rowid=False,
)  # fmt: skip

TAGS = sa.Table(
    "tags",
    METADATA,
    sa.Column(
        "user_index", sa.Integer, sa.ForeignKey("users.user_index"), primary_key=True,
        autoincrement=False,
    ),
    sa.Column(
        "item_index", sa.Integer, sa.ForeignKey("movies.item_index"), primary_key=True,
        autoincrement=False,
    ),
    sa.Column("tag", sa.Text, primary_key=True),
    sa.Column("time", sa.BigInteger),
    sqlite_with_rowid=False,
)  # fmt: skip

_TAGS_BY_ITEM = sa.Index("tags_by_item", TAGS.c.item_index)

SETTINGS = sa.Table(
    "settings",
    METADATA,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

# ---- who is in which cluster of people, see `live_counts` -------------------------------

CLUSTERINGS = sa.Table(
    "clusterings",
    METADATA,
    sa.Column("clustering_index", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("archive_id", sa.Text, unique=True, nullable=False),
    # The rating from which on an item counts as liked: that of the training.
    sa.Column("threshold", sa.Double, nullable=False),
    # New whenever all counts are written anew, and the number of changes since then.
    sa.Column("mark", sa.Text, nullable=False),
    sa.Column("change", sa.BigInteger, nullable=False),
)

CLUSTER_SIZES = sa.Table(
    "cluster_sizes",
    METADATA,
    sa.Column(
        "clustering_index", sa.Integer, sa.ForeignKey("clusterings.clustering_index"),
        primary_key=True, autoincrement=False,
    ),
    sa.Column("cluster", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("size", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip

CLUSTER_MEMBERS = sa.Table(
    "cluster_members",
    METADATA,
    sa.Column(
        "clustering_index", sa.Integer, sa.ForeignKey("clusterings.clustering_index"),
        primary_key=True, autoincrement=False,
    ),
    sa.Column(
        "user_index", sa.Integer, sa.ForeignKey("users.user_index"), primary_key=True,
        autoincrement=False,
    ),
    sa.Column("cluster", sa.Integer, nullable=False),
    sa.Index("cluster_members_by_cluster", "clustering_index", "cluster", "user_index"),
    sqlite_with_rowid=False,
)  # fmt: skip

# Of each cluster and item: how many members like it, and the number of the change that wrote the
# row, 0 where it was written with all others. Zero members leave their row, so that the change
# can be seen.
CLUSTER_COUNTS = sa.Table(
    "cluster_counts",
    METADATA,
    sa.Column(
        "clustering_index", sa.Integer, sa.ForeignKey("clusterings.clustering_index"),
        primary_key=True, autoincrement=False,
    ),
    sa.Column("cluster", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("item_index", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("n", sa.Integer, nullable=False),
    sa.Column("change", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)  # fmt: skip
_changed = CLUSTER_COUNTS.c.change > 0
sa.Index(
    "cluster_counts_changed",
    CLUSTER_COUNTS.c.clustering_index,
    CLUSTER_COUNTS.c.change,
    # Without the rows written with all others: an index of these would double the time.
    sqlite_where=_changed,
    postgresql_where=_changed,
)


def _with_clusters(connection: sa.Connection) -> None:
    # The tables as they are today: whoever changes them spells them out here as they were.
    tables = [CLUSTERINGS, CLUSTER_SIZES, CLUSTER_MEMBERS, CLUSTER_COUNTS]
    METADATA.create_all(connection, tables=tables)


def _with_metadata(connection: sa.Connection) -> None:
    # Written anew, so that an upgraded store has the very tables of a new one.
    old = f"{MOVIE_METADATA.name}_2"
    connection.exec_driver_sql(f"ALTER TABLE {MOVIE_METADATA.name} RENAME TO {old}")
    METADATA.create_all(connection, tables=[MOVIE_METADATA, GENOME_TAGS, GENOME])
    kept = "item_index, imdb_id, tmdb_id, overview"
    connection.exec_driver_sql(
        f"INSERT INTO {MOVIE_METADATA.name} ({kept}) SELECT {kept} FROM {old}"
    )
    connection.exec_driver_sql(f"DROP TABLE {old}")
    _TAGS_BY_ITEM.create(connection)


UPGRADES: dict[int, Callable[[sa.Connection], None]] = {1: _with_clusters, 2: _with_metadata}
"""From format f to f + 1, inside one transaction. A new format adds one and raises `FORMAT`."""


def new_mark() -> str:
    """A value for `ratings_mark` that was never there before."""
    return secrets.token_hex(8)


def prepare(database: Database) -> str:
    """Create the tables, or bring an older store up to this format; return the store's id.

    Raises
    ------
    NewerStore
        Written by a newer matinee; nothing was touched.
    StoreError
        The database holds something else.
    """
    with database.reading() as connection:
        found = _found(connection)
    if found is not None and found[1] == FORMAT:
        return found[0]
    with database.writing() as connection:
        found = _found(connection)  # again: another process may have been faster
        if found is None:
            return _created(connection)
        identity, step = found
        while step < FORMAT:
            if step not in UPGRADES:
                raise StoreError(f"This store is of format {step}, which is no longer read.")
            UPGRADES[step](connection)
            step += 1
            connection.execute(sa.update(STORE_INFO).values(format=step))
        return identity


def _found(connection: sa.Connection) -> tuple[str, int] | None:
    """Id and format of the store that is there, None for an empty database."""
    tables = sa.inspect(connection).get_table_names()
    if not tables:
        return None
    if STORE_INFO.name not in tables:
        raise StoreError(
            f"The database must be empty or a store of matinee, but holds {', '.join(tables[:5])}; "
            "give another one."
        )
    # Only what every format has: a newer one may have renamed the rest.
    identity, number = connection.execute(sa.select(STORE_INFO.c.id, STORE_INFO.c.format)).one()
    if number > FORMAT:
        raise NewerStore(
            f"This store is of format {number}, this matinee reads up to {FORMAT}; install a "
            "newer matinee."
        )
    return str(identity), int(number)


def _created(connection: sa.Connection) -> str:
    METADATA.create_all(connection)
    identity = str(uuid.uuid4())
    connection.execute(
        sa.insert(STORE_INFO).values(id=identity, format=FORMAT, version=0, ratings_mark=new_mark())
    )
    return identity
