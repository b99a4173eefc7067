"""Ratings to scan: of a data set, or of a workspace."""

from __future__ import annotations

from dataclasses import dataclass

from matinee.data import Dataset
from matinee.features import side_information
from matinee.interactions import Interactions, SideInformation, default_liked_threshold
from matinee.progress import Progress, silent
from matinee.storage.workspace import Workspace


@dataclass(frozen=True, eq=False)
class Source:
    """Ratings to scan, and what they are called.

    Attributes
    ----------
    liked
        Rating from which one speaks of liking.
    """

    name: str
    ratings: Interactions
    side: SideInformation
    liked: float

    @classmethod
    def of_dataset(cls, dataset: Dataset) -> Source:
        side = side_information(dataset.item_table, dataset.user_table, dataset.tags)
        liked = default_liked_threshold(*dataset.interactions.scale)
        return cls(dataset.name, dataset.interactions, side, liked)

    @classmethod
    def of_workspace(cls, workspace: Workspace, progress: Progress = silent) -> Source:
        store = workspace.store
        ratings = store.interactions(progress)
        liked = float(store.setting("liked_threshold") or default_liked_threshold(*ratings.scale))
        side = side_information(store.items(), store.users(), store.tags())
        return cls(workspace.path.resolve().name, ratings, side, liked)
