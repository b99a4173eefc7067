"""Two rating sets joined: how long it takes, how much memory, and how right its matches are.

    python benchmarks/merge.py [--movies movies.csv] [--keep FOLDER]

A set in the layout of ml-25m is GENERATED (25,000,000 ratings of 162,541 users, 1,093,360 tags,
15,584,448 scores of the genome, links) and merged with ml-1m through the command line. Its movies
are those of `--movies`, such as ml-25m's own movies.csv, else made up.

Matches by title are then held to the truth where ids give it: movie ids of ml-1m, ml-latest-small
(and of `--movies`) mean the same film. Links are not looked at there.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow as pa
from generated import SHAPES, ratings
from pyarrow import csv

from matinee.data import load
from matinee.data.merging.films import films
from matinee.data.merging.matching import match
from matinee.data.movielens.layouts import genre_list, year_of

TAGS, TAGGED, GENOME_TAGS = 1_093_360, 13_816, 1_128


def generate(folder: Path, movies: pa.Table) -> None:
    """Write the set; movie ids are those of `movies`."""
    folder.mkdir(parents=True)
    draw = np.random.default_rng(42)
    ids = movies.column("movieId").to_numpy()
    made = ratings(*SHAPES["large"])
    rated = np.sort(draw.choice(ids, made.shape[1], replace=False))
    schema = pa.schema(
        {
            "userId": pa.int32(),
            "movieId": pa.int32(),
            "rating": pa.float32(),
            "timestamp": pa.int64(),
        }
    )
    with csv.CSVWriter(folder / "ratings.csv", schema) as writer:
        for first in range(0, made.shape[0], 4096):
            part = made[first : first + 4096]
            user = np.repeat(np.arange(first + 1, first + 1 + part.shape[0]), np.diff(part.indptr))
            when = draw.integers(789_652_009, 1_574_327_703, part.nnz)
            columns = [user.astype(np.int32), rated[part.indices].astype(np.int32)]
            writer.write_table(pa.table([*columns, part.data, when], schema=schema))
    csv.write_csv(movies, folder / "movies.csv")
    links = {"movieId": ids, "imdbId": ids + 10_000_000, "tmdbId": ids + 1_000_000}
    csv.write_csv(pa.table(links), folder / "links.csv")
    tags = {
        "userId": draw.integers(1, made.shape[0] + 1, TAGS),
        "movieId": draw.choice(ids, TAGS),
        "tag": pa.array([f"tag {n}" for n in draw.zipf(1.3, TAGS) % 73_000]),
        "timestamp": draw.integers(1_136_000_000, 1_574_000_000, TAGS),
    }
    csv.write_csv(pa.table(tags), folder / "tags.csv")
    names = {"tagId": np.arange(1, GENOME_TAGS + 1), "tag": [f"t{n}" for n in range(GENOME_TAGS)]}
    csv.write_csv(pa.table(names), folder / "genome-tags.csv")
    scores = {
        "movieId": np.repeat(np.sort(draw.choice(ids, TAGGED, replace=False)), GENOME_TAGS),
        "tagId": np.tile(names["tagId"], TAGGED),
        "relevance": draw.random(TAGGED * GENOME_TAGS).astype(np.float32),
    }
    csv.write_csv(pa.table(scores), folder / "genome-scores.csv")


def run(*words: str) -> None:
    """A command of matinee in a process of its own, with its time and peak memory."""
    started = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    subprocess.run([sys.executable, "-m", "matinee", *words], check=True)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    most = "at most " if peak == before else ""
    print(f"matinee {' '.join(words)}: {seconds:.1f} s, peak {most}{peak / 1024:,.0f} MB\n")


def truth(tables: dict[str, pa.Table]) -> None:
    """How many matches by title join equal ids."""
    for (name_a, a), (name_b, b) in combinations(tables.items(), 2):
        ids_a, ids_b = a.column("item_id").to_pylist(), b.column("item_id").to_pylist()
        started = time.perf_counter()
        found = match(films(a), films(b)).matches
        seconds = time.perf_counter() - started
        right = sum(ids_a[m.a] == ids_b[m.b] for m in found)
        both = len(set(ids_a) & set(ids_b))
        print(
            f"{name_a} ({len(ids_a):,}) x {name_b} ({len(ids_b):,}), by title: {both:,} in both, "
            f"{len(found):,} matched, {right:,} rightly: precision {right / len(found):.4f}, "
            f"recall {right / both:.4f}; {seconds:.1f} s"
        )


def _titles(table: pa.Table) -> pa.Table:
    """movies.csv as an item table."""
    titles = [title.strip() for title in table.column("title").to_pylist()]
    return pa.table(
        {
            "item_id": table.column("movieId").cast(pa.string()),
            "title": titles,
            "year": pa.array(map(year_of, titles), pa.int32()),
            "genres": [genre_list(g.split("|")) for g in table.column("genres").to_pylist()],
        }
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--movies", type=Path, help="a movies.csv of MovieLens")
    parser.add_argument("--keep", type=Path, help="where the generated set lies, or is to stay")
    given = parser.parse_args()
    if given.movies is None:
        numbers = range(1, 62_424)
        titles = [f"Picture {n} ({1920 + n % 100})" for n in numbers]
        movies = pa.table({"movieId": numbers, "title": titles, "genres": ["Drama"] * len(titles)})
    else:
        movies = csv.read_csv(given.movies, parse_options=csv.ParseOptions(newlines_in_values=True))
    with tempfile.TemporaryDirectory() as scratch:
        folder = given.keep or Path(scratch) / "generated-25m"
        if not folder.exists():
            generate(folder, movies)
        both = Path(scratch) / "both"
        run("data", "merge", "ml-1m", str(folder), "--to", str(both))
        size = sum(file.stat().st_size for file in both.iterdir())
        print(f"{both.name}: {size / 1e6:,.0f} MB")
        run("data", "describe", str(both), "--json")
    tables = {name: load(name).item_table for name in ("ml-1m", "ml-latest-small")}
    if given.movies is not None:
        tables[given.movies.stem] = _titles(movies)
    without_links = {
        name: table.drop_columns([c for c in ("imdb_id", "tmdb_id") if c in table.column_names])
        for name, table in tables.items()
    }
    truth(without_links)


if __name__ == "__main__":
    main()
