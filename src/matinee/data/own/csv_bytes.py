"""The bytes of a text file, in an encoding in which lines and delimiters can be found."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import IO

from matinee.errors import InvalidInput, InvalidParameter, SourceError

_MAGIC = {b"PK\x03\x04": "a zip archive", b"\x1f\x8b": "a gzip file", b"%PDF": "a PDF"}
_START = 1 << 16


class Bytes:
    """The bytes of a file without a byte order mark; those of unusual encodings as UTF-8.

    Files whose lines end in a lone carriage return get line feeds instead.
    """

    def __init__(self, path: Path, codec: str | None) -> None:
        self._path = path
        self._codec = codec
        self._stream: IO[bytes] = path.open("rb")
        self.ended = False
        self._first = True
        self._old_mac = False
        self._decoder = codecs.getincrementaldecoder(codec)() if codec else None

    def __enter__(self) -> Bytes:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, size: int) -> bytes:
        try:
            data = self._stream.read(size)
        except OSError as error:
            raise SourceError(f"{self._path} cannot be read: {error.strerror}.") from error
        self.ended = len(data) < size
        if self._decoder is not None:
            try:
                data = self._decoder.decode(data, final=self.ended).encode()
            except UnicodeError as error:
                raise InvalidInput(
                    f"{self._path} must be text in {self._codec}, got bytes that are not: {error}."
                ) from error
        if self._first:
            self._first = False
            data = data.removeprefix(codecs.BOM_UTF8)
            self._old_mac = b"\r" in data[:_START] and b"\n" not in data[:_START]
        return data.replace(b"\r", b"\n") if self._old_mac else data


def check_file(path: Path) -> None:
    """Raise InvalidInput unless `path` is a file that may be a table."""
    if path.is_dir():
        raise InvalidInput(f"{path} must be a file, got a folder.")
    if not path.exists():
        raise InvalidInput(f"{path} must be a file, got nothing there; check its name.")
    try:
        with path.open("rb") as stream:
            start = stream.read(4)
    except OSError as error:
        raise SourceError(f"{path} cannot be read: {error.strerror}.") from error
    for magic, kind in _MAGIC.items():
        if start.startswith(magic):
            raise InvalidInput(f"{path} must be CSV or Parquet, got {kind}; unpack it first.")


def codec_of(encoding: str) -> tuple[str, bool]:
    """Python's name of an encoding, and whether its bytes must be made UTF-8 to find lines."""
    try:
        name = codecs.lookup(encoding).name
        ascii_ = bytes(range(128)).decode(name, "replace") == bytes(range(128)).decode("ascii")
        # In Shift-JIS or GBK a comma-like byte may be the second half of a letter.
        single = all(len(bytes([b, 64]).decode(name, "replace")) == 2 for b in range(128, 256))
    except (LookupError, UnicodeError) as error:
        raise InvalidParameter(
            f"`encoding` must be one of text that Python knows (utf-8, latin-1, cp1252 ...), got "
            f"{encoding!r}."
        ) from error
    if name in ("utf-8", "utf-8-sig"):
        return "utf-8", False
    return name, not (ascii_ and single)
