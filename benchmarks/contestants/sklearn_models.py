"""Jobs of scikit-learn."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import silhouette_score
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
