"""Where the files of The Movies Dataset are: in a folder, or in the zip as downloaded."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from matinee.data.movielens.unzip import unpack
from matinee.errors import InvalidInput, SourceError, UnknownDataset, WrongContent
from matinee.progress import Progress, silent

# The first that is there is taken; * stands for what comes between.
_NAMES = {
    "metadata": ("movies_metadata.csv", "movies_metadata*.parquet"),
    "keywords": ("keywords.csv",),
    "links": ("links.csv", "links_small.csv"),
}
USE = {
    "metadata": "movies_metadata.csv (titles, overviews, dates, languages)",
    "keywords": "keywords.csv",
    "links": "links.csv (the ids of MovieLens and IMDb)",
}
"""What each kind of file is, in words."""


@contextmanager
def files(source: str | Path, progress: Progress = silent) -> Iterator[dict[str, Path]]:
    """The files that are there, by kind: metadata, keywords, links. A zip is unpacked meanwhile.

    Raises
    ------
    UnknownDataset
        Nothing is at `source`.
    InvalidInput
        Neither metadata nor keywords are there.
    UnsafeArchive, WrongContent
        A zip that leads out of its folder, is far too large or damaged.
    SourceError
        It cannot be read.
    """
    path = Path(source)
    check(path)
    if path.is_dir():
        yield _found(path, list(path.iterdir()))
        return
    with tempfile.TemporaryDirectory(prefix="matinee-") as scratch:
        folder = Path(scratch) / "metadata"
        try:
            # Not what is of no use here: ratings.csv alone is 700 MB.
            unpack(path, folder, wanted=_wanted, progress=progress)
        except OSError as error:
            raise SourceError(f"{path} must be a whole zip that can be read: {error}.") from error
        yield _found(path, [file for file in folder.rglob("*") if file.is_file()])


def check(source: str | Path) -> None:
    """Raise as `files` would, without unpacking anything: for whoever has much to read before."""
    path = Path(source)
    try:
        if path.is_dir():
            _found(path, list(path.iterdir()))
        elif not path.exists():
            raise UnknownDataset(f"There is no folder or zip {str(path)!r}; check its name.")
        elif not zipfile.is_zipfile(path):
            raise InvalidInput(
                f"Metadata must be the folder or zip of The Movies Dataset, got the file {path}."
            )
        else:
            with zipfile.ZipFile(path) as archive:
                _found(path, [Path(name) for name in archive.namelist()])
    except (zipfile.BadZipFile, NotImplementedError) as error:  # an unknown version of zip
        raise WrongContent(
            f"{path} must be a whole zip, but it is damaged or cut short ({error}); get it again."
        ) from error
    except OSError as error:
        raise SourceError(f"{path} must be readable, got: {error.strerror or error}.") from error


def _wanted(file: PurePath) -> bool:
    return any(file.match(pattern) for patterns in _NAMES.values() for pattern in patterns)


def _found(source: Path, everything: list[Path]) -> dict[str, Path]:
    there = sorted(everything)
    found = {}
    for kind, patterns in _NAMES.items():
        for pattern in patterns:
            fits = [file for file in there if file.match(pattern)]
            if fits and kind not in found:
                found[kind] = fits[0]
    if not {"metadata", "keywords"} & set(found):
        raise InvalidInput(
            f"Metadata must hold movies_metadata.csv (or a part of it, movies_metadata*.parquet) "
            f"or keywords.csv, as The Movies Dataset does; {source} holds neither."
        )
    return found
