"""How long EASE takes on MovieLens 1M's items: ours against irspack, LensKit and RecTools.

    python benchmarks/ease.py [--data ml-1m] [--rounds 5]

Fitting alone is timed, on the training part of the top-n split of seed 42, by turns. Ours runs as
plain EASE (all powers 0) at the same penalty, so that all minimize the same objective, and with its
defaults. RecTools multiplies histories by the transposed weights; here its weights are used as the
paper does, so that NDCG@10 shows that all found the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import held_out
from harness import Contestant, Field, alternate, arguments, field_of, table, times, write_section

PENALTY = 500.0
PLAIN = {"popularity_penalty": 0.0, "activity_damping": 0.0, "popularity_damping": 0.0}


def contestants() -> list[Contestant]:
    ours = {"model": "ease", "regularization": PENALTY, **PLAIN}
    return [
        Contestant("ease, plain", "ours", "ranking", ours),
        Contestant("ease, defaults", "ours", "ranking", {"model": "ease"}),
        Contestant("irspack", "irspack_models", "ease", {"reg": PENALTY}),
        Contestant("LensKit", "lenskit_models", "ease", {"regularization": PENALTY}),
        Contestant("RecTools", "rectools_models", "ease", {"regularization": PENALTY}),
    ]


def measure(taking_part: Field, data: str, rounds: int) -> str:
    held, path = held_out.saved(taking_part.cache, data, "ranking", 42)
    wanted = taking_part.present(contestants())
    judged = {}
    for contestant in wanted:
        answer = taking_part.run(contestant, path)
        if answer is not None:
            judged[contestant.label] = held_out.judged(held, answer["lists"])["ndcg"].mean()
    bare = [
        Contestant(c.label, c.library, c.job, {**c.settings, "judge": False})
        for c in wanted
        if c.label in judged
    ]
    found = {k: times(v) for k, v in alternate(taking_part.run, bare, path, rounds).items()}
    ours = found.get("ease, plain")
    rows: list[list[Any]] = [
        [label, spent, ours.ratio(spent) if ours else "", f"{judged[label]:.4f}"]
        for label, spent in sorted(found.items(), key=lambda pair: pair[1].median)
    ]
    return table(["contestant", "fit s", "plain ease against it", "NDCG@10"], rows)


def main() -> None:
    given = arguments(__doc__, data="ml-1m", rounds=5).parse_args()
    with field_of(given) as taking_part:
        body = measure(taking_part, given.data, given.rounds)
        write_section(Path(given.results), f"EASE, {given.data}", taking_part, body)


if __name__ == "__main__":
    main()
