"""A table out of what was judged: means, intervals, paired tests, and where models disagree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations

import numpy as np

from matinee import models
from matinee.comparing import answers
from matinee.comparing.kept import Judged
from matinee.comparing.work import Done
from matinee.data.dataset import Dataset
from matinee.evaluation.compare import PRIMARY, SEES, quality
from matinee.evaluation.metrics import Float64
from matinee.evaluation.paired import Resampled, holm
from matinee.evaluation.records import Board, Entry, Figure, OnCurve, Versus
from matinee.splits import Protocol, Split

_ROOT = "rmse"
"""The metric that is the root of a mean."""
_DRAWS = 10_000
_DRAWN = 1 << 28
"""People drawn in all, at most, where `_FEWEST` draws allow it."""
_FEWEST = 1_000
_FEW = 30
"""Fewer people vary more than draws of them tell."""


@dataclass(eq=False)
class Table:
    """A table that is still being filled: one task, one protocol, its repeats.

    Attributes
    ----------
    done
        By model, what each repeat gave, in the order of `protocols`.
    split
        Of the first repeat.
    """

    task: str
    split: Split
    seeds: list[int] = field(default_factory=list)
    protocols: list[Protocol] = field(default_factory=list)
    done: dict[str, list[Done]] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)

    @property
    def repeats(self) -> list[str]:
        """What distinguishes each repeat, in words."""
        return [
            ", ".join(
                [
                    f"seed {seed}" + ("" if p.seed is not None else " of the models"),
                    *([] if p.fold is None else [f"fold {p.fold}"]),
                ]
            )
            for seed, p in zip(self.seeds, self.protocols, strict=True)
        ]


def board(table: Table, dataset: Dataset) -> Board:
    """The record of a table in which every model has had its turn."""
    names = list(table.done)
    metric = PRIMARY[table.task]
    entries, versus, warnings = [], [], list(table.warnings)
    if names:
        together = {name: _over_repeats([d.judged for d in table.done[name]]) for name in names}
        metrics = _metrics(together)
        sample = _resampled(together, metrics)
        roots = _resampled(together, [metric], root=True) if metric == _ROOT else None
        entries = [
            _entry(table, name, _figures(table.done[name], place, metrics, sample, roots))
            for place, name in enumerate(names)
        ]
        versus = _versus(names, metric, sample if roots is None else roots, metrics)
        people = len(sample)
        if people < _FEW:
            warnings.append(
                f"Only {people} {'person is' if people == 1 else 'people are'} judged: intervals "
                f"and p-values are of people, and those of fewer than {_FEW} are too sure."
            )
    first = {name: table.done[name][0].judged for name in names}
    protocol = table.protocols[0]
    more = table.repeats[1:]
    return Board(
        task=table.task,
        title=protocol.title
        if not more
        else replace(protocol, seed=None, fold=None).title + f", {1 + len(more)} repeats",
        protocol=str(protocol) + (f"; repeated: {', '.join(more)}" if more else ""),
        protocols=tuple(p.as_dict() | {"filters": list(p.filters)} for p in table.protocols),
        repeats=tuple(table.repeats),
        metric=metric,
        entries=tuple(sorted(entries, key=lambda e: _order(table.task, e), reverse=True)),
        versus=tuple(versus),
        disagreements=tuple(answers.disagreements(first)),
        contested=tuple(answers.contested(first, table.split, dataset)),
        sizes=next((j.sizes for j in first.values()), {}),
        absent=table.absent,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _order(task: str, entry: Entry) -> float:
    return quality(task, {name: figure.mean for name, figure in entry.figures.items()})


# ---- one model ----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Together:
    """A model over all repeats: each person's average, or sums where figures are of ratings."""

    values: dict[str, Float64]
    ratings: Float64 | None


def _over_repeats(repeats: Sequence[Judged]) -> _Together:
    everybody = np.unique(np.concatenate([j.people for j in repeats]))
    places = [np.searchsorted(everybody, j.people) for j in repeats]
    values = {}
    for metric in repeats[0].own:
        if not all(metric in j.own for j in repeats):
            continue
        total, times = np.zeros(len(everybody)), np.zeros(len(everybody))
        for judged, place in zip(repeats, places, strict=True):
            known = ~np.isnan(judged.own[metric])
            total[place[known]] += judged.own[metric][known]
            times[place[known]] += 1
        if repeats[0].ratings is not None:
            times = np.where(times > 0, 1.0, 0.0)
        values[metric] = np.divide(
            total, times, out=np.full(len(everybody), np.nan), where=times > 0
        )
    if repeats[0].ratings is None:
        return _Together(values, None)
    ratings = np.zeros(len(everybody))
    for judged, place in zip(repeats, places, strict=True):
        if judged.ratings is not None:
            ratings[place] += judged.ratings
    return _Together(values, ratings)


def _metrics(together: Mapping[str, _Together]) -> list[str]:
    """Those that every model has for each person and anybody has."""
    first, *others = together.values()
    return [
        metric
        for metric in first.values
        if all(metric in of.values for of in others)
        and not any(np.isnan(of.values[metric]).all() for of in together.values())
    ]


def _resampled(
    together: Mapping[str, _Together], metrics: Sequence[str], *, root: bool = False
) -> Resampled:
    """All models' figures of all metrics, in columns: model by model."""
    values = np.stack([of.values[m] for of in together.values() for m in metrics], axis=1)
    ratings = next(iter(together.values())).ratings
    weights = None if ratings is None else np.repeat(ratings[:, None], values.shape[1], axis=1)
    draws = max(_FEWEST, min(_DRAWS, _DRAWN // max(1, len(values))))
    return Resampled(values, weights, root=root, draws=draws)


def _figures(
    done: Sequence[Done],
    place: int,
    metrics: Sequence[str],
    sample: Resampled,
    roots: Resampled | None,
) -> dict[str, Figure]:
    """Means with intervals; of metrics that have no part for each person, means over repeats."""
    found = {}
    for name in done[0].judged.figures:
        if name == _ROOT and roots is not None:
            found[name] = Figure(float(roots.figures[place]), *(roots.interval(place) or ()))
        elif name in metrics:
            column = place * len(metrics) + metrics.index(name)
            found[name] = Figure(float(sample.figures[column]), *(sample.interval(column) or ()))
        else:
            each = [d.judged.figures[name] for d in done if name in d.judged.figures]
            mean = float(np.mean(each))
            if np.isfinite(mean):
                found[name] = Figure(mean)
    return found


def _entry(table: Table, name: str, figures: dict[str, Figure]) -> Entry:
    done = table.done[name]
    judged = [d.judged for d in done]
    peaks = [j.peak_bytes for j in judged if j.peak_bytes is not None]
    searches = {id(d.trials): sum(t.seconds for t in d.trials) for d in done}
    curve = judged[0].curve
    if curve:
        whole = judged[0].figures[PRIMARY[table.task]]
        curve = [*curve, OnCurve(1.0, len(table.split.train), whole)]
    return Entry(
        model=name,
        label=name + (SEES if models.get(name).transductive else ""),
        task=table.task,
        parameters=done[0].parameters,
        trials=done[0].trials,
        figures=figures,
        by_repeat=tuple(_finite(j.figures) for j in judged),
        segments=_mean_segments(judged),
        counted=round(float(np.mean([j.counted for j in judged]))),
        fit_seconds=float(np.mean([j.fit_seconds for j in judged])),
        answer_seconds=float(np.mean([j.answer_seconds for j in judged])),
        tune_seconds=sum(searches.values()),
        peak_bytes=max(peaks, default=None),
        curve=tuple(curve),
        settings=tuple(d.parameters for d in done),
    )


def _finite(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in figures.items() if np.isfinite(value)}


def _mean_segments(judged: Sequence[Judged]) -> dict[str, dict[str, dict[str, float]]]:
    """Means over the repeats that have a figure."""
    each: dict[str, dict[str, dict[str, list[float]]]] = {}
    for one in judged:
        for segmentation, segments in one.segments.items():
            for segment, figures in segments.items():
                into = each.setdefault(segmentation, {}).setdefault(segment, {})
                for name, value in _finite(figures).items():
                    into.setdefault(name, []).append(value)
    return {
        segmentation: {
            segment: {name: float(np.mean(values)) for name, values in figures.items()}
            for segment, figures in segments.items()
        }
        for segmentation, segments in each.items()
    }


# ---- between models -----------------------------------------------------------------------


def _versus(
    names: Sequence[str], metric: str, sample: Resampled, metrics: Sequence[str]
) -> list[Versus]:
    """Every pair by the primary figure, with Holm's correction over all of them."""
    step, offset = (1, 0) if metric == _ROOT else (len(metrics), metrics.index(metric))
    pairs = list(combinations(range(len(names)), 2))
    found = [sample.difference(a * step + offset, b * step + offset) for a, b in pairs]
    corrected = holm([d.p_value for d in found])
    return [
        Versus(names[a], names[b], metric, d.difference, d.low, d.high, d.p_value, after, d.people)
        for (a, b), d, after in zip(pairs, found, corrected, strict=True)
    ]
