"""Three ways to recommend in one list: titles alike, what fans like, what people like you like."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar, cast

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, hstack

from matinee import members, models, way_weights
from matinee.clustering.people import check_profiles
from matinee.errors import InvalidInput, InvalidParameter
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Interactions, SideInformation, sorted_csr
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Reason
from matinee.splits import given_and_rest, new_users
from matinee.way_weights import Asked

_BY_TRAITS = "alike"
"""The way that knows something of items that nobody chose."""
_HELD = 0.2
_MOST_HELD = 1000
"""People left out of training while weights are found, at most."""
_MINIMUM = 10
"""Choices that such a person must have to be asked."""
_ENOUGH = 20
"""People who must be asked for weights to be found at all."""
_ORDERS = 4
"""Orders, at most, in which what such a person chose is given, where people are few."""
_LEFT = 5
"""Choices that must be left to find when some are given."""
_CELLS = 1 << 24
"""Scores of a way held at a time while weights are found: 64 MB."""
_REASONS = 6
_UNLEARNED = (
    (0.0, 0.0, 0.8, 0.2),
    (0.1, 0.45, 0.45, 0.0),
    (0.15, 0.45, 0.4, 0.0),
    (0.25, 0.4, 0.35, 0.0),
    (0.3, 0.35, 0.35, 0.0),
    (0.3, 0.35, 0.35, 0.0),
)
"""Weights where there are too few people to find any, of the three ways and popularity, a knot a
row: about those that MovieLens 100K and 1M lead to."""


class ThreeWays(Model):
    """Ranks items by three ways at once: titles alike, what fans like, what people alike like.

    ``score(u, i) = sum_w weight_w(k) * z_w(u, i)`` over the ways w (`alike`, `fans` and `people`)
    and popularity (``log(1 + n_i)``), where z are scores with mean 0 and deviation 1 over all
    items and k is how many items u is known to like. Items that nobody chose are known to `alike`
    alone, by their traits: it has all the weight there.

    Weights are learned on people whom the ways never saw: a fifth of all, at most 1,000, is left
    out while the ways are fitted; then these people are asked at many k, few people in up to four
    orders of what they like, and the weights are those that raise NDCG@10 of the rest (see
    `matinee.way_weights`). In the end the
    ways are fitted on everybody. Where fewer than 20 people can be asked, weights are fixed.

    What is known of a person is the history and the profile, side by side in one row.
    """

    task = "ranking"
    ways: ClassVar[tuple[str, ...]] = ("alike", "fans", "people")

    seed: int = parameter(0, "of the people by whom weights are found", low=0)

    weight_: Float32
    """(knots, 4) float32: weights of the ways and of popularity, a knot of `way_weights` a row.
    What a way has learned is kept beside it, such as `vectors_` of alike as `alike__vectors_`."""
    popular_: Float32
    """(n_items,) float32: log(1 + n_i), with mean 0 and deviation 1."""
    width_: int
    """Columns of a profile."""
    asked_: int
    """People by whom the weights were found; 0 where they are fixed."""

    def way(self, name: str) -> Model:
        """One of the three as a fitted model that takes histories and profiles.

        Raises
        ------
        InvalidParameter
            There is no such way.
        NotReady
        """
        self._check_fitted()
        if name not in self.ways:
            raise InvalidParameter(f"A way must be {' or '.join(self.ways)}, got {name!r}.")
        made: dict[str, Model] = vars(self).setdefault("_made", {})
        if name not in made:
            made[name] = members.kept(self, models.create(name))
        return made[name]

    def _held(self) -> list[Model]:
        return [models.create(name) for name in self.ways]

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        return {
            "weight_": (len(way_weights.KNOTS), len(self.ways) + 1),
            "popular_": (self.n_items,),
            "people__mean_": (self.width_,),
        }

    # ---- fitting ------------------------------------------------------------------------

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        vars(self).pop("_made", None)
        self.width_ = 0 if side.user_features is None else side.user_features.shape[1]
        self.weight_ = self._learned(train, side, progress)
        for name in self.ways:
            members.keep(self, models.create(name).fit(train, side, progress=progress))
        self.popular_ = _popular(self.item_count_)
        self.people_ = self._fold_in(train.matrix, side.user_features)

    def _learned(self, train: Interactions, side: SideInformation, progress: Progress) -> Float32:
        self.asked_ = 0
        fixed = np.array(_UNLEARNED, np.float32)
        people = int((np.diff(train.matrix.indptr) > 0).sum())
        try:
            fraction = min(_HELD, _MOST_HELD / people)
            split = new_users(train, fraction, self.seed, minimum=_MINIMUM)
        except InvalidInput:
            # Nobody to leave out: nothing can be learned of weights.
            return fixed
        asked = len(np.unique(split.test.user_index))
        if asked < _ENOUGH:
            return fixed
        self.asked_ = asked
        ways = [models.create(name).fit(split.train, side, progress=progress) for name in self.ways]
        count = np.bincount(split.train.item_index, minlength=train.n_items)
        generator = np.random.default_rng(self.seed)
        held = split.test
        parts: list[tuple[int, Asked]] = []
        orders = min(_ORDERS, max(1, _MOST_HELD // asked))
        for order in range(orders):
            progress("weighing the ways", order, orders)
            parts += _asked(ways, count, held, side)
            # Few people tell more when other titles of theirs are given.
            held = held.take(np.lexsort((generator.random(len(held)), held.user_index)))
        weights = way_weights.learned(parts)
        progress("weighing the ways", orders, orders)
        return weights

    # ---- people -------------------------------------------------------------------------

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        """(people, n_items + g) CSR: the history, and the profile beside it."""
        if profiles is None or not self.width_:
            profiles = csr_array((history.shape[0], self.width_), dtype=np.float32)
        check_profiles(profiles, self.width_)
        return sorted_csr(hstack([history, profiles], format="csr"))

    def _parts(self, state: State) -> tuple[csr_array, csr_array]:
        """History and profile."""
        row = cast(csr_array, state)
        return sorted_csr(row[:, : self.n_items]), sorted_csr(row[:, self.n_items :])

    def _score(self, state: State) -> Float32:
        return cast(Float32, sum(self._added(state)))

    def _added(self, state: State) -> Iterator[Float32]:
        """(people, n_items) what each way in turn, and then popularity, adds to the scores."""
        history, profiles = self._parts(state)
        weight = way_weights.at(np.diff(history.indptr), self.weight_)
        new = self.item_count_ == 0
        for name, of_way in zip(self.ways, weight.T, strict=False):
            scores = np.zeros(history.shape, np.float32)
            if of_way.any() or (name == _BY_TRAITS and new.any()):
                way = self.way(name)
                scores = members.standardized(way, way._fold_in(history, profiles))
                of_new = scores[:, new] if name == _BY_TRAITS else np.float32(0)
                scores *= of_way[:, np.newaxis]
                scores[:, new] = of_new
            yield scores
        yield np.where(new, np.float32(0), weight[:, -1:] * self.popular_)

    # ---- reasons ------------------------------------------------------------------------

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        """The reasons of every way that speaks for the item: first the best of each, by how much
        the way adds to the score, then the second of each, and so on."""
        _, profiles = self._parts(state)
        *of_ways, of_popularity = self._added_for_one(state)[:, item].tolist()
        ranked: list[tuple[int, Reason]] = []
        for name, added in zip(self.ways, of_ways, strict=True):
            if not added > 0:
                continue
            way = self.way(name)
            told = way._explain(history, way._fold_in(history, profiles), item)
            reasons = [r for r in told if r.kind != "popular"]
            whole = sum(abs(r.weight) for r in reasons) or 1.0
            ranked += [
                (place, replace(r, weight=added * r.weight / whole))
                for place, r in enumerate(reasons)
            ]
        if of_popularity > 0 or not ranked:
            (popular,) = super()._explain(history, state, item)
            ranked.append((0, replace(popular, weight=of_popularity)))
        ranked.sort(key=lambda pair: (pair[0], -pair[1].weight))
        return _each_once([reason for _, reason in ranked])[:_REASONS]

    def _added_for_one(self, state: State) -> Float32:
        """(ways + 1, n_items) `_added` of one person, who is asked about item after item: it is
        worked out once, and forgotten with the state."""
        kept = vars(self).get("_told")
        if kept is None or kept[0]() is not state:

            def forget(of: object) -> None:
                if vars(self).get("_told", (None,))[0] is of:
                    del vars(self)["_told"]

            kept = weakref.ref(state, forget), np.concatenate(list(self._added(state)))
            vars(self)["_told"] = kept
        return cast(Float32, kept[1])


def _asked(
    ways: list[Model], count: npt.NDArray[Any], held: Interactions, side: SideInformation
) -> list[tuple[int, Asked]]:
    """Scores of people left out, at every level that enough of them can be asked at."""
    parts, popular, new = [], _popular(count), count == 0
    for k in way_weights.LEVELS:
        people, given, rest = given_and_rest(held, k)
        enough = np.flatnonzero(np.diff(rest.indptr) >= _LEFT)[: _CELLS // held.n_items + 1]
        if len(enough) < _ENOUGH:
            break
        given, rest = given[enough], rest[enough]
        profiles = None if side.user_features is None else side.user_features[people[enough]]
        scores = [members.standardized(way, way._fold_in(given, profiles)) for way in ways]
        scores.append(np.repeat(popular[np.newaxis], len(enough), axis=0))
        for of_way in scores[1:]:
            of_way[:, new] = scores[0][:, new]
        parts.append((k, way_weights.asked(scores, given, rest)))
    return parts


def _each_once(reasons: list[Reason]) -> list[Reason]:
    """Without those that say nothing of an item that another says in words."""
    in_words = {r.item for r in reasons if r.label}
    kept: dict[tuple[str, int | None, str], Reason] = {}
    for r in reasons:
        if r.label or r.item not in in_words:
            kept.setdefault((r.kind, r.item, r.label), r)
    return list(kept.values())


def _popular(count: npt.NDArray[Any]) -> Float32:
    """log(1 + count) with mean 0 and deviation 1; zeros where all are equal."""
    log = np.log1p(count)
    return ((log - log.mean()) / (log.std() or 1.0)).astype(np.float32)
