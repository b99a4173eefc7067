"""Jobs of matinee's own models."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from contestants import lists
from matinee import models
from matinee.interactions import Interactions
from matinee.model import Model
from matinee.ranking import Product


def _ratings(data: dict[str, Any]) -> Interactions:
    users, items = (int(n) for n in data["shape"])
    if "indptr" not in data:
        return Interactions(data["user"], data["item"], data["value"], None, users, items)
    user = np.repeat(np.arange(users, dtype=np.int32), np.diff(data["indptr"]))
    return Interactions(user, data["indices"], None, None, users, items)


def rating(data: dict[str, Any], model: str, **settings: Any) -> dict[str, Any]:
    train = _ratings(data)
    fitted = models.get(model)(**settings)
    started = time.perf_counter()
    fitted.fit(train)
    seconds = time.perf_counter() - started
    predicted = fitted.predict(data["test_user"], data["test_item"])
    return {"seconds": seconds, "predicted": predicted}


def ranking(
    data: dict[str, Any], model: str, judge: bool = True, **settings: Any
) -> dict[str, Any]:
    train = _ratings(data)
    fitted = models.get(model)(**settings)
    started = time.perf_counter()
    fitted.fit(train)
    result: dict[str, Any] = {"seconds": time.perf_counter() - started}
    if judge:
        result["lists"] = fitted.recommend(data["people"], 20).items
    return result


class _Clock:
    """Notes when each epoch ends, as told through `progress`."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def __call__(self, what: str, done: int, total: int) -> None:
        self.ends.append(time.perf_counter())

    @property
    def seconds(self) -> list[float]:
        """Of each epoch but the first, which began somewhere within the preparations."""
        return np.diff(self.ends).tolist()


_held: list[Any] = [None, None]


def _prepared(data: dict[str, Any]) -> Interactions:
    """The ratings with both matrices made, which is no part of an epoch."""
    if _held[0] is not data:
        train = _ratings(data)
        train.matrix, train.by_item  # noqa: B018  made once, on demand
        _held[:] = data, train
    return _held[1]


def epochs(data: dict[str, Any], model: str, epochs: int, **settings: Any) -> dict[str, Any]:
    """Seconds of each epoch but the first; item factors, and predictions where asked for."""
    clock = _Clock()
    fitted = models.get(model)(epochs=epochs, **settings)
    fitted.fit(_prepared(data), progress=clock)
    result: dict[str, Any] = {"seconds": clock.seconds}
    if "test_user" in data:
        result["predicted"] = fitted.predict(data["test_user"], data["test_item"])
    else:
        result["items"] = fitted.items_
    return result


class _Factors(Model):
    """People and items as given factors."""

    task = "ranking"
    items_: Any

    def _fold_in(self, history: Any, profiles: Any) -> Any:
        return np.zeros((history.shape[0], self.items_.shape[1]), np.float32)

    def _product(self, state: Any) -> Product:
        return Product(state, self.items_)


def recommend(data: dict[str, Any], people: int, alone: int) -> dict[str, Any]:
    """Ten items each, by given factors, for many people at once and for some one by one."""
    model = _Factors()
    model.people_, model.items_ = data["people"], data["items"]
    model.item_count_ = np.ones(len(data["items"]), np.int32)
    ones = np.ones(len(data["indices"]), np.float32)
    model.seen_ = csr_array((ones, data["indices"], data["indptr"]), shape=tuple(data["shape"]))
    users = np.arange(min(people, len(data["people"])))
    single = lists.timed_alone(model.recommend, alone)
    return {"single": single, **lists.timed(lambda: model.recommend(users).items)}
