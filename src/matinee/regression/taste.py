"""Taste as features: how somebody departs from the means of movies that are rated alike.

Ratings less the means of movie and user are held against the main directions in which the ratings
of movies vary together. Where a user stands along them is found by a damped least-squares fit to
the user's own ratings; it tells how far a rating will be off the means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from matinee.errors import InvalidInput
from matinee.interactions import Float32, Int32, Interactions
from matinee.kernels.threads import exclusive
from matinee.regression.inputs import array_of

Float64 = npt.NDArray[np.float64]

NAMES = ("taste", "expected")
"""Of the columns: what is added to the means by taste, and the sum of all."""
FOLDS = 10
_ITEM_DAMPING, _USER_DAMPING = 5.0, 10.0
_TURNS = 5
_OVERLAP = 60.0
"""Ratings that each movie is given before it is compared: what few rated varies by chance."""
_NOISE = 1.0
"""Of a rating, against directions of length 1: how strongly the fit is damped."""


@dataclass(frozen=True, eq=False)
class Taste:
    """What is known of movies: no person's row.

    Parameters
    ----------
    item_mean : (n_items + 1,) float64
        Damped mean of each movie without the means of who rated it; the last row is the unknown.
    directions : (n_items + 1, d) float64
        How far each movie goes with each direction.

    Raises
    ------
    InvalidInput
        Rows differ, or a number is not finite.
    """

    item_mean: Float64
    directions: Float64

    def __post_init__(self) -> None:
        finite = np.isfinite(self.item_mean).all() and np.isfinite(self.directions).all()
        if self.directions.ndim != 2 or len(self.directions) != len(self.item_mean) or not finite:
            raise InvalidInput(
                "Taste must have a finite mean and finite directions of each movie, got shapes "
                f"{self.item_mean.shape} and {self.directions.shape}; train it again."
            )

    @property
    def width(self) -> int:
        """Numbers in the state of a person."""
        return 1 + self.directions.shape[1]

    def people(self, history: csr_array) -> Float64:
        """(people, width): the mean's deviation, and the place along each direction.

        The minimum of ``sum_i (r_i - mean_i - b - t . v_i)^2 + 10 b^2 + |t|^2`` over b and t.
        """
        penalty = np.diag([_USER_DAMPING, *np.full(self.width - 1, _NOISE)])
        left = np.empty((history.shape[0], self.width, self.width))
        right = np.empty((history.shape[0], self.width))
        rest = history.data - self.item_mean[history.indices]
        with exclusive():
            for person, (start, stop) in enumerate(
                zip(history.indptr[:-1], history.indptr[1:], strict=True)
            ):
                along = np.ones((stop - start, self.width))
                along[:, 1:] = self.directions[history.indices[start:stop]]
                left[person] = along.T @ along + penalty
                right[person] = along.T @ rest[start:stop]
            return np.asarray(np.linalg.solve(left, right[:, :, np.newaxis])[:, :, 0])

    def of_pairs(self, state: Float64, items: Int32) -> Float32:
        """(pairs, 2) float32, columns `NAMES`: state row p with ``items[p]``, -1 if unknown."""
        taste = np.einsum("pd,pd->p", state[:, 1:], self.directions[items])
        expected = self.item_mean[items] + state[:, 0] + taste
        return np.stack([taste, expected], axis=1).astype(np.float32)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, by name; `of` takes it back."""
        return {"item_mean": self.item_mean, "directions": self.directions}

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]], rows: int) -> Taste:
        """What `arrays` gave, checked; InvalidInput where it is not whole, or not of `rows`."""
        directions = arrays.get("directions")
        if directions is None or directions.dtype != np.float64 or len(directions) != rows:
            raise InvalidInput(f"Taste needs {rows} rows of `directions`; train it again.")
        return cls(array_of(arrays, "item_mean", "float64"), directions)


def fit(train: Interactions, dimensions: int, *, seed: int = 0) -> Taste:
    """Find the directions in which ratings vary together.

    They are the first singular vectors of the ratings less the means, each column divided by
    ``sqrt(n_i + 60)``: so the squares of the matrix are correlations, less what two movies have
    too few people in common for.
    """
    matrix = train.matrix
    user = np.repeat(np.arange(train.n_users), np.diff(matrix.indptr))
    mean, item, of_user = _means(matrix, user)
    count = np.bincount(matrix.indices, minlength=train.n_items)
    rest = matrix.data - mean - item[matrix.indices] - of_user[user]
    scaled = csr_array(
        (rest / np.sqrt(count + _OVERLAP)[matrix.indices], matrix.indices, matrix.indptr),
        shape=matrix.shape,
    )
    directions = np.zeros((train.n_items + 1, dimensions))
    found = _singular(scaled, min(dimensions, *matrix.shape), seed)
    directions[:-1, : found.shape[1]] = found
    return Taste(np.append(mean + item, mean), directions)


def of_training(
    train: Interactions, dimensions: int, *, seed: int = 0, past: bool = False
) -> Float32:
    """(n, 2) float32 of training ratings: each out of all ratings but its random fold of `FOLDS`.

    Left out alone, a rating could be told from how the means move without it. With `past`, folds
    are stretches of time, and each is made of those before; NaN in the first, and without times.
    """
    n = len(train)
    result = np.full((n, len(NAMES)), np.nan, np.float32)
    fold = np.random.default_rng([seed, 2]).permutation(n) % FOLDS
    if past:
        if train.time is None:
            return result
        fold[np.argsort(train.time, kind="stable")] = np.arange(n) * FOLDS // max(n, 1)
    for held in range(FOLDS):
        rows = np.flatnonzero(fold == held)
        rest = train.take(fold < held if past else fold != held)
        if not len(rows) or not len(rest):
            continue
        taste = fit(rest, dimensions, seed=seed)
        state = taste.people(rest.matrix)
        result[rows] = taste.of_pairs(state[train.user_index[rows]], train.item_index[rows])
    return result


def _means(matrix: csr_array, user: npt.NDArray[np.int64]) -> tuple[float, Float64, Float64]:
    """The mean, and what movies and users are above it, damped, by turns."""
    people, items = matrix.shape
    mean = float(matrix.data.mean(dtype=np.float64))
    item, of_user = np.zeros(items), np.zeros(people)
    counts = np.bincount(matrix.indices, minlength=items) + _ITEM_DAMPING
    of_counts = np.diff(matrix.indptr) + _USER_DAMPING
    for _ in range(_TURNS):
        rest = matrix.data - mean - of_user[user]
        item = np.bincount(matrix.indices, rest, items) / counts
        rest = matrix.data - mean - item[matrix.indices]
        of_user = np.bincount(user, rest, people) / of_counts
    return mean, item, of_user


def _singular(matrix: csr_array, dimensions: int, seed: int) -> Float64:
    """(columns, d) right singular vectors, each times its singular value."""
    from sklearn.utils.extmath import randomized_svd

    with exclusive():
        _, values, vectors = randomized_svd(matrix, dimensions, n_iter=3, random_state=seed)
    return np.asarray(vectors.T * values)
