"""What items are, as blocks of vectors: TF-IDF of each block's words, and its leading directions.

A block is what one kind of traits says: genres, tags, words of the title. Each has its own rows of
length one, so that blocks of many words do not drown those of few.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from matinee.clustering.vectors import leading, unit_rows
from matinee.interactions import Float32, SideInformation, sorted_csr

YEAR = "year"
SENTENCE = "sentence"
_DECADE = "decade"
_SPREAD = 4.0
"""Years: items from d years apart have the cosine exp(-d^2 / (4 * 16)), so 1/e at 8 years."""
_TURNS = 4
"""Of the search for leading directions; 7 take thrice as long and find 1 % more of the words."""
_STEP = 4
"""Years from one knot of that curve to the next."""


@dataclass(frozen=True, eq=False)
class Block:
    """What one kind of traits says of items.

    Attributes
    ----------
    name
        Such as "keyword".
    words : (n_items, w) CSR float32 in rows of length one
        ``log(1 + count) * log(1 + items of the block / items of the word)``; of years, ones; of
        sentences, none.
    names : w words, without the name of the block
    vectors : (n_items, d) float32 in rows of length one; zero where nothing is known
        The words, or where they are more than d their leading directions.
    """

    name: str
    words: csr_array
    names: tuple[str, ...]
    vectors: Float32


def blocks(
    side: SideInformation, wanted: Collection[str], dimensions: int, seed: int
) -> list[Block]:
    """The blocks that are wanted and of which anything is known.

    Words come before features of the same block; decades stand in where no year is known.
    """
    found = _columns(side.item_features, side.item_feature_names)
    found |= _columns(side.item_words, side.item_word_names)
    if YEAR not in found and _DECADE in found:
        words, decades = found[_DECADE]
        found[YEAR] = words, tuple(f"{decade}s" for decade in decades)
    made = []
    for name in wanted:
        words, names = found.get(name, (None, ()))
        if words is None or not words.nnz:
            continue
        if name == YEAR:
            made.append(Block(name, words, names, _years(words, names)))
            continue
        if name == SENTENCE:
            # Its numbers mean nothing one by one, so there are no words to say.
            vectors = directions(words, dimensions, seed)
            made.append(Block(name, sorted_csr(words[:, :0]), (), vectors))
            continue
        weighed = tfidf(words)
        made.append(Block(name, weighed, names, directions(weighed, dimensions, seed)))
    return made


def tfidf(counts: csr_array) -> csr_array:
    """(n_items, w) CSR in rows of length one: ``log(1 + count) * log(1 + items / items of w)``.

    Items are those that have any word at all.
    """
    items = np.count_nonzero(np.diff(counts.indptr))
    of_word = np.maximum(np.bincount(counts.indices, minlength=counts.shape[1]), 1)
    rare = np.log(1 + items / of_word).astype(np.float32)
    weight = np.log1p(counts.data) * rare[counts.indices]
    row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    length = np.sqrt(np.bincount(row, weights=weight.astype(np.float64) ** 2))
    weight /= np.maximum(length, 1e-30)[row].astype(np.float32)
    return csr_array((weight, counts.indices, counts.indptr), shape=counts.shape)


def directions(words: csr_array, dimensions: int, seed: int) -> Float32:
    """(n_items, at most `dimensions`) float32 in rows of length one.

    Rows that hold nothing of the leading directions are zero.
    """
    if words.shape[1] <= dimensions:
        return words.toarray()
    _, right = leading(words, dimensions, seed, _TURNS)
    found = np.asarray(words @ right.T, np.float32)
    # Rounding errors must not grow to length one.
    found[np.linalg.norm(found, axis=1) < 1e-5] = 0
    return unit_rows(found)


def _columns(
    matrix: csr_array | None, names: tuple[str, ...]
) -> dict[str, tuple[csr_array, tuple[str, ...]]]:
    """The columns of each block, and what they are called within it."""
    if matrix is None:
        return {}
    of_block: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        of_block.setdefault(name.partition(":")[0], []).append(column)
    return {
        block: (sorted_csr(matrix[:, own]), tuple(names[c].partition(":")[2] for c in own))
        for block, own in of_block.items()
    }


def _years(words: csr_array, names: tuple[str, ...]) -> Float32:
    """Bells over the years of each item, at knots `_STEP` years apart, in rows of length one."""
    year = np.array([_middle(name) for name in names])
    places = np.unique(year[np.isfinite(year)] // _STEP)[:, np.newaxis] + np.arange(-2, 4)
    away = year[:, np.newaxis] - _STEP * np.unique(places)
    bells = np.nan_to_num(np.exp(-(away**2) / (2 * _SPREAD**2))).astype(np.float32)
    return unit_rows(np.asarray(words @ bells, np.float32))


def _middle(period: str) -> float:
    """1996 of "1996", 1995 of "1990s", NaN of what is neither."""
    number = period.removesuffix("s")
    if not number.isdecimal():
        return np.nan
    return float(number) + (5 if number != period else 0)
