"""What training ratings tell of movies and of everybody, learned."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from matinee.errors import InvalidInput
from matinee.interactions import Float32, Interactions, SideInformation
from matinee.rating_features import calendar, groups, sums
from matinee.rating_features.calendar import Float64
from matinee.rating_features.formulas import USER_DAMPING
from matinee.rating_features.known import Known
from matinee.rating_features.recent import Sequence

_GENRE = "genre:"


def fit(train: Interactions, side: SideInformation | None = None, *, seed: int = 0) -> Known:
    """Learn what features need from training ratings.

    Parameters
    ----------
    train
        Ratings with values, and with times where they are known (a time of 0 is unknown).
    side
        Genres ("genre:...") and years of items, profiles of people, where known.
    seed
        Of the clusters.

    Raises
    ------
    InvalidInput
        Feedback without values, or times of the year 2100 or later.
    """
    values = rated(train)
    side = side or SideInformation()
    when = calendar.seconds(train.time, len(train))
    items = train.item_index
    of_users = sums.counts(train.user_index, train.n_users, values)
    weight, mean = sums.trust(of_users, USER_DAMPING)
    item_sums = np.zeros((train.n_items, sums.PLAIN))
    for rows in sums.blocks(np.arange(len(train))):
        users = train.user_index[rows]
        added = sums.plain(values[rows], weight[users], mean[users])
        item_sums += sums.by_group(items[rows], train.n_items, added)
    sequence = Sequence(items, train.n_items, when)
    return of_items(
        side,
        groups.groups_of(train, side, seed),
        item_sums,
        sequence.first(),
        sequence.checkpoints(values),
    )


def of_items(
    side: SideInformation,
    grouped: groups.Groups,
    item_sums: Float64,
    first: Float64,
    recent: tuple[Float64, Float32],
) -> Known:
    """`fit` from statistics that were found already."""
    genres, names = genres_of(side, len(item_sums))
    years = side.item_years
    if years is None:
        years = np.full(len(item_sums), np.nan, np.float32)
    return Known(
        whole=item_sums[:, :2].sum(axis=0),
        item_sums=_and_unknown(item_sums, 0),
        item_first=_and_unknown(first, np.nan),
        item_times=_and_unknown(recent[0], np.inf),
        item_recent=_and_unknown(recent[1], np.nan),
        item_genres=_and_unknown(genres, 0),
        item_years=_and_unknown(years, np.nan),
        item_vectors=_and_unknown(grouped.vectors, 0),
        item_cluster=_and_unknown(grouped.item_cluster, -1),
        item_clusters=np.array([grouped.item_clusters]),
        user_centers=grouped.centers,
        genres=np.array(names, np.str_),
        profile=np.array(side.user_feature_names, np.str_),
    )


def rated(train: Interactions) -> Float32:
    """The values of ratings; InvalidInput where there are none."""
    if train.value is None:
        raise InvalidInput(
            "Features of ratings need ratings with values, got implicit feedback; give ratings."
        )
    return train.value


def genres_of(side: SideInformation, n_items: int) -> tuple[Float32, list[str]]:
    """(n_items, G) zeros and ones, and names such as "genre:Drama"."""
    if side.item_features is None:
        return np.zeros((n_items, 0), np.float32), []
    named = [j for j, name in enumerate(side.item_feature_names) if name.startswith(_GENRE)]
    dense = np.asarray(side.item_features[:, named].toarray(), np.float32)
    return dense, [side.item_feature_names[j] for j in named]


def _and_unknown(rows: npt.NDArray[Any], filler: float) -> npt.NDArray[Any]:
    """`rows` and one more, of the unknown item."""
    last = np.full((1, *rows.shape[1:]), filler, rows.dtype)
    return np.concatenate([rows, last])
