"""Regressors on the ratings of Movie Time, without its leak, and how fast trees are walked.

    python benchmarks/regressors.py [--seeds 42 43 44] [--parts accuracy walk] [--folder DATA]

The ratings are ratings_small.csv of The Movies Dataset, of users with more than 100 and fewer than
1,000 of them; genres and years are those of ml-25m's movies.csv, by movieId. Both files lie in
the folder that --folder or MATINEE_DATA names: the-movies-dataset/ratings_small.csv and
movies-only/ml-25m-movies.csv. A random tenth is test; settings are the defaults, which were chosen
on validation ratings, and each kind is judged on test once.
"""

from __future__ import annotations

import csv
import os
import re
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from harness import Times, arguments, field_of, table, write_section
from scipy.sparse import csr_array

from matinee import regressing, regression
from matinee.interactions import Interactions, SideInformation
from matinee.regression import Settings
from matinee.splits import random_split

TARGET = 0.885
CANDIDATES = 2_000


def movie_time(folder: Path) -> tuple[Interactions, SideInformation]:
    """The ratings, and genres and years of their movies."""
    names = ("the-movies-dataset/ratings_small.csv", "movies-only/ml-25m-movies.csv")
    ratings, movies = (folder / name for name in names)
    if not (ratings.exists() and movies.exists()):
        sys.exit(f"{' and '.join(names)} are needed in {folder}: name it by --folder.")
    rows = np.loadtxt(ratings, delimiter=",", skiprows=1)
    _, user, count = np.unique(rows[:, 0], return_inverse=True, return_counts=True)
    rows = rows[(count[user] > 100) & (count[user] < 1000)]
    user = np.unique(rows[:, 0], return_inverse=True)[1]
    ids, item = np.unique(rows[:, 1].astype(np.int64), return_inverse=True)
    years, genres = np.full(len(ids), np.nan, np.float32), [[] for _ in ids]
    place = {movie: j for j, movie in enumerate(ids.tolist())}
    with movies.open(encoding="utf-8", newline="") as file:
        for movie, title, stated in list(csv.reader(file))[1:]:
            j = place.get(int(movie))
            if j is not None:
                year = re.search(r"\((\d{4})\)\s*$", title)
                years[j] = float(year[1]) if year else np.nan
                genres[j] = [g for g in stated.split("|") if g != "(no genres listed)"]
    every = sorted({genre for of_movie in genres for genre in of_movie})
    dummies = np.array([[genre in of_movie for genre in every] for of_movie in genres], np.float32)
    side = SideInformation(
        csr_array(dummies), tuple(f"genre:{genre}" for genre in every), item_years=years
    )
    return Interactions(user, item, rows[:, 2], rows[:, 3].astype(np.int64)), side


def accuracy(ratings: Interactions, side: SideInformation, seeds: list[int]) -> str:
    """RMSE of every kind on each split, and of boosting without taste."""
    found: dict[str, list[Any]] = {}
    for seed in seeds:
        split = random_split(ratings, 0.1, seed)
        for taste, kinds in ((16, regression.KINDS), (0, ["boosting"])):
            result = regressing.compare(split, side, kinds, taste=taste)
            for one in result.judged:
                label = one.kind if taste else f"{one.kind}, without taste"
                found.setdefault(label, []).append(one)
                print(f"  seed {seed}, {label}: RMSE {one.rmse:.4f}", file=sys.stderr)
    rows = []
    for label, judged in found.items():
        errors = [one.rmse for one in judged]
        means = [np.mean([getattr(one, name) for one in judged]) for name in ("mae", "r2")]
        seconds = [np.median([one.fit_seconds for one in judged])]
        figures = [*(f"{e:.4f}" for e in errors), f"{np.mean(errors):.4f}"]
        rows.append([label, *figures, *(f"{m:.4f}" for m in means), f"{seconds[0]:.2g}"])
    rows.sort(key=lambda row: row[1 + len(seeds)])
    header = ["regressor", *(f"seed {s}" for s in seeds), "mean", "MAE", "R2", "fit s"]
    return f"{table(header, rows)}\n\nThe goal is a mean RMSE of {TARGET} or less."


def walk(ratings: Interactions, side: SideInformation, rounds: int = 30) -> str:
    """Milliseconds to predict 2,000 rows: our kernel and scikit-learn, by turns."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    made = regressing.of_split(random_split(ratings, 0.1, 42), side)
    settings = regression.resolved("boosting", Settings())
    booster = HistGradientBoostingRegressor(
        max_iter=settings.trees,
        learning_rate=settings.learning_rate,
        max_leaf_nodes=settings.leaves,
        max_depth=settings.depth,
        min_samples_leaf=settings.leaf,
        early_stopping=False,
        random_state=0,
    ).fit(made.x, made.y)
    ours, x = regression.trees_of(booster), made.x_test[:CANDIDATES].copy()
    assert np.array_equal(ours.predict(x), booster.predict(x).astype(np.float32))
    seconds: dict[str, list[float]] = {"ours": [], "scikit-learn": []}
    for _ in range(rounds):
        for label, predict in (("ours", ours.predict), ("scikit-learn", booster.predict)):
            start = time.perf_counter()
            predict(x)
            seconds[label].append(1e3 * (time.perf_counter() - start))
    mine, theirs = (Times(tuple(s)) for s in seconds.values())
    row = [f"{ours.n_trees} trees, {x.shape[1]} columns", mine, theirs, mine.ratio(theirs)]
    return table(["2,000 rows, ms", "ours", "scikit-learn", "ratio"], [row])


def main() -> None:
    given = arguments(
        __doc__,
        seeds=[42, 43, 44],
        parts=["accuracy", "walk"],
        folder=os.environ.get("MATINEE_DATA", "").split(os.pathsep)[0],
    ).parse_args()
    ratings, side = movie_time(Path(given.folder))
    print(ratings, file=sys.stderr)
    path = Path(given.results)
    with field_of(given) as taking_part:
        if "accuracy" in given.parts:
            body = accuracy(ratings, side, given.seeds)
            write_section(path, "Regressors on the ratings of Movie Time", taking_part, body)
        if "walk" in given.parts:
            write_section(path, "Trees walked", taking_part, walk(ratings, side))


if __name__ == "__main__":
    main()
