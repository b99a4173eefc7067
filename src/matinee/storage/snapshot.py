"""A columnar copy of all ratings beside the store, from which training reads in seconds.

It is disposable: it carries the store's id and the mark of the commit that it copies, and whoever
reads it compares both with the store. So it may be written while that commit is still under way;
if the commit never happens, no store ever bears its mark and the copy is never taken for fresh.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from matinee.durable import replaced_file
from matinee.errors import DiskFull, StoreUnavailable
from matinee.interactions import Float32, Int32, Int64
from matinee.progress import Progress, silent

CHUNK = 1 << 20
_MARK = b"matinee.mark"
_log = logging.getLogger(__name__)


class Columns(NamedTuple):
    """All ratings, sorted by user, then item.

    Attributes
    ----------
    user_index, item_index : (n,) int32
    value : (n,) float32, or None for implicit feedback
    time : (n,) int64 UTC seconds (0 where unknown), or None where no time is known
    """

    user_index: Int32
    item_index: Int32
    value: Float32 | None
    time: Int64 | None


class Sorted:
    """Columns seen through an order, a chunk at a time, so that no sorted copy is needed."""

    def __init__(self, columns: Columns, order: npt.NDArray[np.int64] | None) -> None:
        self.columns = columns
        self.order = order

    def __len__(self) -> int:
        return len(self.columns.user_index)

    def chunks(self, size: int = CHUNK) -> Iterator[Columns]:
        """The columns in order, `size` rows at a time."""
        for start in range(0, len(self), size):
            block = slice(start, start + size)
            rows = block if self.order is None else self.order[block]
            user, item, value, time = self.columns
            yield Columns(
                user[rows],
                item[rows],
                None if value is None else value[rows],
                None if time is None else time[rows],
            )


def refresh(path: Path, mark: str, ratings: Sorted, progress: Progress = silent) -> None:
    """`write`, but where that fails, only the log says so: a copy is missed by nobody."""
    try:
        write(path, mark, ratings, progress)
    except (DiskFull, StoreUnavailable, OSError) as error:
        _log.warning("No snapshot was written, so the next training reads slower: %s", error)


def write(path: Path, mark: str, ratings: Sorted, progress: Progress = silent) -> None:
    """Replace the snapshot at `path` by `ratings`; `mark` names the store and its commit.

    Raises
    ------
    DiskFull
    """
    _, _, value, time = ratings.columns
    fields = [("user_index", pa.int32()), ("item_index", pa.int32())]
    fields += [] if value is None else [("value", pa.float32())]
    fields += [] if time is None else [("time", pa.int64())]
    schema = pa.schema(fields, metadata={_MARK: mark.encode()})
    with replaced_file(path) as file, pq.ParquetWriter(
        file, schema, compression="lz4", use_dictionary=False, write_statistics=False,
        write_page_checksum=True,
    ) as writer:  # fmt: skip
        done = 0
        for chunk in ratings.chunks():
            columns = [pa.array(c) for c in chunk if c is not None]
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))
            done += len(chunk.user_index)
            progress("snapshot", done, len(ratings))


def read(path: Path, mark: str) -> Columns | None:
    """The ratings at `path` if they carry `mark`; None if they are old, damaged or missing."""
    try:
        with pq.ParquetFile(path, page_checksum_verification=True, memory_map=True) as file:
            if (file.schema_arrow.metadata or {}).get(_MARK) != mark.encode():
                return None
            names = file.schema_arrow.names
            kinds = {"user_index": np.int32, "item_index": np.int32, "value": np.float32,
                     "time": np.int64}  # fmt: skip
            rows = file.metadata.num_rows
            columns = {n: np.empty(rows, kinds[n]) for n in names}
            done = 0
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                for name, column in columns.items():
                    column[done : done + table.num_rows] = table.column(name).to_numpy()
                done += table.num_rows
            if done != rows:
                return None
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None
    return Columns(
        columns["user_index"], columns["item_index"], columns.get("value"), columns.get("time")
    )
