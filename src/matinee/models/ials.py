"""Matrix factorization of choices by alternating implicit least squares."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee import ranking
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Interactions, SideInformation
from matinee.kernels import ials as kernel
from matinee.kernels.vectors import WIDTH
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Product, Reason

_RELAXATION = 1.4
"""How far each side goes of what it found. Turns of people and items at 1 take over twice
the epochs to the same objective; 1.3..1.5 is best on MovieLens and on generated choices alike."""
_STEPS = 2
"""Conjugate gradients a side and epoch: a third lowers the objective by under 0.1 % after eight."""
_BLOCK = 64
"""Factors solved at a time by `blocks`."""
_FEW = 16
"""Factors up to which `auto` solves exactly: it costs twice as much there, and little in all."""


_CHOICES, _FALL = 50_000, 0.14
"""More choices need less of a penalty: what was best on validation ratings of MovieLens sets of
48,000 to 575,000 choices lies on this power."""


class IALS(Model):
    """Ranks by factors of people and items, learned from all that was chosen and all that was not.

    It minimises, over all people u and items i, ::

        sum over chosen (1 - p_u . q_i)^2  +  alpha * sum over all (p_u . q_i)^2
            + penalty * (sum_u (n_u + alpha * items) |p_u|^2
                         + sum_i (n_i + alpha * people) |q_i|^2)

    where n_u and n_i count choices, alpha = unobserved_weight * n / (people * items) and
    penalty = regularization * (n / 50,000)^-0.14: all that was not chosen weighs
    `unobserved_weight` times as much as all that was, and so one default fits sets of any density
    and size. It turns to people and to items, `epochs` times, each side from where it stands:
    exactly (`exact`), by two preconditioned conjugate gradients (`cg`), or exactly in 64 factors
    after the other (`blocks`, which is iALS++); `auto` is exact up to 16 factors and cg beyond. It
    then goes 1.4 times as far as it found, but in the first and the last epoch. In the end people
    are solved exactly, so what a person is, is just what `fold_in` makes of the choices.
    Source: Hu et al. 2008; Takacs et al. 2011 (cg); Rendle et al. 2021 (penalty), 2022 (iALS++).
    """

    task = "ranking"

    factors: int = parameter(
        64, "numbers that describe a person or an item", low=1, high=4096, search=(16, 256)
    )
    epochs: int = parameter(10, "turns of people and items", low=1, search=(4, 24))
    unobserved_weight: float = parameter(
        12.0,
        "weight of all that was not chosen, against all that was",
        low=0,
        open_low=True,
        search=(1.0, 60.0),
    )
    regularization: float = parameter(
        0.0135,
        "penalty on factors, a choice, where there are 50,000 choices",
        low=0,
        open_low=True,
        search=(0.002, 0.06),
    )
    solver: str = parameter(
        "auto", "how each side is solved", search=("auto", "exact", "cg", "blocks")
    )
    seed: int = parameter(0, "of the first factors", low=0)

    regularization_: float
    """The penalty for this many choices."""
    chosen_items_: np.int32
    """Items that anybody chose."""
    alpha_: np.float32
    """Weight of every (person, item), chosen or not."""
    spectrum_: Float32
    """(d,) float32: alpha * sum_i q_i^2; Q^T Q is diagonal."""
    items_: Float32
    """(n_items, d) float32: q_i, filled up with zeros to d, a multiple of 16."""
    average_: Float32
    """(d,) float32: the mean p_u, which is what is known of somebody who chose nothing."""

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        matrix, by_item = train.matrix, train.by_item
        choices_of_user = np.diff(matrix.indptr)
        people = np.int32(np.count_nonzero(choices_of_user))
        items = np.int32(np.count_nonzero(self.item_count_))
        self.regularization_ = self.regularization * (len(train) / _CHOICES) ** -_FALL
        self.chosen_items_ = items
        self.alpha_ = np.float32(self.unobserved_weight * len(train) / people / items)
        width = -(-self.factors // WIDTH) * WIDTH
        self.items_ = np.zeros((train.n_items, width), np.float32)
        self.items_[:, : self.factors] = self._first()
        self.average_ = np.zeros(width, np.float32)
        self.people_ = np.zeros((train.n_users, width), np.float32)
        of_people = self._penalty(choices_of_user, items)
        of_items = self._penalty(self.item_count_, people)
        self.spectrum_ = self._turn(self.items_, self.people_)
        for epoch in range(1, self.epochs + 1):
            relaxation = _RELAXATION if 1 < epoch < self.epochs else 1.0
            self._lower(matrix, self.items_, self.spectrum_, of_people, self.people_, relaxation)
            spectrum = self._turn(self.people_, self.items_)
            self._lower(by_item, self.people_, spectrum, of_items, self.items_, relaxation)
            self.spectrum_ = self._turn(self.items_, self.people_)
            if self._epoch_done(progress, epoch, self.epochs):
                break
        known = self._fold_in(matrix, None)[choices_of_user > 0]
        self.average_ = known.mean(axis=0, dtype=np.float64).astype(np.float32)
        self.people_ = self._fold_in(matrix, None)

    def _first(self) -> Float32:
        """Random items, longer the more they are chosen: so the first epochs lose little."""
        generator = np.random.default_rng(self.seed)
        factors = generator.standard_normal((self.n_items, self.factors), dtype=np.float32)
        popular = (self.item_count_ / self.item_count_.max()) ** 0.25 / np.sqrt(self.factors)
        return factors * popular.astype(np.float32)[:, np.newaxis]

    def _penalty(self, choices: Int32, others: np.int32) -> Float32:
        """regularization * (n + alpha * others) for n choices."""
        return (self.regularization_ * (choices + self.alpha_ * others)).astype(np.float32)

    def _turn(self, fixed: Float32, others: Float32) -> Float32:
        """Turn both sides until that which stands still has a diagonal Gram matrix."""
        spectrum = np.zeros(fixed.shape[1], np.float32)
        spectrum[: self.factors] = kernel.turn(fixed[:, : self.factors], others[:, : self.factors])
        return self.alpha_ * spectrum

    def _lower(
        self,
        matrix: csr_array,
        fixed: Float32,
        spectrum: Float32,
        penalty: Float32,
        solved: Float32,
        relaxation: float,
    ) -> None:
        """One side's turn: lower the objective over the rows of `solved`."""
        arguments = (matrix.indptr, matrix.indices, fixed, spectrum, penalty, solved)
        if self.solver == "cg" or (self.solver == "auto" and self.factors > _FEW):
            kernel.descend(*arguments, steps=_STEPS, relaxation=relaxation)
        else:
            size = _BLOCK if self.solver == "blocks" else fixed.shape[1]
            kernel.solve_blocks(*arguments, size=size, relaxation=relaxation)

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        """``(sum_j q_j q_j^T + alpha Q^T Q + penalty I)^-1 sum_j q_j``; else `average_`."""
        choices = np.diff(history.indptr)
        people = np.zeros((history.shape[0], self.items_.shape[1]), np.float32)
        penalty = self._penalty(choices, self.chosen_items_)
        kernel.solve_blocks(
            history.indptr,
            history.indices,
            self.items_,
            self.spectrum_,
            penalty,
            people,
            size=self.items_.shape[1],
        )
        people[choices == 0] = self.average_
        return people

    def _product(self, state: State) -> Product:
        return Product(state, self.items_)

    def _item_vectors(self) -> Float32:
        return self.items_

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        """p_u is a sum over the person's choices, so the score is one too (Hu et al. 2008, sec. 5).

        ``p_u = W sum_j q_j`` with ``W = (sum_j q_j q_j^T + alpha Q^T Q + penalty I)^-1``, so choice
        j adds ``q_i . W q_j``.
        """
        chosen = self.items_[history.indices].astype(np.float64)
        penalty = self._penalty(np.diff(history.indptr), self.chosen_items_)
        own = np.diag(self.spectrum_.astype(np.float64) + penalty)
        share = chosen @ np.linalg.solve(chosen.T @ chosen + own, self.items_[item].astype(float))
        reasons = ranking.ratings_that_speak(history.indices, share)
        return reasons or super()._explain(history, state, item)
