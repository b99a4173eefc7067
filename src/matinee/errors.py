"""Every error that matinee raises on purpose.

    MatineeError
    ├── InvalidInput (also a ValueError)   what was given cannot be used
    │   ├── InvalidParameter               a hyperparameter, option or field is out of bounds
    │   └── NoGoodRows                     an import in which every row was bad
    ├── NotFound (also a LookupError)      a name that nobody knows
    │   ├── UnknownUser
    │   ├── UnknownItem
    │   ├── UnknownModel
    │   ├── UnknownCluster
    │   └── UnknownDataset
    ├── Ambiguous                          a title that several items carry
    ├── Unsupported                        this model cannot do that
    ├── NotReady                           nothing is trained yet
    ├── Diverged                           training ran away instead of settling
    ├── Unauthorized                       a write without the key
    ├── SourceError                        data could not be fetched
    │   ├── NoNetwork
    │   ├── WrongContent                   not the file that was asked for (a captive portal, say)
    │   └── UnsafeArchive                  a zip that leaves its folder, or is far too large
    ├── DiskFull
    ├── ArchiveError                       a saved model that cannot be read
    │   ├── CorruptArchive
    │   └── NewerArchive
    └── StoreError                         the database
        ├── StoreUnavailable
        └── NewerStore

A message says what must hold, what was got, and what to do. `outcome` maps an error to the exit
code of the command line and to the HTTP status of the service; there is no other such table.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class MatineeError(Exception):
    """Base of all errors that matinee raises on purpose."""


class InvalidInput(MatineeError, ValueError):
    """What was given cannot be used."""


class InvalidParameter(InvalidInput):
    """A hyperparameter, option or field is out of its bounds."""


class NoGoodRows(InvalidInput):
    """Every row of an import was bad; nothing was changed."""


class NotFound(MatineeError, LookupError):
    """A name that nobody knows."""


class UnknownUser(NotFound):
    """No such user."""


class UnknownItem(NotFound):
    """No such item or title."""


class UnknownModel(NotFound):
    """No such model."""


class UnknownCluster(NotFound):
    """No such cluster in this clustering."""


class UnknownDataset(NotFound):
    """No such data set, file or folder."""


class Ambiguous(MatineeError):
    """Several items carry the title that was given.

    Attributes
    ----------
    choices
        Their ids and titles, the likeliest first.
    """

    def __init__(self, message: str, choices: Iterable[tuple[str, str]] = ()) -> None:
        super().__init__(message)
        self.choices = tuple(choices)


class Unsupported(MatineeError):
    """This model cannot do what was asked."""


class NotReady(MatineeError):
    """Nothing has been trained yet."""


class Diverged(MatineeError):
    """Training ran away instead of settling."""


class Unauthorized(MatineeError):
    """A write without the workspace's key."""


class SourceError(MatineeError):
    """Data could not be fetched."""


class NoNetwork(SourceError):
    """No source of the data could be reached."""


class WrongContent(SourceError):
    """What came is not the file that was asked for."""


class UnsafeArchive(SourceError):
    """A zip archive that leaves its folder or unpacks to far more than it should."""


class DiskFull(MatineeError):
    """No space left; what was begun has been removed."""


class ArchiveError(MatineeError):
    """A saved model that cannot be read."""


class CorruptArchive(ArchiveError):
    """A saved model whose bytes are not the bytes that were written."""


class NewerArchive(ArchiveError):
    """A model saved by a newer matinee."""


class StoreError(MatineeError):
    """The database refused."""


class StoreUnavailable(StoreError):
    """The database cannot be reached or stayed locked."""


class NewerStore(StoreError):
    """A database written by a newer matinee."""


class Outcome(NamedTuple):
    """How an error leaves the program: the command's exit code and the service's HTTP status."""

    exit_code: int
    status: int
    title: str


_OUTCOMES: dict[type[MatineeError], Outcome] = {
    InvalidInput: Outcome(2, 422, "Invalid input"),
    NotFound: Outcome(3, 404, "Not found"),
    Ambiguous: Outcome(3, 409, "Ambiguous"),
    Unsupported: Outcome(2, 422, "Not supported by this model"),
    NotReady: Outcome(4, 503, "Not ready"),
    Diverged: Outcome(10, 422, "Training diverged"),
    Unauthorized: Outcome(5, 401, "Key required"),
    SourceError: Outcome(6, 502, "Data could not be fetched"),
    DiskFull: Outcome(7, 507, "Disk full"),
    ArchiveError: Outcome(8, 500, "Model archive unreadable"),
    StoreUnavailable: Outcome(9, 503, "Database unavailable"),
    StoreError: Outcome(9, 500, "Database error"),
    MatineeError: Outcome(1, 500, "Error"),
}


def outcome(error: type[MatineeError] | MatineeError) -> Outcome:
    """The exit code and HTTP status of an error: those of its nearest listed ancestor."""
    kind = error if isinstance(error, type) else type(error)
    return next(_OUTCOMES[c] for c in kind.__mro__ if c in _OUTCOMES)


def some(values: Iterable[object], limit: int = 5) -> str:
    """Name up to `limit` offenders for a message: "a, b, c and 4 more"."""
    listed = [str(v) for v in values]
    shown = ", ".join(listed[:limit])
    return shown if len(listed) <= limit else f"{shown} and {len(listed) - limit} more"
