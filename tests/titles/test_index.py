"""Finding items by what people call them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from matinee.errors import Ambiguous, UnknownItem
from matinee.titles import TitleIndex

TITLES = [
    "Matrix, The (1999)",
    "Cité des enfants perdus, La (1995)",
    "Star Wars (1977)",
    "Star Trek: First Contact (1996)",
    "Mustard (2001)",
    None,
    "Heat (1995)",
    "Heat (1986)",
]
IDS = [f"i{n}" for n in range(len(TITLES))]
OTHERS = [
    "Fargo (1996)",
    "Rocky (1976)",
    "Rocky II (1979)",
    "Spider-Man (2002)",
    "Godfather, The (1972)",
    "Godfather: Part II, The (1974)",
    "King Kong (1933)",
    "King Kong (1976)",
    "King Kong (2005)",
    "Blade Runner (1982)",
    "Blade Runner 2049 (2017)",
    "Matrix Reloaded, The (2003)",
    "Matrix, The (1999)",
    "Seven Samurai (Shichinin no samurai) (1954)",
    "Seven (a.k.a. Se7en) (1995)",
    "7 (2003)",
    "Good, the Bad and the Ugly, The (Buono, il brutto, il cattivo, Il) (1966)",
    "Undated Picture",
    "Terminator 2: Judgment Day (1991)",
    "Making of Terminator 2, The (1991)",
]


@pytest.fixture
def index():
    return TitleIndex(IDS, TITLES, [5, 1, 9, 3, 20, 0, 7, 2])


@pytest.fixture
def others():
    return TitleIndex([f"o{n}" for n in range(len(OTHERS))], OTHERS, [0] * len(OTHERS))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("star", ["i2", "i3", "i4"]),
        ("STAR  wars", ["i2"]),
        ("the matrix", ["i0"]),
        ("matrix", ["i0"]),
        ("the matrix (1999)", ["i0"]),
        ("cite des", ["i1"]),
        ("la cite des enfants perdus", ["i1"]),
        ("perdus enfants", ["i1"]),
        ("contact", ["i3"]),
        ("heat", ["i6", "i7"]),
        ("heat (1986)", ["i7", "i6"]),
        ("heat (19", ["i6", "i7"]),
        ("ustar", ["i4", "i2", "i3"]),
        ("i5", ["i5"]),
        ("nothing like it", []),
        ("()", []),
    ],
)
def test_search(index, text, found):
    assert [IDS[i] for i in index.search(text, 10)] == found


def test_no_text_gives_the_most_rated(index):
    assert [IDS[i] for i in index.search("  ", 3)] == ["i4", "i2", "i6"]


def test_an_index_of_nothing():
    empty = TitleIndex([], [], [])
    assert empty.search("x", 3) == empty.search("", 3) == empty.nearest("x", 3) == []
    with pytest.raises(UnknownItem, match="title 'x'\\.$"):
        empty.resolve("x")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("frago", "Fargo (1996)"),
        ("fargo 1997", "Fargo (1996)"),
        ("king kong 1976", "King Kong (1976)"),
        ("king kong (2004)", "King Kong (2005)"),
        ("kign kong 1976", "King Kong (1976)"),
        ("rocky 2", "Rocky II (1979)"),
        ("rokcy two", "Rocky II (1979)"),
        ("spiderman", "Spider-Man (2002)"),
        ("god father", "Godfather, The (1972)"),
        ("godfather 1974", "Godfather: Part II, The (1974)"),
        ("blade runner 2049", "Blade Runner 2049 (2017)"),
        ("blade runer 1982", "Blade Runner (1982)"),
        ("bade runner 2049", "Blade Runner 2049 (2017)"),
        ("matrx", "Matrix, The (1999)"),
        ("reloaded matrix", "Matrix Reloaded, The (2003)"),
        ("shichinin no samuray", "Seven Samurai (Shichinin no samurai) (1954)"),
        ("il buono il bruto", OTHERS[16]),
        ("undated pictrue 1950", "Undated Picture"),
    ],
)
def test_what_is_typed_with_mistakes(others, text, first):
    assert OTHERS[others.search(text, 5)[0]] == first


def test_ranked_by_fit_then_ratings_then_shorter_names():
    titles = ["Alien Nation (1988)", "Aliens (1986)", "Alien (1979)", "My Alien (2000)"]
    rated = TitleIndex(list("abcd"), titles, [9, 50, 3, 99])
    assert rated.search("alien", 9) == [2, 0, 1, 3]
    unrated = TitleIndex(list("abcd"), titles, [0] * 4)
    assert unrated.search("alie", 9) == [2, 1, 0, 3]


def test_other_names_and_years_from_elsewhere():
    index = TitleIndex(
        list("abc"),
        ["Wings of Desire", "City of Angels", "Mirror (1975)"],
        [0, 9, 0],
        years=[1987, 1998, None],
        other_names=["Der Himmel über Berlin", None, "Зеркало"],
    )
    assert index.resolve("himmel uber berlin") == 0
    assert index.resolve("зеркало") == 2
    assert index.search("hmmel uber berlin", 1) == [0]
    assert index.resolve("city of angels 1998") == 1
    assert index.resolve("Mirror 1975") == 2
    with pytest.raises(UnknownItem, match="Did you mean 'City of Angels'"):
        index.resolve("city of angels 1960")


def test_one_item_by_id_or_title(index):
    for text in ("i3", "Star Trek: First Contact", "first contact"):
        assert index.resolve(text) == 3
    with pytest.raises(Ambiguous, match=r"Heat \(1995\).*i6.*Heat \(1986\).*i7") as caught:
        index.resolve("heat")
    assert caught.value.choices == (("i6", "Heat (1995)"), ("i7", "Heat (1986)"))
    with pytest.raises(Ambiguous, match="have in their title.*Star Wars"):
        index.resolve("star")
    with pytest.raises(UnknownItem, match="[Mm]atrix"):
        index.resolve("matrxi")
    with pytest.raises(UnknownItem, match="title 'qqqq'\\.$"):
        index.resolve("qqqq")
    with pytest.raises(UnknownItem, match="title ''\\.$"):
        index.resolve("")


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Fargo", "Fargo (1996)"),
        ("fargo 1997", "Fargo (1996)"),
        ("king kong 1933", "King Kong (1933)"),
        ("The Matrix", "Matrix, The (1999)"),
        ("Matrix", "Matrix, The (1999)"),
        ("rocky", "Rocky (1976)"),
        ("rocky 2", "Rocky II (1979)"),
        ("spiderman", "Spider-Man (2002)"),
        ("the godfather", "Godfather, The (1972)"),
        ("Blade Runner 2049", "Blade Runner 2049 (2017)"),
        ("the blade runner", "Blade Runner (1982)"),
        ("seven", "Seven (a.k.a. Se7en) (1995)"),
        ("7", "7 (2003)"),
        ("Shichinin no samurai", OTHERS[13]),
        ("reloaded", "Matrix Reloaded, The (2003)"),
        ("terminator 2", "Terminator 2: Judgment Day (1991)"),
    ],
)
def test_what_is_clear_resolves(others, text, title):
    assert OTHERS[others.resolve(text)] == title


@pytest.mark.parametrize("text", ["Farg", "Frago", "fargoo", "fargo 1950", "godfathr", "The Matrx"])
def test_what_is_misspelt_does_not(others, text):
    with pytest.raises(UnknownItem, match="Did you mean"):
        others.resolve(text)


def test_namesakes_are_told_apart_by_years(others):
    with pytest.raises(Ambiguous, match="with its year") as caught:
        others.resolve("king kong")
    assert [title for _, title in caught.value.choices] == [
        f"King Kong ({y})" for y in (1933, 1976, 2005)
    ]


@pytest.fixture(scope="module")
def catalogue(latest_small: Path) -> TitleIndex:
    """The titles of ml-25m, counted in ml-latest-small."""
    listed = latest_small / "movies-only" / "ml-25m-movies.csv"
    if not listed.exists():
        pytest.skip(f"no {listed.name} in {listed.parent}")
    titles = [row[1] for row in _rows(listed.read_text("utf-8"))]
    with zipfile.ZipFile(latest_small / "ml-latest-small.zip") as archive:
        movies, ratings = (
            _rows(archive.read(f"ml-latest-small/{name}.csv").decode())
            for name in ("movies", "ratings")
        )
    times = Counter(row[1] for row in ratings)
    counts = {row[1]: times[row[0]] for row in movies}
    return TitleIndex(
        [f"id {n}" for n in range(len(titles))], titles, [counts.get(t, 0) for t in titles]
    )


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))[1:]


@pytest.mark.parametrize("name", ["misspelt", "misspelt_held_out"])
def test_misspelt_titles_among_62_423(catalogue, name):
    """The right one stands first for 95 of 100; see benchmarks/title_search.py."""
    asked = _rows((Path(__file__).parent / f"{name}.csv").read_text("utf-8"))
    assert len(asked) == 200
    wrong = [
        t
        for t, title, _ in asked
        if [catalogue.titles[i] for i in catalogue.search(t, 1)] != [title]
    ]
    assert len(wrong) <= 10, wrong


def test_well_known_titles_among_62_423(catalogue):
    said = {
        "Fargo": "Fargo (1996)",
        "Die Hard": "Die Hard (1988)",
        "The Big Lebowski": "Big Lebowski, The (1998)",
        "la règle du jeu": "Rules of the Game, The (La règle du jeu) (1939)",
        "king kong 1933": "King Kong (1933)",
    }
    for text, title in said.items():
        assert catalogue.titles[catalogue.resolve(text)] == title
    with pytest.raises(UnknownItem, match=r"Did you mean 'Fargo \(1996\)'"):
        catalogue.resolve("Fargoo")
