"""What other libraries say of the same lists, written down for the tests to compare with.

    python benchmarks/agreement.py

Two cases: one generated, with every odd thing that lists can be; and MovieLens 100K, with plain
lists by how often two titles are liked by the same person. All libraries get the same arrays, each
in an environment of its own. Their answers go to ``tests/evaluation/agreement.json``: the generated
case with all of it, the real one with a fingerprint of its arrays and figures only. What matinee
says of these lists is held to that record by ``tests/evaluation/test_agreement.py``;
docs/evaluation.md tells where definitions differ.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from environments import PEERS
from harness import Contestant, Field, arguments, field_of
from scipy.sparse import csr_array

from matinee.data import Dataset, load
from matinee.features import side_information
from matinee.splits import random_split, user_holdout

RECORD = Path(__file__).parents[1] / "tests" / "evaluation" / "agreement.json"
LIBRARIES = {
    "LensKit": "lenskit_models",
    "RecTools": "rectools_models",
    "ranx": "ranx_metrics",
    "Cornac": "cornac_models",
    "irspack": "irspack_models",
    "implicit": "implicit_als",
    "scikit-learn": "sklearn_models",
}
LENGTH = 24
"""Entries of a list; the rest of a shorter one is -1."""
FIRST = 20
"""People of the real case whose figures are written down one by one."""

Array = npt.NDArray[Any]
Case = dict[str, Array]
"""lists (people, LENGTH), scores (people, items); relevant, known and features as the two arrays
of a CSR matrix; n_features; rated_user, rated_item, actual, predicted (ratings,)."""


def generated(seed: int = 7, people: int = 40, items: int = 80) -> Case:
    """Lists of people who are nobody; the first of them are odd, one way each."""
    rng = np.random.default_rng(seed)
    scores = np.array([rng.permutation(items) for _ in range(people)])
    # The last items are new: nobody has chosen them yet.
    known = [rng.choice(items - 5, rng.integers(4, 16), replace=False) for _ in range(people)]
    length = np.full(people, LENGTH)
    length[[1, 2, 3, 11]] = 0, 0, 4, 1
    shown = _best(scores, known, length)
    wanted = [_wanted(rng, items, known[p], int(rng.integers(1, 12))) for p in range(people)]
    none = np.zeros(0, np.int64)
    wanted[0] = wanted[2] = none  # nothing to find; with 2 and 1 nothing is shown
    wanted[4] = _wanted(rng, items, known[4], 30)  # more than any list can hold
    beyond = np.setdiff1d(np.arange(items), [*shown[5], *known[5]])
    wanted[5] = beyond[:6]  # all of it beyond the list
    wanted[6] = shown[6]  # a perfect list, and nothing left to find
    wanted[7] = shown[7][[0]]  # at once
    wanted[8], wanted[9], wanted[10] = (shown[p][[at]] for p, at in ((8, 9), (9, 10), (10, 19)))
    # Single titles, single genres, and titles without any
    genres = [rng.choice(6, rng.integers(0, 4), replace=False) for _ in range(items)]
    rated = rng.integers(0, [people, items], (300, 2))
    actual = rng.integers(1, 11, 300) / 2
    predicted = np.clip(np.round((actual + rng.normal(0, 1, 300)) * 64) / 64, 0.5, 5)
    pairs = np.unique(rated, axis=0, return_index=True)[1]
    ratings = (*rated[pairs].T, actual[pairs], predicted[pairs])
    return _case(scores, shown, known, wanted, genres, ratings)


def _wanted(rng: np.random.Generator, items: int, known: Array, n: int) -> Array:
    return rng.choice(np.setdiff1d(np.arange(items), known), n, replace=False)


def of_movielens(data: Dataset) -> Case:
    """Lists for everybody from the pairs liked by the same people: whole numbers, so that they
    are the same on every machine; and ratings predicted by means."""
    liked = user_holdout(data.interactions, 0.2, 42, liked=4.0)
    train = liked.train.matrix.toarray()
    together = train @ (train.T @ train)  # whole numbers far below 2^24: exact
    people, items = train.shape
    order = np.argsort(-together, axis=1, kind="stable")
    # No two are equal.
    scores = np.empty((people, items))
    np.put_along_axis(scores, order, np.arange(items, 0, -1.0), axis=1)
    known, wanted = _rows(liked.train.matrix), _rows(liked.test.matrix)
    shown = _best(scores, known, np.full(people, LENGTH))
    side = side_information(data.item_table, data.user_table)
    assert side.item_features is not None
    columns = [n for n, name in enumerate(side.item_feature_names) if name.startswith("genre:")]
    genres = _rows(csr_array(side.item_features[:, columns]))
    held = random_split(data.interactions, 0.1, 42)
    assert held.train.value is not None
    assert held.test.value is not None
    by_user = _means(held.train.user_index, held.train.value, people)[held.test.user_index]
    by_item = _means(held.train.item_index, held.train.value, items)[held.test.item_index]
    predicted = np.clip(np.round((by_user + by_item) / 2 * 64) / 64, 1, 5)
    ratings = (held.test.user_index, held.test.item_index, held.test.value, predicted)
    return _case(scores, shown, known, wanted, genres, ratings)


def _means(groups: Array, values: Array, n: int) -> Array:
    """Damped towards 3.5, as if there were five more ratings so high."""
    return (np.bincount(groups, values, n) + 17.5) / (np.bincount(groups, minlength=n) + 5)


def _best(scores: Array, known: list[Array], length: Array) -> list[Array]:
    result = []
    for row, seen, n in zip(scores, known, length, strict=True):
        order = np.argsort(-row, kind="stable")
        result.append(order[~np.isin(order, seen)][:n])
    return result


def _rows(matrix: csr_array) -> list[Array]:
    return np.split(matrix.indices, matrix.indptr[1:-1])


def _case(
    scores: Array,
    shown: list[Array],
    known: list[Array],
    wanted: list[Array],
    genres: list[Array],
    ratings: tuple[Array, ...],
) -> Case:
    lists = np.full((len(shown), LENGTH), -1)
    for row, items in zip(lists, shown, strict=True):
        row[: len(items)] = items
    result: Case = {"lists": lists, "scores": scores.astype(np.float64)}
    for name, rows in (("relevant", wanted), ("known", known), ("features", genres)):
        result[f"{name}_indices"] = np.concatenate([np.sort(row) for row in rows])
        result[f"{name}_indptr"] = np.cumsum([0, *(len(row) for row in rows)])
    result["n_features"] = np.array(result["features_indices"].max() + 1)
    names = ("rated_user", "rated_item", "actual", "predicted")
    result |= dict(zip(names, ratings, strict=True))
    return {name: _plain(values) for name, values in result.items()}


def _plain(values: Array) -> Array:
    """int32, or float64: what a fingerprint is made of must not depend on the machine."""
    return np.asarray(values, np.float64 if values.dtype.kind == "f" else np.int32)


def fingerprint(case: Case) -> str:
    """SHA-256 of all arrays, in order of their names."""
    digest = hashlib.sha256()
    for name in sorted(case):
        digest.update(f"{name} {case[name].shape}".encode())
        digest.update(np.ascontiguousarray(case[name]).tobytes())
    return digest.hexdigest()


# ---- asking -----------------------------------------------------------------------------------


def answers(taking_part: Field, case: Case, path: Path) -> dict[str, dict[str, Any]]:
    """What each library says: a number, or one a person."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **case)  # type: ignore[arg-type]
    asked = [Contestant(title, library, "figures") for title, library in LIBRARIES.items()]
    found = {one.label: taking_part.run(one, path) for one in taking_part.present(asked)}
    missing = [title for title in LIBRARIES if found.get(title) is None]
    if missing:
        raise SystemExit(f"No answer of {', '.join(missing)}: the record stays as it was.")
    return {label: result for label, result in found.items() if result is not None}


def summary(values: Any) -> Any:
    """Of a figure of each person: the mean, of how many, and the first few people's."""
    if not isinstance(values, np.ndarray):
        return _number(values)
    known = values[~np.isnan(values)]
    first = [_number(v) for v in values[:FIRST]]
    return {"mean": _number(known.mean()), "people": len(known), "first": first}


def _number(value: Any) -> float | int | None:
    """Nine digits, for a comparison to six; None where there is none."""
    if np.isnan(value):
        return None
    return int(value) if float(value).is_integer() else round(float(value), 9)


def _listed(values: Any) -> Any:
    if isinstance(values, np.ndarray):
        return [_listed(v) for v in values] if values.ndim else _number(values)
    return _number(values)


def written(record: dict[str, Any]) -> str:
    """JSON with each array on a line of its own."""

    def block(value: Any, depth: int) -> str:
        if not isinstance(value, dict):
            return json.dumps(value, separators=(",", ":"))
        inner = " " * (depth + 1)
        lines = [f"{inner}{json.dumps(k)}: {block(v, depth + 1)}" for k, v in value.items()]
        return "{\n" + ",\n".join(lines) + "\n" + " " * depth + "}"

    return block(record, 0) + "\n"


def main(given: Any = None) -> None:
    given = given or arguments(__doc__, record=str(RECORD)).parse_args()
    made, real = generated(), of_movielens(load("ml-100k"))
    with field_of(given) as taking_part:
        said = answers(taking_part, made, given.cache / "data" / "agreement-generated.npz")
        of_real = answers(taking_part, real, given.cache / "data" / "agreement-ml-100k.npz")
    record = {
        "made": "python benchmarks/agreement.py",
        "versions": {title: PEERS[library].version for title, library in LIBRARIES.items()},
        "generated": {name: _listed(values) for name, values in made.items()},
        "said of generated": {
            title: {name: _listed(v) for name, v in found.items()} for title, found in said.items()
        },
        "fingerprint of ml-100k": fingerprint(real),
        "said of ml-100k": {
            title: {name: summary(v) for name, v in found.items()}
            for title, found in of_real.items()
        },
    }
    Path(given.record).write_text(written(record), "utf-8")
    print(f"written to {given.record}")


if __name__ == "__main__":
    main()
