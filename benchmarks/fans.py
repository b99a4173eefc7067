"""How long it takes to learn what the fans of every title also like, and to ask for one title.

    python benchmarks/fans.py [--size large] [--rounds 3]

On what is rated 4 or higher of 25 million GENERATED ratings of MovieLens 25M's shape. No peer has
lifts with a support bound. Nearest to them are the items most alike each by cosine, which
`item_knn` and the peers find among the same choices. Everybody has the matrix before the clock
starts; memory is the peak of the process, the data included (ours run in one, so theirs is the
larger of the two). To ask `fans` is the list of ten with its evidence, for each of the 200 titles
that most people like.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import generated
import numpy as np
from harness import Contestant, Field, alternate, arguments, field_of, table, times, write_section

LIKED = 4.0
NEIGHBOURS = 200
ASKED = 200


def saved(cache: Path, size: str) -> Path:
    """A file of who likes what, as CSR."""
    path = cache / "data" / f"generated-{size}-liked.npz"
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    made = generated.ratings(*generated.SHAPES[size])
    liked = made.data >= LIKED
    indptr = np.append(0, np.cumsum(liked))[made.indptr].astype(np.int32)
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, indptr=indptr, indices=made.indices[liked], shape=np.array(made.shape))
    partial.rename(path)
    return path


def contestants() -> list[Contestant]:
    cosine = {"model": "item_knn", "weighting": "cosine", "neighbors": NEIGHBOURS}
    return [
        Contestant("fans", "ours", "item_weights", {"model": "fans", "asked": ASKED}),
        Contestant("item_knn, cosine", "ours", "item_weights", cosine),
        Contestant("implicit, cosine", "implicit_als", "neighbours", {"k": NEIGHBOURS}),
        Contestant("irspack, cosine", "irspack_models", "neighbours", {"k": NEIGHBOURS}),
    ]


def measure(taking_part: Field, size: str, rounds: int) -> str:
    wanted = taking_part.present(contestants())
    path = saved(taking_part.cache, size)
    warm_up = saved(taking_part.cache, "small")
    found = alternate(taking_part.run, wanted, path, rounds, warm_up)
    ours = found.get("item_knn, cosine")
    rows: list[list[Any]] = []
    for label, results in found.items():
        spent = times(results)
        asked = [1000 * s for r in results for s in np.ravel(r.get("single", []))]
        alone = f"{np.median(asked):.2g} (most {max(asked):.2g})" if asked else ""
        peak = f"{max(r['peak'] for r in results):.2g}"
        against = times(ours).ratio(spent) if ours else ""
        rows.append([label, spent, against, peak, alone])
    return table(
        ["contestant", "fit s", "our item_knn against it", "peak GB", "one title ms"], rows
    )


def main() -> None:
    given = arguments(__doc__, size="large", rounds=3).parse_args()
    with field_of(given) as taking_part:
        body = measure(taking_part, given.size, given.rounds)
        write_section(
            Path(given.results), f"Fans also like, generated ({given.size})", taking_part, body
        )


if __name__ == "__main__":
    main()
