"""Connections and transactions: what differs between databases, and what their errors mean."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.engine.url import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from matinee.errors import DiskFull, InvalidInput, StoreError, StoreUnavailable

PATIENCE = 30.0
"""Seconds to wait for another process that writes."""

_BUSY = ("locked", "busy", "unable to open")
_FULL = ("disk is full", "no space left")


class Database:
    """One database, SQLite by default, with transactions that read or that write.

    Parameters
    ----------
    url
        ``sqlite:///path``, or the same as SQLAlchemy's URL, which any path can stand in. The
        folder must exist; the file is made.
    patience
        Seconds to wait for another process that writes.
    """

    def __init__(self, url: str | sa.URL, patience: float = PATIENCE) -> None:
        try:
            parsed = make_url(url)
            self.dialect = parsed.get_backend_name()
            options: dict[str, Any] = {}
            if self.dialect == "sqlite":
                if parsed.database in (None, "", ":memory:"):
                    raise InvalidInput(
                        f"A store must be a file that outlives the process, got {str(url)!r}; give "
                        "sqlite:///folder/store.sqlite."
                    )
                options = {"connect_args": {"timeout": patience}}
            self._engine = sa.create_engine(url, **options)
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise InvalidInput(f"{str(url)!r} is no address of a database: {error}") from error
        self.file = Path(str(parsed.database)) if self.dialect == "sqlite" else None
        self.patience = patience
        if self.dialect == "sqlite":
            event.listen(self._engine, "connect", self._prepare)
            event.listen(self._engine, "begin", _begin)

    def close(self) -> None:
        """Give all connections back."""
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees one state of the store, whatever others write meanwhile."""
        with self._translated(), self._engine.connect() as connection, connection.begin():
            yield connection

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of one query, straight from the driver: for what must take no time.

        Parameters
        ----------
        query
            SQL with ``{}`` in the place of each value.
        """
        with self._translated():
            raw = self._engine.raw_connection()
            try:
                sign = "?" if self.dialect == "sqlite" else "%s"
                cursor = raw.cursor()
                cursor.execute(query.format(*[sign] * len(values)), values)
                return list(cursor.fetchall())
            finally:
                raw.close()

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction that is on disk when the block ends well, and undone when not."""
        with self._translated(), self._engine.connect() as plain:
            connection = plain.execution_options(matinee_writes=True)
            with connection.begin():
                yield connection

    def forget_deleted(self) -> None:
        """Move what was written into the main file, so that no deleted row stays in the log."""
        if self.dialect == "sqlite":
            with self._translated(), self._engine.connect() as connection:
                raw = connection.connection.driver_connection
                # Best effort: it waits for readers, and says so in a row instead of an error.
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()  # type: ignore[union-attr]

    def _prepare(self, raw: Any, _record: object) -> None:
        raw.isolation_level = None  # BEGIN is ours, see _begin
        # Turning WAL on needs the file alone and does not wait by itself.
        until = time.monotonic() + self.patience
        while True:
            try:
                raw.execute("PRAGMA journal_mode=WAL").fetchall()
                break
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > until:
                    raise
                time.sleep(0.01)
        # FULL: a commit is on disk, not only with the operating system, when it returns.
        raw.execute("PRAGMA synchronous=FULL")
        raw.execute("PRAGMA foreign_keys=ON")
        raw.execute("PRAGMA secure_delete=ON")  # a deleted person's rows are overwritten
        raw.execute("PRAGMA cache_size=-65536")
        raw.execute("PRAGMA journal_size_limit=67108864")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (UnicodeEncodeError, OverflowError) as error:
            raise InvalidInput(
                f"Text must be valid Unicode and numbers fit 64 bits to be stored: {error}."
            ) from error
        except (DBAPIError, sqlite3.Error) as error:
            cause = getattr(error, "orig", error)
            text = str(cause).lower()
            where = self._engine.url.render_as_string(hide_password=True)
            if any(sign in text for sign in _FULL):
                raise DiskFull(
                    f"{where} needs more space than is left; free some and try again. "
                    "Nothing was changed."
                ) from error
            if any(sign in text for sign in _BUSY) or getattr(
                error, "connection_invalidated", False
            ):
                raise StoreUnavailable(
                    f"{where} could not be reached within {self.patience:g} s ({cause}); see "
                    "whether another process holds it and whether its folder can be written, "
                    "then try again."
                ) from error
            raise StoreError(f"{where} refused: {cause}.") from error


def _begin(connection: sa.Connection) -> None:
    # IMMEDIATE takes the write lock at once and waits for it; a transaction that only later
    # turns to writing would fail instead of waiting.
    writes = connection.get_execution_options().get("matinee_writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
