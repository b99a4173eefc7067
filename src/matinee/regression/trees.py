"""Ensembles of regression trees as plain arrays: checked once, gone through by our own kernel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from matinee.errors import InvalidInput, some
from matinee.interactions import Bool, Float32, Int32
from matinee.kernels import trees as kernel
from matinee.regression.inputs import array_of, checked_rows

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Trees:
    """Trees that predict together.

    Without `weights`, ``(base + sum of the trees) / divisor``: 1 for boosting, the number of trees
    for a forest. With them, the weighted median of the trees (AdaBoost.R2, Drucker 1997).

    Parameters
    ----------
    width : (1,) int32
        f, the columns of a row.
    column : (nodes,) int32
        Which column a node asks, in 0..2f - 1: f more than the column where NaN goes left. Leaves
        ask f.
    threshold : (nodes,) float32
        A row goes left where its number is <= this; inf at leaves.
    child : (nodes,) int32
        The left child; the right one is the next. A leaf's is itself.
    value : (nodes,) float64
        What a leaf predicts. Not float32, so that sums are those of scikit-learn, bit by bit.
    roots : (trees,) int32
        Where each tree starts; its nodes follow, down to the next root.
    base, divisor : (1,) float64
    weights : (trees,) float64 > 0, or empty

    Raises
    ------
    InvalidInput
        These are not trees: a walk could leave the arrays, or never end.
    """

    width: Int32
    column: Int32
    threshold: Float32
    child: Int32
    value: Float64
    roots: Int32
    base: Float64
    divisor: Float64
    weights: Float64

    def __post_init__(self) -> None:
        if wrong := self._wrong():
            raise InvalidInput(
                f"Trees must be whole before rows go down them, but {wrong}; train them again."
            )

    def _wrong(self) -> str:
        """What is wrong with the arrays; nothing if empty."""
        n = len(self.value)
        if {len(self.width), len(self.base), len(self.divisor)} != {1}:
            return "width, base and divisor are not one number each"
        if not self.width[0] >= 1:
            return f"a row has {self.width[0]} columns"
        if {len(self.column), len(self.threshold), len(self.child)} != {n} or not n:
            return "columns, thresholds, children and values are not equally many"
        if not len(self.roots) or self.roots[0] or (np.diff(self.roots) < 1).any():
            return f"roots are at {some(self.roots.tolist())}"
        if self.roots[-1] >= n or len(self.weights) not in (0, len(self.roots)):
            return f"{n} nodes and {len(self.weights)} weights are not of {len(self.roots)} trees"
        if not (np.isfinite(self.base).all() and np.isfinite(self.value).all()):
            return "a value is not finite"
        if not (self.divisor[0] > 0 and np.isfinite(self.divisor[0])):
            return f"sums are divided by {self.divisor[0]}"
        if not ((self.weights > 0) & np.isfinite(self.weights)).all():
            return f"weights are {some(self.weights.tolist())}"
        if not ((self.column >= 0) & (self.column < 2 * self.width[0])).all():
            return f"a node asks a column beyond {2 * int(self.width[0]) - 1}"
        return self._wrong_nodes(n)

    def _wrong_nodes(self, n: int) -> str:
        leaf = self._leaf
        still = (self.column >= self.width[0]) & (self.threshold == np.inf)
        if np.isnan(self.threshold).any() or not still[leaf].all():
            return "a threshold is NaN, or a leaf goes on"
        # Whoever is the child of one node before it, in its own tree, is reached once.
        left = self.child[~leaf].astype(np.int64)
        parent = np.flatnonzero(~leaf)
        end = np.append(self.roots[1:], n)[self._tree_of(parent)]
        if not ((left > parent) & (left + 1 < end)).all():
            return "children are not behind their parents in the same tree"
        born = np.bincount(np.concatenate([left, left + 1, self.roots]), minlength=n)
        return "" if (born == 1).all() else "a node has no parent, or several"

    @cached_property
    def _leaf(self) -> Bool:
        return np.asarray(self.child == np.arange(len(self.child)))

    @cached_property
    def _nodes(self) -> kernel.Nodes:
        arrays = (self.column, self.threshold, self.child, self.value, self.roots)
        levels = self._levels()
        depths = np.zeros(self.n_trees, np.int32)
        for level in levels:
            depths[np.unique(self._tree_of(level))] += 1
        # Leaves below each node, from the lowest level up.
        below = np.ones(len(self.child), np.int64)
        for level in reversed(levels):
            below[level] = below[self.child[level]] + below[self.child[level] + 1]
        if below.max() > kernel.LEAVES:
            nothing = np.empty((0, kernel.LEAVES), np.int32)
            return kernel.Nodes(*arrays, depths, np.empty(0, np.uint32), nothing)
        # Leaves to the left of each node, from the roots down.
        before = np.zeros(len(self.child), np.int64)
        for level in levels:
            left = self.child[level]
            before[left], before[left + 1] = before[level], before[level] + below[left]
        kept = np.full(len(self.child), 0xFFFFFFFF, np.uint64)
        inner = np.flatnonzero(~self._leaf)
        left = self.child[inner]
        struck = (np.uint64(1) << below[left].astype(np.uint64)) - np.uint64(1)
        kept[inner] ^= struck << before[left].astype(np.uint64)
        leaves = np.zeros((self.n_trees, kernel.LEAVES), np.int32)
        last = np.flatnonzero(self._leaf)
        leaves[self._tree_of(last), before[last]] = last
        return kernel.Nodes(*arrays, depths, kept.astype(np.uint32), leaves)

    def _levels(self) -> list[npt.NDArray[np.int64]]:
        """The nodes of all trees that are no leaves, level by level."""
        levels: list[npt.NDArray[np.int64]] = []
        level = self.roots.astype(np.int64)
        while True:
            inner = level[~self._leaf[level]]
            if not len(inner):
                return levels
            levels.append(inner)
            left = self.child[inner].astype(np.int64)
            level = np.concatenate([left, left + 1])

    def _tree_of(self, nodes: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        return np.asarray(np.searchsorted(self.roots, nodes, side="right") - 1)

    @property
    def n_trees(self) -> int:
        return len(self.roots)

    @property
    def n_columns(self) -> int:
        """f, the columns of a row."""
        return int(self.width[0])

    def predict(self, x: npt.ArrayLike) -> Float32:
        """(rows,) float32 predictions of (rows, f) numbers, NaN where one is missing.

        Raises
        ------
        InvalidInput
            Rows have another number of columns.
        """
        rows = checked_rows(x, self.n_columns)
        if len(self.weights):
            return self._median(rows)
        total = np.full((len(rows), 1), self.base[0])
        kernel.predict(rows, self._nodes, np.zeros(self.n_trees, np.int32), total)
        return np.asarray(total[:, 0] / self.divisor[0], np.float32)

    def _median(self, rows: Float32) -> Float32:
        """The least prediction at which half of the weight is reached."""
        each = np.zeros((len(rows), self.n_trees))
        kernel.predict(rows, self._nodes, np.arange(self.n_trees, dtype=np.int32), each)
        order = np.argsort(each, axis=1, kind="stable")
        reached = np.cumsum(self.weights[order], axis=1)
        middle = (reached >= 0.5 * reached[:, -1:]).argmax(axis=1)[:, np.newaxis]
        chosen = np.take_along_axis(order, middle, axis=1)
        return np.take_along_axis(each, chosen, axis=1)[:, 0].astype(np.float32)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Everything, by name; `of` takes it back."""
        return {name: getattr(self, name) for name in _KINDS}

    @classmethod
    def of(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Trees:
        """What `arrays` gave, checked; InvalidInput where it is not whole."""
        return cls(**{name: array_of(arrays, name, kind) for name, kind in _KINDS.items()})


_KINDS: dict[str, str] = {
    "width": "int32",
    "column": "int32",
    "threshold": "float32",
    "child": "int32",
    "value": "float64",
    "roots": "int32",
    "base": "float64",
    "divisor": "float64",
    "weights": "float64",
}
"""Of each array: its dtype."""
