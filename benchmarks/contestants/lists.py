"""The best items by scores, for peers whose lists are judged: numpy only, in any environment."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

LENGTH = 20


def peak() -> float:
    """The most memory that this process ever held, in GB; `resource` would count its parent's."""
    words = Path("/proc/self/status").read_text().split()
    return int(words[words.index("VmHWM:") + 1]) * 1024 / 1e9


def histories(data: dict[str, Any]) -> Any:
    """The training matrix, (users, items) CSR of ones, float32."""
    from scipy.sparse import csr_matrix

    ones = np.ones(len(data["indices"]), np.float32)
    return csr_matrix((ones, data["indices"], data["indptr"]), shape=tuple(data["shape"]))


def best(score: Callable[[np.ndarray], np.ndarray], data: dict[str, Any]) -> np.ndarray:
    """(people, 20) int32: the best of what each person to be judged has not seen.

    `score` gives the (people, n_items) scores of an array of user indices. Whoever has no history
    (somebody new, in a split by time) gets the most popular: no library would show nothing.
    """
    people, indptr, indices = data["people"], data["indptr"], data["indices"]
    popularity = np.bincount(indices, minlength=int(data["shape"][1]))
    result = np.empty((len(people), LENGTH), np.int32)
    for start in range(0, len(people), 512):
        users = people[start : start + 512]
        scores = np.array(score(users), np.float64)
        scores[indptr[users] == indptr[users + 1]] = popularity
        for row, user in enumerate(users):
            scores[row, indices[indptr[user] : indptr[user + 1]]] = -np.inf
        order = np.argsort(-scores, axis=1, kind="stable")[:, :LENGTH]
        result[start : start + len(users)] = order
    return result


def of_factors(people: np.ndarray, items: np.ndarray, data: dict[str, Any]) -> np.ndarray:
    """`best` by inner products."""
    return best(lambda users: people[users] @ items.T, data)


def of_weights(weights: np.ndarray, data: dict[str, Any]) -> np.ndarray:
    """`best` by a history times an item-item matrix."""
    matrix = histories(data)
    return best(lambda users: np.asarray(matrix[users] @ weights), data)


def timed_alone(one: Callable[[int], Any], people: int) -> np.ndarray:
    """Seconds of each of `people` people one by one, after a few that do not count."""
    for user in range(min(people, 20)):
        one(user)
    seconds = np.empty(people)
    for user in range(people):
        started = time.perf_counter()
        one(user)
        seconds[user] = time.perf_counter() - started
    return seconds


def timed(together: Callable[[], np.ndarray]) -> dict[str, Any]:
    """Seconds for the lists of all at once, and the lists."""
    started = time.perf_counter()
    found = together()
    return {"seconds": time.perf_counter() - started, "lists": found}


# ---- what is judged (agreement.py) -----------------------------------------------------------


def rows(data: dict[str, Any], name: str) -> list[np.ndarray]:
    """The rows of the CSR matrix `name`, each as its column numbers."""
    return np.split(data[f"{name}_indices"], data[f"{name}_indptr"][1:-1])


def relevant(data: dict[str, Any]) -> list[np.ndarray]:
    """What each person should find."""
    return rows(data, "relevant")


def shown(data: dict[str, Any]) -> list[np.ndarray]:
    """The list of each person, best first; empty for some."""
    return [row[row >= 0] for row in data["lists"]]


def filled(data: dict[str, Any], people: Any, values: Any) -> np.ndarray:
    """(people,) the values of `people`; NaN for the others."""
    result = np.full(len(data["lists"]), np.nan)
    result[np.asarray(people, np.int64)] = values
    return result


def each(data: dict[str, Any], measure: Callable[[int], float]) -> np.ndarray:
    """(people,) what `measure` says of each person; NaN where the library raises an error."""
    result = np.full(len(data["lists"]), np.nan)
    for person in range(len(result)):
        with contextlib.suppress(ZeroDivisionError, ValueError):
            result[person] = measure(person)
    return result
