"""One prediction out of several: weights of base models, and trees for what these leave over.

All of it is learned from ratings that the bases had not seen; `parts` says from which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from matinee.errors import InvalidInput
from matinee.interactions import Float32, Interactions
from matinee.kernels.threads import exclusive
from matinee.regression import Settings, Trees, fit
from matinee.splits import Split, k_folds, time_split

Float64 = npt.NDArray[np.float64]

_SPREAD = 0.5
"""How far weights are thought to lie from equal ones, before anything is known."""
_SETTINGS = Settings(learning_rate=0.03, leaves=12, leaf=100, regularization=20.0)
"""Of the trees: small steps, for what bases leave over is mostly noise."""
_TREES_PER_ROOT = 1.2
"""Trees, times the root of how many ratings they learn from."""
_MOST_TREES = 500
_HALVES = 2
_NORMAL = 1.2533
"""The deviation of a normal distribution over its mean absolute value."""
_LEAST = 0.2
"""The smallest deviation, in deviations of all errors."""


def parts(train: Interactions, *, folds: int, ratings: int, latest: bool, seed: int) -> list[Split]:
    """Splits of `train`: bases are fitted to one side of each, the stack learns from the other.

    The latest of `folds` equal parts by time, if that is wanted and times are known; else random
    parts, as many as it takes to hold `ratings` ratings.
    """
    if latest and train.time is not None:
        return [time_split(train, 1 / folds)]
    wanted = -(-ratings * folds // len(train))
    return [split for split, _ in zip(k_folds(train, folds, seed), range(wanted), strict=False)]


def weights_of(predicted: Float64, values: Float64) -> Float64:
    """(bases,) weights w >= 0 that add up to 1, with the least error.

    They minimize ``|r - P w|^2 + (s / 0.5)^2 |w - 1/k|^2``, s being the error of the plain mean
    of all k bases: the most likely weights, if they are thought to be 0.5 off equal ones.

    Parameters
    ----------
    predicted : (ratings, bases) P
    values : (ratings,) r
    """
    from scipy.optimize import nnls

    count = predicted.shape[1]
    equal = np.full(count, 1 / count)
    errors = predicted - values[:, np.newaxis]
    with exclusive():
        gram = errors.T @ errors  # as weights add up to 1, |r - P w|^2 = w^T gram w
        penalty = max(float(equal @ gram @ equal) / len(values) / _SPREAD**2, 1e-9)
        root = np.linalg.cholesky(gram + penalty * np.eye(count)).T
        wanted = np.linalg.solve(root.T, penalty * equal)
        # That weights add up to 1 is a row that nothing outweighs.
        heavy = 1e4 * float(np.abs(root).max())
        rows = np.vstack([root, np.full(count, heavy)])
        found, _ = nnls(rows, np.append(wanted, heavy))
    return np.asarray(found / found.sum())


@dataclass(frozen=True, eq=False)
class Stack:
    """What is made of the predictions of bases, and of features of the rating.

    ``prediction = w . p + trees(x)`` and ``deviation = scale * trees'(x) * d``, where p are the
    bases' predictions and x is the sum w . p, how far each p is from it, and the features; d is
    the deviation that a base tells, one of the features, or 1. The first trees are fitted to what
    the sum leaves over, the second to how far off the whole is, in units of d.

    Attributes
    ----------
    weights : (bases,) float64, add up to 1
    correction, error : Trees
        Of float32 rows x.
    scale : (2,) float64
        From mean absolute error to deviation, and the smallest deviation.
    told : (1,) int64
        The feature that is d; -1 where there is none.
    """

    weights: Float64
    correction: Trees
    error: Trees
    scale: Float64
    told: npt.NDArray[np.int64]

    def rows(self, predicted: Float32, features: Float32) -> Float32:
        """(ratings, 1 + bases + features) x of predictions (ratings, bases) and features."""
        return _rows(predicted @ self.weights.astype(np.float32), predicted, features)

    def predicted(self, x: Float32) -> Float32:
        """(ratings,) of `rows`."""
        return np.asarray(x[:, 0] + self.correction.predict(x), np.float32)

    def deviation(self, x: Float32) -> Float32:
        """(ratings,) > 0: the standard deviation of the rating around what is predicted."""
        found = self.scale[0] * self.error.predict(x) * _unit(x, len(self.weights), self.told[0])
        return np.maximum(found, self.scale[1]).astype(np.float32)

    def check(self, bases: int, features: int) -> None:
        """InvalidInput unless this is a stack of so many bases and features."""
        width = 1 + bases + features
        numbers = all(a.dtype == np.float64 for a in (self.weights, self.scale))
        fits = (
            numbers
            and (self.weights.shape, self.scale.shape, self.told.shape) == ((bases,), (2,), (1,))
            and (self.correction.n_columns, self.error.n_columns) == (width, width)
            and self.told.dtype == np.int64
        )
        if not (fits and -1 <= self.told[0] < features):
            raise InvalidInput(
                f"A stack must be of {bases} bases and {features} features, got "
                f"{self.weights.shape} weights and trees of {self.correction.n_columns} and "
                f"{self.error.n_columns} columns; train it again."
            )

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, by name; `of` takes it back."""
        trees = {"correction": self.correction, "error": self.error}
        found = {f"{k}_{name}": a for k, t in trees.items() for name, a in t.arrays().items()}
        return {"weights": self.weights, "scale": self.scale, "told": self.told, **found}

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Stack:
        """What `arrays` gave; InvalidInput where something is missing or damaged."""
        if missing := {"weights", "scale", "told"} - set(arrays):
            raise InvalidInput(f"A stack must have its {', '.join(missing)} too; train it again.")

        def trees(kind: str) -> Trees:
            start = f"{kind}_"
            mine = {k.removeprefix(start): a for k, a in arrays.items() if k.startswith(start)}
            return Trees.of(mine)

        return cls(
            arrays["weights"],
            trees("correction"),
            trees("error"),
            arrays["scale"],
            arrays["told"],
        )


def only_first(features: int, deviation: float, *, told: int = -1) -> Stack:
    """The stack that repeats the one base there is, where there is too little to learn from.

    Parameters
    ----------
    features
        How many.
    deviation
        Of ratings, where no feature tells it.
    told
        The feature that does; -1 where none does.
    """
    width = 2 + features
    scale = np.array([deviation if told < 0 else 1.0, 1e-3])
    zero, one = (_constant(value, width) for value in (0.0, 1.0))
    return Stack(np.ones(1), zero, one, scale, np.array([told]))


def learned(
    predicted: Float32, features: Float32, values: Float32, *, seed: int, told: int = -1
) -> Stack:
    """The stack that suits these ratings best.

    Parameters
    ----------
    predicted : (ratings, bases) float32
        By bases that had not seen them.
    features : (ratings, f) float32
        Made without them; NaN where unknown.
    values : (ratings,)
    told
        The feature that is the deviation of the rating by a base; -1 where there is none.
    """
    target = values.astype(np.float64)
    weights = weights_of(predicted.astype(np.float64), target)
    blend = predicted @ weights.astype(np.float32)
    x, rest = _rows(blend, predicted, features), (target - blend).astype(np.float32)
    correction = _fitted(x, rest, seed)
    # How far off it is, is measured by trees that have not seen the rating either.
    half = np.random.default_rng(seed).permutation(len(rest)) % _HALVES
    off = np.empty(len(rest), np.float32)
    for h in range(_HALVES):
        off[half == h] = rest[half == h] - _fitted(x[half != h], rest[half != h], seed).predict(
            x[half == h]
        )
    apart = (np.abs(off) / _unit(x, len(weights), told)).astype(np.float32)
    error = _fitted(x, apart, seed)
    least = max(_LEAST * float(np.sqrt(np.mean(off.astype(np.float64) ** 2))), 1e-3)
    return Stack(weights, correction, error, np.array([_NORMAL, least]), np.array([told]))


def _unit(x: Float32, bases: int, told: int) -> Float32:
    """(ratings,) what is told of the deviation; ones where nothing is."""
    return np.ones(len(x), np.float32) if told < 0 else x[:, 1 + bases + told]


def _rows(blend: Float32, predicted: Float32, features: Float32) -> Float32:
    parts_ = [blend[:, np.newaxis], predicted - blend[:, np.newaxis], features]
    return np.hstack(parts_, dtype=np.float32)


def _fitted(x: Float32, y: Float32, seed: int) -> Trees:
    trees = min(max(int(_TREES_PER_ROOT * len(x) ** 0.5), 1), _MOST_TREES)
    found = fit("boosting", x, y, replace(_SETTINGS, trees=trees), seed=seed)
    assert isinstance(found, Trees)
    return found


def _constant(value: float, width: int) -> Trees:
    """A tree that is one leaf."""
    zero = np.zeros(1, np.int32)
    return Trees(
        width=np.array([width], np.int32),
        column=np.array([width], np.int32),
        threshold=np.array([np.inf], np.float32),
        child=zero,
        value=np.array([value]),
        roots=zero,
        base=np.zeros(1),
        divisor=np.ones(1),
        weights=np.empty(0),
    )
