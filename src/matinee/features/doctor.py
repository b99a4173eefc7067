"""Looking for features that have seen the ratings they are to help predict: ours, and anybody's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matinee import rating_features
from matinee.data.dataset import Dataset, Vocabulary
from matinee.errors import InvalidInput, UnknownDataset, UnknownItem, UnknownUser, some
from matinee.interactions import Bool, Float32, Int32, Interactions, SideInformation
from matinee.progress import Progress, silent
from matinee.rating_features import fitting, leaks
from matinee.rating_features.leaks import Leak

_NAMES = {
    "user": ("user", "userid", "user_id"),
    "item": ("item", "itemid", "item_id", "movie", "movieid", "movie_id"),
    "rating": ("rating",),
    "time": ("time", "timestamp"),
    "part": ("part", "split"),
}
_SAMPLE = 10_000
"""Ratings of whole people on which our own features are tried."""
_TRIED = 4
"""Ratings that are changed in each mode."""
_COMPARED = 60_000
"""Rows of each part that a tree is shown, or asked for, at most."""


@dataclass(frozen=True)
class Examined:
    """What was looked at, and what was found.

    Attributes
    ----------
    what
        A mode of ours, or the name of a file.
    columns, rows
        How many were looked at.
    leaks
        None is what one hopes for.
    note
        Other figures, in words.
    """

    what: str
    columns: int
    rows: int
    leaks: tuple[Leak, ...]
    note: str = ""


def examine(
    ratings: Interactions,
    side: SideInformation,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> list[Examined]:
    """Change ratings one at a time and see whether matinee's own features of them move.

    Every mode is tried on ratings of people drawn until they have 10,000; "past", which is left out
    where times are unknown, with all later ratings changed as well.

    Raises
    ------
    InvalidInput
        Feedback without values, or ratings that are all equal.
    """
    sample = _some_people(ratings, seed)
    found = []
    modes = [m for m in rating_features.MODES if m != "past" or _dated(sample)]
    for done, mode in enumerate(modes):
        progress("looking for leaks", done, len(modes))
        names: tuple[str, ...] = ()

        def made(train: Interactions, mode: str = mode) -> Float32:
            nonlocal names
            known = rating_features.fit(train, side)
            names = known.names
            return rating_features.of_training(train, side, known, mode=mode)

        leaking = leaks.moved(made, sample, rows=_TRIED, later=mode == "past", seed=seed)
        named = tuple(Leak(names[int(leak.column)], leak.evidence, leak.remedy) for leak in leaking)
        found.append(Examined(mode, len(names), _TRIED, named))
    progress("looking for leaks", len(modes), len(modes))
    return found


def examine_table(path: Path, dataset: Dataset) -> Examined:
    """Look at the features in a file, of whose making nothing is known.

    Parameters
    ----------
    path
        Parquet or CSV, a row a rating: columns ``user`` and ``item`` (``userId``, ``movieId``)
        with the ids of the data set, ``rating`` (else that of the data set), ``part`` ("train",
        "test") where rows are held out. ``time`` tells a split by time, whose test rows are harder
        for any tree; it and whatever is no number is not looked at as a feature.
    dataset
        The ratings that the features may have seen.

    Raises
    ------
    UnknownDataset
        There is no such file.
    UnknownUser, UnknownItem
        A row is of somebody, or of something, that the data set does not have.
    InvalidInput
        A column is missing, or no column of features is there.
    """
    table = _read(path)
    place = {_field(name): name for name in table.column_names}
    rows = _rows(table, place, dataset)
    names = [
        name
        for name in table.column_names
        if _field(name) is None and _is_number(table.schema.field(name).type)
    ]
    if not names:
        raise InvalidInput(f"{path} must have columns of features beside user, item and rating.")
    columns = ((name, _numbers(table.column(name))) for name in names)
    found = leaks.seen_one_by_one(columns, rows, dataset.interactions)
    note = ""
    if "part" in place:
        test = pc.equal(pc.cast(table.column(place["part"]), pa.string()), "test").to_numpy()
        if test.any() and not test.all():
            inner, outer, more = _compared(table.select(names), rows, test)
            note = f"a tree's RMSE: {inner:.4f} on unseen training rows, {outer:.4f} on test rows"
            if not _by_time(table, place, test):
                found += more
            elif more:
                note += "; these are all later, which alone makes them harder"
    return Examined(path.name, len(names), len(rows), tuple(found), note)


def _compared(table: pa.Table, rows: Interactions, test: Bool) -> tuple[float, float, list[Leak]]:
    """`leaks.gap` of some training and some test rows."""
    draw, parts = np.random.default_rng(0), []
    for part in (~test, test):
        some_of_it = draw.permutation(np.flatnonzero(part))[:_COMPARED]
        taken = table.take(pa.array(some_of_it))
        columns = [_numbers(taken.column(name)) for name in taken.column_names]
        parts += [np.column_stack(columns), fitting.rated(rows)[some_of_it]]
    return leaks.gap(*parts)


def _by_time(table: pa.Table, place: dict[str | None, str], test: Bool) -> bool:
    """Whether all test rows are later than all training rows, as far as the table says."""
    if "time" not in place:
        return False
    time = table.column(place["time"])
    last = pc.max(time.filter(pa.array(~test))).as_py()
    first = pc.min(time.filter(pa.array(test))).as_py()
    return last is not None and first is not None and bool(last <= first)


def _some_people(ratings: Interactions, seed: int) -> Interactions:
    """All ratings of people drawn until these are enough."""
    count = np.bincount(ratings.user_index, minlength=ratings.n_users)
    drawn = np.random.default_rng(seed).permutation(ratings.n_users)
    before = np.cumsum(count[drawn]) - count[drawn]
    kept: Bool = np.zeros(ratings.n_users, bool)
    kept[drawn[before < _SAMPLE]] = True
    return ratings.take(kept[ratings.user_index])


def _dated(ratings: Interactions) -> bool:
    return ratings.time is not None and bool((ratings.time > 0).all())


def _read(path: Path) -> pa.Table:
    import pyarrow.csv
    import pyarrow.parquet

    if not path.is_file():
        raise UnknownDataset(f"There is no file {str(path)!r}; check its name.")
    read = pyarrow.csv.read_csv if path.suffix.lower() == ".csv" else pyarrow.parquet.read_table
    try:
        return read(path)
    except pa.ArrowException as error:
        raise InvalidInput(f"{path} must be a Parquet or CSV table, but: {error}.") from error


def _field(name: str) -> str | None:
    """What a column is that is no feature."""
    return next((field for field, known in _NAMES.items() if name.lower() in known), None)


def _rows(table: pa.Table, place: dict[str | None, str], dataset: Dataset) -> Interactions:
    """The ratings of the table's rows, with the indices of the data set."""
    if missing := [field for field in ("user", "item") if field not in place]:
        raise InvalidInput(
            f"A table of features must say whose ratings they are of: it needs columns "
            f"{' and '.join(missing)}, got {some(table.column_names)}."
        )
    users = _indices(table.column(place["user"]), dataset.users)
    items = _indices(table.column(place["item"]), dataset.items)
    for what, index, error in (("user", users, UnknownUser), ("item", items, UnknownItem)):
        if (index < 0).any():
            ids = table.column(place[what]).take(pa.array(np.flatnonzero(index < 0)[:6]))
            raise error(f"{dataset.name} has no {what} {some(ids.to_pylist())}; name its own data.")
    if "rating" in place:
        values: Any = _numbers(table.column(place["rating"])).astype(np.float32)
    else:
        values = _looked_up(users, items, dataset.interactions)
    ratings = dataset.interactions
    return Interactions(users, items, values, None, ratings.n_users, ratings.n_items)


def _indices(ids: pa.ChunkedArray, vocabulary: Vocabulary) -> Int32:
    """(n,) the index of each id, -1 for unknown ones."""
    found = pc.index_in(pc.cast(ids, pa.string()), pa.array(vocabulary.ids, pa.string()))
    return np.asarray(pc.fill_null(found, -1).to_numpy(), np.int32)


def _looked_up(users: Any, items: Any, ratings: Interactions) -> Float32:
    width = ratings.n_items
    keys = ratings.user_index.astype(np.int64) * width + ratings.item_index
    order = np.argsort(keys)
    wanted = users.astype(np.int64) * width + items
    at = np.minimum(np.searchsorted(keys[order], wanted), len(keys) - 1)
    rows = order[at]
    strange = int((keys[rows] != wanted).sum())
    if strange:
        raise InvalidInput(
            f"Every row must be of a rating of the data set, and {strange:,} are not; give the "
            "table a column `rating`."
        )
    return np.asarray(ratings.value)[rows]


def _is_number(kind: Any) -> bool:
    checks: Iterable[Any] = (pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean)
    return any(check(kind) for check in checks)


def _numbers(column: pa.ChunkedArray) -> Any:
    """(n,) float64; NaN where nothing is."""
    return (
        column.cast(pa.int8() if pa.types.is_boolean(column.type) else column.type)
        .to_numpy(zero_copy_only=False)
        .astype(np.float64)
    )
