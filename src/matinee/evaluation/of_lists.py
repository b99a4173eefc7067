"""Judging lists: arrays in, figures of each person and of all out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array

from matinee.evaluation import beyond, metrics
from matinee.evaluation.beyond import Catalogue
from matinee.evaluation.metrics import Float64
from matinee.evaluation.segments import Segmentation
from matinee.interactions import Bool, Int32, Int64

CUTOFF = 10
RECALL_CUTOFF = 20
"""Entries of a list that recall looks at, and that are kept."""


@dataclass(frozen=True, eq=False)
class JudgedLists:
    """What people were recommended, and what they should have been.

    Parameters
    ----------
    index : (people,) int64
        User indices, ascending.
    lists : (people, n) int32
        Best first, -1 where a list ends early; n is `recall_cutoff` or more, or the catalogue.
    relevant, known : (people, n_items) sorted CSR
        What each chose in the test part, and what the model knew of them.
    catalogue
        See `Catalogue`.
    share : (nnz of relevant,) float64, or None
        Of `metrics.outranked`; None: there is no AUC.
    cutoff, recall_cutoff
        Entries that recall looks at, and all other figures.
    """

    index: Int64
    lists: Int32
    relevant: csr_array
    known: csr_array
    catalogue: Catalogue
    share: Float64 | None = None
    cutoff: int = CUTOFF
    recall_cutoff: int = RECALL_CUTOFF

    @cached_property
    def _hit(self) -> Bool:
        return metrics.hits(self.lists, self.relevant)

    @cached_property
    def _right(self) -> dict[str, Float64]:
        return _right(self._hit, self.relevant, self.share, self.cutoff, self.recall_cutoff)

    @cached_property
    def _beyond(self) -> dict[str, Float64]:
        k, lists, about = self.cutoff, self.lists, self.catalogue
        found = {f"novelty@{k}": beyond.novelty(lists, about, k)}
        if about.features is not None:
            found[f"diversity@{k}"] = beyond.diversity(lists, about, k)
        found[f"serendipity@{k}"] = beyond.serendipity(lists, self._hit, about, k)
        found[f"popularity@{k}"] = beyond.popularity(lists, about, k)
        if about.genres is not None:
            found[f"calibration@{k}"] = beyond.calibration(lists, self.known, about, k)
        return found

    @property
    def own(self) -> dict[str, Float64]:
        """(people,) of each figure that is a mean over people; NaN where somebody has none."""
        return self._right | self._beyond

    def figures(self, of: Bool | None = None) -> dict[str, float]:
        """Means over all people, or those of a mask, and what is of all their lists together."""
        chosen = np.ones(len(self.lists), bool) if of is None else of
        shown, n_items = self.lists[chosen, : self.cutoff], len(self.catalogue.choices)
        together = {
            f"coverage@{self.cutoff}": beyond.coverage(shown, n_items),
            f"gini@{self.cutoff}": beyond.gini(shown, n_items),
        }
        return _means(self._right, chosen) | together | _means(self._beyond, chosen)

    def by_segment(self, parted: Sequence[Segmentation]) -> dict[str, dict[str, dict[str, float]]]:
        """Figures of each segment that has anybody, and how many people they are means of."""
        return {
            one.name: self._of_people(one) if one.of == "users" else self._of_items(one)
            for one in parted
        }

    def _of_people(self, parted: Segmentation) -> dict[str, dict[str, float]]:
        label = parted.label[self.index]
        return {
            name: self.figures(label == place) | {"counted": float((label == place).sum())}
            for place, name in enumerate(parted.names)
            if (label == place).any()
        }

    def _of_items(self, parted: Segmentation) -> dict[str, dict[str, float]]:
        """Of the items of a segment only are relevant ones counted, and hits; lists stay whole."""
        found = {}
        for place, name in enumerate(parted.names):
            kept = parted.label[self.relevant.indices] == place
            indptr = np.concatenate([[0], np.cumsum(kept)])[self.relevant.indptr]
            indices = self.relevant.indices[kept]
            relevant = csr_array(
                (np.ones(len(indices), np.float32), indices, indptr.astype(np.int32)),
                shape=self.relevant.shape,
            )
            hit = self._hit & (self.lists >= 0) & (parted.label[self.lists] == place)
            share = None if self.share is None else self.share[kept]
            counted = int((np.diff(indptr) > 0).sum())
            if counted:
                own = _right(hit, relevant, share, self.cutoff, self.recall_cutoff)
                found[name] = _means(own, slice(None)) | {"counted": float(counted)}
        return found


def _right(
    hit: Bool, relevant: csr_array, share: Float64 | None, k: int, recall_k: int
) -> dict[str, Float64]:
    n = np.diff(relevant.indptr)
    found = {
        f"ndcg@{k}": metrics.ndcg(hit, n, k),
        f"recall@{recall_k}": metrics.recall(hit, n, recall_k),
        f"precision@{k}": metrics.precision(hit, n, k),
        f"recall_capped@{recall_k}": metrics.recall_capped(hit, n, recall_k),
        f"map@{k}": metrics.average_precision(hit, n, k),
        f"mrr@{k}": metrics.reciprocal_rank(hit, n, k),
        f"hit_rate@{k}": metrics.hit_rate(hit, n, k),
    }
    return found if share is None else found | {"auc": metrics.auc(share, relevant)}


def _means(own: dict[str, Float64], of: Bool | slice) -> dict[str, float]:
    return {name: metrics.mean_and_interval(each[of])[0] for name, each in own.items()}
