"""What is scanned: rows of numbers that people or items become, and who judges their clusters."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

import matinee
from matinee import models
from matinee.clustering import people, vectors
from matinee.clustering.measuring import METHODS, Points
from matinee.errors import InvalidInput, InvalidParameter
from matinee.evaluation.protocols import parts
from matinee.hyperparameters import Parameter
from matinee.interactions import Bool, Interactions
from matinee.model import Model
from matinee.scanning.judging import Judge
from matinee.scanning.source import Source

SIDES = ("users", "items")
FEATURES = {"users": people.FEATURES, "items": vectors.FEATURES}
"""What rows of each side can be made of."""
_RECOMMENDERS = {
    ("users", "kmeans"): "user_clusters",
    ("users", "minibatch"): "user_clusters",
    ("users", "spectral"): "spectral_clusters",
    ("items", "kmeans"): "item_clusters",
}
"""Who recommends from clusters of a side that were made by a method."""


@dataclass(frozen=True, eq=False)
class Subject:
    """Rows to cluster. Make one with `subject`.

    Attributes
    ----------
    name
        Of the data.
    scaling
        Of genres; empty for other features.
    points : (n, d) float32 or CSR
        Of those who can be in a cluster.
    judge
        Judges the recommender; None where there is none, or too little to hold out.
    notes
        What must be known of the rows.
    made_of
        SHA-256 of all that figures depend on, but for the settings of the clustering.
    """

    name: str
    on: str
    features: str
    scaling: str
    method: str
    seed: int
    points: Points
    judge: Judge | None
    notes: tuple[str, ...]
    made_of: str

    def __str__(self) -> str:
        what = f"{self.on} of {self.name} by {self.features}"
        return f"{what} ({self.scaling})" if self.scaling else what


def subject(
    source: Source,
    on: str = "users",
    features: str | None = None,
    *,
    scaling: str | None = None,
    method: str = "kmeans",
    seed: int = 0,
) -> Subject:
    """The rows of a source, made as the recommender on such clusters makes them.

    Parameters
    ----------
    on
        "users" or "items".
    features
        Of users: taste, likes, genres, factors or profiles; of items: both, traits or
        interaction. Default: that of the recommender.
    scaling
        Of genres: sums, minmax or rows. Default: that of the recommender.
    method
        "kmeans", "minibatch" or "spectral".
    seed
        Of the clustering and of co-choice vectors; what is held out does not depend on it.

    Raises
    ------
    InvalidParameter
        There is no such choice.
    InvalidInput
        Nothing is known that the features are made of, or nobody likes anything.
    """
    _check("`on`", on, SIDES)
    _check("`method`", method, METHODS)
    stated = _hyperparameters(on, method)
    features = str(stated["features"].default) if features is None else features
    _check(f"`features` of {on}", features, FEATURES[on])
    if scaling is not None and features != "genres":
        raise InvalidParameter(f"`scaling` is of genres; leave it out with features {features!r}.")
    if features == "genres" and on == "users":
        scaling = str(stated["scaling"].default) if scaling is None else scaling
        _check("`scaling`", scaling, people.SCALINGS)
    chosen = {name: p.default for name, p in stated.items() if name != "n_clusters"}
    chosen |= {"features": features, "method": method, "seed": seed}
    if scaling is not None:
        chosen["scaling"] = scaling
    chosen["seed"] = stated["seed"].checked(f"clusters of {on}", "seed", seed)
    if not len(source.ratings):
        raise InvalidInput(
            f"Clusters are made of ratings, and {source.name} has none; import some first: "
            "matinee data import ratings.csv, or name a set by --data."
        )
    liked = source.ratings.liked(source.liked)
    if not len(liked):
        raise InvalidInput(
            f"Clusters are made of what people like, and in {source.name} nobody rated anything "
            f"{source.liked:g} or higher; take ratings that do, or state the scale that these "
            "are on: matinee data import ratings.csv --scale LOW:HIGH."
        )
    rows = _people if on == "users" else _items
    points, left_out = rows(liked, source, chosen)
    judge, notes = _judge(source, on, method, chosen)
    total = len(left_out)
    if left_out.any():
        notes.insert(
            0,
            f"In no cluster: {left_out.sum():,} of {total:,} {on}, {_why_left_out(on, features)}.",
        )
    return Subject(
        source.name,
        on,
        features,
        scaling or "",
        method,
        seed,
        points,
        judge,
        tuple(notes),
        # What is held out is drawn from all ratings, those that say no liking included.
        _fingerprint(points, liked, on, method, chosen | {"ratings": len(source.ratings)}),
    )


def _people(liked: Interactions, source: Source, chosen: dict[str, Any]) -> tuple[Points, Bool]:
    """The points of people who can be placed, and a mask of those who cannot."""
    view = people.view_of(liked, source.side, **_read_by(people.view_of, chosen))
    profiles = source.side.user_features
    placed = view.placed(liked.matrix, profiles)
    points, _ = view.points(
        liked.matrix[placed], None if profiles is None else profiles[np.flatnonzero(placed)]
    )
    return points, ~placed


def _items(liked: Interactions, source: Source, chosen: dict[str, Any]) -> tuple[Points, Bool]:
    """The points of items of which anything is known, and a mask of the others."""
    points = vectors.item_vectors(liked, source.side, **_read_by(vectors.item_vectors, chosen))
    known = np.flatnonzero(points.any(axis=1))
    left_out = np.ones(len(points), bool)
    left_out[known] = False
    return points[known], left_out


def _why_left_out(on: str, features: str) -> str:
    if on == "users":
        return "as they like nothing, or nothing is known of them"
    return {
        "traits": "as none of their traits is known",
        "interaction": "as nobody likes them",
        "both": "as nobody likes them, and none of their traits is known",
    }[features]


def _read_by(function: Callable[..., Any], chosen: dict[str, Any]) -> dict[str, Any]:
    """What was chosen of the keywords that a function reads."""
    return {name: chosen[name] for name in inspect.signature(function).parameters if name in chosen}


def _hyperparameters(on: str, method: str) -> dict[str, Parameter]:
    # Where no recommender makes such clusters, rows are made as for k-means.
    name = _RECOMMENDERS.get((on, method), _RECOMMENDERS[on, "kmeans"])
    return models.get(name).hyperparameters


def _judge(
    source: Source, on: str, method: str, chosen: dict[str, Any]
) -> tuple[Judge | None, list[str]]:
    name = _RECOMMENDERS.get((on, method))
    if name is None:
        return None, [f"No recommender makes {method} clusters of {on}: no held-out quality."]
    kind = models.get(name)
    stated = {k: v for k, v in chosen.items() if k in kind.hyperparameters}
    try:
        whole = parts("random", source.ratings, "ranking", liked=source.liked)[0]
        split = whole.validation()
    except InvalidInput as error:
        return None, [f"No held-out quality: {error}"]

    def made(k: int) -> Model:
        return kind(**stated, n_clusters=k)

    return Judge(split, source.side, made), [
        f"Held-out quality is that of {name} on validation ratings ({split.protocol.title}); "
        "test ratings are not touched. All other figures are of all rows."
    ]


def _check(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InvalidParameter(f"{name} must be {' or '.join(choices)}, got {value!r}.")


def _fingerprint(
    points: Points, liked: Interactions, on: str, method: str, chosen: dict[str, Any]
) -> str:
    digest = hashlib.sha256(
        repr((matinee.__version__, on, method, sorted(chosen.items()))).encode()
    )
    if isinstance(points, np.ndarray):
        arrays = [points]
    else:
        arrays = [points.indptr, points.indices, points.data]
    for array in (*arrays, liked.user_index, liked.item_index):
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()
