"""Text files of MovieLens, large and small, as columns."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from matinee.errors import WrongContent
from matinee.interactions import Float32, Int64
from matinee.progress import Progress

_BLOCK = 8 << 20


class Ratings(NamedTuple):
    """The rows of a ratings file in its own order; ids are the numbers that MovieLens gives."""

    user: npt.NDArray[np.int32]
    item: npt.NDArray[np.int32]
    value: Float32
    time: Int64


def rating_columns(path: Path, separator: str, progress: Progress) -> Ratings:
    """Read user, item, rating and time: the first four columns of a file.

    Raises
    ------
    WrongContent
        A row that does not fit.
    """
    source, total = _open(path, separator)
    headed = path.suffix in {".csv", ".inter"}
    names = ["user", "item", "value", "time"]
    # Ratings and times are whole numbers in some layouts and 3.5 or 881250949.0 in others.
    types = dict(zip(names, (pa.int32(), pa.int32(), pa.float32(), pa.float64()), strict=True))
    chunks: list[list[npt.NDArray[Any]]] = [[], [], [], []]
    what = f"reading {path.name}"
    try:
        with csv.open_csv(
            source,
            read_options=csv.ReadOptions(
                column_names=names, skip_rows=int(headed), block_size=_BLOCK
            ),
            parse_options=csv.ParseOptions(delimiter="," if separator == "," else "\t"),
            convert_options=csv.ConvertOptions(column_types=types, null_values=[]),
        ) as reader:
            for batch in reader:
                time = batch.column(3).cast(pa.int64())
                for chunk, column in zip(chunks, [*batch.columns[:3], time], strict=True):
                    chunk.append(column.to_numpy())
                progress(what, min(source.tell(), total), total)
    except pa.ArrowInvalid as error:
        raise WrongContent(
            f"{path} must have the columns user, item, rating and time in every row: {error}"
        ) from error
    progress(what, total, total)
    columns = []
    for chunk, kind in zip(chunks, (np.int32, np.int32, np.float32, np.int64), strict=True):
        columns.append(np.concatenate(chunk) if chunk else np.zeros(0, kind))
        chunk.clear()
    ratings = Ratings(*columns)
    if len(ratings.user) and min(ratings.user.min(), ratings.item.min()) < 0:
        raise WrongContent(f"Ids in {path} must not be negative.")
    return ratings


def _open(path: Path, separator: str) -> tuple[Any, int]:
    if separator != "::":
        return pa.OSFile(str(path)), path.stat().st_size
    data = path.read_bytes().replace(b"::", b"\t")  # Arrow splits at single bytes only
    return pa.BufferReader(data), len(data)


def small_table(path: Path, types: dict[str, pa.DataType]) -> pa.Table:
    """A CSV file with a header, its columns in the order of `types`; empty text stays empty."""
    try:
        table = csv.read_csv(
            path,
            parse_options=csv.ParseOptions(newlines_in_values=path.name != "genome-scores.csv"),
            convert_options=csv.ConvertOptions(column_types=types, include_columns=list(types)),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        raise WrongContent(f"{path} must have the columns {', '.join(types)}: {error}") from error
    return table


def lines(path: Path) -> Iterator[str]:
    """Lines of a small file that are not empty; UTF-8 where it is that, else Latin-1.

    Only line feeds end a line: ``str.splitlines`` would end it at a Latin-1 byte such as 0x85 too.
    """
    data = path.read_bytes()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    return (line for raw in text.split("\n") if (line := raw.rstrip("\r")))
