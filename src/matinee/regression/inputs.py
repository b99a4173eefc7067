"""What regressors are given, checked once: rows, targets, and arrays from a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from matinee.errors import InvalidInput
from matinee.interactions import Float32

LARGEST = 1e30
"""Of a feature either way: its square, added up over columns, is still finite in float64."""


def checked_rows(x: npt.ArrayLike, width: int) -> Float32:
    """`x` as (rows, width) float32, contiguous; InvalidInput where it is of another shape."""
    rows = np.asarray(x)
    if rows.ndim != 2 or rows.shape[1] != width or rows.dtype.kind not in "biuf":
        raise InvalidInput(
            f"Rows must be numbers of shape (rows, {width}), as many columns as the regressor was "
            f"fitted to, got shape {rows.shape} of {rows.dtype}."
        )
    return np.ascontiguousarray(rows, np.float32)


def checked_training(x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Float32, Float32]:
    """Features and targets to learn from: float32, a row for each target.

    Columns without a number are zeros.

    Raises
    ------
    InvalidInput
        No rows, other shapes, targets that are not finite, or features beyond 1e30 either way
        (NaN is legal: it is missing).
    """
    target = np.asarray(y)
    rows = checked_rows(x, np.shape(x)[1] if np.ndim(x) == 2 else -1)
    if target.shape != (len(rows),) or target.dtype.kind not in "biuf":
        raise InvalidInput(
            f"`y` must hold a number for each of the {len(rows)} rows of `x`, got shape "
            f"{target.shape} of {target.dtype}."
        )
    if not rows.size:
        raise InvalidInput(f"A regressor needs rows and columns to learn from, got {rows.shape}.")
    target = np.asarray(target, np.float32)
    if not np.isfinite(target).all():
        raise InvalidInput("`y` must be finite, got NaN or infinite targets; drop those rows.")
    if (np.abs(rows) > LARGEST).any():
        raise InvalidInput(
            f"Features must lie within {LARGEST:g} either way (NaN where missing), got "
            f"{float(np.nanmax(np.abs(rows))):g}."
        )
    empty = np.isnan(rows).all(axis=0)
    # What nobody knows anything of tells nothing, as a constant does.
    return (np.where(empty, np.float32(0), rows) if empty.any() else rows), target


def array_of(arrays: Mapping[str, npt.NDArray[Any]], name: str, kind: str) -> npt.NDArray[Any]:
    """The one-dimensional array of that name and dtype, InvalidInput where there is none."""
    array = arrays.get(name)
    if array is None or np.ndim(array) != 1 or array.dtype != np.dtype(kind):
        got = "none" if array is None else f"shape {np.shape(array)} of {array.dtype}"
        raise InvalidInput(
            f"`{name}` of a regressor must be a one-dimensional array of {kind}, got {got}."
        )
    return np.ascontiguousarray(array)
