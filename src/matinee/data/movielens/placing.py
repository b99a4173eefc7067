"""Files and folders put in place whole or not at all."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matinee.durable import flush, full_disk_named
from matinee.errors import SourceError


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Hold the only right to make `target`, among all processes; wait for it if need be."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = open(target.parent / f".{target.name}.lock", "ab")  # noqa: SIM115 - closed below
    except OSError as error:
        raise SourceError(
            f"{target.parent} must be a folder that can be written to ({error.strerror}); choose "
            "another with --to or MATINEE_CACHE."
        ) from error
    with lock:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def staged(target: Path) -> Iterator[Path]:
    """A new folder beside `target`, which takes its name when the block ends without an error.

    Everything in it is flushed to the disk first; on any error it is removed, and so are those
    that a killed process left behind. Call under `locked`.
    """
    prefix = f".{target.name}.unfinished-"
    for left in target.parent.glob(prefix + "*"):
        shutil.rmtree(left, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=target.parent))
    try:
        with full_disk_named(target.parent):
            yield folder
            folder.chmod(0o755)
            for path in (*folder.rglob("*"), folder):
                flush(path)
            folder.rename(target)
        flush(target.parent)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
