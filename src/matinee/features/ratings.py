"""A table of ratings and their features, made by DuckDB: the formulas are `rating_features`'.

The database finds sums over groups, joins them to rows and writes the file, on all cores and in
bounded memory; it spills to disk where that is too little.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

from matinee.durable import replaced_file, sweep
from matinee.errors import DiskFull, InvalidInput, InvalidParameter
from matinee.features.rating_statements import EVERYBODY, Found, aggregate, rows_with_features
from matinee.interactions import Bool, Float32, Int32, Int64, Interactions, SideInformation
from matinee.progress import Progress, silent
from matinee.rating_features import MODES, calendar, fitting, formulas, groups, sums, training
from matinee.rating_features.calendar import Float64
from matinee.rating_features.recent import Sequence as InOrder
from matinee.rating_features.recent import at_checkpoint, chronological, rows_by
from matinee.splits import random_split, time_split

if TYPE_CHECKING:
    import duckdb

SPLITS = ("none", "random", "time")
# Means differ in almost every row: no dictionary is worth its search there.
_FORMATS = {
    ".parquet": "(FORMAT parquet, DICTIONARY_SIZE_LIMIT 1000)",
    ".csv": "(FORMAT csv, HEADER)",
}
_MEMORY = "1500MB"
"""Of the database; what it is handed is not among it."""


@dataclass(frozen=True)
class RatingTable:
    """What was written.

    Attributes
    ----------
    columns
        Names of the features; before them stand user, item, rating, time and, of a split, part.
    """

    path: str
    rows: int
    test_rows: int
    mode: str
    columns: tuple[str, ...]


def rating_table(
    ratings: Interactions,
    side: SideInformation,
    out: Path,
    *,
    user_ids: Sequence[str] | None = None,
    item_ids: Sequence[str] | None = None,
    mode: str | None = None,
    split: str = "none",
    seed: int = 42,
    progress: Progress = silent,
) -> RatingTable:
    """Write the features of every rating, each without the rating itself.

    Parameters
    ----------
    ratings
        With values, and with times where they are known.
    side
        Genres and years of items, profiles of people, where known.
    out
        A new ``.parquet`` or ``.csv`` file. Unknown features are null.
    user_ids, item_ids
        What to call people and items; by default their indices.
    mode
        See `rating_features.of_training`; by default "past" for a split by time, else
        "out-of-fold".
    split
        "random" or "time": a tenth of the ratings is held out; their rows say "test" under
        ``part``, and nobody's features are made of them. "none": every rating is for training.
    seed
        Of the split; that of folds and clusters is 0, as in models.

    Raises
    ------
    InvalidParameter
        No such mode, split or kind of file.
    InvalidInput
        `out` exists already, feedback has no values, or times are missing where they are needed.
    DiskFull
    """
    mode = _checked(ratings, out, mode, split)
    test = _held_out(ratings, split, seed)
    sweep(out.parent, f"{out.name}.*")
    with replaced_file(out) as file, _database(file.parent) as database:
        progress("finding statistics", 0, 4)
        found = _registered(database, ratings, side, test, mode, user_ids, item_ids)
        progress("finding statistics", 1, 4)
        aggregate(database, found)
        progress("writing rows", 2, 4)
        written = _FORMATS[out.suffix.lower()]
        database.execute(f"COPY ({rows_with_features(found)}) TO '{_quoted(file)}' {written}")
        progress("writing rows", 4, 4)
    return RatingTable(str(out), len(ratings), int(test.sum()), mode, found.names)


def _checked(ratings: Interactions, out: Path, mode: str | None, split: str) -> str:
    """The mode; InvalidInput or InvalidParameter where something cannot be."""
    if split not in SPLITS:
        raise InvalidParameter(f"`split` must be {' or '.join(SPLITS)}, got {split!r}.")
    if mode is None:
        mode = "past" if split == "time" else MODES[0]
    if mode not in MODES:
        raise InvalidParameter(f"`mode` must be {' or '.join(MODES)}, got {mode!r}.")
    if out.suffix.lower() not in _FORMATS:
        raise InvalidParameter(
            f"Features go to a file that ends in {' or '.join(_FORMATS)}, got {out.name!r}."
        )
    if not out.parent.is_dir():
        raise InvalidInput(f"The folder of {out} must exist; make it first, or name another.")
    if out.exists():
        raise InvalidInput(f"{out} must not exist yet; name another file or remove it first.")
    fitting.rated(ratings)
    if mode == "past":
        training.check_dated(calendar.seconds(ratings.time, len(ratings)))
    return mode


def _held_out(ratings: Interactions, split: str, seed: int) -> Bool:
    """(n,) whether each rating is held out, by the rule of `splits`."""
    n = len(ratings)
    test = np.zeros(n, bool)
    if split == "none":
        return test
    order = np.arange(n)
    if split == "time":
        if ratings.time is None:
            raise InvalidInput("A split by time needs the time of each rating; take random.")
        order = np.argsort(ratings.time, kind="stable")
    place = np.empty(n, np.int64)
    place[order] = np.arange(n)
    # The place of a row stands where its time would: the split hands it back.
    marked = Interactions(ratings.user_index, ratings.item_index, None, place)
    held = time_split(marked, 0.1) if split == "time" else random_split(marked, 0.1, seed)
    test[order[held.test.time]] = True
    return test


def _quoted(file: Path) -> str:
    return str(file).replace("'", "''")


@contextmanager
def _database(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory, which spills into a folder of its own beside the file."""
    import duckdb

    with (
        tempfile.TemporaryDirectory(prefix=".matinee-", dir=scratch) as spill,
        duckdb.connect(":memory:") as database,
    ):
        database.execute(f"SET memory_limit = '{_MEMORY}'")
        database.execute(f"SET temp_directory = '{_quoted(Path(spill))}'")
        try:
            yield database
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise DiskFull(
                f"Making features needs more space than is left in {scratch}; free some and try "
                f"again. What was begun has been removed. ({error})"
            ) from error
        except RuntimeError as error:
            # That is how DuckDB says Ctrl-C.
            if "interrupted" in str(error):
                raise KeyboardInterrupt from error
            raise


def _registered(
    database: duckdb.DuckDBPyConnection,
    ratings: Interactions,
    side: SideInformation,
    test: Bool,
    mode: str,
    user_ids: Sequence[str] | None,
    item_ids: Sequence[str] | None,
) -> Found:
    """Hand over ratings, people and items, with what is of single rows and needs their order."""
    train = ratings.take(~test) if test.any() else ratings
    grouped = groups.groups_of(train, side, 0)
    genres, genre_names = fitting.genres_of(side, ratings.n_items)
    when = calendar.seconds(ratings.time, len(ratings))
    recent = _Recent(ratings, when, test)
    order = chronological(when[~test], ties=train.item_index)
    users = recent.of(ratings.user_index, ratings.n_users, order)
    items = recent.of(ratings.item_index, ratings.n_items, order)
    del order
    cluster = groups.user_cluster(_rated(train), grouped.vectors, grouped.centers)
    profiles = side.user_features
    stated = np.zeros((ratings.n_users, 0), np.float32) if profiles is None else profiles.toarray()
    fold = np.full(len(ratings), EVERYBODY, np.int8)
    if mode == "out-of-fold":
        fold[~test] = training.folds(len(train), 0)
    rows = {
        "row": np.arange(len(ratings)),
        "u": ratings.user_index,
        "i": ratings.item_index,
        "v": ratings.value,
        "t": pa.array(when, from_pandas=True),
        "test": test,
        "f": fold,
        "ru": pa.array(users[1], from_pandas=True),
        "ri": pa.array(items[1], from_pandas=True),
    }
    years = side.item_years
    if years is None:
        years = np.full(ratings.n_items, np.nan, np.float32)
    of_users = {
        "u": np.arange(ratings.n_users, dtype=np.int32),
        "id": pa.array(range(ratings.n_users) if user_ids is None else user_ids),
        "first": pa.array(users[0], from_pandas=True),
        "cluster": cluster,
        **{f"p{g}": column for g, column in enumerate(stated.T.astype(np.uint8))},
    }
    of_items = {
        "i": np.arange(ratings.n_items, dtype=np.int32),
        "id": pa.array(range(ratings.n_items) if item_ids is None else item_ids),
        "first": pa.array(items[0], from_pandas=True),
        "cluster": grouped.item_cluster,
        "year": pa.array(years, from_pandas=True),
        **{f"g{g}": column for g, column in enumerate(genres.T.astype(np.uint8))},
    }
    for name, columns in (("ratings", rows), ("users", of_users), ("items", of_items)):
        database.register(name, pa.table(columns))
    clusters = len(grouped.centers), grouped.item_clusters
    profile_names = side.user_feature_names[: stated.shape[1]]
    names = formulas.names(tuple(genre_names), profile_names, *clusters)
    return Found(mode, bool(test.any()), len(genre_names), stated.shape[1], clusters, names)


def _rated(train: Interactions) -> csr_array:
    """Who rated what, in no order within a person: less work than `Interactions.matrix`."""
    order = rows_by(train.user_index, train.n_users)
    indptr = np.zeros(train.n_users + 1, np.int32)
    np.cumsum(np.bincount(train.user_index, minlength=train.n_users), out=indptr[1:])
    indices = train.item_index[order]
    ones = np.ones(len(indices), np.float32)
    return csr_array((ones, indices, indptr), shape=(train.n_users, train.n_items))


class _Recent(NamedTuple):
    """What of a group needs the order of its ratings in time."""

    ratings: Interactions
    when: Float64
    test: Bool

    def of(self, group: Int32, groups: int, order: Int64) -> tuple[Float64, Float32]:
        """(groups,) seconds of the first training rating, and (n,) recent values of all rows."""
        train = ~self.test
        values = fitting.rated(self.ratings)[train]
        sequence = InOrder(group[train], groups, self.when[train], order)
        recent = np.empty(len(group), np.float32)
        recent[train] = sequence.before(values)
        if self.test.any():
            at, means = sequence.checkpoints(values)
            for rows in sums.blocks(np.flatnonzero(self.test)):
                of = group[rows]
                recent[rows] = at_checkpoint(at[of], means[of], self.when[rows])
        return sequence.first(), recent
