"""What `matinee clusters fit` asks for, as a model and its hyperparameters."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from matinee import models
from matinee.errors import InvalidParameter

METHODS = ("kmeans", "minibatch", "spectral")
ON = ("users", "items")


def asked_for(
    on: str,
    *,
    features: str | None = None,
    scaling: str | None = None,
    k: int | None = None,
    method: str = "kmeans",
    smallest: int | None = None,
    repair: bool = True,
    seed: int | None = None,
) -> tuple[str, dict[str, Any]]:
    """The name of the model that groups so, and those hyperparameters that were stated.

    Raises
    ------
    InvalidParameter
        There is no such way, or it does not go with the rest.
    """
    if on not in ON:
        raise InvalidParameter(f"`--on` must be {' or '.join(ON)}, got {on!r}.")
    if method not in METHODS:
        raise InvalidParameter(f"`--method` must be {', '.join(METHODS)}, got {method!r}.")
    if smallest is not None and not repair:
        raise InvalidParameter("--no-repair leaves small clusters as they are: no --smallest then.")
    stated: dict[str, Any] = {"features": features, "n_clusters": k, "seed": seed}
    if on == "items":
        if method != "kmeans" or scaling is not None or smallest is not None or not repair:
            raise InvalidParameter(
                "Items are grouped by kmeans and never moved: --method minibatch or spectral, "
                "--scaling, --smallest and --no-repair are for --on users."
            )
        name = "item_clusters"
    else:
        name = "spectral_clusters" if method == "spectral" else "user_clusters"
        made_of = features or models.get(name).hyperparameters["features"].default
        if scaling is not None and made_of != "genres":
            raise InvalidParameter(
                f"--scaling is of genres, got --features {made_of}; leave it out."
            )
        stated["scaling"] = scaling
        stated["smallest"] = smallest if repair else 0
        if name == "user_clusters":
            stated["method"] = method
    return name, {key: value for key, value in stated.items() if value is not None}


def rated(stated: Sequence[str]) -> dict[str, float]:
    """Ratings from texts like "Fargo (1996)=4.5"."""
    found: dict[str, float] = {}
    for text in stated:
        title, _, value = text.rpartition("=")
        try:
            found[title] = float(value)
        except ValueError as error:
            raise InvalidParameter(
                f"A rating must be stated as TITLE=NUMBER, got {text!r}."
            ) from error
        if not title or not math.isfinite(found[title]):
            raise InvalidParameter(f"A rating must be stated as TITLE=NUMBER, got {text!r}.")
    return found
