"""Matrix factorisation by least squares over all parameters at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.optimize import OptimizeResult, minimize

from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Interactions, SideInformation
from matinee.kernels import ls as kernel
from matinee.kernels.threads import exclusive
from matinee.models.als import ALS
from matinee.progress import Progress

Float64 = npt.NDArray[np.float64]


class LS(ALS):
    """Predicts ratings like als, from the same objective minimised over everything at once.

    The objective, its hyperparameters and what is predicted are those of als. Where als solves for
    people and items by turns, ls changes all parameters together: limited-memory BFGS (Liu and
    Nocedal 1989) on

        x = (p_u, b_u, q_i, b_i) of everybody, each times sqrt(its penalty + its number of ratings
        * the mean square of what it is multiplied by at the start),

    which makes the slopes alike steep. `epochs` is the number of its iterations, each of which
    costs two passes over the ratings, or a few. It ends early where the objective stands still, and
    with one exact solve for people, so that a person is what `fold_in` makes of their ratings. It
    has no learning rate: the step comes from a line search.
    """

    factors: int = ALS.factors
    epochs: int = parameter(40, "iterations of the solver, at most", low=1, search=(20, 80))
    regularization: float = ALS.regularization
    weighted_regularization: float = ALS.weighted_regularization
    bias_regularization: float = ALS.bias_regularization
    seed: int = ALS.seed

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        self._start(train)
        scale = np.concatenate(
            [
                self._scale(np.diff(train.matrix.indptr), self.items_).ravel(),
                self._scale(self.item_count_, self.people_).ravel(),
            ]
        )
        done = 0

        def iterated(intermediate_result: OptimizeResult) -> None:
            nonlocal done
            done += 1
            self._keep(intermediate_result.x * scale)
            if self._watch is not None:  # it is to see what stopping here would give
                self.people_ = self._fold_in(train.matrix, None)
            if self._epoch_done(progress, done, self.epochs):
                raise StopIteration

        def objective(scaled: Float64) -> tuple[float, Float64]:
            self._keep(scaled * scale)
            value, slope = self._objective(train)
            return value, slope * scale

        start = np.concatenate([self.people_.ravel(), self.items_.ravel()]) / scale
        options = {"maxiter": self.epochs, "maxcor": 10, "ftol": 1e-8, "gtol": 0}
        with exclusive():
            found = minimize(
                objective, start, jac=True, method="L-BFGS-B", callback=iterated, options=options
            )
        self._keep(found.x * scale)
        self.people_ = self._fold_in(train.matrix, None)

    def _keep(self, parameters: Float64) -> None:
        """Make these the people and the items."""
        cut = self.people_.size
        self.people_ = parameters[:cut].reshape(self.people_.shape).astype(np.float32)
        self.items_ = parameters[cut:].reshape(self.items_.shape).astype(np.float32)

    def _scale(self, counts: Int32, others: Float32) -> Float64:
        """(rows, factors + 1): one over the root of the curvature expected of each parameter."""
        plain, weighted = self._penalty().astype(np.float64)
        square = np.full(self.factors + 1, np.mean(others[:, :-1].astype(np.float64) ** 2))
        square[-1] = 1
        return 1 / np.sqrt(plain + (weighted + square) * counts[:, np.newaxis])

    def _objective(self, train: Interactions) -> tuple[float, Float64]:
        """The objective and its slopes, people first."""
        standard, penalty = self._standard, self._penalty()
        of_people, of_items = np.empty_like(self.people_), np.empty_like(self.items_)
        m = train.matrix
        squared, of_p = kernel.slopes(
            m.indptr, m.indices, m.data, standard, self.items_, penalty, self.people_, of_people
        )
        m = train.by_item
        _, of_q = kernel.slopes(
            m.indptr, m.indices, m.data, standard, self.people_, penalty, self.items_, of_items
        )
        slope = np.concatenate([of_people.ravel(), of_items.ravel()])
        return squared + of_p + of_q, slope.astype(np.float64)
