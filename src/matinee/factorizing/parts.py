"""Training and test ratings from sets, folds and files, in one numbering."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from matinee.data import Dataset, Vocabulary, load
from matinee.errors import InvalidInput, UnknownDataset
from matinee.interactions import Interactions
from matinee.progress import Progress, silent
from matinee.splits import Protocol, Split, random_split

HELD_OUT = 0.1


@dataclass(frozen=True, eq=False)
class Parts:
    """Training and test ratings in one numbering, the ids behind it, and what must be said."""

    split: Split
    users: list[str]
    items: list[str]
    notes: list[str] = field(default_factory=list)


def read(
    data: str,
    test: str | None = None,
    *,
    seed: int = 42,
    progress: Progress = silent,
    **columns: Any,
) -> Parts:
    """Training and test ratings from sets, files or folds.

    Parameters
    ----------
    data
        A published set, or a folder, zip or file of ratings.
    test
        The same; or a fold that came with `data`, such as u1, which then gives both parts; or
        None: a random tenth of `data` is held out by `seed`.
    columns
        For files: the options of `import_ratings`, such as ``user="who"``.

    Raises
    ------
    InvalidInput
        A part has no ratings, or ratings without values.
    """
    dataset = load(data, progress=progress, **columns)
    if test is not None and test not in dataset.folds:
        parts = _joined(dataset, _test_of(dataset, test, progress, columns))
    else:
        ratings = dataset.interactions
        _check_values(ratings, data)
        split = random_split(ratings, HELD_OUT, seed) if test is None else dataset.fold(test)
        parts = Parts(split, dataset.users.ids, dataset.items.ids)
        if test is None:
            parts.notes.append(f"No test ratings were given: held out by {split.protocol}.")
    parts.notes.extend(_unseen(parts.split))
    return parts


def _test_of(dataset: Dataset, test: str, progress: Progress, columns: dict[str, Any]) -> Dataset:
    try:
        return load(test, progress=progress, **columns)
    except UnknownDataset as error:
        if dataset.folds:
            raise UnknownDataset(
                f"{error} Folds of {dataset.name}: {', '.join(dataset.folds)}."
            ) from error
        raise


def _check_values(ratings: Interactions, source: str) -> None:
    if not len(ratings):
        raise InvalidInput(f"{source} must have ratings, got none.")
    if ratings.value is None:
        raise InvalidInput(
            f"Factorization needs rating values, and {source} has none; name their column by "
            "--rating, or train a ranking model: matinee train."
        )


def _joined(train: Dataset, test: Dataset) -> Parts:
    """Both sets in the numbering of `train`; ids that only `test` has come after its own."""
    for part in (train, test):
        _check_values(part.interactions, part.name)
    users, user_index = _extended(train.users, test.users)
    items, item_index = _extended(train.items, test.items)
    sizes = len(users), len(items)
    a, b = train.interactions, test.interactions
    split = Split(
        Interactions(a.user_index, a.item_index, a.value, a.time, *sizes),
        Interactions(user_index[b.user_index], item_index[b.item_index], b.value, b.time, *sizes),
        Protocol("given", note=f"train {train.name}, test {test.name}"),
    )
    both = np.isin(_pairs(split.test), _pairs(split.train)).sum()
    notes = []
    if both:
        notes.append(
            f"{both:,} of {len(b):,} test ratings are of pairs that the training data has too: "
            "the figures flatter."
        )
    return Parts(split, users, items, notes)


def _extended(known: Vocabulary, others: Vocabulary) -> tuple[list[str], Any]:
    ids = list(dict.fromkeys([*known.ids, *others.ids]))
    return ids, Vocabulary(ids).indices(others.ids)


def _pairs(ratings: Interactions) -> Any:
    return ratings.user_index.astype(np.int64) * ratings.n_items + ratings.item_index


def _unseen(split: Split) -> list[str]:
    """What to say of test ratings whose user or item has no rating in training."""
    train, test = split.train, split.test
    user = np.bincount(train.user_index, minlength=train.n_users)[test.user_index] == 0
    item = np.bincount(train.item_index, minlength=train.n_items)[test.item_index] == 0
    if not (user | item).any():
        return []
    users, items = len(np.unique(test.user_index[user])), len(np.unique(test.item_index[item]))
    return [
        f"{int((user | item).sum()):,} of {len(test):,} test ratings are of {users:,} users and "
        f"{items:,} items that training never saw: predicted by the mean and whatever bias of the "
        "other side is known."
    ]
