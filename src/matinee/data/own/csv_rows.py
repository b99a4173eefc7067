"""CSV row by row with Python's `csv`: what is a row, on which line, and what is wrong with it."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from matinee.data.own.rules import Fault
from matinee.errors import InvalidInput, InvalidParameter

_DELIMITERS = ("::", "\t", ";", "|", ",")


class Record(NamedTuple):
    """A row: its first line (from 1), its fields, what is wrong with its form, and where it stands.

    The `field` of a fault is the name of a column here, empty if it cannot be told.
    """

    line: int
    fields: list[str]
    fault: Fault | None
    begin: int
    end: int


@dataclass(frozen=True)
class Dialect:
    """How a file is written: its delimiter, its encoding and the names of its columns."""

    delimiter: str
    encoding: str
    names: tuple[str, ...]

    def reader(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """Rows of fields; an empty list for a blank line. A longer delimiter knows no quotes."""
        if len(self.delimiter) == 1:
            return csv.reader(lines, delimiter=self.delimiter, strict=True, skipinitialspace=True)
        return (
            line.split(self.delimiter) if line else []
            for line in (text.rstrip("\r\n") for text in lines)
        )

    def split(self, line: str) -> list[str]:
        """The fields of one line, whatever its quotes."""
        if len(self.delimiter) > 1:
            return line.split(self.delimiter)
        return next(csv.reader([line], delimiter=self.delimiter, skipinitialspace=True), [])

    def misquoted(self, line: str) -> str:
        """The name of the first column whose quotes do not hold."""
        edge = re.escape(self.delimiter)
        whole = re.compile(rf'( *"([^"]|"")*"|(?! *")[^{edge}\r]*)(?={edge}|\r?\n?$)')
        at, column = 0, 0
        while (match := whole.match(line, at)) and match.end() < len(line.rstrip("\r\n")):
            at, column = match.end() + 1, column + 1
        return self.name(column)

    def name(self, column: int) -> str:
        """The name of a column, empty beyond the last."""
        return self.names[column] if column < len(self.names) else ""


class _Lines:
    """The lines of a buffer as text, and how far they were read."""

    def __init__(self, buffer: bytes, position: int, encoding: str) -> None:
        self.buffer, self.position, self.encoding = buffer, position, encoding
        self.count = 0
        self.fault = ""

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.position >= len(self.buffer):
            raise StopIteration
        end = self.end_of_line(self.position)
        raw = self.buffer[self.position : end]
        self.position = end
        self.count += 1
        if b"\0" in raw:
            self.fault = "NUL byte"
        try:
            return raw.decode(self.encoding)
        except UnicodeDecodeError:
            self.fault = "undecodable bytes"
            return raw.decode(self.encoding, "surrogateescape")

    def end_of_line(self, position: int) -> int:
        return self.buffer.find(b"\n", position) + 1 or len(self.buffer)


class Scanner:
    """Reads the records of a buffer.

    Parameters
    ----------
    dialect
    buffer : bytes
        Whole lines.
    position, line : int
        Where a record begins, and the number of that line.
    final
        True if nothing follows the buffer; else a record that does not end in it is left for the
        next one, and `stalled` says so.

    Attributes
    ----------
    position, line : where the next record begins
    stalled : bool
    """

    def __init__(
        self, dialect: Dialect, buffer: bytes, position: int, line: int, *, final: bool
    ) -> None:
        self.dialect, self.buffer, self.final = dialect, buffer, final
        self.position, self.line, self.stalled = position, line, False

    def records(self, stop: int) -> Iterator[Record]:
        """The records that begin before `stop`. A bad quote costs its line; the next is read."""
        lines = _Lines(self.buffer, self.position, self.dialect.encoding)
        reader = self.dialect.reader(lines)
        width = len(self.dialect.names)
        while self.position < stop:
            lines.count, lines.fault = 0, ""
            try:
                fields = next(reader)
            except csv.Error as error:
                if lines.position >= len(self.buffer) and not self.final and _open_end(error):
                    self.stalled = True
                    return
                reason = _reason(error, lines.count)
                fields = []
                # Only the first line is given up: what follows it is likely sound.
                lines.position, lines.count = lines.end_of_line(self.position), 1
                reader = self.dialect.reader(lines)
                fault: Fault | None = Fault(self._misquoted(lines.position), reason)
            else:
                fault = self._fault(fields, width, lines.fault) if fields else None
            begin, line = self.position, self.line
            self.position, self.line = lines.position, self.line + lines.count
            if fields or fault:
                yield Record(line, fields, fault, begin, self.position)

    def _misquoted(self, end: int) -> str:
        raw = self.buffer[self.position : end]
        return self.dialect.misquoted(raw.decode(self.dialect.encoding, "replace"))

    def _fault(self, fields: list[str], width: int, fault: str) -> Fault | None:
        if fault:
            odd = re.compile("\0" if fault == "NUL byte" else "[\udc80-\udcff]")
            column = next((i for i, f in enumerate(fields) if odd.search(f)), width)
            return Fault(self.dialect.name(column), fault)
        if len(fields) < width:
            # The first column that the row does not reach.
            return Fault(self.dialect.name(len(fields)), "too few fields")
        if len(fields) > width:
            return Fault("", "too many fields")
        return None


def check_delimiter(delimiter: str) -> None:
    """Raise InvalidParameter for what cannot stand between columns."""
    if not delimiter or not delimiter.isascii() or re.search(r'["\r\n\0A-Za-z0-9]', delimiter):
        raise InvalidParameter(
            "`delimiter` must be ASCII and neither letter, digit, quote nor line end, got "
            f"{delimiter!r}."
        )


def guess_delimiter(first: str, path: Path) -> str:
    """The delimiter that a file's first line shows; raises InvalidInput if it shows none."""
    bare = re.sub(r'"[^"]*"', "", first)
    best = max(_DELIMITERS, key=lambda d: (d in bare and d == "::", bare.count(d)))
    if best not in bare:
        raise InvalidInput(
            f"{path} must have columns between commas, semicolons, tabs, pipes or '::', got the "
            f"first line {first[:80]!r}; name the delimiter if it is another one."
        )
    return best


def raw_text(buffer: bytes, record: Record, encoding: str) -> str:
    """What stands in the file for a record; undecodable bytes as ``\\xNN``."""
    return buffer[record.begin : record.end].decode(encoding, "backslashreplace").rstrip("\r\n")


def _open_end(error: csv.Error) -> bool:
    return "unexpected end of data" in str(error)


def _reason(error: csv.Error, lines: int) -> str:
    if lines > 1 or _open_end(error):
        return "unterminated quote"
    if "field limit" in str(error):
        return "field too long"
    if "new-line character" in str(error):
        return "stray carriage return"
    return "malformed quote"
