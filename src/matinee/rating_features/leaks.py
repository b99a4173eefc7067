"""Whether a feature has seen the rating that it is to help predict.

`moved` asks the function that makes features: it changes one rating, and looks whether the features
of that very rating move. `seen` has only the features, and compares them with the means of the
ratings. `gap` fits a tree: features that tell it more of training ratings than of test ratings have
seen the former.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matinee.errors import InvalidInput
from matinee.interactions import Float32, Interactions
from matinee.rating_features.calendar import Float64
from matinee.rating_features.fitting import rated
from matinee.rating_features.held_means import WITHOUT, Means, determination

Maker = Callable[[Interactions], npt.NDArray[np.floating[Any]]]
"""Ratings in, (n, f) features out, in the order of the ratings."""

_MOVED = 1e-4
"""Share of a column's spread that rounding may move it by."""
_GAP = 0.9
_LARGEST_TREE = 60_000
"""Training ratings that a tree is shown, at most."""


@dataclass(frozen=True)
class Leak:
    """A column that has seen the rating of its row.

    Attributes
    ----------
    column
        Its name.
    evidence, remedy
        What was found, and what to do, in words.
    """

    column: str
    evidence: str
    remedy: str


def moved(
    make: Maker,
    ratings: Interactions,
    names: Sequence[str] | None = None,
    *,
    rows: int = 16,
    later: bool = False,
    seed: int = 0,
) -> list[Leak]:
    """Change the ratings of some rows, one at a time; which columns of the row itself move?

    Parameters
    ----------
    make
        Called once for all ratings, once more to see that it makes the same, and once for each
        row with another rating there: the farther end of the scale.
    names
        Of the columns; by default their places.
    rows
        How many are tried, drawn by `seed`.
    later
        Change all ratings of a later time, too: features of the past must not know them.

    Raises
    ------
    InvalidInput
        `make` gives no (n, f) array or not the same one twice, there are no ratings with values,
        or all are equal (nothing can be changed then).

    Examples
    --------
    >>> ratings = Interactions([0, 0, 1, 1], [0, 1, 0, 1], [1.0, 4.0, 2.0, 5.0])
    >>> def movie_means(train):
    ...     mean = np.bincount(train.item_index, train.value) / np.bincount(train.item_index)
    ...     return mean[train.item_index][:, np.newaxis]
    >>> [leak.column for leak in moved(movie_means, ratings, ["movie mean"])]
    ['movie mean']
    """
    values = rated(ratings)
    low, high = ratings.scale
    if not low < high:
        raise InvalidInput("To look for leaks, ratings must differ, and all are equal.")
    first = _made(make, ratings)
    if not np.array_equal(first, _made(make, ratings), equal_nan=True):
        raise InvalidInput(
            "Features must be the same for the same ratings, and differ from call to call; give "
            "whatever they draw a fixed seed."
        )
    spread = _spread(first)
    most = np.zeros(first.shape[1])
    for row in np.random.default_rng(seed).permutation(len(ratings))[:rows].tolist():
        changed = np.zeros(len(ratings), bool)
        if later and ratings.time is not None:
            changed = ratings.time > ratings.time[row]
        changed[row] = True
        away = np.where(values > (low + high) / 2, low, high)
        after = _made(make, _with_values(ratings, np.where(changed, away, values)))[row]
        apart = np.abs(after - first[row]) / spread
        # A feature that comes or goes with the rating has seen it as well.
        apart[np.isnan(after) != np.isnan(first[row])] = np.inf
        most = np.fmax(most, apart)
    labels = list(names) if names is not None else [str(j) for j in range(len(most))]
    what = "the own rating or later ones" if later else "the own rating"
    return [
        Leak(labels[j], f"moved by {most[j]:.2g} of its spread with {what}", WITHOUT)
        for j in np.flatnonzero(most > _MOVED)
    ]


def seen(
    columns: npt.NDArray[np.floating[Any]],
    names: Sequence[str],
    rows: Interactions,
    ratings: Interactions | None = None,
) -> list[Leak]:
    """Columns that follow means with the own rating in them, or mirror the own rating.

    - A column that is one number for each user (or each movie) and comes closer to the mean rating
      of the user than anything can that has not seen these ratings: a mean of n ratings holds
      noise of variance ``s^2 / n``, which a trait of the user does not know.
    - A column that falls as the own rating rises within a user, in a straight line: a mean of all
      others. Whoever can tell the user knows the sum, and reads the rating off it.
    - A column that is the rating.

    Parameters
    ----------
    columns : (n, f)
        NaN where unknown.
    names : f names
    rows
        The n ratings whose features these are.
    ratings
        All ratings there are, where that is more.

    Returns
    -------
    At most one leak a column.
    """
    pairs = zip(names, np.asarray(columns).T, strict=True)
    return seen_one_by_one(pairs, rows, ratings)


def seen_one_by_one(
    columns: Iterable[tuple[str, npt.NDArray[np.floating[Any]]]],
    rows: Interactions,
    ratings: Interactions | None = None,
) -> list[Leak]:
    """`seen` for names and columns that come one after another, as from a large table."""
    values = rated(rows).astype(np.float64)
    sides = [
        Means(what, getattr(rows, f"{kind}_index"), values, whole, getattr(whole, f"{kind}_index"))
        for what, kind in (("user", "user"), ("movie", "item"))
        for whole in ([rows] if ratings is None else [rows, ratings])
    ]
    found = list[Leak]()
    for name, given in columns:
        column = np.asarray(given, np.float64)
        known = np.isfinite(column)
        if known.sum() < 3 or np.ptp(column[known]) == 0:
            continue
        if determination(column[known], values[known]) > 0.999:
            found.append(Leak(name, "it is the own rating", "leave it out"))
            continue
        told = (side.told(column, known) for side in sides)
        if seen_of := next((what for what in told if what is not None), None):
            found.append(Leak(name, *seen_of))
    return found


def gap(
    train: npt.NDArray[np.floating[Any]],
    values: npt.NDArray[np.floating[Any]],
    test: npt.NDArray[np.floating[Any]],
    test_values: npt.NDArray[np.floating[Any]],
    *,
    seed: int = 0,
) -> tuple[float, float, list[Leak]]:
    """RMSE of a boosted tree on training rows that it was not shown, and on test rows.

    Honest features tell as much of the one as of the other. Where the former is less than nine
    tenths of the latter, the features as a whole have seen the training ratings, be it in no
    single column. Half of the training rows, 30,000 at most, are shown to the tree. Test rows of
    later times are harder by themselves; of such ones a gap says nothing.

    Returns
    -------
    RMSE of training rows, of test rows, and a `Leak` of "all columns" or nothing.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    order = np.random.default_rng(seed).permutation(len(values))[:_LARGEST_TREE]
    shown, kept = np.array_split(order, 2)
    if not len(kept) or not len(test_values):
        raise InvalidInput("To compare training and test rows, there must be some of each.")
    tree = HistGradientBoostingRegressor(
        learning_rate=0.2,
        max_iter=20,
        max_leaf_nodes=127,
        min_samples_leaf=5,
        early_stopping=False,
        random_state=seed,
    )
    train, test = (np.where(np.isfinite(x), x, np.nan) for x in (train, test))
    # A column without a number tells nothing, and no tree takes it.
    train[:, np.isnan(train[shown]).all(axis=0)] = 0
    # Threads that wait for each other on a busy machine take minutes for seconds of work.
    with threadpool_limits(1):
        tree.fit(train[shown], values[shown])
    inner = _rmse(tree.predict(train[kept]), values[kept])
    outer = _rmse(tree.predict(test), test_values)
    if inner >= _GAP * outer:
        return inner, outer, []
    evidence = f"a tree errs by {inner:.3f} on training rows it was not shown, {outer:.3f} on test"
    return inner, outer, [Leak("all columns together", evidence, WITHOUT)]


def _spread(columns: Float64) -> Float64:
    """(f,) standard deviations of what is known of each column; 1 where it does not vary."""
    known = ~np.isnan(columns)
    count = np.maximum(known.sum(axis=0), 1)
    filled = np.where(known, columns, 0)
    apart = np.where(known, filled - filled.sum(axis=0) / count, 0)
    spread = np.sqrt((apart**2).sum(axis=0) / count)
    return np.where(spread > 0, spread, 1.0)


def _rmse(predicted: Any, actual: Any) -> float:
    return float(np.sqrt(np.mean((predicted - actual) ** 2)))


def _made(make: Maker, ratings: Interactions) -> Float64:
    made = np.asarray(make(ratings), np.float64)
    if made.ndim != 2 or len(made) != len(ratings):
        raise InvalidInput(
            f"Features must be an array of {len(ratings)} rows, one a rating, got shape "
            f"{made.shape}."
        )
    return made


def _with_values(ratings: Interactions, values: Float32) -> Interactions:
    return Interactions(
        ratings.user_index,
        ratings.item_index,
        values,
        ratings.time,
        ratings.n_users,
        ratings.n_items,
    )
