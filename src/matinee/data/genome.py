"""The tag genome: how much each of some thousand tags fits each item, as one dense matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matinee.data.dataset import Vocabulary
from matinee.errors import InvalidInput, some
from matinee.interactions import Float32, Int32


@dataclass(frozen=True, eq=False)
class Genome:
    """How much each tag fits each item that has a genome.

    Attributes
    ----------
    tags : t texts
    item_index : (r,) int32, ascending
    relevance : (r, t) float32
        From 0 (does not fit) to 1; 0 where nothing was said.
    """

    tags: list[str]
    item_index: Int32
    relevance: Float32


def genome_matrix(table: pa.Table, items: Vocabulary) -> Genome:
    """The matrix of a table with one row a cell: ``item_id``, ``tag``, ``relevance``.

    Parameters
    ----------
    table
        As `Dataset.genome`. Of a cell that comes twice the last row stays.
    items
        Whose indices are meant.

    Raises
    ------
    InvalidInput
        An item that `items` lacks, or an empty cell.
    """
    if any(table.column(name).null_count for name in ("item_id", "tag", "relevance")):
        raise InvalidInput("Rows of a genome must have an item, a tag and a relevance.")
    ids, item = _coded(table.column("item_id"))
    tags, tag = _coded(table.column("tag"))
    index = items.indices(ids)
    if (index < 0).any():
        lost = [id_ for id_, at in zip(ids, index, strict=True) if at < 0]
        raise InvalidInput(f"A genome must be of items that the data set has, got {some(lost)}.")
    order = np.argsort(index)
    place = np.empty(len(ids), np.int64)
    place[order] = np.arange(len(ids))
    relevance = np.zeros((len(ids), len(tags)), np.float32)
    relevance[place[item], tag] = table.column("relevance").to_numpy()
    return Genome(tags, index[order], relevance)


def _coded(column: pa.ChunkedArray) -> tuple[list[str], npt.NDArray[Any]]:
    """The distinct values that occur, and of each row which it is."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    coded = column.unify_dictionaries().combine_chunks()
    codes = coded.indices.to_numpy()
    # A filtered table still names the items that were filtered out.
    used = np.zeros(len(coded.dictionary), bool)
    used[codes] = True
    texts = [
        text for text, is_used in zip(coded.dictionary.to_pylist(), used, strict=True) if is_used
    ]
    return texts, (np.cumsum(used) - 1)[codes]
