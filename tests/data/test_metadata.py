"""The Movies Dataset: what is read of it, what is refused, and which movie meets which."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet
from typer.testing import CliRunner

from matinee.cli.data import app
from matinee.data import import_ratings, load, metadata
from matinee.data.metadata.names import names
from matinee.data.movielens.layouts import year_of
from matinee.errors import (
    InvalidInput,
    InvalidParameter,
    NoGoodRows,
    NotReady,
    SourceError,
    UnknownDataset,
    UnsafeArchive,
    WrongContent,
)
from matinee.storage.workspace import Workspace

_COLUMNS = """
    adult belongs_to_collection budget genres homepage id imdb_id original_language original_title
    overview popularity poster_path production_companies production_countries release_date revenue
    runtime spoken_languages status tagline title video vote_average vote_count
"""
OFFICIAL = _COLUMNS.split()
HAUGH = 'A Scot,\nsaid to be "free",\n - rises.'


def cell(*words: str) -> str:
    return str([{"id": 7 * i, "name": word} for i, word in enumerate(words)])


def row(id_: str, title: str, **cells: str) -> list[str]:
    usual = {
        "adult": "False",
        "budget": "0",
        "genres": "[]",
        "id": id_,
        "original_language": "en",
        "original_title": title,
        "overview": f"About {title}.",
        "popularity": "1.5",
        "production_companies": "[{'name': 'Pixar', 'id': 3}]",
        "release_date": "1995-06-30",
        "revenue": "0",
        "runtime": "90.0",
        "status": "Released",
        "title": title,
        "video": "False",
        "vote_average": "7.7",
        "vote_count": "5415.0",
    }
    return [{**usual, **cells}.get(name, "") for name in OFFICIAL]


BRAVEHEART = row(
    "197",
    "Braveheart",
    imdb_id="tt0112573",
    genres=cell("Action", "Family", "Science Fiction"),
    overview=HAUGH,
    release_date="1995-05-24",
    revenue="210000000.0",
    runtime="177.0",
)
RED = row(
    "110",
    "Three Colors: Red",
    imdb_id="tt0111495",
    original_title="Trois couleurs : Rouge",
    original_language="fr",
    release_date="1994-05-27",
    overview="No overview found.",
)
TOYS = row("862", "Toy Story", imdb_id="tt0114709", release_date="1995-10-30", runtime="0.0")
SHIFTED = row("1997-08-20", "", adult=" - Written by Ørnås", imdb_id="0", release_date="1")
# As in the official file: a line break outside quotes cuts a row in two.
CUT = "False,,0,[],,82663,tt0113002,en,Midnight Man,A soldier\n - Written by Ørnås,0.06,,[],[]\n"
KEYWORDS = [["197", cell("scotland", "king's men")], ["862", cell("toy")], ["862", cell("toy")]]
LINKS = [["1", "0114709", "862"], ["110", "0112573", "197"], ["306", "0111495", "110"]]


def text(header: list[str], rows: list[list[str]]) -> str:
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows([header, *rows])
    return stream.getvalue()


def official(
    folder: Path,
    rows: list[list[str]],
    *,
    keywords: list[list[str]] = KEYWORDS,
    more: str = "",
    encoding: str = "utf-8",
) -> Path:
    """A folder in the official layout."""
    folder.mkdir(exist_ok=True)
    whole = text(OFFICIAL, rows) + more
    (folder / "movies_metadata.csv").write_text(whole, encoding=encoding, newline="")
    (folder / "keywords.csv").write_text(text(["id", "keywords"], keywords))
    (folder / "links.csv").write_text(text(["movieId", "imdbId", "tmdbId"], LINKS))
    return folder


def items(*rows: tuple[Any, ...], columns: str = "item_id title") -> pa.Table:
    """An item table of few columns."""
    return pa.table(dict(zip(columns.split(), zip(*rows, strict=True), strict=True)))


# ---- reading ----------------------------------------------------------------------------


def test_the_official_layout_with_all_that_is_wrong_in_it(tmp_path: Path) -> None:
    folder = official(tmp_path / "f", [BRAVEHEART, RED, TOYS, TOYS, SHIFTED], more=CUT)
    with (folder / "links.csv").open("a") as links:
        links.write("x,0114709,862\n7,0114710,none\n8,0114711,\n")  # the last has no TMDB id
    told = metadata.read(folder, rejects=tmp_path / "bad.csv")
    assert sorted(told.movies) == ["110", "197", "862"]
    mel = told.movies["197"]
    assert mel.overview == 'A Scot, said to be "free", - rises.'
    assert (mel.runtime, mel.revenue, mel.release_date) == (177.0, 210e6, "1995-05-24")
    assert (mel.genres, mel.year) == (("Action", "Children", "Sci-Fi"), 1995)
    assert (mel.imdb_id, mel.language, mel.keywords) == (
        "0112573",
        "en",
        ("scotland", "king's men"),
    )
    red, toys = told.movies["110"], told.movies["862"]
    assert (red.original_title, red.language) == ("Trois couleurs : Rouge", "fr")
    assert (red.overview, red.keywords, red.genres) == (None, (), ())
    assert (toys.runtime, toys.revenue, toys.keywords) == (None, None, ("toy",))
    assert told.links == {"1": "862", "110": "197", "306": "110"}
    assert told.missing == ()
    counts = told.as_dict()["tables"]
    assert counts["metadata"]["bad"] == {"unparsable id": 1, "too few fields": 2}
    assert (counts["metadata"]["rows"], counts["metadata"]["kept"]) == (7, 3)
    assert counts["metadata"]["repeated"] == counts["keywords"]["repeated"] == 1
    places = [(bad.line, bad.column, bad.source) for bad in told.first_bad]
    assert places == [
        (8, "id", "movies_metadata.csv"),
        (9, "popularity", "movies_metadata.csv"),
        (10, "id", "movies_metadata.csv"),
        (5, "movieId", "links.csv"),
        (6, "tmdbId", "links.csv"),
    ]
    assert len((tmp_path / "bad.csv").read_text().splitlines()) == 6


@pytest.mark.parametrize(
    ("column", "wrong", "reason"),
    [
        ("id", "", "empty id"),
        ("id", "tt0112573", "unparsable id"),
        ("id", "0", "unparsable id"),
        ("imdb_id", "/poster.jpg", "unparsable IMDb id"),
        ("genres", "__import__('os').system('true')", "not a list of ids and names"),
        ("runtime", "soon", "unparsable runtime"),
        ("runtime", "nan", "impossible runtime"),
        ("revenue", "-5", "impossible revenue"),
        ("revenue", "1e400", "impossible revenue"),
        ("release_date", "12", "unparsable date"),
        ("release_date", "1995-13-01", "unparsable date"),
        ("release_date", "0001-01-01", "impossible date"),
        ("original_language", "104.0", "impossible language"),
    ],
)
def test_a_cell_that_cannot_be(tmp_path: Path, column: str, wrong: str, reason: str) -> None:
    bad = row("9", "Bad", **{column: wrong})
    told = metadata.read(official(tmp_path, [BRAVEHEART, bad, RED]))
    assert list(told.movies) == ["197", "110", "862"]  # of the last only keywords are known
    [first] = told.first_bad
    assert (first.line, first.column, first.reason) == (5, column, reason)


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ("", []),
        ("[ ]", []),
        ("[{'id': 1, 'name': 'a'}]", ["a"]),
        (
            "[{'id': 1, 'name': 'a'}, {'id': 2, 'name': \"b's\"}, {'id': 1, 'name': 'a'}]",
            ["a", "b's"],
        ),
        ('[{"id": 1, "name": "caf\\u00e9 \\"x\\""}]', ['café "x"']),
        (r"[{'id': 1, 'name': 'it\'s\u0020so\n'}]", ["it's so"]),
        ("[{'id': 1, 'name': ''}]", []),
        ("[{'id': 1, 'name': 'a'}", None),
        ("[{'id': 1, 'name': 'a'},", None),
        ("[{'id': 1, 'name': 'a'}] + [1]", None),
        ("[{'id': 1, 'name': f()}]", None),
        ("[{'id': 1, 'name': 'a' * 10**9}]", None),
        ("[x for x in ().__class__.__bases__]", None),
        (r"[{'id': 1, 'name': '\ud800'}]", None),
        (r"[{'id': 1, 'name': '\UFFFFFFFF'}]", None),
        ("[" * 50_000, None),
        ("[{'id': 1, 'name': '" + "\\" * 50_001, None),
        ("{'id': 1, 'name': 'a'}", None),
        ("nan", None),
    ],
)
def test_names_are_read_and_never_run(told: str, expected: list[str] | None) -> None:
    assert names(told) == expected


def test_half_a_file_and_one_in_latin_1_cost_only_the_rows_they_break(tmp_path: Path) -> None:
    folder = official(tmp_path / "half", [RED, TOYS, BRAVEHEART])
    file = folder / "movies_metadata.csv"
    whole = file.read_bytes()
    file.write_bytes(whole[: whole.index(b"free")])
    told = metadata.read(folder)
    assert told.movies["197"].overview is None
    assert told.movies["862"].title == "Toy Story"
    assert told.tables["metadata"].bad == {"unterminated quote": 1, "too few fields": 1}
    amelie = row("194", "Amélie")
    told = metadata.read(official(tmp_path / "latin", [RED, amelie], encoding="latin-1"))
    assert "194" not in told.movies
    assert [bad.reason for bad in told.first_bad] == ["undecodable bytes"]


def test_parts_of_the_set_and_what_is_missing_is_said(tmp_path: Path) -> None:
    table = pa.table(
        {"id": ["862", "1997-08-20"], "release_date": ["1995-10-30", "1"], "x": [1, 2]}
    )
    parquet.write_table(table, tmp_path / "movies_metadata.some.parquet")
    told = metadata.read(tmp_path)
    assert told.used == {"metadata": ["id", "release_date"]}
    assert told.movies["862"].release_date == "1995-10-30"
    assert [(bad.line, bad.column) for bad in told.first_bad] == [(2, "id")]
    assert "columns imdb_id, title" in told.missing[0]
    assert [m.partition(" ")[0] for m in told.missing[1:]] == ["keywords.csv", "links.csv"]
    # The file as published comes before a part of it; links_small.csv stands in for links.csv.
    official(tmp_path, [TOYS, RED])
    (tmp_path / "links.csv").rename(tmp_path / "links_small.csv")
    told = metadata.read(tmp_path)
    assert sorted(told.movies) == ["110", "197", "862"]
    assert told.tables["links"].source == "links_small.csv"


def test_a_zip_is_read_like_its_folder(tmp_path: Path) -> None:
    folder = official(tmp_path / "f", [BRAVEHEART, RED])
    packed = tmp_path / "archive.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.iterdir():
            archive.write(file, f"set/{file.name}")
        archive.writestr("set/ratings.csv", b"0" * 10_000_000)  # of no use here: never unpacked
    assert metadata.read(packed).movies == metadata.read(folder).movies


def bomb(path: Path, name: str, content: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("keywords.csv", "id,keywords\n1,[]\n")
        archive.writestr(name, content)
    return path


def test_what_is_no_metadata_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownDataset, match="no folder or zip"):
        metadata.read(tmp_path / "none")
    with pytest.raises(InvalidInput, match="holds neither"):
        metadata.read(tmp_path)
    folder = official(tmp_path / "f", [RED])
    with pytest.raises(InvalidInput, match="got the file"):
        metadata.read(folder / "keywords.csv")
    with pytest.raises(UnsafeArchive, match="leads out"):
        metadata.read(bomb(tmp_path / "out.zip", "../links.csv", b"x"))
    with pytest.raises(UnsafeArchive, match="at most"):
        metadata.read(bomb(tmp_path / "bomb.zip", "links.csv", b"0" * 5_000_000))
    damaged = bomb(tmp_path / "damaged.zip", "links.csv", b"movieId,tmdbId\n1,862\n")
    whole = damaged.read_bytes()
    damaged.write_bytes(whole[20:])
    with pytest.raises(SourceError, match="whole zip"):
        metadata.read(damaged)
    version = whole.index(b"PK\1\2") + 6
    for wrong in (
        whole.replace(b"keywords", b"nonsense", 1),
        whole[:version] + b"\xff" + whole[version + 1 :],
    ):
        damaged.write_bytes(wrong)
        with pytest.raises(WrongContent, match="damaged"):
            metadata.read(damaged)
    with pytest.raises(InvalidParameter, match="a file of its own"):
        metadata.read(folder, rejects=folder / "keywords.csv")
    (folder / "keywords.csv").write_text("id,words\n1,[]\n")
    with pytest.raises(InvalidInput, match="got no keywords among id, words"):
        metadata.read(folder)
    (folder / "keywords.csv").write_text("id,key\rwords\n1,[]\n")
    with pytest.raises(InvalidInput, match="line of columns"):
        metadata.read(folder)
    (folder / "keywords.csv").write_text("id,keywords\n1,exec('')\nx,[]\n")
    with pytest.raises(NoGoodRows, match="none of 2"):
        metadata.read(folder)
    (folder / "movies_metadata.csv").write_bytes(b"PAR1 and then nothing")
    with pytest.raises(InvalidInput, match="whole Parquet"):
        metadata.read(folder)


def test_an_own_table_of_items_may_tell_as_much_in_one_vocabulary_of_genres(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text("user,item,rating\nann,a,5\nann,b,4\n")
    rows = (
        'a,"One,\ntwo",Uno,heist|new  york|heist,Children\'s|IMAX|Children|\nb,,,,Science Fiction\n'
    )
    (tmp_path / "items.csv").write_text("item,Plot,original_title,keywords,genres\n" + rows)
    told = import_ratings(tmp_path / "ratings.csv", items=tmp_path / "items.csv").dataset.item_table
    assert told.column("overview").to_pylist() == ["One, two", None]
    assert told.column("original_title").to_pylist() == ["Uno", None]
    assert told.column("keywords").to_pylist() == [["heist", "new york"], []]
    assert told.column("genres").to_pylist() == [["Children", "IMAX"], ["Sci-Fi"]]


# ---- joining ----------------------------------------------------------------------------


def test_no_tmdb_id_is_taken_for_an_items_id(tmp_path: Path) -> None:
    told = metadata.read(official(tmp_path, [BRAVEHEART, RED, TOYS]))
    linked = items(
        ("110", "Braveheart (1995)", "197", None),
        ("197", "Somebody's Own (1999)", None, None),
        ("306", "Red", None, "tt0111495"),
        ("9", "Toy Story (1995)", "999999", None),
        columns="item_id title tmdb_id imdb_id",
    )
    joined = told.joined(linked)
    table = joined.table.to_pydict()
    assert table["release_date"] == ["1995-05-24", None, "1994-05-27", None]
    assert table["tmdb_id"] == ["197", None, "110", "999999"]
    assert table["imdb_id"] == ["0112573", None, "tt0111495", None]
    assert table["keywords"] == [["scotland", "king's men"], None, None, None]
    assert table["genres"] == [["Action", "Children", "Sci-Fi"], None, None, None]
    assert table["year"] == [1995, None, 1994, None]
    assert table["original_title"][2] == "Trois couleurs : Rouge"
    assert joined.table.schema.field("runtime").type == pa.float32()
    assert joined.counts == {
        "own links": 2,
        "links and title": 0,
        "title and year": 0,
        "ambiguous": 0,
        "unmatched": 2,
    }
    assert joined.unmatched == ("Somebody's Own (1999)", "Toy Story (1995)")
    assert joined.described.column("item_id").to_pylist() == ["110", "306"]


def test_without_links_a_title_must_agree_or_be_the_only_one(tmp_path: Path) -> None:
    twice = [
        row("1", "Emma", release_date="1996-07-07"),
        row("2", "Emma", release_date="1996-11-01"),
    ]
    told = metadata.read(official(tmp_path, [BRAVEHEART, RED, TOYS, *twice]))
    plain = items(
        ("110", "Operation Dumbo Drop (1995)"),  # another set's movie under that number
        ("22", "Braveheart (1995)"),
        ("306", "Three Colors: Red (Trois couleurs: Rouge) (1994)"),
        ("7", "Emma (1996)"),
        ("8", "Toy Story (1996)"),  # years may be off by one
        ("9", "Braveheart (1925)"),
        ("10", "Three Colors: Red"),  # no year: nobody can tell
    )
    joined = told.joined(plain)
    assert joined.table.column("tmdb_id").to_pylist() == [
        None,
        "197",
        "110",
        None,
        "862",
        None,
        None,
    ]
    counts = ("links and title", "title and year", "ambiguous", "unmatched")
    assert [joined.counts[c] for c in counts] == [1, 2, 1, 3]
    assert joined.ambiguous == ("Emma (1996): TMDB 1, 2",)
    # Two items that fit one movie equally well, and one that fits a movie already met.
    both = items(("1", "Toy Story (1995)"), ("5", "Toy Story (1995)"), ("6", "Emma (1995)"))
    assert [told.joined(both).counts[c] for c in counts] == [1, 0, 2, 0]


def test_own_links_that_contradict_each_other_are_settled_by_the_title(tmp_path: Path) -> None:
    told = metadata.read(official(tmp_path, [BRAVEHEART, RED]))
    for title, tmdb_id in (("Braveheart (1995)", "197"), ("Rouge", "110"), ("Blue", None)):
        own = items(("1", title, "110", "0112573"), columns="item_id title tmdb_id imdb_id")
        joined = told.joined(own)
        assert joined.met == [tmdb_id is not None]
        known = joined.described.column("release_date").to_pylist()
        assert known == ([] if tmdb_id is None else [told.movies[tmdb_id].release_date])
        assert joined.counts["ambiguous"] == (tmdb_id is None)


def test_what_an_item_has_stays_and_an_empty_table_is_joined(tmp_path: Path) -> None:
    told = metadata.read(official(tmp_path, [BRAVEHEART]))
    own = pa.table(
        {
            "item_id": ["1"],
            "title": ["Braveheart (1995)"],
            "year": pa.array([1996], pa.int32()),
            "genres": [["IMAX"]],
            "overview": ["Old."],
            "more": [1],
        }
    )
    [got] = told.joined(own).table.to_pylist()
    assert (got["title"], got["year"], got["genres"]) == ("Braveheart (1995)", 1996, ["IMAX"])
    assert got["overview"].startswith("A Scot")
    assert got["more"] == 1
    nothing = told.joined(own.slice(0, 0))
    assert (nothing.table.num_rows, sum(nothing.counts.values())) == (0, 0)


# ---- real data --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(shared_data: Path) -> metadata.Metadata:
    folder = shared_data / "the-movies-dataset"
    if not folder.exists():
        pytest.skip(f"no the-movies-dataset in {shared_data}")
    return metadata.read(folder)


def test_the_real_files_are_read_whole(real: metadata.Metadata) -> None:
    assert len(real.movies) == 45_433
    assert real.tables["metadata"].bad == {"unparsable id": 3}
    assert not real.tables["keywords"].bad
    assert real.movies["862"].keywords[:2] == ("jealousy", "toy")


def published(folder: Path, name: str, file: str, mark: str) -> pa.Table:
    """Ids and titles as they stand in a zip of a set without links."""
    with zipfile.ZipFile(folder / f"{name}.zip") as archive:
        lines = archive.read(f"{name}/{file}").decode("latin-1").splitlines()
    return items(*(line.split(mark)[:2] for line in lines))


@pytest.fixture(scope="module")
def small(latest_small: Path) -> pa.Table:
    return load(latest_small / "ml-latest-small.zip").item_table


def test_movie_110_is_braveheart(
    real: metadata.Metadata, small: pa.Table, latest_small: Path
) -> None:
    for table, braveheart, red, share in (
        (small, "110", "306", 0.97),
        (published(latest_small, "ml-1m", "movies.dat", "::"), "110", "306", 0.94),
        (published(latest_small, "ml-100k", "u.item", "|"), "22", "59", 0.9),
    ):
        joined = real.joined(table)
        found = {row["item_id"]: row for row in joined.table.to_pylist()}
        assert found[braveheart]["title"] == "Braveheart (1995)"
        assert found[braveheart]["tmdb_id"] == "197"
        assert found[braveheart]["release_date"] == real.movies["197"].release_date
        assert "scotland" in found[braveheart]["keywords"]
        assert found[red]["title"].startswith("Three Colors: Red")
        assert [id_ for id_, row in found.items() if row["tmdb_id"] == "110"] == [red]
        assert found["1"]["keywords"][:2] == ["jealousy", "toy"]
        assert sum(joined.met) > share * len(joined.met)


def test_titles_without_links_lead_where_links_do(real: metadata.Metadata, small: pa.Table) -> None:
    met = real.joined(small.drop_columns(["imdb_id", "tmdb_id"])).table.column("tmdb_id")
    pairs = list(zip(met.to_pylist(), small.column("tmdb_id").to_pylist(), strict=True))
    assert sum(a == b for a, b in pairs if a) > 9_250
    assert sum(a != b for a, b in pairs if a) <= 4


def test_years_of_all_real_titles(shared_data: Path) -> None:
    path = shared_data / "movies-only" / "ml-25m-movies.csv"
    if not path.exists():
        pytest.skip(f"no {path}")
    with path.open(encoding="utf-8", newline="") as file:
        titles = [row["title"] for row in csv.DictReader(file)]
    years = {title: year_of(title) for title in titles}
    usual = {
        t: int(t.rstrip()[-5:-1])
        for t in titles
        if t.rstrip()[-6:-5] == "(" and t.rstrip()[-5:-1].isdigit()
    }
    assert {t: years[t] for t in usual} == usual
    odd = {t: y for t, y in years.items() if t not in usual and y is not None}
    assert odd["Death Note: Desu nôto (2006–2007)"] == 2006
    assert odd["The Naked Truth (1957) (Your Past Is Showing)"] == 1957
    assert sum(years[t] is None for t in titles) == 409


# ---- the command ------------------------------------------------------------------------


def run(*words: str | Path) -> str:
    result = CliRunner().invoke(app, ["import", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_metadata_beside_ratings_and_alone(tmp_path: Path) -> None:
    folder = official(tmp_path / "f", [BRAVEHEART, RED, SHIFTED])
    ratings, movies = tmp_path / "ratings.csv", tmp_path / "movies.csv"
    ratings.write_text("user,item,rating\nann,110,5\nann,9,x\n")
    movies.write_text(
        "item,title,genres\n110,Braveheart (1995),Children's|unknown\n9,Red (1994),\n"
    )
    bad, w = tmp_path / "bad.csv", tmp_path / "w"
    words = [ratings, "--items", movies, "-w", w, "--rejects", bad]
    told = run(*words, "--metadata", folder)
    assert "Read 3 rows of metadata (movies_metadata.csv" in told
    assert "links and title" in told
    rejected = [line.split(",")[2] for line in bad.read_text().splitlines()]
    assert rejected == ["reason", "unparsable rating", "unparsable id"]
    with Workspace.open(w) as opened:
        kept = {row["item_id"]: row for row in opened.store.items().to_pylist()}
    assert kept["110"]["tmdb_id"] == "197"
    assert kept["110"]["genres"] == ["Children"]
    assert kept["110"]["keywords"] == ["scotland", "king's men"]
    assert kept["9"]["overview"] is None

    official(folder, [row("197", "Braveheart", overview="Freedom.")])
    told = json.loads(run("--metadata", folder, "-w", w, "--rejects", bad, "--json"))
    assert told["metadata"]["joined"]["own links"] == 1
    assert told["metadata"]["tables"]["metadata"]["kept"] == 1
    assert bad.read_text().splitlines() == ["line,column,reason,row,source"]
    out = run("--metadata", folder, "-w", w)
    assert "Described in" in out
    assert out.endswith("Models learn of it when they are trained next: matinee train.\n")
    with Workspace.open(w) as opened:
        item = opened.store.item_index("110")
        known = opened.store.metadata_of(item)
    assert (known["overview"], known["runtime"], known["revenue"]) == ("Freedom.", 90.0, 210e6)


def test_an_import_of_metadata_that_cannot_be(tmp_path: Path) -> None:
    folder, w = official(tmp_path / "f", [RED]), tmp_path / "w"
    with pytest.raises(NotReady, match="no workspace"):
        run("--metadata", folder, "-w", w)
    Workspace.open(w, create=True).close()
    with pytest.raises(NotReady, match="holds no movies"):
        run("--metadata", folder, "-w", w)
    with pytest.raises(InvalidParameter, match="--filter with ratings"):
        run("--metadata", folder, "-w", w, "--filter", "min_mean_rating=3")
    with pytest.raises(UnknownDataset):  # before the ratings are read
        run(tmp_path / "no.csv", "--metadata", tmp_path / "none", "-w", w)
    with pytest.raises(InvalidParameter, match="must name either"):
        run("-w", w)
