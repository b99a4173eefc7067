"""Seconds of an epoch of explicit ALS on 25 million generated ratings: ours against LensKit.

    python benchmarks/explicit_als.py [--rounds 3] [--epochs 3] [--k 64] [--size large]

Both solve for all people and all items exactly in each epoch. One rating in a hundred is held out,
and the RMSE on these after equally many epochs says that neither buys speed with accuracy. The
ratings are GENERATED in the shape of MovieLens 25M, rank 16 under noise.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import generated
import numpy as np
from harness import Contestant, Field, alternate, arguments, field_of, table, times, write_section


def contestants(k: int, epochs: int) -> list[Contestant]:
    ours = {"model": "als", "factors": k, "epochs": epochs}
    lenskit = {"embedding_size": k, "epochs": epochs, "regularization": 0.1}
    return [
        Contestant("als", "ours", "epochs", ours),
        Contestant("LensKit BiasedMF", "lenskit_models", "explicit_epochs", lenskit),
    ]


def measure(taking_part: Field, given: Any) -> str:
    small, path = (generated.saved(given.cache, size, True) for size in ("small", given.size))
    wanted = taking_part.present(contestants(given.k, given.epochs))
    found = alternate(taking_part.run, wanted, path, given.rounds, small)
    with np.load(path) as arrays:
        actual = arrays["test_value"]
    spent = {label: times(results) for label, results in found.items()}
    ours = spent.get("als")
    rows: list[list[Any]] = []
    for label, results in found.items():
        predicted = np.clip(results[-1]["predicted"], 0.5, 5)
        error = np.sqrt(np.mean((predicted - actual) ** 2, dtype=np.float64))
        ratio = ours.ratio(spent[label]) if ours else ""
        rows.append([label, spent[label], ratio, f"{error:.4f}"])
    header = ["contestant", "s an epoch", "ours against it", f"RMSE after {given.epochs} epochs"]
    return table(header, rows)


def main() -> None:
    given = arguments(__doc__, rounds=3, epochs=3, k=64, size="large").parse_args()
    with field_of(given) as taking_part:
        body = measure(taking_part, given)
        title = f"Explicit ALS, generated ({given.size}), k = {given.k}"
        write_section(Path(given.results), title, taking_part, body)


if __name__ == "__main__":
    main()
