"""Settings of regressors tried on validation ratings; test ratings are asked once, at the end."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matinee.errors import InvalidParameter, Unsupported
from matinee.interactions import SideInformation
from matinee.progress import Progress, silent
from matinee.regressing.comparing import as_rows, checked_kinds, comparison, judge
from matinee.regressing.rows import Rows
from matinee.regression import KINDS, LOSSES, Settings
from matinee.regression.records import Comparison, Judged
from matinee.splits import Split

Space = Mapping[str, Sequence[Any]]
"""Values of settings that are tried, by name."""

SPACES: dict[str, Space] = {
    "boosting": {"loss": tuple(LOSSES["boosting"]), "trees": (100, 300), "depth": (4, 8)},
    "forest": {"trees": (50, 100), "depth": (12, 24)},
    "adaboost": {"loss": tuple(LOSSES["adaboost"]), "trees": (25, 50), "depth": (6, 10)},
    "tree": {"depth": (5, 7, 9), "leaf": (20, 50, 150)},
    "sgd": {"loss": tuple(LOSSES["sgd"]), "learning_rate": (0.001, 0.005)},
    "ridge": {"regularization": (1.0, 10.0, 100.0, 1000.0)},
}
"""What a grid tries of each kind: every combination. Trials draw between the ends of numbers."""


def tried(
    data: Split | Rows,
    kind: str,
    side: SideInformation | None = None,
    *,
    space: Space | None = None,
    trials: int | None = None,
    features: str = "out-of-fold",
    taste: int = 16,
    seed: int = 0,
    progress: Progress = silent,
) -> Comparison:
    """Try settings of one kind on the test part of `data`: give it ``split.validation()``.

    Parameters
    ----------
    space
        Default: that of `SPACES`.
    trials
        So many settings are drawn by optuna instead of every combination of the space.

    Returns
    -------
    Comparison
        `tried` in order; `judged` holds the best of them.

    Raises
    ------
    InvalidParameter
        A setting has another name, or `trials` < 1.
    Unsupported
        Trials without optuna.
    """
    checked_kinds([kind])
    wanted = SPACES[kind] if space is None else space
    unknown = sorted(set(wanted) - set(vars(Settings())))
    if unknown or not all(len(values) for values in wanted.values()):
        raise InvalidParameter(
            f"A space must name settings ({', '.join(vars(Settings()))}) with values, got "
            f"{', '.join(unknown) or dict(wanted)}."
        )
    rows = as_rows(data, side, features=features, taste=taste, seed=seed, progress=progress)
    found = list(_each(rows, kind, wanted, trials, seed, progress))
    return comparison(rows, [min(found, key=lambda one: one.rmse)], found)


def search(
    split: Split,
    side: SideInformation | None = None,
    kinds: Sequence[str] = KINDS,
    *,
    trials: int | None = None,
    features: str = "out-of-fold",
    taste: int = 16,
    seed: int = 0,
    progress: Progress = silent,
) -> Comparison:
    """Find settings of every kind on validation ratings, then fit on all of training and judge
    each kind on test ratings, once.

    Parameters and errors as of `tried`; validation is carved out of training by the split's rule.
    """
    checked_kinds(kinds)
    how = {"features": features, "taste": taste, "seed": seed}
    validation = as_rows(split.validation(), side, progress=progress, **how)  # type: ignore[arg-type]
    results: list[Judged] = []
    chosen: dict[str, Settings] = {}
    for kind in kinds:
        found = list(_each(validation, kind, SPACES[kind], trials, seed, progress))
        chosen[kind] = min(found, key=lambda one: one.rmse).settings
        results += found
    rows = as_rows(split, side, progress=progress, **how)  # type: ignore[arg-type]
    judged = []
    for done, kind in enumerate(kinds):
        progress(f"fitting {kind}", done, len(kinds))
        judged.append(judge(rows, kind, chosen[kind], seed=seed))
    progress("comparing", len(kinds), len(kinds))
    return comparison(rows, judged, results)


def _each(
    rows: Rows, kind: str, space: Space, trials: int | None, seed: int, progress: Progress
) -> Iterator[Judged]:
    total = len(list(itertools.product(*space.values()))) if trials is None else trials
    if total < 1:
        raise InvalidParameter(f"`trials` must be at least 1, got {trials}.")
    settings = _grid(space) if trials is None else None
    study = None if trials is None else _study(seed)
    for done in range(total):
        progress(f"trying {kind}", done, total)
        if settings is not None:
            yield judge(rows, kind, next(settings), seed=seed)
        elif study is not None:
            asked = study.ask(_distributions(space))
            result = judge(rows, kind, Settings(**asked.params), seed=seed)
            study.tell(asked, result.rmse)
            yield result
    progress(f"trying {kind}", total, total)


def _grid(space: Space) -> Iterator[Settings]:
    for values in itertools.product(*space.values()):
        yield Settings(**dict(zip(space, values, strict=True)))


def _study(seed: int) -> Any:
    try:
        import optuna
    except ImportError as error:
        raise Unsupported(
            "Trials need optuna, which is not installed; install it (pip install 'matinee[tune]'), "
            "or take the grid."
        ) from error
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))


def _distributions(space: Space) -> dict[str, Any]:
    """The space in optuna's words: between the ends of numbers, the choices of texts."""
    from optuna import distributions

    def between(values: Sequence[Any]) -> Any:
        if any(isinstance(value, str) for value in values):
            return distributions.CategoricalDistribution(tuple(values))
        low, high = min(values), max(values)
        if isinstance(low, int):
            return distributions.IntDistribution(low, high)
        return distributions.FloatDistribution(low, high, log=True)

    return {name: between(values) for name, values in space.items()}
