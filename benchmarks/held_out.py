"""Data for the contestants: splits of MovieLens sets as .npz files, and the judging of answers.

The splits are those of `matinee.splits`, so that every contestant gets the same ratings. Answers
are judged here and nowhere else, by `matinee.evaluation.metrics`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from matinee.data import Dataset, load
from matinee.evaluation import metrics
from matinee.features import side_information
from matinee.interactions import SideInformation
from matinee.splits import Split, random_split, time_split, user_holdout

LIKED = 4.0
_loaded: dict[str, Dataset] = {}


def dataset(data: str) -> Dataset:
    """The set of that name, read once."""
    if data not in _loaded:
        _loaded[data] = load(data)
    return _loaded[data]


def split(data: str, task: str, seed: int | str | None, on: str = "test") -> Split:
    """How ratings of `data` are held out.

    "rating": a random tenth. "ranking": a fifth of what each person liked (rated 4 or higher), of
    people with at least five. Seed None: the last tenth by time. A seed that is text: the fold of
    that name, such as u1 of ml-100k. On "validation", the same rule is applied once more to the
    training part; to that of a fold, a random tenth of seed 42.
    """
    ratings = dataset(data).interactions
    if isinstance(seed, str):
        result = dataset(data).fold(seed)
        return result if on == "test" else random_split(result.train, 0.1, 42)
    if seed is None:
        result = time_split(ratings, 0.1, liked=LIKED if task == "ranking" else None)
    elif task == "rating":
        result = random_split(ratings, 0.1, seed)
    else:
        result = user_holdout(ratings, 0.2, seed, liked=LIKED)
    return result if on == "test" else result.validation()


def saved(
    cache: Path, data: str, task: str, seed: int | str | None, on: str = "test"
) -> tuple[Split, Path]:
    """The split, and the file that contestants read it from.

    Files of ratings also have the times of all and what is known of people and items, for the
    contestants that use them.
    """
    held = split(data, task, seed, on)
    path = cache / "data" / f"{data}-{task}-{'time' if seed is None else seed}-{on}.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    if task == "rating":
        arrays = _rating_arrays(held) | _side_arrays(side(data))
    else:
        arrays = _ranking_arrays(held)
    np.savez(path, **arrays)
    return held, path


def side(data: str) -> SideInformation:
    """Genres and decades of items, age bands and the like of people, where the set has them."""
    held = dataset(data)
    return side_information(held.item_table, held.user_table)


def _side_arrays(known: SideInformation) -> dict[str, Any]:
    """Each side's matrix in its parts; columns of a kind ("genre:...") have one group number."""
    result: dict[str, Any] = {}
    if known.item_years is not None:
        result["item_years"] = known.item_years
    for name, matrix, columns in (
        ("user_features", known.user_features, known.user_feature_names),
        ("item_features", known.item_features, known.item_feature_names),
    ):
        if matrix is not None:
            result |= {f"{name}_{part}": getattr(matrix, part) for part in _PARTS}
            result[f"{name}_names"] = np.array(columns, str)
            kinds = [column.partition(":")[0] for column in columns]
            result[f"{name}_groups"] = np.unique(kinds, return_inverse=True)[1]
    return result


_PARTS = ("data", "indices", "indptr")


def _rating_arrays(held: Split) -> dict[str, Any]:
    assert held.train.value is not None
    times = {} if held.train.time is None else {"time": held.train.time}
    if held.test.time is not None:
        times["test_time"] = held.test.time
    return times | {
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
    return held.people


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
