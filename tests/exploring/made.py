"""Data sets of a few ratings."""

from __future__ import annotations

import pyarrow as pa

from matinee.data.dataset import Dataset, Vocabulary
from matinee.interactions import Interactions


def bare(ratings: Interactions, **items) -> Dataset:
    """A data set without anything beside the ratings but what `items` say."""
    users = Vocabulary(f"u{i}" for i in range(ratings.n_users))
    names = Vocabulary(f"i{i}" for i in range(ratings.n_items))
    return Dataset(
        "made",
        ratings,
        users,
        names,
        pa.table({"item_id": pa.array(names.ids, pa.string()), **items}),
        pa.table({"user_id": pa.array(users.ids, pa.string())}),
    )
