"""How a title is written, said and compared.

Catalogues write "City of Lost Children, The (Cité des enfants perdus, La) (1995)". People say
"The City of Lost Children", and type "city of lost children" or "la cite des enfants perdus".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import NamedTuple


class TitleParts(NamedTuple):
    """A title taken apart.

    Attributes
    ----------
    name
        As one says it: the article in front, neither year nor other names.
    year
        Of its first showing; None where the title gives none.
    alternatives
        Its other names, as one says them, in the order in which the title gives them.
    """

    name: str
    year: int | None
    alternatives: tuple[str, ...]


_YEAR = re.compile(r"\(\s*(1[89]\d\d|20\d\d)\s*(?:[-–—/]\s*(?:\d{2,4})?\s*)?\)")
_SIMPLE = re.compile(r"([^()]*[^()\s])(?:\s+\((1[89]\d\d|20\d\d)\))?\s*")
# Behind the year it says that a movie came out on video, or is the second of that name and year.
_MEDIUM = re.compile(r"\((?:TV|VG?|[IVX]+)\)")
_NUMBER_OF_SERIES = re.compile(
    r"\((?:(?:part|vol(?:ume)?|no)\b[^()]*|[ivx]+|\d\d?)\)", re.IGNORECASE
)
_ALSO_KNOWN_AS = re.compile(r"\s*(?:a\.?\s?k\.?\s?a\.?|a/k/a|also known as)(?=[\s:])[\s:]*", re.I)
_ARTICLE = re.compile(
    r"(.*[^\s,]),\s+(the|an?|l[ae]s?|l['’]|une?|el|los|una|un['’]|unos|unas|il|i|lo|gli|uno"
    r"|de[rnt]?|die|das|eine?|het|een|en|et|ett|os?|as|uma?|ha-|az)\s*",
    re.IGNORECASE | re.DOTALL,
)

# What decomposition leaves whole, though people type it otherwise.
_LETTERS = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ı": "i"}
)
_ATTACHED_NUMBER = re.compile("(?=[¹²³¼-¾⁰-₉⅐-ↈ])")
_APOSTROPHE = re.compile(r"(?<=\bl)['’]\s*|['’‘`´ʼ]")
_INITIALS = re.compile(r"\b[^\W\d_](?:[.*][^\W\d_]\b)+")
_NOT_WORDS = re.compile(r"[\W_]+")

# "Die" is not among them, for "Die Hard".
_LEADING = frozenset(re.split(" ", "the a an la le les el los las il gli lo das der une"))
_ROMAN = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
)
_FIGURES = {
    word: str(number)
    for words in (_ROMAN, _WORDS)
    for number, word in enumerate(words.split(), start=1)
}


def plain(text: str) -> str:
    """`text` as it is compared: small letters without accents, words and numbers, single blanks.

    "&" and " + " are "and", apostrophes vanish ("Schindler's" is "schindlers"), initials are one
    word ("E.T." is "et"), all other punctuation parts words. Letters of other alphabets stay. What
    holds neither letter nor number ("???") stays as it is, so that it still differs from the rest.
    """
    folded = text.lower() if text.isascii() else _folded(text)
    words = _APOSTROPHE.sub("", folded.replace("&", " and ").replace(" + ", " and "))
    if "." in words or "*" in words:
        words = _INITIALS.sub(lambda found: re.sub("[.*]", "", found[0]), words)
    return _NOT_WORDS.sub(" ", words).strip() or " ".join(folded.split())


def _folded(text: str) -> str:
    """Small letters without accents; "8½" is "8 1/2" and "Alien³" is "alien 3"."""
    apart = unicodedata.normalize("NFKD", _ATTACHED_NUMBER.sub(" ", text)).casefold()
    apart = unicodedata.normalize("NFKD", apart)
    bare = "".join(c for c in apart if c.isascii() or unicodedata.category(c)[0] != "M")
    return bare.translate(_LETTERS)


def parts(title: str) -> TitleParts:
    """Take a title apart: name, year, and the other names that stand behind it in brackets.

    The year is the last one in brackets of its own; of a span ("2005-2006") it is the first. Behind
    the name every pair of brackets holds another name, but for "(Part 1)" and the like, which
    belong to the name. Brackets within a name, and a title that is all brackets, stay.
    """
    simple = _SIMPLE.fullmatch(title)
    if simple:  # nearly all are, and this is four times as fast
        return TitleParts(_turned(simple[1].strip()), int(simple[2]) if simple[2] else None, ())
    rest, year, others = title.strip(), None, []
    if rest.endswith("))") and rest.count(")") > rest.count("("):
        rest = rest[:-1]
    while start := _last_brackets(rest):
        group, before = rest[start:], rest[:start].rstrip()
        found = _YEAR.fullmatch(group)
        if found and year is None:
            year = int(found[1])
        elif _MEDIUM.fullmatch(group) and _YEAR.fullmatch(before[_last_brackets(before) :]):
            pass
        elif _NUMBER_OF_SERIES.fullmatch(group) or before == rest[:start]:
            break
        else:
            others.append(_turned(_ALSO_KNOWN_AS.sub("", group[1:-1].strip(), count=1)))
        rest = before
    return TitleParts(_turned(rest), year, tuple(o for o in reversed(others) if o))


def _last_brackets(text: str) -> int:
    """Where the brackets begin that end `text`; 0 if none do, or if they are all of it."""
    depth = 0
    for place in range(len(text) - 1, 0, -1) if text.endswith(")") else ():
        depth += (text[place] == ")") - (text[place] == "(")
        if depth == 0:
            return place
    return 0


def _turned(name: str) -> str:
    """A name with its article in front: "Big Sleep, The" is "The Big Sleep"."""
    found = _ARTICLE.fullmatch(name) if "," in name else None
    if not found:
        return name
    joint = "" if found[2][-1] in "'’-" else " "
    return f"{found[2]}{joint}{found[1]}"


def spoken(title: str) -> str:
    """A title as one says it: "Big Sleep, The (1946)" is "The Big Sleep"."""
    return parts(title).name


def match_keys(title: str) -> tuple[str, ...]:
    """The plain names of a title, the main one first, by which two catalogues may be joined.

    The same movie is "Amélie (Fabuleux destin d'Amélie Poulain, Le) (2001)" in one and "Le fabuleux
    destin d'Amélie Poulain" in the other: a key of one is a key of the other. Different movies
    share names too, so compare years as well (`parts`). Empty for a title without text.
    """
    name, _, others = parts(title)
    return tuple(dict.fromkeys(key for key in map(plain, (name, *others)) if key))


def spellings(title: str, also: Iterable[str | None] = ()) -> dict[str, int]:
    """All plain names that a title may be looked for by, and how far each is from its name.

    Parameters
    ----------
    also
        Other names that stand elsewhere, such as the original title.

    Returns
    -------
    dict
        0 its name; 1 its name without the article or with numbers as figures ("rocky 2"); 2 another
        name; 3 another name so altered. A name that fits twice has the smaller number.
    """
    return spellings_of(parts(title), also)


def spellings_of(said: TitleParts, also: Iterable[str | None] = ()) -> dict[str, int]:
    """`spellings` of a title that has been taken apart."""
    name, _, others = said
    for other in filter(None, also):
        more = parts(other)
        others = (*others, more.name, *more.alternatives)
    found: dict[str, int] = {}
    for written, altered in ((name, 1), *((other, 3) for other in others)):
        key = plain(written)
        if key:
            found.setdefault(key, altered - 1)
            for other in _altered(written, key):
                found.setdefault(other, altered)
    return found


def _altered(written: str, key: str) -> list[str]:
    found = [figures(key)]
    if written.lower().startswith(("l'", "l’")):
        found.append(key[1:].lstrip())
    else:
        found.append(without_article(key))
    return [*found, figures(found[1])]


def without_article(key: str) -> str:
    """A plain name without the article that it begins with, if that leaves something."""
    article, _, rest = key.partition(" ")
    return rest if rest and article in _LEADING else key


def figures(key: str) -> str:
    """A plain name with Roman numbers and numbers in words as figures: "rocky ii" is "rocky 2".

    A single letter in front is none: "I, Robot" stays.
    """
    words = key.split(" ")
    if _FIGURES.keys().isdisjoint(words):
        return key
    first = words[0] if len(words[0]) == 1 else _FIGURES.get(words[0], words[0])
    return " ".join([first, *(_FIGURES.get(word, word) for word in words[1:])])
