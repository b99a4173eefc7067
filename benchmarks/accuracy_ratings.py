"""Predicted ratings: RMSE of our models and the peers', three seeds, a shipped fold, or by time.

    python benchmarks/accuracy_ratings.py [--data ml-100k ml-1m] [--split random]
        [--seeds 42 43 44] [--quick 0]

`--split` takes "random" (a random tenth is test, once a seed), "time" (the last tenth) and the name
of a fold that the set came with, such as u1 of ml-100k; several make a table each. Everybody gets
the same splits and has settings tuned on validation ratings of seed 42 (settings.toml, peers.toml),
by time the peers those tuned by time, where there are some. Ours also stand there untuned.
Predictions are clipped to the scale. With `--quick 1`, without the long Gibbs runs of myFM.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import held_out
import numpy as np
from harness import Contestant, Field, arguments, field_of, settings, table, write_section

from matinee import models

OURS = ("bayes_fm", "hybrid", "regressors", "svdpp", "als", "mle", "ls", "biases")
SIDE = ("bayes_fm", "hybrid", "regressors")
"""Those that also stand in the table with genres and profiles."""
SEES = ("bayes_fm_transductive",)
"""Those that are told which test pairs exist; the table says so."""
PEERS = (
    ("Cornac MF", "cornac_models", "mf"),
    ("Surprise SVD", "surprise_models", "svd"),
    ("Surprise KNNBaseline", "surprise_models", "knn"),
    ("LensKit BiasedMF", "lenskit_models", "biased_mf"),
    ("LensKit item kNN", "lenskit_models", "item_knn"),
    ("LightGBM on features", "lightgbm_models", "rating"),
    ("scikit-learn boosting on features", "sklearn_models", "boosting"),
)
MYFM: dict[str, dict[str, Any]] = {
    "ids": {"implicit": "none"},
    "flipped": {},
    "flipped, ordered probit": {"probit": True},
    "flipped, ordered probit, date": {"probit": True, "days": True},
    "flipped, ordered probit, side information": {"probit": True, "side": True},
    "flipped, ordered probit, date, side information": {
        "probit": True, "days": True, "side": True
    },
}  # fmt: skip


def myfm(data: str, split: str) -> list[Contestant]:
    """The blocks of its own examples, which say rank 10 for MovieLens 100K, 32 for 1M, 512 turns.

    A date that is later than training says nothing, so there is none by time. On larger sets only
    the best line of its examples gets all of that, which takes it 25 minutes a million ratings.
    """
    small, result = data == "ml-100k", []
    for label, how in MYFM.items():
        best = label == "flipped, ordered probit, date"
        if (split == "time" and "days" in how) or not (
            small or best or not how.get("probit") or split == "time"
        ):
            continue
        size = {
            "rank": 10 if small or not best else 32,
            "iterations": 512 if small or best else 200,
        }
        result.append(Contestant(f"myFM {label}", "myfm_models", "rating", {**size, **how}))
    return result


def contestants(data: str, split: str = "random", quick: bool = False) -> list[Contestant]:
    """Ours untuned and tuned, then the peers."""
    ours, peers = settings("ours", data), settings("peers", data)
    if split == "time":
        peers |= settings("peers", f"{data}, time")
    result = []
    for name in (*OURS, *SEES):
        if name not in models.names():
            print(f"without {name}: it does not exist yet")
            continue
        label = f"{name} (sees which test pairs exist)" if name in SEES else name
        untuned = f"{label}, untuned" if ours.get(name) else label
        result.append(Contestant(untuned, "ours", "rating", {"model": name}))
        if name in SIDE:
            known = {"model": name, "side": True}
            result.append(Contestant(f"{label}, side information", "ours", "rating", known))
        if ours.get(name):
            tuned = {"model": name, **ours[name]}
            result.append(Contestant(f"{label}, tuned", "ours", "rating", tuned))
    for label, library, job in PEERS:
        result.append(Contestant(f"{label}, untuned", library, job))
        if label in peers:
            result.append(Contestant(f"{label}, tuned", library, job, peers[label]))
    if data == "ml-100k":
        result.append(Contestant("Surprise SVD++", "surprise_models", "svdpp"))
    result.append(Contestant("Surprise baseline", "surprise_models", "baseline"))
    result.append(Contestant("LensKit bias", "lenskit_models", "bias"))
    if not quick:
        result += myfm(data, split)
    return result


def judge(taking_part: Field, data: str, split: str, seeds: list[int], quick: bool = False) -> str:
    """The table of one data set, best first."""
    found: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {}
    turns: list[Any] = list(seeds) if split == "random" else [None if split == "time" else split]
    for turn in turns:
        print(f"{data}, {split if turn is None else turn}")
        held, path = held_out.saved(taking_part.cache, data, "rating", turn)
        for contestant in taking_part.present(contestants(data, split, quick)):
            result = taking_part.run(contestant, path)
            if result is None:
                continue
            error = held_out.rmse(held, result["predicted"])
            found.setdefault(contestant.label, []).append(error)
            seconds.setdefault(contestant.label, []).append(result["seconds"])
            print(f"    RMSE {error:.4f}", flush=True)
    several = len(turns) > 1
    rows: list[list[Any]] = []
    for (label, errors), spent in zip(found.items(), seconds.values(), strict=True):
        if len(errors) == len(turns):
            mean = [f"{np.mean(errors):.4f}"] if several else []
            each = [f"{error:.4f}" for error in errors]
            rows.append([label, *each, *mean, f"{np.median(spent):.3g}"])
    rows.sort(key=lambda row: row[-2])
    columns = [f"seed {s}" for s in seeds] if split == "random" else ["RMSE"]
    return table(["model", *columns, *(["mean"] if several else []), "fit s"], rows)


HELD = {"random": "random 90/10", "time": "the last tenth by time is test"}


def main(given: Any = None) -> None:
    extra: dict[str, Any] = {"data": ["ml-100k", "ml-1m"], "split": ["random"], "quick": 0}
    given = given or arguments(__doc__, seeds=[42, 43, 44], **extra).parse_args()
    with field_of(given) as taking_part:
        for data in given.data:
            for split in given.split:
                body = judge(taking_part, data, split, given.seeds, bool(given.quick))
                note = f"RMSE on the test ratings, {HELD.get(split, f'fold {split}')}; lower is "
                note += "better. Seconds are no timing: others may have been at work on the "
                note += "machine."
                title = f"Predicted ratings, {data}"
                title += {"random": "", "time": ", by time"}.get(split, f", {split}")
                write_section(Path(given.results), title, taking_part, f"{note}\n\n{body}")


if __name__ == "__main__":
    main()
