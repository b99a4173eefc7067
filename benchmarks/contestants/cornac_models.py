"""Jobs of Cornac: its matrix factorization by stochastic gradients, and its figures."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np
from cornac import metrics
from cornac.data import Dataset
from cornac.models import MF

from contestants import lists

THREADS = int(os.environ["OMP_NUM_THREADS"])


def mf(data: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Without a seed it uses all threads, which race: no two runs are alike."""
    triples = zip(data["user"].tolist(), data["item"].tolist(), data["value"].tolist(), strict=True)
    train = Dataset.from_uir(triples)
    model = MF(num_threads=THREADS, **settings)
    started = time.perf_counter()
    model.fit(train)
    seconds = time.perf_counter() - started
    users = _positions(train.uid_map, data["test_user"])
    items = _positions(train.iid_map, data["test_item"])
    known_user, known_item = users >= 0, items >= 0
    predicted = np.full(len(users), model.global_mean, np.float32)
    predicted[known_user] += model.u_biases[users[known_user]]
    predicted[known_item] += model.i_biases[items[known_item]]
    both = known_user & known_item
    predicted[both] += np.einsum(
        "pk,pk->p", model.u_factors[users[both]], model.i_factors[items[both]]
    )
    return {"seconds": seconds, "predicted": predicted}


def _positions(places: dict[int, int], wanted: np.ndarray) -> np.ndarray:
    return np.array([places.get(x, -1) for x in wanted.tolist()], np.int64)


def figures(data: dict[str, Any]) -> dict[str, Any]:
    """Of lists, at 10 (recall at 20); AUC and MAP of scores of all items but those known."""
    wanted, shown, known = lists.relevant(data), lists.shown(data), lists.rows(data, "known")
    items = np.arange(data["scores"].shape[1])
    of_lists = {
        "NDCG(10)": metrics.NDCG(10),
        "Precision(10)": metrics.Precision(10),
        "Recall(20)": metrics.Recall(20),
        "HitRatio(10)": metrics.HitRatio(10),
        "MRR()": metrics.MRR(),
    }
    of_scores = {"AUC()": metrics.AUC(), "MAP()": metrics.MAP()}

    def by_list(metric: Any) -> np.ndarray:
        return lists.each(data, lambda p: metric.compute(gt_pos=wanted[p], pd_rank=shown[p]))

    def by_scores(metric: Any) -> np.ndarray:
        def measure(person: int) -> float:
            asked = np.setdiff1d(items, known[person])
            scores = data["scores"][person, asked]
            return metric.compute(item_indices=asked, pd_scores=scores, gt_pos=wanted[person])

        return lists.each(data, measure)

    mae, rmse = (
        float(metric().compute(data["actual"], data["predicted"]))
        for metric in (metrics.MAE, metrics.RMSE)
    )
    return {
        **{name: by_list(metric) for name, metric in of_lists.items()},
        **{name: by_scores(metric) for name, metric in of_scores.items()},
        "MAE()": mae,
        "RMSE()": rmse,
    }
