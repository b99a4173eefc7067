"""The layouts in which MovieLens sets are published: their files, as plain columns.

=========  ================================================  ==============================
layout     files                                             sets
=========  ================================================  ==============================
``100k``   u.data, u.item, u.user, u.genre, u1.base ...      ml-100k
``dat``    ratings.dat, movies.dat, users.dat or tags.dat    ml-1m, ml-10m
``csv``    ratings.csv, movies.csv, tags.csv, links.csv,     ml-20m and all later ones
           genome-scores.csv, genome-tags.csv
``atomic`` \\*.inter, \\*.item, \\*.user                        ml-100k in the package index
=========  ================================================  ==============================
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from matinee.data.genres import genre_list
from matinee.data.movielens.folds import fold_files, folds_by_rule
from matinee.data.movielens.rating_files import Ratings, lines, rating_columns, small_table
from matinee.errors import WrongContent
from matinee.interactions import Int32
from matinee.progress import Progress
from matinee.titles import spelling

_RATINGS = {"100k": "u.data", "dat": "ratings.dat", "csv": "ratings.csv", "atomic": "*.inter"}
_MOVIES = {"100k": "u.item", "dat": "movies.dat", "csv": "movies.csv", "atomic": "*.item"}

# ml-1m tells a band of ages; we keep a whole number inside it: about its middle.
AGE_OF_BAND = {1: 16, 18: 21, 25: 30, 35: 40, 45: 47, 50: 53, 56: 60}
OCCUPATIONS = (
    "other",
    "academic/educator",
    "artist",
    "clerical/admin",
    "college/grad student",
    "customer service",
    "doctor/health care",
    "executive/managerial",
    "farmer",
    "homemaker",
    "K-12 student",
    "lawyer",
    "programmer",
    "retired",
    "sales/marketing",
    "scientist",
    "self-employed",
    "technician/engineer",
    "tradesman/craftsman",
    "unemployed",
    "writer",
)
_COUNTED_SCALE = (1.0, 5.0)
_HALF_STARS = (0.5, 5.0)


class Movie(NamedTuple):
    """A row of an item table. `title` is as in the file, without blanks around it."""

    id: int
    title: str
    year: int | None
    genres: list[str]


class Person(NamedTuple):
    """A row of a user table; `age` of ml-1m is `AGE_OF_BAND`."""

    id: int
    age: int | None
    gender: str
    occupation: str
    zip: str


@dataclass
class Parts:
    """What a layout holds, ids still as the numbers that MovieLens gives."""

    ratings: Ratings
    movies: list[Movie]
    scale: tuple[float, float]
    people: list[Person] = field(default_factory=list)
    links: dict[int, tuple[str | None, str | None]] = field(default_factory=dict)
    tags: pa.Table | None = None
    genome: pa.Table | None = None
    folds: dict[str, tuple[Int32, Int32]] = field(default_factory=dict)


def layout(folder: Path) -> str | None:
    """Which layout the files of a folder have; None if it is no MovieLens layout."""
    if not folder.is_dir():
        return None
    fits = (n for n in _RATINGS if any(folder.glob(_RATINGS[n])) and any(folder.glob(_MOVIES[n])))
    return next(fits, None)


def ratings_file(folder: Path) -> Path | None:
    """The file with the ratings; None if the folder has no MovieLens layout."""
    kind = layout(folder)
    return None if kind is None else next(folder.glob(_RATINGS[kind]))


def year_of(title: str) -> int | None:
    """1995 of "Toy Story (1995)"; None if the title gives no year."""
    return spelling.parts(title).year


def read_100k(folder: Path, progress: Progress) -> Parts:
    """ml-100k as published: tabs, pipes and Latin-1."""
    ratings = rating_columns(folder / "u.data", "\t", progress)
    genres = [row[0] for row in _rows(folder / "u.genre", "|", 2)]
    movies = []
    for row in _rows(folder / "u.item", "|", 5 + len(genres)):
        title = row[1].strip()
        released = re.search(r"(\d{4})$", row[2])
        year = year_of(title) or (int(released[1]) if released else None)
        flagged = [name for name, flag in zip(genres, row[5:], strict=True) if flag == "1"]
        movies.append(Movie(_number(row[0], folder / "u.item"), title, year, genre_list(flagged)))
    people = []
    if (folder / "u.user").exists():
        people = [_person(row, folder / "u.user") for row in _rows(folder / "u.user", "|", 5)]
    return Parts(ratings, movies, _COUNTED_SCALE, people, folds=fold_files(folder, ratings))


def read_dat(folder: Path, progress: Progress) -> Parts:
    """ml-1m and ml-10m: fields with ``::`` between them."""
    ratings = rating_columns(folder / "ratings.dat", "::", progress)
    movies = []
    for line in lines(folder / "movies.dat"):
        id_, _, rest = line.partition("::")
        title, _, genres = rest.rpartition("::")
        number = _number(id_, folder / "movies.dat")
        movies.append(Movie(number, title.strip(), year_of(title), genre_list(genres.split("|"))))
    people = _people_1m(folder / "users.dat") if (folder / "users.dat").exists() else []
    tags = _tags_dat(folder / "tags.dat") if (folder / "tags.dat").exists() else None
    return Parts(ratings, movies, _COUNTED_SCALE if people else _HALF_STARS, people, tags=tags)


def _person(row: list[str], path: Path) -> Person:
    id_, age, gender, occupation, code = row
    return Person(_number(id_, path), _number(age, path), gender, occupation, code)


def _people_1m(path: Path) -> list[Person]:
    people = []
    for id_, gender, band, work, code in _rows(path, "::", 5):
        number = _number(work, path)
        occupation = OCCUPATIONS[number] if number < len(OCCUPATIONS) else "other"
        age = AGE_OF_BAND.get(_number(band, path))
        people.append(Person(_number(id_, path), age, gender, occupation, code))
    return people


def _tags_dat(path: Path) -> pa.Table:
    rows = []
    for line in lines(path):
        user, _, rest = line.partition("::")
        item, _, rest = rest.partition("::")
        tag, _, time = rest.rpartition("::")
        rows.append((user, item, tag, _number(time, path)))
    users, items, tags, times = zip(*rows, strict=True) if rows else ((), (), (), ())
    return pa.table(
        {
            "user_id": pa.array(users, pa.string()),
            "item_id": pa.array(items, pa.string()),
            "tag": pa.array(tags, pa.string()),
            "time": pa.array(times, pa.int64()),
        }
    )


def read_csv(folder: Path, progress: Progress) -> Parts:
    """ml-20m, ml-25m, ml-32m, ml-latest and ml-latest-small: CSV with headers."""
    ratings = rating_columns(folder / "ratings.csv", ",", progress)
    table = small_table(
        folder / "movies.csv", {"movieId": pa.int64(), "title": pa.string(), "genres": pa.string()}
    )
    movies = []
    for id_, title, genres in zip(*(column.to_pylist() for column in table.columns), strict=True):
        movies.append(Movie(id_, title.strip(), year_of(title), genre_list(genres.split("|"))))
    parts = Parts(ratings, movies, _HALF_STARS)
    if (folder / "links.csv").exists():
        types = {"movieId": pa.int64(), "imdbId": pa.string(), "tmdbId": pa.string()}
        columns = small_table(folder / "links.csv", types).columns
        ids, imdb, tmdb = (column.to_pylist() for column in columns)
        parts.links = {i: (a or None, b or None) for i, a, b in zip(ids, imdb, tmdb, strict=True)}
    if (folder / "tags.csv").exists():
        types = {
            "userId": pa.string(),
            "movieId": pa.string(),
            "tag": pa.string(),
            "timestamp": pa.int64(),
        }
        table = small_table(folder / "tags.csv", types)
        parts.tags = table.rename_columns(["user_id", "item_id", "tag", "time"])
    if (folder / "genome-scores.csv").exists() and (folder / "genome-tags.csv").exists():
        progress("reading genome-scores.csv", 0, None)
        parts.genome = _genome(folder)
    return parts


def _genome(folder: Path) -> pa.Table:
    """Columns of text are dictionary-encoded: 15 million rows of few distinct ids and tags."""
    types = {"movieId": pa.int32(), "tagId": pa.int32(), "relevance": pa.float32()}
    scores = small_table(folder / "genome-scores.csv", types)
    names = small_table(folder / "genome-tags.csv", {"tagId": pa.int64(), "tag": pa.string()})
    tag_ids = names.column("tagId").to_numpy()
    order = np.argsort(tag_ids)
    found = scores.column("tagId").to_numpy()
    if not np.isin(found, tag_ids).all():
        raise WrongContent(f"{folder / 'genome-tags.csv'} must name each tag of genome-scores.csv.")
    item = scores.column("movieId").dictionary_encode().combine_chunks()
    tags = order[np.searchsorted(tag_ids, found, sorter=order)].astype(np.int32)
    return pa.table(
        {
            "item_id": pa.DictionaryArray.from_arrays(
                item.indices, item.dictionary.cast(pa.string())
            ),
            "tag": pa.DictionaryArray.from_arrays(
                pa.array(tags), names.column("tag").combine_chunks()
            ),
            "relevance": scores.column("relevance"),
        }
    )


def read_atomic(folder: Path, progress: Progress) -> Parts:
    """ml-100k as the package index has it: titles without their year, folds left out.

    Title and year are joined again, a title misspelt there is repaired, and the folds are made by
    the rule by which the published ones were.
    """
    ratings = rating_columns(next(folder.glob("*.inter")), "\t", progress)
    path = next(folder.glob("*.item"))
    movies = []
    for id_, title, year, genres in list(_rows(path, "\t", 4))[1:]:
        whole = "unknown" if title == year == "unkonwn" else f"{title} ({year})".strip()
        names = genre_list(genres.split(" "))
        movies.append(Movie(_number(id_, path), whole, year_of(whole), names))
    people = []
    for path in folder.glob("*.user"):
        people = [_person(row, path) for row in list(_rows(path, "\t", 5))[1:]]
    return Parts(ratings, movies, _COUNTED_SCALE, people, folds=folds_by_rule(ratings))


READERS: dict[str, Callable[[Path, Progress], Parts]] = {
    "100k": read_100k,
    "dat": read_dat,
    "csv": read_csv,
    "atomic": read_atomic,
}


def _rows(path: Path, separator: str, width: int) -> Iterator[list[str]]:
    for number, line in enumerate(lines(path), 1):
        row = line.split(separator)
        if len(row) != width:
            raise WrongContent(
                f"Line {number} of {path} must have {width} fields with {separator!r} between "
                f"them, got {len(row)}: {line[:80]!r}."
            )
        yield row


def _number(text: str, path: Path) -> int:
    if not (text.isascii() and text.isdigit()):
        raise WrongContent(f"Ids and codes in {path} must be whole numbers, got {text!r}.")
    return int(text)
