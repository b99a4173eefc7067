"""Features of ratings as one would make them by hand for a booster, without the answer in them.

For peers that know nothing of ratings; numpy only, in any environment. Statistics of a training
rating are those of the other nine tenths of training (left out alone, its own value could be told
from how the mean moves); those of a test rating, of all of training.
"""

from __future__ import annotations

from typing import Any

import numpy as np

FOLDS = 10


def features(data: dict[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    """(n, f) of training and (m, f) of test ratings, float32, NaN where nothing is known.

    Count, mean and spread of the person's and the item's ratings; how far the person lies from
    the items' means, of all items and of those that share genres; weekday, hour, days since the
    first rating of both; year, genres and profile.
    """
    fold = np.random.default_rng(1).permutation(len(data["user"])) % FOLDS
    every = np.ones(len(fold), bool)
    test = _statistics(data, every, data["test_user"], data["test_item"])
    train = np.empty((len(fold), test.shape[1]))
    for held in range(FOLDS):
        at = fold == held
        train[at] = _statistics(data, ~at, data["user"][at], data["item"][at])
    parts = ((train, ""), (test, "test_"))
    found = [np.column_stack([x, *_when(data, p), *_traits(data, p)]) for x, p in parts]
    return found[0].astype(np.float32), found[1].astype(np.float32)


def _statistics(
    data: dict[str, Any], known: np.ndarray, users: np.ndarray, items: np.ndarray
) -> np.ndarray:
    """What the training ratings `known` say of those people and items."""
    value = data["value"][known].astype(np.float64)
    user, item = data["user"][known], data["item"][known]
    of_user = _sums(user, value, _size(data, "user"))
    of_item = _sums(item, value, _size(data, "item"))
    share = len(data["user"]) / len(value)
    middle = (of_item[:, 1] + 5 * value.mean()) / (of_item[:, 0] + 5)
    above = value - middle[item]
    genres = _dense(data, "item", "genre:")
    columns = [*_moments(of_user[users], share), *_moments(of_item[items], share)]
    taste = np.zeros((_size(data, "user"), genres.shape[1]))
    for genre in range(genres.shape[1]):
        has = genres[item, genre] > 0
        sums = _sums(user[has], above[has], len(taste))
        taste[:, genre] = sums[:, 1] / (sums[:, 0] + 5)
    sums = _sums(user, above, len(taste))
    columns.append((sums[:, 1] / (sums[:, 0] + 5))[users])
    with np.errstate(invalid="ignore"):
        columns.append((taste[users] * genres[items]).sum(axis=1) / genres[items].sum(axis=1))
    return np.column_stack(columns)


def _sums(rows: np.ndarray, value: np.ndarray, count: int) -> np.ndarray:
    """(rows, 3): count, sum and sum of squares."""
    weights = (np.ones_like(value), value, value**2)
    return np.stack([np.bincount(rows, w, minlength=count) for w in weights], axis=1)


def _moments(sums: np.ndarray, share: float) -> list[np.ndarray]:
    """Count, as of all of training, mean and spread."""
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = sums[:, 1] / sums[:, 0]
        spread = np.sqrt(np.maximum(sums[:, 2] / sums[:, 0] - mean**2, 0))
    return [sums[:, 0] * share, mean, spread]


def _when(data: dict[str, Any], prefix: str) -> list[np.ndarray]:
    if "time" not in data:
        return []
    at = data[f"{prefix}time"]
    parts = [(at // 86_400 + 3) % 7, at // 3600 % 24]
    for name in ("user", "item"):
        first = np.full(_size(data, name), np.inf)
        np.minimum.at(first, data[name], data["time"])
        parts.append((at - first[data[f"{prefix}{name}"]]) / 86_400)
    return [np.where(np.isfinite(part), part, np.nan) for part in parts]


def _traits(data: dict[str, Any], prefix: str) -> list[np.ndarray]:
    item = data[f"{prefix}item"]
    parts = [data["item_years"][item]] if "item_years" in data else []
    parts += list(_dense(data, "item", "genre:")[item].T)
    return parts + list(_dense(data, "user", "")[data[f"{prefix}user"]].T)


def _dense(data: dict[str, Any], name: str, kind: str) -> np.ndarray:
    """(rows, f) zeros and ones of the columns whose name begins with `kind`."""
    count = _size(data, name)
    if f"{name}_features_data" not in data:
        return np.zeros((count, 0))
    indptr, names = data[f"{name}_features_indptr"], data[f"{name}_features_names"]
    result = np.zeros((count, len(names)))
    row = np.repeat(np.arange(count), np.diff(indptr))
    result[row, data[f"{name}_features_indices"]] = data[f"{name}_features_data"]
    return result[:, np.char.startswith(names, kind)]


def _size(data: dict[str, Any], name: str) -> int:
    return int(data["shape"][0 if name == "user" else 1])
