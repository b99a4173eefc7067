"""Whether a feature has seen the rating that it is to help predict.

`moved` asks the function that makes features: it changes one rating, and looks whether the features
of that very rating move. `seen` has only the features, and compares them with the means of the
ratings. `gap` fits a tree: features that tell it more of training ratings than of test ratings have
seen the former.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from matinee.errors import InvalidInput
from matinee.interactions import Bool, Float32, Int32, Int64, Interactions
from matinee.rating_features import sums
from matinee.rating_features.calendar import Float64
from matinee.rating_features.fitting import rated

Maker = Callable[[Interactions], npt.NDArray[np.floating[Any]]]
"""Ratings in, (n, f) features out, in the order of the ratings."""

_MOVED = 1e-4
"""Share of a column's spread that rounding may move it by."""
_MIRRORED = 0.9
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


_WITHOUT = (
    "make it of the other ratings: out-of-fold, or of earlier ones, and for test rows of training "
    "ratings only"
)


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
        Leak(labels[j], f"moved by {most[j]:.2g} of its spread with {what}", _WITHOUT)
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
    values = rated(rows).astype(np.float64)
    sides = [
        _Means(what, getattr(rows, f"{kind}_index"), values, whole, getattr(whole, f"{kind}_index"))
        for what, kind in (("user", "user"), ("movie", "item"))
        for whole in ([rows] if ratings is None else [rows, ratings])
    ]
    found = list[Leak]()
    for name, column in zip(names, np.asarray(columns, np.float64).T, strict=True):
        known = np.isfinite(column)
        if known.sum() < 3 or np.ptp(column[known]) == 0:
            continue
        if _determination(column[known], values[known]) > 0.999:
            found.append(Leak(name, "it is the own rating", "leave it out"))
            continue
        leaks = (side.leak(name, column, known) for side in sides)
        if leak := next((leak for leak in leaks if leak is not None), None):
            found.append(leak)
    return found


class _Means:
    """Ratings of each user (or movie): what a column may have seen of them."""

    def __init__(
        self, what: str, group: Int32, values: Float64, whole: Interactions, all_groups: Int32
    ) -> None:
        self.what, self.group, self.values = what, group, values
        everything = rated(whole).astype(np.float64)
        size = int(max(group.max(initial=0), all_groups.max(initial=0))) + 1
        added = np.stack([np.ones(len(everything)), everything, everything**2], axis=1)
        count, total, squares = sums.by_group(all_groups, size, added).T
        self.count = count
        self.mean = np.divide(total, count, out=np.zeros(size), where=count > 0)
        inner = np.maximum(squares - count * self.mean**2, 0).sum()
        self.noise = inner / max((count - 1)[count > 1].sum(), 1)
        """Variance of a rating around its group's mean."""

    def leak(self, name: str, column: Float64, known: Bool) -> Leak | None:
        group = self.group[known]
        usable = self.count[group] > 1
        group, c, r = group[usable], column[known][usable], self.values[known][usable]
        if len(group) < 3:
            return None
        members = np.bincount(group, minlength=len(self.count))
        center = np.bincount(group, c, minlength=len(self.count)) / np.maximum(members, 1)
        inner = c - center[group]
        if (inner**2).sum() <= 1e-9 * ((c - c.mean()) ** 2).sum():
            return self._of_constant(name, center, np.flatnonzero(members))
        rest = self.count[group] - 1
        apart = (
            r - (np.bincount(group, r, minlength=len(self.count)) / np.maximum(members, 1))[group]
        )
        mirrored = (inner * rest * apart).sum()
        power = ((inner * rest) ** 2).sum() * (apart**2).sum()
        if mirrored < 0 and power > 0 and mirrored**2 / power > _MIRRORED:
            return Leak(
                name,
                f"within a {self.what} it falls by 1 / (n - 1) where the own rating rises by 1: a "
                "mean of all others, which tells the rating to whoever can tell the "
                f"{self.what}",
                "leave folds of ratings out together, not one by one (mode out-of-fold)",
            )
        return None

    def _of_constant(self, name: str, center: Float64, groups: Int64) -> Leak | None:
        mean, c = self.mean[groups], center[groups]
        if len(groups) < 10 or np.ptp(c) == 0 or np.ptp(mean) == 0:
            return None
        explained = _determination(c, mean)
        # What is left of the variance of means when noise is taken off: a trait knows no more.
        noise = (self.noise / self.count[groups]).mean() / mean.var()
        if noise > 1e-6 and 1 - explained < 0.5 * min(noise, 1):
            return Leak(
                name,
                f"it follows the mean rating of the {self.what} (R2 {explained:.4f}) closer than "
                f"what has not seen the own rating can (at most {max(1 - noise, 0):.4f})",
                _WITHOUT,
            )
        return None


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
    single column. Half of the training rows, 30,000 at most, are shown to the tree.

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
    # Threads that wait for each other on a busy machine take minutes for seconds of work.
    with threadpool_limits(1):
        tree.fit(train[shown], values[shown])
    inner = _rmse(tree.predict(train[kept]), values[kept])
    outer = _rmse(tree.predict(test), test_values)
    if inner >= _GAP * outer:
        return inner, outer, []
    evidence = f"a tree errs by {inner:.3f} on training rows it was not shown, {outer:.3f} on test"
    return inner, outer, [Leak("all columns together", evidence, _WITHOUT)]


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


def _determination(first: Float64, second: Float64) -> float:
    """R2 of a straight line between both; 0 where either is constant."""
    if np.ptp(first) == 0 or np.ptp(second) == 0:
        return 0.0
    return float(np.corrcoef(first, second)[0, 1] ** 2)


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
