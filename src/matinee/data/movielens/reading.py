"""MovieLens sets, in whatever layout they were published, as a `Dataset`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matinee.data.dataset import Dataset, Vocabulary
from matinee.data.movielens.layouts import READERS, Movie, Parts, Person, layout
from matinee.errors import UnknownDataset
from matinee.interactions import Int32, Interactions
from matinee.progress import Progress, silent


def read(folder: Path, name: str = "", progress: Progress = silent) -> Dataset:
    """Read an unpacked MovieLens set; its layout shows in the files it has.

    Ratings keep the order of their file. Users are those who rated or are in the table of people,
    items those that were rated or are in the table of movies; both in ascending order of their
    numbers. Titles are as in the file (without blanks around them), the year comes also apart,
    genres have one spelling in all sets, and a movie without any has an empty list. Ages of ml-1m,
    which are bands, stand as a number about the middle of the band.

    Parameters
    ----------
    folder
        With the set's files.
    name
        Of the resulting data set; by default the folder's.

    Raises
    ------
    UnknownDataset
        The folder does not have a layout of MovieLens.
    WrongContent
        A file that does not keep to its layout.
    """
    kind = layout(folder)
    if kind is None:
        raise UnknownDataset(
            f"A MovieLens folder must hold u.data and u.item, ratings.dat and movies.dat, "
            f"ratings.csv and movies.csv, or .inter and .item files; {folder} does not."
        )
    return _assemble(name or folder.name, READERS[kind](folder, progress))


def _assemble(name: str, parts: Parts) -> Dataset:
    ratings, scale = parts.ratings, parts.scale
    # ml-10m has tags of people who rated nothing.
    known = [p.id for p in parts.people] + _taggers(parts.tags)
    user_numbers, user_index = ids_and_index(ratings.user, known)
    item_numbers, item_index = ids_and_index(ratings.item, [m.id for m in parts.movies])
    interactions = Interactions(
        user_index, item_index, ratings.value, ratings.time, len(user_numbers), len(item_numbers)
    )
    users, items = user_numbers.tolist(), item_numbers.tolist()
    return Dataset(
        name,
        interactions,
        Vocabulary(map(str, users)),
        Vocabulary(map(str, items)),
        _item_table(items, parts),
        _user_table(users, parts.people),
        tags=parts.tags,
        genome=parts.genome,
        folds=parts.folds,
        scale=scale,
    )


def _taggers(tags: pa.Table | None) -> list[int]:
    """The ids of those who gave tags."""
    if tags is None:
        return []
    return [int(id_) for id_ in tags.column("user_id").unique().to_pylist()]


def _item_table(ids: list[int], parts: Parts) -> pa.Table:
    known = {movie.id: movie for movie in parts.movies}
    movies = [known.get(id_, Movie(id_, "", None, [])) for id_ in ids]
    columns = {
        "item_id": pa.array([str(id_) for id_ in ids], pa.string()),
        "title": pa.array([movie.title or None for movie in movies], pa.string()),
        "year": pa.array([movie.year for movie in movies], pa.int32()),
        "genres": pa.array([movie.genres for movie in movies], pa.list_(pa.string())),
    }
    if parts.links:
        links = [parts.links.get(id_, (None, None)) for id_ in ids]
        columns["imdb_id"] = pa.array([imdb for imdb, _ in links], pa.string())
        columns["tmdb_id"] = pa.array([tmdb for _, tmdb in links], pa.string())
    return pa.table(columns)


def _user_table(ids: list[int], people: list[Person]) -> pa.Table:
    columns = {"user_id": pa.array([str(id_) for id_ in ids], pa.string())}
    if people:
        known = {person.id: person for person in people}
        rows = [known.get(id_, Person(id_, None, "", "", "")) for id_ in ids]
        columns["age"] = pa.array([row.age for row in rows], pa.int32())
        columns["gender"] = pa.array([row.gender or None for row in rows], pa.string())
        columns["occupation"] = pa.array([row.occupation or None for row in rows], pa.string())
        columns["zip"] = pa.array([row.zip or None for row in rows], pa.string())
    return pa.table(columns)


def ids_and_index(
    ids: npt.NDArray[np.integer[Any]], further: list[int]
) -> tuple[npt.NDArray[np.int64], Int32]:
    """Distinct ids in ascending order, and each row's place among them.

    As ``numpy.unique(..., return_inverse=True)``, by a table of all numbers up to the largest id
    where that is small: no sort, and 4 bytes a row.
    """
    extra = np.asarray(further, np.int64)
    largest = max(int(ids.max(initial=0)), int(extra.max(initial=0)))
    if largest > 50_000_000:
        distinct, place = np.unique(np.concatenate([ids, extra]), return_inverse=True)
        return distinct.astype(np.int64), place[: len(ids)].astype(np.int32)
    seen = np.zeros(largest + 1, bool)
    seen[ids] = True
    seen[extra] = True
    distinct = np.flatnonzero(seen).astype(np.int64)
    place = np.cumsum(seen, dtype=np.int32) - np.int32(1)
    return distinct, place[ids]
