"""Vectors of items, from what they are and from who chose them: what clusters are made of.

Never an id: two items are near because they share traits or people.
"""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array, diags_array

from matinee.errors import InvalidInput, InvalidParameter
from matinee.interactions import Float32, Interactions, SideInformation
from matinee.kernels.threads import exclusive

FEATURES = ("both", "traits", "interaction")
"""Of items: what they are (genres, decades, tags), who chose them, or both."""
_TAG = "tag:"
_NOTHING = np.float32(1e-9)


def unit_rows(points: Float32) -> Float32:
    """`points` with every row of length one; rows of zeros stay."""
    norm = np.linalg.norm(points, axis=1, keepdims=True)
    return np.divide(points, norm, out=np.zeros_like(points), where=norm > 0)


def item_vectors(
    train: Interactions,
    side: SideInformation,
    *,
    features: str = "both",
    dimensions: int,
    traits_weight: float,
    seed: int,
) -> Float32:
    """(n_items, d) float32: an interaction block of length one beside a traits block.

    The interaction block holds the leading right singular vectors, but the first, of
    ``D_u^(-1/2) M D_i^(-1/2)``, M being who chose what and D the row and column sums (Dhillon
    2001, spectral co-clustering); the first says only how popular an item is. The traits block
    holds genres and decades, rare ones weighing more (times the log of how rare), at length
    `traits_weight`. Where items have tags, half of its square length is theirs: the leading
    directions of what tags go together, at most `dimensions`. Items that nobody chose have traits
    only, and so have items of which the interactions say no more than their popularity.

    Parameters
    ----------
    features
        One of `FEATURES`; without the other block a block is of length one.

    Raises
    ------
    InvalidParameter
        No such features.
    InvalidInput
        Traits are wanted alone, and none of any item is known.
    """
    if features not in FEATURES:
        raise InvalidParameter(f"`features` must be {' or '.join(FEATURES)}, got {features!r}.")
    traits = side.item_features
    if traits is not None and not traits.nnz:
        traits = None
    if features == "traits":
        if traits is None:
            raise InvalidInput(
                "Clusters by traits need items whose genres, year or tags are known, and there "
                "are none; import a table of items, or take interaction."
            )
        return _traits_block(traits, side.item_feature_names, dimensions, seed)
    blocks = [co_choice(train.matrix, dimensions, seed)]
    if features == "both" and traits is not None and traits_weight > 0:
        block = _traits_block(traits, side.item_feature_names, dimensions, seed)
        blocks.append(np.float32(traits_weight) * block)
    return np.ascontiguousarray(np.hstack(blocks), dtype=np.float32)


def _traits_block(traits: csr_array, names: tuple[str, ...], dimensions: int, seed: int) -> Float32:
    """(n_items, t) traits, in rows of length one where any is known."""
    tagged = np.array([name.startswith(_TAG) for name in names])
    plain = unit_rows(_weighed(traits[:, np.flatnonzero(~tagged)]).toarray())
    if not tagged.any():
        return plain
    tags = _weighed(traits[:, np.flatnonzero(tagged)])
    length = np.sqrt(np.asarray(tags.multiply(tags).sum(axis=1), np.float32))
    tags = csr_array(diags_array(1 / np.maximum(length, _NOTHING)) @ tags)
    _, right = leading(tags, dimensions, seed)
    return unit_rows(np.hstack([plain, unit_rows(tags @ right.T)]))


def _weighed(features: csr_array) -> csr_array:
    """Features, rare ones weighing more."""
    count = np.maximum(np.bincount(features.indices, minlength=features.shape[1]), 1)
    rare = np.log(1 + features.shape[0] / count).astype(np.float32)
    return csr_array(features * rare[np.newaxis, :])


def co_choice(matrix: csr_array, dimensions: int, seed: int, turns: int | None = None) -> Float32:
    """(n_items, d) float32 rows of length one: the interaction block of `item_vectors`.

    Parameters
    ----------
    matrix : (n_users, n_items) CSR
        Who chose what; values do not count.
    turns
        As in `leading`.
    """
    chosen = csr_array(
        (np.ones_like(matrix.data), matrix.indices, matrix.indptr), shape=matrix.shape
    )
    per_user, per_item = chosen.sum(axis=1), chosen.sum(axis=0)
    scaled = csr_array(
        diags_array(1 / np.sqrt(np.maximum(per_user, 1)))
        @ chosen
        @ diags_array(1 / np.sqrt(np.maximum(per_item, 1)))
    )
    strength, right = leading(scaled, dimensions + 1, seed, turns)
    block = (right.T * strength)[:, 1:] if len(strength) > 1 else right.T * strength
    # Rounding errors must not grow to length one.
    noise = np.linalg.norm(block, axis=1) < 1e-6 * np.abs(right[0])
    block[noise | (per_item == 0)] = 0
    return unit_rows(np.asarray(block, np.float32))


def leading(
    matrix: csr_array, wanted: int, seed: int, turns: int | None = None
) -> tuple[Float32, Float32]:
    """(m,) singular values, the largest first, and (m, columns) right singular vectors.

    m is `wanted`, or rows or columns of the matrix where that is less. Each of `turns` goes to the
    other side and back, and makes them more exact; None for 4 to 7, as scikit-learn chooses.
    """
    from sklearn.utils.extmath import randomized_svd

    with exclusive():
        _, strength, right = randomized_svd(
            matrix,
            min(wanted, *matrix.shape),
            n_iter="auto" if turns is None else turns,
            random_state=seed,
        )
    return np.asarray(strength, np.float32), np.asarray(right, np.float32)
