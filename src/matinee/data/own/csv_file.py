"""CSV of any dialect in large blocks: parsed by Arrow where clean, row by row where not.

DuckDB's rejects table gives no line numbers for faults of the domain (NaN, infinite, out of scale),
so faults are found here: a block in which anything is unusual is cut into smaller pieces, and the
pieces that stay unusual are read with Python's `csv`, which defines what is good.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from matinee.data.own.csv_bytes import Bytes, check_file, codec_of
from matinee.data.own.csv_rows import (
    Dialect,
    Record,
    Scanner,
    check_delimiter,
    guess_delimiter,
)
from matinee.errors import InvalidInput
from matinee.progress import Progress

SIZES = (1 << 25, 1 << 22, 1 << 19, 1 << 16, 1 << 13)
"""Bytes of a block, and of the pieces into which one is cut that is not clean."""
_HEAD = 1 << 20
_SAMPLE = 1000
_LONGEST_LINE = 1 << 26
_STRIDE = 1 << 16  # half of csv's limit of a field: see `_clean`


class CsvFile:
    """A table in a text file.

    Parameters
    ----------
    path
    encoding
        Any of Python's. UTF-8 and one-byte encodings report undecodable rows; others must decode.
    delimiter
        Guessed from the first line when None; more than one character is legal ("::") and then
        quotes have no meaning.
    header
        False if the first line is a row.

    Attributes
    ----------
    names : the columns' names, ``column 1`` ... without a header
    dialect : Dialect
    head : the first sound rows, at most 1,000

    Raises
    ------
    InvalidInput
        Missing, a folder, empty, only a header, no delimiter found, or not text.
    SourceError
        The file cannot be read.
    """

    def __init__(
        self, path: Path, *, encoding: str = "utf-8", delimiter: str | None = None, header: bool
    ) -> None:
        self.path = path
        self._codec, self._transcoded = codec_of(encoding)
        check_file(path)
        self.size = path.stat().st_size
        with self._open() as stream:
            head = stream.read(_HEAD)
            whole = stream.ended
        line, first, self._start = self._first_line(head)
        if delimiter is None:
            delimiter = guess_delimiter(first, path)
        check_delimiter(delimiter)
        try:
            parsed = Dialect(delimiter, "utf-8", ()).split(first)
        except csv.Error as error:
            raise InvalidInput(
                f"{path} must begin with a line of columns, got {first[:80]!r}: {error}."
            ) from error
        names = parsed if header else [f"column {i + 1}" for i in range(len(parsed))]
        self.names = tuple(n.strip() for n in names)
        self.dialect = Dialect(delimiter, "utf-8" if self._transcoded else self._codec, self.names)
        self._line = line + header
        if not header:
            self._start = 0
            self._line = 1
        end = len(head) if whole else head.rfind(b"\n") + 1
        scanner = Scanner(self.dialect, head, self._start, self._line, final=whole)
        good = (record for record in scanner.records(end) if record.fault is None)
        self.head = list(islice(good, _SAMPLE))
        if whole and not head[self._start :].strip():
            raise InvalidInput(f"{path} must have rows below its header, got only the header.")

    def records(self) -> Iterator[tuple[Record, bytes]]:
        """Every row, good or bad, one by one, with the bytes in which it stands."""
        for buffer, start, line, final in self._blocks():
            scanner = Scanner(self.dialect, buffer, start, line, final=final)
            yield from ((record, buffer) for record in scanner.records(len(buffer)))
            self._next, self._next_line = scanner.position, scanner.line

    def read(
        self,
        types: Mapping[int, pa.DataType],
        take: Callable[[list[pa.Array]], bool],
        row: Callable[[Record, bytes], None],
        progress: Progress,
    ) -> None:
        """Every row, as fast as it can be had.

        Parameters
        ----------
        types
            Position of each column that is wanted -> its type where it is clean.
        take
            Given the columns of many rows, in the order of `types`, takes them or says False.
        row
            Given the rows that `take` did not take, or that could not be parsed, one by one, with
            the bytes in which the record stands.
        """
        for buffer, start, line, final in self._blocks(progress):
            self._next, self._next_line = start, line
            self._read_pieces(buffer, len(buffer), 0, final, types, take, row)

    def _read_pieces(
        self,
        buffer: bytes,
        stop: int,
        level: int,
        final: bool,
        types: Mapping[int, pa.DataType],
        take: Callable[[list[pa.Array]], bool],
        row: Callable[[Record, bytes], None],
    ) -> bool:
        """Read on until `stop` or beyond; False if a record goes on in the next block."""
        while self._next < stop:
            end = buffer.find(b"\n", min(self._next + SIZES[level], stop) - 1) + 1 or len(buffer)
            piece = buffer[self._next : end]
            columns = self._parse(piece, types)
            if columns is not None and take(columns):
                self._next, self._next_line = end, self._next_line + piece.count(b"\n")
            elif level + 1 < len(SIZES):
                if not self._read_pieces(buffer, end, level + 1, final, types, take, row):
                    return False
            else:
                scanner = Scanner(self.dialect, buffer, self._next, self._next_line, final=final)
                for record in scanner.records(end):
                    row(record, buffer)
                self._next, self._next_line = scanner.position, scanner.line
                if scanner.stalled:
                    return False
        return True

    def _parse(self, piece: bytes, types: Mapping[int, pa.DataType]) -> list[pa.Array] | None:
        """The wanted columns of a piece, None if anything about it is unusual."""
        clean = _clean(piece, self.dialect)
        if clean is None:
            return None
        delimiter = self.dialect.delimiter
        quoted = len(delimiter) == 1
        names = [str(i) for i in range(len(self.names))]
        wanted = [str(i) for i in types]
        # Arrow takes "0x1f" for a whole number, but not for a decimal one.
        hexadecimal = b"0x" in piece or b"0X" in piece
        typed = {
            str(i): pa.float64() if hexadecimal and t == pa.int64() else t for i, t in types.items()
        }
        try:
            table = arrow_csv.read_csv(
                pa.BufferReader(clean),
                arrow_csv.ReadOptions(
                    column_names=names, block_size=1 << 21, use_threads=len(clean) > 1 << 21
                ),
                arrow_csv.ParseOptions(
                    delimiter=delimiter if quoted else "\x1f", quote_char='"' if quoted else False
                ),
                arrow_csv.ConvertOptions(
                    include_columns=wanted,
                    column_types=typed,
                    null_values=[""],
                    check_utf8=False,
                ),
            )
        except pa.ArrowInvalid:
            return None
        table = table.unify_dictionaries().combine_chunks()
        return [table.column(name).chunk(0) for name in wanted] if len(table) else None

    def _blocks(self, progress: Progress | None = None) -> Iterator[tuple[bytes, int, int, bool]]:
        """Bytes up to a line's end, where to start in them, the line there, and if it is the end.

        The caller says in `_next` and `_next_line` how far it came; the rest is given once more.
        """
        rest = b""
        start, line, read = self._start, self._line, 0
        with self._open() as stream:
            while True:
                data = stream.read(SIZES[0])
                read += len(data)
                final = stream.ended
                buffer = rest + data
                end = len(buffer) if final else buffer.rfind(b"\n") + 1
                if end <= start and not final and len(buffer) < _LONGEST_LINE:
                    rest = buffer
                    continue
                if end <= start and not final:
                    raise InvalidInput(
                        f"{self.path} must be a table with a row a line, got more than "
                        f"{_LONGEST_LINE >> 20} MB without the end of a row near line {line}."
                    )
                tail = buffer[end:]
                buffer = buffer[:end] if tail else buffer
                self._next, self._next_line = start, line
                yield buffer, start, line, final
                rest = buffer[self._next :] + tail
                start, line = 0, self._next_line
                if progress is not None:
                    done = self.size if final else min(read, self.size)
                    progress(f"reading {self.path.name}", done, self.size)
                if final:
                    return

    def _open(self) -> Bytes:
        return Bytes(self.path, self._codec if self._transcoded else None)

    def _first_line(self, head: bytes) -> tuple[int, str, int]:
        """Number, text and end of the first line that is not blank."""
        end, line = 0, 0
        while end < len(head):
            begin, end = end, head.find(b"\n", end) + 1 or len(head)
            line += 1
            raw = head[begin:end]
            if not raw.strip():
                continue
            try:
                text = raw.decode("utf-8" if self._transcoded else self._codec)
            except UnicodeDecodeError as error:
                raise InvalidInput(
                    f"{self.path} must be text in {self._codec}, got byte "
                    f"0x{raw[error.start]:02x} in its first line; name its encoding (--encoding "
                    "latin-1, utf-16 ...)."
                ) from error
            if "\0" in text:
                raise InvalidInput(
                    f"{self.path} must be a table in a text file or Parquet, got NUL bytes in its "
                    "first line; if it is UTF-16, say so (--encoding utf-16)."
                )
            return line, text.rstrip("\r\n"), end
        raise InvalidInput(f"{self.path} must be a table, got an empty file.")


def _clean(piece: bytes, dialect: Dialect) -> bytes | None:
    """`piece` as Arrow may read it (UTF-8, delimiter of one byte), None if it might misread it.

    Arrow and Python's `csv` agree where every quote opens or closes a whole field within a line,
    lines end alike, and no field is longer than csv allows (128 KB: no 64 KB without a line end).
    """
    if b"\0" in piece or piece.count(b"\r") != piece.count(b"\r\n"):
        return None
    if piece.startswith(codecs.BOM_UTF8):  # Arrow drops it, even in the middle of a file
        return None
    strides = range(0, len(piece) - _STRIDE, _STRIDE)
    if any(piece.find(b"\n", i, i + _STRIDE) < 0 for i in strides):
        return None
    if len(dialect.delimiter) > 1:
        if b"\x1f" in piece:
            return None
        piece = piece.replace(dialect.delimiter.encode(), b"\x1f")
    elif b'"' in piece and not _plainly_quoted(piece, dialect.delimiter):
        return None
    if piece.isascii():
        return piece
    try:
        if dialect.encoding == "utf-8":
            pa.array([piece], pa.binary()).cast(pa.string())
            return piece
        return piece.decode(dialect.encoding).encode()
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return None


def _plainly_quoted(piece: bytes, delimiter: str) -> bool:
    data = np.frombuffer(b"\n" + piece + b"\n", np.uint8)
    quotes = np.flatnonzero(data == ord('"'))
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    edges = np.array([ord(delimiter), ord("\n")], np.uint8)
    ends = np.isin(data[closing + 1], [*edges, ord("\r")])
    lines = np.flatnonzero(data == ord("\n"))
    same_line = np.searchsorted(lines, opening) == np.searchsorted(lines, closing)
    return bool((np.isin(data[opening - 1], edges) & ends & same_line).all())
