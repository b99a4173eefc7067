"""One model in one repeat: tuned on validation ratings, fitted on train, judged on test once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from matinee import models
from matinee.comparing import choosing, judging, kept
from matinee.comparing.kept import Judged
from matinee.errors import Diverged, InvalidInput
from matinee.evaluation import records
from matinee.evaluation.origins import Origin
from matinee.evaluation.primary import primary
from matinee.evaluation.records import OnCurve
from matinee.evaluation.segments import Segmentation
from matinee.interactions import Interactions, SideInformation
from matinee.memory import peak
from matinee.model import Model
from matinee.splits import Split
from matinee.tuning.search import Search, spaces

SEARCH_SEED = 42
SHARES = (0.25, 0.5)
"""Of the training ratings, for learning curves; all of them are there anyway."""

Step = Callable[[float], object]
"""Given the share of a job that is done."""


@dataclass(frozen=True, eq=False)
class Stage:
    """The splits of one protocol that one seed makes.

    Attributes
    ----------
    sides
        What each split's models know besides ratings.
    segmentations
        Of each split.
    curves
        Whether models get learning curves here.
    """

    task: str
    way: str
    seed: int
    splits: tuple[Split, ...]
    sides: tuple[SideInformation, ...]
    segmentations: tuple[tuple[Segmentation, ...], ...]
    curves: bool = False


@dataclass(frozen=True, eq=False)
class Done:
    """A model judged on one split.

    Attributes
    ----------
    split
        Its place in the stage.
    cached
        Whether it had been judged before.
    """

    split: int
    judged: Judged
    parameters: dict[str, Any]
    trials: tuple[records.Trial, ...]
    cached: bool


class Worker:
    """Does jobs, and keeps in a folder what they found.

    Parameters
    ----------
    trials
        Settings to try of each model; 0 judges the defaults.
    origin
        What is to stand beside settings that are found; each search puts in its protocol.
    """

    def __init__(self, folder: Path, trials: int, origin: Origin | None = None) -> None:
        self._folder, self._trials, self._origin = folder, trials, origin
        self._prints: WeakKeyDictionary[object, str] = WeakKeyDictionary()

    def job(self, name: str, stage: Stage, step: Step) -> list[Done]:
        """Tune, fit and judge a model on all splits of a stage, or find that it was done before.

        Splits that share a training part are served by one search and one fit.
        """
        done: list[Done] = []
        groups = _by_training(stage.splits)
        if models.get(name).transductive:
            # It learns from what will be asked for, and that differs.
            groups = [[place] for place in range(len(stage.splits))]
        for number, places in enumerate(groups):
            done += self._group(name, stage, places, _within(step, number, len(groups)))
        return sorted(done, key=lambda d: d.split)

    def _group(self, name: str, stage: Stage, places: list[int], step: Step) -> list[Done]:
        """Of splits that share a training part, and so what is known besides."""
        kind = models.get(name)
        last, side = stage.splits[places[-1]], stage.sides[places[-1]]
        fixed = choosing.stated(kind, last.protocol)
        trials, best = self._tuned(kind, last, side, fixed, step)
        model = kind(**fixed | best | choosing.seeded(kind, stage.seed))
        files = {place: self._file(model, stage, place) for place in places}
        found = {place: kept.read(file) for place, file in files.items()}
        missing = [place for place, judged in found.items() if judged is None]
        fitted = _fitted(model, last, side) if missing else {}
        for place in missing:
            new = judging.judged(model, stage.splits[place], side, stage.segmentations[place])
            if stage.curves and place == 0:
                curve = _curve(kind(**model.parameters), stage.splits[place], side)
                new = replace(new, curve=curve)
            found[place] = new = replace(new, **fitted)
            kept.write(files[place], new)
        return [
            Done(place, judged, model.parameters, trials, place not in missing)
            for place, judged in found.items()
            if judged is not None
        ]

    # ---- tuning -------------------------------------------------------------------------

    def _tuned(
        self,
        kind: type[Model],
        split: Split,
        side: SideInformation,
        fixed: dict[str, Any],
        step: Step,
    ) -> tuple[tuple[records.Trial, ...], dict[str, Any]]:
        """The trials, and what the best of them states beyond the defaults."""
        if not self._trials or not set(spaces(kind)) - set(fixed):
            return (), {}
        validation = split.validation()
        made_of = kept.digest(
            kept.versions(), kind.name, fixed, self._of_split(validation), self._of(side)
        )
        file = self._folder / "tuning" / f"{kind.name}-{made_of[:16]}.sqlite"
        file.parent.mkdir(exist_ok=True)
        origin = self._origin and self._origin.within(split)
        search = Search(kind, validation, side, file, SEARCH_SEED, fixed, origin)
        with search.opened():
            search.run(self._trials, lambda trial: step((trial.number + 1) / (self._trials + 1)))
            # Another run may have asked for more; each run finds what it would have found alone.
            trials = search.trials[: self._trials]
            best = search.best_of(trials)
        if best is None:
            raise Diverged(
                f"None of {len(trials)} settings of {kind.name} came to a figure on validation "
                f"ratings ({', '.join(t.outcome for t in trials[:5])})."
            )
        told = (
            records.Trial(t.number, t.outcome, t.figure, t.seconds, t.parameters) for t in trials
        )
        return tuple(told), best.parameters

    # ---- names --------------------------------------------------------------------------

    def _file(self, model: Model, stage: Stage, place: int) -> Path:
        """Where this model on this split is kept: named by all that its figures depend on."""
        made_of = kept.digest(
            kept.versions(),
            model.name,
            model.parameters,
            self._of_split(stage.splits[place]),
            self._of(stage.sides[place]),
            [(s.name, s.names, kept.of_array(s.label)) for s in stage.segmentations[place]],
            stage.curves and place == 0,
        )
        folder = self._folder / "judged"
        folder.mkdir(exist_ok=True)
        return folder / f"{model.name}-{made_of[:16]}.kept"

    def _of_split(self, split: Split) -> str:
        parts = (split.train, split.test, split.given)
        return kept.digest(split.protocol.as_dict(), [p and self._of(p) for p in parts])

    def _of(self, noun: Interactions | SideInformation) -> str:
        """Its fingerprint, made once."""
        if noun not in self._prints:
            self._prints[noun] = (
                kept.of_ratings(noun) if isinstance(noun, Interactions) else kept.of_side(noun)
            )
        return self._prints[noun]


def _fitted(model: Model, split: Split, side: SideInformation) -> dict[str, Any]:
    """Fit, and tell the seconds and the memory that it took beyond what was held."""
    start = time.perf_counter()
    with peak() as memory:
        _fit(model, split, side)
    held = None
    if memory.bytes is not None and memory.before is not None:
        held = max(0, memory.bytes - memory.before)
    return {"fit_seconds": time.perf_counter() - start, "peak_bytes": held}


def _curve(model: Model, split: Split, side: SideInformation) -> list[OnCurve]:
    """The primary figure after training on shares of the rows, drawn at random.

    A share that is too small for the model has no point.
    """
    found = []
    order = np.random.default_rng(SEARCH_SEED).permutation(len(split.train))
    for share in SHARES:
        rows = np.sort(order[: int(share * len(order))])
        part = replace(split, train=split.train.take(rows))
        with suppress(InvalidInput, Diverged):
            _fit(model, part, side)
            # Whatever was known is masked, as it is for the whole.
            figure = primary(model, part, side, masked=split.known)
            found.append(OnCurve(share, len(rows), figure))
    return found


def _fit(model: Model, split: Split, side: SideInformation) -> None:
    asked = replace(split.test, value=None) if model.transductive else None
    model.fit(split.train, side, asked=asked)


def _by_training(splits: Sequence[Split]) -> list[list[int]]:
    """Places of splits that share a training part."""
    groups: dict[int, list[int]] = {}
    for place, split in enumerate(splits):
        groups.setdefault(id(split.train), []).append(place)
    return list(groups.values())


def _within(step: Step, number: int, of: int) -> Step:
    return lambda share: step((number + share) / of)
