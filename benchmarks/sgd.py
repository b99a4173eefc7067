"""Seconds that stochastic gradients need to their best validation RMSE: ours, Surprise, Cornac.

    python benchmarks/sgd.py [--data ml-1m] [--rounds 3]

Everybody has settings tuned on the validation ratings (settings.toml, peers.toml), the number of
epochs among them: they are what it takes to the best RMSE. Fitting alone is timed, by turns, on
the training part of the validation split of seed 42; the RMSE is that on the validation part.
"""

from __future__ import annotations

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


def contestants(data: str) -> list[Contestant]:
    ours, peers = settings("ours", data), settings("peers", data)
    result = [Contestant("mle, untuned", "ours", "rating", {"model": "mle"})]
    if ours.get("mle"):
        tuned = {"model": "mle", **ours["mle"]}
        result.append(Contestant("mle, tuned", "ours", "rating", tuned))
    for label, library, job in (
        ("Surprise SVD", "surprise_models", "svd"),
        ("Cornac MF", "cornac_models", "mf"),
    ):
        if label in peers:
            result.append(Contestant(f"{label}, tuned", library, job, peers[label]))
    return result


def measure(taking_part: Field, data: str, rounds: int) -> str:
    held, path = held_out.saved(taking_part.cache, data, "rating", 42, "validation")
    wanted = taking_part.present(contestants(data))
    found = alternate(taking_part.run, wanted, path, rounds)
    spent = {label: times(results) for label, results in found.items()}
    ours = spent.get("mle, tuned", spent.get("mle, untuned"))
    rows: list[list[Any]] = [
        [
            label,
            spent[label],
            ours.ratio(spent[label]) if ours else "",
            f"{min(held_out.rmse(held, r['predicted']) for r in results):.4f}",
        ]
        for label, results in found.items()
    ]
    return table(["contestant", "fit s", "mle against it", "validation RMSE"], rows)


def main() -> None:
    given = arguments(__doc__, data="ml-1m", rounds=3).parse_args()
    with field_of(given) as taking_part:
        body = measure(taking_part, given.data, given.rounds)
        title = f"Stochastic gradients to the best RMSE, {given.data}"
        write_section(Path(given.results), title, taking_part, body)


if __name__ == "__main__":
    main()
