"""How far two models disagree, against the slow way."""

from __future__ import annotations

import numpy as np
import pytest
from small import small_dataset

from matinee.comparing import answers
from matinee.comparing.kept import Judged
from matinee.splits import random_split


def judged(**of):
    return Judged({}, {}, {}, 0, 0.0, 0.0, None, np.arange(3), {}, None, **of)


def test_overlap_is_the_mean_share_of_common_items(monkeypatch):
    monkeypatch.setattr(answers, "_BLOCK", 7)
    generator = np.random.default_rng(0)
    first, second = (
        np.stack([generator.permutation(15)[:10] for _ in range(40)]).astype(np.int32)
        for _ in range(2)
    )
    first[3, 6:] = -1
    second[3, 2:] = -1
    first[5], second[5] = -1, -1
    shares = []
    for one, other in zip(first, second, strict=True):
        a, b = set(one[one >= 0]), set(other[other >= 0])
        if a or b:
            shares.append(len(a & b) / max(len(a), len(b)))
    assert len(shares) == 39
    assert answers.mean_overlap(first, second) == pytest.approx(np.mean(shares))
    assert answers.mean_overlap(first[[5]], second[[5]]) is None


def test_predictions_are_correlated():
    one = np.array([1, 2, 3, 4], np.float32)
    of = {
        "als": judged(predicted=one),
        "mle": judged(predicted=one[::-1].copy()),
        "biases": judged(predicted=np.full(4, 3, np.float32)),
    }
    found = {(d.first, d.second): d.correlation for d in answers.disagreements(of)}
    assert found["als", "mle"] == pytest.approx(-1)
    assert found["als", "biases"] is None, "the same for all correlates with nothing"


def test_contested_titles_by_predictions():
    data = small_dataset()
    split = random_split(data.interactions, 0.5)
    items = split.test.item_index
    high = np.full(len(items), 3, np.float32)
    high[items == 0] = 5
    low = np.full(len(items), 3, np.float32)
    low[items == 1] = 2
    of = {
        "als": judged(predicted=high),
        "mle": judged(predicted=low),
        "biases": judged(predicted=np.arange(len(items), dtype=np.float32)),
    }
    found = answers.contested(of, split, data)
    assert [c.title for c in found] == ["Fargo (1996)", "Big Sleep, The (1946)"]
    assert found[0].by_model["als"] == 5
    assert found[0].by_model["mle"] == 3
    assert found[0].by_model["biases"] == pytest.approx(np.flatnonzero(items == 0).mean())
    assert found[0].n_ratings == (split.train.item_index == 0).sum()


def test_contested_titles_by_lists():
    data = small_dataset()
    split = random_split(data.interactions, 0.5)
    lists = {
        "ials": np.array([[2, 4], [2, -1], [4, -1]], np.int32),
        "ease": np.array([[5, 4], [4, -1], [4, -1]], np.int32),
        "popularity": np.array([[7, 8]] * 3, np.int32),
    }
    found = answers.contested({n: judged(lists=of) for n, of in lists.items()}, split, data)
    assert [data.item_table["title"].to_pylist().index(c.title) for c in found] == [2, 4, 5]
    assert found[0].by_model == {"ials": 2 / 3, "ease": 0.0, "popularity": 0.0}
    alone = answers.contested({"ials": judged(lists=lists["ials"])}, split, data)
    assert alone == [], "one model is in one mind"
