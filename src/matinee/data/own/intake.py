"""Where ratings of any source come in: checked, gathered, or rejected."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import pyarrow as pa

from matinee.data.own.assemble import Gathered
from matinee.data.own.columns import Columns
from matinee.data.own.rejects import Rejects, TableCounts
from matinee.data.own.rules import Fault, Good, Rules, id_text, plain_times, text_of, time_unit

FIELDS = ("user", "item", "rating", "time")
_SAMPLE = 1000


class Intake:
    """Takes ratings and keeps the good ones.

    Parameters
    ----------
    rules : what is asked of a row
    columns : how the source names the fields
    counts : of this source; counted up
    rejects : where bad rows go
    """

    def __init__(
        self, rules: Rules, columns: Columns, counts: TableCounts, rejects: Rejects
    ) -> None:
        self.rules, self.columns, self.counts, self.rejects = rules, columns, counts, rejects
        self.gathered = Gathered(values=rules.rating, times=rules.time)
        self._rows: list[Good] = []

    def take(self, arrays: Sequence[pa.Array | None]) -> bool:
        """Many ratings at once (user, item, rating, time), all or none; False for none."""
        user, item, rating, time = arrays
        good = self.rules.columns(user, item, rating, time)
        if good is None:
            return False
        self.flush()
        self.gathered.add_columns(good)
        self.counts.rows += len(good.user)
        return True

    def row(self, line: int, cells: Sequence[str], raw: Callable[[], str]) -> None:
        """One rating as texts: user, item, rating, time; "" for those that are not there."""
        self.counts.rows += 1
        result = self.rules.check(*cells)
        if isinstance(result, Good):
            self._rows.append(result)
            if len(self._rows) >= 1 << 16:
                self.flush()
        else:
            self.rejects.add(
                self.counts, line, self.columns.name(result.field), result.reason, raw()
            )

    def malformed(self, line: int, fault: Fault, raw: str) -> None:
        """A row that could not even be cut into fields; the fault names a column."""
        self.counts.rows += 1
        self.rejects.add(self.counts, line, fault.field, fault.reason, raw)

    def flush(self) -> None:
        """Gather the rows that came one by one, so that the order of the source is kept."""
        if self._rows:
            self.gathered.add_rows(self._rows)
            self._rows = []

    def finish(self) -> None:
        """No more rows will come.

        Raises
        ------
        NoGoodRows
            Rows came, and all were bad.
        """
        self.flush()
        self.counts.kept = self.gathered.n
        if not self.gathered.n and self.counts.rows:
            raise self.rejects.nothing_good(self.counts)


def feed_batches(
    batches: Iterable[pa.RecordBatch],
    columns: Columns,
    scale: tuple[float, float] | None,
    counts: TableCounts,
    rejects: Rejects,
) -> Intake:
    """Read Arrow record batches; the "line" of a bad row is its number, counted from 1."""
    found = iter(batches)
    first = next(found, None)
    times = [] if first is None else _cells(first, columns)[3]
    sample = [] if times is None else times[:_SAMPLE]
    dated = first is not None and "time" in columns and _is_dated(first, columns)
    unit = 1 if dated else time_unit(text_of(t.as_py()) for t in sample)
    intake = Intake(
        Rules("rating" in columns, "time" in columns, scale, unit), columns, counts, rejects
    )
    line = 1
    for batch in chain([] if first is None else [first], found):
        arrays = _cells(batch, columns)
        if len(batch) and not intake.take(arrays):
            lists = [[""] * len(batch) if a is None else a.to_pylist() for a in arrays]
            feed_rows(intake, zip(*lists, strict=True), line)
        line += len(batch)
    return intake


def feed_rows(intake: Intake, rows: Iterable[Sequence[Any]], line: int) -> int:
    """Read rows of any values (user, item, rating, time); the number of the next row."""
    for values in rows:
        user, item, rating, time = values
        cells = (id_text(user), id_text(item), text_of(rating), text_of(time))
        intake.row(line, cells, lambda cells=cells: csv_text(cells, intake.columns))  # type: ignore[misc]
        line += 1
    return line


def csv_text(cells: Sequence[str], columns: Columns) -> str:
    """Cells in the order of `FIELDS` as one line of CSV, without those that are not there."""
    text = io.StringIO()
    present = [c for c, f in zip(cells, FIELDS, strict=True) if f in columns]
    csv.writer(text, lineterminator="").writerow(present)
    return text.getvalue()


def _cells(batch: pa.RecordBatch, columns: Columns) -> list[pa.Array | None]:
    arrays = [batch.column(columns.position[f]) if f in columns else None for f in FIELDS]
    if arrays[3] is not None:
        arrays[3] = plain_times(arrays[3])
    return arrays


def _is_dated(batch: pa.RecordBatch, columns: Columns) -> bool:
    kind = batch.schema.field(columns.position["time"]).type
    return bool(pa.types.is_timestamp(kind) or pa.types.is_date(kind))


def batches_of(reader: Iterator[pa.RecordBatch], names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Batches with only these columns, in this order."""
    for batch in reader:
        yield batch.select(list(names))
