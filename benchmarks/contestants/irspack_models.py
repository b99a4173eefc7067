"""Jobs of irspack: iALS, EASE and item neighbours; its figures."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np
from irspack import CosineKNNRecommender, DenseSLIMRecommender, IALSRecommender
from irspack.evaluation import Evaluator
from irspack.utils.id_mapping import retrieve_recommend_from_score
from scipy.sparse import csr_matrix

from contestants import lists

THREADS = int(os.environ["OMP_NUM_THREADS"])


def _ials(data: dict[str, Any], train_epochs: int, **settings: Any) -> IALSRecommender:
    return IALSRecommender(
        lists.histories(data), n_threads=THREADS, train_epochs=train_epochs, **settings
    )


def ials(
    data: dict[str, Any], judge: bool = True, train_epochs: int = 16, **settings: Any
) -> dict[str, Any]:
    started = time.perf_counter()
    model = _ials(data, train_epochs, **settings)
    model.learn()
    result: dict[str, Any] = {"seconds": time.perf_counter() - started}
    if judge:
        result["lists"] = lists.of_factors(
            model.get_user_embedding(), model.get_item_embedding(), data
        )
    return result


def epochs(data: dict[str, Any], train_epochs: int, **settings: Any) -> dict[str, Any]:
    """Seconds of each epoch, and the item factors."""
    model = _ials(data, train_epochs, **settings)
    trainer = model._create_trainer()
    seconds = []
    for _ in range(train_epochs):
        started = time.perf_counter()
        trainer.run_epoch()
        seconds.append(time.perf_counter() - started)
    return {"seconds": seconds, "items": trainer.core_trainer.item}


def ease(data: dict[str, Any], judge: bool = True, reg: float = 1.0) -> dict[str, Any]:
    matrix = lists.histories(data)
    started = time.perf_counter()
    model = DenseSLIMRecommender(matrix, reg=reg)
    model.learn()
    result: dict[str, Any] = {"seconds": time.perf_counter() - started}
    if judge:
        result["lists"] = lists.of_weights(model.W, data)
    return result


def recommend(data: dict[str, Any], people: int, alone: int) -> dict[str, Any]:
    """Ten items each, by given factors, for many people at once and for some one by one.

    Scores by NumPy and lists by irspack's own function, in blocks, as its IDMapper does it.
    """
    histories = lists.histories(data)

    def best(users: np.ndarray) -> np.ndarray:
        scores = data["people"][users] @ data["items"].T
        seen = histories[users]
        rows = np.repeat(np.arange(len(users)), np.diff(seen.indptr))
        scores[rows, seen.indices] = -np.inf
        found = retrieve_recommend_from_score(scores, [], 10, n_threads=THREADS)
        return np.array([[item for item, _ in row] for row in found], np.int32)

    def together() -> np.ndarray:
        users = np.arange(min(people, len(data["people"])))
        return np.concatenate([best(users[s : s + 512]) for s in range(0, len(users), 512)])

    single = lists.timed_alone(lambda user: best(np.array([user])), alone)
    return {"single": single, **lists.timed(together)}


def neighbours(data: dict[str, Any], k: int) -> dict[str, Any]:
    """The k items most alike each, by the cosine of who chose them."""
    matrix = lists.histories(data)
    started = time.perf_counter()
    CosineKNNRecommender(matrix, shrinkage=0.0, normalize=True, top_k=k, n_threads=THREADS).learn()
    return {"seconds": time.perf_counter() - started, "peak": lists.peak()}


def figures(data: dict[str, Any]) -> dict[str, Any]:
    """Means over all lists, which it gets as scores; what is not in a list has none."""
    shape = data["scores"].shape
    scores = np.full(shape, -np.inf)
    for person, row in enumerate(lists.shown(data)):
        scores[person, row] = -np.arange(len(row))
    indices, indptr = data["relevant_indices"], data["relevant_indptr"]
    relevant = csr_matrix((np.ones(len(indices)), indices, indptr), shape=shape)
    asked = ("ndcg", "precision", "recall", "map", "hit", "gini_index", "catalog_coverage")
    all_of_it = Evaluator(relevant).get_scores_from_score_matrix(scores, [10, 20])
    capped = Evaluator(relevant, cutoff=20, recall_with_cutoff=True)
    found = {f"{name}@10": all_of_it[f"{name}@10"] for name in asked if name != "recall"}
    found["recall@20"] = all_of_it["recall@20"]
    by_cutoff = capped.get_score_from_score_matrix(scores)["recall"]
    found["recall@20, recall_with_cutoff=True"] = by_cutoff
    return {name: float(value) for name, value in found.items()}
