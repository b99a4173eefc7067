"""Metrics in words, and a word for each that is judged."""

from __future__ import annotations

from small import small_dataset

from matinee.evaluation.compare import judge
from matinee.features import side_information
from matinee.models.item_mean import ItemMean
from matinee.models.popularity import Popularity
from matinee.report import metric_words
from matinee.splits import random_split, user_holdout


def test_names_and_meanings_of_metrics():
    names = ("ndcg@10", "recall_capped@20", "coverage@90%", "unheard_of@3")
    assert [metric_words.name(n) for n in names] == [
        "NDCG@10", "capped recall@20", "coverage@90%", "unheard of@3"
    ]  # fmt: skip
    assert "interval" in metric_words.meaning("coverage@90%")
    assert "catalog" in metric_words.meaning("coverage@10")
    assert metric_words.meaning("unheard_of@3") == ""


def test_whatever_is_judged_is_explained():
    data = small_dataset()
    side = side_information(data.item_table, data.user_table)
    for model, ratings in (
        (ItemMean(), data.interactions),
        (Popularity(), data.interactions.liked(4)),
    ):
        split = user_holdout(ratings) if model.task == "ranking" else random_split(ratings)
        figures = judge(model.fit(split.train), split, side).figures
        assert len(figures) > 3
        assert all(metric_words.meaning(metric) for metric in figures), figures
