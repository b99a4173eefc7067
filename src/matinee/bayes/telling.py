"""What each rating of a person adds to predictions: rows that the features of an item weigh."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee.bayes.beliefs import Belief, Draw
from matinee.interactions import Float32


def told_by_ratings(
    history: csr_array, draw: Draw, belief: Belief, prior: Float32, said: Float32
) -> Float32:
    """(ratings, width) float32: row j times ``a_i = (1, q_i)`` is what rating j adds by this draw.

    Row j is ``v w_j (z_j - c_j - a_j . prior) A^-1 a_j + said_j``, with a_j = (1, q_j) and A the
    precision of the belief. It does not depend on the item that is asked for.

    Parameters
    ----------
    history : (1, n_items) CSR
        Of one person.
    prior : (width,) float32
    said : (ratings, width) float32
        What having chosen each item says, however it was rated.
    """
    rated = draw.items[history.indices].astype(np.float64)
    rest = belief.explained - rated[:, 0]
    rated[:, 0] = 1
    weights = float(belief.own[0]) * draw.weights[history.indices].astype(np.float64)
    matrix = draw.precision + (rated.T * weights) @ rated
    rest -= rated @ prior.astype(np.float64)
    rows = np.linalg.solve(matrix, rated.T).T * (weights * rest)[:, np.newaxis]
    return np.asarray(rows + said, np.float32)
