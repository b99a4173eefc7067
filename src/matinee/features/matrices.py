"""Who rated what, and who likes which genres, as matrices whose rows and columns have names.

For looking at and for computing of one's own; models take `Interactions`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.sparse import csr_array

from matinee.clustering.people import view_of
from matinee.data.dataset import Dataset
from matinee.errors import InvalidInput, UnknownItem, UnknownUser, some
from matinee.features.side import side_information
from matinee.interactions import default_liked_threshold, sorted_csr

_MOST_CELLS = 50_000_000
"""Cells of a table that shows every zero: 200 MB."""


@dataclass(frozen=True, eq=False)
class NamedMatrix:
    """A sparse matrix whose rows are people and whose columns are items or genres.

    Attributes
    ----------
    values : (people, columns) CSR float32
        A cell that is not stored is "not rated", or none.
    user_ids, names
        Of the rows and of the columns.
    """

    values: csr_array
    user_ids: Sequence[str]
    names: Sequence[str]

    def __repr__(self) -> str:
        people, columns = self.values.shape
        return f"<NamedMatrix: {people:,} people x {columns:,} columns, {self.values.nnz:,} filled>"

    def row(self, user_id: str) -> dict[str, float]:
        """What is stored of one person, by column name.

        Raises
        ------
        UnknownUser
        """
        if user_id not in self.user_ids:
            raise UnknownUser(f"There is no row of a user {user_id!r}.")
        line = self.values[[list(self.user_ids).index(user_id)]]
        return {
            self.names[i]: float(v)
            for i, v in zip(line.indices.tolist(), line.data.tolist(), strict=True)
        }

    def counts(self) -> dict[str, int]:
        """How many cells are filled for each person: the movies per user."""
        return dict(zip(self.user_ids, np.diff(self.values.indptr).tolist(), strict=True))

    def part(
        self, user_ids: Sequence[str] | None = None, names: Sequence[str] | None = None
    ) -> NamedMatrix:
        """These rows and columns, in this order; all where None.

        Raises
        ------
        UnknownUser, UnknownItem
            A row or a column is not there.
        """
        values = self.values
        if user_ids is not None:
            place = {name: i for i, name in enumerate(self.user_ids)}
            if missing := [u for u in user_ids if u not in place]:
                raise UnknownUser(f"There are no rows of the users {some(missing)}.")
            values = values[[place[u] for u in user_ids]]
        if names is not None:
            place = {name: i for i, name in enumerate(self.names)}
            if missing := [n for n in names if n not in place]:
                raise UnknownItem(f"There are no columns {some(missing)}.")
            values = values[:, [place[n] for n in names]]
        kept_rows = self.user_ids if user_ids is None else user_ids
        return NamedMatrix(sorted_csr(values), kept_rows, self.names if names is None else names)

    def to_arrow(self) -> pa.Table:
        """A table with a column ``userId`` and one a name, zeros written out.

        Any DataFrame library takes it: ``polars.from_arrow(table)``, ``table.to_pandas()``.

        Raises
        ------
        InvalidInput
            It would have more than 50 million cells; take a `part`.
        """
        people, columns = self.values.shape
        if people * columns > _MOST_CELLS:
            raise InvalidInput(
                f"A table with every zero must have at most {_MOST_CELLS:,} cells, got "
                f"{people:,} x {columns:,}; take a part of it, or use `values`, which is sparse."
            )
        by_column = self.values.toarray().T
        arrays = [pa.array(list(self.user_ids)), *(pa.array(column) for column in by_column)]
        return pa.Table.from_arrays(arrays, names=["userId", *self.names])


def rating_matrix(dataset: Dataset) -> NamedMatrix:
    """People x items, each cell the rating; ones where feedback is implicit."""
    return NamedMatrix(dataset.interactions.matrix, dataset.users.ids, dataset.items.ids)


def liked_matrix(dataset: Dataset, liked: float | None = None) -> NamedMatrix:
    """People x items, 1 where rated `liked` or higher.

    Parameters
    ----------
    liked
        By default three quarters up the scale of the ratings.
    """
    ratings = dataset.interactions
    threshold = default_liked_threshold(*ratings.scale) if liked is None else liked
    return NamedMatrix(ratings.liked(threshold).matrix, dataset.users.ids, dataset.items.ids)


def genre_matrix(
    dataset: Dataset, *, liked: float | None = None, scaling: str = "sums"
) -> NamedMatrix:
    """People x genres: how much of what each person liked is of each genre.

    These are the very rows that people are clustered by where `features` are genres; whoever likes
    nothing that has a genre, and is in no cluster then, has a row of zeros.

    Parameters
    ----------
    liked
        As for `liked_matrix`; ``-inf`` counts everything that was rated.
    scaling
        "sums": liked items of the genre; "rows": these over the person's sum; "minmax":
        ``(sum - least) / (most - least)`` over the people, 0 for a genre in which all are equal.

    Raises
    ------
    InvalidInput
        No item has a genre.
    InvalidParameter
        Another scaling.
    """
    ratings = dataset.interactions
    threshold = default_liked_threshold(*ratings.scale) if liked is None else liked
    chosen = ratings.liked(threshold)
    side = side_information(dataset.item_table, dataset.user_table)
    view = view_of(chosen, side, features="genres", scaling=scaling)
    points, _ = view.points(chosen.matrix)
    rows = np.where(view.placed(chosen.matrix)[:, np.newaxis], points, 0)
    names = [name.partition(":")[2] for name in view.names]
    return NamedMatrix(sorted_csr(csr_array(rows)), dataset.users.ids, names)
