"""What a good rating is: one row at a time, where reasons are found, and whole columns at once.

`Rules.check` defines it. `Rules.columns` says the same of many rows, quickly, but only yes or no:
whoever hears no goes through those rows with `check`. A test holds the two together.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from time import time as clock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matinee.errors import InvalidParameter
from matinee.interactions import Float32, Int32, Int64

UNITS = {1: "seconds", 10**3: "milliseconds", 10**6: "microseconds", 10**9: "nanoseconds"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST = -62_135_596_800  # year 1 and the end of year 9999: what a calendar can show
_LAST = 253_402_300_799
_AHEAD = 86_400  # nobody has rated yet what they rate tomorrow; clocks and zones may be a day off
_WHOLE = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
_ODD = re.compile("[\0-\x1f\x7f]")
_FLOAT32_MAX = float(np.finfo(np.float32).max)


class Good(NamedTuple):
    """A rating that passed."""

    user: str
    item: str
    value: float
    time: int


class Fault(NamedTuple):
    """The first thing that is wrong with a row: the field and the reason."""

    field: str
    reason: str


class GoodColumns(NamedTuple):
    """Many ratings that all passed; `user` and `item` point into the ids beside them."""

    user: Int32
    user_ids: list[str]
    item: Int32
    item_ids: list[str]
    value: Float32 | None
    time: Int64 | None


@dataclass(frozen=True)
class Rules:
    """What is asked of a row.

    Parameters
    ----------
    rating, time : bool
        Whether there is such a column.
    scale : (low, high) or None
        Ratings outside it are bad; None takes every finite rating.
    unit : int
        How many units of the time column make a second (1000: milliseconds).

    Raises
    ------
    InvalidParameter
        The scale is not two finite numbers, low below high.
    """

    rating: bool = True
    time: bool = True
    scale: tuple[float, float] | None = None
    unit: int = 1

    def __post_init__(self) -> None:
        if self.scale is None:
            return
        low, high = self.scale
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise InvalidParameter(
                f"`scale` must be (low, high) with low < high, got {self.scale}."
            )

    def check(self, user: str, item: str, rating: str = "", time: str = "") -> Good | Fault:
        """One row of texts: the rating, or the first fault found."""
        user, item = user.strip(), item.strip()
        if not user:
            return Fault("user", "empty user id")
        if not item:
            return Fault("item", "empty item id")
        for field, id_ in (("user", user), ("item", item)):
            if odd := _ODD.search(id_):
                kinds = {"\0": "NUL byte", "\r": "line break", "\n": "line break"}
                kind = kinds.get(odd[0], "control character")
                reason = kind if odd[0] == "\0" else f"{kind} in {field} id"
                return Fault(field, reason)
        value, at = 1.0, 0
        if self.rating:
            found = self._value(rating.strip())
            if isinstance(found, str):
                return Fault("rating", found)
            value = found
        if self.time:
            when = seconds(time.strip(), self.unit)
            if isinstance(when, str):
                return Fault("time", when)
            at = when
        return Good(user, item, value, at)

    def _value(self, text: str) -> float | str:
        if not text:
            return "empty rating"
        value = number(text)
        if value is None:
            return "unparsable rating"
        if math.isnan(value):
            return "NaN rating"
        if abs(value) > _FLOAT32_MAX:
            return "infinite rating"
        if self.scale is not None and not self.scale[0] <= value <= self.scale[1]:
            return "rating out of scale"
        return value

    def columns(
        self, user: pa.Array, item: pa.Array, rating: pa.Array | None, time: pa.Array | None
    ) -> GoodColumns | None:
        """Whole columns: ids as text or numbers, dictionary encoded or not; rating as a number;
        time as a number or as ISO 8601 text. None if any row is bad or might be."""
        users, items = _ids(user), _ids(item)
        if users is None or items is None:
            return None
        value: Float32 | None = None
        if rating is not None:
            numbers = _numbers(rating)
            if numbers is None or not self._good_values(numbers):
                return None
            value = numbers.astype(np.float32)
        when: Int64 | None = None
        if time is not None:
            when = self._times(time)
            if when is None:
                return None
        return GoodColumns(*users, *items, value, when)

    def _good_values(self, values: npt.NDArray[np.float64]) -> bool:
        low, high = self.scale or (-_FLOAT32_MAX, _FLOAT32_MAX)
        low, high = max(low, -_FLOAT32_MAX), min(high, _FLOAT32_MAX)
        # A NaN makes minimum and maximum NaN, and every comparison false.
        return not len(values) or bool(values.min() >= low and values.max() <= high)

    def _times(self, column: pa.Array) -> Int64 | None:
        if column.null_count:
            return None
        if pa.types.is_integer(column.type) and column.type != pa.uint64():
            times = column.to_numpy(zero_copy_only=False).astype(np.int64, copy=False)
            if self.unit != 1:
                times = times // self.unit
        elif pa.types.is_floating(column.type):
            numbers = column.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
            if len(numbers) and not (numbers.min() > -(2.0**53) and numbers.max() < 2.0**53):
                return None
            whole = numbers.astype(np.int64)
            rounded = np.floor(numbers / self.unit).astype(np.int64)
            times = np.where(whole == numbers, whole // self.unit, rounded)
        elif pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            read = [seconds(t.strip(), self.unit) for t in column.to_pylist()]
            if any(isinstance(t, str) for t in read):
                return None
            times = np.array(read, np.int64)
        else:
            return None
        good = not len(times) or (times.min() >= _FIRST and times.max() <= clock() + _AHEAD)
        return times if good else None


def number(text: str) -> float | None:
    """A plain decimal number (or nan, inf), None for anything else.

    Stricter than ``float``: no underscores, no digits of other scripts.
    """
    if "_" in text or not text.isascii():
        return None
    try:
        return float(text)
    except ValueError:
        return None


def seconds(text: str, unit: int = 1) -> int | str:
    """UTC seconds of a number in `unit` or of ISO 8601 text, rounded down; else the reason why not.

    Text without a zone is taken as UTC. More than a day ahead of now is no time of a rating.
    """
    if not text:
        return "empty time"
    if _WHOLE.fullmatch(text):
        result = int(text) // unit
    else:
        value = number(text)
        if value is not None:
            if not math.isfinite(value):
                return "unparsable time"
            result = int(value) // unit if value.is_integer() else math.floor(value / unit)
        else:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                return "unparsable time"
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            result = (moment - _EPOCH) // timedelta(seconds=1)
    if not _FIRST <= result <= _LAST:
        return "time out of range"
    return result if result <= clock() + _AHEAD else "time in the future"


def time_unit(times: Iterable[str]) -> int:
    """The unit that numbers of this size must be in: a key of `UNITS`, judged by their median.

    Seconds up to 1e11 (the year 5138), milliseconds up to 1e14, and so on. Text that is not a
    number counts as seconds.
    """
    sizes = sorted(abs(n) for n in map(number, times) if n is not None and math.isfinite(n))
    middle = sizes[len(sizes) // 2] if sizes else 0.0
    return next((u for u in UNITS if middle < 1e11 * u), 10**9)


def time_type(times: Sequence[str]) -> pa.DataType:
    """The type in which to read times like these: whole numbers, numbers, or text."""
    if all(map(_WHOLE.fullmatch, times)):
        return pa.int64()
    return pa.string() if any(number(t) is None for t in times) else pa.float64()


def text_of(value: Any) -> str:
    """Any value of a table or database as the text that `Rules.check` reads."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**63:
        return str(int(value))
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value)


def id_text(value: Any) -> str:
    """Like `text_of`, and nothing for a missing id that was stored as NaN."""
    return "" if isinstance(value, float) and math.isnan(value) else text_of(value)


def plain_times(column: pa.Array) -> pa.Array:
    """Timestamps and dates as whole seconds (int64); any other column as it is."""
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("s"))
    if not pa.types.is_timestamp(column.type):
        return column
    unit = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
    ticks = column.cast(pa.int64())
    if unit == 1:
        return ticks
    whole = pc.divide(ticks, unit)  # rounds towards zero; times before 1970 must go down
    return pc.if_else(pc.greater(pc.multiply(whole, unit), ticks), pc.subtract(whole, 1), whole)


def _ids(column: pa.Array) -> tuple[Int32, list[str]] | None:
    if column.null_count:
        return None
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    codes = column.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    values: list[Any] = column.dictionary.to_pylist()
    # A categorical column may list values that no row has.
    used = np.bincount(codes, minlength=len(values)) > 0
    if not used.all():
        codes = (np.cumsum(used, dtype=np.int32) - np.int32(1))[codes]
        values = [values[i] for i in np.flatnonzero(used).tolist()]
    texts = values if pa.types.is_string(column.type.value_type) else map(id_text, values)
    ids = ["" if text is None else text.strip() for text in texts]
    return None if "" in ids or _ODD.search("".join(ids)) else (codes, ids)


def _numbers(column: pa.Array) -> npt.NDArray[np.float64] | None:
    kind = column.type
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    if column.null_count or not numeric:
        return None
    if not pa.types.is_float64(kind):
        column = pc.cast(column, pa.float64(), safe=False)
    numbers: npt.NDArray[np.float64] = column.to_numpy(zero_copy_only=False)
    return numbers
