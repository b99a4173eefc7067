"""Parts of the people or of the catalogue, of which figures are given apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from matinee.errors import InvalidInput
from matinee.interactions import Int32, Interactions
from matinee.splits import Split

_HEAD = 0.2


@dataclass(frozen=True, eq=False)
class Segmentation:
    """A way to part people or items into segments.

    Parameters
    ----------
    name
        "people", "items", "clusters".
    of
        What is parted. Figures of a segment of people are those of its people; figures of a
        segment of items count only its test ratings, or hits of its items.
    names
        Of the segments.
    label : (n_users,) or (n_items,) int32
        Place of each in `names`; -1 for those in no segment.

    Raises
    ------
    InvalidInput
        A label has no name.
    """

    name: str
    of: Literal["users", "items"]
    names: tuple[str, ...]
    label: Int32

    def __post_init__(self) -> None:
        object.__setattr__(self, "label", np.asarray(self.label, np.int32))
        if len(self.label) and not -1 <= self.label.min() <= self.label.max() < len(self.names):
            raise InvalidInput(
                f"Labels of the segments by {self.name} must lie in -1..{len(self.names) - 1}, got "
                f"{self.label.min()}..{self.label.max()}."
            )

    def check(self, ratings: Interactions) -> None:
        """InvalidInput if it does not label every user, or item, of these ratings."""
        size = ratings.n_users if self.of == "users" else ratings.n_items
        if len(self.label) != size:
            raise InvalidInput(
                f"Segments by {self.name} must label all {size} {self.of}, got {len(self.label)} "
                "labels."
            )


def standard(split: Split) -> tuple[Segmentation, Segmentation]:
    """Light, medium and heavy users, and items of the head and the tail.

    - "people": the people judged, by how many of their ratings are known to the model. Up to the
      first tercile of these counts they are light, up to the second medium, above it heavy, so
      that people with equal counts are together.
    - "items": the fifth of the items rated in training (rounded up) that has the most ratings
      there is the head (equal ones by index), all others are the tail.
    """
    counts = np.bincount(split.known.user_index, minlength=split.test.n_users)
    label = np.full(split.test.n_users, -1, np.int32)
    judged = counts[split.people]
    if len(judged):
        bounds = np.quantile(judged, [1 / 3, 2 / 3], method="inverted_cdf")
        label[split.people] = np.searchsorted(bounds, judged, side="left")
    rated = np.bincount(split.train.item_index, minlength=split.train.n_items)
    most = np.argsort(-rated, kind="stable")[: int(np.ceil(_HEAD * np.count_nonzero(rated)))]
    tail = np.ones(split.train.n_items, np.int32)
    tail[most] = 0
    return (
        Segmentation("people", "users", ("light", "medium", "heavy"), label),
        Segmentation("items", "items", ("head", "tail"), tail),
    )
