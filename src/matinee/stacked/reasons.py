"""What features of a rating have to do with its prediction, in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np

from matinee.interactions import Float32
from matinee.ranking import Reason

_MOVED = 0.005
"""Ratings by which a feature must move a prediction to be told of."""


class _Topic(NamedTuple):
    kind: Literal["feature", "profile", "popular"]
    columns: tuple[str, ...]
    """What is taken away to see what it does."""
    words: Callable[[dict[str, float]], str]


def _above(value: float) -> str:
    return f"{abs(value):.1f} {'above' if value >= 0 else 'below'}"


_TOPICS = (
    _Topic(
        "popular",
        ("movie_count", "movie_mean", "movie_spread", "movie_damped_mean", "movie_deviation"),
        lambda of: f"rated {of['movie_mean']:.1f} on average by {of['movie_count']:.0f} people",
    ),
    _Topic("popular", ("movie_recent",), lambda of: f"rated {of['movie_recent']:.1f} of late"),
    _Topic(
        "feature",
        ("genre_affinity",),
        lambda of: f"you rate its genres {_above(of['genre_affinity'])} others",
    ),
    _Topic(
        "profile",
        ("user_recent",),
        lambda of: f"your last ratings were {of['user_recent']:.1f} on average",
    ),
    _Topic("feature", ("movie_age",), lambda of: f"{of['movie_age']:.0f} years old"),
)


def told(predict: Callable[[Float32], Float32], row: Float32, names: Sequence[str]) -> list[Reason]:
    """Each topic that moves the prediction, by how much it would change if it were unknown.

    Parameters
    ----------
    predict
        Predictions of rows.
    row : (1, f) float32
        Whose last columns are features.
    names
        Of the features.
    """
    start = row.shape[1] - len(names)
    values = dict(zip(names, row[0, start:].tolist(), strict=True))
    topics = [
        topic
        for topic in _TOPICS
        if all(np.isfinite(values.get(column, np.nan)) for column in topic.columns)
    ]
    without = np.repeat(row, len(topics) + 1, axis=0)
    for place, topic in enumerate(topics):
        without[place, [start + names.index(column) for column in topic.columns]] = np.nan
    predicted = predict(without)
    moved = (predicted[-1] - predicted[:-1]).tolist()
    return [
        Reason(topic.kind, by, label=topic.words(values))
        for topic, by in zip(topics, moved, strict=True)
        if abs(by) >= _MOVED
    ]
