"""Ratings from the answer of any database that SQLAlchemy speaks."""

from __future__ import annotations

import time as clock
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matinee.data.own.assemble import Duplicates, SideTables
from matinee.data.own.columns import find
from matinee.data.own.intake import FIELDS, Intake, feed_rows
from matinee.data.own.rejects import ImportReport, Rejects, TableCounts
from matinee.data.own.rules import Rules, text_of, time_unit
from matinee.data.own.tables import report
from matinee.errors import InvalidInput, SourceError
from matinee.progress import Progress, silent

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, CursorResult

_CHUNK = 10_000


def import_sql(
    url: str,
    query: str,
    *,
    user: str | None = None,
    item: str | None = None,
    rating: str | None = None,
    time: str | None = None,
    scale: tuple[float, float] | None = None,
    duplicates: Duplicates = "last",
    rejects: str | Path | None = None,
    name: str = "query",
    progress: Progress = silent,
) -> ImportReport:
    """Read the ratings that a query answers, in chunks, with the checks of `import_ratings`.

    Parameters
    ----------
    url
        A database as SQLAlchemy writes it: ``sqlite:///ratings.sqlite``,
        ``postgresql+psycopg://user:password@host/database`` ...
    query
        SQL that returns the columns. It runs in a transaction that is rolled back, read-only
        where the database can be told so (SQLite, PostgreSQL, MySQL).
    user, item, rating, time
        Names of its columns, guessed when not given.

    Returns
    -------
    ImportReport
        The "line" of a bad row is its number in the answer, counted from 1.

    Raises
    ------
    InvalidInput
        The address or a column is wrong, a driver is missing, or the answer has no rows.
    NoGoodRows
        Every row is bad.
    SourceError
        The database cannot be reached or refuses the query.
    """
    began = clock.perf_counter()
    given = {"user": user, "item": item, "rating": rating, "time": time}
    counts = TableCounts(name)
    with Rejects(None if rejects is None else Path(rejects)) as bad:
        with _reading(url, query) as result:
            columns = find(list(result.keys()), given, ("user", "item"), "The query's answer")
            places = [columns.position.get(f) for f in FIELDS]
            intake: Intake | None = None
            line = 1
            for chunk in result.partitions(_CHUNK):
                rows = [[None if p is None else r[p] for p in places] for r in chunk]
                if intake is None:
                    unit = time_unit(text_of(r[3]) for r in rows[:1000])
                    rules = Rules("rating" in columns, "time" in columns, scale, unit)
                    intake = Intake(rules, columns, counts, bad)
                line = feed_rows(intake, rows, line)
                progress("reading the query's answer", line - 1, None)
        if intake is None:
            raise InvalidInput("The query must return rows, got none.")
        intake.finish()
        return report(intake, bad, name, SideTables(), {}, duplicates, began)


@contextmanager
def _reading(url: str, query: str) -> Iterator[CursorResult[Any]]:
    import sqlalchemy
    from sqlalchemy import exc

    try:
        address = sqlalchemy.make_url(url)
        engine = sqlalchemy.create_engine(_read_only(address), poolclass=sqlalchemy.NullPool)
    except (exc.ArgumentError, exc.NoSuchModuleError) as error:
        raise InvalidInput(
            f"`url` must be a database's address as SQLAlchemy writes it, such as "
            f"sqlite:///ratings.sqlite: {type(error).__name__} for what was given."
        ) from error
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"Reading from {address.drivername} needs the package {error.name}; install it "
            "(matinee[postgres] brings psycopg)."
        ) from error
    shown = address.render_as_string(hide_password=True)
    try:
        with engine.connect() as connection:
            result = _told_to_read(connection).exec_driver_sql(query)
            if not result.returns_rows:
                raise InvalidInput("`query` must return rows (a SELECT), got one that does not.")
            try:
                yield result
            finally:
                result.close()
                connection.rollback()
    except exc.DBAPIError as error:
        raise SourceError(f"{shown} refused: {error.orig}; check the address and query.") from error
    finally:
        engine.dispose()


def _read_only(url: URL) -> URL:
    """An SQLite file is opened for reading: it is never made or changed."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return url
    if url.database.startswith("file:"):
        return url
    path = Path(url.database)
    if not path.is_file():
        raise InvalidInput(f"The SQLite file {path} must exist, got nothing there.")
    return url.set(database=path.absolute().as_uri()).update_query_dict(
        {"mode": "ro", "uri": "true"}
    )


def _told_to_read(connection: Connection) -> Connection:
    streamed = connection.execution_options(yield_per=_CHUNK)
    backend = connection.dialect.name
    if backend == "postgresql":
        streamed = streamed.execution_options(postgresql_readonly=True)
    elif backend in ("mysql", "mariadb"):
        streamed.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
    return streamed
