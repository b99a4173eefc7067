"""How long lists take: the best 10 of all items, what was seen left out, by factors of 64 numbers.

    python benchmarks/recommend.py [--sets small medium large] [--rounds 5] [--people 0]

Factors and histories are GENERATED in the shapes of MovieLens 100K, 1M and 25M, so nothing is
fitted and everybody works on the same numbers; factors are independent and normal, for which no
item can be passed over early. Each contestant makes the lists of everybody at once (or of the
first --people) and of 200 people one by one. The last column says how many of everybody's lists
are the same as ours; float32 sums in another order may exchange two items.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import generated
import numpy as np
from harness import (
    Contestant,
    Field,
    Times,
    alternate,
    arguments,
    field_of,
    table,
    times,
    write_section,
)

SHAPES = {
    "small": (943, 1_682, 100_000),
    "medium": (6_040, 3_706, 1_000_209),
    "large": generated.SHAPES["large"],
}
"""Users, items and ratings."""
FACTORS = 64
ALONE = 200
LIBRARIES = {"matinee": "ours", "implicit": "implicit_als", "irspack": "irspack_models"}


def saved(cache: Path, name: str) -> Path:
    """A file of factors and histories for the contestants."""
    path = cache / "data" / f"factors-{name}.npz"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    made = generated.ratings(*SHAPES[name])
    generator = np.random.default_rng(0)
    partial = path.with_suffix(".partial.npz")
    np.savez(
        partial,
        people=generator.standard_normal((made.shape[0], FACTORS), dtype=np.float32),
        items=generator.standard_normal((made.shape[1], FACTORS), dtype=np.float32),
        indptr=made.indptr,
        indices=made.indices,
        shape=np.array(made.shape),
    )
    partial.rename(path)
    return path


def measure(taking_part: Field, name: str, rounds: int, people: int) -> list[list[Any]]:
    users, items, _ = SHAPES[name]
    counted = min(people or users, users)
    path = saved(taking_part.cache, name)
    wanted = taking_part.present(
        Contestant(f"{label}, {items:,} items", library, "recommend", {"people": counted})
        for label, library in LIBRARIES.items()
    )
    for contestant in wanted:
        contestant.settings["alone"] = ALONE
    found = alternate(
        taking_part.run, wanted, path, rounds, warm_up=saved(taking_part.cache, "small")
    )
    ours = next((v for k, v in found.items() if k.startswith("matinee")), None)
    rows = []
    for label, results in found.items():
        each = Times(tuple(counted / r["seconds"] for r in results))
        single = Times(tuple(1000 * float(np.median(r["single"])) for r in results))
        row = [label, str(counted), str(times(results)), f"{each.median:,.0f}", str(single)]
        if ours:
            same = (results[0]["lists"] == ours[0]["lists"]).all(axis=1).mean()
            row += [times(ours).ratio(times(results)), f"{same:.2%}"]
        rows.append(row)
    return rows


HEADER = [
    "contestant",
    "people",
    "all s",
    "people/s",
    "one ms",
    "ours against it, all",
    "same lists",
]


def main() -> None:
    parser = arguments(__doc__, sets=list(SHAPES), rounds=5, people=0)
    given = parser.parse_args()
    with field_of(given) as taking_part:
        rows = []
        for name in given.sets:
            rows += measure(taking_part, name, given.rounds, given.people)
        write_section(Path(given.results), "Lists", taking_part, table(HEADER, rows))


if __name__ == "__main__":
    main()
