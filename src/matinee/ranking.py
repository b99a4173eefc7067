"""Lists of items, best first, and the reasons for them: what models answer with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Float32, Int32, Int64, sorted_csr
from matinee.kernels import topn, topn_products
from matinee.kernels.threads import exclusive

BLOCK = 512
"""People scored at a time, so that no full score matrix is ever held."""
_ASKED, _FIRST = 4096, 64
"""Rows whose alikes above a threshold are looked for at a time, and how many of each at first."""
_NO_ROWS, _NO_ITEMS = np.zeros(1, np.int32), np.zeros(0, np.int32)


class Ranking(NamedTuple):
    """The best items of each person, best first."""

    items: Int32
    """(people, n) item indices; -1 where there was nothing more to recommend."""
    scores: Float32
    """(people, n) scores, NaN beside -1. Comparable within a row only."""


@dataclass(frozen=True)
class Reason:
    """One part of why an item was recommended, in arrays' terms.

    Attributes
    ----------
    kind
        "rated" (an item of the person's history), "cluster", "feature" (of the item),
        "profile" (of the person) or "popular".
    weight
        Its share in the score; only the order and the sign are comparable between models.
    item
        The item of the history that is meant, where `kind` is "rated".
    label
        What is meant, in words; beside an item, what the item has to do with it.
    """

    kind: Literal["rated", "cluster", "feature", "profile", "popular"]
    weight: float
    item: int | None = None
    label: str = ""


class Product(NamedTuple):
    """Scores as inner products: ``score(p, i) = people[p] . items[i] + constant[p]``."""

    people: Float32
    """(people, d) float32."""
    items: Float32
    """(n_items, d) float32, C-contiguous; best the array that the model holds, not a copy."""
    constant: Float32 | None = None
    """(people,) float32; None for 0."""

    def scores(self) -> Float32:
        """All scores, (people, n_items) float32."""
        with exclusive():
            result = self.people @ self.items.T
        if self.constant is not None:
            result += self.constant[:, np.newaxis]
        return np.asarray(result, np.float32)


class Seen(NamedTuple):
    """What must not be recommended to whom: row ``rows[p]`` of a CSR matrix to person p."""

    indptr: Int32
    indices: Int32
    """Sorted within each row."""
    rows: Int64
    """(people,) int64; -1 for a person who has seen nothing."""


class Likeness:
    """Which rows of a matrix are alike: unit vectors, made once and asked often.

    Parameters
    ----------
    vectors : (rows, d) float32
        A row of zeros is like none.
    """

    def __init__(self, vectors: Float32) -> None:
        norm = np.linalg.norm(vectors, axis=1, keepdims=True)
        self._unit = np.divide(
            vectors, norm, out=np.zeros(vectors.shape, np.float32), where=norm > 0
        )
        self._known = norm[:, 0] > 0
        known = np.flatnonzero(self._known).astype(np.int32)
        self._candidates = None if len(known) == len(norm) else known

    def best(self, wanted: Int32, n: int, candidates: Int32 | None = None) -> Ranking:
        """The `n` rows with the highest cosine to each wanted one, never itself.

        Parameters
        ----------
        candidates : sorted rows, optional
            Only these may be chosen.
        """
        result = _nothing_yet(len(wanted), len(self._unit), n)
        asked = self._known[wanted]
        itself = wanted[asked]
        order = np.arange(len(itself))
        seen = Seen(np.arange(len(itself) + 1, dtype=np.int32), itself, order)
        product = Product(self._unit[itself], self._unit)
        allowed = self._candidates
        if candidates is not None:
            allowed = candidates[self._known[candidates]]
        found = best_of_product(product, n, seen, allowed)
        result.items[asked], result.scores[asked] = found
        return result

    def above(self, threshold: float, wanted: Int32 | None = None) -> csr_array:
        """All pairs of rows whose cosine is `threshold` or more, without a matrix of all.

        Each row is asked for its best few, and where the last of them still qualifies, for more.

        Parameters
        ----------
        threshold
            Above 0, at most 1. Cosines are float32: those of equal rows may miss 1 by 1e-6.
        wanted : rows, optional
            Only pairs that begin with one of these; default: all.

        Returns
        -------
        (wanted, rows) CSR float32 of cosines, never of a row with itself.

        Raises
        ------
        InvalidParameter
        """
        if not 0 < threshold <= 1:
            raise InvalidParameter(f"`threshold` must be > 0 and <= 1, got {threshold:g}.")
        rows = len(self._unit)
        wanted = np.arange(rows, dtype=np.int32) if wanted is None else wanted
        pairs = [(np.zeros(0, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32))]
        for start in range(0, len(wanted), _ASKED):
            left, n = np.arange(start, min(start + _ASKED, len(wanted))), _FIRST
            while len(left):
                items, scores = self.best(wanted[left], n)
                more = (scores[:, -1] >= threshold) & (n < rows)
                at, place = np.nonzero((scores >= threshold) & ~more[:, np.newaxis])
                pairs.append((left[at], items[at, place], scores[at, place]))
                left, n = left[more], 8 * n
        row, item, cosine = map(np.concatenate, zip(*pairs, strict=True))
        return sorted_csr(csr_array((cosine, (row, item)), shape=(len(wanted), rows)))

    def between(self, rows: Int32) -> Float32:
        """(rows, rows) cosines of these rows with each other."""
        unit = self._unit[rows]
        return Product(unit, unit).scores()


def ratings_that_speak(items: Int32, shares: npt.NDArray[Any], most: int = 5) -> list[Reason]:
    """The items of a history that add something to a score, the largest share first.

    Parameters
    ----------
    items : (n,) int32, of the history
    shares : (n,) what each adds; what is not above 0 speaks for nothing
    """
    strongest = np.argsort(-shares, kind="stable")[:most].tolist()
    return [
        Reason("rated", float(shares[j]), item=int(items[j])) for j in strongest if shares[j] > 0
    ]


def with_everybody(reasons: list[Reason], above: float) -> list[Reason]:
    """`reasons` and how everybody rates the item, `above` the mean, the strongest first."""
    direction = "above" if above >= 0 else "below"
    label = f"rated {abs(above):.1f} {direction} the mean by everybody"
    return sorted([*reasons, Reason("popular", above, label=label)], key=lambda r: -r.weight)


def best(
    score: Callable[[slice], Float32],
    shape: tuple[int, int],
    n: int,
    seen: Seen | None = None,
    candidates: Int32 | None = None,
) -> Ranking:
    """The `n` best items of each person, exactly; equal scores in order of item index.

    Parameters
    ----------
    score
        Gives the (block, n_items) scores of a block of people; -inf marks what may not be chosen.
    shape
        (people, n_items).
    candidates : sorted item indices, optional
        Only these may be chosen.

    Raises
    ------
    InvalidInput
        n < 1.
    """
    people, n_items = shape
    result = _nothing_yet(people, n_items, n)
    for start in range(0, people, BLOCK):
        block = slice(start, min(start + BLOCK, people))
        scores = score(block)
        if seen is not None:
            topn.bar(seen.indptr, seen.indices, seen.rows[block], scores)
        items = result.items[block]
        if candidates is not None:
            scores = scores[:, candidates]
        topn.select(scores, items, result.scores[block])
        if candidates is not None:
            items[items >= 0] = candidates[items[items >= 0]]
    return result


def best_of_product(
    product: Product, n: int, seen: Seen | None = None, candidates: Int32 | None = None
) -> Ranking:
    """`best` of scores that are inner products; no matrix of scores is made."""
    people, items, constant = product
    result = _nothing_yet(len(people), len(items), n)
    topn_products.select_products(
        np.ascontiguousarray(people, np.float32),
        np.ascontiguousarray(items, np.float32),
        np.zeros(len(people), np.float32) if constant is None else constant,
        candidates,
        (_NO_ROWS, _NO_ITEMS, np.full(len(people), -1))
        if seen is None
        else (seen.indptr, seen.indices, seen.rows),
        *result,
    )
    return result


def _nothing_yet(people: int, n_items: int, n: int) -> Ranking:
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or n < 1:
        raise InvalidInput(f"`n` must be a whole number of at least 1, got {n!r}.")
    width = min(int(n), n_items)
    return Ranking(
        np.full((people, width), -1, np.int32), np.full((people, width), np.nan, np.float32)
    )
