"""Files that are wholly there or not there at all, also after a power cut."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matinee.errors import DiskFull, InvalidInput, StoreUnavailable

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_DENIED = (errno.EACCES, errno.EPERM, errno.EROFS)


def flush(path: Path) -> None:
    """Make the bytes of a file, or the names in a folder, survive a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def full_disk_named(path: Path) -> Iterator[None]:
    """Turn "no space left" into `DiskFull`, "not allowed" into `StoreUnavailable`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(
                f"Writing {path} needs more space than is left there; free some and try again. "
                "What was begun has been removed."
            ) from error
        if error.errno in _DENIED:
            raise StoreUnavailable(
                f"{path} must be a place that may be written, but: {error.strerror}; allow it or "
                "name another."
            ) from error
        raise


def _temporary(path: Path) -> Path:
    # Beside the target, so that the rename stays within one file system.
    return path.parent / f".{path.name}.{secrets.token_hex(4)}.tmp"


def sweep(folder: Path, pattern: str = "*", older_than: float = 86_400.0) -> None:
    """Remove what killed processes have left of files and folders that match `pattern`.

    Only what has not changed for `older_than` seconds: a process may still be writing.
    """
    for left in folder.glob(f".{pattern}.tmp"):
        try:
            if time.time() - left.stat().st_mtime < older_than:
                continue
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        except OSError:
            # Somebody else swept it, or may not be denied it: it is litter, not harm.
            continue


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A temporary folder that becomes `path` when the block ends well, and vanishes if not.

    Raises
    ------
    InvalidInput
        `path` exists already; nothing is ever overwritten.
    DiskFull
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    taken = f"{path} must not exist yet; name another place or remove it first."
    if os.path.lexists(path):
        raise InvalidInput(taken)
    folder = _temporary(path)
    try:
        with full_disk_named(path):
            folder.mkdir()
            yield folder
            for file in folder.iterdir():
                flush(file)
            flush(folder)
            try:
                folder.rename(path)
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                    raise InvalidInput(taken) from error
                raise
            flush(path.parent)
    finally:
        if folder.exists():
            shutil.rmtree(folder)


@contextmanager
def replaced_file(path: Path) -> Iterator[Path]:
    """A temporary file that takes the place of `path` when the block ends well."""
    file = _temporary(path)
    try:
        with full_disk_named(path):
            yield file
            flush(file)
            file.replace(path)
            flush(path.parent)
    finally:
        file.unlink(missing_ok=True)


@contextmanager
def alone(file: Path, doing: str) -> Iterator[None]:
    """Hold the only right to write `file`, among all processes, until the block ends or is killed.

    Parameters
    ----------
    doing
        What the other process may be at: "tuning", "scanning".

    Raises
    ------
    InvalidInput
        Another process holds it.
    """
    import fcntl

    with file.with_name(f".{file.name}.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InvalidInput(
                f"Another process is {doing} into {file}; wait until it ends, or name another "
                "workspace."
            ) from error
        yield
