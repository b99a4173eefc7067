"""Predicted ratings: RMSE of our models and the peers', random 90/10, three seeds.

    python benchmarks/accuracy_ratings.py [--data ml-100k ml-1m] [--seeds 42 43 44]

Everybody gets the same splits and has settings tuned on validation ratings of seed 42
(settings.toml, peers.toml); ours also stand there untuned. Predictions are clipped to the scale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import held_out
import numpy as np
from harness import Contestant, Field, arguments, field_of, settings, table, write_section

from matinee import models

OURS = ("als", "mle", "ls", "svdpp", "biases")


def contestants(data: str) -> list[Contestant]:
    """Ours untuned and tuned, then the peers."""
    known, ours, peers = models.names(), settings("ours", data), settings("peers", data)
    result = []
    for name in OURS:
        if name not in known:
            print(f"without {name}: it does not exist yet")
            continue
        label = name if name == "biases" else f"{name}, untuned"
        result.append(Contestant(label, "ours", "rating", {"model": name}))
        if ours.get(name):
            tuned = {"model": name, **ours[name]}
            result.append(Contestant(f"{name}, tuned", "ours", "rating", tuned))
    for label, library, job in (
        ("Cornac MF", "cornac_models", "mf"),
        ("Surprise SVD", "surprise_models", "svd"),
        ("LensKit BiasedMF", "lenskit_models", "biased_mf"),
    ):
        result.append(Contestant(f"{label}, untuned", library, job))
        if label in peers:
            result.append(Contestant(f"{label}, tuned", library, job, peers[label]))
    result.append(Contestant("Surprise baseline", "surprise_models", "baseline"))
    result.append(Contestant("LensKit bias", "lenskit_models", "bias"))
    return result


def judge(taking_part: Field, data: str, seeds: list[int]) -> str:
    """The table of one data set, best first."""
    found: dict[str, list[float]] = {}
    seconds: dict[str, list[float]] = {}
    for seed in seeds:
        print(f"{data}, seed {seed}")
        held, path = held_out.saved(taking_part.cache, data, "rating", seed)
        for contestant in taking_part.present(contestants(data)):
            result = taking_part.run(contestant, path)
            if result is None:
                continue
            error = held_out.rmse(held, result["predicted"])
            found.setdefault(contestant.label, []).append(error)
            seconds.setdefault(contestant.label, []).append(result["seconds"])
            print(f"    RMSE {error:.4f}", flush=True)
    rows: list[list[Any]] = [
        [label, *(f"{e:.4f}" for e in errors), f"{np.mean(errors):.4f}", f"{np.median(spent):.2g}"]
        for (label, errors), spent in zip(found.items(), seconds.values(), strict=True)
        if len(errors) == len(seeds)
    ]
    rows.sort(key=lambda row: row[-2])
    return table(["model", *(f"seed {s}" for s in seeds), "mean", "fit s"], rows)


def main(given: Any = None) -> None:
    given = given or arguments(__doc__, data=["ml-100k", "ml-1m"], seeds=[42, 43, 44]).parse_args()
    with field_of(given) as taking_part:
        for data in given.data:
            body = judge(taking_part, data, given.seeds)
            note = "RMSE on the test ratings, random 90/10; lower is better. Seconds are no timing:"
            note += " others may have been at work on the machine."
            write_section(
                Path(given.results), f"Predicted ratings, {data}", taking_part, f"{note}\n\n{body}"
            )


if __name__ == "__main__":
    main()
