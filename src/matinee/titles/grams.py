"""Which of many texts look like a given one: shared runs of two and three letters, weighted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csc_array

_KINDS = 64
"""Blank, 26 letters, ten digits; all other signs share the rest."""


_LOOKED_AT = 60_000
"""The rarest runs of a text are looked up until they have led to so many texts."""
_LEAST = 0.25
"""Of the best cosine; texts with less are left out."""


class Grams:
    """An index of texts by their letters, for texts that may hold mistakes.

    A text is the set of its runs of two and of three signs, with a blank in front and behind. A
    run r counts log(N / n_r), where n_r of the N texts hold it, and two texts are as alike as the
    cosine between them: weight of the shared runs over the lengths of both.

    Parameters
    ----------
    texts
        In plain spelling (`spelling.plain`).
    """

    def __init__(self, texts: Sequence[str]) -> None:
        runs, rows = _runs(texts)
        n_runs = _KINDS**2 + _KINDS**3
        held = csc_array(
            (np.ones(len(runs), np.int8), (rows, runs)),
            shape=(max(len(texts), 1), n_runs),
            dtype=np.int8,
        )
        self._indptr: NDArray[Any] = held.indptr
        self._rows: NDArray[np.int32] = held.indices
        counts = np.diff(self._indptr)
        self._weights = np.log((1 + len(texts)) / (1 + counts)).astype(np.float32) ** 2
        squares = np.bincount(self._rows, np.repeat(self._weights, counts), minlength=len(texts))
        self._lengths = np.sqrt(np.maximum(squares, 1e-9)).astype(np.float32)

    def nearest(self, text: str, n: int) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
        """Up to `n` texts that share most with `text`, best first, and their cosines in 0..1."""
        runs = np.unique(_runs([text])[0])
        length = max(float(np.sqrt(self._weights[runs].sum())), 1e-9)
        counts = self._indptr[runs + 1] - self._indptr[runs]
        rarest = np.argsort(counts, kind="stable")
        runs = runs[rarest[: np.searchsorted(np.cumsum(counts[rarest]), _LOOKED_AT) + 1]]
        spans = [(self._indptr[r], self._indptr[r + 1]) for r in runs.tolist()]
        rows = np.concatenate([self._rows[a:b] for a, b in spans])
        weights = np.repeat(self._weights[runs], [b - a for a, b in spans])
        shared = np.bincount(rows, weights, minlength=len(self._lengths)).astype(np.float32)
        cosines = shared / (self._lengths * length)
        best = np.flatnonzero(cosines > max(cosines.max(initial=0) * _LEAST, 1e-6))
        if len(best) > n:
            best = best[np.argpartition(-cosines[best], n)[:n]]
        best = best[np.argsort(-cosines[best], kind="stable")]
        return best, cosines[best]


def _runs(texts: Sequence[str]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """All runs of two and three signs, as numbers, and the texts that they stand in."""
    joined = " " + " \n ".join(texts) + " "
    signs = np.frombuffer(joined.encode("utf-32-le"), np.uint32)
    rows = np.cumsum(signs == ord("\n"), dtype=np.int32)
    codes = np.where(signs < 128, _CODES[np.minimum(signs, 127)], 37 + signs % 26).astype(np.int32)
    apart = codes < 0
    pairs = codes[:-1] * _KINDS + codes[1:]
    triples = pairs[:-1] * _KINDS + codes[2:] + _KINDS**2
    whole = ~(apart[:-1] | apart[1:])
    whole3 = whole[:-1] & ~apart[2:]
    return (
        np.concatenate([pairs[whole], triples[whole3]]),
        np.concatenate([rows[:-1][whole], rows[:-2][whole3]]),
    )


def _codes() -> NDArray[np.int32]:
    codes = np.full(128, 63, np.int32)
    codes[ord(" ")] = 0
    codes[ord("\n")] = -1
    codes[ord("a") : ord("z") + 1] = np.arange(1, 27)
    codes[ord("0") : ord("9") + 1] = np.arange(27, 37)
    return codes


_CODES = _codes()
