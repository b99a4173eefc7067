"""Ids and indices, and the data set that a source is read into."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matinee.data.specs import Specs
from matinee.errors import InvalidInput, InvalidParameter, some
from matinee.interactions import Int32, Interactions
from matinee.splits import Protocol, Split


class Vocabulary:
    """The ids of the outside world, as text, and our indices 0..n-1: one for users, one for items.

    Parameters
    ----------
    ids
        Distinct ids; position is index.
    """

    def __init__(self, ids: Iterable[str]) -> None:
        self.ids: list[str] = [str(i) for i in ids]
        self._index = {id_: i for i, id_ in enumerate(self.ids)}
        if len(self._index) != len(self.ids):
            raise InvalidInput("Ids must be distinct; drop duplicates first.")

    @classmethod
    def ordered(cls, ids: Iterable[str]) -> Vocabulary:
        """Distinct ids in the order of `id_order`, as ``numpy.unique`` would put them."""
        distinct = list(dict.fromkeys(str(i) for i in ids))
        return cls([distinct[i] for i in id_order(distinct)])

    def __len__(self) -> int:
        return len(self.ids)

    def __contains__(self, id_: object) -> bool:
        return id_ in self._index

    def index(self, id_: str) -> int:
        """The index of an id, -1 if nobody has it."""
        return self._index.get(str(id_), -1)

    def indices(self, ids: Iterable[Any]) -> Int32:
        """(n,) int32: the index of each id, -1 for unknown ones."""
        return np.fromiter((self._index.get(str(i), -1) for i in ids), np.int32)


def id_order(ids: Sequence[str]) -> npt.NDArray[np.int64]:
    """Positions that sort ids: by number when all are whole numbers, else as text."""
    array = np.asarray(ids, dtype=object)
    if all(i.isascii() and i.isdigit() and len(i) < 19 for i in ids):
        return (
            np.lexsort((array.astype(str), array.astype(np.int64)))
            if len(ids)
            else np.zeros(0, np.int64)
        )
    # One long id would widen every cell of a text array.
    return np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int64)


@dataclass(frozen=True, eq=False)
class Dataset:
    """Ratings as read from a source, with whatever came beside them.

    Attributes
    ----------
    name
        Of the set, or of the file it came from.
    interactions
        All ratings in the file's own order.
    users, items : Vocabulary
        Of all ids that occur in ratings or in the tables below.
    item_table : Arrow table, one row an item, in index order
        ``item_id`` (text), and where known ``title``, ``year`` (int32, null if missing),
        ``genres`` (list of text), ``imdb_id``, ``tmdb_id`` (text); with metadata also
        ``original_title``, ``overview`` (text), ``keywords`` (list of text), ``runtime`` (float32,
        minutes), ``revenue`` (float64, US dollars), ``release_date`` (ISO text), ``language``.
    user_table : Arrow table, one row a user, in index order
        ``user_id`` (text), and where known ``age`` (int32), ``gender``, ``occupation``, ``zip``
        (text).
    tags : Arrow table or None
        ``user_id``, ``item_id``, ``tag``, ``time`` (int64 seconds).
    genome : Arrow table or None
        ``item_id``, ``tag``, ``relevance`` (float32).
    folds : name -> (train rows, test rows)
        Positions in `interactions` of folds shipped with the set (u1..u5 of ml-100k).
    scale : (low, high) or None
        The scale that the source declares.
    specs : Specs or None
        What the stage that made the source says of it; merged sets have them.
    """

    name: str
    interactions: Interactions
    users: Vocabulary
    items: Vocabulary
    item_table: pa.Table
    user_table: pa.Table
    tags: pa.Table | None = None
    genome: pa.Table | None = None
    folds: dict[str, tuple[Int32, Int32]] = field(default_factory=dict)
    scale: tuple[float, float] | None = None
    specs: Specs | None = None

    def __repr__(self) -> str:
        return f"<Dataset {self.name}: {self.interactions!r}>"

    def fold(self, name: str) -> Split:
        """The split of a fold that came with the set, such as u1 of ml-100k.

        Raises
        ------
        InvalidParameter
            The set came without a fold of that name.
        """
        if name not in self.folds:
            raise InvalidParameter(
                f"A fold of {self.name} must be one of {', '.join(self.folds) or 'none'}, got "
                f"{name!r}."
            )
        train, test = self.folds[name]
        protocol = Protocol(f"shipped with {self.name}", fold=name)
        return Split(self.interactions.take(train), self.interactions.take(test), protocol)

    def __post_init__(self) -> None:
        for kind, table, vocabulary in (
            ("item", self.item_table, self.items),
            ("user", self.user_table, self.users),
        ):
            ids = table.column(f"{kind}_id").to_pylist()
            if ids != vocabulary.ids:
                wrong = [a for a, b in zip(ids, vocabulary.ids, strict=False) if a != b]
                raise InvalidInput(
                    f"`{kind}_table` must have one row for each of the {len(vocabulary)} {kind}s, "
                    f"in index order, got {len(ids)} rows ({some(wrong)} out of place)."
                )
