"""A linear regressor as plain arrays: standardized columns, and a word for what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matinee.errors import InvalidInput
from matinee.interactions import Float32
from matinee.regression.inputs import array_of, checked_rows

Float64 = npt.NDArray[np.float64]
_BLOCK = 1 << 14


@dataclass(frozen=True, eq=False)
class Linear:
    """``y = base + sum_j weight_j z_j + missing_j [x_j is NaN]``, ``z = (x - mean) / deviation``.

    A missing number counts as the mean, z = 0, and its column may say what missing it means.

    Parameters
    ----------
    mean, deviation, weight, missing : (f,) float64
        Deviations are > 0.
    base : (1,) float64

    Raises
    ------
    InvalidInput
        Lengths differ, a number is not finite, or a deviation is not > 0.
    """

    mean: Float64
    deviation: Float64
    weight: Float64
    missing: Float64
    base: Float64

    def __post_init__(self) -> None:
        width = {len(a) for a in (self.mean, self.deviation, self.weight, self.missing)}
        finite = all(np.isfinite(a).all() for a in self.arrays().values())
        if len(width) > 1 or len(self.base) != 1 or not finite or (self.deviation <= 0).any():
            raise InvalidInput(
                "A linear regressor must have four finite numbers a column, deviations > 0, got "
                f"{sorted(width)} columns; train it again."
            )

    @property
    def n_columns(self) -> int:
        """f, the columns of a row."""
        return len(self.mean)

    def predict(self, x: npt.ArrayLike) -> Float32:
        """(rows,) float32 predictions of (rows, f) numbers, NaN where one is missing.

        Raises
        ------
        InvalidInput
            Rows have another number of columns.
        """
        rows = checked_rows(x, self.n_columns)
        result = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _BLOCK):
            block = slice(start, start + _BLOCK)
            z, unknown = standardized(rows[block], self.mean, self.deviation)
            # Sums row by row: BLAS would add up in another order for another number of rows.
            of_known = np.einsum("rf,f->r", z, self.weight)
            result[block] = self.base[0] + of_known + np.einsum("rf,f->r", unknown, self.missing)
        return result

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, by name; `of` takes it back."""
        return {name: getattr(self, name) for name in _NAMES}

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Linear:
        """What `arrays` gave, checked; InvalidInput where it is not whole."""
        return cls(**{name: array_of(arrays, name, "float64") for name in _NAMES})


_NAMES = ("mean", "deviation", "weight", "missing", "base")


def scale_of(x: Float32) -> tuple[Float64, Float64]:
    """(f,) mean and deviation of what is known of each column; 0 and 1 where nothing tells."""
    known = ~np.isnan(x)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, x, 0).sum(axis=0, dtype=np.float64) / count
    around = np.where(known, x - mean, 0)
    deviation = np.sqrt(np.einsum("rf,rf->f", around, around) / count)
    # A column that is all but constant holds rounding and no more.
    return mean, np.where(deviation > 1e-6 * np.maximum(np.abs(mean), 1e-6), deviation, 1.0)


def standardized(x: Float32, mean: Float64, deviation: Float64) -> tuple[Float64, Float64]:
    """(rows, f) float64 each: z, 0 where missing, and 1 where missing."""
    unknown = np.isnan(x)
    return np.where(unknown, 0, (x - mean) / deviation), unknown.astype(np.float64)
