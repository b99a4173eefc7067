"""What to show: NDCG@10 of our models and the peers' over the whole catalogue, three seeds.

    python benchmarks/accuracy_ranking.py [--data ml-100k ml-1m] [--seeds 42 43 44]

What a person rated 4 or higher is liked; of people with five or more of these a fifth is held out.
All items are ranked but the person's training items. A split by time stands beside: the last tenth
of all ratings is held out there, which nobody was tuned for; whoever is new then gets the most
popular items from the peers too. Settings are tuned on validation
ratings of seed 42 (settings.toml, peers.toml); ours also stand there untuned. Differences are by
a paired bootstrap over people, each with the mean over seeds, against plain EASE and the best of
the peers' iALS.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import held_out
import numpy as np
from harness import Contestant, Field, arguments, field_of, settings, table, write_section

from matinee import models
from matinee.evaluation.paired import paired_bootstrap

OURS = ("blend", "ease", "ials", "slim", "item_knn", "rp3beta", "bpr", "popularity")
PEERS = (
    ("EASE (irspack)", "irspack_models", "ease"),
    ("irspack iALS", "irspack_models", "ials"),
    ("LensKit iALS", "lenskit_models", "ials"),
    ("implicit ALS", "implicit_als", "ranking"),
)
BY_TIME = -1
"""Stands for the split by time among the seeds."""
Figures = dict[str, dict[int, dict[str, np.ndarray]]]
"""NDCG@10 and Recall@20 of each person, by label and seed."""


def contestants(data: str) -> list[Contestant]:
    """Ours untuned and tuned, then the peers."""
    known, ours, peers = models.names(), settings("ours", data), settings("peers", data)
    result = []
    for name in OURS:
        if name not in known:
            print(f"without {name}: it does not exist yet")
            continue
        label = name if name == "popularity" else f"{name}, untuned"
        result.append(Contestant(label, "ours", "ranking", {"model": name}))
        if ours.get(name):
            tuned = {"model": name, **ours[name]}
            result.append(Contestant(f"{name}, tuned", "ours", "ranking", tuned))
    for label, library, job in PEERS:
        result.append(Contestant(f"{label}, untuned", library, job))
        if label in peers:
            result.append(Contestant(f"{label}, tuned", library, job, peers[label]))
    return result


def answers(taking_part: Field, data: str, seeds: list[int]) -> Figures:
    found: Figures = {}
    for seed in [*seeds, BY_TIME]:
        print(f"{data}, {'by time' if seed == BY_TIME else f'seed {seed}'}")
        held, path = held_out.saved(
            taking_part.cache, data, "ranking", None if seed == BY_TIME else seed
        )
        for contestant in taking_part.present(contestants(data)):
            result = taking_part.run(contestant, path)
            if result is None:
                continue
            figures = held_out.judged(held, result["lists"])
            found.setdefault(contestant.label, {})[seed] = figures
            print(f"    NDCG@10 {figures['ndcg'].mean():.4f}", flush=True)
    return {label: by_seed for label, by_seed in found.items() if len(by_seed) == len(seeds) + 1}


def of_people(by_seed: dict[int, dict[str, np.ndarray]], seeds: list[int]) -> np.ndarray:
    """NDCG@10 of each person, the mean over seeds: the same people are judged under each."""
    return np.mean([by_seed[seed]["ndcg"] for seed in seeds], axis=0)


def difference(found: Figures, label: str, other: str | None, seeds: list[int]) -> str:
    if other is None or label == other:
        return ""
    d = paired_bootstrap(of_people(found[label], seeds), of_people(found[other], seeds))
    return f"{d.difference:+.4f} ({d.low:+.4f} to {d.high:+.4f}, p = {d.p_value:.1g})"


def report(found: Figures, seeds: list[int]) -> str:
    """The table of one data set, best first."""
    ease = "EASE (irspack), tuned" if "EASE (irspack), tuned" in found else None
    peers = [label for label in found if "ALS," in label]
    best = max(peers, key=lambda label: of_people(found[label], seeds).mean(), default=None)
    rows: list[list[Any]] = []
    for label, by_seed in found.items():
        means = [float(by_seed[seed]["ndcg"].mean()) for seed in seeds]
        rows.append(
            [
                label,
                *(f"{m:.4f}" for m in means),
                f"{np.mean(means):.4f}",
                f"{by_seed[seeds[0]]['recall'].mean():.4f}",
                f"{by_seed[BY_TIME]['ndcg'].mean():.4f}",
                difference(found, label, ease, seeds),
                difference(found, label, best, seeds),
            ]
        )
    rows.sort(key=lambda row: row[len(seeds) + 1], reverse=True)
    header = ["model", *(f"seed {s}" for s in seeds), "mean", f"Recall@20, {seeds[0]}", "by time"]
    return table([*header, "against EASE", f"against {best or 'the best iALS'}"], rows)


def main(given: Any = None) -> None:
    given = given or arguments(__doc__, data=["ml-100k", "ml-1m"], seeds=[42, 43, 44]).parse_args()
    note = (
        "NDCG@10 over the whole catalogue less the training items; higher is better. Differences "
        "have 95 % intervals of a paired bootstrap over people, each with the mean over seeds."
    )
    with field_of(given) as taking_part:
        for data in given.data:
            found = answers(taking_part, data, given.seeds)
            body = f"{note}\n\n{report(found, given.seeds)}"
            write_section(Path(given.results), f"What to show, {data}", taking_part, body)


if __name__ == "__main__":
    main()
