"""What callers hand to a model, checked once: histories, users and items."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, issparse, vstack

from matinee.errors import InvalidInput, some
from matinee.interactions import (
    Int32,
    Int64,
    Interactions,
    SideInformation,
    check_seconds,
    sorted_csr,
)


def are_histories(people: Any) -> bool:
    """Whether people are given by what they chose, and not by their index."""
    return issparse(people) or np.ndim(people) == 2


def checked_histories(history: Any, n_items: int) -> csr_array:
    """Histories as sorted (people, n_items) CSR; one dimension is one person.

    Raises
    ------
    InvalidInput
        Another number of columns, or a rating that is not finite.
    """
    if not issparse(history):
        history = np.atleast_2d(history)
    elif history.ndim == 1:
        history = history.reshape(1, -1)
    if history.shape[1] != n_items:
        raise InvalidInput(
            f"A history must have {n_items} columns, one an item, got {history.shape[1]}."
        )
    history = sorted_csr(history)
    if not np.isfinite(history.data).all():
        raise InvalidInput("A history must hold finite ratings, got NaN or infinite ones.")
    return history


def checked_users(people: Any, n_users: int) -> Int64:
    """(people,) user indices, -1 for somebody unknown; InvalidInput if one is out of range."""
    users = np.atleast_1d(np.asarray(people))
    if users.size and not np.issubdtype(users.dtype, np.integer):
        raise InvalidInput(f"Users must be given as integer indices, got {users.dtype}.")
    if users.size and not -1 <= users.min() <= users.max() < n_users:
        bad = np.unique(users[(users < -1) | (users >= n_users)])
        raise InvalidInput(f"User indices must lie in -1..{n_users - 1}, got {some(bad.tolist())}.")
    return users.astype(np.int64)


def checked_items(name: str, items: npt.ArrayLike, lowest: int, n_items: int) -> Int32:
    """(items,) item indices from `lowest` on; InvalidInput if one is out of range."""
    wanted = np.atleast_1d(np.asarray(items))
    if wanted.size and not np.issubdtype(wanted.dtype, np.integer):
        raise InvalidInput(f"`{name}` must be integer item indices, got {wanted.dtype}.")
    if wanted.size and not lowest <= wanted.min() <= wanted.max() < n_items:
        bad = np.unique(wanted[(wanted < lowest) | (wanted >= n_items)])
        raise InvalidInput(
            f"`{name}` must lie in {lowest}..{n_items - 1}, got {some(bad.tolist())}."
        )
    return wanted.astype(np.int32)


def checked_candidates(items: npt.ArrayLike, n_items: int) -> Int32:
    """The items that may be recommended, sorted, each once."""
    wanted = checked_items("candidates", items, 0, n_items)
    if (wanted[1:] > wanted[:-1]).all():
        return wanted
    allowed = np.zeros(n_items, bool)
    allowed[wanted] = True
    return np.flatnonzero(allowed).astype(np.int32)


def checked_moments(moments: npt.ArrayLike | None, count: int) -> Int64 | None:
    """(count,) int64 UTC seconds, where one moment counts for all; None where unknown.

    Raises
    ------
    InvalidInput
        Another number of them, no whole numbers, or of 2100 or later.
    """
    if moments is None:
        return None
    seconds = np.asarray(moments)
    if not np.issubdtype(seconds.dtype, np.integer):
        raise InvalidInput(f"Times must be whole UTC seconds, got {seconds.dtype}.")
    check_seconds(seconds)
    if seconds.ndim == 0:
        return np.full(count, seconds, np.int64)
    if seconds.shape != (count,):
        raise InvalidInput(f"Times must be {count} or one for all, got shape {seconds.shape}.")
    return seconds.astype(np.int64)


def check_training(name: str, train: Any) -> None:
    """InvalidInput unless the model of this `name` can learn from `train`."""
    if not isinstance(train, Interactions):
        raise InvalidInput(
            f"{name} is fitted to Interactions, got {type(train).__name__}; a data set has them "
            "as `.interactions`."
        )
    if not len(train):
        raise InvalidInput(f"{name} needs at least one rating to learn from, got none.")


def check_side(side: SideInformation, n_users: int, n_items: int) -> None:
    """InvalidInput unless features have a row for each item, and for each user."""
    for name, columns, rows in (
        ("item_features", side.item_features, n_items),
        ("user_features", side.user_features, n_users),
        ("item_words", side.item_words, n_items),
        ("item_years", side.item_years, n_items),
    ):
        if columns is not None and columns.shape[0] != rows:
            raise InvalidInput(
                f"`{name}` must have a row for each of the {rows} {name.partition('_')[0]}s, got "
                f"{columns.shape[0]}."
            )


def rows_of(kept: Any, index: Int64, nobody: Callable[[], Any]) -> Any:
    """Rows of an array or CSR array; the one row that `nobody` makes where the index is -1."""
    known = index >= 0
    if known.all():
        return kept[index]
    rows = kept[index[known]]
    place = np.where(known, np.cumsum(known) - 1, rows.shape[0])
    if issparse(kept):
        return sorted_csr(vstack([rows, nobody()], format="csr")[place])
    return np.concatenate([rows, nobody()])[place]
