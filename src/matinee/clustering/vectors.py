"""Vectors of items, from what they are and from who chose them: what clusters are made of.

Never an id: two items are near because they share traits or people.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, diags_array

from matinee.interactions import Float32, Interactions, SideInformation
from matinee.kernels.threads import exclusive


def unit_rows(points: Float32) -> Float32:
    """`points` with every row of length one; rows of zeros stay."""
    norm = np.linalg.norm(points, axis=1, keepdims=True)
    return np.divide(points, norm, out=np.zeros_like(points), where=norm > 0)


def item_vectors(
    train: Interactions, side: SideInformation, *, dimensions: int, traits_weight: float, seed: int
) -> Float32:
    """(n_items, d) float32: an interaction block of length one beside a traits block.

    The interaction block holds the leading right singular vectors, but the first, of
    ``D_u^(-1/2) M D_i^(-1/2)``, M being who chose what and D the row and column sums (Dhillon
    2001, spectral co-clustering); the first says only how popular an item is. The traits block
    holds the item features, rare ones weighing more (times the log of how rare), at length
    `traits_weight`. Items that nobody chose have traits only, and so have items of which the
    interactions say no more than their popularity.
    """
    blocks = [_interaction_block(train.matrix, dimensions, seed)]
    if side.item_features is not None and traits_weight > 0:
        features = side.item_features
        count = np.maximum(np.bincount(features.indices, minlength=features.shape[1]), 1)
        rare = np.log(1 + train.n_items / count).astype(np.float32)
        blocks.append(traits_weight * unit_rows((features * rare[np.newaxis, :]).toarray()))
    return np.ascontiguousarray(np.hstack(blocks), dtype=np.float32)


def _interaction_block(matrix: csr_array, dimensions: int, seed: int) -> Float32:
    from sklearn.utils.extmath import randomized_svd

    chosen = csr_array(
        (np.ones_like(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape
    )
    wanted = min(dimensions + 1, *matrix.shape)
    per_user, per_item = chosen.sum(axis=1), chosen.sum(axis=0)
    scaled = (
        diags_array(1 / np.sqrt(np.maximum(per_user, 1)))
        @ chosen
        @ diags_array(1 / np.sqrt(np.maximum(per_item, 1)))
    )
    with exclusive():
        _, strength, right = randomized_svd(csr_array(scaled), wanted, random_state=seed)
    leading = (right.T * strength)[:, 1:] if wanted > 1 else right.T * strength
    # Rounding errors must not grow to length one.
    noise = np.linalg.norm(leading, axis=1) < 1e-6 * np.abs(right[0])
    leading[noise | (per_item == 0)] = 0
    return unit_rows(np.asarray(leading, np.float32))
