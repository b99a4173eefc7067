"""Ratings from arrays, and from any DataFrame that speaks the Arrow PyCapsule interface."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matinee.data.dataset import Dataset
from matinee.data.own.assemble import Duplicates, SideTables
from matinee.data.own.columns import find
from matinee.data.own.intake import batches_of, feed_batches
from matinee.data.own.rejects import Rejects, TableCounts
from matinee.data.own.rules import id_text
from matinee.errors import InvalidInput, some


def from_arrays(
    users: Sequence[Any] | npt.NDArray[Any],
    items: Sequence[Any] | npt.NDArray[Any],
    values: Sequence[float] | npt.NDArray[Any] | None = None,
    times: Sequence[Any] | npt.NDArray[Any] | None = None,
    *,
    name: str = "arrays",
    duplicates: Duplicates = "last",
) -> Dataset:
    """A data set from columns.

    Parameters
    ----------
    users, items : (n,) ids
        Text or numbers of any size; they become text.
    values : (n,) finite numbers, or None for implicit feedback
    times : (n,) or None
        Seconds (or milliseconds ... by size), ``datetime64``, or ISO 8601 text.
    duplicates
        Which rating of a pair stays, see `import_ratings`.

    Raises
    ------
    InvalidInput
        Lengths differ, or any row is bad: the first five are named.

    Examples
    --------
    >>> from_arrays(["ann", "bob"], [10, 9], [4.5, 3]).items.ids
    ['9', '10']
    """
    given = {"user": users, "item": items, "rating": values, "time": times}
    columns = {f: c for f, c in given.items() if c is not None}
    lengths = {f: len(c) for f, c in columns.items()}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{f}: {n}" for f, n in lengths.items())
        raise InvalidInput(f"All columns must be equally long, got {shown}.")
    table = pa.table({f: _array(f, c) for f, c in columns.items()})
    return _from_batches(table.to_batches(), list(columns), {}, name, duplicates)


def from_frame(
    frame: Any,
    *,
    user: str | None = None,
    item: str | None = None,
    rating: str | None = None,
    time: str | None = None,
    name: str = "frame",
    duplicates: Duplicates = "last",
) -> Dataset:
    """A data set from a DataFrame: Polars, pandas, pyarrow, a DuckDB relation ...

    Parameters
    ----------
    frame
        Anything with ``__arrow_c_stream__``.
    user, item, rating, time
        Names of its columns, guessed from the usual ones when not given; see `import_ratings`.

    Raises
    ------
    InvalidInput
        No such frame or column, or any row is bad: the first five are named, for the caller can
        mend them.
    """
    if not hasattr(frame, "__arrow_c_stream__"):
        raise InvalidInput(
            "`frame` must speak the Arrow PyCapsule interface (__arrow_c_stream__: Polars, pandas "
            f">= 2.2, pyarrow, DuckDB), got {type(frame).__name__}; from_arrays takes columns."
        )
    reader = pa.RecordBatchReader.from_stream(frame)
    given = {"user": user, "item": item, "rating": rating, "time": time}
    return _from_batches(reader, reader.schema.names, given, name, duplicates)


def _from_batches(
    batches: Iterable[pa.RecordBatch],
    names: list[str],
    given: dict[str, str | None],
    name: str,
    duplicates: Duplicates,
) -> Dataset:
    wanted = given or dict.fromkeys(names)
    columns = find(names, wanted, ("user", "item"), f"`{name}`")
    present = [columns.name(f) for f in columns.position]
    columns = find(present, dict(zip(columns.position, present, strict=True)), (), f"`{name}`")
    bad = Rejects(None)
    counts = TableCounts(name)
    intake = feed_batches(_nonempty(batches, present), columns, None, counts, bad)
    intake.flush()
    if counts.bad:
        raise InvalidInput(
            f"All {counts.rows} rows of `{name}` must be good, got {sum(counts.bad.values())} bad "
            f"ones: {some([f'row {str(row)[5:]}' for row in bad.first])}; mend or drop them."
        )
    return intake.gathered.dataset(name, SideTables(), duplicates=duplicates, scale=None)[0]


def _nonempty(batches: Iterable[pa.RecordBatch], names: list[str]) -> Iterator[pa.RecordBatch]:
    return (batch for batch in batches_of(iter(batches), names) if len(batch))


def _array(field: str, values: Any) -> pa.Array:
    if field in ("user", "item") and not isinstance(values, np.ndarray):
        values = [None if v is None else id_text(v) for v in values]
    if isinstance(values, np.ndarray) and values.dtype.kind in "OUS":
        values = values.tolist()
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError):
        # Mixed kinds, or numbers beyond 64 bits: as text they are still told apart.
        return pa.array([None if v is None else str(v) for v in values], pa.string())
