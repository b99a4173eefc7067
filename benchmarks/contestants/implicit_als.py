"""Jobs of implicit: its alternating least squares and item neighbours; its figures."""

from __future__ import annotations

import os
import time
from typing import Any

import implicit.als
import implicit.nearest_neighbours
import numpy as np
from implicit.evaluation import ranking_metrics_at_k
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from contestants import lists

THREADS = int(os.environ["OMP_NUM_THREADS"])


def _fitted(data: dict[str, Any], callback: Any, **settings: Any) -> Any:
    model = implicit.als.AlternatingLeastSquares(
        num_threads=THREADS, random_state=1, dtype=np.float32, **settings
    )
    model.fit(lists.histories(data), show_progress=False, callback=callback)
    return model


def ranking(data: dict[str, Any], judge: bool = True, **settings: Any) -> dict[str, Any]:
    started = time.perf_counter()
    model = _fitted(data, None, **settings)
    result: dict[str, Any] = {"seconds": time.perf_counter() - started}
    if judge:
        result["lists"] = lists.of_factors(model.user_factors, model.item_factors, data)
    return result


def epochs(data: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Seconds of each epoch, and the item factors."""
    seconds: list[float] = []
    model = _fitted(data, lambda epoch, spent, loss: seconds.append(spent), **settings)
    return {"seconds": seconds, "items": model.item_factors}


def recommend(data: dict[str, Any], people: int, alone: int) -> dict[str, Any]:
    """Ten items each, by given factors, for many people at once and for some one by one."""
    model = implicit.als.AlternatingLeastSquares(factors=data["items"].shape[1])
    model.user_factors, model.item_factors = data["people"], data["items"]
    histories = lists.histories(data)
    users = np.arange(min(people, len(data["people"])))
    with threadpool_limits(THREADS, user_api="blas"):  # faster for one, slower for many
        single = lists.timed_alone(lambda u: model.recommend(u, histories[u], N=10), alone)
    many = lists.timed(lambda: model.recommend(users, histories[users], N=10)[0])
    return {"single": single, **many}


def neighbours(data: dict[str, Any], k: int) -> dict[str, Any]:
    """The k items most alike each, by the cosine of who chose them."""
    matrix = lists.histories(data)
    started = time.perf_counter()
    implicit.nearest_neighbours.CosineRecommender(k, THREADS).fit(matrix, show_progress=False)
    return {"seconds": time.perf_counter() - started, "peak": lists.peak()}


class _Recommends:
    """What it asks of a model, answered by the lists that are to be judged."""

    def __init__(self, found: np.ndarray) -> None:
        self._found = found

    def recommend(self, users: np.ndarray, *_: Any, **more: Any) -> tuple[np.ndarray, np.ndarray]:
        found = self._found[users, : more["N"]].astype(np.int32)
        return found, np.zeros(found.shape, np.float32)


def figures(data: dict[str, Any]) -> dict[str, Any]:
    """Means over the lists of people with something to find, at 10."""

    def matrix(name: str) -> csr_matrix:
        parts = data[f"{name}_indices"], data[f"{name}_indptr"]
        return csr_matrix((np.ones(len(parts[0])), *parts), shape=data["scores"].shape)

    found = ranking_metrics_at_k(
        _Recommends(data["lists"]),
        matrix("known"),
        matrix("relevant"),
        K=10,
        show_progress=False,
        num_threads=1,
    )
    return {f"{name}@10": float(value) for name, value in found.items()}
