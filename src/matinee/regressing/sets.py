"""Regressors on a data set by name: what the command asks for."""

from __future__ import annotations

from collections.abc import Sequence

from matinee.data import load
from matinee.errors import InvalidInput, InvalidParameter
from matinee.features import known_tags, side_information
from matinee.progress import Progress, silent
from matinee.regressing.comparing import checked_kinds, compare
from matinee.regressing.searching import search
from matinee.regression.records import Comparison
from matinee.splits import random_split, time_split


def of_set(
    data: str,
    kinds: Sequence[str],
    *,
    split: str = "random",
    grid: bool = False,
    trials: int | None = None,
    features: str | None = None,
    taste: int = 16,
    seed: int = 42,
    progress: Progress = silent,
) -> Comparison:
    """Compare regressors on a tenth of the ratings of a set or file, random or the latest.

    Parameters
    ----------
    grid, trials
        Choose settings on validation ratings first: `searching.search`.
    features
        Default: "past" where the split is by time, else "out-of-fold".

    Raises
    ------
    InvalidParameter
        No such split or kind, or a grid and trials at once.
    InvalidInput
        The set has no ratings, or for a split by time no times.
    """
    checked_kinds(kinds)
    if split not in ("random", "time"):
        raise InvalidParameter(f"`split` must be random or time, got {split!r}.")
    if grid and trials is not None:
        raise InvalidParameter("Settings are found by a grid or by trials; give one of the two.")
    dataset = load(data, progress=progress)
    ratings = dataset.interactions
    if ratings.value is None:
        raise InvalidInput(f"Regressors predict ratings, and {dataset.name} has none.")
    held = time_split(ratings, 0.1) if split == "time" else random_split(ratings, 0.1, seed)
    tags = dataset.tags
    if tags is not None:
        tags = known_tags(tags, held, dataset.users.ids, dataset.items.ids)
    side = side_information(dataset.item_table, dataset.user_table, tags)
    mode = features or ("past" if split == "time" else "out-of-fold")
    if grid or trials is not None:
        return search(
            held,
            side,
            kinds,
            trials=trials,
            features=mode,
            taste=taste,
            seed=seed,
            progress=progress,
        )
    return compare(held, side, kinds, features=mode, taste=taste, seed=seed, progress=progress)
