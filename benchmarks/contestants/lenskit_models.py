"""Jobs of LensKit: biased and implicit ALS, item neighbors, EASE and biases."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
from lenskit.als import BiasedMFScorer, ImplicitMFScorer
from lenskit.basic import BiasModel
from lenskit.data import Dataset, ItemList, RecQuery, from_interactions_df
from lenskit.knn import EASEScorer, ItemKNNScorer
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
