"""Which tags may be known to models that are judged on held-out ratings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matinee.interactions import Bool, Int64
from matinee.splits import Split
from matinee.splits.protocol import ROLLING, TIME


def known_tags(
    tags: pa.Table, split: Split, user_ids: Sequence[str], item_ids: Sequence[str]
) -> pa.Table:
    """The tags that tell nothing of the test part.

    Who tags a title has seen it, so a tag is as much of a secret as a rating. Left out are tags
    that people gave to test items of theirs; where what is known of the people judged is `given`,
    those of everybody whom training lacks; and under a cut in time all later than training.

    Parameters
    ----------
    tags
        With ``item_id`` and, where known, ``user_id`` and ``time``: what is not known is not
        checked.
    user_ids, item_ids
        In the numbering of the split.
    """
    told = np.ones(tags.num_rows, bool)
    times = split.train.time
    if split.protocol.kind in (TIME, ROLLING) and times is not None and "time" in tags.column_names:
        early = pc.less_equal(tags.column("time"), int(times.max()))
        told &= pc.fill_null(early, False).to_numpy()
    if "user_id" in tags.column_names:
        told &= ~_of_test(
            _places(tags.column("user_id"), user_ids),
            _places(tags.column("item_id"), item_ids),
            split,
        )
    return tags if told.all() else tags.filter(pa.array(told))


def _of_test(users: Int64, items: Int64, split: Split) -> Bool:
    test = split.test
    hidden = np.isin(
        users * test.n_items + items,
        test.user_index.astype(np.int64) * test.n_items + test.item_index,
    ) & ((users >= 0) & (items >= 0))
    if split.given is None:
        return hidden
    trained = np.bincount(split.train.user_index, minlength=test.n_users) > 0
    return np.asarray(hidden | ~trained[users] | (users < 0))


def _places(column: pa.ChunkedArray, ids: Sequence[str]) -> Int64:
    """(n,) int64 of each id among `ids`; -1 for others."""
    found = pc.index_in(column.cast(pa.string()), pa.array(ids, pa.string()))
    return np.asarray(pc.fill_null(found, -1).to_numpy(), np.int64)
