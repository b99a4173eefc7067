"""Jobs of LensKit: biased and implicit ALS, item neighbors, EASE and biases; its figures."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
from lenskit import metrics
from lenskit.als import BiasedMFScorer, ImplicitMFScorer
from lenskit.basic import BiasModel
from lenskit.data import Dataset, DatasetBuilder, ItemList, RecQuery, from_interactions_df
from lenskit.knn import EASEScorer, ItemKNNScorer
from lenskit.metrics.ranking import AveragePrecision
from lenskit.training import TrainingOptions

from contestants import lists

_held: list[Any] = [None, None]
"""The last data and the Dataset made of them: making one of 25 million ratings takes long."""


def _dataset(data: dict[str, Any]) -> Dataset:
    if _held[0] is not data:
        if "indptr" in data:
            users = np.repeat(np.arange(len(data["indptr"]) - 1), np.diff(data["indptr"]))
            items = data["indices"]
        else:
            users, items = data["user"], data["item"]
        columns = {"user_id": users, "item_id": items}
        if "value" in data:
            columns["rating"] = data["value"]
        _held[:] = data, from_interactions_df(pd.DataFrame(columns))
    return _held[1]


def _options() -> TrainingOptions:
    return TrainingOptions(rng=1, device="cpu")


def _trained(model: Any, data: dict[str, Any]) -> float:
    dataset = _dataset(data)
    started = time.perf_counter()
    model.train(dataset, _options())
    return time.perf_counter() - started


def _at(vocabulary: Any, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Rows of `values` (in the vocabulary's order) for the ids `wanted`; zeros for unknown ids."""
    place = vocabulary.numbers(wanted, missing="negative")
    result = np.zeros((len(wanted), *values.shape[1:]), np.float32)
    result[place >= 0] = values[place[place >= 0]]
    return result


def _biases(bias: BiasModel, data: dict[str, Any]) -> np.ndarray:
    users = _at(bias.users, bias.user_biases, data["test_user"])
    items = _at(bias.items, bias.item_biases, data["test_item"])
    return np.float32(bias.global_bias) + users + items


def bias(data: dict[str, Any], damping: float = 5.0) -> dict[str, Any]:
    dataset = _dataset(data)
    started = time.perf_counter()
    model = BiasModel.learn(dataset, damping)
    return {"seconds": time.perf_counter() - started, "predicted": _biases(model, data)}


def biased_mf(data: dict[str, Any], **settings: Any) -> dict[str, Any]:
    model = BiasedMFScorer(**settings)
    seconds = _trained(model, data)
    return {"seconds": seconds, "predicted": _biased_mf_predictions(model, data)}


def _biased_mf_predictions(model: BiasedMFScorer, data: dict[str, Any]) -> np.ndarray:
    people = _at(model.users, model.user_embeddings, data["test_user"])
    items = _at(model.items, model.item_embeddings, data["test_item"])
    return _biases(model.bias, data) + np.einsum("pk,pk->p", people, items)


def item_knn(data: dict[str, Any], **settings: Any) -> dict[str, Any]:
    """Ratings by neighbors; by the biases alone where an item has none among the person's."""
    dataset = _dataset(data)
    model = ItemKNNScorer(feedback="explicit", **settings)
    seconds = _trained(model, data)
    predicted = _biases(BiasModel.learn(dataset, 5.0), data)
    order = np.argsort(data["test_user"], kind="stable")
    people, first = np.unique(data["test_user"][order], return_index=True)
    for user, rows in zip(people, np.split(order, first[1:]), strict=True):
        query = RecQuery(user_id=user, history_items=dataset.user_row(user))
        scores = model(query, ItemList(item_ids=data["test_item"][rows])).scores()
        known = np.isfinite(scores) if scores is not None else np.zeros(len(rows), bool)
        predicted[rows[known]] = scores[known]
    return {"seconds": seconds, "predicted": predicted}


def ials(data: dict[str, Any], judge: bool = True, **settings: Any) -> dict[str, Any]:
    model = ImplicitMFScorer(**settings)
    result: dict[str, Any] = {"seconds": _trained(model, data)}
    if judge:
        users, items = np.arange(data["shape"][0]), np.arange(data["shape"][1])
        people = _at(model.users, model.user_embeddings, users)
        result["lists"] = lists.of_factors(
            people, _at(model.items, model.item_embeddings, items), data
        )
    return result


def ease(data: dict[str, Any], judge: bool = True, regularization: float = 1.0) -> dict[str, Any]:
    model = EASEScorer(regularization=regularization)
    result: dict[str, Any] = {"seconds": _trained(model, data)}
    if judge:
        items = np.arange(data["shape"][1])
        rows = _at(model.items, model.weights, items)
        result["lists"] = lists.of_weights(_at(model.items, rows.T.copy(), items).T, data)
    return result


def explicit_epochs(data: dict[str, Any], epochs: int, **settings: Any) -> dict[str, Any]:
    """Seconds of each epoch of biased ALS, and predictions of the test ratings."""
    model = BiasedMFScorer(**settings)
    trainer = model.create_trainer(_dataset(data), _options())
    seconds = []
    for _ in range(epochs):
        started = time.perf_counter()
        trainer.train_epoch()
        seconds.append(time.perf_counter() - started)
    trainer.finalize()
    return {"seconds": seconds, "predicted": _biased_mf_predictions(model, data)}


def figures(data: dict[str, Any]) -> dict[str, Any]:
    """Of lists at 10 (recall at 20), of all lists together, and of predicted ratings."""
    dataset = _catalogue(data)
    shown = [ItemList(item_ids=row, ordered=True) for row in lists.shown(data)]
    wanted = [ItemList(item_ids=row) for row in lists.relevant(data)]
    by_person = {
        "NDCG(10)": metrics.NDCG(10),
        "NDCG(10, LogRankWeight(offset=1))": metrics.NDCG(
            10, weight=metrics.LogRankWeight(offset=1)
        ),
        "Precision(10)": metrics.Precision(10),
        "Recall(20)": metrics.Recall(20),
        "AveragePrecision(10)": AveragePrecision(10),
        "RecipRank(10)": metrics.RecipRank(10),
        "Hit(10)": metrics.Hit(10),
        "ILS(genre, 10)": metrics.ILS(dataset, "genre", 10),
    }
    found: dict[str, Any] = {
        name: lists.each(data, lambda p, m=metric: m.measure_list(shown[p], wanted[p]))
        for name, metric in by_person.items()
    }
    gini = metrics.ListGini(10, items=dataset)
    together = gini.create_accumulator()
    for one in shown:
        together.add(gini.measure_list(one, None))
    found["ListGini(10)"] = float(together.accumulate())
    return found | _of_ratings(data)


def _of_ratings(data: dict[str, Any]) -> dict[str, float]:
    """Each figure over all ratings, and as the mean over people."""
    found = {}
    for metric in (metrics.RMSE(), metrics.MAE()):
        together = metric.create_accumulator()
        for user in np.unique(data["rated_user"]):
            rows = data["rated_user"] == user
            items = data["rated_item"][rows]
            predicted = ItemList(item_ids=items, scores=data["predicted"][rows])
            actual = ItemList(item_ids=items, rating=data["actual"][rows])
            together.add(metric.measure_list(predicted, actual))
        summary = together.accumulate()
        for of in ("global", "mean"):
            found[f"{type(metric).__name__}().{of}"] = float(summary[of])
    return found


def _catalogue(data: dict[str, Any]) -> Dataset:
    """All items, with what is known to have been chosen, and their genres."""
    items = np.arange(data["scores"].shape[1])
    known, genres = lists.rows(data, "known"), lists.rows(data, "features")
    users = np.repeat(np.arange(len(known)), [len(row) for row in known])
    builder = DatasetBuilder()
    builder.add_entities("item", items)
    builder.add_entities("user", np.arange(len(known)))
    chosen = pd.DataFrame({"user_id": users, "item_id": np.concatenate(known)})
    builder.add_interactions("rating", chosen, entities=["user", "item"])
    builder.add_list_attribute("item", "genre", items, [list(map(str, row)) for row in genres])
    return builder.build()
