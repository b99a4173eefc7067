"""The two tables of a clustering of people, in and out of files: who is where, and what is liked.

``users_cluster`` has a row [userId, Cluster] for each person in a cluster, ``clusters_movies`` a
row [Cluster, movieId, Count] for each movie that some member likes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from matinee.clustering.repair import SMALLEST, repair
from matinee.clusters.views import Clusterings
from matinee.data.dataset import Dataset
from matinee.durable import new_folder
from matinee.errors import InvalidInput, InvalidParameter, some
from matinee.interactions import Int32, default_liked_threshold

FORMATS = ("csv", "parquet")
USERS, MOVIES = "users_cluster", "clusters_movies"
_USERS = pa.schema([("userId", pa.string()), ("Cluster", pa.int32())])
_MOVIES = pa.schema([("Cluster", pa.int32()), ("movieId", pa.string()), ("Count", pa.int32())])


class Tables(NamedTuple):
    """Both tables of a clustering of people."""

    users: pa.Table
    """userId (text), Cluster (int32): by cluster, then as the people came."""
    movies: pa.Table
    """Cluster (int32), movieId (text), Count (int32): by cluster, then as the movies came."""


class RepairedTables(NamedTuple):
    """The tables of an assignment that was repaired, and what the repair did."""

    tables: Tables
    renumbered: dict[int, int]
    """Old cluster to new one, -1 where it was dissolved."""
    moved: list[str]
    """Ids of the people who were moved."""


def tables_of(clusterings: Clusterings, name: str | None = None) -> Tables:
    """Both tables of a clustering of people, at this moment.

    Raises
    ------
    NotReady, UnknownModel, Unsupported
        There is no such clustering of people, or its members are no longer kept.
    """
    clustering = clusterings.named(name, "users")
    store = clusterings.workspace.store
    kept, archive = store.memberships, clustering.archive_id
    numbers = range(len(kept.sizes(archive)))
    people = [kept.people(archive, number) for number in numbers]
    liked = [kept.counts(archive, number) for number in numbers]
    # Ids are read last: whoever joined meanwhile has one, and who was deleted has "".
    user_ids, item_ids = store.user_ids(), store.item_ids()
    return Tables(
        _users([[user_ids[i] for i in rows if user_ids[i]] for rows in people]),
        _movies([([item_ids[i] for i in items], count) for items, count in liked]),
    )


def write(tables: Tables, folder: Path, kind: str = "csv") -> None:
    """Write both tables into a new folder, as CSV or Parquet; it is there whole or not at all.

    Raises
    ------
    InvalidParameter
        Another kind of file.
    InvalidInput
        The folder exists.
    DiskFull
    """
    if kind not in FORMATS:
        raise InvalidParameter(f"Tables are written as {' or '.join(FORMATS)}, got {kind!r}.")
    with new_folder(folder) as begun:
        for name, table in zip((USERS, MOVIES), tables, strict=True):
            file = begun / f"{name}.{kind}"
            if kind == "parquet":
                parquet.write_table(table, file)
            else:
                _write_csv(table, file)


def read_tables(folder: str | Path) -> Tables:
    """Both tables as `write` wrote them, in whichever format they are there.

    Raises
    ------
    InvalidInput
        A table is missing or is not such a table.
    """
    users, movies = (
        _read(_there(Path(folder), name), schema)
        for name, schema in ((USERS, _USERS), (MOVIES, _MOVIES))
    )
    return Tables(users, movies)


def read_assignment(file: str | Path) -> pa.Table:
    """An assignment of people to clusters: userId and Cluster, from CSV or Parquet.

    Raises
    ------
    InvalidInput
        There is no such file, a column is missing, or a cluster is no whole number.
    """
    path = Path(file)
    if not path.is_file():
        raise InvalidInput(f"There must be a file {path} with columns userId and Cluster.")
    return _read(path, _USERS)


def repaired(dataset: Dataset, assignment: pa.Table, *, smallest: int = SMALLEST) -> RepairedTables:
    """Dissolve the small clusters of any assignment, see `matinee.clustering.repair.repair`.

    Parameters
    ----------
    dataset
        What everybody rated; rated at the liked threshold or above is liked.
    assignment
        userId and Cluster, which may be any whole number from 0 on; -1 is none. People of the data
        set who are not in it are in no cluster.

    Raises
    ------
    InvalidInput
        It names people whom the data set does not know, or somebody twice, or all clusters are
        too small.
    """
    users = assignment.column("userId").to_pylist()
    given = assignment.column("Cluster").to_numpy().astype(np.int64)
    rows = dataset.users.indices(users)
    _check(users, given, rows, dataset.name)
    # Dense numbers in the order of the given ones, however large those are.
    old, dense = np.unique(given[given >= 0], return_inverse=True)
    labels = np.full(len(dataset.users), -1, np.int32)
    labels[rows[given >= 0]] = dense
    ratings = dataset.interactions
    liked = ratings.liked(default_liked_threshold(*(dataset.scale or ratings.scale)))
    found = repair(labels, liked.matrix, smallest=smallest)
    ids, items = dataset.users.ids, dataset.items.ids
    people = [np.flatnonzero(found.labels == c) for c in range(found.counts.shape[0])]
    tables = Tables(
        _users([[ids[i] for i in rows] for rows in people]),
        _movies(
            [
                ([items[i] for i in found.counts[[c]].indices], found.counts[[c]].data)
                for c in range(len(people))
            ]
        ),
    )
    renumbered = dict(zip(old.tolist(), found.renumbered.tolist(), strict=True))
    return RepairedTables(tables, renumbered, [ids[i] for i in found.moved])


# ---- within -----------------------------------------------------------------------------


def _users(people: Sequence[Sequence[str]]) -> pa.Table:
    clusters = [number for number, members in enumerate(people) for _ in members]
    ids = [id_ for members in people for id_ in members]
    return pa.table([pa.array(ids, pa.string()), pa.array(clusters, pa.int32())], schema=_USERS)


def _movies(liked: Sequence[tuple[Sequence[str], Int32]]) -> pa.Table:
    clusters = [number for number, (items, _) in enumerate(liked) for _ in items]
    ids = [id_ for items, _ in liked for id_ in items]
    counts = [int(n) for _, count in liked for n in count]
    columns = [clusters, ids, counts]
    return pa.table(
        [pa.array(c, f.type) for c, f in zip(columns, _MOVIES, strict=True)], schema=_MOVIES
    )


def _check(users: list[str], given: Any, rows: Int32, name: str) -> None:
    unknown = [u for u, row in zip(users, rows, strict=True) if row < 0]
    if unknown:
        raise InvalidInput(
            f"Everybody in an assignment must have ratings in {name}, got {some(unknown)}; name "
            "the data set that it was made of."
        )
    distinct, times = np.unique(rows, return_counts=True)
    if len(distinct) < len(rows):
        twice = [users[int(np.flatnonzero(rows == row)[0])] for row in distinct[times > 1]]
        raise InvalidInput(f"Everybody must be in one cluster, got {some(twice)} more than once.")
    if (given < -1).any():
        below = np.unique(given[given < -1]).tolist()
        raise InvalidInput(f"A cluster must be 0 or more, or -1 for none, got {some(below)}.")


def _write_csv(table: pa.Table, file: Path) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(table.column_names)
        rows.writerows(zip(*(c.to_pylist() for c in table.columns), strict=True))


def _there(folder: Path, name: str) -> Path:
    for kind in FORMATS:
        file = folder / f"{name}.{kind}"
        if file.is_file():
            return file
    raise InvalidInput(
        f"{folder} must hold {name}.csv or {name}.parquet; make them: matinee clusters export."
    )


def _read(file: Path, schema: pa.Schema) -> pa.Table:
    try:
        if file.suffix == ".parquet":
            found = parquet.read_table(file)
            _check_columns(found.column_names, schema, file)
            table = pa.table([found.column(f.name).cast(f.type) for f in schema], schema=schema)
            empty = [name for name in schema.names if table.column(name).null_count]
            if empty:
                raise InvalidInput(f"{file} must have a value in every row, missing in {empty[0]}.")
            return table
        with file.open(encoding="utf-8-sig", newline="") as stream:
            return _from_csv(csv.reader(stream, strict=True), schema, file)
    except (pa.ArrowException, csv.Error, UnicodeDecodeError) as error:
        raise InvalidInput(
            f"{file} must be a table of {', '.join(schema.names)}, but: {error}."
        ) from error


def _from_csv(rows: Iterable[list[str]], schema: pa.Schema, file: Path) -> pa.Table:
    lines = enumerate(rows, 1)
    header = next((row for _, row in lines), [])
    _check_columns(header, schema, file)
    places = [header.index(field.name) for field in schema]
    columns: list[list[Any]] = [[] for _ in schema]
    for line, row in lines:
        if not row:
            continue
        if len(row) != len(header):
            raise InvalidInput(
                f"Line {line} of {file} must have {len(header)} fields, got {len(row)}."
            )
        for column, place, field in zip(columns, places, schema, strict=True):
            column.append(
                row[place] if field.type == pa.string() else _number(row[place], line, file)
            )
    return pa.table(
        [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)], schema=schema
    )


def _check_columns(names: Sequence[str], schema: pa.Schema, file: Path) -> None:
    missing = [n for n in schema.names if n not in names]
    if missing:
        raise InvalidInput(
            f"{file} must have the columns {', '.join(schema.names)}; missing: {some(missing)}."
        )


def _number(text: str, line: int, file: Path) -> int:
    digits = text.strip().removesuffix(".0")
    try:
        value = int(digits)
    except ValueError as error:
        raise InvalidInput(
            f"Line {line} of {file} must hold a whole number, got {text!r}."
        ) from error
    if abs(value) >= 1 << 31:
        raise InvalidInput(f"Line {line} of {file} must hold a smaller number, got {text}.")
    return value
