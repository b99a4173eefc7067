"""Which models stand in a comparison, and what is stated of them before any tuning."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from matinee import models
from matinee.errors import InvalidInput, InvalidParameter, some
from matinee.interactions import Interactions
from matinee.model import Model
from matinee.splits import Protocol
from matinee.training import DEFAULT_MODELS

YARDSTICK = "ease"
"""What every ranking must be measured by, besides the baselines: closed form, hard to beat."""
FIRST_SEED = 42
"""The seed at which models keep the seeds that they have by default."""
_BY_TIME = ("time", "rolling")
_MOST_REPEATS = 100
_TASKS = ("rating", "ranking")


def models_for(names: Sequence[str] | None = None, task: str | None = None) -> list[str]:
    """The models to compare: those named or trained by default, and always what they must beat.

    That is popularity and EASE for rankings, the item mean and biases for ratings. Models that
    take minutes even of little data, and transductive ones, are there only if they are named.

    Raises
    ------
    InvalidParameter
        There is no such task, or none of the names is of it.
    UnknownModel
    """
    if task not in (None, *_TASKS):
        raise InvalidParameter(f"`task` must be {' or '.join(_TASKS)}, got {task!r}.")
    chosen = [models.get(n.strip()) for n in (DEFAULT_MODELS if names is None else names)]
    kept = [m.name for m in chosen if task in (None, m.task)]
    if not kept:
        raise InvalidParameter(f"None of {some(names or ())} is a model for {task}.")
    tasks = {models.get(n).task for n in kept}
    return list(dict.fromkeys([*(n for t in _TASKS if t in tasks for n in always(t)), *kept]))


def always(task: str) -> list[str]:
    """The models of a task that no comparison leaves out."""
    every = [models.get(n) for n in models.names()]
    baselines = [m.name for m in every if m.baseline and m.task == task]
    return [*baselines, *([YARDSTICK] if models.get(YARDSTICK).task == task else [])]


def seeds_of(stated: str) -> list[int]:
    """The seeds of "3" (so many repeats, from 42 on) or of "42,43,44" (these).

    Raises
    ------
    InvalidParameter
    """
    words = [word.strip() for word in stated.split(",") if word.strip()]
    if not words or not all(word.isascii() and word.isdigit() for word in words):
        raise InvalidParameter(
            "`seeds` must be how many repeats there are, such as 3, or the seed of each, such as "
            f"42,43,44, got {stated!r}."
        )
    if "," in stated:
        return [int(word) for word in words]
    if not 1 <= int(words[0]) <= _MOST_REPEATS:
        raise InvalidParameter(
            f"There must be 1 to {_MOST_REPEATS} repeats, got {stated}; a single seed is written "
            f"with a comma: {stated},"
        )
    return [FIRST_SEED + repeat for repeat in range(int(words[0]))]


def check_fits(name: str, train: Interactions) -> None:
    """Refuse EASE where its matrix of items squared does not fit in the memory that is free.

    Raises
    ------
    InvalidInput
    """
    free = _free_bytes()
    items = int(np.count_nonzero(np.bincount(train.item_index)))
    needed = 4 * items**2
    if name == YARDSTICK and free is not None and needed > free:
        raise InvalidInput(
            f"{name} must hold a float32 matrix of items squared in memory: {items:,} items need "
            f"{needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free."
        )


def _free_bytes() -> int | None:
    """Memory that can be had without swapping; None where the system does not tell."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
    return 1024 * int(found[0]) if found else None


def stated(kind: type[Model], protocol: Protocol) -> dict[str, Any]:
    """Hyperparameters that a protocol dictates: by time, features know the past only."""
    features = kind.hyperparameters.get("features")
    past = features is not None and "past" in features.search
    return {"features": "past"} if past and protocol.kind in _BY_TIME else {}


def seeded(kind: type[Model], seed: int) -> dict[str, Any]:
    """The model's own seed in the repeat of a seed: its default, shifted as the repeat's is."""
    own = kind.hyperparameters.get("seed")
    return {} if own is None else {"seed": (int(own.default) + seed - FIRST_SEED) % 2**31}
