"""The files of The Movies Dataset, row by row, into what is known of each movie."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from matinee.data.metadata.fields import COLUMNS, Movie, movie, plain_id, plain_imdb_id
from matinee.data.metadata.files import USE, files
from matinee.data.metadata.joining import Joined, Shelf, join
from matinee.data.own.csv_file import CsvFile
from matinee.data.own.csv_rows import raw_text
from matinee.data.own.rejects import BadRow, Rejects, TableCounts
from matinee.data.own.rules import Fault, id_text
from matinee.data.own.side_tables import is_parquet
from matinee.errors import InvalidInput, InvalidParameter
from matinee.progress import Progress, silent

_LINK_COLUMNS = ("movieId", "imdbId", "tmdbId")
_OF = {"metadata": [c for c in COLUMNS if c != "keywords"], "keywords": ["id", "keywords"],
       "links": list(_LINK_COLUMNS)}  # fmt: skip
_NEEDED = {"metadata": ["id"], "keywords": ["id", "keywords"], "links": ["movieId", "tmdbId"]}


@dataclass(frozen=True, eq=False)
class Metadata:
    """What The Movies Dataset says, and what became of its rows.

    Attributes
    ----------
    movies : TMDB id -> what is known of that movie
    links : MovieLens id -> TMDB id
        Of MovieLens sets that came without links of their own.
    used : kind of file (metadata, keywords, links) -> the columns that were read
    missing : what was not there, in words
    tables : kind of file -> rows read, kept and bad; a repeated row is neither kept nor bad
    first_bad : the first few bad rows
    rejects : the file that holds all bad rows, if one was asked for
    seconds : time taken
    """

    movies: dict[str, Movie]
    links: dict[str, str]
    used: dict[str, list[str]]
    missing: tuple[str, ...]
    tables: dict[str, TableCounts]
    first_bad: tuple[BadRow, ...]
    rejects: Path | None
    seconds: float

    def joined(self, items: pa.Table) -> Joined:
        """A table of items with what is known of them; see `matinee.data.metadata.joining`."""
        return join(items, self._shelf, self.links)

    @cached_property
    def _shelf(self) -> Shelf:
        return Shelf(self.movies)

    def as_dict(self) -> dict[str, Any]:
        """What became of the rows, ready for JSON."""
        return {
            "movies": len(self.movies),
            "used": self.used,
            "missing": list(self.missing),
            "tables": {
                kind: {"source": t.source, "rows": t.rows, "kept": t.kept, "bad": dict(t.bad),
                       "repeated": t.rows - t.kept - t.bad.total()}
                for kind, t in self.tables.items()
            },
            "first_bad": [row._asdict() for row in self.first_bad],
            "rejects": None if self.rejects is None else str(self.rejects),
            "seconds": round(self.seconds, 3),
        }  # fmt: skip


def read(
    source: str | Path,
    *,
    rejects: str | Path | None = None,
    append: bool = False,
    progress: Progress = silent,
) -> Metadata:
    """Read The Movies Dataset as downloaded, or the part of it that is there.

    Parameters
    ----------
    source
        A folder or a zip with ``movies_metadata.csv`` (or some of its columns as
        ``movies_metadata*.parquet``), ``keywords.csv`` and ``links.csv`` or ``links_small.csv``:
        one of the first two at least. Other files are left aside.
    rejects
        A file to which all bad rows are written: CSV with line, column, reason, row and source.
    append
        Add to the rejects that are there already.

    Returns
    -------
    Metadata
        A row with any cell that cannot be what its column says is bad, and left out: where columns
        have shifted, what looks right is wrong too. Of rows with the same id the first stays. A
        runtime or revenue of 0 means that nobody told.

    Raises
    ------
    UnknownDataset, InvalidInput
        Nothing is there, no such set, or a column without which nothing can be told is not there.
    NoGoodRows
        Every row of a file is bad.
    SourceError
        A file cannot be read, or a zip is unsafe or damaged.
    """
    began = clock.perf_counter()
    known = _Known()
    target = None if rejects is None else Path(rejects)
    with files(source, progress) as found:
        sources = [Path(source), *found.values()]
        if target is not None and target.absolute() in {path.absolute() for path in sources}:
            raise InvalidParameter(f"`rejects` must be a file of its own, got a source: {target}.")
        with Rejects(target, append=append) as bad:
            for kind, path in found.items():
                progress(f"reading {path.name}", 0, None)
                known.tables[kind] = _read_table(kind, path, known, bad)
    return Metadata(
        known.together(),
        known.links,
        known.used,
        (*known.missing, *(what for kind, what in USE.items() if kind not in found)),
        known.tables,
        tuple(bad.first),
        bad.path,
        clock.perf_counter() - began,
    )


@dataclass
class _Known:
    """What was read so far."""

    movies: dict[str, Movie] = field(default_factory=dict)
    keywords: dict[str, tuple[str, ...]] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    imdb: dict[str, str] = field(default_factory=dict)
    used: dict[str, list[str]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    tables: dict[str, TableCounts] = field(default_factory=dict)

    def together(self) -> dict[str, Movie]:
        """All that the files say of each movie; one of which only keywords are known is there."""
        movies = {id_: self.movies.get(id_, Movie(id_)) for id_ in self.movies | self.keywords}
        return {
            id_: told._replace(
                imdb_id=told.imdb_id or self.imdb.get(id_), keywords=self.keywords.get(id_, ())
            )
            for id_, told in movies.items()
        }

    def put(self, kind: str, cells: dict[str, str]) -> bool | Fault:
        """Keep what a row says: True if it did, False if its id was there before."""
        if kind == "links":
            return self._link(cells)
        told = movie(cells)
        if isinstance(told, Fault):
            return told
        if kind == "keywords":
            return _new(self.keywords, told.tmdb_id, told.keywords)
        return _new(self.movies, told.tmdb_id, told)

    def _link(self, cells: dict[str, str]) -> bool | Fault:
        own, tmdb = plain_id(cells["movieId"]), plain_id(cells["tmdbId"])
        imdb = plain_imdb_id(cells.get("imdbId"))
        if own is None:
            return Fault("movieId", "unparsable id" if cells["movieId"].strip() else "empty id")
        if tmdb is None:
            # Not every movie has one; but what is there must be one.
            return Fault("tmdbId", "unparsable id") if cells["tmdbId"].strip() else True
        if imdb is not None:
            self.imdb.setdefault(tmdb, imdb)
        return _new(self.links, own, tmdb)


def _new(known: dict[str, Any], key: str, value: Any) -> bool:
    if key in known:
        return False
    known[key] = value
    return True


def _read_table(kind: str, path: Path, known: _Known, bad: Rejects) -> TableCounts:
    counts = TableCounts(path.name)

    def locate(names: Iterable[str]) -> list[str]:
        there = [name for name in _OF[kind] if name in set(names)]
        lost = [name for name in _NEEDED[kind] if name not in there]
        if lost:
            raise InvalidInput(
                f"{path} must have the columns {', '.join(_NEEDED[kind])}, as The Movies Dataset "
                f"writes them, got no {', '.join(lost)} among {', '.join(names)}."
            )
        known.used[kind] = there
        absent = [name for name in _OF[kind] if name not in there]
        known.missing += [f"columns {', '.join(absent)} of {path.name}"] if absent else []
        return there

    rows = _parquet_rows if is_parquet(path) else _csv_rows
    for line, cells, raw in rows(path, locate):
        counts.rows += 1
        put = cells if isinstance(cells, Fault) else known.put(kind, cells)
        if isinstance(put, Fault):
            bad.add(counts, line, put.field, put.reason, raw())
        else:
            counts.kept += put
    if counts.rows and not counts.kept:
        raise bad.nothing_good(counts)
    return counts


_Rows = Iterator[tuple[int, dict[str, str] | Fault, Callable[[], str]]]


def _csv_rows(path: Path, locate: Callable[[Iterable[str]], list[str]]) -> _Rows:
    file = CsvFile(path, delimiter=",", header=True)
    places = {name: file.names.index(name) for name in locate(file.names)}
    for record, buffer in file.records():

        def raw(record: Any = record, buffer: bytes = buffer) -> str:
            return raw_text(buffer, record, file.dialect.encoding)

        if record.fault is not None:
            yield record.line, record.fault, raw
        else:
            yield record.line, {name: record.fields[at] for name, at in places.items()}, raw


def _parquet_rows(path: Path, locate: Callable[[Iterable[str]], list[str]]) -> _Rows:
    try:
        with parquet.ParquetFile(path) as file:
            names, line = locate(file.schema_arrow.names), 0
            for batch in file.iter_batches(columns=names):
                columns = [map(id_text, batch.column(name).to_pylist()) for name in names]
                for texts in zip(*columns, strict=True):
                    line += 1

                    def raw(texts: tuple[str, ...] = texts) -> str:
                        return ",".join(texts)

                    yield line, dict(zip(names, texts, strict=True)), raw
    except pa.ArrowException as error:
        raise InvalidInput(f"{path} must be a whole Parquet file, got: {error}.") from error
