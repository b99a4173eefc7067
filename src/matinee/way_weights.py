"""How much each way of recommending counts, by how many liked items are known of a person.

Weights stand at a few numbers of known items, the `KNOTS`, and lie between them on straight lines
in ``log2(1 + known)``; beyond the last they stay. `learned` finds them on people whom the ways
never saw.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.interactions import Bool, Float32, Int32
from matinee.ranking import Seen, best

KNOTS = (0, 1, 3, 7, 15, 31)
"""Numbers of known items at which weights stand."""
LEVELS = (0, 1, 2, 3, 5, 7, 11, 15, 23, 31)
"""Numbers of known items at which people are asked while weights are learned."""
_CUTOFF = 10
_HEAD = 50
"""Best items of each way among which a person's list is sought while weights are learned."""
_ROUNDS = 24
_DISCOUNT = 1 / np.log2(np.arange(2, _CUTOFF + 2))


def at(known: Int32, weight: Float32) -> Float32:
    """(people, ways) weights for people of whom so many items are known.

    Parameters
    ----------
    known : (people,) int
    weight : (knots, ways) float32
    """
    place, knots = _place(known), _place(np.array(KNOTS))
    columns = [np.interp(place, knots, of_way) for of_way in weight.T.astype(np.float64)]
    return np.stack(columns, axis=1).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Asked:
    """Scores of the items that matter to some people, and which of these they like.

    Attributes
    ----------
    scores : (people, ways, items) float32
        Standardized over the whole catalogue. The items are the best of each way for that person;
        where there are fewer, -inf.
    hit : (people, items) bool
    ideal : (people,) float64
        The most that DCG can be.
    """

    scores: Float32
    hit: Bool
    ideal: npt.NDArray[np.float64]


def asked(scores: list[Float32], given: csr_array, rest: csr_array) -> Asked:
    """What `learned` needs of people of whom `given` is known and `rest` is to be found.

    Parameters
    ----------
    scores : one (people, n_items) a way
    given, rest : (people, n_items) CSR
    """
    people, n_items = given.shape
    rows = np.arange(people)
    seen = Seen(given.indptr, given.indices, rows)
    width = min(_HEAD, n_items)
    heads = [_best(of_way, width, seen) for of_way in scores]
    items = np.sort(np.concatenate(heads, axis=1), axis=1)
    fresh = items >= 0
    fresh[:, 1:] &= items[:, 1:] != items[:, :-1]
    table = np.stack([s[rows[:, np.newaxis], np.maximum(items, 0)] for s in scores], axis=1)
    table[~np.broadcast_to(fresh[:, np.newaxis], table.shape)] = -np.inf
    liked = np.zeros((people, n_items), bool)
    liked[np.repeat(rows, np.diff(rest.indptr)), rest.indices] = True
    hit = liked[rows[:, np.newaxis], np.maximum(items, 0)] & fresh
    ideal = np.cumsum(_DISCOUNT)[np.minimum(np.diff(rest.indptr), _CUTOFF) - 1]
    return Asked(table, hit, ideal)


def learned(parts: Sequence[tuple[int, Asked]]) -> Float32:
    """(knots, ways) weights that raise NDCG@10 most, each knot's adding up to 1.

    At each knot `_ROUNDS` times the way is added (again) that raises the mean figure most, and the
    best of the sums gives the weights. People asked at the levels beside a knot count less the
    further their level is from it, so that neither few people nor a level between knots decides.
    A knot without people has the weights of the knot before.

    Parameters
    ----------
    parts
        People, and how many items of theirs were known; level 0 must be among them.

    Source: Caruana et al. 2004, "Ensemble Selection from Libraries of Models".
    """
    result: list[npt.NDArray[np.float64]] = []
    for knot in KNOTS:
        near = [(part, share) for level, part in parts if (share := _share(level, knot)) > 0]
        if near:
            found = _selected(*zip(*near, strict=True))
            result.append(found / found.sum())
        else:
            result.append(result[-1])
    return np.array(result, np.float32)


def _place(known: npt.ArrayLike) -> npt.NDArray[np.float64]:
    return np.log2(1 + np.asarray(known, np.float64))


def _share(level: int, knot: int) -> float:
    """1 where a level is the knot, down to 0 at the next one; nothing known stands apart."""
    if 0 in (level, knot):
        return float(level == knot)
    return max(0.0, 1.0 - abs(float(_place(level) - _place(knot))))


def _selected(parts: Sequence[Asked], shares: Sequence[float]) -> npt.NDArray[np.float64]:
    people, share = _together(parts, shares)
    ways = people.scores.shape[1]
    added, chosen, highest = np.zeros(ways), np.ones(ways), -1.0
    total = np.zeros_like(people.scores[:, 0])
    for _ in range(_ROUNDS):
        sums = [total + people.scores[:, way] for way in range(ways)]
        figures = [float((share * _ndcg(of_sum, people)).sum()) for of_sum in sums]
        way = int(np.argmax(figures))
        added[way] += 1
        total = sums[way]
        if figures[way] > highest:
            chosen, highest = added.copy(), figures[way]
    return chosen


def _together(
    parts: Sequence[Asked], shares: Sequence[float]
) -> tuple[Asked, npt.NDArray[np.float64]]:
    """All people of these parts, and what each counts for: a part's people share its share."""
    width = max(part.hit.shape[1] for part in parts)
    scores, hits = [], []
    for part in parts:
        more = width - part.hit.shape[1]
        scores.append(np.pad(part.scores, ((0, 0), (0, 0), (0, more)), constant_values=-np.inf))
        hits.append(np.pad(part.hit, ((0, 0), (0, more))))
    ideal = np.concatenate([part.ideal for part in parts])
    counts = [len(part.ideal) for part in parts]
    share = np.repeat(np.divide(shares, counts), counts)
    return Asked(np.concatenate(scores), np.concatenate(hits), ideal), share


def _ndcg(scores: Float32, people: Asked) -> npt.NDArray[np.float64]:
    """(people,) NDCG@10; equal scores in order of item index."""
    width = min(_CUTOFF, scores.shape[1])
    found = _best(scores, width)
    hit = np.take_along_axis(people.hit, np.maximum(found, 0), axis=1) & (found >= 0)
    # Sums of NumPy's own: those of BLAS may depend on the number of threads.
    return np.asarray((hit * _DISCOUNT[:width]).sum(axis=1) / people.ideal)


def _best(scores: Float32, n: int, seen: Seen | None = None) -> Int32:
    return best(lambda block: scores[block].copy(), scores.shape, n, seen).items
