"""Regressors fitted by scikit-learn, deterministically, and handed out as plain arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import get_num_threads
from threadpoolctl import threadpool_limits

from matinee.errors import Diverged, InvalidParameter
from matinee.interactions import Float32
from matinee.kernels.threads import exclusive
from matinee.regression.from_sklearn import mean_of, trees_of
from matinee.regression.inputs import LARGEST, checked_training
from matinee.regression.linear import Float64, Linear, scale_of, standardized
from matinee.regression.trees import Trees

Regressor = Trees | Linear
"""What predicts: `predict`, `arrays`, and `of` to take these back."""


@dataclass(frozen=True)
class Settings:
    """How a regressor is fitted. 0 means: as suits the kind, see `DEFAULTS`.

    Attributes
    ----------
    loss
        Of `LOSSES` of the kind.
    trees
        Of an ensemble.
    depth
        Most questions on the way to a leaf.
    learning_rate
        Share of each tree's prediction that is added (boosting), weight of each tree (adaboost),
        first step (sgd).
    leaf
        Fewest training rows in a leaf.
    leaves
        Most leaves of a tree of boosting.
    regularization
        Squared penalty: on values of leaves (boosting, rows at 0), on weights (ridge: rows at 0;
        sgd: a share).
    columns
        Share of the columns that each split may ask (boosting, forest).
    members
        Boosters, each of another seed, whose mean is predicted; without `columns` < 1 all are the
        same.
    """

    loss: str = "squared"
    trees: int = 0
    depth: int = 0
    learning_rate: float = 0.0
    leaf: int = 0
    leaves: int = 0
    regularization: float = 0.0
    columns: float = 0.0
    members: int = 0


DEFAULTS: dict[str, Settings] = {
    "boosting": Settings("squared", 300, 8, 0.05, 30, 31, 5.0, 0.3, 1),
    "forest": Settings("squared", 100, 24, 0.0, 5, 0, 0.0, 0.3, 0),
    "adaboost": Settings("squared", 50, 8, 0.1, 20, 0, 0.0, 0.0, 0),
    "tree": Settings("squared", 0, 7, 0.0, 50, 0, 0.0, 0.0, 0),
    "sgd": Settings("squared", 0, 0, 0.005, 0, 0, 1e-4, 0.0, 0),
    "ridge": Settings("squared", 0, 0, 0.0, 0, 0, 10.0, 0.0, 0),
}
"""What 0 stands for, by kind; 0 here means that the kind has no such thing."""
KINDS = tuple(DEFAULTS)
_LEVEL = 1e-2
"""Squared error that is no sign of anything where all targets are equal."""
LOSSES: dict[str, dict[str, str]] = {
    "boosting": {"squared": "squared_error", "absolute": "absolute_error"},
    "forest": {"squared": "squared_error"},
    "adaboost": {"squared": "square", "absolute": "linear", "exponential": "exponential"},
    "tree": {"squared": "squared_error"},
    "sgd": {"squared": "squared_error", "absolute": "epsilon_insensitive", "huber": "huber"},
    "ridge": {"squared": "squared_error"},
}
"""What each kind may minimize, in our words and in scikit-learn's."""


def resolved(kind: str, settings: Settings, rows: int = 1 << 30) -> Settings:
    """`settings` with what suits the kind, and so many training rows, in place of zeros.

    Boosting gets a tree for each 250 rows, 20 at least and 300 at most, and a learning rate of
    15 / trees, 0.3 at most.

    Raises
    ------
    InvalidParameter
        No such kind, or it has no such loss.
    """
    if kind not in DEFAULTS:
        raise InvalidParameter(f"`kind` of regressor must be {' or '.join(KINDS)}, got {kind!r}.")
    if settings.loss not in LOSSES[kind]:
        raise InvalidParameter(
            f"`loss` of {kind} must be {' or '.join(LOSSES[kind])}, got {settings.loss!r}."
        )
    usual = vars(DEFAULTS[kind])
    if kind == "boosting":
        trees = settings.trees or min(max(rows // 250, 20), usual["trees"])
        usual = usual | {"trees": trees, "learning_rate": min(15 / trees, 0.3)}
    return replace(settings, **{k: v or usual[k] for k, v in vars(settings).items()})


def fit(
    kind: str,
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    settings: Settings | None = None,
    *,
    seed: int = 0,
) -> Regressor:
    """Fit a regressor: same seed, same bits, at any number of threads.

    Parameters
    ----------
    kind
        "boosting" (histogram gradient boosting, Ke et al. 2017), "forest" (Breiman 2001),
        "adaboost" (AdaBoost.R2, Drucker 1997), "tree" (CART), "sgd" or "ridge" (linear, on
        standardized columns; a missing number counts as the mean).
    x : (rows, f) float32
        NaN where missing.
    y : (rows,)

    Raises
    ------
    InvalidInput
        See `inputs.checked_training`.
    InvalidParameter
        No such kind, or it has no such loss.
    Diverged
        The steps of sgd ran away.
    """
    rows, target = checked_training(x, y)
    chosen = resolved(kind, settings or Settings(), len(target))
    with _one_thread():
        return _FITS[kind](rows, target, chosen, seed)


def regressor_of(arrays: dict[str, npt.NDArray[Any]]) -> Regressor:
    """What the `arrays` of a regressor of either form gave; InvalidInput where it is not whole."""
    return Trees.of(arrays) if "roots" in arrays else Linear.of(arrays)


@contextmanager
def _one_thread() -> Iterator[None]:
    """BLAS and OpenMP on one thread: boosting adds gradients up in an order that their number
    changes. What splits into independent parts (trees of a forest, members) may still have
    threads of its own."""
    import sklearn.ensemble  # noqa: F401  its OpenMP must be loaded before it can be limited

    with exclusive(), threadpool_limits(1, user_api="openmp"):
        yield


def _boosting(x: Float32, y: Float32, settings: Settings, seed: int) -> Trees:
    from sklearn.ensemble import HistGradientBoostingRegressor

    def member(place: int) -> Trees:
        booster = HistGradientBoostingRegressor(
            loss=LOSSES["boosting"][settings.loss],
            learning_rate=settings.learning_rate,
            max_iter=settings.trees,
            max_leaf_nodes=settings.leaves,
            max_depth=settings.depth,
            min_samples_leaf=settings.leaf,
            l2_regularization=settings.regularization,
            max_features=settings.columns,
            early_stopping=False,
            random_state=seed + place,
        )
        # A thread has an OpenMP of its own, with a limit of its own.
        with threadpool_limits(1, user_api="openmp"):
            return trees_of(booster.fit(x, y))

    if settings.members == 1:
        return member(0)
    with ThreadPoolExecutor(min(get_num_threads(), settings.members)) as pool:
        return mean_of(list(pool.map(member, range(settings.members))))


def _forest(x: Float32, y: Float32, settings: Settings, seed: int) -> Trees:
    from sklearn.ensemble import RandomForestRegressor

    forest = RandomForestRegressor(
        settings.trees,
        max_depth=settings.depth,
        min_samples_leaf=settings.leaf,
        max_features=settings.columns,
        n_jobs=get_num_threads(),
        random_state=seed,
    )
    return trees_of(forest.fit(x, y))


def _adaboost(x: Float32, y: Float32, settings: Settings, seed: int) -> Trees:
    from sklearn.ensemble import AdaBoostRegressor
    from sklearn.tree import DecisionTreeRegressor

    booster = AdaBoostRegressor(
        DecisionTreeRegressor(max_depth=settings.depth, min_samples_leaf=settings.leaf),
        n_estimators=settings.trees,
        learning_rate=settings.learning_rate,
        loss=LOSSES["adaboost"][settings.loss],
        random_state=seed,
    )
    # It takes no NaN: what is missing is the lowest of numbers, so it always goes left.
    return trees_of(booster.fit(np.where(np.isnan(x), -LARGEST, x), y), missing_left=True)


def _tree(x: Float32, y: Float32, settings: Settings, seed: int) -> Trees:
    from sklearn.tree import DecisionTreeRegressor

    tree = DecisionTreeRegressor(
        max_depth=settings.depth, min_samples_leaf=settings.leaf, random_state=seed
    )
    return trees_of(tree.fit(x, y))


def _sgd(x: Float32, y: Float32, settings: Settings, seed: int) -> Linear:
    from sklearn.linear_model import SGDRegressor

    return _linear(
        SGDRegressor(
            loss=LOSSES["sgd"][settings.loss],
            alpha=settings.regularization,
            epsilon=0.0 if settings.loss == "absolute" else 1.0,
            eta0=settings.learning_rate,
            max_iter=50,
            tol=1e-4,
            random_state=seed,
        ),
        x,
        y,
    )


def _ridge(x: Float32, y: Float32, settings: Settings, seed: int) -> Linear:
    from sklearn.linear_model import Ridge

    return _linear(Ridge(alpha=settings.regularization, solver="cholesky"), x, y)


def _linear(estimator: Any, x: Float32, y: Float32) -> Linear:
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    mean, deviation = scale_of(x)
    z, unknown = standardized(x, mean, deviation)
    some_missing = unknown.any(axis=0)
    level = float(y.mean(dtype=np.float64))
    with warnings.catch_warnings():
        # Passes that end before all is settled are a setting, not a fault.
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            estimator.fit(np.hstack([z, unknown[:, some_missing]]), y - level)
        except ValueError as error:
            if "overflow" not in str(error).lower():
                raise
            raise _ran_away() from error
    weight: Float64 = np.ravel(estimator.coef_).astype(np.float64)
    base = np.atleast_1d(estimator.intercept_).astype(np.float64)[:1] + level
    if not (np.isfinite(weight).all() and np.isfinite(base).all()):
        raise _ran_away()
    missing = np.zeros(x.shape[1])
    missing[some_missing] = weight[x.shape[1] :]
    line = Linear(mean, deviation, weight[: x.shape[1]], missing, base)
    # Nothing settled ends further from the targets than their mean is, let alone twice as far.
    if np.mean((line.predict(x) - y) ** 2) > 4 * np.var(y, dtype=np.float64) + _LEVEL:
        raise _ran_away()
    return line


def _ran_away() -> Diverged:
    return Diverged("The steps of sgd ran away; give it a smaller learning rate, such as 0.001.")


_FITS: dict[str, Callable[[Float32, Float32, Settings, int], Regressor]] = {
    "boosting": _boosting,
    "forest": _forest,
    "adaboost": _adaboost,
    "tree": _tree,
    "sgd": _sgd,
    "ridge": _ridge,
}
