"""Bayesian factorization machines: `bayes_fm` against myFM, the same blocks, rank and turns.

    python benchmarks/bayesian.py [--data ml-100k ml-1m] [--turns 200 30] [--rank 31] [--rounds 3]

Both get a random tenth as test (seed 42) and the blocks users, items, the items of a person and
the people of an item; both have a bias and as many factors, and predict by the mean of all turns
but the first five. Seconds are those of fitting, without predicting; myFM trains on one thread.
Neither is told profiles or genres. Times only in the last pair, where they are no longer alike:
myFM has a column a day, bayes_fm the moods of a person.
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
    table,
    times,
    write_section,
)

BURN_IN = 5


PAIRS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "normal": ({"likelihood": "normal"}, {}),
    "ordered": ({"likelihood": "ordered"}, {"probit": True}),
    "ordered, times": ({"likelihood": "ordered"}, {"probit": True, "days": True}),
}
"""What differs from pair to pair: settings of ours and of theirs."""


def contestants(turns: int, rank: int) -> list[Contestant]:
    """Ours and theirs of each pair, one after the other."""
    ours = {"model": "bayes_fm", "factors": rank, "epochs": turns, "burn_in": BURN_IN}
    ours["kept"] = turns - BURN_IN
    theirs = {"rank": rank, "iterations": turns, "implicit": "both", "burn_in": BURN_IN}
    result = []
    for label, (mine, other) in PAIRS.items():
        own = {**ours, **mine, "times": "times" in label}
        result.append(Contestant(f"bayes_fm, {label}", "ours", "rating", own))
        result.append(Contestant(f"myFM, {label}", "myfm_models", "rating", {**theirs, **other}))
    return result


def compared(taking_part: Field, data: str, turns: int, given: Any) -> list[list[str]]:
    """A row a contestant: seconds, of ours their ratio to theirs, and the RMSE."""
    held, path = held_out.saved(taking_part.cache, data, "rating", 42)
    present = taking_part.present(contestants(turns, given.rank))
    _, small = held_out.saved(taking_part.cache, "ml-100k", "rating", 42)
    found = alternate(taking_part.run, present, path, given.rounds, small)
    spent = {label: times(results) for label, results in found.items()}
    rows = []
    for label, results in found.items():
        error = held_out.rmse(held, results[-1]["predicted"])
        peer = spent.get(label.replace("bayes_fm", "myFM"))
        ratio = spent[label].ratio(peer) if peer and label.startswith("bayes_fm") else ""
        rows.append([data, str(turns), label, str(spent[label]), ratio, f"{error:.4f}"])
    return rows


def main() -> None:
    extra: dict[str, Any] = {"data": ["ml-100k", "ml-1m"], "turns": [200, 30]}
    given = arguments(__doc__, rank=31, rounds=3, **extra).parse_args()
    with field_of(given) as taking_part:
        rows = []
        for data, turns in zip(given.data, given.turns, strict=True):
            rows += compared(taking_part, data, turns, given)
        header = ["data", "turns", "model", "fit s", "against myFM", "RMSE"]
        body = f"{given.rank} factors and a bias for both; random 90/10, seed 42.\n\n"
        write_section(
            Path(given.results),
            "Bayesian factorization machines, speed",
            taking_part,
            body + table(header, rows),
        )


if __name__ == "__main__":
    main()
