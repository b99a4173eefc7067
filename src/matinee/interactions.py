"""The nouns that every model, split and metric speaks: arrays only, no ids, no tables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.errors import InvalidInput, some

Int32 = npt.NDArray[np.int32]
Int64 = npt.NDArray[np.int64]
Float32 = npt.NDArray[np.float32]
Bool = npt.NDArray[np.bool_]


_INT32_LIMIT = 2**31 - 1


def _indices(name: str, values: npt.ArrayLike, limit: int) -> tuple[Int32, int]:
    """The checked indices, and `limit` or (if that is negative) one above the highest."""
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and not np.issubdtype(array.dtype, np.integer)):
        raise InvalidInput(
            f"`{name}` must be a one-dimensional array of integers, got shape {array.shape} of "
            f"{array.dtype}; translate ids with a Vocabulary first."
        )
    if limit < 0:
        limit = int(array.max()) + 1 if array.size else 0
    if limit > _INT32_LIMIT:
        raise InvalidInput(f"`{name}` must stay below {_INT32_LIMIT}, got a size of {limit}.")
    if array.size and (array.min() < 0 or array.max() >= limit):
        bad = np.unique(array[(array < 0) | (array >= limit)])
        raise InvalidInput(f"`{name}` must lie in 0..{limit - 1}, got {some(bad.tolist())}.")
    return np.ascontiguousarray(array, dtype=np.int32), limit


def _ratings(values: npt.ArrayLike) -> Float32:
    array = np.asarray(values)
    if array.ndim != 1 or array.dtype.kind not in "biuf":
        raise InvalidInput(
            f"`value` must be a one-dimensional array of numbers, got shape {array.shape} of "
            f"{array.dtype}."
        )
    with np.errstate(over="ignore"):  # what overflows is infinite, and said so below
        array = np.ascontiguousarray(array, dtype=np.float32)
    if not np.isfinite(array).all():
        raise InvalidInput(
            f"Ratings must be finite, got {int((~np.isfinite(array)).sum())} that are NaN or "
            "infinite; drop those rows first."
        )
    return array


def _seconds(values: npt.ArrayLike) -> Int64:
    array = np.asarray(values)
    if array.ndim != 1 or (array.size and not np.issubdtype(array.dtype, np.integer)):
        raise InvalidInput(
            f"`time` must be a one-dimensional array of whole seconds since 1970, got shape "
            f"{array.shape} of {array.dtype}; convert dates first."
        )
    return np.ascontiguousarray(array, dtype=np.int64)


LATEST = 4_102_444_800
"""The first second of 2100: later ones are milliseconds, or a mistake."""


def check_seconds(times: Int64) -> None:
    """InvalidInput if one of these is of 2100 or later: who reads times would be misled."""
    late = times >= LATEST
    if late.any():
        raise InvalidInput(
            "Times must be UTC seconds before the year 2100, got "
            f"{some(np.unique(times[late]).tolist())}; divide milliseconds by 1,000 first (an "
            "import of ratings does)."
        )


@dataclass(frozen=True, eq=False)
class Interactions:
    """Who rated (or chose) what, how high, and when.

    Parameters
    ----------
    user_index, item_index : (n,) int32
        Positions in 0..n_users-1 and 0..n_items-1, in the order in which the ratings came.
    value : (n,) float32, or None for implicit feedback
        Finite ratings on any scale.
    time : (n,) int64, or None
        UTC seconds since 1970.
    n_users, n_items : int
        May exceed what occurs: users and items without ratings are legal. Left out: one above
        the highest index.

    Raises
    ------
    InvalidInput
        Lengths or types differ from these, an index is out of range, or a value is not finite.

    Examples
    --------
    >>> ratings = Interactions([0, 0, 1], [0, 2, 2], [4.0, 3.5, 5.0], n_users=2, n_items=3)
    >>> ratings.matrix.toarray()
    array([[4. , 0. , 3.5],
           [0. , 0. , 5. ]], dtype=float32)
    """

    user_index: Int32
    item_index: Int32
    value: Float32 | None = None
    time: Int64 | None = None
    n_users: int = -1
    n_items: int = -1

    def __post_init__(self) -> None:
        def put(name: str, value: object) -> None:
            object.__setattr__(self, name, value)

        for kind in ("user", "item"):
            name = f"{kind}_index"
            index, size = _indices(name, getattr(self, name), getattr(self, f"n_{kind}s"))
            put(name, index)
            put(f"n_{kind}s", size)
        if self.value is not None:
            put("value", _ratings(self.value))
        if self.time is not None:
            put("time", _seconds(self.time))
        columns = [self.user_index, self.item_index, self.value, self.time]
        lengths = {len(c) for c in columns if c is not None}
        if len(lengths) > 1:
            raise InvalidInput(f"All columns must be equally long, got lengths {sorted(lengths)}.")

    def __len__(self) -> int:
        return len(self.user_index)

    def __repr__(self) -> str:
        kind = "choices" if self.value is None else "ratings"
        return (
            f"<Interactions: {len(self):,} {kind}, {self.n_users:,} users, {self.n_items:,} items>"
        )

    @cached_property
    def matrix(self) -> csr_array:
        """Users x items, CSR, sorted, float32 (ones for implicit feedback), int32 indices.

        Raises
        ------
        InvalidInput
            A (user, item) pair occurs twice: what it means must be decided before (import does).
        """
        values = np.ones(len(self), np.float32) if self.value is None else self.value
        shape = (self.n_users, self.n_items)
        order = np.lexsort((self.item_index, self.user_index))
        indices = self.item_index[order]
        rows = self.user_index[order]
        if len(self) and ((rows[1:] == rows[:-1]) & (indices[1:] == indices[:-1])).any():
            raise InvalidInput(
                "Each (user, item) pair may occur once, got duplicates; keep one rating of each "
                "pair first (data.drop_duplicates does)."
            )
        indptr = np.zeros(self.n_users + 1, np.int32)
        np.cumsum(np.bincount(rows, minlength=self.n_users), out=indptr[1:])
        return csr_array((values[order], indices, indptr), shape=shape)

    @cached_property
    def matrix_times(self) -> Int64 | None:
        """(nnz,) int64: the times in the order of the data of `matrix`; None where unknown."""
        if self.time is None:
            return None
        return self.time[np.lexsort((self.item_index, self.user_index))]

    @cached_property
    def by_item(self) -> csr_array:
        """Items x users: the transpose of `matrix`, as sorted CSR."""
        return sorted_csr(self.matrix.T)

    def take(self, rows: Bool | npt.NDArray[np.integer[Any]]) -> Interactions:
        """The ratings at `rows` (a mask or positions), in that order; the sizes stay."""
        return Interactions(
            self.user_index[rows],
            self.item_index[rows],
            None if self.value is None else self.value[rows],
            None if self.time is None else self.time[rows],
            self.n_users,
            self.n_items,
        )

    def liked(self, threshold: float) -> Interactions:
        """Implicit feedback: the pairs rated `threshold` or higher, without values.

        Feedback that is implicit already is returned as it is.
        """
        if self.value is None:
            return self
        kept = self.take(self.value >= threshold)
        return Interactions(
            kept.user_index, kept.item_index, None, kept.time, self.n_users, self.n_items
        )

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating; (1, 1) for implicit feedback, (0, 0) when empty."""
        if self.value is None:
            return (1.0, 1.0)
        return (float(self.value.min()), float(self.value.max())) if len(self) else (0.0, 0.0)


def sorted_csr(matrix: Any) -> csr_array:
    """`matrix` (dense or sparse) as CSR: float32 values, int32 indices, sorted, no duplicates.

    Explicit zeros stay, duplicates are added up, and `matrix` itself is left as it was.
    """
    result = csr_array(matrix, dtype=np.float32)
    if not result.has_canonical_format:
        result = result.copy()  # it may share its arrays with `matrix`
        result.sum_duplicates()
    result.indices = result.indices.astype(np.int32, copy=False)
    result.indptr = result.indptr.astype(np.int32, copy=False)
    return result


def default_liked_threshold(low: float, high: float) -> float:
    """A rating from which one may speak of liking: three quarters up the scale.

    4 on 1..5, 3.875 (so 4 in half stars) on 0.5..5, 7.75 on 1..10; `low` when all are equal.
    """
    return low + 0.75 * (high - low)


@dataclass(frozen=True, eq=False)
class SideInformation:
    """What is known of users and items besides ratings, as numbers.

    Parameters
    ----------
    item_features : (n_items, f) CSR float32, or None
        Any matrix is taken and made so.
    item_feature_names : f names, such as "genre:Drama"
    user_features : (n_users, g) CSR float32, or None
        A row of zeros means that nothing is known of that person.
    user_feature_names : g names, such as "occupation:writer"
    item_words : (n_items, w) CSR float32 >= 0 (but in the block "sentence"), or None
        How often, or how strongly, texts and tags name something: what content is compared by.
    item_word_names : w names, such as "tag:heist", "keyword:bank robbery", "overview:lighthouse"
        The part before the colon is the block that a word belongs to.
    item_years : (n_items,) float32, or None
        When the item came out; NaN where unknown.
    """

    item_features: csr_array | None = None
    item_feature_names: tuple[str, ...] = ()
    user_features: csr_array | None = None
    user_feature_names: tuple[str, ...] = ()
    item_words: csr_array | None = None
    item_word_names: tuple[str, ...] = ()
    item_years: Float32 | None = None

    def __post_init__(self) -> None:
        if self.item_years is not None:
            object.__setattr__(self, "item_years", np.asarray(self.item_years, np.float32))
        for kind in ("item_feature", "user_feature", "item_word"):
            columns, names = getattr(self, f"{kind}s"), getattr(self, f"{kind}_names")
            if columns is not None:
                columns = sorted_csr(columns)
                object.__setattr__(self, f"{kind}s", columns)
            width = 0 if columns is None else columns.shape[1]
            if width != len(names):
                raise InvalidInput(
                    f"`{kind}_names` must name each of the {width} columns, got {len(names)} names."
                )
