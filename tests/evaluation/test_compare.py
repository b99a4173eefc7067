"""Models side by side: the same figures as by hand, best first."""

from __future__ import annotations

import json

import naive
import numpy as np
import pytest

from matinee import models
from matinee.errors import InvalidInput
from matinee.evaluation.compare import compare, evaluate, quality
from matinee.interactions import Interactions
from matinee.splits import Split, random_split, user_holdout


def ratings_of(n_users=50, n_items=40, seed=0):
    generator = np.random.default_rng(seed)
    users, items = np.nonzero(generator.random((n_users, n_items)) < 0.35)
    taste = np.where((users % 2) == (items % 2), 4, 2) + generator.integers(-1, 2, len(users))
    return Interactions(users, items, taste, n_users=n_users + 1, n_items=n_items + 1)


def test_rating_models():
    split = random_split(ratings_of(), 0.2, 1)
    told = []
    results = compare(
        [models.create("biases"), models.create("als", factors=4)],
        split,
        progress=lambda *step: told.append(step),
    )
    assert [r.model for r in results] == ["als", "biases"], "best first: the lowest error"
    for result in results:
        model = models.create(result.model, **result.parameters).fit(split.train)
        errors = [
            float(model.predict([u], [i])[0]) - r
            for u, i, r in zip(
                split.test.user_index, split.test.item_index, split.test.value, strict=True
            )
        ]
        assert result.figures["rmse"] == pytest.approx(np.sqrt(np.mean(np.square(errors))), 1e-5)
        assert result.figures["mae"] == pytest.approx(np.mean(np.abs(errors)), 1e-5)
        variance = np.var(split.test.value.astype(float))
        assert result.figures["r2"] == pytest.approx(1 - np.mean(np.square(errors)) / variance)
        for place, share in enumerate(("50%", "90%")):
            assert result.figures[f"coverage@{share}"] == result.calibration.coverage[place]
            assert result.figures[f"width@{share}"] == result.calibration.width[place]
        low, high = result.intervals["rmse"]
        assert low < result.figures["rmse"] < high
        assert result.counted == len(split.test)
        assert result.task == "rating"
        assert result.protocol == split.protocol
        assert result.fit_seconds > 0
        assert result.answer_seconds > 0
    assert told[0] == ("comparing biases", 0, 2)
    assert told[-1] == ("comparing", 2, 2)


def test_ranking_models():
    split = user_holdout(ratings_of(), 0.3, 1, liked=4)
    results = compare([models.create("popularity"), models.create("item_clusters")], split)
    assert [r.model for r in results] == ["item_clusters", "popularity"], "the highest first"
    train, test = split.train.matrix.toarray() > 0, split.test.matrix.toarray() > 0
    for result in results:
        model = models.create(result.model, **result.parameters).fit(split.train)
        figures = {"ndcg@10": [], "recall@20": [], "precision@10": []}
        shown = set()
        for user in np.flatnonzero(test.any(axis=1)):
            scores = model.recommend([user], 20).items[0].tolist()
            assert not train[user, [i for i in scores if i >= 0]].any()
            relevant = set(np.flatnonzero(test[user]).tolist())
            for name, values in figures.items():
                metric, k = name.split("@")
                values.append(getattr(naive, metric)(scores, relevant, int(k)))
            shown |= set(scores[:10]) - {-1}
        for name, values in figures.items():
            assert result.figures[name] == pytest.approx(np.mean(values))
        assert result.figures["coverage@10"] == len(shown) / split.train.n_items
        assert result.counted == test.any(axis=1).sum()
        low, high = result.intervals["ndcg@10"]
        assert low < result.figures["ndcg@10"] < high


def test_a_catalogue_smaller_than_the_lists():
    ratings = ratings_of(30, 6)
    result = evaluate(models.create("popularity"), user_holdout(ratings, 0.4, 0, minimum=1))
    assert 0 < result.figures["ndcg@10"] <= 1


def test_an_evaluation_can_be_written_down():
    result = evaluate(models.create("biases"), random_split(ratings_of(), 0.2, 1))
    written = json.loads(json.dumps(result.as_dict()))
    assert written["model"] == "biases"
    assert written["protocol"]["seed"] == 1
    assert written["figures"] == result.figures


def test_tasks_do_not_mix():
    split = random_split(ratings_of(), 0.2, 1)
    with pytest.raises(InvalidInput, match="share a task, got ranking, rating"):
        compare([models.create("biases"), models.create("popularity")], split)
    with pytest.raises(InvalidInput, match="got none"):
        compare([], split)


def test_rating_models_need_ratings_to_be_judged_by():
    split = random_split(ratings_of().liked(4), 0.2, 1)
    with pytest.raises(InvalidInput, match="with values"):
        evaluate(models.create("biases"), split)


@pytest.mark.parametrize("name", ["biases", "popularity"])
def test_nothing_to_be_judged_by(name):
    ratings = ratings_of()
    result = evaluate(models.create(name), Split(ratings, ratings.take(np.zeros(0, np.int64))))
    assert result.counted == 0
    figures = {k: v for k, v in result.figures.items() if k != "coverage@10"}
    assert np.isnan(list(figures.values())).all()


def test_quality_is_more_where_a_model_is_better():
    assert quality("rating", {"rmse": 0.9}) > quality("rating", {"rmse": 1.0})
    assert quality("ranking", {"ndcg@10": 0.2}) > quality("ranking", {"ndcg@10": 0.1})
    for figures in ({}, {"rmse": np.nan}):
        assert quality("rating", figures) == -np.inf
