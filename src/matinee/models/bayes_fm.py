"""Bayesian factorization machine: predictions averaged over what the ratings leave possible."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee import ranking
from matinee.errors import InvalidParameter
from matinee.factor_draws import Side, draw_noise, shares_of, summed
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Interactions, SideInformation
from matinee.kernels import gibbs
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Product, Reason


class BayesFM(Model):
    """Predicts ratings by factors of all that describes a person and an item, averaged by Gibbs.

    A factorization machine over two blocks of features. With z = (r - mean) / deviation, ::

        z_ui ~ N(b_u + c_i + t_u . q_i, 1 / (precision v_u w_i))
        (b_u, t_u) ~ N(d + |N(u)|^-exponent sum_{j in N(u)} y_j + sum_{f of u} a_f, S)
        (c_i, q_i) ~ N(e + |N(i)|^-exponent sum_{u in N(i)} x_u + sum_{g of i} h_g, T)
        y_j, a_f ~ N(0, S / implicit_regularization)
        x_u, h_g ~ N(0, T / item_implicit_regularization)

    N(u) are the items that u rated in training and N(i) the people who rated i, f the columns of
    the profile and g the traits of the item (genres, decade, tags). Each person and each distinct
    item is one row of its block, so the cost follows people and items, and of the ratings only a
    sum over each row's. All rows of a side, all y and a, x and h, (d, S), (e, T), v, w and the
    precision are drawn in turn from what they are given all others (blocked Gibbs sampling); S
    and T have Wishart, v and w gamma priors of mean one. After `burn_in` turns every
    ``(epochs - burn_in) / kept``-th draw of what belongs to items is kept. Of a person each kept
    draw gives the mean, so a new person is folded in exactly as those of the training data are,
    and the prediction is the mean over the kept draws, each clipped to the scale.

    Nothing of the test ratings is used, not even which pairs there are.

    Sources: Rendle 2012 and 2013 (factorization machines, relational blocks); Salakhutdinov and
    Mnih 2008 (Gibbs sampling of factors); Simm et al. 2017 (priors that regress, drawn exactly);
    Rendle, Zhang and Koren 2019 (implicit features both ways).
    """

    task = "rating"

    factors: int = parameter(
        31, "numbers that describe a person or an item", low=1, high=1023, search=(7, 63)
    )
    epochs: int = parameter(300, "turns of draws", low=2, search=(100, 600))
    burn_in: int = parameter(50, "turns before draws are kept", low=1)
    kept: int = parameter(50, "draws kept, to predict by", low=1, high=1000)
    implicit_regularization: float = parameter(
        3.0, "penalty on what a person's items and profile say", low=0, open_low=True,
        search=(0.5, 50.0),
    )  # fmt: skip
    item_implicit_regularization: float = parameter(
        1.0, "penalty on what an item's people and traits say", low=0, open_low=True,
        search=(0.2, 50.0),
    )  # fmt: skip
    exponent: float = parameter(
        0.5, "power of the count by which that is divided", low=0, high=1, search=(0.0, 0.75)
    )
    noise_damping: float = parameter(
        50.0, "ratings of common noise given to people and items", low=0, open_low=True,
        search=(5.0, 500.0),
    )  # fmt: skip
    seed: int = parameter(0, "of all draws", low=0)

    mean_: np.float32
    deviation_: np.float32
    items_: Float32
    """(n_items, kept, width) float32: (c_i, q_i), filled up with zeros; by item, so that all draws
    of one are one long row, by which items are ranked without a copy."""
    item_weights_: Float32
    """(kept, n_items) float32: w_i times the precision."""
    implicit_: Float32
    """(kept, n_items, width) float32: y_j."""
    profile_: Float32
    """(kept, g, width) float32: a_f."""
    precisions_: Float32
    """(kept, width, width) float32: the inverse of S."""
    centers_: Float32
    """(kept, width) float32: d."""
    item_centers_: Float32
    """(kept, width) float32: e."""

    def _check_parameters(self) -> None:
        if self.burn_in + self.kept > self.epochs:
            raise InvalidParameter(
                "`epochs` of bayes_fm must be at least `burn_in` and `kept` together, got "
                f"{self.epochs} for {self.burn_in} and {self.kept}."
            )

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        matrix = train.matrix
        self.mean_ = np.float32(matrix.data.mean(dtype=np.float64))
        spread = matrix.data.std(dtype=np.float64)
        self.deviation_ = np.float32(spread if spread > 1e-30 else 1.0)
        random = np.random.default_rng(self.seed)
        people = self._side(matrix, side.user_features, self.implicit_regularization)
        items = self._side(train.by_item, side.item_features, self.item_implicit_regularization)
        items.x[:, 1 : self.factors + 1] = random.standard_normal((train.n_items, self.factors))
        items.x *= items.rated[:, np.newaxis]
        draws: list[dict[str, Float32]] = []
        stride = (self.epochs - self.burn_in) / self.kept
        for epoch in range(1, self.epochs + 1):
            people.draw(items, random)
            people.draw_prior(random)
            items.draw(people, random)
            items.draw_prior(random)
            draw_noise(people, items, self.noise_damping, random)
            due = epoch - self.burn_in >= (len(draws) + 1) * stride - 1e-9
            if due:
                draws.append(_draw_of(people, items))
            if self._watch is not None and (due or not draws):
                # Before the first is due, whoever watches sees the draw of the moment.
                self._keep(draws or [_draw_of(people, items)])
                self.people_ = self._fold_in(matrix, side.user_features)
            if self._epoch_done(progress, epoch, self.epochs):
                break
        self._keep(draws or [_draw_of(people, items)])
        self.people_ = self._fold_in(matrix, side.user_features)

    def _side(self, matrix: csr_array, features: csr_array | None, penalty: float) -> Side:
        return Side(
            matrix,
            self._standard(matrix),
            features,
            factors=self.factors,
            exponent=self.exponent,
            penalty=penalty,
        )

    def _keep(self, draws: list[dict[str, Float32]]) -> None:
        for name in draws[0]:
            by_item = name == "items_"
            setattr(self, name, np.stack([draw[name] for draw in draws], axis=int(by_item)))

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        """(people, kept * width): of each kept draw the mean of (b_u, t_u)."""
        _, kept, width = self.items_.shape
        state = np.empty((history.shape[0], kept, width), np.float32)
        for s in range(kept):
            state[:, s], _ = self._believed(s, history, self._prior(s, history, profiles))
        return state.reshape(history.shape[0], kept * width)

    def _prior(self, s: int, history: csr_array, profiles: csr_array | None) -> Float32:
        """(people, width): what kept draw s says of people before it sees how high they rate."""
        shares = shares_of(np.diff(history.indptr), self.exponent)
        prior = shares * summed(history, self.implicit_[s]) + self.centers_[s]
        if profiles is not None and profiles.shape[1] == self.profile_.shape[1]:
            prior += profiles @ self.profile_[s]
        return np.asarray(prior, np.float32)

    def _believed(self, s: int, history: csr_array, prior: Float32) -> tuple[Float32, Float32]:
        """(people, width) means by kept draw s, and (people,) the precision of people's own noise.

        That is found from the errors of a first pass, at one, and used in a second.
        """
        counts, rows = np.diff(history.indptr), history.shape[0]
        weights = self.item_weights_[s]
        x, nothing = np.empty_like(prior), np.zeros_like(prior)
        errors = np.empty(history.nnz, np.float32)
        own, standard = np.ones(rows, np.float32), self._standard(history)
        # One person's items are few of all, and only theirs are copied.
        which, place = np.unique(history.indices, return_inverse=True)
        rated = self.items_[which, s]
        for first in (True, False):
            gibbs.draw(
                history.indptr,
                place.astype(np.int32),
                standard,
                weights[which],
                rated,
                self.precisions_[s],
                prior,
                own,
                nothing,
                x,
                errors,
            )
            if first:
                squares = weights[history.indices] * errors**2
                sums = np.bincount(np.repeat(np.arange(rows), counts), squares, minlength=rows)
                own = ((self.noise_damping + counts) / (self.noise_damping + sums)).astype(
                    np.float32
                )
        return x, own

    def _standard(self, history: csr_array) -> Float32:
        return np.asarray((history.data - self.mean_) / self.deviation_, np.float32)

    def _product(self, state: State) -> Product:
        """Scores as one product over all draws: the mean before clipping."""
        n_items, kept, width = self.items_.shape
        scale = self.deviation_ / kept
        people = scale * state
        people[:, ::width] = scale
        items = self.items_.reshape(n_items, kept * width)
        return Product(people, items, self.mean_ + scale * state[:, ::width].sum(axis=1))

    def _score_pairs(self, state: State, items: Int32) -> Float32:
        _, kept, width = self.items_.shape
        total = np.zeros(len(items))
        for s in range(kept):
            person = state[:, s * width : (s + 1) * width]
            of_item = np.where(
                items[:, np.newaxis] >= 0, self.items_[items, s], self.item_centers_[s]
            )
            z = np.einsum("pf,pf->p", person[:, 1:], of_item[:, 1:]) + person[:, 0] + of_item[:, 0]
            total += np.clip(self.mean_ + self.deviation_ * z, *self.bounds_)
        return np.asarray(total / kept, np.float32)

    def _item_vectors(self) -> Float32:
        """q_i of all kept draws side by side."""
        vectors = self.items_[:, :, 1:].copy()
        vectors[self.item_count_ == 0] = 0
        return vectors.reshape(len(vectors), -1)

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        reasons = ranking.ratings_that_speak(history.indices, self._shares_of(history, item))
        liked = float(self.deviation_ * self.items_[item, :, 0].mean())
        return ranking.with_everybody(reasons, liked)

    def _shares_of(self, history: csr_array, item: int) -> Float32:
        """What each rating adds to a prediction of which nothing but the ratings is known.

        Rating j adds ``(1, q_i) . (v w_j A^-1 a_j (z_j - c_j - a_j . prior) + share y_j)``, on
        average over the kept draws, with a_j = (1, q_j), A the precision of the belief and share
        ``|N(u)|^-exponent``. With (1, q_i) . d and c_i, times the deviation, and the mean that is
        the prediction.
        """
        kept, standard = self.items_.shape[1], self._standard(history).astype(np.float64)
        share = float(shares_of(np.array([history.nnz]), self.exponent)[0, 0])
        total = np.zeros(history.nnz)
        for s in range(kept):
            prior = self._prior(s, history, None)
            _, own = self._believed(s, history, prior)
            rated = self.items_[history.indices, s].astype(np.float64)
            rest = standard - rated[:, 0]
            rated[:, 0] = 1
            of_item = self.items_[item, s].astype(np.float64)
            of_item[0] = 1
            weights = float(own[0]) * self.item_weights_[s][history.indices].astype(np.float64)
            matrix = self.precisions_[s] + (rated.T * weights) @ rated
            rest -= rated @ prior[0].astype(np.float64)
            total += (rated @ np.linalg.solve(matrix, of_item)) * weights * rest
            total += share * self.implicit_[s][history.indices].astype(np.float64) @ of_item
        return np.asarray(self.deviation_ * total / kept, np.float32)


def _draw_of(people: Side, items: Side) -> dict[str, Float32]:
    """What is kept of a draw: all that folding people in and predicting needs."""
    n_items = len(items.x)
    return {
        "items_": items.x.copy(),
        "item_weights_": np.float32(items.common) * items.weights,
        "implicit_": people.said[:n_items].copy(),
        "profile_": people.said[n_items:].copy(),
        "precisions_": people.precision,
        "centers_": people.center,
        "item_centers_": items.center,
    }
