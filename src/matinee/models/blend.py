"""Several ranking models at once: a weighted sum of their standardized scores."""

from __future__ import annotations

import math
from typing import cast

import numpy as np
from scipy.sparse import csr_array

from matinee import members, models
from matinee.errors import InvalidParameter, UnknownModel
from matinee.hyperparameters import parameter
from matinee.interactions import Float32, Interactions, SideInformation
from matinee.model import Model, State
from matinee.progress import Progress
from matinee.ranking import Reason, Seen, best
from matinee.splits import Split, user_holdout

_HELD = 0.2
_FEWEST = 5
"""Choices that a person must have for some to be held out."""
_CUTOFF = 10
_ROUNDS = 20
_CELLS = 1 << 24
"""Scores of a member held at a time while weights are found: 64 MB."""
_REASONS = 6


class Blend(Model):
    """Ranks items by a weighted sum of the standardized scores of several ranking models.

    ``score(u, i) = sum_k weight_k * (s_k(u, i) - mean_k(u)) / deviation_k(u)``, with mean and
    deviation over all items. A person's state is the history; each member folds it in. Members
    have their default hyperparameters, and do not see profiles of people.

    Weights that are not given are found on a fifth of the choices of each person with five or
    more: members are fitted on the rest, and 20 times the member is added (again) whose scores
    raise NDCG@10 of the held-out choices most; of these 20 sums the best gives the weights. Then
    the members are fitted on everything. Where nobody has five choices, weights are equal.

    Source: Caruana et al. 2004, "Ensemble Selection from Libraries of Models", with replacement.
    """

    task = "ranking"

    members: str = parameter("ease,ials,slim", "ranking models, by name, with commas")
    weights: str = parameter("", "of the members, such as 1,0.5; left empty, they are found")
    seed: int = parameter(0, "of the choices held out to find weights", low=0)

    weight_: Float32
    """(members,) float32: weights, which add up to 1. What a member has learned is kept beside
    it, such as `weights_` of ease as `ease__weights_`."""

    def _check_parameters(self) -> None:
        names = self._names()
        for name in names:
            try:
                fits = name != self.name and models.get(name).task == "ranking"
            except UnknownModel:
                fits = False
            if not fits or names.count(name) > 1:
                raise InvalidParameter(
                    "`members` of blend must be different ranking models, by name, with commas, "
                    f"got {self.members!r}."
                )
        given = self._given()
        if self.weights and (len(given) != len(names) or min(given) < 0 or not sum(given) > 0):
            raise InvalidParameter(
                f"`weights` of blend must be {len(names)} numbers >= 0 with commas, one a member, "
                f"not all 0, got {self.weights!r}."
            )

    def _names(self) -> list[str]:
        return [name.strip() for name in self.members.split(",")]

    def _given(self) -> list[float]:
        """The weights as numbers; -1 for what is none."""
        numbers = []
        for text in self.weights.split(","):
            try:
                number = float(text)
            except ValueError:
                number = -1.0
            numbers.append(number if math.isfinite(number) else -1.0)
        return numbers

    def _fit(self, train: Interactions, side: SideInformation, progress: Progress) -> None:
        names = self._names()
        if self.weights:
            weight = np.array(self._given())
        elif len(names) == 1 or np.diff(train.matrix.indptr).max() < _FEWEST:
            weight = np.ones(len(names))
        else:
            split = user_holdout(train, _HELD, self.seed, minimum=_FEWEST)
            fitted = [
                models.create(name).fit(split.train, side, progress=progress) for name in names
            ]
            weight = _found_weights(fitted, split)
        self.weight_ = (weight / weight.sum()).astype(np.float32)
        for name in names:
            members.keep(self, models.create(name).fit(train, side, progress=progress))
        self.people_ = train.matrix

    def _held(self) -> list[Model]:
        return [models.create(name) for name in self._names()]

    def _shapes(self) -> dict[str, tuple[int, ...]]:
        return {"weight_": (len(self._names()),)}

    def _member(self, name: str) -> Model:
        return members.kept(self, models.create(name))

    def _fold_in(self, history: csr_array, profiles: csr_array | None) -> State:
        return history

    def _score(self, state: State) -> Float32:
        total = np.zeros((state.shape[0], self.n_items), np.float32)
        for name, weight in zip(self._names(), self.weight_, strict=True):
            if weight > 0:
                total += weight * _standardized(self._member(name), cast(csr_array, state))
        return total

    def _explain(self, history: csr_array, state: State, item: int) -> list[Reason]:
        """Reasons of all members, each by its share in its member's, times the weight."""
        shares: dict[Reason, float] = {}
        for name, weight in zip(self._names(), self.weight_, strict=True):
            if not weight > 0:
                continue
            member = self._member(name)
            reasons = member._explain(history, member._fold_in(history, None), item)
            whole = sum(abs(r.weight) for r in reasons) or 1.0
            for r in reasons:
                same = Reason(r.kind, 0.0, r.item, r.label)
                shares[same] = shares.get(same, 0.0) + float(weight) * r.weight / whole
        ordered = sorted(shares.items(), key=lambda pair: -pair[1])[:_REASONS]
        return [Reason(r.kind, share, r.item, r.label) for r, share in ordered]


def _standardized(member: Model, history: csr_array) -> Float32:
    return members.standardized(member, member._fold_in(history, None))


def _found_weights(fitted: list[Model], split: Split) -> np.ndarray:
    """How often each member was added in the best of the sums."""
    n_items = split.train.n_items
    people = np.flatnonzero(np.diff(split.test.matrix.indptr))
    count = min(len(people), max(1, _CELLS // n_items))
    people = people[np.linspace(0, len(people) - 1, count).astype(np.int64)]
    history, held = split.train.matrix[people], split.test.matrix[people]
    scores = [_standardized(member, history) for member in fitted]
    added = np.zeros(len(fitted))
    total = np.zeros_like(scores[0])
    chosen, highest = added, -1.0
    for _ in range(_ROUNDS):
        figures = [_ndcg(total + of_member, history, held) for of_member in scores]
        k = int(np.argmax(figures))
        added[k] += 1
        total += scores[k]
        if figures[k] > highest:
            chosen, highest = added.copy(), figures[k]
    return chosen


def _ndcg(scores: Float32, history: csr_array, held: csr_array) -> float:
    """Mean NDCG@10 of these scores, without the history, against the choices held out."""
    seen = Seen(history.indptr, history.indices, np.arange(len(scores)))
    lists = best(lambda block: scores[block].copy(), scores.shape, _CUTOFF, seen).items
    wanted = np.zeros(scores.shape, bool)
    wanted[np.repeat(np.arange(len(scores)), np.diff(held.indptr)), held.indices] = True
    hit = np.take_along_axis(wanted, np.maximum(lists, 0), axis=1) & (lists >= 0)
    discount = 1 / np.log2(np.arange(2, _CUTOFF + 2))
    gained = hit @ discount[: hit.shape[1]]
    ideal = np.cumsum(discount)[np.minimum(np.diff(held.indptr), _CUTOFF) - 1]
    return float(np.mean(gained / ideal))
