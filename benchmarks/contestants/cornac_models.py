"""Jobs of Cornac: its matrix factorization by stochastic gradients."""

from __future__ import annotations

import os
import time
from typing import Any

import numpy as np
from cornac.data import Dataset
from cornac.models import MF

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
