"""Jobs of matinee's own models."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv
from scipy.sparse import csr_array

from contestants import lists
from matinee import models
from matinee.clustering.kmeans import kmeans, minibatch_kmeans
from matinee.clustering.silhouette import Silhouette
from matinee.clustering.spectral import spectral
from matinee.clustering.vectors import unit_rows
from matinee.content import blocks
from matinee.features import side_information
from matinee.interactions import Interactions, SideInformation
from matinee.model import Model
from matinee.ranking import Likeness, Product
from matinee.titles.spelling import parts


def _ratings(data: dict[str, Any]) -> Interactions:
    users, items = (int(n) for n in data["shape"])
    if "indptr" not in data:
        time = data.get("time")
        return Interactions(data["user"], data["item"], data["value"], time, users, items)
    user = np.repeat(np.arange(users, dtype=np.int32), np.diff(data["indptr"]))
    return Interactions(user, data["indices"], None, None, users, items)


def rating(
    data: dict[str, Any], model: str, side: bool = False, times: bool = True, **settings: Any
) -> dict[str, Any]:
    """Test ratings predicted, at their times and from training with times unless not `times`."""
    train = _ratings(data if times else {k: v for k, v in data.items() if k != "time"})
    known = _side(data) if side else None
    kind = models.get(model)
    asked = None
    if kind.transductive:
        shape = (int(n) for n in data["shape"])
        asked = Interactions(data["test_user"], data["test_item"], None, None, *shape)
    fitted = kind(**settings)
    started = time.perf_counter()
    fitted.fit(train, known, asked=asked)
    seconds = time.perf_counter() - started
    now = data.get("test_time") if times else None
    predicted = fitted.predict(data["test_user"], data["test_item"], now=now)
    answering = time.perf_counter() - started - seconds
    return {"seconds": seconds, "answering": answering, "predicted": predicted}


def _side(data: dict[str, Any]) -> SideInformation:
    parts: list[Any] = []
    for name, count in zip(("item", "user"), data["shape"][::-1].tolist(), strict=True):
        if f"{name}_features_data" not in data:
            parts += [None, ()]
            continue
        names = tuple(data[f"{name}_features_names"].tolist())
        arrays = tuple(data[f"{name}_features_{part}"] for part in ("data", "indices", "indptr"))
        parts += [csr_array(arrays, shape=(count, len(names))), names]
    return SideInformation(*parts, item_years=data.get("item_years"))


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


def clusterings(
    data: dict[str, Any], least: int, most: int, n_init: int, seed: int, minibatch: bool = False,
    silhouette: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """K-means with each number of clusters, and the silhouette of each where asked for."""
    points = data["points"] if "points" in data else csr_array(lists.histories(data))
    seconds, judging, inertia, judge = 0.0, 0.0, [], None
    for k in range(least, most + 1):
        started = time.perf_counter()
        if minibatch:
            found = minibatch_kmeans(points, k, seed=seed)
        else:
            found = kmeans(points, k, seed=seed, n_init=n_init)
        seconds += time.perf_counter() - started
        inertia.append(found.inertia)
        if silhouette:
            started = time.perf_counter()
            judge = judge or Silhouette(points)
            judge.of(found.labels)
            judging += time.perf_counter() - started
    return {"seconds": seconds, "together": seconds + judging, "inertia": inertia}


def clustered(data: dict[str, Any], k: int, by: str, **settings: Any) -> dict[str, Any]:
    """Seconds of one fit, and the most memory that this process ever held, in GB."""
    points = data["points"] if "points" in data else csr_array(lists.histories(data))
    fit = {"kmeans": kmeans, "minibatch": minibatch_kmeans, "spectral": spectral}[by]
    started = time.perf_counter()
    labels = fit(points, k, **settings).labels
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "peak": lists.peak(), "smallest": int(np.bincount(labels).min())}


def neighbours(data: dict[str, Any], n: int) -> dict[str, Any]:
    """The `n` rows of the highest cosine to each."""
    points = data["points"]
    started = time.perf_counter()
    found = Likeness(points).best(np.arange(len(points), dtype=np.int32), n)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "lists": found.items, "peak": lists.peak()}


def title_neighbours(data: dict[str, Any], movies: str, width: int, n: int) -> dict[str, Any]:
    """All of it: a movies.csv read, `width` numbers a movie made, and neighbours found."""
    started = time.perf_counter()
    points = _title_vectors(Path(movies), width)
    made = time.perf_counter() - started
    found = neighbours({"points": points}, n)
    return {
        "vectors": made,
        "seconds": time.perf_counter() - started,
        "peak": found["peak"],
        "points": points,
    }


def _title_vectors(movies: Path, width: int) -> np.ndarray:
    read = csv.read_csv(movies, parse_options=csv.ParseOptions(newlines_in_values=True))
    titles = read.column("title").to_pylist()
    listed = pc.split_pattern(read.column("genres"), "|")
    table = pa.table(
        {
            "item_id": read.column("movieId").cast(pa.string()),
            "title": titles,
            "year": pa.array([parts(title).year for title in titles], pa.int32()),
            "genres": [[g for g in gs if not g.startswith("(")] for gs in listed.to_pylist()],
        }
    )
    side = side_information(table, pa.table({"user_id": pa.array([], pa.string())}))
    made = blocks(side, ("genre", "year"), width, 0)
    left = width - sum(block.vectors.shape[1] for block in made)
    made += blocks(side, ("title",), left, 0)
    return unit_rows(np.hstack([block.vectors for block in made]))


def item_weights(
    data: dict[str, Any], model: str, asked: int = 0, **settings: Any
) -> dict[str, Any]:
    """Fit a model of item weights; ask `fans` of so many titles, one by one."""
    train = _prepared(data)
    fitted = models.get(model)(**settings)
    started = time.perf_counter()
    fitted.fit(train)
    seconds = time.perf_counter() - started
    single = []
    for item in np.argsort(-fitted.item_count_, kind="stable")[:asked]:
        started = time.perf_counter()
        fitted.evidence([item], fitted.also_like([item], 10).items[0])
        single.append(time.perf_counter() - started)
    return {"seconds": seconds, "peak": lists.peak(), "single": np.array(single)}
