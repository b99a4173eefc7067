"""Data for the contestants: splits of MovieLens sets as .npz files, and the judging of answers.

The splits are those of `matinee.splits`, so that every contestant gets the same ratings. Answers
are judged here and nowhere else, by `matinee.evaluation.metrics`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from matinee.data import load
from matinee.evaluation import metrics
from matinee.interactions import Interactions
from matinee.splits import Split, random_split, time_split, user_holdout

LIKED = 4.0
_loaded: dict[str, Interactions] = {}


def split(data: str, task: str, seed: int | None, on: str = "test") -> Split:
    """How ratings of `data` are held out.

    "rating": a random tenth. "ranking": a fifth of what each person liked (rated 4 or higher), of
    people with at least five. Seed None: the last tenth by time. On "validation", the same rule
    is applied once more to the training part.
    """
    if data not in _loaded:
        _loaded[data] = load(data).interactions
    ratings = _loaded[data]
    if seed is None:
        result = time_split(ratings, 0.1)
        if task == "ranking":
            result = Split(result.train.liked(LIKED), result.test.liked(LIKED), result.protocol)
    elif task == "rating":
        result = random_split(ratings, 0.1, seed)
    else:
        result = user_holdout(ratings, 0.2, seed, liked=LIKED)
    return result if on == "test" else result.validation()


def saved(
    cache: Path, data: str, task: str, seed: int | None, on: str = "test"
) -> tuple[Split, Path]:
    """The split, and the file that contestants read it from."""
    held = split(data, task, seed, on)
    path = cache / "data" / f"{data}-{task}-{'time' if seed is None else seed}-{on}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **(_rating_arrays(held) if task == "rating" else _ranking_arrays(held)))
    return held, path


def _rating_arrays(held: Split) -> dict[str, Any]:
    assert held.train.value is not None
    return {
        "user": held.train.user_index,
        "item": held.train.item_index,
        "value": held.train.value,
        "shape": np.array([held.train.n_users, held.train.n_items]),
        "test_user": held.test.user_index,
        "test_item": held.test.item_index,
    }


def _ranking_arrays(held: Split) -> dict[str, Any]:
    matrix = held.train.matrix
    return {
        "indptr": matrix.indptr,
        "indices": matrix.indices,
        "shape": np.array(matrix.shape),
        "people": people(held),
    }


def people(held: Split) -> np.ndarray:
    """Those with test items, whose lists are judged."""
    return np.flatnonzero(np.bincount(held.test.user_index, minlength=held.test.n_users))


def rmse(held: Split, predicted: np.ndarray) -> float:
    """Predictions are clipped to the scale of the training ratings."""
    assert held.test.value is not None
    low, high = held.train.scale
    return metrics.rmse(np.clip(predicted, low, high).astype(np.float32), held.test.value)


def judged(held: Split, lists: np.ndarray) -> dict[str, np.ndarray]:
    """NDCG@10 and Recall@20 of each person, in the order of `people`."""
    relevant = held.test.matrix[people(held)]
    hit = metrics.hits(lists.astype(np.int32), relevant)
    count = np.diff(relevant.indptr)
    return {"ndcg": metrics.ndcg(hit, count, 10), "recall": metrics.recall(hit, count, 20)}
