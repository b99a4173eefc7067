"""Seconds of implicit ALS to within 0.5 % of its best NDCG@10: ours, irspack and implicit.

    python benchmarks/to_best_ndcg.py [--data ml-1m] [--rounds 5] [--factors 64 128]

Settings are tuned (settings.toml, peers.toml) but for the number of epochs. That is found on
validation ratings: the fewest with an NDCG@10 of at least 99.5 % of the best that the contestant
reaches with any number up to 24. Then fitting with so many epochs is timed by turns on the training
part of the top-n split of seed 42, preparations included; NDCG@10 is that on the test part.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import held_out
from harness import (
    Contestant,
    Field,
    alternate,
    arguments,
    field_of,
    settings,
    table,
    times,
    write_section,
)

EPOCHS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24)
CLOSE = 0.995
NAMES = {"ours": "epochs", "irspack_models": "train_epochs", "implicit_als": "iterations"}


def contestants(data: str, factors: list[int]) -> list[Contestant]:
    ours, peers = settings("ours", data), settings("peers", data)
    result = []
    for k in factors:
        tuned = {"model": "ials", **ours.get("ials", {}), "factors": k}
        result.append(Contestant(f"ials, k = {k}", "ours", "ranking", tuned))
        tuned = {**peers.get("irspack iALS", {}), "n_components": k}
        result.append(Contestant(f"irspack iALS, k = {k}", "irspack_models", "ials", tuned))
        tuned = {**peers.get("implicit ALS", {}), "factors": k}
        result.append(Contestant(f"implicit ALS, k = {k}", "implicit_als", "ranking", tuned))
    return result


def enough(
    taking_part: Field, contestant: Contestant, held: Any, path: Path
) -> tuple[Contestant, int] | None:
    """The contestant with just the epochs that it needs, and their number."""
    reached: dict[int, float] = {}
    for epochs in EPOCHS:
        tried = _with(contestant, epochs)
        answer = taking_part.run(tried, path)
        if answer is None:
            return None
        reached[epochs] = float(held_out.judged(held, answer["lists"])["ndcg"].mean())
        print(f"    {epochs} epochs: NDCG@10 {reached[epochs]:.4f}", flush=True)
    best = max(reached.values())
    needed = next(e for e, figure in reached.items() if figure >= CLOSE * best)
    return _with(contestant, needed), needed


def _with(contestant: Contestant, epochs: int, **more: Any) -> Contestant:
    name = NAMES[contestant.library]
    return replace(contestant, settings={**contestant.settings, name: epochs, **more})


def measure(taking_part: Field, data: str, rounds: int, factors: list[int]) -> str:
    held, path = held_out.saved(taking_part.cache, data, "ranking", 42, "validation")
    ready = []
    for contestant in taking_part.present(contestants(data, factors)):
        found = enough(taking_part, contestant, held, path)
        if found is not None:
            ready.append(found)
    held, path = held_out.saved(taking_part.cache, data, "ranking", 42)
    figures = {}
    for contestant, _ in ready:
        answer = taking_part.run(contestant, path)
        assert answer is not None
        figures[contestant.label] = held_out.judged(held, answer["lists"])["ndcg"].mean()
    needed = {c.label: epochs for c, epochs in ready}
    bare = [_with(c, epochs, judge=False) for c, epochs in ready]
    results = alternate(taking_part.run, bare, path, rounds)
    spent = {label: times(found) for label, found in results.items()}
    ours = min((t for k, t in spent.items() if k.startswith("ials")), key=lambda t: t.median)
    rows: list[list[Any]] = [
        [label, needed[label], found, ours.ratio(found), f"{figures[label]:.4f}"]
        for label, found in sorted(spent.items(), key=lambda pair: pair[1].median)
    ]
    header = ["contestant", "epochs", "fit s", "our fastest against it", "NDCG@10"]
    return table(header, rows)


def main() -> None:
    given = arguments(__doc__, data="ml-1m", rounds=5, factors=[64, 128]).parse_args()
    with field_of(given) as taking_part:
        body = measure(taking_part, given.data, given.rounds, given.factors)
        title = f"Implicit ALS to the best NDCG@10, {given.data}"
        write_section(Path(given.results), title, taking_part, body)


if __name__ == "__main__":
    main()
