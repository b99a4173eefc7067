"""Models side by side: the same figures as by hand, best first."""

from __future__ import annotations

import json
from dataclasses import replace

import naive
import numpy as np
import pytest

from matinee import models
from matinee.errors import InvalidInput
from matinee.evaluation import asking, calibrating
from matinee.evaluation.compare import compare, evaluate, judge, quality
from matinee.interactions import Interactions, SideInformation
from matinee.splits import Split, random_split, strong_generalization, time_split, user_holdout


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
        assert list(result.figures)[:4] == ["rmse", "mae", "r2", "log_likelihood"]
        assert_by_person(result.people, split.test, np.array(errors))
    assert told[0] == ("comparing biases", 0, 2)
    assert told[-1] == ("comparing", 2, 2)


def assert_by_person(people, test, errors):
    assert people.index.tolist() == np.unique(test.user_index).tolist()
    for place, user in enumerate(people.index):
        own = errors[test.user_index == user]
        assert people.count[place] == len(own)
        assert people.squared[place] == pytest.approx(np.sum(own**2), 1e-5)
        assert people.absolute[place] == pytest.approx(np.sum(np.abs(own)), 1e-5)


def test_the_likelihood_of_what_a_model_says_of_its_errors():
    """Its own deviations where it states some; else normal, of the error that others taught."""
    split = random_split(ratings_of(), 0.3, 1)
    for name, says in (("mle", True), ("biases", False)):
        model = models.create(name).fit(split.train)
        assert model.has_deviation is says
        pairs = split.test.user_index, split.test.item_index
        if says:
            predicted, deviation = model.predict_with_deviation(*pairs)
        else:
            predicted = model.predict(*pairs)
            _, measured = calibrating.measured(model, split, predicted)
            assert sorted(measured.rows) == list(range(len(split.test))), "each once"
            deviation = np.empty(len(predicted))
            deviation[measured.rows] = measured.error * np.sqrt(np.pi / 2)
        expected = naive.log_likelihood(predicted, deviation, split.test.value)
        found = judge(model, split).figures["log_likelihood"]
        assert found == pytest.approx(expected, 1e-4), name


def test_the_later_half_alone_says_how_likely_it_was():
    ratings = ratings_of()
    split = time_split(replace(ratings, time=np.arange(len(ratings))), 0.3)
    model = models.create("mle").fit(split.train)
    half = len(split.test) // 2
    users, items = split.test.user_index[half:], split.test.item_index[half:]
    predicted, deviation = model.predict_with_deviation(users, items)
    expected = naive.log_likelihood(predicted, deviation, split.test.value[half:])
    assert judge(model, split).figures["log_likelihood"] == pytest.approx(expected, 1e-4)


def test_ranking_models():
    split = user_holdout(ratings_of(), 0.3, 1, liked=4)
    results = compare([models.create("popularity"), models.create("item_clusters")], split)
    assert [r.model for r in results] == ["item_clusters", "popularity"], "the highest first"
    for result in results:
        model = models.create(result.model, **result.parameters).fit(split.train)
        assert_as_by_hand(judge(model, split, auc=True), model, split, lambda user: [user])
        again = judge(model, split).figures
        assert again == result.figures
        assert "auc" not in again
        low, high = result.intervals["ndcg@10"]
        assert low < result.figures["ndcg@10"] < high


OF_LISTS = {
    "ndcg@10": naive.ndcg,
    "recall@20": naive.recall,
    "precision@10": naive.precision,
    "recall_capped@20": naive.recall_capped,
    "map@10": naive.average_precision,
    "mrr@10": naive.reciprocal_rank,
    "hit_rate@10": naive.hit_rate,
}


def assert_as_by_hand(result, model, split, asked_as, **known):
    """Every figure of lists, for each person and in the mean, one person asked at a time."""
    given, test = split.known.matrix.toarray() > 0, split.test.matrix.toarray() > 0
    people = np.flatnonzero(test.any(axis=1))
    assert result.people.index.tolist() == people.tolist()
    own, shown = {name: [] for name in (*OF_LISTS, "auc")}, set()
    for place, user in enumerate(people):
        theirs = {k: v[[user]] for k, v in known.items()}
        listed = model.recommend(asked_as(user), 20, **theirs).items[0].tolist()
        assert not given[user, [i for i in listed if i >= 0]].any()
        assert result.people.lists[place].tolist() == listed
        relevant = set(np.flatnonzero(test[user]).tolist())
        for name, metric in OF_LISTS.items():
            own[name].append(metric(listed, relevant, int(name.split("@")[1])))
        scores = model.scores(asked_as(user), **theirs)[0]
        own["auc"].append(naive.auc(scores, set(np.flatnonzero(given[user]).tolist()), relevant))
        shown |= set(listed[:10]) - {-1}
    for name, each in own.items():
        expected = np.array([np.nan if e is None else e for e in each])
        np.testing.assert_allclose(result.people.figures[name], expected, err_msg=name)
        assert result.figures[name] == pytest.approx(np.nanmean(expected)), name
    assert result.figures["coverage@10"] == len(shown) / split.train.n_items
    assert result.counted == len(people)


def side_of(split, seed=0):
    generator = np.random.default_rng(seed)
    names = ("decade:1990", "genre:Drama", "genre:War")
    return SideInformation(
        generator.random((split.train.n_items, 3)) < 0.5,
        names,
        generator.random((split.train.n_users, 2)) < 0.5,
        ("gender:F", "age:25-34"),
    )


def test_all_figures_of_lists():
    split = user_holdout(ratings_of(), 0.3, 1, liked=4)
    model = models.create("popularity").fit(split.train)
    found = judge(model, split, side_of(split), auc=True)
    assert list(found.figures) == [
        *OF_LISTS, "auc", "coverage@10", "gini@10", "novelty@10", "diversity@10",
        "serendipity@10", "popularity@10", "calibration@10",
    ]  # fmt: skip
    assert np.isfinite(list(found.figures.values())).all()
    assert set(found.people.figures) == set(found.figures) - {"coverage@10", "gini@10"}
    without = judge(model, split).figures
    assert set(found.figures) - set(without) == {"auc", "diversity@10", "calibration@10"}
    same = set(without) - {"auc"}
    assert {n: without[n] for n in same} == {n: found.figures[n] for n in same}


@pytest.mark.parametrize("name", ["ease", "people"])
def test_people_who_are_not_trained_on(name, monkeypatch):
    """They are folded in, with their profiles, whatever the blocks."""
    monkeypatch.setattr(asking, "_LISTED", 3)
    monkeypatch.setattr(asking, "BLOCK", 2)
    split = strong_generalization(ratings_of(), 0.3, 1, liked=4, minimum=3)
    side = side_of(split)
    model = models.create(name).fit(split.train, side)
    histories = split.given.matrix
    assert_as_by_hand(
        judge(model, split, side, auc=True),
        model,
        split,
        lambda user: histories[[user]],
        profiles=side.user_features,
    )


def test_ratings_of_people_who_are_not_trained_on():
    """Each is predicted from that person's own history, at its time."""
    ratings = ratings_of()
    times = np.random.default_rng(1).integers(0, 1_000_000, len(ratings))
    ratings = replace(ratings, time=times)
    split = strong_generalization(ratings, 0.4, 1, minimum=3)
    model = models.create("bayes_fm", factors=2, epochs=4, burn_in=2, kept=2).fit(split.train)
    found = judge(model, split)
    given, test = split.given, split.test
    for place in range(0, len(test), 5):
        user = test.user_index[place]
        own = given.take(given.user_index == user)
        history = replace(own, user_index=np.zeros(len(own), np.int32), n_users=1)
        alone = model.predict(
            history.matrix, [test.item_index[place]], now=test.time[place],
            times=history.matrix_times,
        )  # fmt: skip
        assert found.people.predicted[place] == pytest.approx(alone[0], abs=1e-4)
    assert found.figures["rmse"] == pytest.approx(
        np.sqrt(np.mean((found.people.predicted.astype(float) - test.value) ** 2)), 1e-5
    )
    assert np.isfinite(found.figures["log_likelihood"])


def test_a_catalogue_smaller_than_the_lists():
    ratings = ratings_of(30, 6)
    result = evaluate(models.create("popularity"), user_holdout(ratings, 0.4, 0, minimum=1))
    assert 0 < result.figures["ndcg@10"] <= 1


def test_a_catalogue_of_one_item_and_people_who_know_all_else():
    one = Split(Interactions([0], [0], n_users=2), Interactions([1], [0], n_users=2))
    found = judge(models.create("popularity").fit(one.train), one, auc=True)
    assert found.people.lists.tolist() == [[0]]
    assert found.figures["ndcg@10"] == found.figures["coverage@10"] == 1
    assert np.isnan(found.figures["auc"]), "there is nothing that it could be ranked above"
    train = Interactions([0, 0, 1, 1], [0, 1, 1, 2], n_users=2, n_items=3)
    all_else = Split(train, Interactions([0, 1], [2, 0], n_users=2, n_items=3))
    found = judge(models.create("popularity").fit(train), all_else, auc=True)
    assert found.people.lists.tolist() == [[2, -1, -1], [0, -1, -1]]
    assert found.figures["recall@20"] == 1
    assert found.figures["precision@10"] == 0.1
    assert np.isnan(found.figures["auc"])


def test_an_evaluation_can_be_written_down():
    result = evaluate(models.create("biases"), random_split(ratings_of(), 0.2, 1))
    written = json.loads(json.dumps(result.as_dict()))
    assert written["model"] == "biases"
    assert written["protocol"]["seed"] == 1
    assert written["figures"] == result.figures
    assert written["segments"]["people"]["light"]["rmse"] > 0
    assert "people" not in written


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
    assert not any(result.segments.values())
    figures = {k: v for k, v in result.figures.items() if k != "coverage@10"}
    assert np.isnan(list(figures.values())).all()


def test_quality_is_more_where_a_model_is_better():
    assert quality("rating", {"rmse": 0.9}) > quality("rating", {"rmse": 1.0})
    assert quality("ranking", {"ndcg@10": 0.2}) > quality("ranking", {"ndcg@10": 0.1})
    for figures in ({}, {"rmse": np.nan}):
        assert quality("rating", figures) == -np.inf
