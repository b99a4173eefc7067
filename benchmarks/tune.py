"""Tune everybody's hyperparameters on validation ratings, each with the same number of trials.

    python benchmarks/tune.py [--data ml-100k ml-1m] [--trials 24] [--only irspack]
        [--split random] [--tasks rating ranking]

The first trial is what `FIRST` names, else the defaults of ours; then the first half of the trials
are drawn at random, the others near the best so far. Validation is carved from the training part of
the split of seed 42; test ratings are never read. The best of ours go to `settings.toml`, the best
of the peers to `peers.toml`, from where the tables take them. With `--split time`, the peers that
predict ratings are tuned on the last tenth by time of the training part instead, from what was best
at random where that is known.
"""

from __future__ import annotations

import json
import math
import tomllib
from pathlib import Path
from typing import Any

import held_out
import numpy as np
from harness import HERE, Contestant, Field, arguments, field_of
from harness import settings as tuned_settings

from matinee import models

Space = dict[str, tuple[float, float, bool] | list[Any]]
"""(low, high, whole number), on a log scale unless low is 0; or the choices."""
Tuned = tuple[str, str, Space]
"""Library, job and space."""

FACTORS = [64, 128]
RATING: dict[str, Tuned] = {
    "Surprise SVD": (
        "surprise_models",
        "svd",
        {
            "n_factors": (20, 200, True),
            "n_epochs": (20, 100, True),
            "lr_all": (0.004, 0.02, False),
            "reg_all": (0.03, 0.15, False),
        },
    ),
    "Cornac MF": (
        "cornac_models",
        "mf",
        {
            "k": [64],
            "max_iter": (20, 200, True),
            "learning_rate": (0.004, 0.03, False),
            "lambda_reg": (0.02, 0.15, False),
        },
    ),
    "LensKit BiasedMF": (
        "lenskit_models",
        "biased_mf",
        {
            "embedding_size": [10, 32, 64],
            "epochs": (5, 30, True),
            "regularization": (0.05, 1, False),
            "damping": (1, 20, False),
        },
    ),
    "Surprise KNNBaseline": ("surprise_models", "knn", {"k": (15, 100, True)}),
    "LensKit item kNN": (
        "lenskit_models",
        "item_knn",
        {"max_nbrs": (10, 100, True), "min_sim": (0.001, 0.1, False)},
    ),
    "LightGBM on features": (
        "lightgbm_models",
        "rating",
        {
            "n_estimators": (100, 1000, True),
            "learning_rate": (0.02, 0.1, False),
            "num_leaves": (15, 127, True),
            "min_data_in_leaf": (10, 200, True),
        },
    ),
}
RANKING: dict[str, Tuned] = {
    "irspack iALS": (
        "irspack_models",
        "ials",
        {
            "n_components": FACTORS,
            "train_epochs": (6, 30, True),
            "alpha0": (0.02, 1, False),
            "reg": (0.0005, 0.05, False),
        },
    ),
    "implicit ALS": (
        "implicit_als",
        "ranking",
        {
            "factors": FACTORS,
            "iterations": (6, 30, True),
            "alpha": (1, 20, False),
            "regularization": (0.5, 100, False),
        },
    ),
    "LensKit iALS": (
        "lenskit_models",
        "ials",
        {
            "embedding_size": FACTORS,
            "epochs": (6, 30, True),
            "weight": (1, 20, False),
            "regularization": (0.5, 100, False),
        },
    ),
    "EASE (irspack)": ("irspack_models", "ease", {"reg": (30, 2000, False)}),
}

FIRST: dict[str, dict[str, Any]] = {
    # Its defaults are better than most of what is drawn.
    "LensKit BiasedMF": {
        "embedding_size": 64,
        "epochs": 10,
        "regularization": 0.1,
        "damping": 5.0,
    },
    "Surprise KNNBaseline": {"k": 40},
    "LensKit item kNN": {"max_nbrs": 20, "min_sim": 0.001},
    "LightGBM on features": {
        "n_estimators": 400,
        "learning_rate": 0.05,
        "num_leaves": 63,
        "min_data_in_leaf": 20,
    },
    # What LensKit's tuned weight and regularization come to on ml-1m in its parameters.
    "irspack iALS": {"n_components": 64, "train_epochs": 14, "alpha0": 0.37, "reg": 0.0066},
    # The same as irspack's best on ml-1m.
    "ials": {
        "factors": 64,
        "epochs": 12,
        "unobserved_weight": 18.0,
        "regularization": 0.0109,
        "solver": "auto",
    },
    # The same objective as LensKit's at what suits that one: its confidence is LensKit's plus 1.
    "implicit ALS": {"factors": 64, "iterations": 15, "alpha": 4.7, "regularization": 30.0},
}


def drawn(space: Space, generator: np.random.Generator, near: dict[str, Any] | None) -> Any:
    """Settings from the space: anywhere, or within a fifth of its width of `near`."""
    result: dict[str, Any] = {}
    for name, limits in space.items():
        if isinstance(limits, list):
            stay = near is not None and generator.random() < 0.8
            result[name] = near[name] if near and stay else limits[generator.integers(len(limits))]
            continue
        low, high, whole = limits
        at = generator.random()
        if near is not None:
            at = place(near[name], low, high) + 0.12 * generator.standard_normal()
        at = min(max(at, 0.0), 1.0)
        value = low * (high / low) ** at if low else high * at
        result[name] = round(value) if whole else float(f"{value:.3g}")
    return result


def place(value: float, low: float, high: float) -> float:
    """Where a value lies between the limits, 0..1."""
    return math.log(value / low) / math.log(high / low) if low else value / high


def ours(task: str) -> dict[str, Tuned]:
    """Models of ours that say what may be searched."""
    result = {}
    for name in models.names():
        stated = models.get(name).hyperparameters
        space: Space = {k: _limits(p.search) for k, p in stated.items() if p.search}
        if models.get(name).task == task and space:
            result[name] = "ours", "rating" if task == "rating" else "ranking", space
    return result


def _limits(search: tuple[Any, ...]) -> tuple[float, float, bool] | list[Any]:
    if len(search) == 2 and all(type(x) in {int, float} for x in search):
        return search[0], search[1], isinstance(search[0], int)
    return list(search)


def first(label: str, library: str, space: Space) -> dict[str, Any] | None:
    if library != "ours" or label in FIRST:
        return FIRST.get(label)
    stated = models.get(label).hyperparameters
    return {name: stated[name].default for name in space}


def tuned(
    contestants: Field, label: str, how: Tuned, data: str, task: str, trials: int,
    seed: int | None = 42,
) -> tuple[float, dict[str, Any]] | None:  # fmt: skip
    """The best figure on validation ratings (RMSE, or NDCG@10 negated) and its settings."""
    library, job, space = how
    fixed = {"model": label} if library == "ours" else {}
    held, path = held_out.saved(contestants.cache, data, task, seed, "validation")
    generator = np.random.default_rng(1)
    best: tuple[float, dict[str, Any]] | None = None
    known = tuned_settings("peers", data).get(label) if seed is None else None
    for trial in range(trials):
        near = best[1] if best is not None and trial >= trials // 2 else None
        settings = known or first(label, library, space) if trial == 0 else None
        settings = settings or drawn(space, generator, near)
        found = contestants.run(Contestant(label, library, job, {**settings, **fixed}), path)
        if found is None:
            continue
        if task == "rating":
            figure = held_out.rmse(held, found["predicted"])
        else:
            figure = -float(held_out.judged(held, found["lists"])["ndcg"].mean())
        print(f"{data} {label} {abs(figure):.4f} {settings}", flush=True)
        if best is None or figure < best[0]:
            best = figure, settings
    return best


def keep(path: Path, data: str, label: str, figure: float, trials: int, best: Any) -> None:
    """Write the settings into the file, in place of older ones of that label."""
    table = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    table.setdefault(data, {})[label] = {**best, "validation": round(figure, 4), "trials": trials}
    lines = ["# Written by tune.py: the best settings on validation ratings, seed 42 or by time."]
    for name, found in sorted(table.items()):
        for tuned_label, values in sorted(found.items()):
            lines += ["", f'["{name}"."{tuned_label}"]']
            lines += [f"{k} = {json.dumps(v)}" for k, v in values.items()]
    path.write_text("\n".join(lines) + "\n", "utf-8")


def main() -> None:
    extra: dict[str, Any] = {"data": ["ml-100k", "ml-1m"], "tasks": ["rating", "ranking"]}
    given = arguments(__doc__, trials=24, split="random", **extra).parse_args()
    by_time = given.split == "time"
    with field_of(given) as contestants:
        for data in given.data:
            for task in given.tasks if not by_time else ["rating"]:
                peers = RATING if task == "rating" else RANKING
                for label, how in peers.items() if by_time else {**ours(task), **peers}.items():
                    if not contestants.present([Contestant(label, *how[:2])]):
                        continue
                    seed = None if by_time else 42
                    best = tuned(contestants, label, how, data, task, given.trials, seed)
                    if best is not None:
                        path = HERE / ("settings.toml" if how[0] == "ours" else "peers.toml")
                        name = f"{data}, time" if by_time else data
                        keep(path, name, label, abs(best[0]), given.trials, best[1])


if __name__ == "__main__":
    main()
