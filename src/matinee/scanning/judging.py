"""The recommender that clusters make, judged on validation ratings for any number of clusters."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from matinee.evaluation.primary import primary
from matinee.interactions import SideInformation
from matinee.model import Model
from matinee.models.popularity import Popularity
from matinee.splits import Split


class Judge:
    """The recommender that clusters of a kind make, judged on validation ratings for any k.

    A fifth of what each person likes is test and never looked at; a fifth of the rest is
    validation, by the same rule.
    """

    def __init__(self, split: Split, side: SideInformation, made: Callable[[int], Model]) -> None:
        self.split, self._side, self._made = split, side, made

    def __call__(self, k: int) -> float:
        """NDCG@10 with k clusters."""
        return self._figure(self._made(k))

    @cached_property
    def popularity(self) -> float:
        """NDCG@10 of what most people like."""
        return self._figure(Popularity())

    def _figure(self, model: Model) -> float:
        return primary(model.fit(self.split.train, self._side), self.split)
