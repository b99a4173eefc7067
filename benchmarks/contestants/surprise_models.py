"""Jobs of Surprise: SVD, SVD++, neighbors and the baseline."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import surprise


def _trainset(data: dict[str, Any]) -> Any:
    columns = (data["user"].tolist(), data["item"].tolist(), data["value"].tolist())
    reader = surprise.Reader(rating_scale=(min(columns[2]), max(columns[2])))
    rows = [(user, item, value, None) for user, item, value in zip(*columns, strict=True)]
    return surprise.Dataset(reader).construct_trainset(rows)


def _rating(data: dict[str, Any], model: Any) -> dict[str, Any]:
    train = _trainset(data)
    started = time.perf_counter()
    model.fit(train)
    seconds = time.perf_counter() - started
    asked = zip(data["test_user"].tolist(), data["test_item"].tolist(), strict=True)
    predicted = [model.predict(u, i, clip=False).est for u, i in asked]
    return {"seconds": seconds, "predicted": np.array(predicted, np.float32)}


def svd(data: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return _rating(data, surprise.SVD(random_state=1, **settings))


def svdpp(data: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return _rating(data, surprise.SVDpp(random_state=1, cache_ratings=True, **settings))


def baseline(data: dict[str, Any]) -> dict[str, Any]:
    return _rating(data, surprise.BaselineOnly(verbose=False))


def knn(data: dict[str, Any], k: int = 40) -> dict[str, Any]:
    """Item neighbors over the baseline, by the correlation of what is left of it."""
    options = {"name": "pearson_baseline", "user_based": False}
    return _rating(data, surprise.KNNBaseline(k=k, sim_options=options, verbose=False))
