"""Finding items by what people call them."""

from __future__ import annotations

import pytest

from matinee.catalogue import TitleIndex, plain, spellings, spoken
from matinee.errors import Ambiguous, UnknownItem

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


@pytest.fixture
def index():
    return TitleIndex(IDS, TITLES, [5, 1, 9, 3, 20, 0, 7, 2])


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
        ("contact", ["i3"]),
        ("heat", ["i6", "i7"]),
        ("heat (1986)", ["i7"]),
        ("i5", ["i5"]),
        ("nothing like it", []),
    ],
)
def test_search(index, text, found):
    assert [IDS[i] for i in index.search(text, 10)] == found


def test_no_text_gives_the_most_rated(index):
    assert [IDS[i] for i in index.search("  ", 3)] == ["i4", "i2", "i6"]


def test_one_item_by_id_or_title(index):
    for text in ("i3", "Star Trek: First Contact", "first contact"):
        assert index.resolve(text) == 3
    with pytest.raises(Ambiguous, match=r"Heat \(1995\).*i6.*Heat \(1986\).*i7"):
        index.resolve("heat")
    with pytest.raises(Ambiguous, match="have in their title.*Star Wars"):
        index.resolve("star")
    with pytest.raises(UnknownItem, match="[Mm]atrix"):
        index.resolve("matrxi")
    with pytest.raises(UnknownItem, match="title 'qqqq'\\.$"):
        index.resolve("qqqq")


def test_spellings():
    assert spellings("L'Avventura (1960)") == ["l'avventura (1960)", "l'avventura"]
    assert "l'avventura" in spellings("Avventura, L' (1960)")
    assert plain("  Ünïcode\tTEXT ") == "unicode text"


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Big Sleep, The (1946)", "The Big Sleep"),
        ("Avventura, L' (1960)", "L'Avventura"),
        ("2001: A Space Odyssey", "2001: A Space Odyssey"),
        ("Paris, Texas (1984)", "Paris, Texas"),
        ("", ""),
    ],
)
def test_titles_are_said_as_one_says_them(title, said):
    assert spoken(title) == said
