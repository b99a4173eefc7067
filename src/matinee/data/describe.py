"""What a data set holds, in figures."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pyarrow as pa

from matinee.data.dataset import Dataset
from matinee.interactions import Int64, Interactions, default_liked_threshold

_MOST_STEPS = 40  # a scale with more distinct ratings than that is called continuous


@dataclass(frozen=True)
class Quantiles:
    """Of ratings per user (or item), over those with at least one."""

    lowest: int
    quarter: float
    median: float
    three_quarters: float
    highest: int
    mean: float


@dataclass(frozen=True)
class Description:
    """Facts about a data set.

    Attributes
    ----------
    users, items, ratings
        All users and items, those without a rating too; all rows of ratings.
    density
        Rated pairs / (users * items).
    scale
        (low, high) as declared, else as found; None for implicit feedback.
    steps
        The distinct ratings, ascending; empty if there are more than 40, or none.
    histogram
        Ratings of each of `steps`.
    mean
        Of all ratings; None for implicit feedback or no ratings.
    per_user, per_item
        How many ratings each has; None if there are no ratings.
    first, last
        Dates of the earliest and latest rating, UTC (ISO 8601); None without times.
    users_without_ratings, items_without_ratings
        In the tables, but never in a rating.
    duplicates
        Rows beyond the first of their (user, item) pair.
    liked_threshold, liked_share
        From which rating one speaks of liking, and the share of ratings that high.
    people, links, tags, genome_scores
        Users of whom something is known, items with an id elsewhere, rows of tags, of the genome.
    folds
        Names of the folds shipped with the set.
    """

    name: str
    users: int
    items: int
    ratings: int
    density: float
    scale: tuple[float, float] | None
    steps: tuple[float, ...]
    histogram: tuple[int, ...]
    mean: float | None
    per_user: Quantiles | None
    per_item: Quantiles | None
    first: str | None
    last: str | None
    users_without_ratings: int
    items_without_ratings: int
    duplicates: int
    liked_threshold: float | None
    liked_share: float | None
    people: int
    links: int
    tags: int
    genome_scores: int
    folds: tuple[str, ...]

    def as_dict(self) -> dict[str, object]:
        """All of the above, for ``--json``."""
        return asdict(self)


def describe(dataset: Dataset) -> Description:
    """The facts of a data set; a few seconds for 25 million ratings."""
    ratings = dataset.interactions
    n = len(ratings)
    per_user = np.bincount(ratings.user_index, minlength=ratings.n_users)
    per_item = np.bincount(ratings.item_index, minlength=ratings.n_items)
    duplicates = _duplicates(ratings)
    pairs = ratings.n_users * ratings.n_items
    first, last = _dates(ratings)
    steps, histogram = _histogram(ratings)
    scale, mean, threshold, share = None, None, None, None
    if ratings.value is not None and n:
        scale = dataset.scale or ratings.scale
        mean = float(ratings.value.mean(dtype=np.float64))
        threshold = default_liked_threshold(*scale)
        share = float((ratings.value >= threshold).mean())
    return Description(
        name=dataset.name,
        users=len(dataset.users),
        items=len(dataset.items),
        ratings=n,
        density=(n - duplicates) / pairs if pairs else 0.0,
        scale=scale,
        steps=steps,
        histogram=histogram,
        mean=mean,
        per_user=_quantiles(per_user),
        per_item=_quantiles(per_item),
        first=first,
        last=last,
        users_without_ratings=int((per_user == 0).sum()),
        items_without_ratings=int((per_item == 0).sum()),
        duplicates=duplicates,
        liked_threshold=threshold,
        liked_share=share,
        people=_known(dataset.user_table, ("age", "gender", "occupation", "zip")),
        links=_known(dataset.item_table, ("imdb_id", "tmdb_id")),
        tags=0 if dataset.tags is None else len(dataset.tags),
        genome_scores=0 if dataset.genome is None else len(dataset.genome),
        folds=tuple(dataset.folds),
    )


def _duplicates(ratings: Interactions) -> int:
    keys = ratings.user_index.astype(np.int64) * max(ratings.n_items, 1)
    keys += ratings.item_index
    keys.sort()
    return int((keys[1:] == keys[:-1]).sum())


def _dates(ratings: Interactions) -> tuple[str | None, str | None]:
    if ratings.time is None or not len(ratings):
        return None, None
    ends = (int(ratings.time.min()), int(ratings.time.max()))
    # By numpy, which knows dates beyond the years 1..9999 too
    first, last = (str(np.datetime64(end, "s").astype("datetime64[D]")) for end in ends)
    return first, last


def _histogram(ratings: Interactions) -> tuple[tuple[float, ...], tuple[int, ...]]:
    if ratings.value is None:
        return (), ()
    steps, counts = np.unique(ratings.value, return_counts=True)
    if len(steps) > _MOST_STEPS:
        return (), ()
    return tuple(round(float(s), 6) for s in steps), tuple(int(c) for c in counts)


def _quantiles(counts: Int64) -> Quantiles | None:
    counts = counts[counts > 0]
    if not len(counts):
        return None
    quarter, median, three_quarters = np.quantile(counts, (0.25, 0.5, 0.75)).tolist()
    return Quantiles(
        int(counts.min()), quarter, median, three_quarters, int(counts.max()), float(counts.mean())
    )


def _known(table: pa.Table, columns: tuple[str, ...]) -> int:
    """Rows in which any of the columns that the table has is filled."""
    known = np.zeros(len(table), bool)
    for name in set(columns) & set(table.column_names):
        known |= table.column(name).is_valid().to_numpy(zero_copy_only=False)
    return int(known.sum())
