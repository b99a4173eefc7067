"""Where models disagree: in their lists or predictions, and on which titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from matinee import models
from matinee.comparing.kept import Judged
from matinee.data.dataset import Dataset
from matinee.evaluation.metrics import Float64
from matinee.evaluation.records import Contested, Disagreement
from matinee.interactions import Float32, Int32
from matinee.splits import Split

_SHOWN = 10
"""Contested titles."""
_ENOUGH = 5
"""Test ratings that a title's mean prediction must be a mean of."""
_BLOCK = 1 << 14


def disagreements(judged: Mapping[str, Judged]) -> list[Disagreement]:
    """How alike each two models answered, on the same split."""
    found = []
    for (first, one), (second, other) in combinations(judged.items(), 2):
        overlap = correlation = None
        if one.lists is not None and other.lists is not None:
            overlap = mean_overlap(one.lists, other.lists)
        if one.predicted is not None and other.predicted is not None:
            correlation = _correlation(one.predicted, other.predicted)
        found.append(Disagreement(first, second, overlap, correlation))
    return found


def mean_overlap(first: Int32, second: Int32) -> float | None:
    """Mean over people of the share of common items of two lists; -1 is no item.

    ``|A and B| / max(|A|, |B|)``; people of whom both lists are empty are left out.

    Parameters
    ----------
    first, second : (people, n) int32
    """
    shares = []
    for start in range(0, len(first), _BLOCK):
        a, b = first[start : start + _BLOCK], second[start : start + _BLOCK]
        common = ((a[:, :, None] == b[:, None, :]) & (a >= 0)[:, :, None]).sum(axis=(1, 2))
        most = np.maximum((a >= 0).sum(axis=1), (b >= 0).sum(axis=1))
        shares.append(common[most > 0] / most[most > 0])
    each = np.concatenate(shares) if shares else np.zeros(0)
    return float(each.mean()) if len(each) else None


def _correlation(first: Float32, second: Float32) -> float | None:
    """Pearson's; None where a model predicts the same for all."""
    if len(first) < 2 or np.ptp(first) == 0 or np.ptp(second) == 0:
        return None
    return float(np.corrcoef(first.astype(np.float64), second.astype(np.float64))[0, 1])


def contested(judged: Mapping[str, Judged], split: Split, dataset: Dataset) -> list[Contested]:
    """The titles that models treat most differently, the most contested first.

    By the highest less the lowest figure of a title among models that know taste; where fewer than
    two do, among all.
    """
    by_model = {
        name: of for name, one in judged.items() if (of := _by_item(one, split)) is not None
    }
    tasteful = [of for name, of in by_model.items() if not models.get(name).baseline]
    compared = tasteful if len(tasteful) > 1 else list(by_model.values())
    if len(compared) < 2:
        return []
    spread = np.ptp(np.stack(compared), axis=0)
    spread[np.isnan(spread)] = 0
    order = np.argsort(-spread, kind="stable")[:_SHOWN]
    counts = np.bincount(split.train.item_index, minlength=split.train.n_items)
    titles = _titles(dataset)
    return [
        Contested(
            titles[item],
            int(counts[item]),
            {name: float(of[item]) for name, of in by_model.items()},
        )
        for item in order.tolist()
        if spread[item] > 0
    ]


def _by_item(judged: Judged, split: Split) -> Float64 | None:
    """(n_items,) the share of lists that an item is in, or its mean prediction; NaN if unknown."""
    n_items = split.test.n_items
    if judged.lists is not None:
        listed = judged.lists[judged.lists >= 0]
        return np.bincount(listed, minlength=n_items) / max(1, len(judged.lists))
    if judged.predicted is None:
        return None
    items = split.test.item_index
    count = np.bincount(items, minlength=n_items)
    total = np.bincount(items, weights=judged.predicted, minlength=n_items)
    return np.divide(total, count, out=np.full(n_items, np.nan), where=count >= _ENOUGH)


def _titles(dataset: Dataset) -> Sequence[str]:
    """Titles of all items; their ids where there are none."""
    if "title" not in dataset.item_table.column_names:
        return dataset.items.ids
    titles = dataset.item_table.column("title").to_pylist()
    return [t or i for t, i in zip(titles, dataset.items.ids, strict=True)]
