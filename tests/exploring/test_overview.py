"""A data set at a glance: known truths of ml-100k, and what is odd or empty."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from small import small_dataset

from matinee.exploring.overview import explore
from matinee.exploring.source import read
from matinee.interactions import Interactions

from .made import bare


@pytest.fixture(scope="module")
def hundred(shared_data):
    return explore(*read(str(shared_data / "ml-100k.zip")))


def named(groups):
    return {group.name: group for group in groups}


def points(found):
    return {finding.point for finding in found.findings}


def test_people_of_ml_100k(hundred):
    gender, age = named(hundred.people["gender"]), named(hundred.people["age"])
    work = named(hundred.people["occupation"])
    assert (gender["M"].members, gender["F"].members) == (670, 273)
    assert (gender["M"].ratings, gender["F"].ratings) == (74_260, 25_740)
    assert list(age) == ["under 18", "18-24", "25-34", "35-44", "45-49", "50-55", "56+"]
    assert sum(group.members for group in age.values()) == 943
    assert work["student"].members == 196
    assert work["unknown"].members == 105 + 9  # other, and none


def test_items_of_ml_100k(hundred):
    genres = named(hundred.genres)
    assert genres["Drama"].members == 725
    assert genres["Film-Noir"].members == 24
    assert hundred.most_rated[0].title == "Star Wars (1977)"
    assert hundred.most_rated[0].ratings == 583
    assert hundred.best_from == 48
    assert hundred.best_rated[0].title == "Close Shave, A (1995)"
    assert hundred.n_twins == 18
    assert ("246", "268") in [twins.item_ids for twins in hundred.twins]
    assert hundred.decades[0].name == "1920s"
    assert hundred.decades[-1].name == "unknown"


def test_words_of_ml_100k(hundred):
    assert {
        "Cut in time, beside any random split",
        "Judge how new people are served",
        "Order within a visit says little",
        "Nobody here has few ratings",
        "EASE fits in memory",
        "Popularity is the figure to beat",
        "Profiles can speak for new people",
        "Titles stand there twice",
    } <= points(hundred)
    about = [finding.about for finding in hundred.findings]
    assert about == sorted(about, key=["split", "model", "data"].index)
    assert hundred.missing == ()
    assert (hundred.intake.rows, hundred.intake.n_bad) == (100_000, 0)
    assert json.loads(json.dumps(hundred.as_dict()))["facts"]["ratings"] == 100_000


def test_groups_by_hand():
    data = small_dataset()
    found = explore(data)
    ratings = data.interactions
    women = [u % 2 == 1 for u in ratings.user_index.tolist()]
    values = ratings.value[women]
    group = named(found.people["gender"])["F"]
    assert (group.members, group.ratings) == (15, sum(women))
    assert group.mean == pytest.approx(values.mean())
    assert group.liked == pytest.approx((values >= 4).mean())
    drama = named(found.genres)["Drama"]
    assert drama.ratings == named(found.genres)["Crime"].ratings == (ratings.item_index < 20).sum()
    counts = Counter(ratings.item_index.tolist())
    assert found.most_rated[0].ratings == max(counts.values())
    assert len(found.most_rated) == len(found.best_rated) == 10
    assert sum(group.members for group in found.decades) == 40


def test_nothing():
    found = explore(bare(Interactions([], [], [], [], 3, 0)))
    assert points(found) == {"There are no ratings"}
    assert found.values is found.per_user is found.per_item is found.sizes is found.times is None
    assert found.most_rated == found.best_rated == ()


def test_one_rating():
    found = explore(bare(Interactions([0], [0], [4.0], [1_000_000_000])))
    assert found.per_user.gini == 0
    assert found.values.by_person is None
    assert found.times is None
    assert "All times are the same" in found.missing[0]
    assert found.most_rated[0].title == "i0"
    assert {finding.about for finding in found.findings} == {"split", "model"}


def test_one_person_of_implicit_feedback():
    time = np.arange(30) * 1000 + 1
    found = explore(bare(Interactions(np.zeros(30, int), np.arange(30), None, time)))
    assert found.values is None
    assert found.facts.duplicates == 0
    assert "Ranking models only" in points(found)
    assert found.times.sessions == 1
    assert found.most_rated[0].mean is None
    assert found.best_rated == ()
    assert any("implicit" in sentence for sentence in found.missing)


def test_no_times():
    found = explore(bare(Interactions([0, 0, 1], [0, 1, 1], [1, 2, 2])))
    assert found.times is None
    assert "Only random splits are possible" in points(found)


def test_duplicates_are_counted():
    found = explore(bare(Interactions([0, 0, 1], [1, 1, 1], [1, 2, 2])))
    said = next(f.said for f in found.findings if f.point == "Keep one rating of each pair")
    assert said.startswith("1 row repeats")


def test_a_trait_of_many_names():
    genres = pa.array([[f"genre {i}", "all"] for i in range(100)])
    ratings = Interactions(np.arange(100), np.arange(100), np.ones(100))
    found = explore(bare(ratings, genres=genres))
    assert len(found.genres) == 30
    assert found.genres[0].name == "all"


def test_titles_without_a_title_are_ids_and_twins_are_of_any_case():
    titles = pa.array(["Heat", "heat", None, ""])
    found = explore(bare(Interactions([0, 0, 0, 0], [0, 1, 2, 3], [4, 4, 5, 5]), title=titles))
    assert {title.title for title in found.most_rated} == {"Heat", "heat", "i2", "i3"}
    assert (found.n_twins, found.twins[0].item_ids) == (1, ("i0", "i1"))
