"""What the options of `matinee factorize` mean for each model: one table, and its checks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from matinee import models
from matinee.errors import InvalidParameter
from matinee.interactions import Interactions
from matinee.model import Model

OPTIONS: dict[str, dict[str, str]] = {
    "als": {"k": "factors", "epochs": "epochs", "reg": "weighted_regularization"},
    "mle": {
        "k": "factors",
        "epochs": "epochs",
        "reg": "weighted_regularization",
        "lr": "learning_rate",
    },
    "ls": {"k": "factors", "epochs": "epochs", "reg": "weighted_regularization"},
    "svdpp": {"k": "factors", "epochs": "epochs", "reg": "implicit_regularization"},
}
"""Which hyperparameter of each model an option sets. What is missing means nothing there."""


def configured(
    name: str,
    *,
    k: int | None = None,
    epochs: int | None = None,
    reg: float | None = None,
    lr: float | None = None,
) -> tuple[Model, list[str]]:
    """The model with these options (None: its own default), and what must be said about them.

    Raises
    ------
    InvalidParameter
        `OPTIONS` knows no such model, or an option is not above 0.
    """
    if name not in OPTIONS:
        raise InvalidParameter(f"`--model` must be one of {', '.join(OPTIONS)}, got {name!r}.")
    of_option, notes = OPTIONS[name], []
    parameters: dict[str, Any] = {}
    for option, value in (("k", k), ("epochs", epochs), ("reg", reg), ("lr", lr)):
        if value is None:
            continue
        if not (math.isfinite(value) and value > 0):
            raise InvalidParameter(f"`--{option}` must be > 0, got {value:g}.")
        if option in of_option:
            parameters[of_option[option]] = value
        else:
            notes.append(f"{name} has no learning rate: --lr {value:g} changes nothing.")
    return models.create(name, **parameters), notes


def capped(model: Model, train: Interactions, k: int | None) -> tuple[Model, list[str]]:
    """The model with no more factors than items, if `k` of them were not asked for.

    Raises
    ------
    InvalidParameter
        `k` is larger than the number of items.
    """
    items, name = len(np.unique(train.item_index)), OPTIONS[model.name]["k"]
    wanted = model.parameters[name]
    if wanted <= items:
        return model, []
    if k is not None:
        raise InvalidParameter(
            f"`--k` must be at most the number of items with training ratings, {items:,}, got "
            f"{k:,}."
        )
    smaller = models.create(model.name, **{**model.parameters, name: items})
    return smaller, [f"Only {items:,} items have training ratings: k is {items:,}, not {wanted:,}."]
