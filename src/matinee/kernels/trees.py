"""Rows sent down the trees of an ensemble, in two ways that give the same bits.

A row stands with its columns twice: as they are, where NaN is not <= anything and goes right, and
with NaN as -inf, which goes left. So a node says by the column that it asks where a missing value
goes, and asking is one comparison without a branch.

**Walked**, for trees of any size: children of a node lie side by side, so a step is a comparison
and a sum. Leaves are their own children; a block of rows takes as many steps as the tree is deep,
all rows together, so that they do not wait for each other's memory.

**Struck out**, for trees of 32 leaves or fewer: every node is asked of all rows, and where a row
goes right, the leaves below its left child are struck out. Leaves count from left to right, so the
lowest one that stays is the row's (QuickScorer, Lucchese et al. 2015). More questions, but each is
asked of 16 rows by one instruction: four to five times as fast as a walk.
"""

from __future__ import annotations

from typing import NamedTuple

import numba
import numpy as np
import numpy.typing as npt

from matinee.kernels.threads import exclusive
from matinee.kernels.tiles import lowest

BLOCK = 64
"""Rows that go down a tree together: fixed, so that nothing depends on the number of threads."""
LEAVES = 32
"""Of a tree that is struck out, at most."""
_ALONE = 1 << 17
"""Questions up to which one thread is as fast."""
_ALL = np.uint32(0xFFFFFFFF)


class Nodes(NamedTuple):
    """Trees as plain arrays, one tree after the other, each from its root on."""

    column: npt.NDArray[np.int32]
    """(nodes,) which number of the row is asked, in 0..2f - 1; f more where NaN goes left."""
    threshold: npt.NDArray[np.float32]
    """(nodes,) rows go left where the number is <= this; inf at leaves."""
    child: npt.NDArray[np.int32]
    """(nodes,) the left child, whose neighbor is the right one; a leaf's is itself."""
    value: npt.NDArray[np.float64]
    """(nodes,) what a leaf predicts."""
    roots: npt.NDArray[np.int32]
    """(trees,) ascending."""
    depths: npt.NDArray[np.int32]
    """(trees,) steps from the root to the deepest leaf."""
    kept: npt.NDArray[np.uint32]
    """(nodes,) bits of the leaves that stay where a row goes right; empty to walk."""
    leaves: npt.NDArray[np.int32]
    """(trees, LEAVES) the nodes that are leaves, from left to right; empty to walk."""


@numba.njit(cache=True)
def _walk_tree(tree, both, nodes, at):
    at[:] = nodes.roots[tree]
    for _ in range(nodes.depths[tree]):
        for r in range(len(at)):
            node = at[r]
            left = both[nodes.column[node], r] <= nodes.threshold[node]
            at[r] = nodes.child[node] + (not left)


@numba.njit(cache=True)
def _strike_tree(tree, stop, both, nodes, bits, at):
    bits[:] = _ALL
    for node in range(nodes.roots[tree], stop):
        if nodes.child[node] == node:
            continue
        numbers = both[nodes.column[node]]
        threshold, kept = nodes.threshold[node], nodes.kept[node]
        for r in range(len(bits)):
            bits[r] &= _ALL if numbers[r] <= threshold else kept
    for r in range(len(at)):
        at[r] = nodes.leaves[tree, lowest(bits[r])]


@numba.njit(cache=True)
def _block(x, first, stop, nodes, places, out):
    """One block of rows down all trees.

    in:      x, nodes, places
    in, out: out
    """
    width, rows = x.shape[1], stop - first
    both = np.empty((2 * width, BLOCK), np.float32)
    both[:, rows:] = 0
    for r in range(rows):
        for c in range(width):
            number = x[first + r, c]
            both[c, r] = number
            both[width + c, r] = -np.inf if np.isnan(number) else number
    at = np.empty(rows, np.int32)
    bits = np.empty(BLOCK, np.uint32)
    trees = len(nodes.roots)
    for tree in range(trees):
        if len(nodes.kept):
            end = nodes.roots[tree + 1] if tree + 1 < trees else len(nodes.child)
            _strike_tree(tree, end, both, nodes, bits, at)
        else:
            _walk_tree(tree, both, nodes, at)
        for r in range(rows):
            out[first + r, places[tree]] += nodes.value[at[r]]


@numba.njit(cache=True)
def _all(x, nodes, places, out):
    for first in range(0, len(x), BLOCK):
        _block(x, first, min(first + BLOCK, len(x)), nodes, places, out)


@numba.njit(cache=True, parallel=True)
def _blocks(x, nodes, places, out):
    for block in numba.prange((len(x) + BLOCK - 1) // BLOCK):
        first = block * BLOCK
        _block(x, first, min(first + BLOCK, len(x)), nodes, places, out)


def predict(
    x: npt.NDArray[np.float32],
    nodes: Nodes,
    places: npt.NDArray[np.int32],
    out: npt.NDArray[np.float64],
) -> None:
    """Add to ``out[r, places[t]]`` what tree t predicts for row r, tree by tree.

    Parameters
    ----------
    x : (rows, f) float32 contiguous, in
        NaN where a number is missing.
    nodes : in
        Of trees that are whole: see `matinee.regression.trees`, which checks them.
    places : (trees,) int32, in
        Column of `out` that each tree adds to.
    out : (rows, columns) float64, in and out
    """
    if len(x) * int(nodes.depths.sum()) <= _ALONE:
        _all(x, nodes, places, out)
        return
    with exclusive():
        _blocks(x, nodes, places, out)
