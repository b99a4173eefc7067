"""New people and new items, judged as slow loops judge them."""

from __future__ import annotations

import itertools

import naive
import numpy as np
import pytest
from scipy.sparse import csr_array

from matinee import models
from matinee.errors import InvalidInput, InvalidParameter, Unsupported
from matinee.evaluation import newcomers
from matinee.interactions import Interactions, SideInformation
from matinee.model import Model
from matinee.splits import new_items, new_users, random_split


class ByProfile(Model):
    """Scores the items whose parity the profile names, and those next to what is known."""

    task = "ranking"

    def _fit(self, train, side, progress):
        self.people_ = self._fold_in(train.matrix, side.user_features)

    def _fold_in(self, history, profiles):
        state = np.zeros(history.shape, np.float32)
        if profiles is not None:
            state += profiles.toarray()[:, np.arange(self.n_items) % 2]
        beside = history.toarray()
        state[:, 1:] += 2 * beside[:, :-1]
        return state + np.linspace(0, 0.1, self.n_items, dtype=np.float32)

    def _score(self, state):
        return state.copy()


def chosen_of(people=60, items=24, seed=0):
    generator = np.random.default_rng(seed)
    users, chosen = np.nonzero(generator.random((people, items)) < 0.5)
    order = generator.permutation(len(users))
    return Interactions(users[order], chosen[order], n_users=people, n_items=items)


def side_of(people=60, items=24):
    profiles = np.eye(2, dtype=np.float32)[np.arange(people) % 2]
    genres = np.eye(3, dtype=np.float32)[np.arange(items) % 3]
    genres[-2:] = 0
    return SideInformation(
        csr_array(genres),
        ("genre:a", "genre:b", "genre:c"),
        csr_array(profiles),
        ("gender:F", "gender:M"),
    )


def test_new_people_against_a_loop():
    split = new_users(chosen_of(), 0.3, 1, minimum=8)
    side = side_of()
    model = ByProfile().fit(split.train, side)
    figures = newcomers.judge_new_users(model, split, side, given=(0, 1, 5))
    assert figures.people.tolist() == sorted(set(split.test.user_index))
    for k in (0, 1, 5):
        for place, user in enumerate(figures.people):
            theirs = split.test.item_index[split.test.user_index == user].tolist()
            known, rest = theirs[:k], set(theirs[k:])
            score = np.linspace(0, 0.1, 24, dtype=np.float32)
            score[user % 2 :: 2] += 1
            score[[i + 1 for i in known if i < 23]] += 2
            score[known] = -np.inf
            expected = naive.ndcg(naive.top_n([score], 10)[0], rest, 10)
            assert figures.ndcg[f"given {k}"][place] == pytest.approx(expected)
    assert figures.means["given 1"] == pytest.approx(figures.ndcg["given 1"].mean())
    assert figures.protocol is split.protocol
    without = newcomers.judge_new_users(model, split, None, given=(0,))
    assert without.means["given 0"] != figures.means["given 0"]


def test_equal_scores_count_as_the_mean_of_all_orders():
    scores = np.array([[2, 1, 1, 1, 0, -np.inf]], np.float32)
    relevant = np.array([[False, True, False, True, True, False]])
    every = []
    for order in itertools.permutations([1, 2, 3]):
        every.append(naive.ndcg([0, *order, 4], {1, 3, 4}, 10))
    found = newcomers.expected_ndcg(scores, relevant)
    np.testing.assert_allclose(found, [np.mean(every)])


def test_new_items_against_a_loop():
    split = new_items(chosen_of(), 0.3, 2)
    side = side_of()
    model = ByProfile().fit(split.train, side)
    figures = newcomers.judge_new_items(model, split, side)
    hidden = sorted(set(split.test.item_index))
    state = model._fold_in(split.train.matrix, side.user_features)
    for place, user in enumerate(figures.people):
        wanted = set(split.test.item_index[split.test.user_index == user])
        seen = split.train.item_index[split.train.user_index == user]
        for name, allowed in (("hidden", hidden), ("all", range(24))):
            score = np.full(24, -np.inf)
            score[list(allowed)] = state[user][list(allowed)]
            score[seen] = -np.inf
            expected = naive.ndcg(naive.top_n([score], 10)[0], wanted, 10)
            assert figures.ndcg[name][place] == pytest.approx(expected)


def test_a_random_order_is_the_mean_of_many():
    split = new_items(chosen_of(), 0.5, 2)
    generator = np.random.default_rng(0)
    drawn = [
        newcomers.same_for_everybody(split, generator.random(24, dtype=np.float32)).means["hidden"]
        for _ in range(300)
    ]
    assert newcomers.random_order(split).means["hidden"] == pytest.approx(np.mean(drawn), abs=0.01)


def test_genre_popularity():
    split, side = new_items(chosen_of(), 0.3, 2), side_of()
    genres = [[i % 3] if i < 22 else [3] for i in range(24)]
    there = set(split.train.item_index.tolist())
    count = {g: [i for i in there if g in genres[i]] for g in range(4)}
    mean = {
        g: sum((split.train.item_index == i).sum() for i in of) / max(len(of), 1)
        for g, of in count.items()
    }
    score = np.array([np.mean([mean[g] for g in genres[i]]) for i in range(24)], np.float32)
    expected = newcomers.same_for_everybody(split, score)
    found = newcomers.genre_popularity(split, side)
    np.testing.assert_allclose(found.ndcg["hidden"], expected.ndcg["hidden"])
    np.testing.assert_allclose(found.ndcg["all"], expected.ndcg["all"])
    alike = newcomers.genre_popularity(split, SideInformation())
    np.testing.assert_allclose(alike.ndcg["hidden"], newcomers.random_order(split).ndcg["hidden"])


def test_what_cannot_be_judged():
    users, items = new_users(chosen_of(), 0.3, minimum=8), new_items(chosen_of(), 0.3)
    popular = models.create("popularity").fit(users.train)
    for given in ((24,), (-1,)):
        with pytest.raises(InvalidParameter, match="so that everybody has one left"):
            newcomers.judge_new_users(popular, users, given=given)
    with pytest.raises(InvalidInput, match=r"Only new people.*splits\.new_users"):
        newcomers.judge_new_users(popular, items)
    with pytest.raises(InvalidInput, match="split by new-items, got one by random"):
        newcomers.judge_new_items(popular, random_split(chosen_of()))
    with pytest.raises(InvalidInput, match="split by new-items"):
        newcomers.random_order(users)
    rated = Interactions([0, 1], [0, 1], [1, 2])
    with pytest.raises(Unsupported, match="judged by lists"):
        newcomers.judge_new_users(models.create("biases").fit(rated), users)
