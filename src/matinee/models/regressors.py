"""Regression on features of a rating: who rates, what, when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.sparse import csr_array

from matinee import rating_features, regression
from matinee.errors import InvalidInput
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Int64, Interactions, SideInformation
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Reason
from matinee.rating_features import Known
from matinee.regression import Regressor
from matinee.regression import taste as tasting
from matinee.regression.taste import Float64, Taste

_PAIRS = 1 << 14
"""Pairs whose features are made at a time."""
_REGRESSOR, _KNOWN, _TASTE = "regressor_{}_", "known_{}_", "taste_{}_"
_GROUPS: tuple[tuple[Literal["popular", "feature", "profile"], str, tuple[str, ...]], ...] = (
    ("popular", "how this movie is rated", ("movie_", "baseline")),
    ("feature", "how you rate its genres", ("genre_affinity", "genre:")),
    ("feature", "how you rate movies that are rated like it", tasting.NAMES),
    ("profile", "your profile", ("age:", "gender:", "occupation:", "region:")),
)
"""Kind and label of a reason, and what the names of its columns begin with."""


class Regressors(Model):
    """Predicts a rating by a regressor over features of who rates, what and when.

    The features are those of `matinee.rating_features`: counts, means, spreads and recent values
    of the user and of the movie, taste for genres, weekday and hour, the movie's year and age,
    profile and clusters; and taste, see `matinee.regression.taste`. Those of a training rating are
    made without it. A person's state is the statistics of the history; the regressor reads
    features made of it and of what is known of the movie, for now. Where now is unknown, so is all
    that depends on it.

    `kind` is gradient boosting over histograms (Ke et al. 2017), a random forest (Breiman 2001),
    AdaBoost.R2 (Drucker 1997), a single tree, or a line on standardized features, found by
    stochastic gradient descent or in closed form (ridge). All are fitted by scikit-learn, kept as
    plain arrays and walked by our own kernel. 0 as a hyperparameter stands for what suits the
    kind: `matinee.regression.DEFAULTS`.
    """

    task = "rating"

    kind: str = parameter("boosting", "of regressor", search=regression.KINDS)
    features: str = parameter(
        "out-of-fold",
        "of a training rating are made of all ratings but a fifth, but itself, or earlier ones",
        search=rating_features.MODES,
    )
    taste: int = parameter(16, "directions of taste; 0 leaves it out", low=0, high=256)
    loss: str = parameter(
        "squared",
        "what is minimized: squared; absolute (boosting, adaboost, sgd), huber (sgd), exponential "
        "(adaboost)",
        search=("squared", "absolute", "huber", "exponential"),
    )
    trees: int = parameter(0, "of boosting, forest and adaboost", low=0, high=5000)
    depth: int = parameter(0, "most questions down a tree", low=0, high=64)
    learning_rate: float = parameter(
        0.0, "of boosting and adaboost; the first step of sgd", low=0, high=10
    )
    leaf: int = parameter(0, "fewest ratings in a leaf", low=0)
    members: int = parameter(0, "boosters that are averaged", low=0, high=100)
    seed: int = parameter(0, "of whatever the regressor draws", low=0, high=2**31)

    def _check_parameters(self) -> None:
        regression.resolved(self.kind, self._settings())

    def _settings(self) -> regression.Settings:
        return regression.Settings(
            loss=self.loss,
            trees=self.trees,
            depth=self.depth,
            learning_rate=self.learning_rate,
            leaf=self.leaf,
            members=self.members,
        )

    # ---- fitting ------------------------------------------------------------------------

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        progress("making features", 0, 2)
        rated, values = _with_values(train)
        features = Features.fit(rated, side, taste=self.taste, seed=self.seed)
        x = features.of_training(rated, side, mode=self.features, seed=self.seed)
        progress(f"fitting {self.kind}", 1, 2)
        regressor = regression.fit(self.kind, x, values, self._settings(), seed=self.seed)
        learned = ((_KNOWN, features.known), (_TASTE, features.taste), (_REGRESSOR, regressor))
        for form, part in learned:
            for name, array in ({} if part is None else part.arrays()).items():
                setattr(self, form.format(name), array)
        vars(self)["_parts"] = (features, regressor)
        self.people_ = self._fold_in_at(rated.matrix, side.user_features, rated.matrix_times)
        progress(f"fitting {self.kind}", 2, 2)

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        try:
            features, _ = self._learned()
        except InvalidInput as error:
            raise TypeError(str(error)) from error
        return {"item_count_": (len(features.known.item_sums) - 1,)}

    def _learned(self) -> tuple[Features, Regressor]:
        """Features and regressor, made and checked once of the arrays that were learned."""
        kept: tuple[Features, Regressor] | None = vars(self).get("_parts")
        if kept is None:
            directions = _named(vars(self), _TASTE)
            known = Known.of(_named(vars(self), _KNOWN))
            kept = (
                Features(known, Taste.of(directions, len(known.item_sums)) if self.taste else None),
                regression.regressor_of(_named(vars(self), _REGRESSOR)),
            )
            along = kept[0].taste
            if along is not None and along.width - 1 != self.taste:
                raise InvalidInput(
                    f"Taste must have {self.taste} directions, got {along.width - 1}."
                )
            if kept[1].n_columns != len(kept[0].names):
                raise InvalidInput(
                    f"A regressor must ask the {len(kept[0].names)} features that there are, got "
                    f"one of {kept[1].n_columns}."
                )
            vars(self)["_parts"] = kept
        return kept

    # ---- answers ------------------------------------------------------------------------

    def _fold_in_at(
        self, history: csr_array, profiles: csr_array | None, times: Int64 | None
    ) -> State:
        return self._learned()[0].people(history, times, profiles)

    def _score_pairs_at(self, state: State, items: Int32, now: Int64 | None) -> Float32:
        features, regressor = self._learned()
        result = np.empty(len(items), np.float32)
        for start in range(0, len(items), _PAIRS):
            block = slice(start, start + _PAIRS)
            x = features.of_pairs(state[block], items[block], None if now is None else now[block])
            result[block] = regressor.predict(x)
        return result

    def _score_at(self, state: State, now: int | None) -> Float32:
        features, regressor = self._learned()
        scores = np.empty(len(state) * self.n_items, np.float32)
        for start in range(0, len(scores), _PAIRS):
            pair = np.arange(start, min(start + _PAIRS, len(scores)))
            items = (pair % self.n_items).astype(np.int32)
            x = features.of_pairs(state[pair // self.n_items], items, now)
            scores[pair] = regressor.predict(x)
        return scores.reshape(len(state), self.n_items)

    def _explain_at(
        self, history: csr_array, state: State, item: int, now: int | None
    ) -> list[Reason]:
        """How much the prediction changes where a group of features is taken away."""
        features, regressor = self._learned()
        rows = features.of_pairs(state, np.array([item], np.int32), now)
        rows = np.repeat(rows, 1 + len(_GROUPS), axis=0)
        for row, (_, _, begin) in zip(rows[1:], _GROUPS, strict=True):
            row[[name.startswith(begin) for name in features.names]] = np.nan
        predicted = regressor.predict(rows)
        shares = zip(_GROUPS, predicted[0] - predicted[1:], strict=True)
        reasons = [Reason(kind, float(share), label=label) for (kind, label, _), share in shares]
        return sorted(reasons, key=lambda reason: -abs(reason.weight))


@dataclass(frozen=True, eq=False)
class Features:
    """The features of `matinee.rating_features`, and taste beside them."""

    known: Known
    taste: Taste | None

    @classmethod
    def fit(cls, train: Interactions, side: SideInformation, *, taste: int, seed: int) -> Features:
        """Learn what features need; `taste` directions, 0 for none."""
        along = tasting.fit(train, taste, seed=seed) if taste else None
        return cls(rating_features.fit(train, side, seed=seed), along)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        return self.known.names + (() if self.taste is None else tasting.NAMES)

    def of_training(
        self, train: Interactions, side: SideInformation, *, mode: str, seed: int
    ) -> Float32:
        """(n, f) of the ratings that this was fitted to, each without its own value."""
        x = rating_features.of_training(train, side, self.known, mode=mode, seed=seed)
        if self.taste is None:
            return x
        dimensions = self.taste.width - 1
        along = tasting.of_training(train, dimensions, seed=seed, past=mode == "past")
        return np.hstack([x, along])

    def of_others(
        self, train: Interactions, side: SideInformation, wanted: Interactions
    ) -> Float32:
        """(m, f) of ratings that are not in training, by people who may be, at their times."""
        state = self.people(train.matrix, train.matrix_times, side.user_features)
        rows = [
            self.of_pairs(
                state[wanted.user_index[start : start + _PAIRS]],
                wanted.item_index[start : start + _PAIRS],
                None if wanted.time is None else wanted.time[start : start + _PAIRS],
            )
            for start in range(0, len(wanted), _PAIRS)
        ]
        return np.concatenate(rows) if rows else np.empty((0, len(self.names)), np.float32)

    def people(
        self, history: csr_array, times: Int64 | None, profiles: csr_array | None
    ) -> Float64:
        """What is known of people, a row each: `Taste.people`, then `Known.people`."""
        state = self.known.people(history, times, profiles)
        return state if self.taste is None else np.hstack([self.taste.people(history), state])

    def of_pairs(self, state: Float64, items: Int32, now: Int64 | int | None) -> Float32:
        """(pairs, f) of row p of `state` with ``items[p]``, -1 if unknown."""
        along = 0 if self.taste is None else self.taste.width
        x = self.known.of_pairs(state[:, along:], items, now)
        if now is None:
            # What a person rated last is of no use where nobody knows how long ago that was.
            x[:, self.names.index("user_recent")] = np.nan
        if self.taste is None:
            return x
        return np.hstack([x, self.taste.of_pairs(state[:, :along], items)])


def _with_values(train: Interactions) -> tuple[Interactions, Float32]:
    """Ratings and their values; feedback without values counts as ratings of 1."""
    if train.value is not None:
        return train, train.value
    ones = np.ones(len(train), np.float32)
    where = (train.user_index, train.item_index)
    return Interactions(*where, ones, train.time, train.n_users, train.n_items), ones


def _named(held: dict[str, object], form: str) -> dict[str, np.ndarray]:
    """The arrays among `held` whose names are made by `form`, by what they were made of."""
    begin, end = form.split("{}")
    return {
        name.removeprefix(begin).removesuffix(end): value
        for name, value in held.items()
        if name.startswith(begin) and name.endswith(end) and isinstance(value, np.ndarray)
    }
