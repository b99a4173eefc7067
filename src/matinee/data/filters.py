"""Named filters: which ratings stay, with a report of what each filter removed.

Filters work in the order given, each once. A later one may undo what an earlier one saw to (after
users are dropped, an item may have too few ratings again); give a filter twice to apply it twice.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from matinee.data.dataset import Dataset, Vocabulary
from matinee.errors import InvalidInput, InvalidParameter, Unsupported
from matinee.interactions import Bool, Float32, Int32, Int64, Interactions


@dataclass(frozen=True)
class Filter:
    """What stays.

    Attributes
    ----------
    label : the filter as it is called, such as ``min_ratings_per_item(5)``
    keep : ratings -> (n,) bool, True for those that stay
    implicit : True if what stays loses its values, as feedback of one kind
    """

    label: str
    keep: Callable[[Interactions], Bool]
    implicit: bool = False


@dataclass(frozen=True)
class Removed:
    """What one filter removed: users and items that have no rating left, and ratings."""

    filter: str
    users: int
    items: int
    ratings: int

    def __str__(self) -> str:
        return (
            f"{self.filter} removed {self.ratings:,} ratings, {self.users:,} users and "
            f"{self.items:,} items"
        )


def min_ratings_per_item(n: int) -> Filter:
    """Items with at least `n` ratings stay."""
    _positive("min_ratings_per_item", n)
    return Filter(f"min_ratings_per_item({n})", lambda r: (_per_item(r) >= n)[r.item_index])


def min_ratings_per_user(n: int) -> Filter:
    """Users with at least `n` ratings stay."""
    _positive("min_ratings_per_user", n)
    return Filter(f"min_ratings_per_user({n})", lambda r: (_per_user(r) >= n)[r.user_index])


def ratings_per_user(low: int = 100, high: int = 1000) -> Filter:
    """Users with `low` to `high` ratings stay, both included."""
    if not 0 <= low <= high:
        raise InvalidParameter(f"`low` must be within 0..high, got {low} and high {high}.")

    def keep(ratings: Interactions) -> Bool:
        counts = _per_user(ratings)
        kept: Bool = ((counts >= low) & (counts <= high))[ratings.user_index]
        return kept

    return Filter(f"ratings_per_user({low}, {high})", keep)


def min_mean_rating(mean: float) -> Filter:
    """Items whose mean rating is `mean` or higher stay.

    Applied to implicit feedback it raises Unsupported.
    """

    def keep(ratings: Interactions) -> Bool:
        sums = np.bincount(ratings.item_index, _values(ratings, "min_mean_rating"), ratings.n_items)
        kept: Bool = (sums >= mean * _per_item(ratings))[ratings.item_index]
        return kept

    return Filter(f"min_mean_rating({mean:g})", keep)


def liked_threshold(value: float) -> Filter:
    """Ratings of `value` or higher stay, as implicit feedback: they lose their values."""
    return Filter(
        f"liked_threshold({value:g})",
        lambda r: _values(r, "liked_threshold") >= value,
        implicit=True,
    )


def max_sparsity(share: float) -> Filter:
    """Items stay whose column of the user x item matrix is empty for at most this share of users.

    0.99 keeps items that at least 1 % of the users rated.
    """
    if not 0 <= share <= 1:
        raise InvalidParameter(f"`share` of max_sparsity must be within 0..1, got {share}.")

    def keep(ratings: Interactions) -> Bool:
        empty = ratings.n_users - _per_item(ratings)
        kept: Bool = (empty <= share * ratings.n_users)[ratings.item_index]
        return kept

    return Filter(f"max_sparsity({share:g})", keep)


FILTERS: dict[str, Callable[..., Filter]] = {
    f.__name__: f
    for f in (
        min_ratings_per_item,
        min_ratings_per_user,
        ratings_per_user,
        min_mean_rating,
        liked_threshold,
        max_sparsity,
    )
}
"""Every filter by its name."""


def parsed(text: str) -> Filter:
    """A filter from text such as "min_ratings_per_item=10" or "ratings_per_user=100:1000"."""
    name, _, stated = text.partition("=")
    if name not in FILTERS:
        raise InvalidParameter(f"A filter must be one of {', '.join(FILTERS)}, got {name!r}.")
    try:
        values = [float(v) for v in stated.split(":") if v]
        return FILTERS[name](*(int(v) if v.is_integer() else v for v in values))
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, InvalidParameter):
            raise
        raise InvalidParameter(
            f"A filter is written {name}=VALUE (ratings_per_user=LOW:HIGH), got {text!r}."
        ) from error


def apply(dataset: Dataset, filters: Sequence[Filter]) -> tuple[Dataset, list[Removed]]:
    """Apply filters in the order given, each once.

    What stays is what has ratings: vocabularies, tables, tags and folds are cut to it, and the
    indices begin anew. Without filters the data set stays as it is.

    Returns
    -------
    (dataset, removed)
        The smaller data set, and what each filter removed.

    Raises
    ------
    InvalidInput
        A filter leaves nothing.
    Unsupported
        A filter of values meets implicit feedback.
    """
    removed = []
    for filter_ in filters:
        smaller = _apply(dataset, filter_)
        removed.append(
            Removed(
                filter_.label,
                len(dataset.users) - len(smaller.users),
                len(dataset.items) - len(smaller.items),
                len(dataset.interactions) - len(smaller.interactions),
            )
        )
        dataset = smaller
    return dataset, removed


def _apply(dataset: Dataset, filter_: Filter) -> Dataset:
    ratings = dataset.interactions
    keep = filter_.keep(ratings)
    if not keep.any():
        raise InvalidInput(
            f"{filter_.label} must leave some of the {len(ratings):,} ratings of {dataset.name}, "
            "it leaves none; ask for less."
        )
    kept = ratings.take(keep)
    users, items = _per_user(kept) > 0, _per_item(kept) > 0
    user_ids, item_ids = _chosen(dataset.users, users), _chosen(dataset.items, items)
    interactions = Interactions(
        _place(users)[kept.user_index],
        _place(items)[kept.item_index],
        None if filter_.implicit else kept.value,
        kept.time,
        len(user_ids),
        len(item_ids),
    )
    place = _place(keep)
    return replace(
        dataset,
        interactions=interactions,
        users=user_ids,
        items=item_ids,
        user_table=dataset.user_table.filter(pa.array(users)),
        item_table=dataset.item_table.filter(pa.array(items)),
        tags=_known(dataset.tags, user_id=user_ids, item_id=item_ids),
        genome=_known(dataset.genome, item_id=item_ids),
        folds={
            name: (place[train[keep[train]]], place[test[keep[test]]])
            for name, (train, test) in dataset.folds.items()
        },
        scale=None if filter_.implicit else dataset.scale,
        specs=None,  # they told of all that was there
    )


def _known(table: pa.Table | None, **vocabularies: Vocabulary) -> pa.Table | None:
    for column, vocabulary in vocabularies.items():
        if table is not None:
            table = table.filter(
                pa.array([i in vocabulary for i in table.column(column).to_pylist()], pa.bool_())
            )
    return table


def _chosen(vocabulary: Vocabulary, keep: Bool) -> Vocabulary:
    return Vocabulary([vocabulary.ids[i] for i in np.flatnonzero(keep).tolist()])


def _place(keep: Bool) -> Int32:
    """Old position -> new position, for those that stay."""
    return np.cumsum(keep, dtype=np.int32) - np.int32(1)


def _per_user(ratings: Interactions) -> Int64:
    return np.bincount(ratings.user_index, minlength=ratings.n_users)


def _per_item(ratings: Interactions) -> Int64:
    return np.bincount(ratings.item_index, minlength=ratings.n_items)


def _values(ratings: Interactions, name: str) -> Float32:
    if ratings.value is None:
        raise Unsupported(f"{name} needs ratings with values, got implicit feedback; leave it out.")
    return ratings.value


def _positive(name: str, n: int) -> None:
    if n < 1:
        raise InvalidParameter(f"`n` of {name} must be at least 1, got {n}.")
