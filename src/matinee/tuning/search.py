"""Tuning: a search for better hyperparameters that never looks at test ratings."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from matinee import models
from matinee.data import Dataset
from matinee.durable import alone
from matinee.errors import Diverged, InvalidInput, InvalidParameter, Unsupported
from matinee.evaluation.compare import PRIMARY
from matinee.evaluation.origins import Origin
from matinee.evaluation.primary import primary
from matinee.evaluation.protocols import parts
from matinee.features import known_tags, side_information
from matinee.hyperparameters import Space
from matinee.interactions import SideInformation, default_liked_threshold
from matinee.model import Model
from matinee.progress import Progress, silent
from matinee.splits import Split
from matinee.tuning import configuration, study
from matinee.tuning.study import Trial

if TYPE_CHECKING:
    from optuna import Study
    from optuna.trial import Trial as Asked


class Search:
    """The trials of one model on one split, kept in a SQLite file.

    Parameters
    ----------
    split
        Of validation: its test part is what settings are chosen by.
    file
        Of the study.
    seed
        Of the search.
    fixed
        Hyperparameters that are stated, and not searched.
    origin
        What the file of the best setting is to say of `split`; what the trials tell is put in.
    """

    def __init__(
        self,
        kind: type[Model],
        split: Split,
        side: SideInformation,
        file: Path,
        seed: int,
        fixed: Mapping[str, Any] | None = None,
        origin: Origin | None = None,
    ) -> None:
        self.kind, self.split, self.file = kind, split, file
        self.metric = PRIMARY[kind.task]
        self.config = file.with_suffix(".toml")
        """Where the best setting is written."""
        self.fixed = dict(fixed or {})
        """Hyperparameters that are stated, and not searched."""
        self._lower_is_better = kind.task == "rating"
        self._side, self._seed, self._origin = side, seed, origin
        self._spaces = {n: s for n, s in spaces(kind).items() if n not in self.fixed}
        self._study: Study

    @contextmanager
    def opened(self) -> Iterator[Self]:
        """Hold the study's file, alone, until the block ends."""
        made_of = study.fingerprint(
            self.kind.name, (self._spaces, self.fixed), self.split, self._side, self._seed
        )
        name, lower = self.kind.name, self._lower_is_better
        with (
            alone(self.file, "tuning"),
            study.opened(self.file, name, made_of, minimize=lower) as self._study,
        ):
            study.give_up_broken(self._study)
            yield self

    # ---- what there is ------------------------------------------------------------------

    @property
    def trials(self) -> list[Trial]:
        """All trials that came to an end, in their order; not those that were broken off."""
        return [study.trial_of(n, t) for n, t in enumerate(study.finished(self._study))]

    @property
    def default(self) -> Trial | None:
        """Trial 0, once it is done."""
        return next((t for t in self.trials[:1] if t.figure is not None), None)

    @property
    def best(self) -> Trial | None:
        """The trial with the best figure, the first of equals."""
        return self.best_of(self.trials)

    def best_of(self, trials: Sequence[Trial]) -> Trial | None:
        """The one of these with the best figure, the first of equals."""
        done = [t for t in trials if t.figure is not None]
        return min(done, key=self._loss) if done else None

    @property
    def gain(self) -> float | None:
        """By which share of its own figure the default is worse than the best found."""
        default, best = self.default, self.best
        if default is None or best is None or default.figure is None or not default.figure:
            return None
        return (self._loss(default) - self._loss(best)) / default.figure

    def as_dict(self) -> dict[str, Any]:
        return {
            "model": self.kind.name,
            "metric": self.metric,
            "protocol": str(self.split.protocol),
            "trials": self.trials,
            "default": self.default,
            "best": self.best,
            "gain": self.gain,
            "study": self.file,
            "config": self.config,
        }

    def _loss(self, trial: Trial) -> float:
        figure = math.nan if trial.figure is None else trial.figure
        return figure if self._lower_is_better else -figure

    # ---- the search ---------------------------------------------------------------------

    def run(
        self,
        trials: int,
        tell: Callable[[Trial], object] = lambda trial: None,
        progress: Progress = silent,
    ) -> None:
        """Go on until there are `trials` in all; write the best setting whenever there is one.

        A setting depends on `seed` and on the trials before it and on nothing else, so a search
        that was broken off goes on as if it had not been.
        """
        if trials < 1:
            raise InvalidParameter(f"`trials` must be at least 1, got {trials}.")
        self._write_best()
        for number in range(len(self.trials), trials):
            progress(f"tuning {self.kind.name}", number, trials)
            self._one(number)
            tell(self.trials[-1])
            self._write_best()
        progress(f"tuning {self.kind.name}", trials, trials)

    def _one(self, number: int) -> None:
        from optuna.exceptions import TrialPruned
        from optuna.samplers import TPESampler
        from optuna.trial import TrialState

        # A sampler of its own for each trial: its randomness does not depend on where a search
        # was broken off.
        state = np.random.SeedSequence([self._seed, number]).generate_state(1)
        self._study.sampler = TPESampler(seed=int(state[0]), multivariate=True, constant_liar=False)
        if number == 0:
            defaults = {n: self.kind.hyperparameters[n].default for n in self._spaces}
            self._study.enqueue_trial(defaults)
        asked = self._study.ask({n: study.distribution(s) for n, s in self._spaces.items()})
        outcome, began = "done", time.perf_counter()
        figure = math.nan
        try:
            figure = self._tried(self.kind(**self.fixed, **asked.params), asked)
            if not math.isfinite(figure):
                outcome = "diverged"
        except TrialPruned:
            outcome = "stopped"
        except Diverged:
            outcome = "diverged"
        except BaseException as error:
            # A model may refuse a setting, or it may not fit in memory; that this happens with its
            # own defaults is for people to know.
            if not isinstance(error, InvalidInput | MemoryError) or number == 0:
                self._study.tell(asked, state=TrialState.FAIL)
                raise
            outcome = "refused"
        asked.set_user_attr("outcome", outcome)
        asked.set_user_attr("seconds", round(time.perf_counter() - began, 3))
        # What was stopped or diverged counts for the sampler as worse than what was done.
        if outcome == "done":
            self._study.tell(asked, figure)
        else:
            self._study.tell(asked, state=TrialState.PRUNED)

    def _tried(self, model: Model, asked: Asked) -> float:
        epochs = model.parameters.get("epochs", 0)
        reported: set[int] = set()

        def watch(fitted: Model, epoch: int) -> None:
            # Schedules of different lengths compare by the share that is behind them.
            quarter = 4 * epoch // epochs
            if quarter in (2, 3) and quarter not in reported:
                from optuna.exceptions import TrialPruned

                reported.add(quarter)
                asked.report(self._figure(fitted), quarter)
                if asked.should_prune():
                    raise TrialPruned

        asked_for = replace(self.split.test, value=None) if model.transductive else None
        model.fit(self.split.train, self._side, watch=watch if epochs else None, asked=asked_for)
        return self._figure(model)

    def _figure(self, model: Model) -> float:
        return primary(model, self.split, self._side)

    def _write_best(self) -> None:
        default, best = self.default, self.best
        if best is None:
            return
        against = "" if default is None else f", default {default.figure:.5f}"
        said = [
            f"Trial {best.number} of matinee tune: {self.metric} {best.figure:.5f}{against}, on",
            f"{self.split.protocol}.",
        ]
        origin = self._origin and replace(
            self._origin,
            study=self.file.name,
            trial=best.number,
            trials=len(self.trials),
            metric=self.metric,
            figure=best.figure,
        )
        configuration.write(self.config, self.kind(**self.fixed, **best.parameters), said, origin)


@contextmanager
def search(name: str, dataset: Dataset, folder: Path, *, seed: int = 42) -> Iterator[Search]:
    """The search for a model's hyperparameters on a data set, begun or taken up again.

    Ratings are held out by the protocol of the model's task (a tenth at random, or a fifth of what
    each person liked) and never used; validation ratings are held out of the rest by the same rule.

    Parameters
    ----------
    folder
        Where the study stands or is to stand.
    seed
        Of the split and of the search.

    Raises
    ------
    Unsupported
        Optuna is missing, or the model has nothing to search.
    InvalidInput
        The folder's study is of other ratings, or in use by another process.
    """
    kind = models.get(name)
    study.check_optuna()
    if not spaces(kind):
        raise Unsupported(f"{name} has no hyperparameter to tune.")
    if kind.task == "rating" and dataset.interactions.value is None:
        raise InvalidInput(
            f"{name} predicts ratings, and {dataset.name} has none; tune a ranking model."
        )
    liked = default_liked_threshold(*dataset.interactions.scale)
    whole = parts("random", dataset.interactions, kind.task, liked=liked, seed=seed)[0]
    looked_at = Origin.of_data(dataset.name, dataset.interactions).within(whole)
    validation, tags = whole.validation(), dataset.tags
    for split in (whole, validation) if tags is not None else ():
        tags = known_tags(tags, split, dataset.users.ids, dataset.items.ids)
    side = side_information(dataset.item_table, dataset.user_table, tags)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}-{dataset.name}-{seed}.sqlite"
    searched = Search(kind, validation, side, file, seed, origin=looked_at)
    with searched.opened() as found:
        yield found


def spaces(kind: type[Model]) -> dict[str, Space]:
    """The hyperparameters of a model that tuning may change, and their values."""
    stated = ((name, p.space) for name, p in kind.hyperparameters.items())
    return {name: space for name, space in stated if space is not None}
