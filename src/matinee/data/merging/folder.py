"""A merged set on disk: Parquet tables, the report of matches, and ``specs.json``.

================  =============================================================================
file              columns
================  =============================================================================
ratings.parquet   user_id, item_id, rating (none for implicit feedback), time where known
items.parquet     as `Dataset.item_table`
people.parquet    as `Dataset.user_table`
tags.parquet      as `Dataset.tags`, where there are any
genome.parquet    as `Dataset.genome`, where there is one
matches.parquet   a_id, a_title, b_id, b_title, item_id, how: every item of both sets
================  =============================================================================
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from matinee.data import specs
from matinee.data.dataset import Dataset, Vocabulary
from matinee.data.specs import Specs
from matinee.durable import new_folder, sweep
from matinee.errors import InvalidInput, some
from matinee.interactions import Int32, Interactions
from matinee.progress import Progress, silent

RATINGS = "ratings.parquet"
TABLES = {"items.parquet": "item_table", "people.parquet": "user_table",
          "tags.parquet": "tags", "genome.parquet": "genome"}  # fmt: skip
MATCHES = "matches.parquet"
CHUNK = 1 << 20
_ANEW = "make the folder anew: matinee data merge"


def is_merged(folder: Path) -> bool:
    """Whether a folder looks like one that `write` made."""
    return (folder / specs.FILE).exists() or (folder / RATINGS).exists()


def free(path: Path) -> None:
    """InvalidInput if something stands at `path`; what killed merges left there long ago goes."""
    if os.path.lexists(path):
        raise InvalidInput(f"{path} must not exist yet; name another place by --to or remove it.")
    if path.parent.is_dir():
        sweep(path.parent, f"{path.name}.*")


def write(path: Path, dataset: Dataset, matches: pa.Table, told: Specs,
          progress: Progress = silent) -> Specs:  # fmt: skip
    """Make the folder, whole or not at all; its specs with the files.

    Raises
    ------
    InvalidInput
        `path` exists.
    DiskFull, StoreUnavailable
    """
    with new_folder(path) as folder:
        _write_ratings(folder / RATINGS, dataset, progress)
        for name, attribute in TABLES.items():
            table = getattr(dataset, attribute)
            if table is not None:
                progress(f"writing {name}", 0, None)
                pq.write_table(table, folder / name, compression="zstd")
        pq.write_table(matches, folder / MATCHES, compression="zstd")
        told = replace(told, files=specs.files(folder.iterdir()))
        specs.write(folder, told)
    return told


def _write_ratings(path: Path, dataset: Dataset, progress: Progress) -> None:
    """Rating by rating in blocks, each with the ids that occur in it."""
    ratings = dataset.interactions
    ids = pa.dictionary(pa.int32(), pa.string())
    fields = [("user_id", ids), ("item_id", ids)]
    fields += [] if ratings.value is None else [("rating", pa.float32())]
    fields += [] if ratings.time is None else [("time", pa.int64())]
    schema = pa.schema(fields)
    users, items = (pa.array(v.ids, pa.string()) for v in (dataset.users, dataset.items))
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, len(ratings), CHUNK):
            block = slice(start, start + CHUNK)
            columns = [_named(ratings.user_index[block], users)]
            columns.append(_named(ratings.item_index[block], items))
            columns += [pa.array(c[block]) for c in (ratings.value, ratings.time) if c is not None]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema), row_group_size=CHUNK)
            progress(f"writing {path.name}", min(start + CHUNK, len(ratings)), len(ratings))


def _named(index: Int32, ids: pa.Array) -> pa.DictionaryArray:
    """Indices as ids; the dictionary holds only those that occur."""
    occurs = np.zeros(len(ids), bool)
    occurs[index] = True
    place = np.cumsum(occurs, dtype=np.int32) - np.int32(1)
    names = ids.take(pa.array(np.flatnonzero(occurs)))
    return pa.DictionaryArray.from_arrays(pa.array(place[index]), names)


# ---- reading ----------------------------------------------------------------------------


def read(folder: Path, progress: Progress = silent) -> Dataset:
    """The data set of a merged folder.

    Raises
    ------
    InvalidInput
        A file is missing or damaged, or holds other than ``specs.json`` says.
    """
    said = specs.read(folder)
    strange = sorted(set(said.files) - {RATINGS, MATCHES, *TABLES})
    if strange:
        raise InvalidInput(
            f"{folder / specs.FILE} must tell of the files of a merge, got {some(strange)}; "
            f"{_ANEW}."
        )
    missing = sorted(name for name in said.files if not (folder / name).is_file())
    missing += [name for name in (RATINGS, "items.parquet", "people.parquet")
                if name not in said.files]  # fmt: skip
    if missing:
        raise InvalidInput(
            f"{folder / specs.FILE} says {some(said.files)}, the folder lacks {some(missing)}: "
            f"{_ANEW}."
        )
    progress("checking files", 0, None)
    sides = str(folder / specs.FILE), str(folder)
    there = replace(said, files=specs.files(folder / name for name in said.files))
    specs.check(said, there, *sides, _ANEW)
    try:
        dataset = _read(folder, said, progress)
    except (pa.ArrowException, KeyError) as error:
        raise InvalidInput(
            f"{folder} must hold what a merge wrote, got: {error}; {_ANEW}."
        ) from error
    specs.check(said, specs.of(dataset), *sides, _ANEW)
    return replace(dataset, specs=said)


def _read(folder: Path, said: Specs, progress: Progress) -> Dataset:
    tables = {
        attribute: pq.read_table(folder / name, read_dictionary=_coded(name))
        for name, attribute in TABLES.items()
        if name in said.files
    }
    users = Vocabulary(tables["user_table"].column("user_id").to_pylist())
    items = Vocabulary(tables["item_table"].column("item_id").to_pylist())
    interactions = _read_ratings(folder / RATINGS, users, items, progress)
    return Dataset(said.name, interactions, users, items, scale=said.scale, **tables)


def _coded(name: str) -> list[str]:
    return ["item_id", "tag"] if name == "genome.parquet" else []


def _read_ratings(
    path: Path, users: Vocabulary, items: Vocabulary, progress: Progress
) -> Interactions:
    with pq.ParquetFile(path, read_dictionary=["user_id", "item_id"]) as file:
        rows, names = file.metadata.num_rows, file.schema_arrow.names
        user, item = np.empty(rows, np.int32), np.empty(rows, np.int32)
        value = np.empty(rows, np.float32) if "rating" in names else None
        time = np.empty(rows, np.int64) if "time" in names else None
        done = 0
        for table in _row_groups(file):
            block = slice(done, done + table.num_rows)
            user[block] = _indices(table.column("user_id"), users)
            item[block] = _indices(table.column("item_id"), items)
            if value is not None:
                value[block] = table.column("rating").to_numpy()
            if time is not None:
                time[block] = table.column("time").to_numpy()
            done += table.num_rows
            progress(f"reading {path.name}", done, rows)
    return Interactions(user, item, value, time, len(users), len(items))


def _row_groups(file: pq.ParquetFile) -> Iterator[pa.Table]:
    for group in range(file.num_row_groups):
        yield file.read_row_group(group)


def _indices(column: pa.ChunkedArray, vocabulary: Vocabulary) -> Int32:
    codes = column.dictionary_encode().combine_chunks()
    return vocabulary.indices(codes.dictionary.to_pylist())[codes.indices.to_numpy()]
