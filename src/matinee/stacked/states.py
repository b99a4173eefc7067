"""What several models know of people, side by side as one state, and apart again, bit by bit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack

from matinee.interactions import Int64

Part: TypeAlias = "npt.NDArray[Any] | csr_array"
_SPARSE = 0
_BYTES = {4: np.float32, 8: np.float64}


def is_part(state: Any) -> bool:
    """Whether a state can stand beside others: rows of float numbers, dense or CSR float32."""
    if isinstance(state, csr_array):
        return bool(state.dtype == np.float32)
    return isinstance(state, np.ndarray) and state.ndim == 2 and state.dtype.kind == "f"


def layout_of(parts: Sequence[Part]) -> Int64:
    """(parts, 2) int64: the columns of each, and the bytes of a number, 0 of a CSR part."""
    rows = [
        (p.shape[1], _SPARSE) if isinstance(p, csr_array) else (p.shape[1], p.itemsize)
        for p in parts
    ]
    return np.array(rows, np.int64).reshape(len(rows), 2)


def joined(parts: Sequence[Part]) -> csr_array:
    """(people, s) CSR float32: the parts side by side; numbers of 8 bytes are two columns.

    Before them stand the lengths of the rows of CSR parts, by which they are found again.
    """
    lengths = [np.diff(part.indptr) for part in parts if isinstance(part, csr_array)]
    people = parts[0].shape[0]
    header = np.array(lengths, np.float32).reshape(len(lengths), people).T
    whole = hstack([_sparse(part) for part in (header, *parts)], format="csr")
    result = csr_array(whole, dtype=np.float32)
    result.indices = result.indices.astype(np.int32, copy=False)
    result.indptr = result.indptr.astype(np.int32, copy=False)
    return result


def apart(state: csr_array, layout: Int64) -> list[Part]:
    """The parts that `joined` put side by side."""
    sizes, people = layout[:, 1].tolist(), state.shape[0]
    first = sizes.count(_SPARSE)
    at = state.indptr[:-1].astype(np.int64)
    lengths = iter(state.data[at[:, np.newaxis] + np.arange(first)].astype(np.int64).T)
    at, column, found = at + first, first, []
    for columns, size in zip(layout[:, 0].tolist(), sizes, strict=True):
        if size == _SPARSE:
            length = next(lengths)
            indptr = np.concatenate([[0], np.cumsum(length)])
            place = np.repeat(at - indptr[:-1], length) + np.arange(indptr[-1])
            parts = state.data[place], state.indices[place] - np.int32(column)
            found.append(csr_array((*parts, indptr.astype(np.int32)), shape=(people, columns)))
            at, column = at + length, column + columns
        else:
            wide = columns * size // 4
            numbers = state.data[at[:, np.newaxis] + np.arange(wide)]
            found.append(numbers.view(_BYTES[size]))
            at, column = at + wide, column + wide
    return found


def _sparse(part: Part) -> csr_array:
    """`part` as CSR in which every number stands, zeros too."""
    if isinstance(part, csr_array):
        return part
    numbers = np.ascontiguousarray(part).view(np.float32)
    rows, width = numbers.shape
    indices = np.tile(np.arange(width, dtype=np.int32), rows)
    indptr = width * np.arange(rows + 1)
    return csr_array((numbers.ravel(), indices, indptr), shape=(rows, width))
