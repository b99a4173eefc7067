from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from movielens_folders import DAT, GENOME, LATEST, write
from typer.testing import CliRunner

from matinee.cli import app
from matinee.data import Dataset, Vocabulary, import_ratings, load, merge, specs
from matinee.data.describe import describe
from matinee.data.merging import folder as on_disk
from matinee.data.merging.films import Film, films
from matinee.data.merging.matching import match
from matinee.errors import InvalidInput, UnknownDataset
from matinee.interactions import Interactions
from matinee.storage.workspace import Workspace
from matinee.training import import_once, train

Row = tuple[str, ...]


def table(*rows: tuple[str | None, str | None, str, str | None, str | None]) -> pa.Table:
    """Items: id, title, genres, imdb id, tmdb id."""
    ids, titles, genres, imdb, tmdb = zip(*rows, strict=True) if rows else ((),) * 5
    return pa.table(
        {
            "item_id": pa.array(ids, pa.string()),
            "title": pa.array(titles, pa.string()),
            "genres": pa.array([g.split("|") if g else [] for g in genres], pa.list_(pa.string())),
            "imdb_id": pa.array(imdb, pa.string()),
            "tmdb_id": pa.array(tmdb, pa.string()),
        }
    )


def titled(*titles: str, genres: str = "Drama") -> pa.Table:
    return table(*((str(i), title, genres, None, None) for i, title in enumerate(titles)))


def made(
    name: str,
    items: pa.Table,
    ratings: Sequence[tuple[int, int, float, int]],
    scale: tuple[float, float] | None = (1, 5),
    **more: pa.Table,
) -> Dataset:
    user, item, value, when = (np.array(c) for c in zip(*ratings, strict=True))
    ids = items.column("item_id").to_pylist()
    users = Vocabulary(str(u + 1) for u in range(int(user.max()) + 1))
    return Dataset(
        name,
        Interactions(user, item, value, when, len(users), len(ids)),
        users,
        Vocabulary(ids),
        items,
        pa.table({"user_id": pa.array(users.ids, pa.string())}),
        scale=scale,
        **more,
    )


ONE = made("one", titled("Fargo (1996)", "Heat (1995)"), [(0, 0, 5, 1), (1, 1, 2, 2)])
TWO = made("two", titled("Heat (1995)", "Big Night (1996)"), [(0, 0, 4, 3), (0, 1, 3, 4)])


def pairs(a: pa.Table, b: pa.Table) -> dict[tuple[str, str], str]:
    ids = [t.column("item_id").to_pylist() for t in (a, b)]
    found = match(films(a), films(b)).matches
    return {(ids[0][m.a], ids[1][m.b]): m.how for m in found}


# ---- which items are the same -----------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "how"),
    [
        ("Fargo (1996)", "FARGO (1996)", "title and year"),
        ("Big Sleep, The (1946)", "The Big Sleep (1946)", "title and year"),
        ("Belle de jour (1967)", "Beauty of the Day (Belle de jour) (1967)",
         "another title and year"),
        ("Death Wish II (1982)", "Death Wish 2 (1982)", "title but for small words, and year"),
        ("Star Wars (1977)", "Star Wars: Episode IV - A New Hope (1977)",
         "part of the title, and year"),
        ("Return of the Jedi (1983)", "Star Wars: Episode VI - Return of the Jedi (1983)",
         "part of the title, and year"),
        ("Jane Austen's Mafia! (1998)", "Mafia! (1998)", "part of the title, and year"),
        ("Canadian Bacon (1994)", "Canadian Bacon (1995)", "title, years one apart"),
        ("Paterson", "Paterson (2016)", "title, a year missing"),
        ("Paterson (2016)", "Paterson", "title, a year missing"),
    ],
)  # fmt: skip
def test_titles_that_are_the_same(a: str, b: str, how: str) -> None:
    assert pairs(titled(a), titled(b)) == {("0", "0"): how}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Sabrina (1954)", "Sabrina (1995)"),
        ("Brother's Kiss, A (1997)", "Brother (1997)"),
        ("unknown", "Unknown (2011)"),
        ("Heat (1995)", "Body Heat (1995)"),
    ],
)
def test_titles_that_are_not(a: str, b: str) -> None:
    assert pairs(titled(a), titled(b)) == {}


def test_links_decide_where_both_have_them() -> None:
    a = table(("1", "Léon (1994)", "Drama", "tt0110413", None),
              ("2", "Emma (1996)", "Drama", "116191", "3573"),
              ("3", "Heat (1995)", "Crime", None, "949"),
              ("4", "Eros (2004)", "Drama", None, "1"))  # fmt: skip
    b = table(("7", "The Professional (1994)", "Crime", "0110413", "101"),
              ("8", "Emma (1996)", "Drama", "0118308", "3573"),
              ("9", "Heat, The (1995)", "Action", "0113277", "949"),
              ("10", "Eros (2004)", "Drama", "0377059", None))  # fmt: skip
    # Emma: IMDb says two films, whatever TMDB and the title say. Eros: no kind of link in common.
    assert pairs(a, b) == {("1", "7"): "imdb", ("3", "9"): "tmdb", ("4", "10"): "title and year"}
    doubt = match(films(a), films(b)).doubts
    assert [(d.a, d.b, d.why) for d in doubt] == [((1,), (1,), "their links differ")]


def test_of_several_films_of_one_title_those_with_equal_genres() -> None:
    both = table(("1", "Emma (1996)", "Comedy|Drama", None, None),
                 ("2", "Emma (1996)", "Romance", None, None))  # fmt: skip
    assert pairs(both.slice(1), both) == {("2", "2"): "title and year, same genres"}
    assert pairs(both, both) == {(i, i): "title and year, same genres" for i in "12"}
    other = titled("Emma (1996)", genres="Musical")
    found = match(films(other), films(both))
    assert not found.matches
    assert [(d.a, d.b, d.why) for d in found.doubts] == [((0,), (0, 1), "several fit")]


def test_a_film_that_a_set_holds_twice() -> None:
    twice = titled("Ulee's Gold (1997)", "Fargo (1996)", "Ulee's Gold (1997)")
    found = match(films(twice), films(titled("Ulee's Gold (1997)")))
    assert found.item_a.tolist() == [0, 1, 0]
    assert found.item_b.tolist() == [0]
    assert found.n_items == 2


def test_matches_do_not_depend_on_the_order_of_items() -> None:
    rng = np.random.default_rng(1)
    names = [f"Film {n % 7} ({1990 + n % 3})" for n in range(40)]
    a = [
        Film(
            None,
            None,
            names=(t[:6],),
            pieces=(),
            year=int(t[-5:-1]),
            genres=frozenset({str(n % 2)}),
        )
        for n, t in enumerate(names)
    ]
    b = a[::3]
    p, q = rng.permutation(len(a)), rng.permutation(len(b))
    straight = {(m.a, m.b) for m in match(a, b).matches}
    shuffled = match([a[i] for i in p], [b[j] for j in q]).matches
    assert {(int(p[m.a]), int(q[m.b])) for m in shuffled} == straight


def test_precision_and_recall_where_ids_tell_the_truth(latest_small: Path) -> None:
    """Both sets have the movie ids of MovieLens; the titles alone must find them."""
    tables = []
    for name, file, separator in (("ml-1m", "movies.dat", "::"), ("ml-latest-small", "", ",")):
        with zipfile.ZipFile(latest_small / f"{name}.zip") as archive:
            inside = next(n for n in archive.namelist() if n.endswith(file or "/movies.csv"))
            raw = archive.read(inside)
        if separator == ",":
            rows = list(csv.reader(io.StringIO(raw.decode("utf-8"))))[1:]
        else:
            rows = [line.split(separator) for line in raw.decode("latin-1").splitlines()]
        genres = [g.replace("Children's", "Children") for _, _, g in rows]
        tables.append(table(*((i, t, g, None, None) for (i, t, _), g
                              in zip(rows, genres, strict=True))))  # fmt: skip
    found = pairs(*tables)
    right = sum(a == b for a, b in found)
    shared = len(set(tables[0]["item_id"].to_pylist()) & set(tables[1]["item_id"].to_pylist()))
    assert right / len(found) >= 0.995  # nearly all others are one film under two ids
    assert right / shared >= 0.985


# ---- one set of two ---------------------------------------------------------------------


def test_users_apart_and_items_together() -> None:
    merged = merge(ONE, TWO)
    data = merged.dataset
    assert data.name == "one+two"
    assert data.users.ids == ["one:1", "one:2", "two:1"]
    assert data.items.ids == ["0", "1", "two:1"]
    assert data.item_table["title"].to_pylist() == [
        "Fargo (1996)",
        "Heat (1995)",
        "Big Night (1996)",
    ]
    ratings = data.interactions
    assert ratings.user_index.tolist() == [0, 1, 2, 2]
    assert ratings.item_index.tolist() == [0, 1, 1, 2]
    assert ratings.value is not None
    assert ratings.value.tolist() == [5, 2, 4, 3]
    assert ratings.time is not None
    assert ratings.time.tolist() == [1, 2, 3, 4]
    assert [(s.matched, s.doubtful, s.alone, s.twice, s.dropped) for s in merged.sides] == [
        (1, 0, 1, 0, 0),
        (1, 0, 1, 0, 0),
    ]
    assert merged.how == {"title and year": 1}
    assert merged.matches.to_pylist()[0] == {
        "a_id": "1",
        "a_title": "Heat (1995)",
        "b_id": "0",
        "b_title": "Heat (1995)",
        "item_id": "1",
        "how": "title and year",
    }
    assert merged.examples == {"only in one": ["Fargo (1996)"], "only in two": ["Big Night (1996)"]}
    assert merged.folder is None


def test_of_two_ratings_of_a_film_held_twice_the_latest_stays() -> None:
    twice = made(
        "twice",
        titled("Heat (1995)", "Fargo (1996)", "Heat (1995)"),
        [(0, 0, 1, 9), (0, 2, 5, 3), (1, 2, 4, 1), (1, 1, 2, 1)],
    )
    merged = merge(TWO, twice)
    assert [(s.twice, s.dropped) for s in merged.sides] == [(0, 0), (1, 1)]
    ratings = merged.dataset.interactions
    assert merged.dataset.items.ids == ["0", "1", "twice:1"]
    told = zip(ratings.user_index.tolist(), ratings.item_index.tolist(), strict=True)
    assert list(told) == [(0, 0), (0, 1), (1, 0), (2, 0), (2, 2)]
    assert ratings.matrix[1, 0] == 1
    assert merge(twice, TWO).dataset.items.ids == ["0", "1", "two:1"]


def naive(sides: Sequence[Dataset], ids: Sequence[dict[str, str]]) -> dict[Row, tuple[float, int]]:
    """(user, merged item) -> rating and time, of rows one by one; the latest, then the last."""
    found: dict[Row, tuple[float, int]] = {}
    for side, renamed in zip(sides, ids, strict=True):
        r = side.interactions
        assert r.value is not None
        assert r.time is not None
        for u, i, v, t in zip(r.user_index, r.item_index, r.value, r.time, strict=True):
            key = f"{side.name}:{side.users.ids[u]}", renamed[side.items.ids[i]]
            if key not in found or found[key][1] <= t:
                found[key] = float(v), int(t)
    return found


def test_ratings_are_those_of_both_sets_row_by_row() -> None:
    rng = np.random.default_rng(3)
    sides = []
    for name in "ab":
        titles = [f"Film {n} ({1990 + n})" for n in rng.integers(0, 30, 40)]
        user, item = np.nonzero(rng.random((9, 40)) < 0.5)
        rows = zip(user, item, rng.integers(1, 6, len(user)), rng.integers(0, 9, len(user)),
                   strict=True)  # fmt: skip
        sides.append(made(name, titled(*titles), list(rows)))
    merged = merge(*sides)
    ids: list[dict[str, str]] = [{}, {}]
    for row in merged.matches.to_pylist():
        for renamed, key in zip(ids, ("a_id", "b_id"), strict=True):
            if row[key] is not None:
                renamed[row[key]] = row["item_id"]
    data, r = merged.dataset, merged.dataset.interactions
    assert r.value is not None
    assert r.time is not None
    got = {
        (data.users.ids[u], data.items.ids[i]): (float(v), int(t))
        for u, i, v, t in zip(r.user_index, r.item_index, r.value, r.time, strict=True)
    }
    assert got == naive(sides, ids)
    assert len(r) == len(got) == sum(s.ratings - s.dropped for s in merged.sides)
    assert sum(s.dropped for s in merged.sides) > 10
    assert set(data.item_table["title"].to_pylist()) == {
        t for s in sides for t in s.item_table["title"].to_pylist()
    }


def test_tables_are_taken_from_the_set_that_tells_more() -> None:
    a = table(("1", "Professional, The (1995)", "Drama", None, None),
              ("2", "Heat (1995)", "", None, None))  # fmt: skip
    b = table(("5", "Professional, The (Léon) (1994)", "Crime|Drama", "110413", "101"),
              ("6", "Heat (1995)", "Crime", None, "949"))  # fmt: skip
    a = a.append_column("year", pa.array([1995, None], pa.int32()))
    b = b.append_column("year", pa.array([1994, 1995], pa.int32()))
    b = b.append_column("overview", pa.array(["A killer.", None]))
    merged = merge(made("a", a, [(0, 0, 3, 1)]), made("b", b, [(0, 1, 3, 1)])).dataset
    assert merged.item_table.to_pylist() == [
        {"item_id": "1", "title": "Professional, The (Léon) (1994)", "genres": ["Crime", "Drama"],
         "imdb_id": "110413", "tmdb_id": "101", "year": 1994, "overview": "A killer."},
        {"item_id": "2", "title": "Heat (1995)", "genres": ["Crime"], "imdb_id": None,
         "tmdb_id": "949", "year": 1995, "overview": None},
    ]  # fmt: skip


def test_profiles_tags_and_the_genome_come_along(tmp_path: Path) -> None:
    a = write(tmp_path / "a", DAT, "latin-1")
    movies = {"movies.csv": LATEST["movies.csv"].replace("NA,", "Léon: The (1994),")}
    b = write(tmp_path / "b", LATEST | GENOME | movies)
    data = merge(a, b).dataset
    assert data.users.ids == ["a:1", "a:2", "b:3", "b:7", "b:9"]
    assert data.items.ids == ["10", "20", "b:10", "b:30"]  # the 10 of both are not the same
    people = data.user_table.to_pylist()
    assert (people[0]["gender"], people[0]["age"], people[2]["gender"]) == ("F", 16, None)
    assert data.scale == (0.5, 5)
    assert data.item_table["tmdb_id"].to_pylist() == [None, None, "603", "862"]
    assert data.tags is not None
    # Nobody rated as 9, whose tag stays apart all the same.
    assert data.tags["user_id"].to_pylist() == ["b:3", "b:9"]
    assert data.tags["item_id"].to_pylist() == ["b:10", "b:10"]
    assert data.genome is not None
    assert data.genome.to_pylist()[0] == {"item_id": "b:10", "tag": "007", "relevance": 0.25}
    again = merge(b, write(tmp_path / "c", LATEST | GENOME | {"ratings.csv": (
        "userId,movieId,rating,timestamp\n1,10,4,5\n")}))  # fmt: skip
    assert again.how == {"imdb": 3}
    assert again.dataset.genome is not None
    assert again.dataset.genome.num_rows == 4  # each item's of one set only


def test_ids_never_collide(tmp_path: Path) -> None:
    odd = made("odd", table(("two:1", "Fargo (1996)", "Drama", None, None)), [(0, 0, 3, 1)])
    assert merge(odd, TWO).dataset.items.ids == ["two:1", "two-2:0", "two-2:1"]
    namesake = made("one", titled("Seven (1995)", "Up (2009)"), [(0, 0, 1, 1), (1, 1, 1, 1)])
    both = merge(ONE, namesake).dataset
    assert both.name == "one+one-2"
    assert both.users.ids == ["one:1", "one:2", "one-2:1", "one-2:2"]


def test_three_sets(tmp_path: Path) -> None:
    third = made("three", titled("Heat (1995)", "Up (2009)"), [(0, 0, 1, 5), (0, 1, 2, 5)])
    first = merge(ONE, TWO, tmp_path / "ab")
    whole = merge(tmp_path / "ab", third, tmp_path / "abc").dataset
    assert whole.name == "one+two+three"
    assert whole.users.ids == ["one:1", "one:2", "two:1", "three:1"]
    assert whole.items.ids == ["0", "1", "two:1", "three:1"]
    other = merge(third, first.dataset).dataset
    assert other.users.ids == ["three:1", "one:1", "one:2", "two:1"]
    assert len(other.items) == 4
    assert [s.name for s in specs.read(tmp_path / "abc").origins()] == ["one", "two", "three"]
    assert load(tmp_path / "abc").users.ids == whole.users.ids
    with pytest.raises(InvalidInput, match=r"two \(in one\+two\+three\) and two have the same"):
        merge(tmp_path / "abc", TWO)


# ---- what cannot be joined --------------------------------------------------------------


def without_values(name: str) -> Dataset:
    items = titled("Heat (1995)")
    made_up = made(name, items, [(0, 0, 1, 1)], scale=None)
    return Dataset(name, Interactions([0], [0], n_users=1, n_items=1), made_up.users,
                   made_up.items, items, made_up.user_table)  # fmt: skip


def rated(name: str, scale: tuple[float, float] | None, *values: float) -> Dataset:
    items = titled(*(f"Film {n} (2000)" for n in range(len(values))))
    return made(name, items, [(0, n, v, 1) for n, v in enumerate(values)], scale)


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (ONE, ONE, "must be different ones"),
        (ONE, without_values("two"), "two has only choices, one has ratings"),
        (ONE, rated("ten", (1, 10), 7), r"one has 1..5 and ten has 1..10"),
        (rated("found", None, 1, 10), ONE, r"found has 1..10 and one has 1..5"),
        (rated("five", (1, 5), 3), rated("six", (1, 6), 4), r"1..5 and six has 1..6"),
        (ONE, made("bare", titled("x").select(["item_id"]), [(0, 0, 1, 1)]), "titles or links"),
    ],
)
def test_what_cannot_be_joined(one: Dataset, other: Dataset, told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        merge(one, other)


def test_scales_that_mean_the_same() -> None:
    assert merge(ONE, rated("half", (0.5, 5), 3, 4)).dataset.scale == (0.5, 5)
    assert merge(ONE, rated("found", None, 1, 5)).dataset.scale == (1, 5)
    assert merge(without_values("a"), without_values2()).dataset.interactions.value is None


def without_values2() -> Dataset:
    items = titled("Up (2009)", "Heat (1995)")
    plain = made("b", items, [(0, 0, 1, 1)], scale=None)
    return Dataset("b", Interactions([0], [0], n_users=1, n_items=2), plain.users,
                   plain.items, items, plain.user_table)  # fmt: skip


def test_a_set_without_ratings_and_one_without_times() -> None:
    items = titled("Up (2009)")
    nobody = Vocabulary([])
    people = pa.table({"user_id": pa.array([], pa.string())})
    empty = Dataset("empty", Interactions([], [], [], n_users=0, n_items=1), nobody,
                    Vocabulary(["0"]), items, people)  # fmt: skip
    for data in (merge(ONE, empty).dataset, merge(empty, ONE).dataset):
        assert (len(data.interactions), len(data.items), data.scale) == (2, 3, (1, 5))
    untimed = Dataset("untimed", Interactions([0], [0], [3.0], n_users=1, n_items=1),
                      Vocabulary(["7"]), Vocabulary(["0"]), items,
                      pa.table({"user_id": ["7"]}), scale=(1, 5))  # fmt: skip
    time_ = merge(ONE, untimed).dataset.interactions.time
    assert time_ is not None
    assert time_.tolist() == [1, 2, 0]


def test_sources_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(UnknownDataset, match="ml-99m"):
        merge("ml-99m", ONE, tmp_path / "x")
    with pytest.raises(UnknownDataset, match=r"ratings\.csv and movies\.csv"):
        merge(write(tmp_path / "b", {"movies.csv": "movieId,title,genres\n"}), ONE)
    ratings = write(tmp_path / "c", {"r.csv": "user,item,rating\n1,1,5\n"}) / "r.csv"
    with pytest.raises(InvalidInput, match="must have titles or links"):
        merge(ratings, ONE, tmp_path / "x")
    assert not (tmp_path / "x").exists()


# ---- on disk ----------------------------------------------------------------------------


def test_a_folder_is_read_as_it_was_merged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(on_disk, "CHUNK", 2)  # several blocks, each with ids of its own
    a = write(tmp_path / "a", DAT, "latin-1")
    b = write(tmp_path / "b", LATEST | GENOME)
    merged = merge(a, b, tmp_path / "new" / "both")
    data, back = merged.dataset, load(tmp_path / "new" / "both")
    assert os.listdir(tmp_path / "new") == ["both"]
    assert (back.name, back.scale, back.specs) == (data.name, data.scale, data.specs)
    assert (back.users.ids, back.items.ids) == (data.users.ids, data.items.ids)
    for name in ("user_index", "item_index", "value", "time"):
        np.testing.assert_array_equal(
            getattr(back.interactions, name), getattr(data.interactions, name)
        )
    for name in ("item_table", "user_table", "tags", "genome"):
        assert getattr(back, name).to_pylist() == getattr(data, name).to_pylist()
    assert pq.read_table(tmp_path / "new" / "both" / "matches.parquet").equals(merged.matches)
    told = specs.read(tmp_path / "new" / "both")
    assert told.sizes == {"users": 5, "items": 5, "ratings": 6, "tags": 2, "genome": 4}
    assert told.words["tag"] == specs.Words(2, 2)
    assert told.sources[0].files["ratings.dat"].bytes == len(DAT["ratings.dat"])
    # Anybody's reader finds ids in it, not our numbers.
    assert import_ratings(tmp_path / "new" / "both" / "ratings.parquet").kept == 6
    facts = describe(back)
    assert (facts.name, facts.people, facts.tags, facts.folds) == ("a+b", 2, 2, ())


def test_a_place_that_is_taken(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("mine")
    with pytest.raises(InvalidInput, match=r"x must not exist yet"):
        merge(ONE, TWO, tmp_path / "x")
    assert (tmp_path / "x").read_text() == "mine"


def test_a_failing_merge_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: object) -> None:
        raise RuntimeError("pulled out")

    monkeypatch.setattr(specs, "write", failing)
    with pytest.raises(RuntimeError):
        merge(ONE, TWO, tmp_path / "x")
    assert os.listdir(tmp_path) == []


@pytest.mark.slow
def test_a_killed_merge_leaves_the_name_free(shared_data: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "matinee", "data", "merge", "ml-1m", "ml-100k", "--to", "x"]
    begun = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)  # fmt: skip
    while not list(tmp_path.glob(".x.*.tmp/ratings.parquet")):
        assert begun.poll() is None
        time.sleep(0.001)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    assert not (tmp_path / "x").exists()
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert len(load(tmp_path / "x").interactions) > 1_099_000


def test_a_merged_set_in_a_workspace(tmp_path: Path) -> None:
    merge(ONE, TWO, tmp_path / "both")
    with Workspace.open(tmp_path / "w", create=True) as workspace:
        import_once(workspace, str(tmp_path / "both"))
        import_once(workspace, str(tmp_path / "both"))
        assert workspace.store.n_ratings() == 4
        assert workspace.store.setting("scale") == "1:5"
        trained = train(workspace, ["popularity"])[0]
        told = specs.parsed(workspace.manifest(trained.archive_id)["details"]["specs"])
        assert [s.name for s in told.origins()] == ["one", "two"]
        # One title less matches now: the store would hold one rating under two ids.
        heat = made("two", titled("Heatwave (1995)", "Big Night (1996)"), [(0, 0, 4, 3)])
        merge(ONE, heat, tmp_path / "anew" / "both")
        with pytest.raises(InvalidInput, match=r"holds it as of .* with 1 match.* with 0 \("):
            import_once(workspace, str(tmp_path / "anew" / "both"))
        assert workspace.store.n_ratings() == 4


# ---- the command ------------------------------------------------------------------------


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "one", DAT, "latin-1")
    write(tmp_path / "two", LATEST)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["data", "merge", "one", "two"])
    assert result.exit_code == 0, result.output
    assert "Not matched" in result.stdout
    assert "one+two: 6 ratings, kept as they are, on 0.5..5; 5 users, 5 items" in result.stdout
    result = CliRunner().invoke(app, ["data", "merge", "one", "two", "--to", "x", "--json"])
    told = json.loads(result.stdout)
    assert (told["name"], told["folder"], told["sizes"]["ratings"]) == ("one+two", "x", 6)
    result = CliRunner().invoke(app, ["data", "describe", "x", "--json"])
    assert json.loads(result.stdout)["items"] == 5
