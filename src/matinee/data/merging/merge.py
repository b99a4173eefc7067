"""Two rating sets joined, and a report of what was matched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from matinee.data import loading, specs
from matinee.data.dataset import Dataset
from matinee.data.merging import folder as on_disk
from matinee.data.merging.films import films
from matinee.data.merging.joining import check, join
from matinee.data.merging.matching import Matching, match
from matinee.data.movielens import fetch, sets
from matinee.progress import Progress, silent

_EXAMPLES = 5


@dataclass(frozen=True)
class Side:
    """What became of one of two sets.

    Attributes
    ----------
    name
        Of the set.
    users, items, ratings
        It had.
    matched, doubtful, alone
        Of its items: those that the other set has too, those that it may have, all others.
    twice
        Of its items: those beyond the first of one film.
    dropped
        Ratings of a film that the person had rated under another id too; the latest stays.
    """

    name: str
    users: int
    items: int
    ratings: int
    matched: int
    doubtful: int
    alone: int
    twice: int
    dropped: int


@dataclass(frozen=True, eq=False)
class Merge:
    """Two sets joined.

    Attributes
    ----------
    dataset
        Of both; its `specs` tell what it was made from.
    sides
        What became of each set.
    how
        Pairs of items by what they were matched by.
    examples
        Some pairs of each way but the surest, some doubts, and of each set some items alone; in
        words.
    matches
        Every item of both sets: a_id, a_title, b_id, b_title, item_id, how.
    folder
        Where all of it was written; None if nowhere.
    """

    dataset: Dataset
    sides: tuple[Side, Side]
    how: dict[str, int]
    examples: dict[str, list[str]]
    matches: pa.Table
    folder: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """All but the tables, for ``--json``."""
        told = specs.of(self.dataset)
        return {
            "name": self.dataset.name,
            "folder": None if self.folder is None else str(self.folder),
            "sizes": dict(told.sizes),
            "scale": told.scale,
            "sides": list(self.sides),
            "how": self.how,
            "examples": self.examples,
        }


def merge(
    a: Dataset | str | Path,
    b: Dataset | str | Path,
    to: str | Path | None = None,
    *,
    progress: Progress = silent,
) -> Merge:
    """Join two rating sets: items matched, users kept apart.

    Items are matched by links where both have them, else by what they are called and by year; see
    `matinee.data.merging.films`. For the ids see `matinee.data.merging.joining.join`. All
    ratings stay, on a scale that holds both, but for those of a film that one set holds twice: of
    a person's two ratings of it the latest stays.

    Parameters
    ----------
    a, b
        Data sets, or whatever `load` takes, merged folders too.
    to
        A folder to write, whole or not at all; `load` reads it.

    Raises
    ------
    InvalidInput
        Both are the same set, or cannot mean the same: ratings and choices, scales of another
        kind, items without titles and links. Or `to` exists.
    UnknownDataset, SourceError, DiskFull

    Examples
    --------
    >>> merged = merge("ml-1m", "ml-latest-small", "both")  # doctest: +SKIP
    >>> merged.sides[0].matched  # doctest: +SKIP
    """
    path = None if to is None else Path(to)
    if path is not None:
        on_disk.free(path)
    sides = _opened(a, progress), _opened(b, progress)
    check(*sides)
    progress("matching items", 0, None)
    matching = match(*(films(side.item_table) for side in sides))
    progress("joining", 0, None)
    dataset, dropped = join(*sides, matching)
    matches = _table(sides, matching, dataset.items.ids)
    told = replace(
        specs.of(dataset, "merge"),
        sources=tuple(
            replace(specs.of(side), files=_files(source, side))
            for source, side in zip((a, b), sides, strict=True)
        ),
    )
    pairs = ("\t".join(map(str, m[:2])) for m in sorted(matching.matches))
    told = replace(told, ids={**told.ids, "matches": specs.ids(pairs)})
    if path is not None:
        told = on_disk.write(path, dataset, matches, told, progress)
    return Merge(
        replace(dataset, specs=told),
        _counted(sides, matching, dropped),
        dict(Counter(m.how for m in matching.matches)),
        _examples(sides, matching),
        matches,
        path,
    )


def usual_place(a: str, b: str) -> Path:
    """Where a merge is written if nobody says: "ml-1m+ml-latest-small" in the current folder."""
    paths = (Path(n) for n in (a, b))
    names = (p.resolve().name if p.is_dir() or p.name in sets.SETS else p.stem for p in paths)
    return Path("+".join(names))


def _opened(source: Dataset | str | Path, progress: Progress) -> Dataset:
    return source if isinstance(source, Dataset) else loading.load(source, progress=progress)


def _files(source: Dataset | str | Path, side: Dataset) -> dict[str, specs.FileSpec]:
    """Size and checksum of the files that a set was read from; those of a merged one are known."""
    if side.specs is not None:
        return dict(side.specs.files)
    if isinstance(source, Dataset):
        return {}
    path = fetch.get(str(source)) if str(source) in sets.SETS else Path(source)
    found = path.glob("[!.]*") if path.is_dir() else [path]
    return specs.files(file for file in found if file.is_file())


def _pairs(matching: Matching) -> tuple[set[int], set[int]]:
    return {m.a for m in matching.matches}, {m.b for m in matching.matches}


def _counted(
    sides: tuple[Dataset, Dataset], matching: Matching, dropped: tuple[int, int]
) -> tuple[Side, Side]:
    found = []
    doubtful = {i for d in matching.doubts for i in d.a}, {j for d in matching.doubts for j in d.b}
    places = matching.item_a, matching.item_b
    for at, (side, matched) in enumerate(zip(sides, _pairs(matching), strict=True)):
        n = len(side.items)
        found.append(
            Side(
                side.name,
                len(side.users),
                n,
                len(side.interactions),
                matched=len(matched),
                doubtful=len(doubtful[at]),
                alone=n - len(matched) - len(doubtful[at]),
                twice=n - len(set(places[at].tolist())),
                dropped=dropped[at],
            )
        )
    return found[0], found[1]


def _titles(side: Dataset) -> list[str | None]:
    table = side.item_table
    named = "title" in table.column_names
    return table.column("title").to_pylist() if named else [None] * table.num_rows


def _table(sides: tuple[Dataset, Dataset], matching: Matching, item_ids: Sequence[str]) -> pa.Table:
    """Every item of both sets: matched pairs, then what is left of the first, of the second."""
    titles, ids = [_titles(side) for side in sides], [side.items.ids for side in sides]
    matched = _pairs(matching)
    why = (
        {i: f"in doubt: {d.why}" for d in matching.doubts for i in d.a},
        {j: f"in doubt: {d.why}" for d in matching.doubts for j in d.b},
    )
    rows: list[tuple[str | None, ...]] = []
    for i, j, how in matching.matches:
        id_ = item_ids[matching.item_a[i]]
        rows.append((ids[0][i], titles[0][i], ids[1][j], titles[1][j], id_, how))
    for i in range(len(ids[0])):
        if i not in matched[0]:
            id_ = item_ids[matching.item_a[i]]
            rows.append((ids[0][i], titles[0][i], None, None, id_, why[0].get(i)))
    for j in range(len(ids[1])):
        if j not in matched[1]:
            id_ = item_ids[matching.item_b[j]]
            rows.append((None, None, ids[1][j], titles[1][j], id_, why[1].get(j)))
    names = ("a_id", "a_title", "b_id", "b_title", "item_id", "how")
    schema = pa.schema([(name, pa.string()) for name in names])
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    return pa.table([pa.array(c, pa.string()) for c in columns], schema=schema)


def _examples(sides: tuple[Dataset, Dataset], matching: Matching) -> dict[str, list[str]]:
    titles = [[t or i for t, i in zip(_titles(s), s.items.ids, strict=True)] for s in sides]
    found: dict[str, list[str]] = {}
    for i, j, how in matching.matches:
        if how not in ("imdb", "tmdb", "title and year"):
            found.setdefault(how, []).append(f"{titles[0][i]} = {titles[1][j]}")
    for doubt in matching.doubts:
        both = [", ".join(titles[s][i] for i in at) for s, at in enumerate((doubt.a, doubt.b))]
        found.setdefault(f"in doubt: {doubt.why}", []).append(" or ".join(both))
    doubtful = {i for d in matching.doubts for i in d.a}, {j for d in matching.doubts for j in d.b}
    for at, (side, matched) in enumerate(zip(sides, _pairs(matching), strict=True)):
        left = (t for i, t in enumerate(titles[at]) if i not in matched and i not in doubtful[at])
        found[f"only in {side.name}"] = list(left)
    return {what: every[:_EXAMPLES] for what, every in found.items() if every}
