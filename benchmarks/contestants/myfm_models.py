"""Jobs of myFM: factorization machines by Gibbs sampling over relational blocks.

Blocks and settings are those of myFM's own MovieLens examples: ids, the items that a person rated
and the people who rated an item (each divided by the root of their count, of training ratings
only), the day of the rating, profiles and genres; each kind of column is a group of its own.
"""

from __future__ import annotations

import time
from typing import Any

import myfm
import numpy as np
from scipy.sparse import csr_matrix, hstack, identity

DAY = 86_400


class _Averaged:
    """Sums the predictions of every turn after the first few, as myFM's own callbacks do.

    Keeping all draws instead would take gigabytes. The seconds that predicting takes are noted,
    to be told apart from those of fitting.
    """

    def __init__(self, days: Any, blocks: list[Any], burn_in: int, trace: list[int]) -> None:
        self._days, self._blocks, self._burn_in, self._trace = days, blocks, burn_in, trace
        self.total = np.zeros(days.shape[0])
        self.turns = 0
        self.seconds = 0.0
        self.traced: list[np.ndarray] = []

    def __call__(self, turn: int, fm: Any, hyper: Any, history: Any) -> tuple[bool, None]:
        started = time.perf_counter()
        if turn >= self._burn_in:
            self.total += self._of(fm)
            self.turns += 1
            if turn + 1 in self._trace:
                self.traced.append(self.mean)
        self.seconds += time.perf_counter() - started
        return False, None

    def _of(self, fm: Any) -> Any:
        return fm.predict_score(self._days, self._blocks)

    @property
    def mean(self) -> np.ndarray:
        return (self.total / self.turns).astype(np.float32)


class _Expected(_Averaged):
    """The mean of the levels, by the probabilities that ordered probit gives them."""

    levels: np.ndarray

    def _of(self, fm: Any) -> Any:
        return fm.oprobit_predict_proba(self._days, self._blocks, 0) @ self.levels


def rating(
    data: dict[str, Any], rank: int = 10, iterations: int = 200, probit: bool = False,
    implicit: str = "both", days: bool = False, side: bool = False, burn_in: int = 5,
    trace: list[int] | None = None, seed: int = 42,
) -> dict[str, Any]:  # fmt: skip
    """Test ratings predicted; `implicit` is "none", "people" (SVD++) or "both" (flipped).

    With `trace`, also what is predicted after so many turns, as rows of `traced`.
    """
    started = time.perf_counter()
    known, asked, groups = _features(data, implicit, days, side)
    value = data["value"].astype(np.float64)
    levels = np.unique(value)
    kind = myfm.MyFMOrderedProbit if probit else myfm.MyFMRegressor
    averaged = (_Expected if probit else _Averaged)(*asked, burn_in, trace or [])
    if probit:
        averaged.levels = levels
        value = np.searchsorted(levels, value).astype(np.int32)
    model = kind(rank=rank, random_seed=seed)
    model.fit(
        known[0], value, X_rel=known[1], grouping=groups, n_iter=iterations,
        n_kept_samples=1, callback=averaged,
    )  # fmt: skip
    seconds = time.perf_counter() - started - averaged.seconds
    result = {"seconds": seconds, "answering": averaged.seconds, "predicted": averaged.mean}
    if trace:
        result["traced"] = np.stack(averaged.traced)
    return result


def _features(data: dict[str, Any], implicit: str, days: bool, side: bool) -> Any:
    """Days and relational blocks of training and of test ratings, and the group of each column."""
    users, items = (int(n) for n in data["shape"])
    rated = csr_matrix((np.ones(len(data["user"])), (data["user"], data["item"])), (users, items))
    people = _block(data, "user", rated if implicit != "none" else None, side)
    titles = _block(data, "item", rated.T.tocsr() if implicit == "both" else None, side)
    kept = np.unique(data["time"] // DAY) if days else None
    groups = [*([] if kept is None else [np.zeros(len(kept) + 1, int)]), people[1], titles[1]]
    after = np.cumsum([0, *(group.max() + 1 for group in groups)])
    table = []
    for prefix in ("", "test_"):
        day = csr_matrix((len(data[f"{prefix}user"]), 0))
        if kept is not None:
            day = _days(kept, data[f"{prefix}time"] // DAY)
        blocks = []
        for name, matrix in (("user", people[0]), ("item", titles[0])):
            distinct, place = np.unique(data[f"{prefix}{name}"], return_inverse=True)
            blocks.append(myfm.RelationBlock(place.tolist(), matrix[distinct]))
        table.append((day, blocks))
    return *table, np.concatenate([g + n for g, n in zip(groups, after, strict=False)]).tolist()


def _block(data: dict[str, Any], name: str, rated: Any, side: bool) -> tuple[Any, np.ndarray]:
    """The row of each person or item: which it is, what it rated or who rated it, its traits."""
    count = int(data["shape"][0 if name == "user" else 1])
    parts, groups = [identity(count, format="csr")], [np.zeros(count, int)]
    if rated is not None:
        parts.append(_damped(rated))
        groups.append(np.ones(rated.shape[1], int))
    if side and f"{name}_features_data" in data:
        group = data[f"{name}_features_groups"]
        arrays = tuple(data[f"{name}_features_{part}"] for part in ("data", "indices", "indptr"))
        parts.append(csr_matrix(arrays, shape=(count, len(group)), dtype=float))
        groups.append(2 + group)
    return hstack(parts, format="csr"), np.concatenate(groups)


def _damped(choices: Any) -> Any:
    result = choices.copy()
    count = np.diff(result.indptr)
    result.data = np.repeat(1 / np.sqrt(np.maximum(count, 1)), count)
    return result


def _days(kept: np.ndarray, day: np.ndarray) -> Any:
    """One column a day of training, and a first one for all others, as myFM's encoder has it."""
    place = np.minimum(np.searchsorted(kept, day), len(kept) - 1)
    column = np.where(kept[place] == day, place + 1, 0)
    return csr_matrix((np.ones(len(day)), (np.arange(len(day)), column)), (len(day), len(kept) + 1))
