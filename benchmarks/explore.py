"""How long `matinee explore` takes of a large file of ratings, and how much memory.

    python benchmarks/explore.py [--size large|small] [--format parquet|csv] [--keep FOLDER]

The ratings are GENERATED, in the shape of ml-25m (see generated.py), with times in sessions: it
times exploring, and says nothing about people.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import generated
import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

FIRST, LAST = 789_652_009, 1_574_327_703
"""The times of ml-25m."""


def write(path: Path, size: str) -> None:
    """A file of ratings: userId, movieId, rating, timestamp, each person's after the other's."""
    began = time.perf_counter()
    made = generated.ratings(*generated.SHAPES[size])
    per_person = np.diff(made.indptr)
    user = np.repeat(np.arange(len(per_person)), per_person)
    table = pa.table(
        {
            "userId": user + 1,
            "movieId": made.indices * 3 + 1,
            "rating": made.data,
            "timestamp": _times(user, made.indptr),
        }
    )
    if path.suffix == ".csv":
        csv.write_csv(table, path)
    else:
        parquet.write_table(table, path)
    seconds, size_mb = time.perf_counter() - began, path.stat().st_size / 1e6
    print(f"generated {made.nnz:,} ratings, {size_mb:,.0f} MB, in {seconds:.1f} s", flush=True)


def _times(user: np.ndarray, indptr: np.ndarray) -> np.ndarray:
    """Somebody comes at any time and rates every 20 seconds; now and then 60 days pass."""
    draw = np.random.default_rng(7)
    gap = draw.exponential(20, len(user))
    later = draw.random(len(user)) < 0.01
    gap[later] = draw.exponential(60 * 86_400, later.sum())
    passed = np.cumsum(gap)
    passed -= passed[indptr[:-1]][user]
    came = draw.integers(FIRST, LAST, len(indptr) - 1)[user]
    return np.minimum(came + passed.astype(np.int64), LAST)


def measure(path: Path) -> None:
    """Explore the file in a process of its own; seconds, peak memory, size of the report."""
    report = path.with_name("explored.html")
    command = [sys.executable, "-m", "matinee", "explore", str(path), "--out", str(report)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds, peak = time.perf_counter() - began, usage.ru_maxrss * 1024 / 1e9
    if status:
        sys.exit(f"{' '.join(command)} failed")
    print(
        f"explored {path.name} in {seconds:.1f} s, peak {peak:.2f} GB, report "
        f"{report.stat().st_size / 1e6:.2f} MB",
        flush=True,
    )


def main() -> None:
    """Generate, explore, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=sorted(generated.SHAPES), default="large")
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    parser.add_argument("--keep", type=Path, help="keep the file in this folder, and use it again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch)
        path = folder / f"ratings-{given.size}.{given.format}"
        if not path.exists():
            # In a process of its own: a child's memory counts from what its parent held.
            maker = multiprocessing.get_context("spawn").Process(
                target=write, args=(path, given.size)
            )
            maker.start()
            maker.join()
        measure(path)


if __name__ == "__main__":
    main()
