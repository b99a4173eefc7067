"""Zip archives from strangers, unpacked into one folder and never beside it."""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from matinee.data.movielens.placing import staged
from matinee.errors import UnsafeArchive, WrongContent
from matinee.progress import Progress, silent

_BLOCK = 1 << 20
MAX_RATIO = 100  # GroupLens's zips unpack to three to five times their size


def unpack(
    source: Path,
    target: Path,
    *,
    limit: int = 8 << 30,
    wanted: Callable[[PurePosixPath], bool] = lambda _: True,
    check: Callable[[Path], None] | None = None,
    progress: Progress = silent,
) -> None:
    """Unpack a zip so that its files lie in the new folder `target`, whole or not at all.

    A single folder around everything is left out: ``ml-100k.zip/ml-100k/u.data`` becomes
    ``target/u.data``.

    Parameters
    ----------
    source, target
        The zip, and a folder that does not exist yet; hold `placing.locked` on it.
    limit
        Most bytes that may come out.
    wanted
        Says of a file, by its path in the zip, whether it is to come out. Names are checked of all.
    check
        Called with the folder before it takes its name; what it raises leaves nothing behind.

    Raises
    ------
    UnsafeArchive
        A name that is absolute or holds ``..``, a link or device, a name that comes twice, or more
        than `limit` bytes or `MAX_RATIO` times the zip's size.
    WrongContent
        Not a zip, or a damaged one.
    DiskFull
        No space left.
    """
    try:
        with zipfile.ZipFile(source) as archive, staged(target) as folder:
            _extract(archive, source, folder, limit, wanted, progress)
            if check is not None:
                check(folder)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        # zipfile says NotImplementedError of compression methods that it does not know
        raise WrongContent(
            f"{source} must be a whole zip archive, but it is damaged or cut short ({error}); "
            "remove it and get it again."
        ) from error


def _extract(
    archive: zipfile.ZipFile,
    source: Path,
    folder: Path,
    limit: int,
    wanted: Callable[[PurePosixPath], bool],
    progress: Progress,
) -> None:
    # Not by `is_dir`, which fails where a name is empty.
    listed = [info for info in archive.infolist() if not info.filename.endswith("/")]
    files = [(info, _safe(info, source)) for info in listed]
    paths = [path for _, path in files]
    folders = {parent for path in paths for parent in path.parents}
    if len(set(paths)) < len(paths) or folders & set(paths):
        raise UnsafeArchive(f"Names in a zip must differ, but in {source} some come twice.")
    tops = {path.parts[0] for _, path in files}
    wrapped = len(tops) == 1 and all(len(path.parts) > 1 for _, path in files)
    files = [(info, path) for info, path in files if wanted(path)]
    total = sum(info.file_size for info, _ in files)
    allowed = min(limit, MAX_RATIO * max(source.stat().st_size, 1))
    _within(total, allowed, source)
    done = 0
    for info, path in files:
        place = folder.joinpath(*path.parts[1:] if wrapped else path.parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        with open(place, "xb") as sink, archive.open(info) as stream:
            while block := stream.read(_BLOCK):
                done += len(block)
                _within(done, allowed, source)  # a header may lie about the size
                sink.write(block)
                progress(f"unpacking {source.name}", done, total)


def _safe(info: zipfile.ZipInfo, source: Path) -> PurePosixPath:
    name = info.filename
    path = PurePosixPath(name)
    mode = stat.S_IFMT(info.external_attr >> 16)
    problem = ""
    if (
        not path.parts
        or path.is_absolute()
        or ".." in path.parts
        or "\\" in name
        or ":" in path.parts[0]
    ):
        problem = "leads out of its folder"
    elif mode not in {0, stat.S_IFREG}:
        problem = "is a link or a device"
    elif info.flag_bits & 1:
        problem = "is encrypted"
    if problem:
        raise UnsafeArchive(
            f"Files in a zip must be plain files inside its folder, but {name!r} in {source} "
            f"{problem}; nothing was unpacked. Get the archive from its publisher."
        )
    return path


def _within(size: int, allowed: int, source: Path) -> None:
    if size > allowed:
        raise UnsafeArchive(
            f"{source} must unpack to at most {allowed:,} bytes, but it holds {size:,} or more; "
            "nothing was unpacked. Get the archive from its publisher."
        )
