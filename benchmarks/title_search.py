"""Finding misspelt titles: how often the right one is first, and how long a search takes.

    python benchmarks/title_search.py MOVIES.CSV [--counts ml-1m ml-latest-small]

MOVIES.CSV lists the catalogue as MovieLens does (movieId,title,genres), best ml-25m's 62,423. How
often each was rated is taken from the sets of --counts by title, and is 0 for all others; a second
line does without any. What is typed stands in tests/titles: titles misspelt by hand and by seeded
rules (letters dropped, doubled, swapped or wrong; words missing, joined or in another order;
articles moved, missing or added; years right and one off; figures for numbers). misspelt.csv was
made before the search was tuned; what fails of it is printed. misspelt_held_out.csv tuned nothing.
As one types: the first 1 to 12 letters of every 37th title.
"""

from __future__ import annotations

import argparse
import csv
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from harness import command_line, machine, table

from matinee.data import load
from matinee.titles import TitleIndex

LISTS = Path(__file__).parent.parent / "tests" / "titles"


def counted(sets: Iterable[str]) -> Counter[str]:
    """Ratings by title."""
    found: Counter[str] = Counter()
    for name in sets:
        dataset = load(name)
        items = np.bincount(
            dataset.interactions.item_index, minlength=dataset.interactions.n_items
        ).tolist()
        found.update(dict(zip(dataset.item_table["title"].to_pylist(), items, strict=True)))
    return found


def times(index: TitleIndex, typed: Iterable[str], n: int) -> tuple[str, list[list[int]]]:
    """Median and 99th percentile in ms, and what was found."""
    taken, found = [], []
    for text in typed:
        started = time.perf_counter()
        found.append(index.search(text, n))
        taken.append(1000 * (time.perf_counter() - started))
    median, high = np.percentile(taken, [50, 99])
    return f"{median:.2f} / {high:.2f}", found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("movies", type=Path)
    parser.add_argument("--counts", nargs="*", default=["ml-1m", "ml-latest-small"])
    given = parser.parse_args()
    with given.movies.open(encoding="utf-8", newline="") as lines:
        titles = [row["title"] for row in csv.DictReader(lines)]
    known = counted(given.counts)
    place = {title: index for index, title in enumerate(titles)}
    ids = [f"id {n}" for n in range(len(titles))]
    rows: list[list[object]] = []
    for label, counts in (("ratings known", known), ("no ratings", Counter[str]())):
        started = time.perf_counter()
        index = TitleIndex(ids, titles, [counts[title] for title in titles])
        built = time.perf_counter() - started
        index.search("what no title is like", 10)
        whole = time.perf_counter() - started
        starts = [title[:n].lower() for title in titles[::37] for n in (1, 2, 3, 4, 6, 8, 12)]
        typing, _ = times(index, starts, 10)
        for name in ("misspelt", "misspelt_held_out"):
            with (LISTS / f"{name}.csv").open(encoding="utf-8", newline="") as lines:
                asked = list(csv.DictReader(lines))
            each, found = times(index, [row["typed"] for row in asked], 10)
            right = [place[row["title"]] for row in asked]
            first = sum(f[:1] == [r] for f, r in zip(found, right, strict=True))
            five = sum(r in f[:5] for f, r in zip(found, right, strict=True))
            share = [f"{k} of {len(asked)} ({k / len(asked):.1%})" for k in (first, five)]
            built_in = f"{built:.2f}, {whole:.2f} with the first misspelt search"
            rows.append([label, name, *share, each, typing, built_in])
            if label == "ratings known" and name == "misspelt":
                for row, f, r in zip(asked, found, right, strict=True):
                    if f[:1] != [r]:
                        print(f"{row['typed']!r}: {[titles[i] for i in f[:2]]}, not {titles[r]!r}")
    header = ["", "list", "first", "in five", "search ms", "typing ms", "index s"]
    print(f"\n`{command_line()}`, {len(titles):,} titles. {machine()}. Median / 99th percentile.\n")
    print(table(header, rows))


if __name__ == "__main__":
    main()
