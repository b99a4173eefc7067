"""Trees of scikit-learn's fitted ensembles, read into plain arrays.

Predictions are those of scikit-learn for float32 rows, to the bit: sums are made in its order and
precision, and a threshold t becomes the largest float32 <= t, which divides float32 numbers alike.

The trees of `HistGradientBoostingRegressor` stand in its private attribute ``_predictors`` (the
public API has no other way to them), and its constant in ``_baseline_prediction``. That is so in
scikit-learn 1.5 to 1.9, and a test holds the result against its own ``predict``, bit by bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from matinee.errors import InvalidInput
from matinee.interactions import Bool, Float32
from matinee.regression.trees import Float64, Trees


class _Tree(NamedTuple):
    """One tree in the order in which scikit-learn holds it."""

    column: npt.NDArray[np.int64]
    threshold: Float64
    missing_left: Bool
    left: npt.NDArray[np.int64]
    right: npt.NDArray[np.int64]
    leaf: Bool
    value: Float64


def trees_of(estimator: Any, *, missing_left: bool = False) -> Trees:
    """The trees of a fitted regressor.

    Parameters
    ----------
    estimator
        `HistGradientBoostingRegressor` without categorical features and with a loss that predicts
        on the scale of the target, `RandomForestRegressor`, `AdaBoostRegressor` of decision trees,
        or `DecisionTreeRegressor`.
    missing_left
        Whether NaN goes left everywhere, as in trees fitted with a lowest number in its place.

    Raises
    ------
    InvalidInput
        Any other estimator, one that is not fitted, or of several outputs.
    """
    kind = type(estimator).__name__
    if not hasattr(estimator, "n_features_in_"):
        raise InvalidInput(f"Trees are read from fitted regressors; fit this {kind} first.")
    trees = _trees_of(estimator, kind, int(estimator.n_features_in_))
    if not missing_left:
        return trees
    width = trees.width[0]
    return replace(trees, column=np.where(trees.column < width, trees.column + width, trees.column))


def _trees_of(estimator: Any, kind: str, width: int) -> Trees:
    if kind == "HistGradientBoostingRegressor":
        return _of_boosting(estimator, width)
    if kind == "DecisionTreeRegressor":
        return _together([_of_tree(estimator)], width)
    if kind == "RandomForestRegressor":
        trees = [_of_tree(tree) for tree in estimator.estimators_]
        return _together(trees, width, divisor=len(trees))
    if kind == "AdaBoostRegressor":
        weights = np.asarray(estimator.estimator_weights_[: len(estimator.estimators_)])
        # A tree without weight is never the median, unless none has any.
        counted = weights > 0 if (weights > 0).any() else np.arange(len(weights)) == 0
        kept = [t for t, counts in zip(estimator.estimators_, counted, strict=True) if counts]
        return _together(
            [_of_tree(tree) for tree in kept],
            width,
            weights=np.where(weights[counted] > 0, weights[counted], 1.0),
        )
    raise InvalidInput(
        "Trees are read from HistGradientBoosting-, RandomForest-, AdaBoost- and "
        f"DecisionTreeRegressor, got {kind}."
    )


def mean_of(ensembles: Sequence[Trees]) -> Trees:
    """One ensemble that predicts the mean of several that sum their trees, of one width."""
    counts = np.cumsum([0, *(len(e.value) for e in ensembles)])
    if any(len(e.weights) or e.divisor[0] != 1 for e in ensembles):
        raise InvalidInput("Only ensembles that are plain sums of trees are averaged.")
    return Trees(
        ensembles[0].width,
        np.concatenate([e.column for e in ensembles]),
        np.concatenate([e.threshold for e in ensembles]),
        _moved([e.child for e in ensembles], counts),
        np.concatenate([e.value for e in ensembles]),
        _moved([e.roots for e in ensembles], counts),
        np.sum([e.base for e in ensembles], axis=0),
        np.array([float(len(ensembles))]),
        np.empty(0),
    )


def _of_boosting(estimator: Any, width: int) -> Trees:
    baseline = np.ravel(estimator._baseline_prediction)
    found = []
    for (predictor,) in estimator._predictors:
        nodes = predictor.nodes
        if nodes["is_categorical"].any():
            raise InvalidInput("Trees with categorical features are not read; make them dummies.")
        found.append(
            _Tree(
                nodes["feature_idx"].astype(np.int64),
                nodes["num_threshold"],
                nodes["missing_go_to_left"].astype(bool),
                nodes["left"].astype(np.int64),
                nodes["right"].astype(np.int64),
                nodes["is_leaf"].astype(bool),
                nodes["value"],
            )
        )
    return _together(found, width, base=float(baseline[0]))


def _of_tree(estimator: Any) -> _Tree:
    tree = estimator.tree_
    if tree.n_outputs != 1:
        raise InvalidInput(f"Trees must predict one number, got {tree.n_outputs} outputs.")
    leaf = tree.children_left < 0
    return _Tree(
        tree.feature.astype(np.int64),
        tree.threshold,
        np.asarray(tree.missing_go_to_left).astype(bool),
        tree.children_left.astype(np.int64),
        tree.children_right.astype(np.int64),
        leaf,
        tree.value[:, 0, 0],
    )


def _together(
    trees: Iterable[_Tree],
    width: int,
    *,
    base: float = 0.0,
    divisor: float = 1.0,
    weights: Float64 | None = None,
) -> Trees:
    """Trees side by side, each level by level, so that children are neighbors."""
    column, threshold, child, value = [], [], [], []
    for tree in trees:
        order = _by_level(tree)
        place = np.empty(len(tree.leaf), np.int64)
        place[order] = np.arange(len(order))
        leaf = tree.leaf[order]
        asked = tree.column[order] + width * tree.missing_left[order]
        column.append(np.where(leaf, width, asked))
        threshold.append(np.where(leaf, np.inf, _below(tree.threshold[order])))
        child.append(np.where(leaf, np.arange(len(order)), place[tree.left[order]]))
        value.append(np.where(leaf, tree.value[order], 0.0))
    starts = np.cumsum([0, *map(len, value)])
    return Trees(
        np.array([width], np.int32),
        np.concatenate(column).astype(np.int32),
        np.concatenate(threshold).astype(np.float32),
        _moved(child, starts),
        np.concatenate(value),
        starts[:-1].astype(np.int32),
        np.array([base], np.float64),
        np.array([divisor], np.float64),
        np.empty(0) if weights is None else weights.astype(np.float64),
    )


def _by_level(tree: _Tree) -> npt.NDArray[np.int64]:
    """The nodes that the root leads to, level by level, siblings side by side."""
    levels = [np.zeros(1, np.int64)]
    while len(levels[-1]):
        inner = levels[-1][~tree.leaf[levels[-1]]]
        levels.append(np.stack([tree.left[inner], tree.right[inner]], axis=1).ravel())
    return np.concatenate(levels)


def _moved(
    parts: Sequence[npt.NDArray[Any]], starts: npt.NDArray[np.int64]
) -> npt.NDArray[np.int32]:
    shifted = [part + start for part, start in zip(parts, starts[:-1], strict=True)]
    return np.concatenate(shifted).astype(np.int32)


def _below(threshold: Float64) -> Float32:
    """The largest float32 <= each threshold."""
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)
