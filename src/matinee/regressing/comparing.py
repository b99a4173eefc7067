"""Regressors fitted to the same rows and judged on the same others."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np

from matinee import regression
from matinee.errors import InvalidInput, InvalidParameter
from matinee.evaluation import metrics
from matinee.interactions import SideInformation
from matinee.progress import Progress, silent
from matinee.regressing import rows as making
from matinee.regressing.rows import Rows
from matinee.regression import KINDS, Settings
from matinee.regression.records import Comparison, Judged
from matinee.splits import Split


def compare(
    data: Split | Rows,
    side: SideInformation | None = None,
    kinds: Sequence[str] = KINDS,
    *,
    settings: Mapping[str, Settings] | None = None,
    features: str = "out-of-fold",
    taste: int = 16,
    seed: int = 0,
    progress: Progress = silent,
) -> Comparison:
    """Fit every kind to the training part and judge it on the test part. Nothing is tuned.

    Parameters
    ----------
    data
        A split, or rows of your own (`rows.of_arrays`).
    settings
        By kind, where they are not what suits it.
    features, taste
        As of the model `regressors`; they mean nothing for rows.

    Raises
    ------
    InvalidParameter
        No such kind, or a kind twice.
    """
    checked_kinds(kinds)
    rows = as_rows(data, side, features=features, taste=taste, seed=seed, progress=progress)
    judged = []
    for done, kind in enumerate(kinds):
        progress(f"fitting {kind}", done, len(kinds))
        judged.append(judge(rows, kind, (settings or {}).get(kind), seed=seed))
    progress("comparing", len(kinds), len(kinds))
    return comparison(rows, judged)


def as_rows(
    data: Split | Rows,
    side: SideInformation | None,
    *,
    features: str,
    taste: int,
    seed: int,
    progress: Progress = silent,
) -> Rows:
    """`data`, or the features of it."""
    if isinstance(data, Rows):
        if side is not None:
            raise InvalidInput("Side information goes with a split; rows have their features.")
        return data
    progress("making features", 0, None)
    return making.of_split(data, side, features=features, taste=taste, seed=seed)


def judge(rows: Rows, kind: str, settings: Settings | None = None, *, seed: int = 0) -> Judged:
    """Fit one regressor and judge it."""
    start = time.perf_counter()
    chosen = regression.resolved(kind, settings or Settings(), len(rows.y))
    regressor = regression.fit(kind, rows.x, rows.y, chosen, seed=seed)
    fitted = time.perf_counter()
    predicted = np.clip(regressor.predict(rows.x_test), rows.y.min(), rows.y.max())
    done = time.perf_counter()
    return Judged(
        kind,
        chosen,
        metrics.rmse(predicted, rows.y_test),
        metrics.mae(predicted, rows.y_test),
        metrics.r2(predicted, rows.y_test),
        fitted - start,
        done - fitted,
    )


def comparison(rows: Rows, judged: Sequence[Judged], tried: Sequence[Judged] = ()) -> Comparison:
    """The record of what was judged, the lowest RMSE first."""
    ordered = tuple(sorted(judged, key=lambda one: one.rmse))
    sizes = (len(rows.y), len(rows.y_test))
    return Comparison(rows.protocol, *sizes, rows.columns, rows.seconds, ordered, tuple(tried))


def checked_kinds(kinds: Sequence[str]) -> None:
    """InvalidParameter unless these are kinds of regressors, each once, and at least one."""
    if not kinds or len(set(kinds)) < len(kinds) or not set(kinds) <= set(KINDS):
        raise InvalidParameter(
            f"`kinds` must be some of {', '.join(KINDS)}, each once, got {', '.join(kinds)}."
        )
