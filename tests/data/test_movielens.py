from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from movielens_folders import ATOMIC, DAT, DAT_10M, GENOME, LATEST, TABS, write

from matinee.data.dataset import Vocabulary
from matinee.data.genres import genre_list
from matinee.data.movielens.fetch import get
from matinee.data.movielens.layouts import layout, year_of
from matinee.data.movielens.reading import ids_and_index, read
from matinee.errors import InvalidInput, InvalidParameter, UnknownDataset, WrongContent


def rows(table: Any) -> list[dict[str, Any]]:
    return table.to_pylist()


def triples(dataset: Any) -> list[tuple[str, str, float, int]]:
    r = dataset.interactions
    return [
        (dataset.users.ids[u], dataset.items.ids[i], float(v), int(t))
        for u, i, v, t in zip(r.user_index, r.item_index, r.value, r.time, strict=True)
    ]


def test_csv_layout(tmp_path: Path) -> None:
    data = read(write(tmp_path / "ml-latest-small", LATEST))
    assert data.name == "ml-latest-small"
    assert data.scale == (0.5, 5.0)
    assert triples(data) == [
        ("7", "30", 4.5, 978300760),
        ("7", "10", 0.5, 978300000),
        ("3", "30", 3.0, 1000000000),
    ]
    assert data.users.ids == ["3", "7", "9"]  # who gave a tag and no rating
    assert rows(data.item_table) == [
        {
            "item_id": "10",
            "title": "Matrix, The (1999)",
            "year": 1999,
            "genres": ["Action", "Sci-Fi"],
            "imdb_id": "0133093",
            "tmdb_id": "603",
        },
        {
            "item_id": "20",
            "title": "NA",
            "year": None,
            "genres": [],
            "imdb_id": "0000001",
            "tmdb_id": None,
        },
        {
            "item_id": "30",
            "title": "Misérables & Co: Les (2006–2007)",
            "year": 2006,
            "genres": ["Children", "Drama"],
            "imdb_id": "0114709",
            "tmdb_id": "862",
        },
    ]
    assert rows(data.tags) == [
        {"user_id": "3", "item_id": "10", "tag": 'say "hi", Neo', "time": 1000000001},
        {"user_id": "9", "item_id": "10", "tag": "NA", "time": 5},
    ]
    assert data.genome is None
    assert data.folds == {}


def test_genome(tmp_path: Path) -> None:
    genome = read(write(tmp_path, LATEST | GENOME)).genome
    assert [tuple(row.values()) for row in rows(genome)] == [
        ("10", "007", 0.25),
        ("10", "dark", 0.5),
        ("30", "007", 1.0),
        ("30", "dark", 0.0),
    ]
    assert str(genome.schema.field("relevance").type) == "float"


def test_genome_with_a_tag_that_has_no_name(tmp_path: Path) -> None:
    folder = write(tmp_path, LATEST | GENOME | {"genome-tags.csv": "tagId,tag\n2,dark\n"})
    with pytest.raises(WrongContent, match=r"genome-tags\.csv"):
        read(folder)


def test_colons_with_people(tmp_path: Path) -> None:
    data = read(write(tmp_path, DAT, "latin-1"), "ml-1m")
    assert data.scale == (1.0, 5.0)
    assert triples(data)[0] == ("2", "20", 5.0, 978300760)
    assert [row["title"] for row in rows(data.item_table)] == [
        "Léon: The (1994)",
        "Seven::Or Eight (1995)",
    ]
    assert rows(data.item_table)[0]["genres"] == ["Crime", "Children"]
    assert rows(data.user_table) == [
        {"user_id": "1", "age": 16, "gender": "F", "occupation": "K-12 student", "zip": "48067"},
        {
            "user_id": "2",
            "age": 60,
            "gender": "M",
            "occupation": "self-employed",
            "zip": "70072-12",
        },
    ]


def test_colons_with_tags(tmp_path: Path) -> None:
    data = read(write(tmp_path, DAT_10M))
    assert data.scale == (0.5, 5.0)
    assert rows(data.item_table)[0]["title"] == "Léon (1994)"
    assert rows(data.item_table)[1]["genres"] == []
    assert rows(data.tags) == [
        {"user_id": "15", "item_id": "10", "tag": "a::b", "time": 1215184630}
    ]
    assert data.user_table.column_names == ["user_id"]


def test_tabs_and_pipes(tmp_path: Path) -> None:
    data = read(write(tmp_path, TABS, "latin-1"))
    assert triples(data)[1] == ("1", "2", 3.0, 891717742)
    assert [tuple(row.values()) for row in rows(data.item_table)] == [
        ("1", "Café (1995)", 1995, ["Children", "Drama"]),
        ("2", "unknown", None, []),
        ("3", "Never Rated", 1971, ["Action"]),
    ]
    assert rows(data.user_table)[1]["zip"] == "T8H1N"
    train, test = data.folds["u1"]
    assert (train.tolist(), test.tolist()) == ([0, 2], [1])
    assert list(data.folds) == ["u1"]
    split = data.fold("u1")
    assert (len(split.train), split.test.item_index.tolist()) == (2, [1])
    assert "fold u1" in str(split.protocol)
    with pytest.raises(InvalidParameter, match="u1, got 'u9'"):
        data.fold("u9")


def test_a_fold_with_a_foreign_rating(tmp_path: Path) -> None:
    folder = write(tmp_path, TABS | {"u1.test": "9\t9\t3\t1\n"}, "latin-1")
    with pytest.raises(WrongContent, match=r"u1\.test"):
        read(folder)


def test_the_package_index_reads_like_the_published_set(tmp_path: Path) -> None:
    there = read(write(tmp_path / "a", TABS, "latin-1"))
    here = read(write(tmp_path / "b", ATOMIC))
    assert triples(here) == triples(there)
    assert here.user_table.equals(there.user_table)
    assert here.item_table.slice(0, 2).equals(there.item_table.slice(0, 2))
    assert rows(here.item_table)[2]["title"] == "Land (1995) (V)"
    assert rows(here.item_table)[2]["year"] == 1995
    assert set(here.folds) == {"u1", "u2", "u3", "u4", "u5", "ua", "ub"}
    train, test = here.folds["u5"]
    assert (train.tolist(), test.tolist()) == ([0, 1], [2])


def test_items_without_a_row_in_the_table(tmp_path: Path) -> None:
    files = LATEST | {"movies.csv": "movieId,title,genres\n10,A (1999),Drama\n"}
    data = read(write(tmp_path, files))
    assert rows(data.item_table)[1] == {
        "item_id": "30",
        "title": None,
        "year": None,
        "genres": [],
        "imdb_id": "0114709",
        "tmdb_id": "862",
    }


def test_the_layout_shows_in_the_files(tmp_path: Path) -> None:
    for kind, files in (("csv", LATEST), ("dat", DAT), ("100k", TABS), ("atomic", ATOMIC)):
        assert layout(write(tmp_path / kind, files)) == kind
    (tmp_path / "empty").mkdir()
    assert layout(tmp_path / "empty") is None
    assert layout(tmp_path / "missing") is None
    with pytest.raises(UnknownDataset, match=r"movies\.csv"):
        read(tmp_path / "empty")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ratings.csv", "userId,movieId,rating,timestamp\n1,10,3\n"),
        ("ratings.csv", "userId,movieId,rating,timestamp\nbob,10,3,5\n"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n-1,10,3,5\n"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n1,10,,5\n"),
        ("ratings.csv", "userId,movieId,rating,timestamp\n1,10,3,nan\n"),
        ("movies.csv", "movieId,name\n1,x\n"),
        ("movies.csv", "movieId,title,genres\nx,y,z\n"),
        ("links.csv", "movieId\n1\n"),
    ],
)
def test_files_that_do_not_keep_to_their_layout(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(WrongContent, match=name):
        read(write(tmp_path, LATEST | {name: text}))


def test_a_rating_that_is_no_number(tmp_path: Path) -> None:
    text = "userId,movieId,rating,timestamp\n1,10,nan,5\n"
    with pytest.raises(InvalidInput, match="finite"):
        read(write(tmp_path, LATEST | {"ratings.csv": text}))


@pytest.mark.parametrize(
    ("name", "text"), [("u.item", "1|too few\n"), ("u.user", "one|24|M|writer|1\n")]
)
def test_bad_rows_of_pipes(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(WrongContent, match=name):
        read(write(tmp_path, TABS | {name: text}, "latin-1"))


def test_a_set_without_ratings(tmp_path: Path) -> None:
    data = read(write(tmp_path, LATEST | {"ratings.csv": "userId,movieId,rating,timestamp\n"}))
    assert len(data.interactions) == 0
    assert data.users.ids == ["3", "9"]  # of tags
    assert len(data.items) == 3


@pytest.mark.parametrize(
    ("title", "year"),
    [
        ("Toy Story (1995)", 1995),
        ("2001: A Space Odyssey (1968)", 1968),
        ("Land Before Time III (1995) (V)", 1995),
        ("1984 (Nineteen Eighty-Four) (1984)", 1984),
        ("Fawlty Towers (1975-1979)", 1975),
        ("Diplomatic Immunity (2009– )", 2009),
        ("Babylon 5", None),
        ("(500) Days of Summer", None),
    ],
)
def test_years(title: str, year: int | None) -> None:
    assert year_of(title) == year


def test_genres() -> None:
    assert genre_list(["Children's", "(no genres listed)", "Drama", "unknown", ""]) == [
        "Children",
        "Drama",
    ]


@pytest.mark.parametrize("largest", [50, 2**31 - 1])
def test_ids_and_index_is_unique(largest: int) -> None:
    ids = np.random.default_rng(3).integers(0, largest, 40).astype(np.int32)
    distinct, index = ids_and_index(ids, [largest, 0])
    expected = np.unique(np.append(ids, [largest, 0]))
    assert distinct.tolist() == expected.tolist()
    assert index.dtype == np.int32
    assert (distinct[index] == ids).all()


REAL = {
    "ml-100k": (943, 1682, 100_000, 3.52986),
    "ml-1m": (6040, 3883, 1_000_209, 3.581564),
    "ml-latest-small": (610, 9742, 100_836, 3.501557),
}

GENRES = {
    *("Action", "Adventure", "Animation", "Children", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller"),
    *("War", "Western"),
}


@pytest.mark.parametrize("name", REAL)
def test_real_sets(name: str, shared_data: Path, tmp_path_factory: Any, monkeypatch: Any) -> None:
    users, items, ratings, mean = REAL[name]
    monkeypatch.setenv("MATINEE_DATA", str(shared_data))
    monkeypatch.setenv("MATINEE_CACHE", str(tmp_path_factory.mktemp("cache")))
    data = read(get(name), name)
    assert (len(data.users), len(data.items), len(data.interactions)) == (users, items, ratings)
    assert data.interactions.value is not None
    assert data.interactions.value.mean(dtype=float) == pytest.approx(mean, abs=1e-6)
    assert data.users.ids == Vocabulary.ordered(reversed(data.users.ids)).ids
    assert data.items.ids == Vocabulary.ordered(reversed(data.items.ids)).ids
    genres = {g for row in data.item_table.column("genres").to_pylist() for g in row}
    assert genres - {"IMAX"} == GENRES
    if name == "ml-100k":
        check_folds(data)
    if name == "ml-latest-small":
        assert len(data.tags) == 3683


def check_folds(data: Any) -> None:
    for k in range(5):
        train, test = data.folds[f"u{k + 1}"]
        assert test.tolist() == list(range(k * 20_000, (k + 1) * 20_000))
        assert len(np.union1d(train, test)) == 100_000
    for name, low in (("ua", 0), ("ub", 10)):
        seen: dict[int, int] = {}
        expected = []
        for row, user in enumerate(data.interactions.user_index.tolist()):
            if low <= seen.get(user, 0) < low + 10:
                expected.append(row)
            seen[user] = seen.get(user, 0) + 1
        assert data.folds[name][1].tolist() == expected
