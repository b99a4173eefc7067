"""A data set by whatever names it: a published set, a folder or zip, a file of ratings."""

from __future__ import annotations

import difflib
import logging
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from matinee.data.dataset import Dataset
from matinee.data.merging import folder as merged
from matinee.data.movielens import fetch, reading, sets
from matinee.data.movielens.unzip import unpack
from matinee.data.own.tables import import_ratings
from matinee.errors import UnknownDataset, some
from matinee.progress import Progress, silent

_log = logging.getLogger(__name__)


def load(name_or_path: str | Path, *, progress: Progress = silent, **columns: Any) -> Dataset:
    """Read a data set.

    Parameters
    ----------
    name_or_path
        The name of a published set ("ml-100k"; fetched when it is not there yet), a folder or zip
        in the layout of a MovieLens set, a folder of two sets merged, or a CSV or Parquet file of
        ratings.
    columns
        For a file of ratings: the options of `import_ratings`, such as ``user="who"``.

    Returns
    -------
    Dataset
        Bad rows of a file are left out, with a warning in the log.

    Raises
    ------
    UnknownDataset
        No set, folder or file of that name.
    SourceError
        The set cannot be fetched.
    InvalidInput
        The file is not a table of ratings, or a merged folder holds other than its specs say.
    """
    name = str(name_or_path)
    if name in sets.SETS:
        return reading.read(fetch.get(name, progress=progress), name, progress=progress)
    path = Path(name_or_path)
    if path.is_dir():
        return _read_folder(path, path.resolve().name, progress)
    if path.is_file() and zipfile.is_zipfile(path):
        return _read_zip(path, progress)
    if path.is_file():
        return _read_file(path, progress, columns)
    if path.suffix or "/" in name:
        raise UnknownDataset(f"There is no file or folder {name!r}; check its name.")
    near = difflib.get_close_matches(name, sets.SETS, 3, 0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else ""
    raise UnknownDataset(
        f"A data set must be one of {', '.join(sets.SETS)}, or the path of a folder, zip or file, "
        f"got {name!r}.{hint}"
    )


def _read_folder(path: Path, name: str, progress: Progress) -> Dataset:
    if merged.is_merged(path):
        return merged.read(path, progress)
    return reading.read(path, name, progress)


def _read_zip(path: Path, progress: Progress) -> Dataset:
    with tempfile.TemporaryDirectory(prefix="matinee-") as scratch:
        folder = Path(scratch) / path.stem
        unpack(path, folder, progress=progress)
        return _read_folder(folder, path.stem, progress)


def _read_file(path: Path, progress: Progress, columns: dict[str, Any]) -> Dataset:
    report = import_ratings(path, progress=progress, **columns)
    if report.n_bad:
        _log.warning(
            "%s: %d of %d rows were bad and left out (%s); the first: %s",
            path,
            report.n_bad,
            report.rows,
            some(f"{reason}: {n}" for reason, n in report.bad.items()),
            report.first_bad[0],
        )
    return report.dataset
