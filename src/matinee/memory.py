"""How much memory a piece of work takes at its height, as far as the system tells."""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_STATUS, _CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


@dataclass
class Peak:
    """What was found out about a block of work; whole when the block has ended.

    Attributes
    ----------
    bytes
        The most that the whole process held at once while the block ran: resident pages, with
        the interpreter, its libraries and the data that were there before. None where the system
        does not tell.
    before
        What the process held when the block began.
    """

    bytes: int | None = None
    before: int | None = None
    _above: int = 0

    def _note(self, reached: int | None) -> None:
        # Where the counter could not be set back, what it says may be of long ago.
        if reached is not None and reached > self._above:
            self.bytes = max(self.bytes or 0, reached)


_open: list[Peak] = []


@contextmanager
def peak() -> Iterator[Peak]:
    """Measure the peak of the process's resident memory within a block.

    A process's usual peak (``ru_maxrss``) is of its whole life, so that of two models fitted one
    after the other the smaller would be given the larger one's. Linux can set its counter back
    (5 written to ``/proc/self/clear_refs``; `VmHWM` of ``/proc/self/status``: proc(5)), and so
    each block has its own, also one within another. Where that is not allowed the peak is known
    if the counter rose in the block, and None otherwise; on other systems it is None.

    Freed memory that the C library keeps for later is given back first, where it can be asked to:
    else a block that fits into what an earlier one left behind would seem to take nothing.

    What other threads do meanwhile is counted as well, and so is compiling where a kernel is
    met for the first time.

    Examples
    --------
    >>> with peak() as found:
    ...     _ = bytes(1000)
    >>> found.bytes is None or found.bytes > 0
    True
    """
    high = _told("VmHWM:")
    for outer in _open:
        outer._note(high)
    _give_back()
    before = _told("VmRSS:")
    found = Peak(before=before, _above=0 if _restarted() else high or 0)
    _open.append(found)
    try:
        yield found
    finally:
        _open.remove(found)
        found._note(_told("VmHWM:"))


def _told(line: str) -> int | None:
    """A figure of the process in bytes; None where there is none."""
    if sys.platform != "linux":
        return None
    with suppress(OSError, ValueError, IndexError, StopIteration):
        text = _STATUS.read_text(encoding="ascii", errors="replace")
        return 1024 * int(next(x for x in text.splitlines() if x.startswith(line)).split()[1])
    return None


def _give_back() -> None:
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _restarted() -> bool:
    with suppress(OSError):
        _CLEAR.write_text("5", encoding="ascii")
        return True
    return False
