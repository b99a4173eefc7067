"""Several rating models and all that is known of a rating, put together by boosted trees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from matinee import members, models
from matinee.errors import InvalidInput, InvalidParameter, UnknownModel
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Int32, Int64, Interactions, SideInformation
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Reason
from matinee.splits import Split
from matinee.stacked import candidates, features, stacking
from matinee.stacked import reasons as rating_reasons
from matinee.stacked import states as joined_states
from matinee.stacked.stacking import Stack
from matinee.stacked.states import Part

_PAIRS = 2048
"""Predicted at a time: each takes a row of all that is known of the person."""
_OWN = 4
"""Parts of a state beside those of the bases."""
_REASONS = 6


class Hybrid(Model):
    """Predicts ratings by base models and features of the rating, put together by boosted trees.

    ``r(u, i) = w . p + trees(x)``: p are the predictions of the `bases`, w >= 0 adds up to 1, and
    x holds w . p, how far each base is from it, the deviations that bases tell, and features: those
    of `matinee features` but the clusters, how the person rated the neighbors of the item
    (`stacked.neighbors`), and what around the moment (`stacked.moments`). Weights
    and trees are learned from ratings that the bases, and statistics of features, had not
    seen: random folds, as many as hold `ratings` ratings, or the latest fold by time. Then the
    bases are fitted to all of train. The deviation comes from trees that learn how far off this is.

    Lists are made as a service would: `candidates` are found by the first base's factors, by what
    the person's cluster likes, and by neighbors of the person's favorites, by who watches them and
    by what they are about; these are put in order by what is predicted for now. All other items
    stand below them, in the order of the first base.

    Where there are fewer than `fewest` ratings nothing is stacked: the last base predicts, which
    should be one that learns fast.

    Sources: Wolpert 1992 (stacked generalization); Breiman 1996 (weights that are not negative);
    Ke et al. 2017 (histogram boosting).
    """

    task = "rating"

    bases: str = parameter("bayes_fm,svdpp,als", "rating models, by name, with commas")
    stack: str = parameter(
        "random", "which ratings the stack learns from", search=("random", "latest")
    )
    folds: int = parameter(10, "parts of train; bases see all but one", low=2)
    ratings: int = parameter(30_000, "that the stack learns from, where there are as many", low=1)
    fewest: int = parameter(20_000, "ratings to stack at all; else the last base predicts", low=0)
    candidates: int = parameter(500, "items that lists put in order", low=1)
    seed: int = parameter(0, "of bases, folds and trees", low=0, high=2**31 - 1)

    layout_: Int64
    """(bases + 4, 2) int64: see `stacked.states`. A state holds those of the bases, what features
    are made of, and the cluster and favorites by which candidates are found. What the bases and all
    the rest have learned is kept beside it, such as `items_` of als as `als__items_`, and
    `item_sums` of the features as `features__item_sums_`."""

    def _check_parameters(self) -> None:
        names = self._names()
        for name in names:
            try:
                kind = models.get(name)
                fits = name != self.name and kind.task == "rating" and not kind.transductive
            except UnknownModel:
                fits = False
            if not fits or names.count(name) > 1:
                raise InvalidParameter(
                    "`bases` of hybrid must be different rating models, by name, with commas, "
                    f"got {self.bases!r}."
                )

    def _names(self) -> list[str]:
        return [name.strip() for name in self.bases.split(",")]

    def _base(self, name: str) -> Model:
        seeded = {"seed": self.seed} if "seed" in models.get(name).hyperparameters else {}
        return models.create(name, **seeded)

    def _held(self) -> list[Model]:
        held = len(self.layout_) - _OWN
        return [self._base(name) for name in self._names()[-held:]]

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        try:
            parts = self._parts_of(csr_array((1, self.n_items), dtype=np.float32), None, None)
        except ValueError as error:  # InvalidInput among them
            raise TypeError(str(error)) from error
        if not np.array_equal(joined_states.layout_of(parts), self.layout_):
            raise TypeError("layout_ is not that of what is known of people")
        return {}

    # ---- learning -----------------------------------------------------------------------

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        train = replace(train, value=_values(train))
        names, stack = self._names(), None
        if len(train) >= max(self.fewest, 2 * self.folds):
            stack = self._stacked(train, side, progress)
        else:
            names = names[-1:]
        for name in names:
            members.keep(self, self._base(name).fit(train, side, progress=progress))
        known = features.fit(train, side, seed=self.seed)
        if stack is None:
            off = max(float(train.matrix.data.std(dtype=np.float64)), 1e-3)
            told = self._base(names[0]).has_deviation
            stack = stacking.only_first(told + len(known.names), off, told=told - 1)
        pool = candidates.pool_of(
            train.matrix, known.known.user_cluster(train.matrix), known.known.user_centers, side
        )
        for part, arrays in zip(
            _PARTS, (known.arrays(), stack.arrays(), pool.arrays()), strict=True
        ):
            for name, array in arrays.items():
                setattr(self, f"{part}__{name}_", array)
        self.layout_ = np.zeros((len(names) + _OWN, 2), np.int64)
        parts = self._parts_of(train.matrix, side.user_features, train.matrix_times)
        self.layout_ = joined_states.layout_of(parts)
        self.people_ = joined_states.joined(parts)

    def _stacked(self, train: Interactions, side: SideInformation, progress: Progress) -> Stack:
        parts = stacking.parts(
            train,
            folds=self.folds,
            ratings=self.ratings,
            latest=self.stack == "latest",
            seed=self.seed,
        )
        found = [self._held_out(part, side, progress) for part in parts]
        predicted, rest, values = (np.concatenate(of) for of in zip(*found, strict=True))
        told = any(self._base(name).has_deviation for name in self._names()) - 1
        return stacking.learned(predicted, rest, values, seed=self.seed, told=told)

    def _held_out(
        self, part: Split, side: SideInformation, progress: Progress
    ) -> tuple[Float32, Float32, Float32]:
        """Predictions of bases, features and values of ratings that neither has seen."""
        test, predicted, deviations = part.test, [], []
        for name in self._names():
            base = self._base(name).fit(part.train, side, progress=progress)
            pairs = test.user_index, test.item_index
            if base.has_deviation:
                mean, deviation = base.predict_with_deviation(*pairs, now=test.time)
                deviations.append(deviation[:, np.newaxis])
            else:
                mean = base.predict(*pairs, now=test.time)
            predicted.append(mean)
        known = features.fit(part.train, side, seed=self.seed)
        people = known.people(part.train.matrix, part.train.matrix_times, side.user_features)
        found = [
            known.of_pairs(
                people.rows(test.user_index[block]),
                test.item_index[block],
                None if test.time is None else test.time[block],
            )
            for block in _blocks(len(test))
        ]
        seen = np.hstack([*deviations, np.concatenate(found)])
        return np.stack(predicted, axis=1), seen, _values(test)

    # ---- what was learned ---------------------------------------------------------------

    @property
    def _made(self) -> _Made:
        """The parts, made and checked once of the arrays that were learned."""
        kept: _Made | None = vars(self).get("_parts")
        if kept is None or kept.layout is not self.layout_:
            known, stack, pool = (self._kept(part) for part in _PARTS)
            kept = _Made(
                self.layout_,
                [members.kept(self, base) for base in self._held()],
                features.Features.of(known),
                Stack.of(stack),
                candidates.Pool.of(pool),
            )
            told = sum(base.has_deviation for base in kept.bases)
            kept.stack.check(len(kept.bases), told + len(kept.features.names))
            vars(self)["_parts"] = kept
        return kept

    def _kept(self, part: str) -> dict[str, Any]:
        start = f"{part}__"
        return {
            name.removeprefix(start).removesuffix("_"): value
            for name, value in vars(self).items()
            if name.startswith(start)
        }

    # ---- answering ----------------------------------------------------------------------

    def _fold_in_at(
        self, history: csr_array, profiles: csr_array | None, times: Int64 | None
    ) -> State:
        """(people, s) CSR: the states of the bases, and what features and candidates need."""
        return joined_states.joined(self._parts_of(history, profiles, times))

    def _parts_of(
        self, history: csr_array, profiles: csr_array | None, times: Int64 | None
    ) -> list[Part]:
        made = self._made
        parts = [base._fold_in_at(history, profiles, times) for base in made.bases]
        for base, part in zip(made.bases, parts, strict=True):
            if not joined_states.is_part(part):
                raise InvalidInput(
                    f"A base of hybrid must know of people by rows of numbers; {base.name} does "
                    "not. Take als, mle, svdpp or bayes_fm."
                )
        cluster = made.features.known.user_cluster(history)[:, np.newaxis]
        favorites = candidates.favorites_of(history, times)
        near = np.hstack([cluster, favorites]).astype(np.float32)
        return [*parts, *made.features.people(history, times, profiles), near]

    def _rows(self, parts: list[Part], items: Int32, now: Int64 | None) -> Float32:
        """(pairs, f) float32: what the stack predicts from; parts have a row for each pair."""
        made, predicted, deviations = self._made, [], []
        for base, part in zip(made.bases, parts, strict=False):
            if base.has_deviation:
                mean, deviation = base._score_pairs_with_deviation(part, items, now)
                deviations.append(deviation[:, np.newaxis])
            else:
                mean = base._score_pairs_at(part, items, now)
            predicted.append(np.clip(mean, *self.bounds_))
        people = features.People(*parts[-_OWN:-1])
        found = made.features.of_pairs(people, items, now)
        return made.stack.rows(
            np.stack(predicted, axis=1).astype(np.float32), np.hstack([*deviations, found])
        )

    def _by_blocks(
        self, state: csr_array, items: Int32, now: Int64 | None
    ) -> Iterator[tuple[slice, Float32]]:
        for block in _blocks(len(items)):
            parts = joined_states.apart(state[block], self.layout_)
            yield block, self._rows(parts, items[block], None if now is None else now[block])

    def _score_pairs_at(self, state: State, items: Int32, now: Int64 | None) -> Float32:
        result = np.empty(len(items), np.float32)
        for block, rows in self._by_blocks(state, items, now):
            result[block] = self._made.stack.predicted(rows)
        return result

    def _score_pairs_with_deviation(
        self, state: State, items: Int32, now: Int64 | None
    ) -> tuple[Float32, Float32]:
        mean, deviation = np.empty((2, len(items)), np.float32)
        for block, rows in self._by_blocks(state, items, now):
            mean[block] = self._made.stack.predicted(rows)
            deviation[block] = self._made.stack.deviation(rows)
        return mean, deviation

    def _score_at(self, state: State, now: int | None) -> Float32:
        """Predictions of candidates; below the scale all others, in the order of the first base."""
        made, parts = self._made, joined_states.apart(state, self.layout_)
        scores = np.array(made.bases[0]._score_at(parts[0], now), np.float32)
        near = parts[-1].astype(np.int32)
        chosen = made.pool.chosen(
            scores, near[:, 0], near[:, 1:], made.features.known.item_vectors[:-1], self.candidates
        )
        scores -= scores.max(axis=1, keepdims=True) + 1 - self.bounds_[0]
        person, item = np.nonzero(chosen)
        for block in _blocks(len(item)):
            mine, items = person[block], item[block].astype(np.int32)
            moments = None if now is None else np.full(len(items), now, np.int64)
            rows = self._rows([part[mine] for part in parts], items, moments)
            scores[mine, items] = np.maximum(made.stack.predicted(rows), self.bounds_[0])
        return scores

    def _score(self, state: State) -> Float32:
        return self._score_at(state, None)

    def _item_vectors(self) -> Float32:
        return self._made.bases[0]._item_vectors()

    def _explain_at(
        self, history: csr_array, state: State, item: int, now: int | None
    ) -> list[Reason]:
        """Reasons of the base that counts most, by its weight, and what features add."""
        made, parts = self._made, joined_states.apart(state, self.layout_)
        most = int(np.argmax(made.stack.weights))
        weight = float(made.stack.weights[most])
        reasons = [
            replace(reason, weight=weight * reason.weight)
            for reason in made.bases[most]._explain_at(history, parts[most], item, now)
        ]
        moment = None if now is None else np.array([now])
        rows = self._rows(parts, np.array([item], np.int32), moment)
        reasons += rating_reasons.told(made.stack.correction.predict, rows, made.features.names)
        return sorted(reasons, key=lambda reason: -reason.weight)[:_REASONS]


_PARTS = ("features", "stack", "pool")
"""What is kept beside the bases, by the start of its names."""


class _Made(NamedTuple):
    layout: Int64
    bases: list[Model]
    features: features.Features
    stack: Stack
    pool: candidates.Pool


def _values(ratings: Interactions) -> Float32:
    """Ratings; what was only chosen counts as rated 1."""
    return np.ones(len(ratings), np.float32) if ratings.value is None else ratings.value


def _blocks(rows: int) -> list[slice]:
    return [slice(start, start + _PAIRS) for start in range(0, rows, _PAIRS)]
