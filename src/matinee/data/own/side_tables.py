"""Tables beside the ratings: items, people, tags and links, from CSV or Parquet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from matinee.data.cells import one_line
from matinee.data.genres import genre_list
from matinee.data.movielens.layouts import year_of
from matinee.data.own.assemble import SideTables
from matinee.data.own.columns import Columns, find
from matinee.data.own.csv_bytes import check_file
from matinee.data.own.csv_file import CsvFile
from matinee.data.own.csv_rows import raw_text
from matinee.data.own.rejects import Rejects, TableCounts
from matinee.data.own.rules import Fault, id_text, number, plain_times, seconds, text_of, time_unit
from matinee.errors import InvalidInput

_TEXTS = ("original_title", "overview")
_FIELDS = {
    "items": ("item", "title", "year", "genres", "imdb_id", "tmdb_id", *_TEXTS, "keywords"),
    "people": ("user", "age", "gender", "occupation", "zip"),
    "tags": ("user", "item", "tag", "time"),
    "links": ("item", "imdb_id", "tmdb_id"),
}
_REQUIRED = {
    "items": ("item",),
    "people": ("user",),
    "tags": ("user", "item", "tag"),
    "links": ("item",),
}

Row = dict[str, Any]


def read_table(
    kind: str, path: Path, into: SideTables, rejects: Rejects, *, encoding: str = "utf-8"
) -> TableCounts:
    """Read one table into `into`.

    Parameters
    ----------
    kind
        "items" (id, title, year, genres, imdb_id, tmdb_id, original_title, overview, keywords),
        "people" (id, age, gender, occupation, zip), "tags" (user, item, tag, time) or "links" (id,
        imdb_id, tmdb_id). Columns are recognized by their usual names; all but ids and tags may be
        missing. Genres and keywords have pipes or commas between them, or are lists.

    Raises
    ------
    InvalidInput
        Not a table, or a column that is needed is not there.
    NoGoodRows
        Every row is bad.
    """
    counts = TableCounts(path.name)
    check_file(path)
    # In a table of its own, a plain "id" can only mean that table's rows.
    key = "user" if kind == "people" else "item"
    also = {} if kind == "tags" else {key: ("id", "uid" if key == "user" else "iid", "mid")}
    given: Mapping[str, None] = dict.fromkeys(_FIELDS[kind])

    def locate(names: tuple[str, ...]) -> Columns:
        return find(names, given, _REQUIRED[kind], str(path), also=also)

    put: Callable[[Row, SideTables], Fault | None] = _PUT[kind]
    if kind == "tags" and into.tags is None:
        into.tags = []
    rows = _parquet(path, locate) if is_parquet(path) else _csv(path, locate, encoding)
    for line, columns, row, raw in rows:
        counts.rows += 1
        if isinstance(row, Fault):
            rejects.add(counts, line, row.field, row.reason, raw())
            continue
        fault = put(row, into)
        if fault is None:
            counts.kept += 1
        else:
            rejects.add(counts, line, columns.name(fault.field), fault.reason, raw())
    if counts.rows and not counts.kept:
        raise rejects.nothing_good(counts)
    return counts


def is_parquet(path: Path) -> bool:
    """Whether a file begins as Parquet files do."""
    with path.open("rb") as stream:
        return stream.read(4) == b"PAR1"


_Rows = Iterator[tuple[int, Columns, Row | Fault, Callable[[], str]]]


def _csv(path: Path, locate: Callable[[tuple[str, ...]], Columns], encoding: str) -> _Rows:
    file = CsvFile(path, encoding=encoding, header=True)
    columns = locate(file.names)
    unit = 1
    if "time" in columns:
        unit = time_unit(r.fields[columns.position["time"]] for r in file.head)
    for record, buffer in file.records():

        def raw(record: Any = record, buffer: bytes = buffer) -> str:
            return raw_text(buffer, record, file.dialect.encoding)

        if record.fault is not None:
            yield record.line, columns, record.fault, raw
            continue
        row: Row = {f: record.fields[at].strip() for f, at in columns.position.items()}
        yield record.line, columns, {**row, "unit": unit}, raw


def _parquet(path: Path, locate: Callable[[tuple[str, ...]], Columns]) -> _Rows:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            columns = locate(tuple(file.schema_arrow.names))
            line = 0
            for batch in file.iter_batches(columns=[columns.name(f) for f in columns.position]):
                cells = {f: plain_times(batch.column(columns.name(f))) for f in columns.position}
                times = cells.get("time")
                unit = 1 if times is None else time_unit(text_of(t) for t in times.to_pylist())
                lists = {f: c.to_pylist() for f, c in cells.items()}
                for at in range(len(batch)):
                    line += 1
                    values = {f: column[at] for f, column in lists.items()}

                    def raw(values: Row = values) -> str:
                        return ",".join(text_of(v) for v in values.values())

                    row = {
                        f: v if isinstance(v, list) else id_text(v).strip()
                        for f, v in values.items()
                    }
                    yield line, columns, {**row, "unit": unit}, raw
    except pa.ArrowException as error:
        raise InvalidInput(f"{path} must be a whole Parquet file, got: {error}.") from error


def _item(row: Row, into: SideTables) -> Fault | None:
    id_ = row["item"]
    if not id_:
        return Fault("item", "empty item id")
    item: Row = {k: row[k] or None for k in ("title", "imdb_id", "tmdb_id") if k in row}
    year = _whole(row.get("year", ""), 1800, 2200)
    if isinstance(year, str):
        return Fault("year", f"{year} year")
    if year is None:
        year = year_of(row.get("title", ""))
    if year is not None or "year" in row:
        item["year"] = year
    if "genres" in row:
        item["genres"] = genre_list(_several(row["genres"]))
    if "keywords" in row:
        told = (one_line(str(word or "")) for word in _several(row["keywords"]))
        item["keywords"] = list(dict.fromkeys(word for word in told if word))
    item |= {k: one_line(str(row[k])) for k in _TEXTS if k in row}
    into.items.setdefault(id_, {}).update(item)
    return None


def _link(row: Row, into: SideTables) -> Fault | None:
    if not row["item"]:
        return Fault("item", "empty item id")
    link: Row = {k: row[k] or None for k in ("imdb_id", "tmdb_id") if k in row}
    into.items.setdefault(row["item"], {}).update(link)
    return None


def _person(row: Row, into: SideTables) -> Fault | None:
    if not row["user"]:
        return Fault("user", "empty user id")
    person: Row = {k: row[k] or None for k in ("gender", "occupation", "zip") if k in row}
    if "age" in row:
        age = _whole(row["age"], 0, 150)
        if isinstance(age, str):
            return Fault("age", f"{age} age")
        person["age"] = age
    into.people[row["user"]] = person
    return None


def _tag(row: Row, into: SideTables) -> Fault | None:
    for field in ("user", "item"):
        if not row[field]:
            return Fault(field, f"empty {field} id")
    if not row["tag"]:
        return Fault("tag", "empty tag")
    when: int | str | None = seconds(row["time"], row["unit"]) if "time" in row else None
    if isinstance(when, str):
        return Fault("time", when)
    if into.tags is not None:
        into.tags.append((row["user"], row["item"], row["tag"], when))
    return None


_PUT: dict[str, Callable[[Row, SideTables], Fault | None]] = {
    "items": _item,
    "people": _person,
    "tags": _tag,
    "links": _link,
}


def _whole(text: str, low: int, high: int) -> int | str | None:
    """A whole number within bounds, None for nothing, else what is wrong with it."""
    if not text:
        return None
    value = number(text)
    if value is None or not value.is_integer():
        return "unparsable"
    return int(value) if low <= value <= high else "impossible"


def _several(value: str | list[Any]) -> list[Any]:
    return value.split("|" if "|" in value else ",") if isinstance(value, str) else value
