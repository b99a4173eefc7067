"""Jobs of RecTools: EASE, and its figures."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
from rectools import metrics
from rectools.dataset import Dataset
from rectools.metrics.distances import PairwiseDistanceCalculator
from rectools.models import EASEModel

from contestants import lists


def ease(data: dict[str, Any], judge: bool = True, regularization: float = 500.0) -> dict[str, Any]:
    users = np.repeat(np.arange(len(data["indptr"]) - 1), np.diff(data["indptr"]))
    frame = pd.DataFrame({"user_id": users, "item_id": data["indices"], "weight": 1.0})
    frame["datetime"] = pd.Timestamp("2000-01-01")
    dataset = Dataset.construct(frame)
    model = EASEModel(regularization=regularization)
    started = time.perf_counter()
    model.fit(dataset)
    result: dict[str, Any] = {"seconds": time.perf_counter() - started}
    if judge:
        # Its items are numbered as they come. It scores with the transposed weights,
        # which is not what the paper does; here they are taken as they are.
        place = dataset.item_id_map.external_ids
        weights = np.zeros((data["shape"][1],) * 2, np.float32)
        weights[np.ix_(place, place)] = model.weight
        result["lists"] = lists.of_weights(weights, data)
    return result


class _Cosine(PairwiseDistanceCalculator):
    """1 - cosine of rows; RecTools itself has the Hamming distance, and takes any other."""

    def __init__(self, rows: np.ndarray) -> None:
        self._rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)

    def _get_distances_for_item_pairs(self, items_0: Any, items_1: Any) -> np.ndarray:
        return 1 - (self._rows[np.asarray(items_0)] * self._rows[np.asarray(items_1)]).sum(axis=1)


def figures(data: dict[str, Any]) -> dict[str, Any]:
    """Of lists at 10 (recall at 20), person by person, and of all lists together."""
    shown = _frame(lists.shown(data))
    found, known = _frame(lists.relevant(data)), _frame(lists.rows(data, "known"))
    catalog = np.arange(data["scores"].shape[1])
    traits = np.zeros((len(catalog), int(data["n_features"])))
    for item, columns in enumerate(lists.rows(data, "features")):
        traits[item, columns] = 1
    accuracy = {
        "NDCG(10)": metrics.NDCG(10),
        "NDCG(10, divide_by_achievable=True)": metrics.NDCG(10, divide_by_achievable=True),
        "Precision(10)": metrics.Precision(10),
        "Precision(20, r_precision=True)": metrics.Precision(20, r_precision=True),
        "Recall(20)": metrics.Recall(20),
        "MAP(10)": metrics.MAP(10),
        "MAP(10, divide_by_k=True)": metrics.MAP(10, divide_by_k=True),
        "MRR(10)": metrics.MRR(10),
        "HitRate(10)": metrics.HitRate(10),
    }
    beyond = {
        "MeanInvUserFreq(10)": metrics.MeanInvUserFreq(10),
        "AvgRecPopularity(10)": metrics.AvgRecPopularity(10),
        "AvgRecPopularity(10, normalize=True)": metrics.AvgRecPopularity(10, normalize=True),
    }
    series = {name: m.calc_per_user(shown, found) for name, m in accuracy.items()}
    series |= {name: m.calc_per_user(shown, known) for name, m in beyond.items()}
    alike = metrics.IntraListDiversity(10, _Cosine(traits))
    series["IntraListDiversity(10, cosine)"] = alike.calc_per_user(shown)
    surprise = metrics.Serendipity(10)
    series["Serendipity(10)"] = surprise.calc_per_user(shown, found, known, catalog)
    coverage = metrics.CatalogCoverage(10, normalize=True).calc(shown, catalog)
    per_person = {name: lists.filled(data, s.index, s.to_numpy()) for name, s in series.items()}
    return {"CatalogCoverage(10, normalize=True)": float(coverage), **per_person}


def _frame(rows: list[np.ndarray]) -> pd.DataFrame:
    """A table of who and what, and the rank within each person."""
    count = [len(row) for row in rows]
    return pd.DataFrame(
        {
            "user_id": np.repeat(np.arange(len(rows)), count),
            "item_id": np.concatenate(rows).astype(np.int64),
            "rank": np.concatenate([np.arange(1, n + 1) for n in count]),
        }
    )
