"""Imports from a database: SQLite here."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from matinee.data import import_sql
from matinee.errors import InvalidInput, NoGoodRows, SourceError


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "shop's #1.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table sales (who, what text, stars, at)")
        rows: list[tuple[object, ...]] = [
            (1, "b", 4.5, 1_600_000_000_999),
            ("zoe", "a", "3", 1_600_000_001_000),
            (None, "a", 3, 1_600_000_002_000),
            (2, "a", "much", 1_600_000_003_000),
            (2, "c", None, 1_600_000_004_000),
            (1, "b", 2, 1_599_999_999_000),
            (3, " c ", 9, 1_600_000_005_000),
        ]
        connection.executemany("insert into sales values (?, ?, ?, ?)", rows)
    return path


def test_rows_of_a_query(database: Path, tmp_path: Path) -> None:
    rejects = tmp_path / "bad.csv"
    report = import_sql(
        f"sqlite:///{database}",
        "select at, stars, what, who from sales where '12:30' like '%:%' order by rowid",
        scale=(1, 5),
        rejects=rejects,
    )
    assert [tuple(b[:3]) for b in report.first_bad] == [
        (3, "who", "empty user id"),
        (4, "stars", "unparsable rating"),
        (5, "stars", "empty rating"),
        (7, "stars", "rating out of scale"),
    ]
    assert (report.rows, report.kept, report.duplicates) == (7, 2, 1)
    assert report.time_unit == "milliseconds"
    ratings = report.dataset.interactions
    assert report.dataset.users.ids == ["1", "zoe"]
    assert ratings.time is not None
    assert ratings.time.tolist() == [1_600_000_000, 1_600_000_001]
    assert rejects.read_text().splitlines()[2].startswith('4,stars,unparsable rating,"2,a,much,')


def test_many_rows_come_in_chunks(tmp_path: Path) -> None:
    path = tmp_path / "many.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("create table r (user integer, item integer)")
        connection.executemany("insert into r values (?, ?)", ((i, i % 7) for i in range(25_000)))
    seen: list[int] = []
    report = import_sql(
        f"sqlite:///{path}", "select * from r", progress=lambda what, done, total: seen.append(done)
    )
    assert seen == [10_000, 20_000, 25_000]
    assert report.kept == 25_000
    assert report.dataset.users.ids[-1] == "24999"


def test_the_database_is_only_read(database: Path, tmp_path: Path) -> None:
    before = database.read_bytes()
    with pytest.raises(SourceError, match="readonly"):
        import_sql(f"sqlite:///{database}", "delete from sales")
    assert database.read_bytes() == before
    with pytest.raises(InvalidInput, match="nothing there"):
        import_sql(f"sqlite:///{tmp_path / 'new.sqlite'}", "select 1")
    assert not (tmp_path / "new.sqlite").exists()


def test_what_goes_wrong(database: Path) -> None:
    url = f"sqlite:///{database}"
    with pytest.raises(SourceError, match="no such table"):
        import_sql(url, "select * from missing")
    with pytest.raises(InvalidInput, match="return rows, got none"):
        import_sql(url, "select who, what from sales where who = 'nobody'")
    with pytest.raises(NoGoodRows):
        import_sql(url, "select who, what, stars from sales where stars = 'much'")
    with pytest.raises(InvalidInput, match="'who', 'stars'"):
        import_sql(url, "select who, stars from sales")
    with pytest.raises(InvalidInput, match="address"):
        import_sql("not a url", "select 1")
    with pytest.raises(InvalidInput, match="address"):
        import_sql("klingon://x/y", "select 1")
    with pytest.raises(InvalidInput, match="SELECT"):
        import_sql("sqlite://", "create table t (x)")


def test_a_missing_driver_is_named() -> None:
    with pytest.raises(InvalidInput, match="package oracledb"):
        import_sql("oracle+oracledb://me:secret@host/db", "select 1")
