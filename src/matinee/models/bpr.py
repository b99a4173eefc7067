"""Bayesian personalized ranking: factors learned from pairs of a chosen and another item."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee import ranking
from matinee.errors import Diverged
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Interactions, SideInformation
from matinee.kernels import bpr as kernel
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Product, Reason


class BPR(Model):
    """Ranks by factors that put what a person chose above what the person did not.

    With ``x_ui = p_u . q_i + b_i`` it maximizes the sum of ``ln s(x_ui - x_uj)`` over items i that
    u chose and items j that u did not, s being the logistic function, less penalties. One step
    takes one (u, i, j): of `negatives_` draws, even over all items that u did not choose, j is
    the one that scores highest (dynamic negative sampling). Most items are below i soon and teach
    nothing more. The best number of draws grows with the catalogue: it is `hardness` times the
    cube root of the items that anybody chose, and at least one, which is plain BPR.

    Penalties shrink what a step touches. They are stated for a person with one choice, and
    divided by the mean number of choices a person, so that one value fits small sets and large.
    At the end people are found anew while the items stand still, so what a person is, is just
    what `fold_in` makes of their history.

    Sources: Rendle et al. 2009 (section 4), Zhang et al. 2013 (negatives that score high).
    """

    task = "ranking"

    factors: int = parameter(
        64, "numbers that describe a person or an item", low=1, high=4096, search=(16, 256)
    )
    epochs: int = parameter(40, "times through all choices", low=1, search=(10, 100))
    learning_rate: float = parameter(
        0.1, "length of the first steps", low=0, open_low=True, search=(0.02, 0.2)
    )
    person_regularization: float = parameter(
        3.0, "penalty on people's factors", low=0, search=(0.3, 10.0)
    )
    item_regularization: float = parameter(
        1.3, "penalty on items' factors", low=0, search=(0.1, 5.0)
    )
    bias_regularization: float = parameter(
        1.5, "penalty on items' biases", low=0, search=(0.01, 5.0)
    )
    hardness: float = parameter(
        0.75, "draws at a step, over the cube root of items; 0: one", low=0, search=(0.0, 1.5)
    )
    fold_epochs: int = parameter(20, "times through a history to find a person", low=1)
    seed: int = parameter(0, "of the first factors and of all draws", low=0)

    items_: Float32
    """(n_items, factors + 1) float32: q_i, and b_i last."""
    choices_: np.float32
    """Mean number of choices of those who chose anything."""
    negatives_: np.int32
    """Draws at a step."""

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        matrix = train.matrix
        lengths = np.diff(matrix.indptr)
        self.choices_ = np.float32(lengths[lengths > 0].mean())
        draws = self.hardness * np.cbrt(np.count_nonzero(self.item_count_))
        self.negatives_ = np.int32(max(1, round(draws)))
        generator = np.random.default_rng(self.seed)
        width = 0.2 / np.sqrt(self.factors)
        people = generator.normal(0, width, (train.n_users, self.factors)).astype(np.float32)
        self.items_ = generator.normal(0, width, (train.n_items, self.factors + 1)).astype(
            np.float32
        )
        self.items_[:, -1] = 0
        cells = kernel.cells_of(matrix.indptr, matrix.indices, train.n_items, generator)
        penalties = (
            self.person_regularization / float(self.choices_),
            self.item_regularization / float(self.choices_),
            self.bias_regularization / float(self.choices_),
        )
        for epoch in range(1, self.epochs + 1):
            rate = self.learning_rate * (1 - (epoch - 1) / self.epochs)
            kernel.climb(
                cells,
                matrix.indptr,
                matrix.indices,
                people,
                self.items_,
                rate,
                penalties,
                int(self.negatives_),
                generator,
            )
            self._check_progress(epoch)
            if self._watch is not None or epoch == self.epochs:
                self.people_ = self._fold_in(matrix, None)
            if self._epoch_done(progress, epoch, self.epochs):
                break

    def _check_progress(self, epoch: int) -> None:
        largest = float(np.abs(self.items_).max())
        if not largest < 1e3:
            raise Diverged(
                f"The factors of bpr must stay small, but the largest is {largest:g} after epoch "
                f"{epoch} of {self.epochs}; lower learning_rate (now {self.learning_rate:g})."
            )

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        """(people, factors + 1): p_u, and 1 to go with the bias of items."""
        out = np.empty((history.shape[0], self.factors), np.float32)
        kernel.place(
            history.indptr,
            history.indices,
            self.items_,
            self.learning_rate,
            self.person_regularization / float(self.choices_),
            int(self.negatives_),
            self.fold_epochs,
            self.seed,
            out,
        )
        return np.concatenate([out, np.ones((len(out), 1), np.float32)], axis=1)

    def _product(self, state: State) -> Product:
        return Product(state, self.items_)

    def _item_vectors(self) -> Float32:
        return np.where(self.item_count_[:, np.newaxis] > 0, self.items_[:, :-1], 0)

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        """p_u . q_i, told by the chosen items most alike i; and b_i against the mean of all."""
        factors, bias = self.items_[:, :-1], self.items_[:, -1]
        taste = float(state[0, :-1] @ factors[item])
        alike = (factors[history.indices] @ factors[item]).clip(0)
        share = max(taste, 0) * alike / max(float(alike.sum()), 1e-12)
        reasons = ranking.ratings_that_speak(history.indices, share)
        liked = float(bias[item] - bias.mean())
        label = f"liked by {int(self.item_count_[item])} people"
        return sorted([*reasons, Reason("popular", liked, label=label)], key=lambda r: -r.weight)
