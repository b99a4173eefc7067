"""What a split's models know besides ratings, and the segments that their figures are given by."""

from __future__ import annotations

import numpy as np

from matinee.data.dataset import Dataset
from matinee.errors import InvalidInput
from matinee.evaluation.segments import Segmentation, standard
from matinee.features import known_tags, side_information
from matinee.interactions import SideInformation
from matinee.models.user_clusters import UserClusters
from matinee.splits import Split

_CLUSTERS = 6
"""Of people: few enough for each to have test ratings, and to be read."""


class Sides:
    """Side information of a data set, for each split without the tags that tell of its test."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._whole: SideInformation | None = None

    def of(self, split: Split) -> SideInformation:
        """All of it, but tags that must not be known: see `known_tags`."""
        data, tags = self._dataset, self._dataset.tags
        if tags is not None:
            known = known_tags(tags, split, data.users.ids, data.items.ids)
            if known.num_rows < tags.num_rows:
                return side_information(data.item_table, data.user_table, known)
        if self._whole is None:
            self._whole = side_information(data.item_table, data.user_table, tags)
        return self._whole


def segmentations(
    split: Split, side: SideInformation, liked: float, *, clusters: bool
) -> tuple[Segmentation, ...]:
    """Light and heavy people, head and tail items; with `clusters`, people grouped by taste.

    Clusters are those of `user_clusters`, found on the training part alone; people whom training
    does not hold are in none.
    """
    found: tuple[Segmentation, ...] = standard(split)
    if not clusters or split.given is not None:
        return found
    try:
        model = UserClusters(n_clusters=_CLUSTERS).fit(split.train.liked(liked), side)
    except InvalidInput:
        # Too few likes to group anybody by.
        return found
    names = tuple(f"cluster {number}" for number in range(len(model.size_)))
    return (*found, Segmentation("clusters", "users", names, model.members_.astype(np.int32)))
