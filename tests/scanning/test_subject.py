"""The rows of a data set or workspace, and the judge of their clusters."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array
from small import small_dataset, small_workspace

from matinee import models
from matinee.errors import InvalidInput, InvalidParameter
from matinee.evaluation.compare import judge
from matinee.evaluation.protocols import parts
from matinee.interactions import Interactions, SideInformation
from matinee.scanning.source import Source
from matinee.scanning.subject import FEATURES, subject
from matinee.storage.workspace import Workspace


@pytest.fixture(scope="module")
def source():
    return Source.of_dataset(small_dataset())


@pytest.mark.parametrize(("on", "features"), [(on, f) for on in FEATURES for f in FEATURES[on]])
def test_every_kind_of_rows(source, on, features):
    made = subject(source, on, features)
    assert made.points.shape[0] == {"users": 30, "items": 40}[on]
    assert made.points.dtype == np.float32
    assert 0 < made.judge(2) <= 1


def test_likes_are_the_binary_matrix(source):
    points = subject(source, "users", "likes").points
    assert isinstance(points, csr_array)
    assert np.array_equal(points.toarray() > 0, source.ratings.liked(4).matrix.toarray() > 0)
    assert set(points.data.tolist()) == {1.0}


def test_features_are_those_of_the_recommender_unless_named(source):
    for on, name in (("users", "user_clusters"), ("items", "item_clusters")):
        default = models.get(name).hyperparameters["features"].default
        assert subject(source, on).features == default
    assert subject(source, "users", "genres").scaling == "minmax"
    assert subject(source, "users", "genres", scaling="rows").scaling == "rows"
    assert str(subject(source, "users", "genres")) == "users of small by genres (minmax)"


def test_quality_is_on_validation_ratings_and_never_on_test(source):
    made = subject(source, "users", "likes")
    (whole,) = parts("random", source.ratings, "ranking", liked=source.liked)
    split = whole.validation()
    model = models.create("user_clusters", features="likes", n_clusters=3)
    model.fit(split.train, source.side)
    assert made.judge(3) == judge(model, split).figures["ndcg@10"]
    test = whole.test
    pairs = {(u, i) for u, i in zip(test.user_index, test.item_index, strict=True)}
    for part in (made.judge.split.train, made.judge.split.test):
        assert not pairs & set(zip(part.user_index, part.item_index, strict=True))
    popularity = models.create("popularity").fit(split.train)
    assert made.judge.popularity == judge(popularity, split).figures["ndcg@10"]


def test_a_workspace_is_scanned_as_the_data_it_was_made_of(tmp_path, source):
    with Workspace.open(small_workspace(tmp_path / "mine", trained=False)) as opened:
        stored = Source.of_workspace(opened)
    assert stored.name == "mine"
    assert stored.liked == source.liked
    a, b = subject(stored, "users", "likes"), subject(source, "users", "likes")
    assert a.points.shape == b.points.shape
    assert a.points.sum() == b.points.sum()


def test_who_likes_nothing_is_left_out_and_counted(source):
    ratings = source.ratings
    low = np.where(ratings.user_index < 3, 1, ratings.value)
    some = Interactions(ratings.user_index, ratings.item_index, low, None, 30, 40)
    made = subject(replace(source, ratings=some), "users", "likes")
    assert made.points.shape[0] == 27
    assert "In no cluster: 3 of 30 users, as they like nothing" in made.notes[0]


@pytest.mark.parametrize(
    ("features", "why"),
    [
        ("traits", "as none of their traits is known"),
        ("interaction", "as nobody likes them"),
        ("both", "as nobody likes them, and none of their traits is known"),
    ],
)
def test_items_of_which_nothing_is_known_are_left_out_and_counted(source, features, why):
    traits = source.side.item_features.tolil()
    traits[5] = 0
    ratings = source.ratings
    low = np.where(ratings.item_index == 5, 1, ratings.value)
    some = Interactions(ratings.user_index, ratings.item_index, low, None, 30, 40)
    side = replace(source.side, item_features=traits.tocsr())
    made = subject(replace(source, ratings=some, side=side), "items", features)
    assert made.points.shape[0] == 39
    assert made.notes[0] == f"In no cluster: 1 of 40 items, {why}."


def test_what_the_fingerprint_is_of(source):
    made = subject(source, "users", "likes").made_of
    assert subject(source, "users", "likes").made_of == made
    ratings = source.ratings
    changed = replace(source, ratings=ratings.take(np.arange(len(ratings)) > 0))
    disliked = np.flatnonzero(ratings.value < source.liked)[0]
    # What is held out is drawn from all ratings, so this changes the figures of quality.
    fewer = replace(source, ratings=ratings.take(np.arange(len(ratings)) != disliked))
    others = [
        subject(changed, "users", "likes"),
        subject(fewer, "users", "likes"),
        subject(source, "users", "likes", seed=1),
        subject(source, "users", "taste"),
        subject(source, "users", "likes", method="minibatch"),
    ]
    assert made not in {other.made_of for other in others}


@pytest.mark.parametrize(
    ("stated", "said"),
    [
        ({"on": "movies"}, "`on` must be users or items"),
        ({"method": "dbscan"}, "`method` must be kmeans or minibatch or spectral"),
        ({"features": "traits"}, "`features` of users must be taste or likes"),
        ({"on": "items", "features": "likes"}, "`features` of items must be both or traits"),
        ({"features": "genres", "scaling": "log"}, "`scaling` must be sums"),
        ({"features": "likes", "scaling": "rows"}, "`scaling` is of genres"),
        ({"seed": -1}, "`seed` of clusters of users must be >= 0"),
    ],
)
def test_choices_that_there_are_not(source, stated, said):
    with pytest.raises(InvalidParameter, match=said):
        subject(source, **stated)


def test_nothing_known_that_features_are_made_of(source):
    bare = replace(source, side=SideInformation())
    with pytest.raises(InvalidInput, match="profiles need people whose age"):
        subject(bare, "users", "profiles")
    with pytest.raises(InvalidInput, match="genres need items whose genres are known"):
        subject(bare, "users", "genres")


def test_nobody_likes_anything(source):
    with pytest.raises(InvalidInput, match="nobody rated anything 9 or higher"):
        subject(replace(source, liked=9.0), "users", "likes")


def test_no_ratings_at_all(tmp_path):
    with Workspace.open(tmp_path / "empty", create=True) as opened:
        source = Source.of_workspace(opened)
    with pytest.raises(InvalidInput, match="empty has none; import some first"):
        subject(source)


def test_too_few_ratings_to_hold_any_out(source):
    few = replace(source, ratings=source.ratings.take(np.arange(4)))
    made = subject(few, "users", "likes")
    assert made.judge is None
    assert "No held-out quality" in made.notes[-1]


def test_no_recommender_makes_such_clusters(source):
    made = subject(source, "items", method="spectral")
    assert made.judge is None
    assert "No recommender makes spectral clusters of items" in made.notes[-1]
