"""Times in the contract: when ratings were given, and when one is asked for."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee.errors import InvalidInput, InvalidParameter, Unsupported
from matinee.evaluation.compare import evaluate
from matinee.interactions import Interactions
from matinee.model import Model
from matinee.models.als import ALS
from matinee.splits import random_split


class Ages(Model):
    """Predicts from how long ago a person's last rating was."""

    task = "rating"

    def _fit(self, train, side, progress):
        self.people_ = self._fold_in_at(train.matrix, None, np.zeros(len(train), np.int64))

    def _fold_in_at(self, history, profiles, times):
        last = [0 if times is None or a == b else times[a:b].max() for a, b in spans(history)]
        return np.array(last, np.int64)

    def _score_pairs_at(self, state, items, now):
        return np.asarray(state * 0 if now is None else now - state, np.float32)

    def _score_at(self, state, now):
        return np.tile(np.float32(0 if now is None else now), (len(state), self.n_items))

    def _score_pairs_with_deviation(self, state, items, now):
        mean = self._score_pairs_at(state, items, now)
        return mean, mean * 0 + 2

    def _explain_at(self, history, state, item, now):
        return [now]


class Peeking(ALS):
    """Sees which pairs are asked for."""

    transductive = True

    def _fit(self, train, side, progress):
        self.told_ = np.array([len(self._asked), self._asked.value is None])
        super()._fit(train, side, progress)


def spans(history):
    return zip(history.indptr[:-1], history.indptr[1:], strict=True)


def ratings():
    users, items = np.divmod(np.arange(60), 6)
    return Interactions(users, items, np.arange(60) % 5 + 1.0, np.arange(60))


@pytest.fixture(scope="module")
def fitted():
    return Ages().fit(ratings())


def test_times_reach_a_model_that_asks_for_them(fitted):
    history = csr_array(np.array([[0, 3, 0, 4, 0, 0], [0, 0, 0, 0, 0, 2]], np.float32))
    times = np.array([5, 7, 9])
    assert fitted.fold_in(history, times=times).tolist() == [7, 9]
    assert fitted.fold_in(history).tolist() == [0, 0]
    asked = fitted.predict(history, [0, 1], now=10, times=times)
    assert asked.tolist() == [3, 1]
    assert fitted.predict(history, [0, 1], now=[9, 12], times=times).tolist() == [2, 3]
    mean, deviation = fitted.predict_with_deviation(history, [0, 1], now=10, times=times)
    assert mean.tolist() == [3, 1]
    assert deviation.tolist() == [2, 2]
    assert fitted.recommend([-1], 1, now=4).scores[0, 0] == 4
    assert fitted.explain(history[[0]], [2], now=8) == [[8]]


def test_unknown_times_are_none(fitted):
    assert fitted.predict([0, -1], [0, 1]).tolist() == [1, 1]
    assert fitted.predict([0], [0, 1], now=3).tolist() == [3, 3]


@pytest.mark.parametrize("now", [[1, 2, 3], [[1, 2]], 1.5])
def test_moments_that_do_not_fit(fitted, now):
    with pytest.raises(InvalidInput, match="Times must"):
        fitted.predict([0, 1], [0, 1], now=now)
    with pytest.raises(InvalidInput, match="Times must"):
        fitted.fold_in(csr_array(np.ones((1, 6), np.float32)), times=np.arange(5))


def test_milliseconds_are_refused_where_times_count(fitted):
    late = Interactions([0], [0], [3.0], [1_700_000_000_000])
    with pytest.raises(InvalidInput, match="before the year 2100.*divide milliseconds"):
        Ages().fit(late)
    with pytest.raises(InvalidInput, match="divide milliseconds"):
        fitted.predict([0], [0], now=1_700_000_000_000)
    ALS(epochs=1).fit(late)


def test_who_does_not_know_deviations_says_so():
    model = ALS(epochs=1).fit(ratings())
    assert not model.has_deviation
    with pytest.raises(Unsupported, match="how far off"):
        model.predict_with_deviation([0], [0])


def test_only_a_transductive_model_learns_what_is_asked_for_and_is_labeled():
    with pytest.raises(InvalidParameter, match="must not know"):
        ALS().fit(ratings(), asked=ratings())
    model = Peeking(epochs=1)
    found = evaluate(model, random_split(ratings(), 0.2))
    assert model.told_.tolist() == [12, 1]
    assert found.model.endswith("(sees which test pairs exist)")
