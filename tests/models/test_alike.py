"""Items are alike by weighted blocks of what they are and who chose them."""

from __future__ import annotations

import naive
import numpy as np
import pyarrow as pa
import pytest
from scipy.sparse import csr_array

from matinee import content
from matinee.features import side_information
from matinee.interactions import Interactions, SideInformation
from matinee.models.alike import Alike
from matinee.splits import user_holdout
from matinee.storage import archive

NOBODY = pa.table({"user_id": pa.array([], pa.string())})
ITEMS = pa.table(
    {
        "item_id": [f"m{i}" for i in range(8)],
        "title": ["Rocky (1976)", "Rocky II (1979)", *(f"Other {'abcdef'[i]}" for i in range(6))],
        "year": pa.array([1976, 1979, 1976, 1999, 2000, 1999, None, None], pa.int32()),
        "genres": [["Drama"], ["Drama"], ["Crime"], ["Crime", "Drama"], ["War"], ["War"], [], []],
        "keywords": [["boxing"], ["boxing"], ["heist"], ["heist", "boxing"], [], [], ["heist"], []],
    }
)
SIDE = side_information(ITEMS, NOBODY)
WEIGHTS = {"genre": 1.0, "year": 0.7, "keyword": 0.7, "title": 0.3}


def choices(seed=0, n_items=8, hidden=(6, 7)):
    chosen = np.random.default_rng(seed).random((30, n_items)) < 0.4
    chosen[:, list(hidden)] = False
    users, items = np.nonzero(chosen)
    return Interactions(users, items, n_users=30, n_items=n_items)


@pytest.fixture(scope="module")
def by_traits():
    return Alike(collaborative=0.0).fit(choices(), SIDE)


def columns(matrix, names, block):
    return matrix.toarray()[:, [name.startswith(f"{block}:") for name in names]]


def test_a_cosine_is_the_weighted_mean_of_the_cosines_of_blocks(by_traits):
    blocks = []
    for block, weight in WEIGHTS.items():
        of_features = columns(SIDE.item_features, SIDE.item_feature_names, block)
        of_words = columns(SIDE.item_words, SIDE.item_word_names, block)
        rows = naive.tfidf(of_words if of_words.size else of_features)
        cosines = rows @ rows.T
        if block == "year":
            years = np.array(ITEMS.column("year").to_pylist(), float)
            cosines = np.exp(-((years[:, None] - years) ** 2) / 64)
        blocks.append((weight, cosines, rows.any(axis=1)))
    found = by_traits.vectors_ @ by_traits.vectors_.T
    np.testing.assert_allclose(found, naive.block_cosines(blocks), atol=2e-3)


def test_years_are_alike_when_near():
    side = side_information(
        pa.table({"item_id": ["a", "b", "c", "d"], "year": [1990, 1994, 1998, 1890]}), NOBODY
    )
    (block,) = content.blocks(side, ["year"], 9, 0)
    cosines = block.vectors @ block.vectors.T
    np.testing.assert_allclose(cosines[0], np.exp(-(np.array([0, 4, 8, 100]) ** 2) / 64), atol=2e-3)


def test_decades_stand_in_for_years():
    features = csr_array(np.eye(3, dtype=np.float32))
    names = ("decade:1980", "decade:1990", "decade:none")
    (block,) = content.blocks(SideInformation(features, names), ["year"], 9, 0)
    assert 0.1 < block.vectors[0] @ block.vectors[1] < 0.9
    assert not block.vectors[2].any()


def test_directions_are_those_of_all_singular_vectors():
    counts = csr_array(np.random.default_rng(1).poisson(0.4, (40, 20)).astype(np.float32))
    words = content.tfidf(counts)
    found = content.directions(words, 5, 0)
    _, _, right = np.linalg.svd(words.toarray())
    projected = words.toarray() @ right[:5].T
    projected /= np.linalg.norm(projected, axis=1, keepdims=True)
    np.testing.assert_allclose(found @ found.T, projected @ projected.T, atol=2e-2)


def test_scores_follow_the_formula():
    train = choices()
    model = Alike().fit(train, SIDE)
    vectors, popular = model.vectors_.astype(float), model.items_[:, -1].astype(float)
    mean = model.item_count_ @ vectors / len(train)
    history = np.zeros((3, 8), np.float32)
    history[0, [1, 3]] = 1
    history[1, 0] = 5
    expected = np.tile(model.popularity * popular, (3, 1))
    expected[0] += (vectors[1] + vectors[3] - 2 * mean) / (2 + model.damping) @ vectors.T
    expected[1] += (vectors[0] - mean) / (1 + model.damping) @ vectors.T
    found = model.recommend(history, 8, exclude_seen=False)
    for row, items, scores in zip(expected, found.items, found.scores, strict=True):
        np.testing.assert_allclose(scores, row[items], atol=1e-5)
        np.testing.assert_allclose(scores, -np.sort(-row), atol=1e-5)


def test_who_likes_nothing_gets_what_is_popular(by_traits):
    nobody = by_traits.recommend(np.zeros((1, 8), np.float32), 6).items[0]
    count = by_traits.item_count_
    assert count[nobody[0]] == count.max()
    assert nobody.tolist() == np.argsort(-by_traits.items_[:, -1], kind="stable")[:6].tolist()


def test_an_item_that_nobody_chose_is_ranked_by_its_traits():
    model = Alike().fit(choices(), SIDE)
    assert model.vectors_[6].any()
    assert not model.vectors_[7].any(), "of what is unknown nothing is made"
    likes = np.zeros((2, 8), np.float32)
    likes[0, 2], likes[1, 4] = 1, 1
    heist, war = model.recommend(likes, 8, candidates=[6]).scores[:, 0]
    assert heist > war, "the hidden item is about a heist"


def test_reasons_say_what_is_shared(by_traits):
    assert by_traits.shared(0, 1) == "both Drama, both about boxing, from 1976 and 1979"
    assert "both from 1976" in by_traits.shared(0, 2)
    assert by_traits.shared(0, 6) == "", "an item without genres or year is about something else"
    history = np.zeros((1, 8), np.float32)
    history[0, [0, 4]] = 1
    (reasons,) = by_traits.explain(history, [1])
    assert reasons[0].item == 0
    assert "boxing" in reasons[0].label
    (itself,) = by_traits.explain(history, [4])
    assert all(reason.item != 4 for reason in itself)


def test_the_same_people_are_told_of_only_where_enough_chose_both():
    """Vectors of what few chose come mostly from traits, and say nothing of people."""
    train = choices()
    model = Alike(collaborative=9.0).fit(train, SIDE)
    pairs = [(i, j) for i in range(8) for j in range(8) if i != j]
    said = {p for p in pairs if "liked by the same people" in model.shared(*p)}
    enough = {p for p in pairs if model.item_count_[list(p)].min() >= 10}
    assert said
    assert said <= enough < set(pairs)


def test_words_survive_an_archive(by_traits, tmp_path):
    archive.save(by_traits, tmp_path / "saved", people=False)
    loaded = archive.load(tmp_path / "saved")
    assert loaded.shared(1, 3) == by_traits.shared(1, 3) != ""


def test_without_anything_known_and_with_only_some_blocks():
    train = choices(hidden=(7,))
    assert Alike(collaborative=0.0).fit(train).vectors_.shape == (8, 0)
    assert Alike(collaborative=0.0).fit(train).similar_items([0], 3).items.tolist() == [[-1] * 3]
    tagged = SideInformation(None, (), None, (), csr_array(np.eye(8, 2)), ("tag:a", "odd:b"))
    model = Alike(collaborative=0.0).fit(train, tagged)
    assert model.blocks_.tolist() == ["tag"], "a block without a weight counts for nothing"


def test_sentences_count_only_where_asked_for():
    meant = np.random.default_rng(3).normal(size=(8, 6)).astype(np.float32)
    meant[7] = 0
    side = SideInformation(
        item_words=csr_array(meant), item_word_names=tuple(f"sentence:{c}" for c in range(6))
    )
    assert Alike(collaborative=0.0).fit(choices(), side).vectors_.shape == (8, 0)
    model = Alike(collaborative=0.0, sentence=1.0).fit(choices(), side)
    unit = meant / np.maximum(np.linalg.norm(meant, axis=1, keepdims=True), 1e-9)
    np.testing.assert_allclose(model.vectors_ @ model.vectors_.T, unit @ unit.T, atol=1e-5)
    assert model.shared(0, int(model.similar_items([0], 1).items[0, 0])) == "described alike"


def test_better_than_popularity_on_ml_100k(ml_100k, compiled):
    """By who chose what alone."""
    split = user_holdout(ml_100k, 0.2, 42, liked=4).validation()
    model = Alike().fit(split.train)
    people = np.flatnonzero(np.diff(split.test.matrix.indptr))[:300]
    held = split.test.matrix[people].toarray() > 0
    lists = model.recommend(people, 10).items
    popular = model.recommend(csr_array((1, model.n_items), dtype=np.float32), 300).items[0]
    seen = split.train.matrix[people].toarray() > 0
    same = [[i for i in popular if not row[i]][:10] for row in seen]
    hits = np.take_along_axis(held, lists, axis=1).mean()
    assert hits > 1.3 * np.take_along_axis(held, np.array(same), axis=1).mean()
