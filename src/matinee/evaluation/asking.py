"""What a fitted model answers about the people of a split, trained on or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypedDict

import numpy as np
from scipy.sparse import csr_array

from matinee.evaluation import metrics
from matinee.evaluation.metrics import Float64
from matinee.interactions import Float32, Int32, Int64, SideInformation
from matinee.model import Model
from matinee.progress import Progress, silent
from matinee.ranking import BLOCK
from matinee.splits import Split

_LISTED = 8 * BLOCK
"""People who are asked for at a time: histories and states of all need never be held."""


class Asking:
    """Asks a fitted model for lists, scores and predictions of the people of a split.

    People of the training part are asked for by their index; where the split gives histories
    apart, they are folded in, with the times of these and the profiles of the people.
    """

    def __init__(self, model: Model, split: Split, side: SideInformation | None = None) -> None:
        self._model, self._split = model, split
        self._profiles = None if side is None else side.user_features

    def lists(self, n: int, progress: Progress = silent) -> Int32:
        """(people, n) int32: the lists of ``split.people``, -1 where one ends early."""
        people = self._split.people
        lists = np.full((len(people), min(n, self._split.train.n_items)), -1, np.int32)
        for block in _blocks(len(people), _LISTED):
            progress(f"asking {self._model.name} for lists", block.start, len(people))
            who, known = self._whom(people[block])
            lists[block] = self._model.recommend(who, n, **known).items
        progress(f"asking {self._model.name} for lists", len(people), len(people))
        return lists

    def outranked(
        self, masked: csr_array, relevant: csr_array, progress: Progress = silent
    ) -> Float64:
        """(nnz of relevant,) `metrics.outranked` by the model's scores, blocks of people at once.

        Parameters
        ----------
        masked, relevant : (people, n_items) CSR
            Of ``split.people``.
        """
        people = self._split.people
        share = np.full(relevant.nnz, np.nan)
        for block in _blocks(len(people), BLOCK):
            progress(f"asking {self._model.name} for scores", block.start, len(people))
            who, known = self._whom(people[block])
            scores = self._model.scores(who, **known)
            rows = np.arange(block.start, block.start + len(scores))
            metrics.outranked(scores, masked, relevant, rows, share)
        progress(f"asking {self._model.name} for scores", len(people), len(people))
        return share

    def predictions(self) -> tuple[Float32, Float32 | None]:
        """Predictions of the test ratings, and their deviations where the model states them."""
        test = self._split.test
        if self._split.given is None:
            return self._predicted(test.user_index, test.item_index, {}, test.time)
        mean = np.empty(len(test), np.float32)
        deviation = np.empty(len(test), np.float32) if self._model.has_deviation else None
        # A row of a history serves all ratings of that person.
        order = np.argsort(test.user_index, kind="stable")
        counts = np.bincount(test.user_index, minlength=test.n_users)[self._split.people]
        for person, rows in zip(
            self._split.people, np.split(order, np.cumsum(counts)[:-1]), strict=True
        ):
            who, known = self._whom(np.array([person]))
            now = None if test.time is None else test.time[rows]
            mean[rows], own = self._predicted(who, test.item_index[rows], known, now)
            if deviation is not None and own is not None:
                deviation[rows] = own
        return mean, deviation

    def _predicted(
        self, who: Any, items: Int32, known: _Known, now: Int64 | None
    ) -> tuple[Float32, Float32 | None]:
        if self._model.has_deviation:
            return self._model.predict_with_deviation(who, items, now=now, **known)
        return self._model.predict(who, items, now=now, **known), None

    def _whom(self, people: Int64) -> tuple[Any, _Known]:
        """These people as a model takes them: indices, or histories with what belongs to them."""
        given = self._split.given
        if given is None:
            return people, {}
        known = _Known(profiles=None if self._profiles is None else self._profiles[people])
        if given.matrix_times is not None:
            known["times"] = given.matrix_times[_entries(given.matrix, people)]
        return given.matrix[people], known


class _Known(TypedDict, total=False):
    profiles: csr_array | None
    times: Int64 | None


def _entries(matrix: csr_array, rows: Int64) -> Int64:
    """Where the entries of these rows stand, row by row."""
    counts = np.diff(matrix.indptr)[rows].astype(np.int64)
    before = np.cumsum(counts) - counts
    return np.arange(counts.sum()) + np.repeat(matrix.indptr[rows] - before, counts)


def _blocks(people: int, size: int) -> Iterator[slice]:
    for start in range(0, people, size):
        yield slice(start, min(start + size, people))
