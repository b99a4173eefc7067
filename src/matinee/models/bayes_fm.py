"""Bayesian factorization machine: predictions averaged over what the ratings leave possible."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from matinee import ranking
from matinee.bayes import few_ratings, learned, likelihoods, people_states
from matinee.bayes.beliefs import Asked, Draw
from matinee.bayes.moods import Pages, Shape, moods_at
from matinee.bayes.rating_draws import Ratings, Settings
from matinee.bayes.telling import told_by_ratings
from matinee.errors import InvalidParameter
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Int64, Interactions, SideInformation
from matinee.kernels.threads import exclusive
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Product, Reason

_LOOKS = 10
"""Kept draws by which it is found how much of a person is still open."""
_FELT = 0.05
"""Of a mood, in ratings, to be given as a reason."""
_LEAST = 1e-3
"""Deviation at least, in ratings."""


class BayesFM(Model):
    """Predicts ratings by factors of all that describes a person and an item, averaged by Gibbs.

    A factorization machine over blocks of features. For a rating of u and i at a moment t, ::

        z_uit ~ N(b_u + c_i + t_u . q_i + m_u(t), 1 / (precision v_u w_i))
        (b_u, t_u) ~ N(d + |N(u)|^-exponent sum_{j in N(u)} y_j + sum_{f of u} a_f, S)
        (c_i, q_i) ~ N(e + |N(i)|^-exponent sum_{u in N(i)} x_u + sum_{g of i} h_g, T)
        y_j, a_f ~ N(0, S / implicit_regularization)
        x_u, h_g ~ N(0, T / item_implicit_regularization)

    N(u) are the items that u rated in training and N(i) the people who rated i, f the columns of
    the profile and g the traits of the item (genres, decade, tags). m_u is the mood of a person:
    of each page (ratings at most two seconds apart) a part of its own, and one that goes on from
    page to page (`bayes.moods`); it is left out where times are unknown, or `moods` is "off".

    With the likelihood "ordered" z is hidden: a rating is the step of the scale between whose cuts
    z lies, and precision is one. With "normal", and where the scale has more than 20 steps,
    z = (r - mean) / deviation (`matinee.bayes.likelihoods`).

    Each person and each distinct item is one row of its block, so the cost follows people and
    items, and of the ratings only a sum over each row's. All rows of a side, all y and a, x and h,
    (d, S), (e, T), all moods, their variances, v, w, the precision, the cuts and all hidden z are
    drawn in turn from what they are given all others (blocked Gibbs sampling); S and T have
    Wishart, v and w gamma priors of mean one. After `burn_in` turns every ``(epochs - burn_in) /
    kept``-th draw of what belongs to items is kept. Of a person each kept draw gives the mean, so
    a new person is folded in exactly as those of the training data are, and the prediction is the
    mean over the kept draws of the rating that each expects.

    Somebody with few ratings, or none, is taken for a typical person, and who rates an item not for
    anybody: see `matinee.bayes.few_ratings`.

    Of a million ratings ``factors=63, epochs=250`` learns more than the defaults do, and takes two
    to three times as long. Nothing of the test ratings is used, not even which pairs there are.

    Sources: Rendle 2012 and 2013 (factorization machines, relational blocks); Salakhutdinov and
    Mnih 2008 (Gibbs sampling of factors); Simm et al. 2017 (priors that regress, drawn exactly);
    Rendle, Zhang and Koren 2019 (implicit features both ways); Albert and Chib 1993 (ordered
    probit); Carter and Kohn 1994 (chains of states, drawn at once).
    """

    task = "rating"

    factors: int = parameter(
        31, "numbers that describe a person or an item", low=1, high=1023, search=(7, 63)
    )
    epochs: int = parameter(300, "turns of draws", low=2, search=(100, 600))
    burn_in: int = parameter(50, "turns before draws are kept", low=1)
    kept: int = parameter(50, "draws kept, to predict by", low=1, high=1000)
    likelihood: str = parameter(
        "ordered", "how a rating follows: by normal noise, or as a step of the scale",
        search=("ordered", "normal"),
    )  # fmt: skip
    moods: str = parameter(
        "on", "whether ratings of one moment are alike, where times are known",
        search=("on", "off"),
    )  # fmt: skip
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

    line_: Float32
    """(kept, 2) float32: mean and deviation of the line from z to ratings."""
    cuts_: Float32
    """(kept, steps - 1) float32: between the steps; no columns where z is no hidden number."""
    values_: Float32
    """(steps,) float32: the ratings of the scale, ascending; none where z is no hidden number."""
    moods_: Float32
    """(kept, 3) float32: phi, V and G of moods; no columns where there are none."""
    items_: Float32
    """(n_items, kept + 1, width) float32: (c_i, q_i), filled up with zeros, at last E_i in place
    of c_i; by item, so that all of one is a long row, by which items are ranked without a copy."""
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
    average_: Float32
    """(kept, width) float32: what an average person's choices say of them."""
    average_profile_: Float32
    """(g,) float32: the mean profile of people who have ratings."""
    usual_count_: np.int32
    """The median number of ratings of people who have any."""

    def _check_parameters(self) -> None:
        if self.burn_in + self.kept > self.epochs:
            raise InvalidParameter(
                f"`epochs` of {self.name} must be at least `burn_in` and `kept` together, got "
                f"{self.epochs} for {self.burn_in} and {self.kept}."
            )

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        return learned.shapes(vars(self), self.n_items)

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        matrix, told = train.matrix, self._told(train)
        times = train.matrix_times if self.moods == "on" else None
        vars(self).pop("_told_last", None)
        random = np.random.default_rng(self.seed)
        ratings = Ratings(
            matrix, told, side, times,
            Settings(
                self.factors, self.exponent, self.implicit_regularization,
                self.item_implicit_regularization, self.noise_damping, self.likelihood,
            ),
            random,
        )  # fmt: skip

        self.values_ = ratings.likelihood.values
        draws: list[dict[str, Float32]] = []
        stride = (self.epochs - self.burn_in) / self.kept
        for epoch in range(1, self.epochs + 1):
            ratings.turn()
            due = epoch - self.burn_in >= (len(draws) + 1) * stride - 1e-9
            if due:
                draws.append(ratings.kept())
            if self._watch is not None and (due or not draws):
                # Before the first draw is due, whoever watches sees the one of the moment.
                self._keep(draws or [ratings.kept()])
                self._meet(matrix, told, side.user_features, times)
            if self._epoch_done(progress, epoch, self.epochs):
                break
        self._keep(draws or [ratings.kept()])
        del ratings, draws  # People may need as much again.
        self._meet(matrix, told, side.user_features, times)

    def _told(self, train: Interactions) -> csr_array:
        """Who is known to rate what."""
        return train.matrix

    def _keep(self, draws: list[dict[str, Float32]]) -> None:
        for name in draws[0]:
            if name != "items_":
                setattr(self, name, np.stack([draw[name] for draw in draws]))
        last = np.zeros_like(draws[0]["items_"])
        self.items_ = np.stack([*(draw["items_"] for draw in draws), last], axis=1)

    def _meet(
        self, matrix: csr_array, told: csr_array, profiles: csr_array | None, times: Int64 | None
    ) -> None:
        """Learn who is an average person, who chooses which item, and what everybody is like."""
        self.usual_count_ = few_ratings.usual_count(told)
        self.average_ = few_ratings.average_said(told, self.implicit_, self.exponent)
        self.average_profile_ = np.zeros(self.profile_.shape[1], np.float32)
        if profiles is not None:
            rated = np.diff(told.indptr) > 0
            self.average_profile_ = np.asarray(profiles[rated].mean(axis=0), np.float32)
        nobody = csr_array((1, matrix.shape[1]), dtype=np.float32)
        expected = np.zeros(matrix.shape[1], np.float32)
        kept = len(self.centers_)
        for s in range(kept):
            x = self._prior(s, nobody, None)[0]
            expected += (x[0] + self.items_[:, s, 0] + self.items_[:, s, 1:] @ x[1:]) / kept
        mean, deviation = self._line()
        liking = few_ratings.raters_liking(matrix, mean + deviation * expected)
        self.items_[:, kept, 0] = liking / deviation
        self.people_ = self._folded(matrix, told, profiles, times)

    # ---- people -------------------------------------------------------------------------

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        return self._fold_in_at(history, profiles, None)

    def _fold_in_at(
        self, history: csr_array, profiles: csr_array | None, times: Int64 | None
    ) -> State:
        return self._folded(history, history, profiles, times)

    def _folded(
        self, history: csr_array, told: csr_array, profiles: csr_array | None, times: Int64 | None
    ) -> State:
        """(people, kept * width + 3): of each kept draw the mean of (b_u, t_u); then v_u, how much
        b_u + t_u . q_i varies still, and the trust in an item's raters. Where there are moods,
        those of all pages follow."""
        kept, width = self.centers_.shape
        people, mooded = history.shape[0], self.moods_.shape[1] > 0
        pages = Pages(history.indptr, times) if mooded and times is not None else None
        asked = Asked(history, self.values_, pages)
        state = np.zeros((people, kept * width + 3), np.float32)
        state[:, -1] = few_ratings.trust_in_raters(np.diff(history.indptr))
        drawn = np.zeros((2, 0 if pages is None else len(pages.first)), np.float32)
        looks = np.unique(np.linspace(0, kept - 1, min(kept, _LOOKS)).astype(int)).tolist()
        for s in range(kept):
            draw, prior = self._draw(s), self._prior(s, told, profiles)
            belief = asked.believed(draw, prior)
            state[:, s * width : (s + 1) * width] = belief.x
            state[:, -3] += belief.own / kept
            if pages is not None:
                drawn += belief.drawn / kept
            if s in looks:
                left = asked.open_variance(draw, prior, belief, self._everywhere(s), s)
                state[:, -2] += left / len(looks)
        if not mooded:
            return state
        none = Pages(np.zeros(people + 1, np.int32), np.zeros(0, np.int64))
        return people_states.packed(state, pages or none, drawn, self.n_items)

    def _draw(self, s: int) -> Draw:
        mood = self.moods_[s].tolist()
        mean, deviation = self.line_[s].tolist()
        return Draw(
            np.ascontiguousarray(self.items_[:, s]), self.item_weights_[s], self.precisions_[s],
            (mean, deviation), self.cuts_[s], Shape(*mood) if mood else None, self.noise_damping,
        )  # fmt: skip

    def _everywhere(self, s: int) -> Float32:
        """(width, width): the mean over ratings of a_i a_i^T, a_i = (1, q_i)."""
        features = self.items_[:, s].astype(np.float64)
        features[:, 0] = 1
        shares = self.item_count_ / max(int(self.item_count_.sum()), 1)
        with exclusive():
            return np.asarray((features.T * shares) @ features, np.float32)

    def _prior(self, s: int, told: csr_array, profiles: csr_array | None) -> Float32:
        """(people, width): what kept draw s says of people before it sees how high they rate."""
        prior = self.centers_[s] + few_ratings.said(
            told, self.implicit_[s], self.average_[s], self.usual_count_, self.exponent
        )
        unknown = np.ones(len(prior), bool)
        if profiles is not None and profiles.shape[1] == self.profile_.shape[1]:
            prior += profiles @ self.profile_[s]
            unknown = np.diff(profiles.indptr) == 0
        prior[unknown] += self.average_profile_ @ self.profile_[s]
        return np.asarray(prior, np.float32)

    # ---- answers ------------------------------------------------------------------------

    def _product(self, state: State) -> Product:
        """Scores as one product over all draws: the line nearest to ratings, not clipped."""
        kept, width = self.centers_.shape
        mean, deviation = self._line()
        last = kept * width
        people = np.zeros((state.shape[0], last + width), np.float32)
        people[:, :last] = (deviation / kept) * people_states.columns_of(state, 0, last)
        constant = mean + people[:, :last:width].sum(axis=1)
        people[:, :last:width] = deviation / kept
        people[:, last] = deviation * people_states.columns_of(state, last + 2, last + 3)[:, 0]
        return Product(people, self.items_.reshape(len(self.items_), -1), constant)

    def _line(self) -> tuple[np.float32, np.float32]:
        """Mean and deviation from z to ratings, over all draws."""
        mean, deviation = self.line_.mean(axis=0)
        return mean, deviation

    def _score_pairs(self, state: State, items: Int32) -> Float32:
        return self._score_pairs_at(state, items, None)

    def _score_pairs_at(self, state: State, items: Int32, now: Int64 | None) -> Float32:
        return self._score_pairs_with_deviation(state, items, now)[0]

    def _score_pairs_with_deviation(
        self, state: State, items: Int32, now: Int64 | None
    ) -> tuple[Float32, Float32]:
        """Mean and deviation over the kept draws of the rating that each expects, with its noise.

        The variance of z given a draw is ``1 / (precision v_u w_i)``, and what that draw leaves
        open of the person and of the mood.
        """
        kept, width = self.centers_.shape
        own, left, trust = people_states.columns_of(state, kept * width, kept * width + 3).T
        mood, mood_variance = self._moods_at(state, now)
        low, high = self.bounds_
        mean, square = np.zeros(len(items)), np.zeros(len(items))
        known = items >= 0
        mood = mood + trust * np.where(known, self.items_[items, kept, 0], 0)
        for s in range(kept):
            x = people_states.columns_of(state, s * width, (s + 1) * width)
            y = np.where(known[:, np.newaxis], self.items_[items, s], self.item_centers_[s])
            weights = self.item_weights_[s]
            w = own * np.where(known, weights[items], np.median(weights))
            z = x[:, 0] + y[:, 0] + np.einsum("pf,pf->p", x[:, 1:], y[:, 1:]) + mood
            variance = 1 / w + left + mood_variance
            if self.cuts_.shape[1]:
                e, e2 = likelihoods.expected_steps(z, variance, self.cuts_[s], self.values_)
            else:
                center, deviation = self.line_[s].astype(np.float64)
                e = np.clip(center + deviation * z, low, high)
                e2 = e**2 + deviation**2 * variance
            mean += e / kept
            square += e2 / kept
        deviation = np.sqrt(np.maximum(square - mean**2, _LEAST**2))
        return mean.astype(np.float32), deviation.astype(np.float32)

    def _moods_at(self, state: State, now: Int64 | None) -> tuple[Float32, Float32]:
        """Mean and variance of the mood of each person at that moment."""
        people = state.shape[0]
        nothing = np.zeros(people, np.float32)
        if not self.moods_.shape[1]:
            return nothing, nothing
        shape = Shape(*self.moods_.mean(axis=0).tolist())
        if now is None:
            return nothing, np.full(people, shape.v + shape.g, np.float32)
        kept, width = self.centers_.shape
        noise = float(1 / np.median(self.item_weights_))
        pages = people_states.pages_of(state, kept * width + 3)
        mean, variance = moods_at(shape, *pages, now, noise)
        return np.where(now > 0, mean, 0), np.where(now > 0, variance, shape.v + shape.g)

    def _item_vectors(self) -> Float32:
        """q_i of all kept draws side by side."""
        vectors = self.items_[:, :-1, 1:].copy()
        vectors[self.item_count_ == 0] = 0
        return vectors.reshape(len(vectors), -1)

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        reasons = ranking.ratings_that_speak(history.indices, self._shares_of(history, item))
        liked = float(self._line()[1] * self.items_[item, :-1, 0].mean())
        return ranking.with_everybody(reasons, liked)

    def _explain_at(
        self, history: csr_array, state: State, item: int, now: int | None
    ) -> list[Reason]:
        reasons = self._explain(history, state, item)
        mood, _ = self._moods_at(state, None if now is None else np.array([now]))
        above = float(self._line()[1] * mood[0])
        if abs(above) >= _FELT:
            label = f"rating {abs(above):.1f} {'higher' if above > 0 else 'lower'} just now"
            reasons.append(Reason("profile", above, label=label))
        return sorted(reasons, key=lambda reason: -reason.weight)

    def _shares_of(self, history: csr_array, item: int) -> Float32:
        """What each rating adds to a prediction of which nothing but the ratings is known.

        With (1, q_i) . d and c_i, times the deviation, and the mean that is the prediction, but
        for mood and bends of the scale: see `bayes.telling`.
        """
        kept, width = self.centers_.shape
        told = self._told_by(history)
        of_item = self.items_[item, :kept].copy()
        of_item[:, 0] = 1
        _, raters = few_ratings.replaced(history.nnz, self.usual_count_)
        mean = told @ of_item.reshape(kept * width) / kept
        return np.asarray(self._line()[1] * (mean - raters * self.items_[item, kept, 0]))

    def _told_by(self, history: csr_array) -> Float32:
        """(ratings, kept * width): see `bayes.telling`; kept for the other items that are asked."""
        last: tuple[csr_array, Float32] | None = vars(self).get("_told_last")
        if last is not None and last[0] is history:
            return last[1]
        asked = Asked(history, self.values_, None)
        share = float(max(history.nnz, self.usual_count_)) ** -self.exponent
        average, _ = few_ratings.replaced(history.nnz, self.usual_count_)
        rows = []
        for s in range(len(self.centers_)):
            draw, prior = self._draw(s), self._prior(s, history, None)
            said = share * self.implicit_[s][history.indices] - average * self.average_[s]
            belief = asked.believed(draw, prior)
            rows.append(told_by_ratings(history, draw, belief, prior[0], said))
        told = np.concatenate(rows, axis=1)
        vars(self)["_told_last"] = (history, told)
        return told
