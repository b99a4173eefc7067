"""Intervals of single ratings: how many ratings they hold, at the cold ends and as time passes.

    python benchmarks/intervals.py [--data ml-100k ml-1m] [--models biases als mle] [--ratings 4000]

"Held out": a random tenth of the first nine tenths of all ratings by time, each half measured by
intervals that the other half taught; of that the ratings of people with fewer than 20 and of
titles with fewer than 10 ratings in training. "Later": the last tenth by time, by intervals that
the held-out tenth taught. "Nothing new known": as a comparison by time has it. "As served": a
random part of it, each rating predicted from all that the person had rated before, as the service
does. Taught by the latest: by the latest fifth of the held-out tenth, or by the latest tenth of the
training ratings, for which the model is fitted once more. Nothing is chosen by these figures.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from harness import arguments, field_of, table, write_section
from scipy.sparse import csr_array

from matinee import models
from matinee.data import load
from matinee.evaluation.calibrating import learned
from matinee.evaluation.intervals import SHARES, SURE, Calibration
from matinee.interactions import Interactions
from matinee.model import Model
from matinee.splits import Split, random_split, time_split

BLOCK = 500
HEADER = ["ratings", "intervals taught by", "n", "RMSE", "in 50 %", "in 90 %", "90 % is wide"]
HEADER += ["error", "as said", *(f"error, sure {sure}" for sure in SURE)]


class Judged(NamedTuple):
    """What intervals made of ratings, one row a rating."""

    off: np.ndarray
    """Absolute errors of the predictions."""
    said: np.ndarray
    """As they were expected."""
    inside: np.ndarray
    """(n, 2) whether the rating lay in its intervals."""
    width: np.ndarray
    """(n,) of the wider interval."""
    sure: np.ndarray

    def row(self, ratings: str, taught_by: str, rows: np.ndarray | slice) -> list[str]:
        off, said, inside, width, sure = (column[rows] for column in self)
        return [
            ratings,
            taught_by,
            f"{len(off):,}",
            f"{np.sqrt((off**2).mean()):.4f}",
            *(f"{100 * held:.1f} %" for held in inside.mean(axis=0)),
            f"{width.mean():.2f}",
            f"{off.mean():.3f}",
            f"{said.mean():.3f}",
            *(f"{off[sure == k].mean():.3f}" if (sure == k).any() else "-" for k in range(3)),
        ]


class Asked:
    """Ratings that a model predicts, from what it was trained on or from all that was `before`."""

    def __init__(
        self, model: Model, ratings: Interactions, before: Interactions | None = None
    ) -> None:
        self.model, self.actual = model, ratings.value.astype(np.float64)
        self.blocks = []
        for start in range(0, len(ratings), BLOCK):
            part = ratings.take(np.arange(start, min(start + BLOCK, len(ratings))))
            people, times = part.user_index, None
            if before is not None:
                people, times = histories(before, part)
            asked = {"now": part.time, "times": times}
            if model.has_deviation:
                told = model.predict_with_deviation(people, part.item_index, **asked)
            else:
                told = (model.predict(people, part.item_index, **asked), None)
            self.blocks.append((people, part.item_index, *told))
        self.predicted = np.concatenate([block[2] for block in self.blocks])

    def deviation(self) -> np.ndarray | None:
        if not self.model.has_deviation:
            return None
        return np.concatenate([block[3] for block in self.blocks])

    def judged(self, by: Calibration) -> Judged:
        said = np.concatenate([by.expected_error(self.model, *block) for block in self.blocks])
        inside = []
        for share in SHARES:
            low, high = by.interval(self.predicted, said, share)
            inside.append((low - 1e-6 <= self.actual) & (self.actual <= high + 1e-6))
        off = np.abs(self.actual - self.predicted)
        return Judged(off, said, np.stack(inside, axis=1), high - low, by.places(said))


def histories(before: Interactions, asked: Interactions) -> tuple[csr_array, np.ndarray]:
    """What each person had rated before each rating, and when."""
    rows, indptr = [], [0]
    for user, now in zip(asked.user_index, asked.time, strict=True):
        own = np.flatnonzero((before.user_index == user) & (before.time < now))
        rows.append(own[np.argsort(before.item_index[own])])
        indptr.append(indptr[-1] + len(own))
    at = np.concatenate(rows)
    parts = (before.value[at], before.item_index[at], np.array(indptr, np.int32))
    return csr_array(parts, shape=(len(asked), before.n_items)), before.time[at]


def taught(asked: Asked, split: Split, rows: np.ndarray | slice = slice(None)) -> Calibration:
    """What some of the test ratings of a split teach."""
    positions = np.arange(len(split.test))[rows]
    deviation = asked.deviation()
    found = learned(
        asked.model,
        Split(split.train, split.test.take(positions), split.protocol),
        asked.predicted[positions],
        None if deviation is None else deviation[positions],
    )
    if found is None:
        raise SystemExit("Too few ratings are held out to learn from; take more data.")
    return found


def rows_of(name: str, ratings: Interactions, most: int) -> list[list[str]]:
    outer = time_split(ratings, 0.1)
    held, past = random_split(outer.train, 0.1, 42), time_split(outer.train, 0.1)
    model = models.create(name).fit(held.train)
    asked = Asked(model, held.test)
    half = np.random.default_rng(0).permutation(len(held.test)) % 2 == 0
    one, other = (asked.judged(taught(asked, held, rows)) for rows in (half, ~half))
    judged = Judged(
        *(
            np.where(half if first.ndim == 1 else half[:, np.newaxis], second, first)
            for first, second in zip(one, other, strict=True)
        )
    )
    counts = np.bincount(held.train.user_index, minlength=ratings.n_users)
    few, rare = counts[held.test.user_index] < 20, model.item_count_[held.test.item_index] < 10
    rows = [judged.row("held out", "the other half", slice(None))]
    rows += [
        judged.row(f"of these, {what}", "the other half", cold)
        for what, cold in (("people with < 20", few), ("titles with < 10", rare))
        if cold.any()
    ]
    recent = np.argsort(held.test.time, kind="stable")[-len(held.test) // 5 :]
    again = models.create(name).fit(past.train)
    by = {
        "a random tenth": taught(asked, held),
        "its latest fifth": taught(asked, held, recent),
        "the latest tenth": taught(Asked(again, past.test), past),
    }
    some = outer.test.take(np.sort(np.random.default_rng(0).permutation(len(outer.test))[:most]))
    later = {
        "later, nothing new known": Asked(model, outer.test),
        "later, as served": Asked(model, some, ratings),
    }
    everything = slice(None)
    return rows + [
        of.judged(teacher).row(what, by_what, everything)
        for what, of in later.items()
        for by_what, teacher in by.items()
    ]


def main(given: Any = None) -> None:
    parser = arguments(
        __doc__, data=["ml-100k", "ml-1m"], models=["biases", "als", "mle"], ratings=4000
    )
    given = given or parser.parse_args()
    with field_of(given) as nobody:
        for data in given.data:
            ratings = load(data).interactions
            parts = []
            for name in given.models:
                print(data, name, flush=True)
                parts.append(f"{name}:\n\n{table(HEADER, rows_of(name, ratings, given.ratings))}")
            write_section(given.results, f"Intervals, {data}", nobody, "\n\n".join(parts))


if __name__ == "__main__":
    main()
