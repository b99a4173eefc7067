"""The file in which a scan goes on: what was measured so far, kept after every k."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from matinee.clustering.measuring import Measured
from matinee.durable import alone, replaced_file, sweep
from matinee.errors import InvalidInput

_FORMAT = 1


class Record:
    """What was measured, by k, in a JSON file. Make one with `opened`.

    Attributes
    ----------
    measured
        By k.
    judged
        The k whose held-out quality was asked for; that of others is not known.
    popularity
        NaN until it is known.
    """

    def __init__(self, file: Path, made_of: str) -> None:
        self.file, self._made_of = file, made_of
        self.measured: dict[int, Measured] = {}
        self.judged: set[int] = set()
        self.popularity = math.nan

    def put(self, measured: Measured, *, judged: bool) -> None:
        """Keep what was measured; after this no crash can lose it."""
        self.measured[measured.k] = measured
        if judged:
            self.judged.add(measured.k)
        told = {
            "format": _FORMAT,
            "made_of": self._made_of,
            "popularity": _plain(self.popularity),
            "judged": sorted(self.judged),
            "measured": [
                {name: _plain(value) for name, value in self.measured[k]._asdict().items()}
                for k in sorted(self.measured)
            ],
        }
        with replaced_file(self.file) as begun:
            begun.write_text(json.dumps(told, indent=1, allow_nan=False), encoding="utf-8")

    def read(self) -> Self:
        """Take up what the file holds, if there is one.

        Raises
        ------
        InvalidInput
            It is no record, or one of other rows or settings.
        """
        if not self.file.exists():
            return self
        try:
            told = json.loads(self.file.read_text(encoding="utf-8"))
            made_of, form = told["made_of"], told["format"]
            rows = [_measured(row) for row in told["measured"]]
            self.popularity = _number(told["popularity"])
            self.judged = {int(k) for k in told["judged"]}
            self.measured = {row.k: row for row in rows}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InvalidInput(
                f"{self.file} must be a file that matinee clusters scan has made, but it cannot be "
                "read; move it away to begin anew."
            ) from error
        if (made_of, form) != (self._made_of, _FORMAT):
            raise InvalidInput(
                f"{self.file} is a scan of other rows or settings; move it away to begin anew."
            )
        return self


@contextmanager
def opened(file: Path, made_of: str) -> Iterator[Record]:
    """The record in `file`, read, and this process alone may add to it until the block ends.

    Raises
    ------
    InvalidInput
        Another process holds it, or see `Record.read`.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    sweep(file.parent)
    with alone(file, "scanning"):
        yield Record(file, made_of).read()


def _measured(told: dict[str, Any]) -> Measured:
    figures: dict[str, Any] = {name: _number(told[name]) for name in Measured._fields}
    return Measured(**figures | {"k": int(told["k"])})


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)
