"""Imports of ratings from files of anybody's."""

from __future__ import annotations

import codecs
import csv
import math
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from matinee.data import drop_duplicates, import_ratings, load
from matinee.data.own import csv_file
from matinee.data.own.rejects import ImportReport
from matinee.errors import DiskFull, InvalidInput, InvalidParameter, NoGoodRows, UnknownDataset
from matinee.interactions import Interactions


def write(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def triples(report: ImportReport) -> list[tuple[str, str, float | None, int | None]]:
    data = report.dataset
    r = data.interactions
    return [
        (
            data.users.ids[r.user_index[i]],
            data.items.ids[r.item_index[i]],
            None if r.value is None else float(r.value[i]),
            None if r.time is None else int(r.time[i]),
        )
        for i in range(len(r))
    ]


HOSTILE = [
    (b"who,what,stars,at,note", None),
    (b"ann,Fargo,4.5,964982703,good", None),
    (b"bob,Fargo", ("at", "stars", "too few fields")),
    (b"bob,Fargo,4,964982703,x,y", ("", "", "too many fields")),
    (b"bob,Fargo,four,964982703,x", ("stars", "", "unparsable rating")),
    (b"bob,Fargo,,964982703,x", ("stars", "", "empty rating")),
    (b"bob,Fargo,NaN,964982703,x", ("stars", "", "NaN rating")),
    (b"bob,Fargo,-inf,964982703,x", ("stars", "", "infinite rating")),
    (b"bob,Fargo,7,964982703,x", ("stars", "", "rating out of scale")),
    (b"  ,Fargo,4,964982703,x", ("who", "", "empty user id")),
    (b'bob,"",4,964982703,x', ("what", "", "empty item id")),
    (b"bob,Fargo,4,yesterday,x", ("at", "", "unparsable time")),
    (b"bob,Fargo,4,999999999999999,x", ("at", "", "time out of range")),
    (b"bob,Fargo,4,4102444800,x", ("at", "", "time in the future")),
    (b"bob,Fargo,4,,x", ("at", "", "empty time")),
    (b"bob,F\xe9rgo,4,964982703,x", ("what", "", "undecodable bytes")),
    (b"bob,Far\0go,4,964982703,x", ("what", "", "NUL byte")),
    (b'bob,"Fargo" II,4,964982703,x', ("what", "", "malformed quote")),
    (b'bob,Fargo,4,964982703,"two\nlines, kept"', None),
    (b'bob,"Far\ngo",4,964982703,x', ("what", "", "line break in item id")),
    (b"bob,Fargo\rII,4,964982703,x", ("what", "", "stray carriage return")),
    (b"", None),
    (b'bob,"Heat,4,964982703,x', ("what", "", "unterminated quote")),
    (b"cid,Heat,3,964982704,x", None),
]


def hostile(path: Path) -> tuple[Path, list[tuple[int, str, str]]]:
    """A CSV with every kind of bad row, and the (line, column, reason) of each."""
    line, expected = 1, []
    for raw, fault in HOSTILE:
        if fault is not None:
            column = fault[1] if fault[2] == "too few fields" else fault[0]
            expected.append((line, column, fault[2]))
        line += raw.count(b"\n") + 1
    return write(path, b"\n".join(raw for raw, _ in HOSTILE) + b"\n"), expected


def test_every_kind_of_bad_row_is_told_with_line_column_and_reason(tmp_path: Path) -> None:
    source, expected = hostile(tmp_path / "ratings.csv")
    rejects = tmp_path / "bad.csv"
    report = import_ratings(source, scale=(0.5, 5), rejects=rejects)
    assert triples(report) == [
        ("ann", "Fargo", 4.5, 964982703),
        ("bob", "Fargo", 4.0, 964982703),
        ("cid", "Heat", 3.0, 964982704),
    ]
    with rejects.open(encoding="utf-8", newline="") as stream:
        written = list(csv.DictReader(stream))
    assert [(int(r["line"]), r["column"], r["reason"]) for r in written] == expected
    assert len({reason for _, _, reason in expected}) >= 12
    assert report.bad == {reason: 1 for _, _, reason in expected}
    assert (report.rows, report.kept, report.n_bad) == (3 + len(expected), 3, len(expected))
    assert [tuple(b[:3]) for b in report.first_bad] == expected[:10]
    assert written[2]["row"] == "bob,Fargo,four,964982703,x"
    assert "F\\xe9rgo" in next(r["row"] for r in written if r["reason"] == "undecodable bytes")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.csv", "ratings.csv"]


def test_nothing_but_bad_rows_leaves_nothing_behind(tmp_path: Path) -> None:
    source = write(tmp_path / "r.csv", "user,item,rating\na,b,x\nc,,4\n")
    old = write(tmp_path / "bad.csv", "of an earlier import")
    with pytest.raises(NoGoodRows, match=r"unparsable rating: 1.*\n.*line 2.*'rating'"):
        import_ratings(source, rejects=old)
    assert old.read_text() == "of an earlier import"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.csv", "r.csv"]


@pytest.mark.parametrize(
    "text",
    [
        "userId,movieId,rating,timestamp\n1,10,4,100\n2,9,3.5,200\n",
        "user_id;item_id;Rating;Time\r\n1;10;4;100\r\n2;9;3.5;200\r\n",
        "user\tasin\tstars\tts\n1\t10\t4\t100\n2\t9\t3.5\t200",
        "who|what|score|at\n\n1|10|4|100\n 2 |9 |3.5|200\n",
        "userId::movieId::rating::timestamp\n1::10::4::100\n2::9::3.5::200\n",
        '"user","item","rating","time"\n"1","10","4","100"\n"2","9","3.5","200"\n',
        "user,item,rating,time\r1,10,4,100\r2,9,3.5,200\r",
        "user_id:token,item_id:token,rating:float,timestamp:float\n1,10,4,100.0\n2,9,3.5,200.9\n",
        "extra,time,rating,item,user\nx,1970-01-01T00:01:40Z,4,10,1\n"
        "y,1970-01-01 00:03:20,3.5,9,2\n",
    ],
)
def test_dialects(tmp_path: Path, text: str) -> None:
    for number, start in enumerate((b"", codecs.BOM_UTF8)):
        report = import_ratings(write(tmp_path / f"{number}.csv", start + text.encode()))
        assert triples(report) == [("1", "10", 4.0, 100), ("2", "9", 3.5, 200)]
        assert report.dataset.items.ids == ["9", "10"]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "shift_jis"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    name = "ソ|x" if encoding == "shift_jis" else "Amélie"
    text = f"user,item,rating\nann,{name},4\n"
    source = write(tmp_path / "r.csv", text.encode(encoding))
    assert triples(import_ratings(source, encoding=encoding))[0][1] == name


def test_undecodable_in_cp1252_is_one_bad_row(tmp_path: Path) -> None:
    source = write(tmp_path / "r.csv", b"user,item,rating\nann,Am\xe9lie,4\nbob,\x81,4\n")
    report = import_ratings(source, encoding="cp1252")
    assert report.bad == {"undecodable bytes": 1}
    assert report.dataset.items.ids == ["Amélie"]


def test_columns_by_number_need_no_header(tmp_path: Path) -> None:
    source = write(tmp_path / "r.dat", "4\tx\t1\t10\n3\ty\t2\t9\n")
    report = import_ratings(source, user=3, item="4", rating=1)
    assert triples(report) == [("1", "10", 4.0, None), ("2", "9", 3.0, None)]
    with pytest.raises(InvalidParameter, match="all by number"):
        import_ratings(source, user=3, item="what")
    with pytest.raises(InvalidInput, match=r"1\.\.4"):
        import_ratings(source, user=3, item=9)


def test_string_and_huge_ids(tmp_path: Path) -> None:
    huge = "98765432109876543210987654321"
    long = "x" * 5000
    rows = [f"{huge},tt0116282,5", f"{huge}0,007,1", "übung,7,2", f"{long},B00-Ä,3", "NaN,null,4"]
    source = write(tmp_path / "r.csv", "user,item,rating\n" + "\n".join(rows) + "\n")
    report = import_ratings(source)
    assert [t[:2] for t in triples(report)] == [tuple(r.split(",")[:2]) for r in rows]
    assert report.dataset.users.ids == sorted(report.dataset.users.ids)
    numbers = import_ratings(write(tmp_path / "n.csv", "user,item\n10,1\n9,1\n09,1\n"))
    assert numbers.dataset.users.ids == ["09", "9", "10"]


def test_implicit_feedback(tmp_path: Path) -> None:
    report = import_ratings(write(tmp_path / "r.csv", "user,item\na,x\nb,y\na,x\n"))
    assert report.dataset.interactions.value is None
    assert report.dataset.interactions.time is None
    assert (report.kept, report.duplicates) == (2, 1)


@pytest.mark.parametrize(
    ("unit", "name"),
    [(1, "seconds"), (10**3, "milliseconds"), (10**6, "microseconds"), (10**9, "nanoseconds")],
)
def test_times_of_any_unit(tmp_path: Path, unit: int, name: str) -> None:
    when = 964982703 * unit + unit - 1
    report = import_ratings(write(tmp_path / "r.csv", f"user,item,time\na,x,{when}\nb,x,-{unit}\n"))
    assert [t[3] for t in triples(report)] == [964982703, -1]
    assert report.time_unit == name


def test_duplicates_keep_the_latest_else_the_last_row_in_file_order(tmp_path: Path) -> None:
    rows = "a,x,1,50\nb,x,2,10\na,x,3,40\nc,x,9,1\na,y,4,7\na,y,5,7\n"
    source = write(tmp_path / "r.csv", "user,item,rating,time\n" + rows)
    report = import_ratings(source)
    expected = [("a", "x", 1, 50), ("b", "x", 2, 10), ("c", "x", 9, 1), ("a", "y", 5, 7)]
    assert triples(report) == expected
    assert (report.rows, report.kept, report.duplicates) == (6, 4, 2)
    first = import_ratings(source, duplicates="first")
    assert [t[2] for t in triples(first)] == [2, 3, 9, 4]
    untimed = import_ratings(source, rating="time")
    assert untimed.columns == {"user": "user", "item": "item", "rating": "time"}
    assert [t[2] for t in triples(untimed)] == [10, 40, 1, 7]


def test_duplicates_agree_with_a_naive_reference() -> None:
    draw = np.random.default_rng(7)
    user, item = draw.integers(0, 9, 300), draw.integers(0, 9, 300)
    time = draw.integers(0, 5, 300)
    ratings = Interactions(user, item, np.arange(300), time, 9, 9)
    last: dict[tuple[int, int], int] = {}
    for row in range(300):
        pair = (int(user[row]), int(item[row]))
        if pair not in last or time[row] >= time[last[pair]]:
            last[pair] = row
    assert drop_duplicates(ratings).value.tolist() == sorted(last.values())
    with pytest.raises(InvalidParameter, match="'last' or 'first'"):
        drop_duplicates(ratings, "best")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty file"),
        (b"\n\n", "empty file"),
        (b"user,item,rating\n", "only the header"),
        (b"just some prose\nand more\n", "columns between"),
        (b"person name,film,stars,seen\na,b,1,2\n", "'person name', 'film', 'stars', 'seen'"),
        (b"PK\x03\x04 zipped", "zip archive"),
        (b"\x1f\x8b zipped", "gzip"),
        (b"PAR1 but not whole", "whole Parquet"),
        ("user,item\na,b\n".encode("utf-16"), "utf-16"),
        (b"user,item,item\na,b,c\n", None),
    ],
)
def test_what_is_not_a_table(tmp_path: Path, content: bytes, message: str | None) -> None:
    source = write(tmp_path / "r.csv", content)
    if message is None:
        assert import_ratings(source).kept == 1
    else:
        with pytest.raises(InvalidInput, match=message):
            import_ratings(source)


def test_wrong_arguments(tmp_path: Path) -> None:
    source = write(tmp_path / "r.csv", "user,item,rating\na,b,1\n")
    with pytest.raises(InvalidInput, match="folder"):
        import_ratings(tmp_path)
    with pytest.raises(InvalidInput, match="nothing there"):
        import_ratings(tmp_path / "missing.csv")
    with pytest.raises(InvalidInput, match="'stars'.*'user', 'item', 'rating'"):
        import_ratings(source, rating="stars")
    with pytest.raises(InvalidInput, match="both"):
        import_ratings(source, user="user", item="user")
    with pytest.raises(InvalidParameter, match="encoding"):
        import_ratings(source, encoding="klingon")
    with pytest.raises(InvalidParameter, match="delimiter"):
        import_ratings(source, delimiter="a")
    with pytest.raises(InvalidParameter, match="scale"):
        import_ratings(source, scale=(5, 1))
    with pytest.raises(InvalidParameter, match="own"):
        import_ratings(source, rejects=source)
    with pytest.raises(InvalidInput, match="folder that exists"):
        import_ratings(source, rejects=tmp_path / "no" / "bad.csv")


def test_parquet_with_bad_rows(tmp_path: Path) -> None:
    table = pa.table(
        {
            "note": ["x"] * 6,
            "rating": [4.0, math.nan, 3.0, None, 9.0, 5.0],
            "user": pa.array([1, 2, 2**62, 4, 5, None]),
            "item": pa.array(["a", "b", " c ", "d", "e", "f"]).dictionary_encode(),
            "time": pa.array([1, 2, 3, 4, 5, 6], pa.timestamp("ms")),
        }
    )
    source = tmp_path / "r.parquet"
    parquet.write_table(table, source)
    report = import_ratings(source, scale=(1, 5))
    assert triples(report) == [("1", "a", 4.0, 0), (str(2**62), "c", 3.0, 0)]
    assert [tuple(b[:3]) for b in report.first_bad] == [
        (2, "rating", "NaN rating"),
        (4, "rating", "empty rating"),
        (5, "rating", "rating out of scale"),
        (6, "user", "empty user id"),
    ]
    with pytest.raises(InvalidInput, match="'note', 'rating', 'user', 'item', 'time'"):
        import_ratings(source, user="who")


def test_tables_beside_the_ratings(tmp_path: Path) -> None:
    ratings = write(tmp_path / "r.csv", "user,item,rating\n1,10,4\n2,20,5\n")
    items = write(
        tmp_path / "items.csv",
        "id;title;year;genres\n10;Fargo (1996);;Crime|Drama\n20;Heat;1995;Crime, Action\n"
        "30;Unseen;19x5;\n;Nameless;1999;\n40;Extra;;(no genres listed)\n",
    )
    people = write(tmp_path / "people.csv", "id,age,sex,job\n1,33,F,writer\n3,,,\n2,old,M,\n")
    tags = tmp_path / "tags.parquet"
    parquet.write_table(pa.table({"user": [9, 1], "item": [10, 10], "tag": ["snow", ""]}), tags)
    links = write(tmp_path / "links.csv", "movieId,imdbId,tmdbId\n10,0116282,275\n50,1,\n")
    rejects = tmp_path / "bad.csv"
    report = import_ratings(
        ratings, items=items, people=people, tags=tags, links=links, rejects=rejects
    )
    data = report.dataset
    assert data.items.ids == ["10", "20", "40", "50"]
    assert data.users.ids == ["1", "2", "3", "9"]
    assert data.item_table.to_pylist()[:2] == [
        {
            "item_id": "10",
            "title": "Fargo (1996)",
            "year": 1996,
            "genres": ["Crime", "Drama"],
            "imdb_id": "0116282",
            "tmdb_id": "275",
        },
        {
            "item_id": "20",
            "title": "Heat",
            "year": 1995,
            "genres": ["Crime", "Action"],
            "imdb_id": None,
            "tmdb_id": None,
        },
    ]
    assert data.item_table.column("genres").to_pylist()[2:] == [[], None]
    assert data.user_table.to_pylist()[0] == {
        "user_id": "1",
        "age": 33,
        "gender": "F",
        "occupation": "writer",
    }
    assert data.tags is not None
    assert data.tags.to_pylist() == [{"user_id": "9", "item_id": "10", "tag": "snow", "time": None}]
    with rejects.open(encoding="utf-8", newline="") as stream:
        found = [(r["source"], r["line"], r["column"], r["reason"]) for r in csv.DictReader(stream)]
    assert found == [
        ("items.csv", "4", "year", "unparsable year"),
        ("items.csv", "5", "id", "empty item id"),
        ("people.csv", "4", "age", "unparsable age"),
        ("tags.parquet", "2", "tag", "empty tag"),
    ]
    assert report.tables["items"].kept == 3


def test_parquet_tables_beside(tmp_path: Path) -> None:
    ratings = write(tmp_path / "r.csv", "user,item,rating\n1,10,4\n")
    items, tags = tmp_path / "items.parquet", tmp_path / "tags.parquet"
    rows = {
        "movie_id": [10, None],
        "year": [1996.0, 1.5],
        "genres": [["Crime", " Drama "], None],
        "title": ["Fargo", "x"],
    }
    parquet.write_table(pa.table(rows), items)
    times = pa.array([1_600_000_000_500, None], pa.timestamp("ms"))
    parquet.write_table(
        pa.table({"u": [1, 1], "item": [10] * 2, "tag": ["a", "b"], "at": times}), tags
    )
    with pytest.raises(InvalidInput, match="column for `user`.*'u', 'item', 'tag', 'at'"):
        import_ratings(ratings, tags=tags)
    parquet.write_table(parquet.read_table(tags).rename_columns({"u": "uid"}), tags)
    report = import_ratings(ratings, items=items, tags=tags)
    assert report.dataset.item_table.to_pylist() == [
        {"item_id": "10", "title": "Fargo", "year": 1996, "genres": ["Crime", "Drama"]}
    ]
    assert report.dataset.tags is not None
    assert report.dataset.tags.column("time").to_pylist() == [1_600_000_000]
    assert [tuple(b[:3]) for b in report.first_bad] == [
        (2, "movie_id", "empty item id"),
        (2, "at", "empty time"),
    ]
    broken = write(tmp_path / "broken.parquet", b"PAR1 cut short")
    with pytest.raises(InvalidInput, match="whole Parquet"):
        import_ratings(ratings, items=broken)


def test_a_table_of_nothing_but_bad_rows_fails_the_import(tmp_path: Path) -> None:
    ratings = write(tmp_path / "r.csv", "user,item,rating\n1,10,4\n")
    people = write(tmp_path / "p.csv", "id,age\n1,200\n,3\n2,3,4\n")
    with pytest.raises(NoGoodRows, match=r"p\.csv.*impossible age: 1.*too many fields: 1"):
        import_ratings(ratings, people=people, rejects=tmp_path / "bad.csv")
    links = write(tmp_path / "l.csv", "id,imdb\n,1\n")
    with pytest.raises(NoGoodRows, match=r"l\.csv"):
        import_ratings(ratings, links=links)
    tags = write(tmp_path / "t.csv", "user,item,tag,at\n,1,x,1\n1,,x,1\n1,1,x,soon\n")
    with pytest.raises(NoGoodRows, match="unparsable time"):
        import_ratings(ratings, tags=tags)
    assert not (tmp_path / "bad.csv").exists()


def test_a_rejects_file_that_does_not_fit_leaves_nothing(tmp_path: Path) -> None:
    source = write(tmp_path / "r.csv", "user,item,rating\n1,1,1\n" + "1,1,much too much\n" * 5000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(DiskFull, match="rejects"):
            import_ratings(source, rejects=tmp_path / "bad.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert [p.name for p in tmp_path.iterdir()] == ["r.csv"]


CELLS = st.sampled_from(
    ["1", "2", "30", " 7 ", "", "4.5", "nan", "inf", "-3", "1e400", "0x10", "1_0", "abc", "é",
     '"q"', '"a,b"', '"open', 'mid"dle', '""', '"x""y"', '"two\nlines"', "\0", "\r", "+5", "5.",
     "1e3", "1970-01-01", "99999999999999", "9223372036854775808", "３", "\ufeff", "NULL", "\t1"]
)  # fmt: skip
ROWS = st.lists(
    st.one_of(
        st.sampled_from(["1,2,3.5,100", "a,b,4,200.5", '"1","2","3","100"', ""]),
        st.lists(CELLS, min_size=1, max_size=5).map(",".join),
    ),
    max_size=30,
)
ENDS = st.sampled_from(["\n", "\r\n"])


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=ROWS,
    end=ENDS,
    delimiter=st.sampled_from([",", ",", ",", "::", "\t"]),
    encoding=st.sampled_from(["utf-8", "utf-8", "cp1252"]),
    invalid=st.booleans(),
    sizes=st.sampled_from([(7,), (1 << 25, 40, 9)]),
)
def test_fast_and_slow_paths_agree(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[str],
    end: str,
    delimiter: str,
    encoding: str,
    invalid: bool,
    sizes: tuple[int, ...],
) -> None:
    folder = tmp_path_factory.mktemp("agree")
    text = end.join(["user,item,rating,time", *rows, "z,z,1,1", ""]).replace(",", delimiter)
    body = text.encode(encoding, "ignore")
    source = write(folder / "r.csv", body.replace(b"abc", b"\x81") if invalid else body)

    def outcome() -> Any:
        report = import_ratings(
            source, scale=(-10, 10), encoding=encoding, rejects=folder / "bad.csv"
        )
        bad = (folder / "bad.csv").read_bytes()
        return triples(report), report.bad, report.rows, report.duplicates, bad

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "_clean", lambda piece, dialect: None)
        slow = outcome()
    assert outcome() == slow
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_file, "SIZES", sizes)
        assert outcome() == slow


def test_blocks_of_a_larger_file_join(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw = np.random.default_rng(3)
    lines = ["userId,movieId,rating,timestamp"]
    for row, (user, item) in enumerate(draw.integers(1, 400, (20_000, 2)).tolist()):
        lines.append(f"{user},{item},{row % 10 / 2 + 0.5},{row}")
    lines[10_001] = "1,2,bad,3"
    lines[15_001] = '1,"2'
    source = write(tmp_path / "r.csv", "\n".join(lines))
    whole = import_ratings(source)
    assert [(b.line, b.reason) for b in whole.first_bad] == [
        (10_002, "unparsable rating"), (15_002, "unterminated quote")
    ]  # fmt: skip
    monkeypatch.setattr(csv_file, "SIZES", (1 << 14, 1 << 12, 1 << 10))
    pieces = import_ratings(source)
    assert triples(pieces) == triples(whole)
    assert pieces.first_bad == whole.first_bad


def test_real_ratings(shared_data: Path) -> None:
    source = shared_data / "the-movies-dataset" / "ratings_small.csv"
    if not source.exists():
        pytest.skip("no the-movies-dataset")
    seen: list[tuple[str, int, int | None]] = []
    report = import_ratings(source, progress=lambda *args: seen.append(args))
    assert (report.kept, len(report.dataset.users)) == (100_004, 671)
    with source.open(encoding="utf-8", newline="") as stream:
        naive = [
            (r["userId"], r["movieId"], float(r["rating"]), int(r["timestamp"]))
            for r in csv.DictReader(stream)
        ]
    assert triples(report) == naive
    assert seen[-1][1] == seen[-1][2] == source.stat().st_size


def test_load(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    source = write(tmp_path / "r.csv", "wer,item,rating\na,x,1\nb,y,?\n")
    data = load(source, user="wer")
    assert len(data.interactions) == 1
    assert "1 of 2 rows" in caplog.text
    assert "unparsable rating: 1" in caplog.text
    with pytest.raises(UnknownDataset, match=r"ml-100k.*mean.*ml-100k"):
        load("ml-100")
    with pytest.raises(UnknownDataset, match="MovieLens folder"):
        load(tmp_path)


def test_load_of_movielens_files(shared_data: Path) -> None:
    data = load(shared_data / "ml-100k.zip")
    assert (len(data.interactions), len(data.users), len(data.items)) == (100_000, 943, 1682)
    assert data.name == "ml-100k"
