"""Seconds of an epoch of implicit ALS on 25 million generated choices, and the loss it leaves.

    python benchmarks/implicit_als.py [--k 64] [--rounds 3] [--epochs 4] [--size large]
    python benchmarks/implicit_als.py --k 128 --only CG

By turns: ours by conjugate gradients and exactly, irspack by conjugate gradients and Cholesky,
implicit by conjugate gradients. Ours and irspack minimize the same objective (see `objective.py`);
implicit knows no regularization by frequency and gets the mean of it, so its loss is no fair
judgement of it. Everybody's people are solved for once more before the loss is taken, so that it
does not matter which side came last. The choices are GENERATED in the shape of MovieLens 25M.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import generated
import numpy as np
from harness import Contestant, Field, alternate, arguments, field_of, table, times, write_section
from objective import loss

ALPHA0, REG, NU = 0.1, 0.003, 1.0
"""What Rendle et al. (2022) found for MovieLens 20M."""


def contestants(k: int, epochs: int, path: Path) -> list[Contestant]:
    choices, n_users, n_items = counted(path)
    ours = {
        "model": "ials",
        "factors": k,
        "epochs": epochs,
        "unobserved_weight": ALPHA0 * n_users * n_items / choices,
        # Ours states it for 50,000 choices.
        "regularization": REG * (choices / 50_000) ** 0.14,
    }
    irspack = {
        "n_components": k,
        "train_epochs": epochs,
        "alpha0": ALPHA0,
        "reg": REG,
        "nu": NU,
    }
    # Its objective is ours divided by alpha0 / (1 + alpha0)^2, with scores 1 + alpha0 times ours.
    implicit = {
        "factors": k,
        "iterations": epochs,
        "alpha": (1 + ALPHA0) / ALPHA0,
        "regularization": mean_penalty(path) * (1 + ALPHA0) / ALPHA0,
    }
    return [
        Contestant("ials, CG", "ours", "epochs", {**ours, "solver": "cg"}),
        Contestant("irspack CG", "irspack_models", "epochs", {**irspack, "solver_type": "CG"}),
        Contestant("implicit CG", "implicit_als", "epochs", implicit),
        Contestant("ials, exact", "ours", "epochs", {**ours, "solver": "exact"}),
        Contestant(
            "irspack Cholesky", "irspack_models", "epochs", {**irspack, "solver_type": "CHOLESKY"}
        ),
    ]


def counted(path: Path) -> tuple[int, int, int]:
    """Choices, people and items; everybody and everything has some."""
    with np.load(path) as arrays:
        n_users, n_items = (int(n) for n in arrays["shape"])
        indices = arrays["indices"]
    assert len(np.unique(indices)) == n_items
    return len(indices), n_users, n_items


def mean_penalty(path: Path) -> float:
    choices, n_users, n_items = counted(path)
    of_people = REG * (choices / n_users + ALPHA0 * n_items) ** NU
    of_items = REG * (choices / n_items + ALPHA0 * n_users) ** NU
    return (n_users * of_people + n_items * of_items) / (n_users + n_items)


def losses(path: Path, found: dict[str, list[dict[str, Any]]]) -> dict[str, float]:
    """The objective in millions, as each contestant's item factors leave it."""
    with np.load(path) as arrays:
        indptr, indices = arrays["indptr"], arrays["indices"]
    scale = {"implicit CG": 1 / np.sqrt(1 + ALPHA0)}
    return {
        label: loss(indptr, indices, scale.get(label, 1) * results[-1]["items"], ALPHA0, REG, NU)
        / 1e6
        for label, results in found.items()
    }


def measure(taking_part: Field, given: Any) -> str:
    small, path = (generated.saved(given.cache, size, False) for size in ("small", given.size))
    wanted = taking_part.present(contestants(given.k, given.epochs, path))
    found = alternate(taking_part.run, wanted, path, given.rounds, small)
    spent = {label: times(results) for label, results in found.items()}
    left = losses(path, found)
    ours = [spent.get("ials, CG"), spent.get("ials, exact")]
    rows = [
        [
            label,
            spent[label],
            *(t.ratio(spent[label]) if t else "" for t in ours),
            f"{left[label]:.4f}",
        ]
        for label in found
    ]
    header = ["contestant", "s an epoch", "our CG against it", "our exact against it"]
    return table([*header, f"loss after {given.epochs} epochs, millions"], rows)


def main() -> None:
    given = arguments(__doc__, k=64, rounds=3, epochs=4, size="large").parse_args()
    with field_of(given) as taking_part:
        body = measure(taking_part, given)
        title = f"Implicit ALS, generated ({given.size}), k = {given.k}"
        write_section(Path(given.results), title, taking_part, body)


if __name__ == "__main__":
    main()
