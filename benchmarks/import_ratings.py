"""How long an import of a large ratings.csv takes, and how much memory.

    python benchmarks/import_ratings.py [--rows 25000000] [--snapshot]

The ratings are GENERATED, in the shape of ml-25m (162,541 users x 59,047 items, users in order,
items drawn by popularity): it times reading, and says nothing about recommendations.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv, parquet

USERS, ITEMS = 162_541, 59_047


def generate(path: Path, rows: int) -> None:
    """Write distinct (user, item) pairs, each user's after the other's."""
    draw = np.random.default_rng(42)
    users = max(min(USERS, rows // 20), 1)
    started = time.perf_counter()
    with pa.OSFile(str(path), "wb") as sink:
        done, part, writer = 0, 2000, None
        for first in range(0, users, part):
            n = min(part, users - first)
            target = rows * (first + n) // users - done
            user = np.repeat(np.arange(n), -(-target // n) * 4 // 3 + 1)
            item = (ITEMS * draw.random(len(user)) ** 3).astype(np.int64)
            keys = np.unique(user * ITEMS + item)
            keys = np.sort(draw.permutation(keys)[:target])
            done += len(keys)
            table = pa.table(
                {
                    "userId": keys // ITEMS + first + 1,
                    "movieId": keys % ITEMS * 3 + 1,
                    "rating": draw.integers(1, 11, len(keys)) / 2,
                    "timestamp": draw.integers(789_652_009, 1_574_327_703, len(keys)),
                }
            )
            writer = writer or csv.CSVWriter(sink, table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()
    size = path.stat().st_size / 1e6
    print(f"generated {done:,} ratings, {size:,.0f} MB, {time.perf_counter() - started:.1f} s")


def measure(path: Path, snapshot: Path | None) -> None:
    """Import in this process and print seconds and peak memory."""
    from matinee.data import import_ratings

    started = time.perf_counter()
    report = import_ratings(path)
    ratings = report.dataset.interactions
    print(
        f"imported {report.kept:,} of {report.rows:,} ratings ({ratings.n_users:,} users x "
        f"{ratings.n_items:,} items) to arrays: {time.perf_counter() - started:.1f} s, peak "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB"
    )
    if snapshot is None:
        return
    columns = {
        "user_index": ratings.user_index,
        "item_index": ratings.item_index,
        "value": ratings.value,
        "time": ratings.time,
    }
    parquet.write_table(pa.table({k: v for k, v in columns.items() if v is not None}), snapshot)
    print(
        f"with a Parquet file: {time.perf_counter() - started:.1f} s, peak "
        f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=25_000_000)
    parser.add_argument("--snapshot", action="store_true", help="write a Parquet file too")
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.source is not None:
        measure(given.source, given.source.with_suffix(".parquet") if given.snapshot else None)
        return
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "ratings.csv"
        generate(source, given.rows)
        # A process of its own, so that the memory of generating does not count.
        again = [sys.executable, __file__, "--source", str(source)]
        subprocess.run(again + ["--snapshot"] * given.snapshot, check=True)


if __name__ == "__main__":
    main()
