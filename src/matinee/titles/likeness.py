"""How like a name a text is that may be misspelt, cut short or out of order."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import LCSseq

from matinee.titles.spelling import without_article

LIKE_ENOUGH = 0.5
"""From here on a name may be shown for a text that it does not fit."""
_COSINE, _WHOLE, _COVERED = 0.32, 0.40, 0.28
_SORTED, _BEGINNING = 0.97, 0.9
_OTHER_NUMBERS = 0.1


def likeness(text: str, names: Sequence[str], cosines: NDArray[np.float32]) -> NDArray[np.float32]:
    """How like `text` each of `names` is; 1 is equal.

    .32 c + .40 max(r(t, a), r(t', a), .97 r(sorted t, sorted a), .9 r(t, b)) + .28 l(t, a) / |t|,
    less .1 if they hold different numbers, for a sequel differs by its number alone. c is the
    cosine of `Grams`; r is 1 less the letters to insert or delete over the letters of both; t' is
    the text without an article, b the beginning of the name a with as many words as the text; l is
    the longest common subsequence. The first three weights were fitted by conditional logit (which
    of the candidates is meant?) to 900 titles misspelt by seeded rules, none of them in the tests.

    Parameters
    ----------
    text, names
        In plain spelling.
    cosines
        Of `Grams.nearest`, one a name.
    """
    words = text.count(" ") + 1
    beginnings = [" ".join(name.split(" ", words)[:words]) for name in names]
    ratios = [
        _compared(text, names, fuzz.ratio),
        _compared(without_article(text), names, fuzz.ratio),
        _SORTED * _compared(text, names, fuzz.token_sort_ratio),
        _BEGINNING * _compared(text, beginnings, fuzz.ratio),
    ]
    whole = np.max(ratios, axis=0) / 100
    covered = _compared(text, names, LCSseq.similarity) / len(text)
    own = _numbers(text)
    others = np.array([_numbers(name) != own for name in names], np.float32)
    return _COSINE * cosines + _WHOLE * whole + _COVERED * covered - _OTHER_NUMBERS * others


def _compared(text: str, names: Sequence[str], scorer: Callable[..., float]) -> NDArray[np.float32]:
    return process.cdist([text], names, scorer=scorer, dtype=np.float32)[0]


def _numbers(name: str) -> set[str]:
    return {word for word in name.split(" ") if word.isdigit()}
