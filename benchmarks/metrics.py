"""How long judging lists takes beyond making them, on GENERATED ratings of ML-20M's shape.

    python benchmarks/metrics.py [--people 138000] [--items 20000] [--ratings 20000000]
                                 [--cutoff 100] [--threads 2]

A fifth of each person's ratings is test; genres are drawn at random. An ials of 64 factors, fitted
for one epoch, makes lists of `cutoff` and scores all items. "Making lists" and "all scores" is what
the model does; the rest is judging: every figure at the cutoff over the whole catalogue, for all
people and by segment, with and without AUC. The figures themselves mean nothing here.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from generated import ratings
from harness import arguments, field_of, table, write_section

from matinee import models
from matinee.evaluation import metrics, segments
from matinee.evaluation.asking import Asking
from matinee.evaluation.beyond import Catalogue
from matinee.evaluation.of_lists import JudgedLists
from matinee.interactions import Float32, Interactions, SideInformation
from matinee.memory import peak
from matinee.model import Model
from matinee.splits import Split, user_holdout

GENRES, OF_EACH = 20, 2.5


def split_of(people: int, items: int, n: int) -> tuple[Split, SideInformation]:
    matrix = ratings(people, items, n)
    users = np.repeat(np.arange(people), np.diff(matrix.indptr))
    split = user_holdout(Interactions(users, matrix.indices, n_users=people, n_items=items), 0.2)
    drawn = np.random.default_rng(0).random((items, GENRES)) < OF_EACH / GENRES
    names = tuple(f"genre:{j}" for j in range(GENRES))
    return split, SideInformation(drawn.astype(np.float32), names)


class Scored:
    """A model whose scores are timed apart."""

    def __init__(self, model: Model) -> None:
        self.name, self._model, self.seconds = model.name, model, 0.0

    def scores(self, people: Any, **known: Any) -> Float32:
        start = time.perf_counter()
        found = self._model.scores(people, **known)
        self.seconds += time.perf_counter() - start
        return found


def timed(what: str, work: Callable[[], Any], rows: list[list[str]]) -> Any:
    """What `work` returns; seconds and memory beyond what was held before become a row."""
    with peak() as memory:
        start = time.perf_counter()
        result = work()
        seconds = time.perf_counter() - start
    extra = "-" if memory.bytes is None else f"{(memory.bytes - (memory.before or 0)) / 1e6:,.0f}"
    rows.append([what, f"{seconds:.1f}", extra])
    return result


def judged(split: Split, side: SideInformation, cutoff: int) -> list[list[str]]:
    model = models.create("ials", factors=64, epochs=1).fit(split.train)
    relevant, known = split.test.matrix[split.people], split.known.matrix[split.people]
    parted, about = segments.standard(split), Catalogue.of(split.train, side)
    rows: list[list[str]] = []
    lists = timed("making lists", lambda: Asking(model, split).lists(cutoff), rows)

    def figures(share: metrics.Float64 | None) -> None:
        each = JudgedLists(
            split.people, lists, relevant, known, about, share, cutoff=cutoff, recall_cutoff=cutoff
        )
        each.figures()
        each.by_segment(parted)

    timed(f"judging at {cutoff}, without AUC", lambda: figures(None), rows)
    scored = Scored(model)
    share = timed("ranks for AUC", lambda: Asking(scored, split).outranked(known, relevant), rows)
    rows[-1][1] = f"{float(rows[-1][1]) - scored.seconds:.1f}"
    rows.append(["all scores, for AUC", f"{scored.seconds:.1f}", ""])
    timed(f"judging at {cutoff}, with AUC", lambda: figures(share), rows)
    rows[-1][1] = f"{float(rows[-1][1]) + float(rows[2][1]):.1f}"
    return rows


def main() -> None:
    parser = arguments(__doc__, people=138_000, items=20_000, ratings=20_000_000, cutoff=100)
    given = parser.parse_args()
    numba.set_num_threads(min(given.threads, numba.config.NUMBA_NUM_THREADS))
    # Kernels are compiled before anything is timed.
    judged(*split_of(300, 200, 9_000), 10)
    with field_of(given) as taking_part:
        split, side = split_of(given.people, given.items, given.ratings)
        body = table(["step", "seconds", "memory, MB"], judged(split, side, given.cutoff))
        people, items = f"{len(split.people):,} people", f"{given.items:,} items"
        body = f"GENERATED ratings: {len(split.train):,} for training, {people}, {items}.\n\n{body}"
        write_section(given.results, "Judging lists", taking_part, body)


if __name__ == "__main__":
    main()
