"""Jobs of scikit-learn, and its figures."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import (
    average_precision_score,
    mean_absolute_error,
    ndcg_score,
    r2_score,
    roc_auc_score,
    root_mean_squared_error,
    silhouette_score,
)
from sklearn.neighbors import NearestNeighbors

from contestants import lists
from contestants.leak_free import features


def clusterings(
    data: dict[str, Any], least: int, most: int, n_init: int, seed: int, minibatch: bool = False,
    silhouette: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """K-means with each number of clusters, and the silhouette of each where asked for."""
    points = data["points"] if "points" in data else lists.histories(data)
    seconds, judging, inertia = 0.0, 0.0, []
    for k in range(least, most + 1):
        kind = MiniBatchKMeans if minibatch else KMeans
        started = time.perf_counter()
        found = kind(k, n_init=n_init, random_state=seed).fit(points)
        seconds += time.perf_counter() - started
        inertia.append(float(found.inertia_))
        if silhouette:
            started = time.perf_counter()
            silhouette_score(points, found.labels_)
            judging += time.perf_counter() - started
    return {"seconds": seconds, "together": seconds + judging, "inertia": inertia}


def neighbours(data: dict[str, Any], n: int, metric: str = "cosine") -> dict[str, Any]:
    """The `n` rows nearest to each, on two threads."""
    points = data["points"]
    started = time.perf_counter()
    model = NearestNeighbors(n_neighbors=n, algorithm="brute", metric=metric, n_jobs=2)
    # Without points of its own to ask for, it leaves each row out of its list.
    found = model.fit(points).kneighbors(return_distance=False)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "lists": found.astype("int32"), "peak": lists.peak()}


def boosting(data: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Ratings by boosted trees over features made by hand."""
    started = time.perf_counter()
    known, asked = features(data)
    chosen = {"max_iter": 400, "learning_rate": 0.05, "max_leaf_nodes": 63, **settings}
    model = HistGradientBoostingRegressor(random_state=1, early_stopping=False, **chosen)
    model.fit(known, data["value"])
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "predicted": model.predict(asked).astype(np.float32)}


def figures(data: dict[str, Any]) -> dict[str, Any]:
    """Of scores of all items but those known, and of predicted ratings."""
    known, wanted = lists.rows(data, "known"), lists.relevant(data)

    def by_scores(score: Callable[[np.ndarray, np.ndarray], float]) -> np.ndarray:
        def measure(person: int) -> float:
            asked = np.setdiff1d(np.arange(data["scores"].shape[1]), known[person])
            truth = np.isin(asked, wanted[person])
            if truth.all() or not truth.any():
                return np.nan  # it warns and says 0 or nan, by version
            return float(score(truth, data["scores"][person, asked]))

        return lists.each(data, measure)

    return {
        "roc_auc_score": by_scores(roc_auc_score),
        "average_precision_score": by_scores(average_precision_score),
        "ndcg_score(k=10)": by_scores(lambda truth, s: ndcg_score(truth[None], s[None], k=10)),
        "root_mean_squared_error": root_mean_squared_error(data["actual"], data["predicted"]),
        "mean_absolute_error": mean_absolute_error(data["actual"], data["predicted"]),
        "r2_score": r2_score(data["actual"], data["predicted"]),
    }
