"""Progress of long work, told by a callback that only the command line draws."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called as ``progress(what, done, total)``; `total` is None where it is not known."""

    def __call__(self, what: str, done: int, total: int | None) -> None: ...


def silent(what: str, done: int, total: int | None) -> None:
    """Say nothing."""
