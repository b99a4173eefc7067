"""Titles in clusters: what a cluster likes, where a title is liked, and the best beside a title."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np
import numpy.typing as npt

from matinee.catalogue import Catalogue
from matinee.cluster_answers import Clustering, ClusterMate, ClusterTitle, TitleCluster
from matinee.clusters.grouping import Grouping
from matinee.clusters.marks import Float64
from matinee.errors import InvalidParameter, Unsupported
from matinee.models.item_clusters import ItemClusters
from matinee.storage.store import Store

By = Literal["lift", "count", "mean"]
MateBy = Literal["mean", "likeness"]
_Known = tuple[str, str, int | None, list[str], int, float | None]
DAMPING = 10.0
"""Ratings like everybody's that the mean of each title is given."""


def order(text: str | None) -> By | None:
    """`text` as an order of the titles of a cluster; InvalidParameter if it is none."""
    for known in get_args(By):
        if text == known:
            return known
    if text is not None:
        raise InvalidParameter(f"Titles are ordered by lift, count or mean, got {text!r}.")
    return None


def mate_order(text: str) -> MateBy:
    """`text` as an order of the titles beside a title; InvalidParameter if it is none."""
    for known in get_args(MateBy):
        if text == known:
            return known
    raise InvalidParameter(f"Titles of a cluster come by mean or by likeness, got {text!r}.")


class Rated(NamedTuple):
    """How all items are rated at this moment."""

    n: Float64
    """(n_items,) ratings of each."""
    mean: Float64
    """(n_items,) their mean, 0 where there is none."""

    def damped(self) -> Float64:
        """(n_items,) ``(sum + DAMPING * mean of all) / (n + DAMPING)``."""
        total = float((self.n * self.mean).sum())
        overall = total / max(float(self.n.sum()), 1.0)
        return (self.n * self.mean + DAMPING * overall) / (self.n + DAMPING)


def rated(store: Store) -> Rated:
    """How the items of a store are rated at this moment."""
    counts = store.counts(list(range(store.n_items())))
    n = np.array([counts[i][0] for i in range(len(counts))], np.float64)
    mean = np.array([counts[i][1] or 0.0 for i in range(len(counts))], np.float64)
    return Rated(n, mean)


def _damped_means(store: Store) -> Float64:
    if not _has_values(store):
        raise Unsupported(
            "Implicit feedback has no mean ratings to order by; order by likeness or by count."
        )
    return rated(store).damped()


def _has_values(store: Store) -> bool:
    return store.setting("feedback") != "implicit"


def titles_of(
    grouping: Grouping, number: int, by: By | None, n: int, store: Store, catalogue: Catalogue
) -> list[ClusterTitle]:
    """The first `n` titles of a cluster.

    Parameters
    ----------
    by
        "lift" (clusters of people: what they like more than everybody), "count" or "mean" (damped);
        default: lift, or count for clusters of items.
    """
    people = grouping.on == "users"
    by = by or ("lift" if people else "count")
    if by == "lift" and not people:
        raise Unsupported(
            "A title is in one cluster of titles alone, so it has no lift; order by count or mean."
        )
    count = grouping.counts[number].astype(np.float64)
    there = np.flatnonzero(count if people else grouping.labels == number)
    lift = grouping.lift_of_titles(number) if people else np.zeros(0)
    if by == "lift":
        key: npt.NDArray[Any] = lift[there]
    elif by == "count":
        key = count[there]
    else:
        key = _damped_means(store)[there]
    # Of equals the one with more choices, then the lower index.
    chosen = there[np.lexsort((there, -count[there], -key))][:n]
    whole = float(grouping.sizes[number]) if people else float(count.sum())
    rate = grouping.rate
    rows = zip(_known(store, catalogue, chosen.tolist()), chosen.tolist(), strict=True)
    return [
        ClusterTitle(
            *known,
            count=int(count[i]),
            share=float(count[i]) / max(whole, 1.0),
            everybody=float(rate[i]) if people else None,
            lift=float(lift[i]) if people else None,
        )
        for known, i in rows
    ]


def clusters_of(
    clustering: Clustering, grouping: Grouping, called: list[str], index: int
) -> list[TitleCluster]:
    """The clusters that like an item, the highest share first; or the one cluster it is in."""
    if index >= grouping.counts.shape[1]:
        return []
    if grouping.on == "items":
        numbers = [int(grouping.labels[index])]
    else:
        share = grouping.counts[:, index] / np.maximum(grouping.sizes, 1)
        order = np.argsort(-share, kind="stable").tolist()
        numbers = [c for c in order if grouping.counts[c, index] > 0]
    found = []
    for number in numbers:
        count, size = int(grouping.counts[number, index]), int(grouping.sizes[number])
        people = grouping.on == "users"
        whole = size if people else int(grouping.counts[number].sum())
        found.append(
            TitleCluster(
                clustering.archive_id,
                clustering.model,
                clustering.on,
                number,
                called[number],
                size,
                count,
                count / max(whole, 1),
                float(grouping.lift_of_titles(number)[index]) if people else None,
            )
        )
    return found


def mates_of(
    model: ItemClusters, index: int, by: MateBy, n: int, store: Store, catalogue: Catalogue
) -> list[ClusterMate]:
    """The best of the other titles of a title's cluster.

    Parameters
    ----------
    by
        "mean": damped mean rating; "likeness": cosine to the title.
    """
    there = np.flatnonzero(model.labels_ == model.labels_[index])
    there = there[there != index]
    if by == "mean":
        score = _damped_means(store)[there]
    else:
        alike = model.similar_items([index], model.n_items)
        every = np.zeros(model.n_items, np.float64)
        known = alike.items[0] >= 0
        every[alike.items[0][known]] = alike.scores[0][known]
        score = every[there]
    order = np.lexsort((there, -score))[:n]
    rows = zip(_known(store, catalogue, there[order].tolist()), score[order].tolist(), strict=True)
    return [ClusterMate(*known, value) for known, value in rows]


def _known(store: Store, catalogue: Catalogue, items: list[int]) -> list[_Known]:
    """What every record of a title begins with: counts and means are those of this moment."""
    valued = _has_values(store)
    return [
        (t.item_id, t.title, t.year, t.genres, t.n_ratings, t.mean if valued else None)
        for t in catalogue.titles(items)
    ]
