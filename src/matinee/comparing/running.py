"""A comparison from beginning to end: every task, protocol, repeat and model in its turn."""

from __future__ import annotations

import logging
import re
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from matinee import models
from matinee.comparing import boards, choosing, groups, kept
from matinee.comparing.boards import Table
from matinee.comparing.clock import Clock, Tell
from matinee.comparing.work import Done, Stage, Worker
from matinee.data.dataset import Dataset
from matinee.data.describe import describe
from matinee.durable import alone, sweep
from matinee.errors import DiskFull, InvalidInput, InvalidParameter, MatineeError, StoreError
from matinee.evaluation import leaks
from matinee.evaluation.compare import PRIMARY
from matinee.evaluation.origins import Origin
from matinee.evaluation.protocols import NAMES, parts
from matinee.evaluation.records import Board, Comparison
from matinee.interactions import default_liked_threshold
from matinee.progress import Progress, silent
from matinee.splits import Protocol, Split
from matinee.tuning import study

_log = logging.getLogger(__name__)

_FAILURES = (MatineeError, MemoryError, ArithmeticError, np.linalg.LinAlgError)
"""What of one model must not lose the others."""


def run(
    dataset: Dataset,
    names: Sequence[str] | None = None,
    *,
    task: str | None = None,
    split: str | None = None,
    trials: int = 0,
    seeds: Sequence[int] = (choosing.FIRST_SEED,),
    thorough: bool = False,
    filters: Sequence[str] = (),
    folder: Path | None = None,
    progress: Progress = silent,
    tell: Tell = lambda line: None,
    command: str = "",
) -> Comparison:
    """Compare models: tuned alike, judged on ratings that nothing was chosen by, tested in pairs.

    In each repeat every model is tuned on validation ratings that are carved out of its training
    part, fitted on all of that part with the best setting, and judged on the test part once. No
    setting ever comes from another repeat, whose training part may hold this one's test ratings.
    Where several splits share their training part, one search and one fit serve all.

    Parameters
    ----------
    names
        Of models; default: those that training takes by default. Popularity and EASE, the item mean
        and biases are always there.
    task
        "rating" or "ranking"; default: both, as far as the ratings have values.
    split
        One of `evaluation.protocols.NAMES`; default: random, and time where times are known.
    trials
        Settings to try of each model, the default being the first; 0 judges the defaults.
    seeds
        One repeat each: of the split where that is random, and of the model's own draws.
    thorough
        Learning curves and figures by clusters of people too, which cost further fits.
    filters
        What the ratings went through before, in words and in order: each protocol says it.
    folder
        Where whatever was found is kept, so that nothing is computed twice: by data, code,
        parameters, protocol and seed. None: nowhere.
    tell
        Given a line after each model.
    command
        What repeats it, for the record.

    Returns
    -------
    Comparison
        A table for each task and protocol. A figure is the mean over people of each person's
        average over the repeats, with the 2.5 % and 97.5 % quantile of 10,000 draws of people;
        RMSE and MAE are of the drawn people's sums of errors. Whatever has no part for each
        person is a mean over repeats, without interval.

    Raises
    ------
    InvalidParameter
        There is no such task or split, or trials or seeds are out of bounds.
    InvalidInput
        No split leaves anything to judge by, no model could be judged, or another process is
        comparing in the same folder.
    Unsupported
        There are trials to be made, and optuna is not installed.

    Examples
    --------
    >>> from matinee import comparing, load
    >>> found = comparing.run(load("ml-100k"), ["als", "svdpp"], trials=10)  # doctest: +SKIP
    >>> found.boards[0].entries[0].model  # doctest: +SKIP
    'svdpp'
    """
    chosen = choosing.models_for(names, task)
    _check(split, trials, seeds)
    start = time.perf_counter()
    with _place(folder, dataset) as place:
        running = _Running(
            dataset, chosen, trials, tuple(dict.fromkeys(seeds)), place, thorough, tuple(filters)
        )
        found = running.boards(split, progress, tell)
    about = describe(dataset)
    facts = {"ratings": about.ratings, "people": about.users, "titles": about.items}
    return Comparison(
        data=dataset.name,
        facts={name: f"{count:,}" for name, count in facts.items()},
        boards=tuple(found),
        trials=trials,
        seconds=time.perf_counter() - start,
        versions=kept.versions(),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        command=command,
    )


def _check(split: str | None, trials: int, seeds: Sequence[int]) -> None:
    if split not in (None, *NAMES):
        raise InvalidParameter(f"A split must be one of {', '.join(NAMES)}, got {split!r}.")
    if trials < 0:
        raise InvalidParameter(f"`trials` must be at least 0, got {trials}.")
    if not seeds or min(seeds) < 0:
        raise InvalidParameter(f"`seeds` must be numbers from 0 on, got {list(seeds)}.")
    if trials:
        study.check_optuna()


@contextmanager
def _place(folder: Path | None, dataset: Dataset) -> Iterator[Path]:
    """The folder of this data set, which no other process enters meanwhile."""
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="matinee-") as scratch:
            yield Path(scratch)
        return
    name = re.sub(r"[^\w.]+", "_", dataset.name)
    place = folder / f"{name}-{kept.of_ratings(dataset.interactions)[:8]}"
    place.mkdir(parents=True, exist_ok=True)
    with alone(place / "comparison", "comparing"):
        for kind in ("judged", "tuning"):
            sweep(place / kind)
        yield place


class _Running:
    """What stays the same throughout a comparison."""

    def __init__(
        self,
        dataset: Dataset,
        names: list[str],
        trials: int,
        seeds: tuple[int, ...],
        place: Path,
        thorough: bool,
        filters: tuple[str, ...],
    ) -> None:
        self.dataset, self.ratings = dataset, dataset.interactions
        self.names, self.seeds, self.thorough = names, seeds, thorough
        self.filters = filters
        self.liked = default_liked_threshold(*self.ratings.scale)
        self.sides = groups.Sides(dataset)
        origin = Origin.of_data(dataset.name, self.ratings) if trials else None
        self.worker = Worker(place, trials, origin)

    def boards(self, split: str | None, progress: Progress, tell: Tell) -> list[Board]:
        default = ["random"] if self.ratings.time is None else ["random", "time"]
        planned = [
            (task, way, self._of(task))
            for task in ("rating", "ranking")
            for way in ([split] if split else default)
            if self._of(task) and not (task == "rating" and self.ratings.value is None)
        ]
        clock = Clock([n for _, _, of in planned for _ in self.seeds for n in of], progress, tell)
        found: list[Board] = []
        why: list[str] = []
        for task, way, names in planned:
            try:
                tables = self._tables(task, way, names, clock)
            except InvalidInput as error:
                # Too little to hold out this way is no reason to lose what the others show.
                _log.warning("No %s models by the split %s: %s", task, way, error)
                why.append(str(error))
                clock.skip(len(self.seeds) * len(names))
                continue
            for table in tables:
                if table.done:
                    found.append(boards.board(table, self.dataset))
                why += [f"{name}: {reason}" for name, reason in table.absent.items()]
        if not found:
            none = "these ratings are implicit, so no model can predict them; compare by ranking."
            raise InvalidInput(f"Nothing could be compared: {' '.join(why) or none}")
        return found

    def _of(self, task: str) -> list[str]:
        return [name for name in self.names if models.get(name).task == task]

    def _tables(self, task: str, way: str, names: list[str], clock: Clock) -> list[Table]:
        """The tables of one task and one way to split: one, or one for each number given."""
        tables: dict[Protocol, Table] = {}
        absent: dict[str, str] = {}
        for seed in self.seeds:
            stage, warnings = self._stage(task, way, seed)
            for split in stage.splits:
                table = tables.setdefault(_condition(split), Table(task, split))
                table.seeds.append(seed)
                table.protocols.append(split.protocol)
                table.warnings += warnings
            for name in names:
                if name in absent:
                    clock.skip(1)
                    continue
                done = self._one(name, stage, clock, absent)
                for one in done:
                    split = stage.splits[one.split]
                    of_model = tables[_condition(split)].done.setdefault(name, [])
                    # Whose answers agree is told of the first repeat only.
                    of_model.append(one if not of_model else _lighter(one))
        for table in tables.values():
            table.absent = absent
            table.done = {name: done for name, done in table.done.items() if name not in absent}
        return list(tables.values())

    def _stage(self, task: str, way: str, seed: int) -> tuple[Stage, list[str]]:
        splits = tuple(
            parts(way, self.ratings, task, liked=self.liked, seed=seed, filters=self.filters)
        )
        warnings = [finding.text for split in splits for finding in leaks.refuse(split)]
        first = seed == self.seeds[0]
        sides = tuple(self.sides.of(split) for split in splits)
        segmentations = tuple(
            groups.segmentations(
                split, side, self.liked, clusters=self.thorough and first and place == 0
            )
            for place, (split, side) in enumerate(zip(splits, sides, strict=True))
        )
        curves = self.thorough and first
        return Stage(task, way, seed, splits, sides, segmentations, curves), warnings

    def _one(self, name: str, stage: Stage, clock: Clock, absent: dict[str, str]) -> list[Done]:
        """A model's turn; if it fails, why goes to `absent`."""
        what = f"{stage.task}, {stage.way}, seed {stage.seed}: {name}"
        try:
            choosing.check_fits(name, stage.splits[0].train)
            done = self.worker.job(name, stage, clock.step)
        except (DiskFull, StoreError):
            raise
        except _FAILURES as error:
            absent[name] = str(error) or type(error).__name__
            if len(self.seeds) > 1:
                absent[name] = f"With seed {stage.seed}: {absent[name]}"
            clock.job_done(f"{what} left out: {error}", cached=False)
            return []
        metric = PRIMARY[stage.task]
        figures = ", ".join(f"{d.judged.figures[metric]:.4f}" for d in done)
        cached = all(d.cached for d in done)
        clock.job_done(f"{what} {metric} {figures}{' (kept)' if cached else ''}", cached=cached)
        return done


def _condition(split: Split) -> Protocol:
    """What makes splits repeats of one another: all but the seed and the fold."""
    return replace(split.protocol, seed=None, fold=None)


def _lighter(done: Done) -> Done:
    return replace(done, judged=replace(done.judged, lists=None, predicted=None))
