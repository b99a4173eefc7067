"""Seconds of clustering people: ours against scikit-learn, and 25 million ratings.

    python benchmarks/clustering.py [--data ml-1m] [--most 30] [--seeds 0 1 2] [--size large]
        [--parts people dense many]

Who liked what (rated 4 or higher) as a sparse matrix, k-means with k = 2..30 one by one, by turns;
every seed is a round. k-means is random: the inertia of each k is the mean over the seeds. Dense
points, and the 25 million, are GENERATED and say nothing about clusters: people of overlapping
Gaussian groups, and ratings in the shape of MovieLens 25M, whose items got genres by chance.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import generated
import held_out
import numpy as np
from environments import OURS, Worker
from harness import Contestant, Field, arguments, field_of, table, times, write_section

LIBRARIES = {"matinee": "ours", "scikit-learn": "sklearn_models"}
SHAPES = ((6_040, 18), (3_706, 32), (162_541, 18))
GENRES = 18


def liked(cache: Path, data: str) -> Path:
    matrix = held_out.load(data).interactions.liked(held_out.LIKED).matrix
    path = cache / "data" / f"{data}-liked.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = np.array(matrix.shape)
    np.savez(path, indptr=matrix.indptr, indices=matrix.indices, shape=shape)
    return path


def groups(cache: Path, rows: int, columns: int) -> Path:
    draw = np.random.default_rng(1)
    centers = draw.normal(size=(20, columns))
    points = centers[draw.integers(20, size=rows)] + draw.normal(size=(rows, columns))
    path = cache / "data" / f"groups-{rows}-{columns}.npz"
    np.savez(path, points=points.astype(np.float32))
    return path


def genre_taste(cache: Path, choices: Path) -> Path:
    """How many of each person's choices are of each genre, every genre scaled to 0..1."""
    path = cache / "data" / "generated-genres.npz"
    draw = np.random.default_rng(2)
    with np.load(choices) as arrays:
        indptr, indices = arrays["indptr"], arrays["indices"]
        genres = draw.random((arrays["shape"][1], GENRES)) < draw.uniform(0.03, 0.3, GENRES)
    taste = np.array([np.add.reduceat(column[indices], indptr[:-1]) for column in genres.T * 1.0])
    taste = (taste - taste.min(axis=1, keepdims=True)) / np.ptp(taste, axis=1, keepdims=True)
    np.savez(path, points=np.ascontiguousarray(taste.T, np.float32))
    return path


def compared(
    taking_part: Field, label: str, path: Path, seeds: list[int], **settings: Any
) -> list[Any]:
    """A line: seconds of fits, and of fits with silhouettes, ratios of both and of inertia."""
    contestants = [Contestant(f"{n}, {label}", lib, "clusterings") for n, lib in LIBRARIES.items()]
    found: dict[str, list[dict[str, Any]]] = {c.label: [] for c in contestants}
    for seed in [None, *seeds]:
        for contestant in contestants:
            # The first round does not count: it brings compilation and caches behind everybody.
            job = {**settings, "seed": seed or 0}
            if seed is None:
                job["most"] = settings["least"]
            result = taking_part.run(replace(contestant, settings=job), path)
            if result is None:
                raise SystemExit(f"{contestant.label} failed")
            if seed is not None:
                found[contestant.label].append(result)
    line: list[Any] = [label]
    for key in ("seconds", "together") if settings.get("silhouette") else ("seconds",):
        ours, theirs = (times(results, key) for results in found.values())
        line += [ours, theirs, ours.ratio(theirs)]
    line += [""] * (7 - len(line))
    ours, theirs = (np.mean([r["inertia"] for r in results], axis=0) for results in found.values())
    return [*line, f"{(ours / theirs).mean():.4f}", f"{(ours / theirs).max():.4f}"]


HEADER = [
    "", "fits s", "scikit-learn s", "ratio",
    "with silhouettes s", "scikit-learn s", "ratio", "inertia, mean over k", "worst k",
]  # fmt: skip


def people(taking_part: Field, given: Any) -> str:
    path, span = liked(given.cache, given.data), {"least": 2, "most": given.most}
    lines = [
        compared(taking_part, "n_init 1", path, given.seeds, n_init=1, silhouette=True, **span),
        compared(taking_part, "n_init 4", path, given.seeds, n_init=4, **span),
        compared(
            taking_part, "mini-batches", path, given.seeds,
            n_init=3, minibatch=True, silhouette=True, **span,
        ),
    ]  # fmt: skip
    return table(HEADER, lines)


def dense(taking_part: Field, given: Any) -> str:
    settings = {"n_init": 4, "least": 15, "most": 15}
    lines = []
    for rows, columns in SHAPES:
        path = groups(given.cache, rows, columns)
        label = f"{rows:,} x {columns}"
        lines.append(compared(taking_part, label, path, given.seeds, **settings))
    keep = [0, 1, 2, 3, 7]
    return table([HEADER[i] for i in keep], [[line[i] for i in keep] for line in lines])


def many(given: Any) -> str:
    """One fit each, in a process of its own whose memory is that of nothing else."""
    choices = generated.saved(given.cache, given.size, False)
    taste = genre_taste(given.cache, choices)
    jobs = [
        ("k-means, k = 15, n_init 1", choices, {"k": 15, "by": "kmeans", "n_init": 1}),
        ("k-means, k = 15, n_init 4", choices, {"k": 15, "by": "kmeans", "n_init": 4}),
        ("k-means, k = 15, mini-batches", choices, {"k": 15, "by": "minibatch"}),
        ("spectral, 4 clusters by genre taste", taste, {"k": 4, "by": "spectral"}),
    ]
    lines = []
    for label, path, settings in jobs:
        worker = Worker(OURS, given.cache, given.threads)
        result = worker.run("clustered", path, **settings)
        worker.close()
        print(f"  {label}: {result}", file=sys.stderr)
        lines.append([label, f"{result['seconds']:.1f}", f"{result['peak']:.2f}"])
    return table(["", "s, compilation included", "peak GB of the process"], lines)


def main() -> None:
    given = arguments(
        __doc__,
        data="ml-1m",
        most=30,
        seeds=[0, 1, 2],
        size="large",
        parts=["people", "dense", "many"],
    ).parse_args()
    with field_of(given) as taking_part:
        path = Path(given.results)
        if "people" in given.parts:
            body = people(taking_part, given)
            write_section(path, f"Clustering of people, {given.data}", taking_part, body)
        if "dense" in given.parts:
            write_section(
                path, "Clustering of dense points, k = 15", taking_part, dense(taking_part, given)
            )
        if "many" in given.parts:
            write_section(
                path, f"Clustering of people, generated ({given.size})", taking_part, many(given)
            )


if __name__ == "__main__":
    main()
