"""A card of a model that was just trained, from all that training knows."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

import numba
import numpy as np
from scipy.sparse import csr_array

import matinee
from matinee.cards import limits
from matinee.cards.behavior import behavior
from matinee.cards.record import Card, Cost, Data, Judged, Setting, Source
from matinee.data.specs import Specs
from matinee.evaluation import leaks
from matinee.evaluation.compare import Evaluation
from matinee.evaluation.leaks import Finding
from matinee.evaluation.origins import Origin
from matinee.evaluation.records import Figure
from matinee.interactions import Interactions, SideInformation
from matinee.memory import Peak
from matinee.model import Model
from matinee.splits import Split

_LIBRARIES = ("numpy", "scipy", "numba", "scikit-learn")


def made(
    model: Model,
    data: Data,
    judged: Judged | None,
    cost: Cost,
    side: SideInformation,
    *,
    by: Mapping[str, str] | None = None,
    origin: Origin | None = None,
    unjudged: str = "",
) -> Card:
    """The card of a fitted model, with its use and limits in words.

    Parameters
    ----------
    by
        Who chose each hyperparameter that was stated; the others are defaults.
    unjudged
        Why there are no figures, where there are none.
    """
    by = by or {}
    card = Card(
        model=model.name,
        summary=model.summary,
        task=model.task,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        data=data,
        judged=judged,
        unjudged=unjudged,
        behavior=behavior(model, side),
        settings={n: Setting(v, by.get(n, "default")) for n, v in model.parameters.items()},
        origin=origin,
        seed=model.parameters.get("seed"),
        cost=cost,
        versions=versions(),
        machine=f"{platform.system()} on {platform.machine()}, {os.cpu_count()} processors",
    )
    return replace(card, use=limits.use(card), limits=limits.limits(card))


def versions() -> dict[str, str]:
    """Of matinee, Python and the libraries that compute; nothing of the machine."""
    libraries = {name: version(name) for name in _LIBRARIES}
    found = {"matinee": matinee.__version__, "Python": platform.python_version(), **libraries}
    return dict(sorted(found.items()))


def cost_of(seconds: float, held: Peak) -> Cost:
    """What a fit took."""
    return Cost(round(seconds, 3), held.bytes, held.before, numba.get_num_threads())


def data_of(
    ratings: Interactions,
    learned: Interactions,
    side: SideInformation,
    *,
    liked: float | None,
    specs: Specs | None = None,
) -> Data:
    """What is to be said of the ratings; `learned` are those of them that were learned from."""
    counts = np.bincount(ratings.user_index, minlength=ratings.n_users)
    first, last, timed = _days(ratings)
    return Data(
        sources=() if specs is None else tuple(_source(s) for s in specs.sources),
        users=ratings.n_users,
        items=ratings.n_items,
        ratings=len(ratings),
        raters=len(np.unique(learned.user_index)),
        rated=len(np.unique(learned.item_index)),
        learned=len(learned),
        fewest=int(counts[counts > 0].min()) if len(ratings) else None,
        scale=None if ratings.value is None else ratings.scale,
        liked=None if ratings.value is None else liked,
        first=first,
        last=last,
        timed=timed,
        filters=()
        if learned is ratings or ratings.value is None or liked is None
        else (f"rated {liked:g} or higher",),
        sha256=_sha256(ratings),
        profiles=_known(side.user_features, side.user_feature_names),
        traits=_known(side.item_features, side.item_feature_names)
        | _known(side.item_words, side.item_word_names),
    )


def judged_of(
    evaluation: Evaluation,
    split: Split,
    *,
    beside: Mapping[str, Mapping[str, float]] | None = None,
    chosen: Finding | None = None,
) -> Judged:
    """What was found out about a model on the test part of `split`.

    Parameters
    ----------
    beside
        Figures of baselines by the same split.
    chosen
        What `origins.check` says of the model's settings.
    """
    found = leaks.refuse(split) if chosen is None else (*leaks.refuse(split), chosen)

    def figure(name: str, value: float) -> Figure:
        return Figure(value, *evaluation.intervals.get(name, (None, None)))

    return Judged(
        protocol=evaluation.protocol.as_dict(),
        figures={n: figure(n, v) for n, v in evaluation.figures.items() if np.isfinite(v)},
        counted=evaluation.counted,
        segments=_finite(evaluation.segments),
        beside={name: dict(figures) for name, figures in (beside or {}).items()},
        fit_seconds=round(evaluation.fit_seconds, 3),
        answer_seconds=round(evaluation.answer_seconds, 3),
        warnings=tuple(finding.text for finding in found),
    )


def _finite(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON knows no NaN: what is not defined is left out."""
    return {
        name: _finite(value) if isinstance(value, Mapping) else value
        for name, value in values.items()
        if isinstance(value, Mapping) or np.isfinite(value)
    }


def _source(specs: Specs) -> Source:
    sizes, ids = specs.sizes, specs.ids.get("ratings")
    return Source(
        specs.name,
        sizes.get("users"),
        sizes.get("items"),
        sizes.get("ratings"),
        None if ids is None else ids.sha256,
    )


def _days(ratings: Interactions) -> tuple[str | None, str | None, float | None]:
    if ratings.time is None or not len(ratings):
        return None, None, None
    known = ratings.time[ratings.time > 0]
    if not len(known):
        return None, None, 0.0
    first, last = (str(np.datetime64(int(t), "s").astype("M8[D]")) for t in _ends(known))
    return first, last, len(known) / len(ratings)


def _ends(times: np.ndarray[Any, np.dtype[np.int64]]) -> tuple[int, int]:
    return int(times.min()), int(times.max())


def _sha256(ratings: Interactions) -> str:
    digest = hashlib.sha256()
    for column in (ratings.user_index, ratings.item_index, ratings.value, ratings.time):
        if column is not None:
            digest.update(np.ascontiguousarray(column).data)
    return digest.hexdigest()


def _known(features: csr_array | None, names: tuple[str, ...]) -> dict[str, int]:
    """Rows of which something is known, by the part of the columns' names before the colon."""
    if features is None:
        return {}
    kinds, kind = np.unique([name.partition(":")[0] for name in names], return_inverse=True)
    told = np.zeros((features.shape[0], len(kinds)), bool)
    rows = np.repeat(np.arange(features.shape[0]), np.diff(features.indptr))
    told[rows, kind[features.indices]] = True
    return {str(name): int(n) for name, n in zip(kinds, told.sum(axis=0), strict=True)}
