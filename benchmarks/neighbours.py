"""How long the 50 nearest neighbours of every movie take, exactly, by cosine.

    python benchmarks/neighbours.py [--movies FILE] [--rounds 3] [--neighbours 50]

The movies are those of ml-25m's movies.csv (62,423), at MATINEE_DATA or where --movies says.
Nothing is generated: their 168 numbers are genres, bells over years, and the leading directions
of the words of titles, each block of length one. Many movies have the same genres, year and no
word that another title has, so there are many ties. First comes everything in a process of its
own: reading the file, making vectors, finding neighbours, kernels compiled or read from the
cache. Then everybody finds the neighbours of the same vectors by turns, and the last column says
for how many movies the cosines found are ours to 1e-5 (of equal cosines it does not matter whose
is taken).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from environments import OURS, Worker
from harness import Contestant, alternate, arguments, field_of, table, times, write_section

FEATURES = 168
CONTESTANTS = (
    Contestant("matinee", "ours", "neighbours"),
    Contestant("NumPy, blocks of 512, argpartition", "numpy_arrays", "neighbours"),
    Contestant("scikit-learn, brute, cosine", "sklearn_models", "neighbours"),
    Contestant(
        "scikit-learn, brute, Euclidean of unit rows",
        "sklearn_models",
        "neighbours",
        {"metric": "euclidean"},
    ),
)


def found_movies(stated: str) -> Path:
    folders = os.environ.get("MATINEE_DATA", "").split(os.pathsep)
    places = [Path(f) / p for f in folders if f for p in ("movies-only/ml-25m-movies.csv",)]
    for path in [Path(stated)] if stated else places:
        if path.is_file():
            return path
    sys.exit("movies.csv of ml-25m is needed: name it by --movies, or its folder by MATINEE_DATA.")


def cosines(points: np.ndarray, lists: np.ndarray) -> np.ndarray:
    """(rows, n) cosines of what is listed, highest first."""
    result = np.empty(lists.shape, np.float32)
    for start in range(0, len(lists), 1024):
        own = points[start : start + 1024, np.newaxis]
        result[start : start + 1024] = (own * points[lists[start : start + 1024]]).sum(axis=2)
    return -np.sort(-result, axis=1)


def everything(given: Any, movies: Path, empty: Path) -> tuple[dict[str, Any], str]:
    worker = Worker(OURS, given.cache, given.threads)
    try:
        found = worker.run(
            "title_neighbours", empty, movies=str(movies), width=FEATURES, n=given.neighbours
        )
    finally:
        worker.close()
    rows, width = found["points"].shape
    said = (
        f"{rows:,} movies, {width} features. Everything in one process: {found['seconds']:.1f} s, "
        f"of which vectors {found['vectors']:.1f} s; peak {found['peak']:.2f} GB."
    )
    return found, said


def main() -> None:
    given = arguments(__doc__, movies="", rounds=3, neighbours=50).parse_args()
    movies = found_movies(given.movies)
    folder = given.cache / "data"
    folder.mkdir(parents=True, exist_ok=True)
    empty, data, few = (folder / f"neighbours-{n}.npz" for n in ("empty", "all", "few"))
    np.savez(empty)
    whole, said = everything(given, movies, empty)
    points = whole["points"]
    np.savez(data, points=points)
    np.savez(few, points=points[:4000])
    with field_of(given) as taking_part:
        wanted = taking_part.present(CONTESTANTS)
        for contestant in wanted:
            contestant.settings["n"] = given.neighbours
        found = alternate(taking_part.run, wanted, data, given.rounds, warm_up=few)
        ours = found["matinee"]
        best = cosines(points, ours[0]["lists"])
        rows = []
        for label, results in found.items():
            same = np.abs(cosines(points, results[0]["lists"]) - best).max(axis=1) < 1e-5
            peak = max(r["peak"] for r in results)
            ratio = times(ours).ratio(times(results))
            rows.append([label, times(results), f"{peak:.2f}", ratio, f"{same.mean():.2%}"])
        header = ["", "s", "peak GB", "ours against it", "same cosines"]
        body = f"{said}\n\n{table(header, rows)}"
        write_section(Path(given.results), "Neighbours", taking_part, body)


if __name__ == "__main__":
    main()
