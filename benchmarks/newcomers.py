"""People and titles that training never saw: NDCG@10 of the three ways, their blend, and others.

    python benchmarks/newcomers.py [--data ml-100k ml-1m] [--seeds 42 43 44] [--metadata FOLDER]

New people: a tenth of the people is left out of training. Of each with 15 or more liked titles 0,
1, 5 or 10 are given, with the profile; the rest is to be found. Of ml-100k every tenth is left out
in turn as well. "By time": the people are those whose first rating lies in the last tenth of all
ratings, their titles are given in order of time, and nothing later than the cut is trained on.
Then people of the validation part, asked at many numbers of given titles: by these figures the
engine chooses who serves whom. New items: a tenth of the titles is hidden from training.

Side information is what the set has (genres, years, profiles), and keywords of The Movies Dataset
(--metadata), joined by title and year, where its folder is there. Every model has its defaults, and
nothing is chosen on test ratings. Differences are paired by person, over all seeds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import arguments, field_of, table, write_section

from matinee import models
from matinee.data import load, metadata
from matinee.evaluation import newcomers
from matinee.evaluation.newcomers import NewcomerFigures
from matinee.evaluation.paired import paired_bootstrap
from matinee.evaluation.protocols import GIVEN
from matinee.features import side_information
from matinee.interactions import Interactions, SideInformation
from matinee.splits import Protocol, Split, new_items, new_users, time_split

LIKED = 4.0
MINIMUM = 15
WAYS = ("alike", "fans", "people")
FOLD_INS = ("ials", "ease")
CONTESTANTS = ("popularity", *WAYS, "three_ways", *FOLD_INS, "user_clusters")
SERVING = ("three_ways", "user_clusters", *FOLD_INS)
LEVELS = (0, 1, 2, 3, 5, 8, 10, 15, 20)
LONG = 30
"""Liked titles of people who are asked at all `LEVELS`."""
Judged = dict[str, list[NewcomerFigures]]
"""Figures of each model, one for each split."""


def read(data: str, folder: str) -> tuple[Interactions, SideInformation, str]:
    """Ratings, side information, and what the latter is made of, in words."""
    dataset = load(data)
    items, used = dataset.item_table, ["genres", "years", "titles"]
    if folder and Path(folder).exists():
        joined = metadata.read(folder).joined(items)
        items = joined.table
        told = sum(bool(words) for words in items.column("keywords").to_pylist())
        used.append(f"keywords of {told:,} of {items.num_rows:,} titles")
    side = side_information(items, dataset.user_table, dataset.tags)
    names = side.user_feature_names
    if names:
        fields = sorted({name.partition(":")[0] for name in names})
        used.append(f"profiles ({', '.join(fields)})")
    return dataset.interactions, side, ", ".join(used)


def by_time(ratings: Interactions) -> Split:
    """People without a rating before the last tenth of all, their titles in order of time."""
    cut = time_split(ratings, 0.1)
    before = np.zeros(ratings.n_users, bool)
    before[cut.train.user_index] = True
    liked = cut.test.liked(LIKED)
    enough = np.bincount(liked.user_index, minlength=ratings.n_users) >= MINIMUM
    order = np.lexsort((liked.time, liked.user_index))
    new = order[(enough & ~before)[liked.user_index[order]]]
    note = "people without a rating before the cut, titles in order of time"
    protocol = Protocol("new users by time", 0.1, minimum=MINIMUM, note=note, liked=LIKED)
    return Split(cut.train.liked(LIKED), liked.take(new), protocol, liked.take(new[:0]))


def judged(
    names: Iterable[str], splits: Sequence[Split], side: SideInformation, given: Sequence[int]
) -> Judged:
    found: Judged = {}
    for split in splits:
        print(f"  {split.protocol.title}: {len(split.people)} people", flush=True)
        for name in names:
            start = time.perf_counter()
            model = models.create(name).fit(split.train, side)
            figures = newcomers.judge_new_users(model, split, side, given)
            found.setdefault(name, []).append(figures)
            means = " ".join(f"{mean:.4f}" for mean in figures.means.values())
            print(f"    {name}: {means} ({time.perf_counter() - start:.1f} s)", flush=True)
    return found


def pooled(figures: Sequence[NewcomerFigures], column: str) -> np.ndarray:
    return np.concatenate([each.ndcg[column] for each in figures])


def mean(figures: Sequence[NewcomerFigures], column: str) -> float:
    """The mean over splits of the mean over people."""
    return float(np.mean([each.ndcg[column].mean() for each in figures]))


def best(found: Judged, names: Iterable[str], column: str) -> str:
    return max((n for n in names if n in found), key=lambda n: mean(found[n], column))


def table_of(found: Judged, columns: Sequence[str]) -> str:
    rows = [[name, *(f"{mean(of, c):.4f}" for c in columns)] for name, of in found.items()]
    return table(["model", *columns], rows)


def differences(found: Judged, label: str, against: dict[str, Sequence[str]]) -> str:
    """How much more the model `label` has than the best of each group, paired by person."""
    columns = list(found[label][0].ndcg)
    rows = []
    for title, names in against.items():
        cells = []
        for column in columns:
            other = best(found, names, column)
            d = paired_bootstrap(pooled(found[label], column), pooled(found[other], column))
            named = f" ({other})" if len(names) > 1 else ""
            cells.append(f"{d.difference:+.4f}, {d.low:+.4f} to {d.high:+.4f}{named}")
        rows.append([title, *cells])
    return table([f"{label} against", *columns], rows)


AGAINST = {"popularity": ("popularity",), "the best single way": WAYS, "the best fold-in": FOLD_INS}


def people_of(data: str, ratings: Interactions, side: SideInformation, seeds: list[int]) -> str:
    """The section's parts on new people."""
    columns = [f"given {k}" for k in GIVEN]
    by_seed = judged(
        CONTESTANTS, [new_users(ratings, seed=s, liked=LIKED) for s in seeds], side, GIVEN
    )
    first = {name: of[:1] for name, of in by_seed.items()}
    counted = len(pooled(by_seed["popularity"], columns[0]))
    parts = [
        f"Seed {seeds[0]}, {len(first['popularity'][0].people)} people:",
        table_of(first, columns),
        f"Mean of seeds {', '.join(map(str, seeds))}, {counted} people:",
        table_of(by_seed, columns),
        differences(by_seed, "three_ways", AGAINST),
    ]
    if data == "ml-100k":
        splits = [new_users(ratings, seed=seeds[0], liked=LIKED, fold=f) for f in range(10)]
        folds = judged(CONTESTANTS, splits, side, GIVEN)
        counted = len(pooled(folds["popularity"], columns[0]))
        parts += [f"All ten folds of seed {seeds[0]}, {counted} people:", table_of(folds, columns)]
        parts.append(differences(folds, "three_ways", AGAINST))
    later = judged(CONTESTANTS, [by_time(ratings)], side, GIVEN)
    counted = len(pooled(later["popularity"], columns[0]))
    parts += [f"By time, {counted} people:", table_of(later, columns)]
    parts.append(differences(later, "three_ways", AGAINST))
    return "\n\n".join(parts)


def serving_of(ratings: Interactions, side: SideInformation, seeds: list[int]) -> str:
    """Who serves best those of whom so many titles are known, on validation people."""
    splits = [new_users(ratings, seed=s, liked=LIKED, minimum=LONG).validation() for s in seeds]
    found = judged(SERVING, splits, side, LEVELS)
    columns = [f"given {k}" for k in LEVELS]
    people = len(pooled(found[SERVING[0]], columns[0]))
    rows = [
        [k, *(f"{mean(found[n], c):.4f}" for n in SERVING)]
        for k, c in zip(LEVELS, columns, strict=True)
    ]
    return f"{people} people with {LONG} or more liked titles:\n\n" + table(
        ["given", *SERVING], rows
    )


def items_of(ratings: Interactions, side: SideInformation, seeds: list[int]) -> str:
    """The section on new items."""
    found: Judged = {}
    for seed in seeds:
        split = new_items(ratings, seed=seed, liked=LIKED)
        print(f"  {split.protocol.title}", flush=True)
        figures = {
            "random order": newcomers.random_order(split),
            "genre popularity": newcomers.genre_popularity(split, side),
        }
        for name in (*WAYS, "three_ways", "item_clusters"):
            model = models.create(name).fit(split.train, side)
            figures[name] = newcomers.judge_new_items(model, split, side)
        for label, each in figures.items():
            found.setdefault(label, []).append(each)
            print(f"    {label}: {each.means}", flush=True)
    columns = ["hidden", "all"]
    first = {name: of[:1] for name, of in found.items()}
    parts = [
        f"Seed {seeds[0]}, {len(first['alike'][0].people)} people:",
        table_of(first, columns),
        f"Mean of seeds {', '.join(map(str, seeds))}:",
        table_of(found, columns),
    ]
    against = {name: (name,) for name in ("random order", "genre popularity")}
    parts += [differences(found, name, against) for name in ("alike", "three_ways")]
    return "\n\n".join(parts)


def main(given: Any = None) -> None:
    folder = os.environ.get("MATINEE_DATA")
    known = str(Path(folder) / "the-movies-dataset") if folder else ""
    parser = arguments(__doc__, data=["ml-100k", "ml-1m"], seeds=[42, 43, 44], metadata=known)
    given = given or parser.parse_args()
    with field_of(given) as nobody:
        for data in given.data:
            print(data, flush=True)
            ratings, side, used = read(data, given.metadata)
            note = f"NDCG@10 over the whole catalogue; higher is better. Side information: {used}."
            people = people_of(data, ratings, side, given.seeds)
            write_section(given.results, f"New people, {data}", nobody, f"{note}\n\n{people}")
            asked = serving_of(ratings, side, given.seeds)
            write_section(
                given.results, f"New people, {data}, validation", nobody, f"{note}\n\n{asked}"
            )
            items = items_of(ratings, side, given.seeds)
            note = (
                "NDCG@10 against hidden titles that a person likes: ranked among the hidden ones, "
                "and among all but what the person likes of the others. Of titles with equal "
                f"scores each order is as good. Side information: {used}."
            )
            write_section(given.results, f"New titles, {data}", nobody, f"{note}\n\n{items}")


if __name__ == "__main__":
    main()
