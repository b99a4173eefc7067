"""Items worth a closer look for a person, found cheaply: what a slow model then puts in order.

They come from four sides: a fast model's best, what people of one's cluster like, neighbors of
one's favorites by who watches them, and by what they are about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, diags_array

from matinee.errors import InvalidInput
from matinee.interactions import Bool, Float32, Int32, Int64, SideInformation, sorted_csr

FAVORITES = 8
"""Items by which a person's neighbors are found."""
_DAMPING = 10.0
"""Ratings like the mean that each item of a cluster is given."""
_SIDES = 4


@dataclass(frozen=True, eq=False)
class Pool:
    """What candidates are found by.

    Attributes
    ----------
    liked : (clusters, n_items) float32
        How far above the mean the people of a cluster rate each item, damped.
    content : (n_items, w) CSR float32
        What items are about, rows of length one or zero.
    """

    liked: Float32
    content: csr_array

    def arrays(self) -> dict[str, Any]:
        """Everything, by name; `of` takes it back."""
        return {"liked": self.liked, "content": self.content}

    @classmethod
    def of(cls, arrays: Mapping[str, Any]) -> Pool:
        """What `arrays` gave; InvalidInput where something is missing or does not fit."""
        try:
            found = cls(arrays["liked"], arrays["content"])
        except KeyError as error:
            raise InvalidInput(f"Candidates need their {error} too.") from error
        if found.liked.ndim != 2 or found.content.shape[0] != found.liked.shape[1]:
            raise InvalidInput(
                "What clusters like and content must be of the same items, got shapes "
                f"{found.liked.shape} and {found.content.shape}; train them again."
            )
        return found

    def chosen(
        self, base: Float32, cluster: Int32, favorites: Int32, vectors: Float32, count: int
    ) -> Bool:
        """(people, n_items) the candidates: `count` a person, where there are as many items.

        A quarter are the best by `base`; then each other side adds up to a quarter; and what sides
        share is filled up by `base`.

        Parameters
        ----------
        base : (people, n_items) float32
            Scores of a fast model.
        cluster : (people,) int32
            -1 where unknown.
        favorites : (people, FAVORITES) int32
            -1 where there are fewer.
        vectors : (n_items, d) float32
            Near for items that the same people watch; rows of zeros where nothing is known.
        """
        people, n_items = base.shape
        if count >= n_items:
            return np.ones((people, n_items), bool)
        share = count // _SIDES
        found = np.zeros((people, n_items), bool)
        for scores in (base, *self._sides(cluster, favorites, vectors)):
            _mark(scores, share, found)
        for p in range(people):
            missing = count - int(found[p].sum())
            rest = np.where(found[p], -np.inf, base[p])
            found[p, np.argpartition(-rest, missing)[:missing]] = True
        return found

    def _sides(self, cluster: Int32, favorites: Int32, vectors: Float32) -> list[Float32]:
        """(people, n_items) scores of each other side; -inf where it knows nothing."""
        liked = np.full((len(cluster), len(vectors)), -np.inf, np.float32)
        liked[cluster >= 0] = self.liked[cluster[cluster >= 0]]
        row, place = np.nonzero(favorites >= 0)
        item = favorites[row, place]
        ones = np.ones(len(row), np.float32)
        mine = sorted_csr(csr_array((ones, (row, item)), shape=liked.shape))
        alike = np.asarray((mine @ vectors) @ vectors.T, np.float32)
        about = ((mine @ self.content) @ self.content.T).toarray()
        alike[alike <= 0] = -np.inf
        about[about <= 0] = -np.inf
        return [liked, alike, np.asarray(about, np.float32)]


def pool_of(matrix: csr_array, cluster: Int32, centers: Float32, side: SideInformation) -> Pool:
    """What candidates are found by, from training ratings.

    Parameters
    ----------
    matrix : (people, n_items) CSR of ratings
    cluster : (people,) int32
        -1 where unknown.
    centers : (clusters, d) float32
    """
    n_items, clusters = matrix.shape[1], len(centers)
    rows = np.repeat(cluster, np.diff(matrix.indptr))
    known = rows >= 0
    place = rows[known].astype(np.int64) * n_items + matrix.indices[known]
    above = matrix.data[known] - matrix.data.mean(dtype=np.float64)
    total = np.bincount(place, above, minlength=clusters * n_items)
    count = np.bincount(place, minlength=clusters * n_items)
    liked = (total / (count + _DAMPING)).reshape(clusters, n_items)
    content = side.item_words if side.item_words is not None else side.item_features
    if content is None:
        content = csr_array((n_items, 0), dtype=np.float32)
    return Pool(liked.astype(np.float32), _of_length_one(content))


def favorites_of(history: csr_array, times: Int64 | None) -> Int32:
    """(people, FAVORITES) int32: the items each rated highest, the latest of equals; -1 beyond."""
    people = history.shape[0]
    row = np.repeat(np.arange(people), np.diff(history.indptr))
    when = np.zeros(len(row), np.int64) if times is None else times
    order = np.lexsort((-when, -history.data, row))
    place = np.arange(len(order)) - history.indptr[row]
    first = place < FAVORITES
    found = np.full((people, FAVORITES), -1, np.int32)
    found[row[first], place[first]] = history.indices[order[first]]
    return found


def _mark(scores: Float32, count: int, found: Bool) -> None:
    """Mark the `count` best of each row."""
    best: npt.NDArray[np.int64] = np.argpartition(-scores, count, axis=1)[:, :count]
    rows = np.arange(len(scores))[:, np.newaxis]
    found[rows, best] |= scores[rows, best] > -np.inf


def _of_length_one(matrix: csr_array) -> csr_array:
    length = np.sqrt(np.asarray(matrix.power(2).sum(axis=1)).ravel())
    scale = np.divide(1, length, out=np.zeros_like(length), where=length > 0)
    return sorted_csr(diags_array(scale) @ matrix)
