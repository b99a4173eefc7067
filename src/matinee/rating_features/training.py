"""Features of training ratings, each without the rating that it will help to predict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Float32, Int64, Interactions, SideInformation
from matinee.rating_features import calendar, sums
from matinee.rating_features.calendar import Float64
from matinee.rating_features.fitting import rated
from matinee.rating_features.formulas import ITEM_DAMPING, USER_DAMPING
from matinee.rating_features.known import Known
from matinee.rating_features.recent import Sequence, chronological

MODES = ("out-of-fold", "leave-one-out", "past")
"""Which ratings a training row's statistics are made of."""
FOLDS = 5


def of_training(
    train: Interactions,
    side: SideInformation | None,
    known: Known,
    *,
    mode: str = "out-of-fold",
    seed: int = 0,
) -> Float32:
    """Features of the ratings that `known` was fitted to, in their order.

    Parameters
    ----------
    mode
        "out-of-fold": a row's statistics are of all ratings but those of its random fold of
        `FOLDS`. "leave-one-out": of all ratings but its own. "past": of earlier ratings only (of
        equal times, of lower rows), for a split by time. In every mode recent values are of
        ratings of an earlier time, days are counted from the first rating, which may be the own
        one, and clusters are by who rated what in all of `train`, without how high.
    seed
        Of the folds.

    Returns
    -------
    (n, f) float32, columns `known.names`; NaN where unknown.

    Raises
    ------
    InvalidParameter
        No such mode.
    InvalidInput
        Feedback without values, or "past" where the time of a rating is unknown.
    """
    if mode not in MODES:
        raise InvalidParameter(f"`mode` must be {' or '.join(MODES)}, got {mode!r}.")
    values = rated(train)
    when = calendar.seconds(train.time, len(train))
    result = np.empty((len(train), len(known.names)), np.float32)
    if not len(train):
        return result
    side = side or SideInformation()
    profiles = known.profiles_of(side.user_features, train.n_users)
    # A history knows the items of ratings, and not their rows.
    order = chronological(when, ties=train.item_index)
    by_user = Sequence(train.user_index, train.n_users, when, order)
    by_item = Sequence(train.item_index, train.n_items, when, order)
    recent_user, recent_item = by_user.before(values), by_item.before(values)
    user_first = by_user.first()
    if mode == "past":
        parts = _past(train, known, when, by_item)
    else:
        parts = _left_out(train, known, folds(len(train), seed) if mode == MODES[0] else None)
    cluster = known.user_cluster(train.matrix)
    for found in parts:
        users, items = train.user_index[found.rows], train.item_index[found.rows]
        result[found.rows] = known.matrix(
            items,
            when[found.rows],
            (sums.of_users(found.user, found.mean), user_first[users], recent_user[found.rows]),
            (
                sums.traits(found.item, found.mean, ITEM_DAMPING),
                known.item_first[items],
                recent_item[found.rows],
            ),
            cluster[users],
            profiles[users],
        )
    return result


def folds(n: int, seed: int) -> npt.NDArray[np.int8]:
    """(n,) the fold of each row, of `FOLDS`, drawn at random."""
    return np.random.default_rng(seed).integers(FOLDS, size=n, dtype=np.int8)


def check_dated(when: Float64) -> None:
    """InvalidInput unless the time of every rating is known."""
    if np.isnan(when).any():
        raise InvalidInput(
            "Features of the past need the time of every rating, and "
            f"{int(np.isnan(when).sum()):,} of {len(when):,} have none; take out-of-fold."
        )


class _Found(NamedTuple):
    """Statistics of some rows."""

    rows: Int64
    mean: Float64
    user: Float64
    item: Float64


def _left_out(
    train: Interactions, known: Known, fold: npt.NDArray[np.int8] | None
) -> Iterator[_Found]:
    """Statistics of all ratings but those of the row's fold, or but the own one."""
    users, items, values = train.user_index, train.item_index, rated(train)
    weight, mean = sums.trust(sums.counts(users, train.n_users, values), USER_DAMPING)

    def added(rows: Int64) -> tuple[Float64, Float64]:
        """What these rows add to their users, and to their items."""
        user = users[rows]
        to_item = sums.plain(values[rows], weight[user], mean[user])
        return known.user_added(values[rows], items[rows]), to_item

    def summed(rows: Int64) -> tuple[Float64, Float64]:
        """What these rows add up to: of each user, of each item."""
        of_users = np.zeros((train.n_users, known.user_width))
        of_items = np.zeros((train.n_items, sums.PLAIN))
        for block in sums.blocks(rows):
            to_user, to_item = added(block)
            of_users += sums.by_group(users[block], train.n_users, to_user)
            of_items += sums.by_group(items[block], train.n_items, to_item)
        return of_users, of_items

    all_users, all_items = summed(np.arange(len(train)))
    n, whole = len(train), float(values.sum(dtype=np.float64))
    if fold is None:
        for rows in sums.blocks(np.arange(n)):
            to_user, to_item = added(rows)
            mean_of_others = (whole - values[rows]) / (n - 1) if n > 1 else np.full(1, np.nan)
            yield _Found(
                rows,
                mean_of_others,
                all_users[users[rows]] - to_user,
                all_items[items[rows]] - to_item,
            )
        return
    for which in range(FOLDS):
        held = np.flatnonzero(fold == which)
        held_users, held_items = summed(held)
        rest = n - len(held)
        left = (whole - values[held].sum(dtype=np.float64)) / rest if rest else np.nan
        held_users, held_items = all_users - held_users, all_items - held_items
        for rows in sums.blocks(held):
            yield _Found(
                rows, np.full(len(rows), left), held_users[users[rows]], held_items[items[rows]]
            )


def _past(train: Interactions, known: Known, when: Float64, by_item: Sequence) -> Iterator[_Found]:
    """Statistics of earlier ratings."""
    check_dated(when)
    values = rated(train)
    by_user = Sequence(train.user_index, train.n_users, when)
    counted = np.stack([np.ones(len(values)), values.astype(np.float64)], axis=1)
    user_weight, user_mean = sums.trust(by_user.sums_before(counted), USER_DAMPING)
    item_weight, item_mean = sums.trust(by_item.sums_before(counted), ITEM_DAMPING)
    of_items = by_item.sums_before(sums.plain(values, user_weight, user_mean))
    everybody = Sequence(np.zeros(len(values), np.int32), 1, when).sums_before(counted)
    mean = np.divide(
        everybody[:, 1],
        everybody[:, 0],
        out=np.full(len(values), np.nan),
        where=everybody[:, 0] > 0,
    )
    to_user = sums.plain(values, item_weight, item_mean)
    for start, end in _whole_groups(by_user):
        rows = by_user.order[start:end]
        items = train.item_index[rows]
        added = sums.with_genres(to_user[rows], known.item_genres[items])
        yield _Found(
            rows,
            mean[rows],
            sums.before(by_user.first_row[start:end] - start, added),
            of_items[rows],
        )


def _whole_groups(sequence: Sequence) -> Iterator[tuple[int, int]]:
    """Blocks of sorted rows that end where a group ends."""
    start = 0
    for end in sequence.bounds[1:].tolist():
        if end - start >= sums.BLOCK or (end == len(sequence.order) and end > start):
            yield start, end
            start = end
