"""EASE: each item from all others by one linear regression, in closed form."""

from __future__ import annotations

from typing import cast

import numpy as np
from scipy.linalg import lapack
from scipy.sparse import csr_array

from matinee import ranking
from matinee.errors import InvalidInput
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Interactions, SideInformation, sorted_csr
from matinee.item_weights import check_memory, people_weights
from matinee.kernels import ease as kernel
from matinee.kernels.products import add_rows
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Reason


class EASE(Model):
    """Ranks items by a linear regression of each item on all others, in closed form.

    With X the people x items matrix of ones, it minimises ::

        sum_u w_u |x_u - x_u B|^2 + sum_ij penalty_i B_ij^2,  with B_jj = 0
        w_u = n_u^-activity_damping, scaled so that choices weigh 1 on average
        penalty_i = regularization * n_i^popularity_penalty

    where n_i people chose item i. With ``P = (X^T diag(w) X + diag(penalty))^-1`` that is
    ``B_ij = -P_ij / P_jj``, and ``score(u, j) = n_j^-popularity_damping * sum of B_ij`` over the
    history. Somebody with an empty history is served by popularity.

    The counts that B is made of are uncertain by about their root, so a penalty with the power
    1/2 fits small and large sets alike.

    Sources: Steck 2019, "Embarrassingly Shallow Autoencoders for Sparse Data", equation 8 (this
    with all three powers at 0); Steck 2020, "Autoencoders that don't overfit towards the
    Identity", for a penalty that grows with popularity; Park et al. 2025, "Why is Normalization
    Necessary for Linear Recommenders?", for powers of the lengths of histories and of popularity.

    The matrix is inverted in float32 by LAPACK with all its threads: another number of threads
    may change B by 1e-4. Memory: one float32 matrix of the items with ratings, squared.
    """

    task = "ranking"

    regularization: float = parameter(
        75.0, "penalty on weights", low=0, open_low=True, search=(10.0, 1000.0)
    )
    popularity_penalty: float = parameter(
        0.5, "power of popularity in the penalty", low=0, high=2, search=(0.0, 1.0)
    )
    activity_damping: float = parameter(
        0.5, "power by which long histories teach less", low=0, high=2, search=(0.0, 1.0)
    )
    popularity_damping: float = parameter(
        0.2, "power by which popular items score less", low=0, high=2, search=(0.0, 0.4)
    )

    position_: Int32
    """(n_items,) int32: the row and column of each item in `weights_`; -1 without ratings."""
    weights_: Float32
    """(rated items, rated items) float32: B, columns damped by popularity."""

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        progress("fitting ease", 0, 2)
        rated = np.flatnonzero(self.item_count_)
        check_memory("ease", len(rated))
        self.position_ = np.full(train.n_items, -1, np.int32)
        self.position_[rated] = np.arange(len(rated))
        matrix = train.matrix
        indices = self.position_[matrix.indices]
        popularity = self.item_count_[rated].astype(np.float64)
        by_item = csr_array(
            (np.ones(len(indices), np.float32), indices, matrix.indptr),
            shape=(train.n_users, len(rated)),
        )
        by_item = sorted_csr(by_item.T)
        weights = people_weights(np.diff(matrix.indptr), self.activity_damping)
        gram = np.empty((len(rated), len(rated)), np.float32)
        kernel.gram(matrix.indptr, indices, by_item.indptr, by_item.indices, weights, gram)
        penalty = self.regularization * popularity**self.popularity_penalty
        gram[np.diag_indices_from(gram)] += penalty.astype(np.float32)
        progress("fitting ease", 1, 2)
        self._invert(gram)
        scale = popularity**-self.popularity_damping / np.diag(gram)
        kernel.weigh(gram, scale.astype(np.float32))
        self.weights_ = gram
        self.people_ = matrix
        progress("fitting ease", 2, 2)

    def _invert(self, gram: Float32) -> None:
        """Replace the lower triangle by that of the inverse."""
        # LAPACK reads columns first, so that the lower triangle is its upper one.
        turned, failed = lapack.spotrf(gram.T, lower=0, overwrite_a=1, clean=0)
        if not failed:
            turned, failed = lapack.spotri(turned, lower=0, overwrite_c=1)
        if failed or not np.isfinite(np.diag(gram)).all():
            raise InvalidInput(
                "`regularization` of ease must be large enough for float32 to invert the matrix "
                f"of co-choices, got {self.regularization:g}; raise it."
            )

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        return history

    def _score(self, state: State) -> Float32:
        history = cast(csr_array, state)
        known = self.position_[history.indices]
        kept = known >= 0
        indptr = np.append(0, np.cumsum(kept))[history.indptr].astype(np.int32)
        known = known[kept]
        scores = np.zeros((history.shape[0], len(self.weights_)), np.float32)
        add_rows(indptr, known, np.ones(len(known), np.float32), self.weights_, scores)
        if len(self.weights_) < self.n_items:
            compact = scores
            scores = np.zeros((history.shape[0], self.n_items), np.float32)
            scores[:, self.position_ >= 0] = compact
        scores[np.diff(indptr) == 0] = self.item_count_
        return scores

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        """The score is a sum over the history: what each item adds."""
        to = self.position_[item]
        places = self.position_[history.indices]
        share = np.where((places >= 0) & (to >= 0), self.weights_[places, to], 0)
        reasons = ranking.ratings_that_speak(history.indices, share)
        return reasons or super()._explain(history, state, item)
