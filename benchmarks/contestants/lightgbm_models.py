"""Jobs of LightGBM: boosting over features made by hand."""

from __future__ import annotations

import os
import time
from typing import Any

import lightgbm
import numpy as np

from contestants.leak_free import features

THREADS = int(os.environ["OMP_NUM_THREADS"])


def rating(data: dict[str, Any], n_estimators: int = 400, **settings: Any) -> dict[str, Any]:
    started = time.perf_counter()
    known, asked = features(data)
    chosen = {"learning_rate": 0.05, "num_leaves": 63, **settings}
    fixed = {"objective": "l2", "seed": 1, "num_threads": THREADS, "verbose": -1}
    rows = lightgbm.Dataset(known, data["value"])
    model = lightgbm.train({**fixed, **chosen}, rows, num_boost_round=n_estimators)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "predicted": np.asarray(model.predict(asked), np.float32)}
