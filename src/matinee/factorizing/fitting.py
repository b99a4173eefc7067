"""Factorization from ratings files: epochs chosen on validation, test judged at the end."""

from __future__ import annotations

import csv
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from matinee import memory
from matinee.cards import words
from matinee.durable import new_folder, sweep
from matinee.errors import Diverged, InvalidInput
from matinee.evaluation import metrics
from matinee.factorizing.card import of_run
from matinee.factorizing.options import OPTIONS
from matinee.factorizing.parts import Parts
from matinee.interactions import Interactions
from matinee.model import Model
from matinee.progress import Progress, silent
from matinee.report import curve as chart
from matinee.splits import Protocol, Split
from matinee.storage import archive

PATIENCE = 5
"""Epochs without a better validation RMSE after which the search for the best epoch ends."""


@dataclass(frozen=True)
class Epoch:
    """How a model stood after one epoch.

    Attributes
    ----------
    fit
        "search" on a part of the training data, to find the best epoch; "final" on all of it.
    judged_on
        "validation" or "test".
    seconds
        Since this fit began, judging included.
    """

    fit: Literal["search", "final"]
    epoch: int
    judged_on: Literal["validation", "test"]
    rmse: float
    mae: float
    r2: float | None
    """None where all ratings are equal."""
    seconds: float


@dataclass(frozen=True, eq=False)
class Factorized:
    """A fitted model, how it came about, and its figures on test ratings."""

    model: Model
    protocol: Protocol
    epochs: int
    """After which the fit ended."""
    figures: dict[str, float]
    counted: int
    """Test ratings that the figures are means of."""
    curve: list[Epoch]
    notes: list[str]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        return {
            "model": self.model.name,
            "parameters": self.model.parameters,
            "protocol": str(self.protocol),
            "epochs": self.epochs,
            "figures": self.figures,
            "counted": self.counted,
            "curve": [asdict(epoch) for epoch in self.curve],
            "notes": self.notes,
            "seconds": round(self.seconds, 3),
        }


def factorize(
    parts: Parts,
    model: Model,
    *,
    early_stopping: bool = True,
    tell: Callable[[Epoch], object] = lambda epoch: None,
    progress: Progress = silent,
) -> Factorized:
    """Fit `model` on the training part and judge it on the test part.

    With `early_stopping`, a validation part is carved out of training, and the epoch with the
    lowest RMSE on it is found; then the model is fitted anew on all of training, with the same
    hyperparameters, and stopped after that epoch. Test ratings choose nothing.

    Parameters
    ----------
    tell
        Called after each epoch.

    Raises
    ------
    Diverged
        Predictions are no longer finite.
    """
    split, notes = parts.split, list(parts.notes)
    curve: list[Epoch] = []

    def fit(on: Split, kind: Literal["search", "final"], last: int | None) -> None:
        began = time.perf_counter()
        best = (math.inf, 0)

        def watch(fitted: Model, epoch: int) -> bool:
            nonlocal best
            reached = _judged(fitted, on.test, kind, epoch, time.perf_counter() - began)
            curve.append(reached)
            tell(reached)
            best = min(best, (reached.rmse, epoch))
            return epoch == last or (kind == "search" and epoch - best[1] >= PATIENCE)

        model.fit(on.train, progress=progress, watch=watch)

    began = time.perf_counter()
    chosen = None
    if early_stopping:
        fit(_validation(split), "search", None)
        chosen = min(curve, key=lambda e: (e.rmse, e.epoch)).epoch
        if chosen == model.parameters["epochs"]:
            faster = ", or a higher --lr," if "lr" in OPTIONS.get(model.name, {}) else ""
            notes.append(
                f"RMSE on validation was still falling at epoch {chosen}, the last: more epochs"
                f"{faster} may help."
            )
    fit(split, "final", chosen)
    seconds = time.perf_counter() - began
    return Factorized(
        model,
        split.protocol,
        curve[-1].epoch,
        _figures(model, split.test, intervals=True),
        len(split.test),
        curve,
        notes,
        seconds,
    )


def _validation(split: Split) -> Split:
    try:
        return split.validation()
    except InvalidInput as error:
        raise InvalidInput(
            f"{error} Or take --no-early-stopping, which needs no validation part."
        ) from error


def _judged(
    model: Model,
    test: Interactions,
    kind: Literal["search", "final"],
    epoch: int,
    seconds: float,
) -> Epoch:
    figures = _figures(model, test)
    if "rmse" not in figures:
        slower = "a lower --lr or " if "lr" in OPTIONS.get(model.name, {}) else ""
        raise Diverged(
            f"{model.name} diverged in epoch {epoch}: its predictions are no longer finite; take "
            f"{slower}a higher --reg."
        )
    judged_on: Literal["validation", "test"] = "validation" if kind == "search" else "test"
    rmse, mae, r2 = figures["rmse"], figures["mae"], figures.get("r2")
    return Epoch(kind, epoch, judged_on, rmse, mae, r2, round(seconds, 3))


def _figures(model: Model, test: Interactions, *, intervals: bool = False) -> dict[str, float]:
    """All figures on test ratings but those that are not defined."""
    if test.value is None:
        raise InvalidInput("Test ratings must have values, got implicit feedback.")
    predicted = model.predict(test.user_index, test.item_index, now=test.time)
    actual = test.value
    figures = {
        "rmse": metrics.rmse(predicted, actual),
        "mae": metrics.mae(predicted, actual),
        "r2": metrics.r2(predicted, actual),
    }
    if model.has_deviation and intervals:
        _, deviation = model.predict_with_deviation(test.user_index, test.item_index, now=test.time)
        figures["log-likelihood"] = metrics.log_likelihood(predicted, deviation, actual)
        for share in (0.5, 0.9):
            inside = metrics.interval_coverage(predicted, deviation, actual, share)
            figures[f"within {share:.0%} interval"] = inside
    return {name: value for name, value in figures.items() if math.isfinite(value)}


# ---- folder -----------------------------------------------------------------------------


def default_folder(name: str) -> Path:
    """Where a model goes that was given no place: a new folder below the working directory."""
    return Path("factorized") / f"{name}-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"


def factorize_into(
    out: Path,
    parts: Parts,
    model: Model,
    *,
    early_stopping: bool = True,
    tell: Callable[[Epoch], object] = lambda epoch: None,
    progress: Progress = silent,
) -> Factorized:
    """`factorize`, and put the result into a new folder, which appears whole or not at all.

    It holds ``model/`` (an archive, with its card), ``ids.json`` (the ids of its users and items,
    by index), ``curve.csv``, ``curve.svg`` and ``curve.html``.

    Raises
    ------
    InvalidInput
        `out` exists.
    Diverged, DiskFull
    """
    sweep(out.parent, f"{out.name}.*")
    # Made before the work, so that a place that cannot be written to is known at once.
    with new_folder(out) as folder:
        with memory.peak() as held:
            done = factorize(
                parts, model, early_stopping=early_stopping, tell=tell, progress=progress
            )
        details = {key: value for key, value in done.as_dict().items() if key != "parameters"}
        card = of_run(done, parts, held)
        details["card"] = card.as_dict()
        archive.save(model, folder / "model", details=details, card=words.as_text(card))
        ids = {"users": parts.users, "items": parts.items}
        (folder / "ids.json").write_text(json.dumps(ids), encoding="utf-8")
        with (folder / "curve.csv").open("w", encoding="utf-8", newline="") as file:
            rows = csv.DictWriter(file, list(Epoch.__dataclass_fields__))
            rows.writeheader()
            rows.writerows(asdict(epoch) for epoch in done.curve)
        chart.write(folder, done.as_dict())
    return done
