"""Ratings from a CSV or Parquet file of anybody's, with the tables beside it."""

from __future__ import annotations

import time as clock
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import parquet

from matinee.data.own.assemble import Duplicates, SideTables
from matinee.data.own.columns import by_number, find
from matinee.data.own.csv_bytes import check_file
from matinee.data.own.csv_file import CsvFile
from matinee.data.own.csv_rows import Record, raw_text
from matinee.data.own.intake import FIELDS, Intake, batches_of, feed_batches
from matinee.data.own.rejects import ImportReport, Rejects, TableCounts
from matinee.data.own.rules import UNITS, Rules, time_type, time_unit
from matinee.data.own.side_tables import is_parquet, read_table
from matinee.errors import InvalidInput, InvalidParameter
from matinee.progress import Progress, silent

if TYPE_CHECKING:
    from matinee.data.own.columns import Columns

Column = str | int | None
_ID = pa.dictionary(pa.int32(), pa.string())


def import_ratings(
    source: str | Path,
    *,
    user: Column = None,
    item: Column = None,
    rating: Column = None,
    time: Column = None,
    scale: tuple[float, float] | None = None,
    encoding: str = "utf-8",
    delimiter: str | None = None,
    duplicates: Duplicates = "last",
    items: str | Path | None = None,
    people: str | Path | None = None,
    tags: str | Path | None = None,
    links: str | Path | None = None,
    rejects: str | Path | None = None,
    name: str | None = None,
    progress: Progress = silent,
) -> ImportReport:
    """Read ratings, keep the good rows, and report each bad one with line, column and reason.

    Parameters
    ----------
    source
        CSV (commas, semicolons, tabs, pipes or "::"; with or without quotes and a byte order mark)
        or Parquet.
    user, item, rating, time
        Names of columns, or numbers (1 is the first) if the file has no header. Those not given
        are guessed from their usual names. Without a rating column the feedback is implicit.
        Time is a number of seconds, milliseconds, microseconds or nanoseconds, which one being
        judged by size, or ISO 8601 text; UTC where no zone is said.
    scale : (low, high)
        Ratings outside are bad; without it every finite rating is good.
    encoding, delimiter
        Of text files; the delimiter is guessed.
    duplicates
        Which rating of a (user, item) pair stays: the "last" by time (else the last row), or the
        "first". The others are counted; what stays keeps the order of the file.
    items, people, tags, links
        More tables, likewise; see `matinee.data.own.side_tables.read_table`.
    rejects
        A file to which all bad rows are written: CSV with line, column, reason, row and source.
    name
        Of the data set; that of the file by default.

    Returns
    -------
    ImportReport

    Raises
    ------
    InvalidInput
        The file is missing, empty, not a table, or a column is not there.
    NoGoodRows
        Every row of a table is bad; nothing is written.
    SourceError
        A file cannot be read.
    DiskFull
        No space for the rejects file.
    """
    began = clock.perf_counter()
    path = Path(source)
    check_file(path)
    target = _rejects_path(rejects, [path, items, people, tags, links])
    given = {"user": user, "item": item, "rating": rating, "time": time}
    counts = TableCounts(path.name)
    with Rejects(target) as bad:
        if is_parquet(path):
            intake = _read_parquet(path, given, scale, counts, bad, progress)
        else:
            intake = _read_csv(path, given, scale, encoding, delimiter, counts, bad, progress)
        intake.finish()
        if not counts.rows:
            raise InvalidInput(f"{path} must have rows, got none.")
        tables = SideTables()
        beside = {
            kind: read_table(kind, Path(table), tables, bad, encoding=encoding)
            for kind, table in (
                ("items", items),
                ("people", people),
                ("tags", tags),
                ("links", links),
            )
            if table is not None
        }
        return report(intake, bad, name or path.stem, tables, beside, duplicates, began)


def report(
    intake: Intake,
    bad: Rejects,
    name: str,
    tables: SideTables,
    beside: dict[str, TableCounts],
    duplicates: Duplicates,
    began: float,
) -> ImportReport:
    """The data set of all that was taken in, and what became of the rows."""
    dataset, dropped = intake.gathered.dataset(
        name, tables, duplicates=duplicates, scale=intake.rules.scale
    )
    counts, columns = intake.counts, intake.columns
    return ImportReport(
        dataset=dataset,
        rows=counts.rows,
        kept=counts.kept - dropped,
        bad=dict(counts.bad),
        duplicates=dropped,
        rejects=bad.path,
        seconds=clock.perf_counter() - began,
        first_bad=tuple(bad.first),
        columns={f: columns.name(f) for f in FIELDS if f in columns},
        time_unit=UNITS[intake.rules.unit] if intake.rules.time else "",
        tables=beside,
    )


def _read_csv(
    path: Path,
    given: dict[str, Column],
    scale: tuple[float, float] | None,
    encoding: str,
    delimiter: str | None,
    counts: TableCounts,
    bad: Rejects,
    progress: Progress,
) -> Intake:
    file = CsvFile(path, encoding=encoding, delimiter=delimiter, header=not by_number(given))
    columns = find(file.names, given, ("user", "item"), str(path))
    places = [columns.position.get(f) for f in FIELDS]
    times = _time_texts(file, columns)
    rules = Rules("rating" in columns, "time" in columns, scale, time_unit(times))
    intake = Intake(rules, columns, counts, bad)
    kinds = dict(zip(FIELDS, (_ID, _ID, pa.float64(), time_type(times)), strict=True))
    types = {columns.position[f]: kinds[f] for f in FIELDS if f in columns}

    def take(arrays: list[pa.Array]) -> bool:
        found = iter(arrays)
        return intake.take([None if place is None else next(found) for place in places])

    def row(record: Record, buffer: bytes) -> None:
        def raw() -> str:
            return raw_text(buffer, record, file.dialect.encoding)

        if record.fault is not None:
            intake.malformed(record.line, record.fault, raw())
        else:
            cells = ["" if at is None else record.fields[at] for at in places]
            intake.row(record.line, cells, raw)

    file.read(types, take, row, progress)
    return intake


def _time_texts(file: CsvFile, columns: Columns) -> list[str]:
    if "time" not in columns:
        return []
    at = columns.position["time"]
    return [t for r in file.head if (t := r.fields[at].strip())]


def _read_parquet(
    path: Path,
    given: dict[str, Column],
    scale: tuple[float, float] | None,
    counts: TableCounts,
    bad: Rejects,
    progress: Progress,
) -> Intake:
    try:
        with parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            columns = find(names, given, ("user", "item"), str(path))
            wanted = [columns.name(f) for f in columns.position]
            chosen = find(wanted, dict(zip(columns.position, wanted, strict=True)), (), str(path))
            total = file.metadata.num_rows

            def batches() -> Iterator[pa.RecordBatch]:
                done = 0
                reader = file.iter_batches(batch_size=1 << 18, columns=wanted)
                for batch in batches_of(reader, wanted):
                    yield batch
                    done += len(batch)
                    progress(f"reading {path.name}", done, total)

            return feed_batches(batches(), chosen, scale, counts, bad)
    except pa.ArrowException as error:
        raise InvalidInput(f"{path} must be a whole Parquet file, got: {error}.") from error


def _rejects_path(rejects: str | Path | None, sources: list[str | Path | None]) -> Path | None:
    if rejects is None:
        return None
    target = Path(rejects)
    if target.absolute() in {Path(s).absolute() for s in sources if s is not None}:
        raise InvalidParameter(f"`rejects` must be a file of its own, got a source: {target}.")
    return target
