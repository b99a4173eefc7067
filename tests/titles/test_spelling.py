"""How titles are taken apart, said and compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.titles import match_keys, parts, plain, spellings, spoken
from matinee.titles.spelling import figures, without_article


@pytest.mark.parametrize(
    ("title", "name", "year", "others"),
    [
        ("Fargo (1996)", "Fargo", 1996, ()),
        ("Fargo", "Fargo", None, ()),
        ("Matrix, The (1999)", "The Matrix", 1999, ()),
        (
            "City of Lost Children, The (Cité des enfants perdus, La) (1995)",
            "The City of Lost Children",
            1995,
            ("La Cité des enfants perdus",),
        ),
        (
            "36th Chamber of Shaolin, The (Shao Lin san shi liu fang) (Master Killer) (1978)",
            "The 36th Chamber of Shaolin",
            1978,
            ("Shao Lin san shi liu fang", "Master Killer"),
        ),
        (
            "Men in Black II (a.k.a. MIIB) (a.k.a. MIB 2) (2002)",
            "Men in Black II",
            2002,
            ("MIIB", "MIB 2"),
        ),
        (
            "Law, The (a.k.a. Where the Hot Wind Blows!) (Legge, La) (1958)",
            "The Law",
            1958,
            ("Where the Hot Wind Blows!", "La Legge"),
        ),
        (
            "Naked Truth, The (1957) (Your Past Is Showing)",
            "The Naked Truth",
            1957,
            ("Your Past Is Showing",),
        ),
        ("Death Note: Desu nôto (2006–2007)", "Death Note: Desu nôto", 2006, ()),
        ("Twin Peaks (1989- )", "Twin Peaks", 1989, ()),
        ("Deadly Advice(1994)", "Deadly Advice", 1994, ()),
        ("Mona and the Time (Mona ja) (1983))", "Mona and the Time", 1983, ("Mona ja",)),
        (
            "Every Man for Himself (Sauve qui peut (la vie)) (1980)",
            "Every Man for Himself",
            1980,
            ("Sauve qui peut (la vie)",),
        ),
        ("Babies (Bébé(s)) (2010)", "Babies", 2010, ("Bébé(s)",)),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009, ()),
        ("Steak (R)évolution (2014)", "Steak (R)évolution", 2014, ()),
        ("Che (Part 1) (2008)", "Che (Part 1)", 2008, ()),
        ("2001: A Space Odyssey (1968)", "2001: A Space Odyssey", 1968, ()),
        ("1984 (Nineteen Eighty-Four) (1984)", "1984", 1984, ("Nineteen Eighty-Four",)),
        ("Me, Myself & Irene (2000)", "Me, Myself & Irene", 2000, ()),
        ("Blade Runner 2049", "Blade Runner 2049", None, ()),
        ("The Republic ", "The Republic", None, ()),
        ("(2005)", "(2005)", None, ()),
        ("", "", None, ()),
    ],
)
def test_parts(title, name, year, others):
    assert parts(title) == (name, year, others)


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("Big Sleep, The (1946)", "The Big Sleep"),
        ("Avventura, L' (1960)", "L'Avventura"),
        ("Misérables, Les", "Les Misérables"),
        ("Boot, Das", "Das Boot"),
        ("Norte, El", "El Norte"),
        ("Olvidados, Los", "Los Olvidados"),
        ("Postino, Il", "Il Postino"),
        ("Vitelloni, I", "I Vitelloni"),
        ("Femme est une femme, Une", "Une Femme est une femme"),
        ("Sjunde inseglet, Det", "Det Sjunde inseglet"),
        (
            "Human Centipede II (Full Sequence), The (2011)",
            "The Human Centipede II (Full Sequence)",
        ),
        ("2001: A Space Odyssey", "2001: A Space Odyssey"),
        ("Paris, Texas (1984)", "Paris, Texas"),
        ("Monsters, Inc. (2001)", "Monsters, Inc."),
        (", The", ", The"),
        ("", ""),
    ],
)
def test_titles_are_said_as_one_says_them(title, said):
    assert spoken(title) == said


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("  Ünïcode\tTEXT ", "unicode text"),
        ("Straße, Łódź & Smørrebrød: œuvre æther", "strasse lodz and smorrebrod oeuvre aether"),
        ("İstanbul'da ışık", "istanbulda isik"),
        ("Schindler’s List", "schindlers list"),
        ("L' Avventura", "lavventura"),
        ("E.T. the Extra-Terrestrial", "et the extra terrestrial"),
        ("M*A*S*H", "mash"),
        ("8½", "8 1 2"),
        ("Alien³", "alien 3"),
        ("Romeo + Juliet", "romeo and juliet"),
        ("Ουζερί Τσιτσάνης", "ουζερι τσιτσανησ"),
        ("???", "???"),
        ("", ""),
    ],
)
def test_plain(text, compared):
    assert plain(text) == compared


def test_catalogues_are_joined_by_keys():
    ours = match_keys("Amelie (Fabuleux destin d'Amélie Poulain, Le) (2001)")
    assert ours == ("amelie", "le fabuleux destin damelie poulain")
    assert set(ours) & set(match_keys("Le Fabuleux Destin d’Amélie Poulain"))
    assert match_keys("Oscar and Lucinda (a.k.a. Oscar & Lucinda) (1997)") == ("oscar and lucinda",)
    assert match_keys("") == match_keys("  ") == ()


def test_spellings():
    assert spellings("L'Avventura (1960)") == {"lavventura": 0, "avventura": 1}
    assert spellings("Avventura, L' (1960)") == spellings("L'Avventura")
    assert spellings("Rocky II (1979)") == {"rocky ii": 0, "rocky 2": 1}
    found = spellings("Matrix, The (1999)", ["La Matriz", None, "The Matrix"])
    assert found == {"the matrix": 0, "matrix": 1, "la matriz": 2, "matriz": 3}
    assert list(spellings("Die Hard (1988)")) == ["die hard"]


def test_numbers_and_articles():
    assert figures("i robot part three") == "i robot part 3"
    assert figures("twelve monkeys") == "12 monkeys"
    assert figures("x men") == "x men"
    assert without_article("the the") == "the"
    assert without_article("the") == "the"


@given(st.text())
def test_any_text_has_parts_and_keys(text):
    name, year, others = parts(text)
    assert year is None or 1800 <= year < 2100
    assert all(others)
    assert isinstance(name, str)
    for key in match_keys(text):
        assert key == " ".join(key.split()) == plain(key)
    assert plain(text) == plain(plain(text))
