"""Features of 25 million GENERATED ratings: seconds, peak memory and size of the file.

    python benchmarks/rating_features.py [--size large] [--mode out-of-fold] [--split none]

Ratings are those of generated.py (1 % are held out there and left out here), with times drawn over
20 years in the order of rows, 18 genres of which each movie has 1 to 3, and years. The table goes
to a temporary folder and is removed.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from pathlib import Path

import generated
import numpy as np
from environments import default_cache
from harness import command_line, machine, table
from scipy.sparse import csr_array

from matinee.features.ratings import rating_table
from matinee.interactions import Interactions, SideInformation
from matinee.rating_features import MODES

GENRES = 18


def made(size: str) -> tuple[Interactions, SideInformation]:
    """Ratings with times, and movies with genres and years."""
    arrays = np.load(generated.saved(default_cache(), size, values=True))
    users, items = (int(n) for n in arrays["shape"])
    draw = np.random.default_rng(7)
    when = 1_000_000_000 + np.sort(draw.integers(0, 630_000_000, len(arrays["user"])))
    ratings = Interactions(arrays["user"], arrays["item"], arrays["value"], when, users, items)
    genres = draw.random((items, GENRES)).argsort(axis=1) < draw.integers(1, 4, (items, 1))
    names = tuple(f"genre:{g:02d}" for g in range(GENRES))
    years = draw.integers(1930, 2020, items).astype(np.float32)
    return ratings, SideInformation(csr_array(genres, dtype=np.float32), names, item_years=years)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", default="large", choices=tuple(generated.SHAPES))
    parser.add_argument("--mode", default=MODES[0], choices=MODES)
    parser.add_argument("--split", default="none", choices=("none", "random", "time"))
    given = parser.parse_args()
    ratings, side = made(given.size)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "features.parquet"
        started, cpu = time.perf_counter(), time.process_time()

        def stages(what: str, done: int, total: int | None) -> None:
            print(f"{time.perf_counter() - started:6.1f} s {what} {done}/{total}", flush=True)

        written = rating_table(
            ratings, side, file, mode=given.mode, split=given.split, progress=stages
        )
        seconds = time.perf_counter() - started
        cpu = time.process_time() - cpu
        megabytes = file.stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(machine())
    print(command_line())
    row = [
        f"{written.rows:,}",
        str(len(written.columns)),
        f"{seconds:.1f}",
        f"{cpu:.1f}",
        f"{peak / 2**20:.2f} ({before / 2**20:.2f} before)",
        f"{megabytes:,.0f}",
    ]
    print(table(["ratings", "columns", "seconds", "of processors", "peak GB", "file MB"], [row]))


if __name__ == "__main__":
    main()
