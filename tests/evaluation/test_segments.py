"""Figures of parts of the people and of the catalogue."""

from __future__ import annotations

import numpy as np
import pytest

from matinee import models
from matinee.errors import InvalidInput
from matinee.evaluation import segments
from matinee.evaluation.compare import judge
from matinee.evaluation.segments import Segmentation
from matinee.interactions import Interactions
from matinee.splits import Split, random_split, user_holdout


def test_the_standard_segments():
    """People 0..5 with 1, 1, 2, 3, 3, 5 ratings in training; 6 is not judged."""
    users = np.repeat(np.arange(7), [1, 1, 2, 3, 3, 5, 4])
    items = np.concatenate([np.arange(n) for n in (1, 1, 2, 3, 3, 5, 4)])
    train = Interactions(users, items, n_users=8, n_items=9)
    test = Interactions(np.arange(6), np.full(6, 8), n_users=8, n_items=9)
    people, catalogue = segments.standard(Split(train, test))
    assert people.names == ("light", "medium", "heavy")
    assert people.label.tolist() == [0, 0, 1, 1, 1, 2, -1, -1]
    # Five items were rated, a fifth of that is one: item 0, which everybody rated.
    assert catalogue.label.tolist() == [0, 1, 1, 1, 1, 1, 1, 1, 1]
    nobody = segments.standard(Split(train, test.take(np.zeros(0, np.int64))))[0]
    assert (nobody.label == -1).all()


def test_histories_of_new_people_say_how_much_is_known():
    train = Interactions([0, 0, 0], [0, 1, 2], n_users=4, n_items=3)
    test = Interactions([1, 2, 3], [2, 2, 2], n_users=4, n_items=3)
    given = Interactions([1, 2, 2], [0, 0, 1], n_users=4, n_items=3)
    label = segments.standard(Split(train, test, given=given))[0].label
    assert label.tolist() == [-1, 1, 2, 0]


def taste(seed=0):
    generator = np.random.default_rng(seed)
    users, items = np.nonzero(generator.random((60, 40)) < np.linspace(0.1, 0.6, 60)[:, None])
    value = np.where((users % 2) == (items % 2), 4, 2) + generator.integers(-1, 2, len(users))
    return Interactions(users, items, value, n_users=60, n_items=40)


def test_lists_by_segment():
    split = user_holdout(taste(), 0.3, 1, liked=4)
    parts = segments.standard(split)
    model = models.create("popularity").fit(split.train)
    found = judge(model, split, segmentations=parts, auc=True)
    assert list(found.segments) == ["people", "items"]
    of_people, of_items = found.segments["people"], found.segments["items"]
    assert sum(s["counted"] for s in of_people.values()) == found.counted
    own = found.people
    for place, name in enumerate(parts[0].names):
        those = parts[0].label[own.index] == place
        assert of_people[name]["counted"] == those.sum()
        for metric, each in own.figures.items():
            assert of_people[name][metric] == pytest.approx(np.nanmean(each[those])), metric
        shown = np.unique(own.lists[those, :10])
        assert of_people[name]["coverage@10"] == len(shown[shown >= 0]) / 40
    # As if only the items of a segment had been held out, but for the lists and the AUC's others.
    for place, name in enumerate(parts[1].names):
        kept = parts[1].label[split.test.item_index] == place
        alone = judge(model, Split(split.train, split.test.take(kept)))
        assert of_items[name]["counted"] == alone.counted
        for metric in ("ndcg@10", "recall@20", "precision@10", "map@10", "hit_rate@10"):
            assert of_items[name][metric] == pytest.approx(alone.figures[metric]), metric
        assert 0 < of_items[name]["auc"] < 1
        assert "coverage@10" not in of_items[name]


def test_ratings_by_segment():
    split = random_split(taste(), 0.3, 1)
    clusters = Segmentation("clusters", "users", ("odd", "even", "none"), np.arange(60) % 2 == 0)
    model = models.create("biases").fit(split.train)
    found = judge(model, split, segmentations=[clusters, segments.standard(split)[1]])
    assert list(found.segments["clusters"]) == ["odd", "even"], "nobody is in the third"
    errors = found.people.predicted - split.test.value
    odd = split.test.user_index % 2 == 1
    of_odd = found.segments["clusters"]["odd"]
    assert of_odd["counted"] == odd.sum()
    assert of_odd["rmse"] == pytest.approx(np.sqrt(np.mean(errors[odd].astype(float) ** 2)))
    assert of_odd["mae"] == pytest.approx(np.mean(np.abs(errors[odd])))
    assert {"log_likelihood", "coverage@90%", "width@50%"} <= set(of_odd)
    both = found.segments["items"]
    squares = sum(s["rmse"] ** 2 * s["counted"] for s in both.values())
    assert squares == pytest.approx(found.figures["rmse"] ** 2 * found.counted)


def test_labels_that_do_not_fit():
    with pytest.raises(InvalidInput, match=r"by age must lie in -1..1, got 0..2"):
        Segmentation("age", "users", ("young", "old"), np.array([0, 2]))
    split = random_split(taste(), 0.3, 1)
    few = Segmentation("age", "users", ("young",), np.zeros(3))
    with pytest.raises(InvalidInput, match="label all 60 users, got 3"):
        judge(models.create("biases").fit(split.train), split, segmentations=[few])
