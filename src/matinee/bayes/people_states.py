"""What is known of people, some numbers of everybody and some of each of their moments, as rows.

A model's state has one row a person. Where moods are known, rows differ in length, and the state
is a CSR array: first what is dense, then `_FIELDS` numbers of each page.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, issparse

from matinee.bayes.moods import Pages
from matinee.interactions import Float32, Int64

_FIELDS = 5
"""Of a page: day, second of the day, seconds that it lasts, s and g."""
_DAY = 86_400
"""Float32 holds neither seconds since 1970, but it does hold days and the seconds of one."""
_ROWS = 1024
"""Rows copied at a time."""


class PagesOfPeople(NamedTuple):
    """Pages and moods, as `moods.moods_at` takes them."""

    starts: npt.NDArray[np.integer]
    first: Int64
    last: Int64
    drawn: Float32


def packed(dense: Float32, pages: Pages, drawn: Float32, most: int) -> csr_array:
    """(people, d + 5 most) CSR of `dense` (people, d) and the pages, at most `most` a person.

    Parameters
    ----------
    drawn : (2, pages) float32, the moods
    """
    people, width = dense.shape
    counts = np.diff(pages.starts)
    indptr = np.concatenate([[0], np.cumsum(width + _FIELDS * counts)])
    data, indices = np.empty(indptr[-1], np.float32), np.empty(indptr[-1], np.int32)
    columns = np.arange(width, dtype=np.int32)
    for start in range(0, people, _ROWS):
        block = slice(start, min(start + _ROWS, people))
        at = indptr[:-1][block, np.newaxis] + columns
        data[at], indices[at] = dense[block], columns
    row = np.repeat(np.arange(people), counts)
    number = np.arange(len(row)) - pages.starts[row]
    at = (indptr[row] + width + _FIELDS * number)[:, np.newaxis] + np.arange(_FIELDS)
    day, second = np.divmod(pages.first, _DAY)
    lasts = pages.last - pages.first
    data[at] = np.stack([day, second, lasts, *drawn], axis=1)
    indices[at] = (width + _FIELDS * number)[:, np.newaxis] + np.arange(_FIELDS)
    shape = (people, width + _FIELDS * most)
    return csr_array((data, indices, indptr.astype(np.int32)), shape=shape)


def columns_of(state: Any, start: int, stop: int) -> Float32:
    """(people, stop - start) some of the dense columns of a state, packed or not."""
    if not issparse(state):
        return np.asarray(state[:, start:stop], np.float32)
    at = state.indptr[:-1, np.newaxis] + np.arange(start, stop, dtype=state.indptr.dtype)
    return np.asarray(state.data[at], np.float32)


def pages_of(state: csr_array, width: int) -> PagesOfPeople:
    """The pages of a packed state whose dense part has `width` columns."""
    counts = (np.diff(state.indptr) - width) // _FIELDS
    starts = np.concatenate([[0], np.cumsum(counts, dtype=np.int64)])
    row = np.repeat(np.arange(len(counts)), counts)
    number = np.arange(len(row)) - starts[row]
    at = (state.indptr[row] + width + _FIELDS * number)[:, np.newaxis] + np.arange(_FIELDS)
    fields = state.data[at]
    day, second, lasts = fields[:, :3].astype(np.int64).T
    first = day * _DAY + second
    return PagesOfPeople(starts, first, first + lasts, fields[:, 3:].T)
