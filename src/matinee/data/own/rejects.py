"""Bad rows: counted by reason, the first few remembered, all written to a file when wanted."""

from __future__ import annotations

import csv
import errno
import os
import shutil
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, TextIO

from matinee.data.dataset import Dataset
from matinee.errors import DiskFull, InvalidInput, NoGoodRows, some

REMEMBERED = 10
"""How many bad rows a report carries itself."""


class BadRow(NamedTuple):
    """A row that was left out.

    `line` is the physical line of a text file, counted from 1 with the header, or the number of
    the row in Parquet, a frame or a query's answer, counted from 1. `column` is the column's own
    name, empty where the fault is the whole row's. `row` is what stood there.
    """

    line: int
    column: str
    reason: str
    row: str
    source: str

    def __str__(self) -> str:
        where = f", column {self.column!r}" if self.column else ""
        row = self.row if len(self.row) <= 80 else self.row[:77] + "..."
        return f"line {self.line}{where}: {self.reason} ({row!r})"


@dataclass
class TableCounts:
    """What became of the rows of one table."""

    source: str
    rows: int = 0
    kept: int = 0
    bad: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class ImportReport:
    """What an import read, what it left out, and why.

    Attributes
    ----------
    dataset : the ratings and tables that were read
    rows, kept, duplicates : rows of ratings read; kept; dropped as older ratings of the same pair
    bad : reason -> bad rows of ratings
    first_bad : the first few bad rows, of whatever table
    rejects : the file that holds all bad rows, if one was asked for
    seconds : time taken
    columns : field -> the column that was taken for it
    time_unit : what numbers were taken for: "seconds", "milliseconds" ...; "" without times
    tables : what became of the rows of the other tables, by kind ("items", "people" ...)
    """

    dataset: Dataset
    rows: int
    kept: int
    bad: dict[str, int]
    duplicates: int
    rejects: Path | None
    seconds: float
    first_bad: tuple[BadRow, ...]
    columns: dict[str, str]
    time_unit: str = ""
    tables: dict[str, TableCounts] = field(default_factory=dict)

    @property
    def n_bad(self) -> int:
        """Bad rows of ratings."""
        return sum(self.bad.values())

    def as_dict(self) -> dict[str, object]:
        """Everything but the data set itself, ready for JSON."""
        return {
            "name": self.dataset.name,
            "rows": self.rows,
            "kept": self.kept,
            "bad": dict(self.bad),
            "duplicates": self.duplicates,
            "users": len(self.dataset.users),
            "items": len(self.dataset.items),
            "columns": self.columns,
            "time_unit": self.time_unit,
            "implicit": self.dataset.interactions.value is None,
            "first_bad": [row._asdict() for row in self.first_bad],
            "rejects": None if self.rejects is None else str(self.rejects),
            "seconds": round(self.seconds, 3),
            "tables": {
                kind: {"rows": t.rows, "kept": t.kept, "bad": dict(t.bad), "source": t.source}
                for kind, t in self.tables.items()
            },
        }


class Rejects:
    """Collects bad rows. Used with ``with``: the file appears, whole, when the block ends well.

    Parameters
    ----------
    path
        The file to write: CSV with line, column, reason, row and source. None for none.
    append
        Keep what the file holds already, from reading another source.

    Raises
    ------
    InvalidInput
        The file's folder is missing, its name is that of a folder, or it cannot be written.
    DiskFull
        There is no space for it; nothing is left of it.
    """

    def __init__(self, path: Path | None, *, append: bool = False) -> None:
        self.path = path
        self._append = append and path is not None and path.exists()
        self.first: list[BadRow] = []
        self._file: TextIO | None = None
        if path is not None and (path.is_dir() or not path.absolute().parent.is_dir()):
            raise InvalidInput(
                f"`rejects` must name a file in a folder that exists, got {path}; make its folder "
                "first."
            )

    def __enter__(self) -> Rejects:
        if self.path is not None:
            place = self.path.absolute()
            self._partial = place.with_name(f".{place.name}.{uuid.uuid4().hex[:8]}.partial")
            try:
                self._file = self._partial.open("x", encoding="utf-8", newline="")
                self._writer = csv.writer(self._file)
                if self._append:
                    with place.open(encoding="utf-8", newline="") as before:
                        shutil.copyfileobj(before, self._file)
                else:
                    self._writer.writerow(BadRow._fields)
            except OSError as error:
                raise self._failure(error) from error
        return self

    def add(self, counts: TableCounts, line: int, column: str, reason: str, row: str) -> None:
        """One more bad row of a table."""
        counts.bad[reason] += 1
        bad = BadRow(line, column, reason, row.replace("\0", "\\x00"), counts.source)
        if len(self.first) < REMEMBERED:
            self.first.append(bad)
        if self._file is not None:
            try:
                self._writer.writerow(bad)
            except OSError as error:
                raise self._failure(error) from error

    def nothing_good(self, counts: TableCounts) -> NoGoodRows:
        """The error for a table of which no row was good."""
        reasons = some(f"{reason}: {n}" for reason, n in counts.bad.most_common())
        first = "\n  ".join(str(row) for row in self.first[:5])
        return NoGoodRows(
            f"{counts.source} must have at least one good row, got none of {counts.rows} "
            f"({reasons}); nothing was imported. The first are:\n  {first}"
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is None or self.path is None:
            return
        try:
            if kind is None:
                self._file.flush()
                os.fsync(self._file.fileno())
            self._file.close()
            if kind is None:
                os.replace(self._partial, self.path)
        except OSError as failure:
            if kind is None:
                raise self._failure(failure) from failure
        finally:
            self._partial.unlink(missing_ok=True)

    def _failure(self, error: OSError) -> Exception:
        self._partial.unlink(missing_ok=True)
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            return DiskFull(f"No space left to write the rejects file {self.path}; free some.")
        return InvalidInput(
            f"`rejects` must name a file that can be written, got {self.path}: {error.strerror}."
        )
