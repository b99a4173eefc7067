"""The three ways in one list: the weighted sum that it states, learned on people left out."""

from __future__ import annotations

import itertools

import naive
import numpy as np
import pytest
from scipy.sparse import csr_array
from small import small_dataset

from matinee import models, way_weights
from matinee.errors import InvalidInput, InvalidParameter, NotReady
from matinee.features import profile_row, side_information
from matinee.interactions import Interactions, SideInformation
from matinee.models import three_ways as module
from matinee.models.three_ways import ThreeWays
from matinee.splits import given_and_rest, new_users
from matinee.storage import archive


def chosen_of(people=150, items=60, seed=0):
    """Person u mostly chooses items of group u % 3, and those of low index more."""
    generator = np.random.default_rng(seed)
    alike = (np.arange(people)[:, None] - np.arange(items)) % 3 == 0
    chance = np.where(alike, 0.8, 0.12) * np.linspace(1, 0.5, items)
    chosen = generator.random((people, items)) < chance
    chosen[:, -2:] = False
    return Interactions(*np.nonzero(chosen), n_users=people, n_items=items)


def side_of(people=150, items=60):
    """Genres and genders that tell the groups."""
    genres = csr_array(np.eye(3, dtype=np.float32)[np.arange(items) % 3])
    profiles = csr_array(np.eye(3, dtype=np.float32)[np.arange(people) % 3])
    names = tuple(f"occupation:{name}" for name in ("baker", "miller", "smith"))
    return SideInformation(
        genres,
        ("genre:a", "genre:b", "genre:c"),
        profiles,
        names,
        genres,
        ("genre:a", "genre:b", "genre:c"),
    )


@pytest.fixture(scope="module")
def fitted():
    return ThreeWays().fit(chosen_of(), side_of())


@pytest.fixture(scope="module")
def few():
    """Of so few people that weights are fixed."""
    data = small_dataset()
    side = side_information(data.item_table, data.user_table)
    return ThreeWays().fit(data.interactions.liked(4), side), data.interactions.liked(4), side


def standardized(scores):
    scores = np.asarray(scores, np.float64)
    deviation = scores.std(axis=1, keepdims=True)
    return (scores - scores.mean(axis=1, keepdims=True)) / np.where(deviation > 0, deviation, 1)


def weight_of(known, weight):
    """By the rule in words: on a straight line between knots in log2(1 + known)."""
    knots = [np.log2(1 + k) for k in way_weights.KNOTS]
    at = min(np.log2(1 + known), knots[-1])
    above = next(j for j, knot in enumerate(knots) if knot >= at - 1e-12)
    if above == 0:
        return weight[0]
    share = (at - knots[above - 1]) / (knots[above] - knots[above - 1])
    return (1 - share) * weight[above - 1] + share * weight[above]


def test_weights_lie_between_knots_and_stay_beyond_the_last():
    weight = np.random.default_rng(0).random((len(way_weights.KNOTS), 4)).astype(np.float32)
    known = [0, 1, 2, 3, 5, 6, 7, 14, 15, 30, 31, 32, 700]
    found = way_weights.at(np.array(known), weight)
    np.testing.assert_allclose(found, [weight_of(k, weight) for k in known], rtol=1e-5)
    np.testing.assert_array_equal(found[-1], weight[-1])


def test_scores_are_the_weighted_sum(fitted):
    train, side = chosen_of(), side_of()
    people = np.array([0, 1, 2, 70])
    history = train.matrix[people].tolil()
    history[1] = 0
    history[2, 5:] = 0
    history = csr_array(history)
    history.eliminate_zeros()
    profiles = side.user_features[people]
    popular = standardized(np.log1p(np.bincount(train.item_index, minlength=60))[np.newaxis])
    parts = []
    for name in fitted.ways:
        way = models.create(name).fit(train, side)
        parts.append(standardized(way._score(way.fold_in(history, profiles))))
    parts.append(np.repeat(popular, 4, axis=0))
    weight = np.array([weight_of(k, fitted.weight_) for k in np.diff(history.indptr)])
    expected = sum(w[:, np.newaxis] * part for w, part in zip(weight.T, parts, strict=True))
    # Nobody chose the last two, so traits decide.
    expected[:, -2:] = parts[0][:, -2:]
    found = fitted._score(fitted.fold_in(history, profiles))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_weights_are_those_of_the_best_of_all_sums(fitted):
    """Of the sums that are tried, by slow figures, on people whom the ways never saw."""
    train, side = chosen_of(), side_of()
    split = new_users(train, 0.2, 0, minimum=module._MINIMUM)
    people = np.unique(split.test.user_index)
    assert fitted.asked_ == len(people) >= 20
    ways = [models.create(name).fit(split.train, side) for name in fitted.ways]
    popular = np.log1p(np.bincount(split.train.item_index, minlength=60))[np.newaxis]
    asked = []
    # In four orders, since the people are few.
    held, generator = [split.test], np.random.default_rng(0)
    for _ in range(3):
        keys = generator.random(len(split.test))
        held.append(held[-1].take(np.lexsort((keys, held[-1].user_index))))
    for k, given in itertools.product(way_weights.LEVELS, held):
        _, known, rest = given_and_rest(given, k)
        enough = np.flatnonzero(np.diff(rest.indptr) >= 5)
        if len(enough) >= 20:
            profiles = side.user_features[people[enough]]
            scores = [standardized(w._score(w.fold_in(known[enough], profiles))) for w in ways]
            scores.append(np.repeat(standardized(popular), len(enough), axis=0))
            scores = [np.where(popular == 0, scores[0], of_way) for of_way in scores]
            known, rest = (matrix[enough].toarray() > 0 for matrix in (known, rest))
            asked.append((k, np.array(scores), known, rest))

    def figure(weights, knot):
        total = 0.0
        for k, scores, known, rest in asked:
            apart = abs(np.log2(1 + k) - np.log2(1 + knot))
            share = float(k == knot) if 0 in (k, knot) else max(0.0, 1 - apart)
            if not share:
                continue
            sums = np.tensordot(weights, scores, 1)
            sums[known] = -np.inf
            each = [
                naive.ndcg(ranked, set(np.flatnonzero(wanted)), 10)
                for ranked, wanted in zip(naive.top_n(sums, 10), rest, strict=True)
            ]
            total += share * np.mean(each)
        return total

    for place, knot in enumerate(way_weights.KNOTS[:2]):
        added, sums = np.zeros(4), []
        for _ in range(24):
            figures = [figure(added + step, knot) for step in np.eye(4)]
            added[int(np.argmax(figures))] += 1
            sums.append((max(figures), added / added.sum()))
        highest = max(f for f, _ in sums)
        best = [w for f, w in sums if f > highest - 1e-6]
        assert any(np.allclose(fitted.weight_[place], w, atol=1e-6) for w in best)


def test_levels_that_too_few_can_be_asked_at_have_the_weights_before(fitted):
    np.testing.assert_allclose(fitted.weight_.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(fitted.weight_[-1], fitted.weight_[-2])


def test_it_knows_people_whom_it_never_saw(fitted):
    """By profile alone, and by a few likes alone."""
    nobody, profiles = csr_array((3, 60), dtype=np.float32), side_of().user_features[:3]
    by_profile = fitted.recommend(nobody, 8, profiles=profiles).items
    likes = np.zeros((3, 60), np.float32)
    for group in range(3):
        likes[group, [group + 30, group + 36]] = 1
    by_likes = fitted.recommend(likes, 8).items
    for group in range(3):
        assert np.mean(by_profile[group] % 3 == group) > 0.8
        assert np.mean(by_likes[group] % 3 == group) > 0.8


def test_weights_are_fixed_where_few_can_be_asked(few):
    model, *_ = few
    assert model.asked_ == 0
    np.testing.assert_allclose(model.weight_, module._UNLEARNED)
    np.testing.assert_allclose(model.weight_.sum(axis=1), 1, rtol=1e-6)
    assert ThreeWays().fit(Interactions([0], [0], n_users=1, n_items=1)).asked_ == 0


def test_each_way_is_the_model_alone(few):
    model, train, side = few
    history, profile = train.matrix[[3]], side.user_features[[3]]
    for name in ("alike", "fans", "people"):
        alone = models.create(name).fit(train, side)
        way = model.way(name)
        assert way is model.way(name), "what a way works out at the first question is kept"
        np.testing.assert_array_equal(
            way.recommend(history, 5, profiles=profile).items,
            alone.recommend(history, 5, profiles=profile).items,
        )
    with pytest.raises(InvalidParameter, match="A way must be alike or fans or people, got 'both'"):
        model.way("both")
    with pytest.raises(NotReady):
        ThreeWays().way("fans")
    before = model.way("fans")
    refitted = ThreeWays().fit(train, side)
    refitted.way("fans")
    refitted.fit(Interactions([0, 1, 1], [0, 0, 1], n_users=2, n_items=2))
    assert refitted.way("fans").n_items == 2
    assert before.n_items == 40


def test_reasons_of_all_ways_the_best_of_each_first(few):
    model, train, side = few
    history = train.matrix[[1]]
    profile = profile_row({"gender": "F", "occupation": "writer"}, side.user_feature_names)
    item = int(model.recommend(history, 1, profiles=profile).items[0, 0])
    (reasons,) = model.explain(history, [item], profile)
    labels = [r.label for r in reasons]
    assert any("of its fans like this" in label for label in labels), labels
    assert any("both" in label for label in labels), labels
    assert len({(r.kind, r.item, r.label) for r in reasons}) == len(reasons) <= 6
    # Each way's reasons are the way's own.
    theirs = {
        (r.kind, r.item, r.label)
        for name in model.ways
        for r in model.way(name).explain(history, [item], profile)[0]
    }
    for reason in reasons:
        if reason.kind != "popular":
            assert (reason.kind, reason.item, reason.label) in theirs
    assert all(r.item in history.indices for r in reasons if r.kind == "rated")
    nothing = csr_array((1, 40), dtype=np.float32)
    (popular,) = model.explain(nothing, [int(model.item_count_.argmax())])
    assert popular[0].kind == "popular"
    assert "liked by" in popular[0].label


def test_an_archive_holds_no_person(few, tmp_path):
    model, train, side = few
    archive.save(model, tmp_path / "saved", people=False)
    loaded = archive.load(tmp_path / "saved")
    assert not [n for n in vars(loaded) if n.endswith(("people_", "seen_", "members_"))]
    assert not [
        name for name, value in vars(loaded).items() if np.shape(value)[:1] == (train.n_users,)
    ]
    for profiles in (None, side.user_features):
        np.testing.assert_array_equal(
            loaded.recommend(train.matrix, 5, profiles=profiles).items,
            model.recommend(train.matrix, 5, profiles=profiles).items,
        )


def test_an_item_that_nobody_chose_is_there_for_its_traits(fitted):
    """Items 58 and 59 are of groups 1 and 2."""
    likes = np.zeros((2, 60), np.float32)
    likes[0, [1, 4]] = likes[1, [2, 5]] = 1
    found = fitted.recommend(likes, 2, candidates=[58, 59])
    assert found.items.tolist() == [[58, 59], [59, 58]]
    (reasons,) = fitted.explain(likes[:1], [58])
    assert {r.kind for r in reasons} == {"rated"}
    assert "both b" in reasons[0].label


def test_nothing_known_of_items_or_people():
    """Ratings alone, as from one's own file."""
    train = chosen_of()
    model = ThreeWays().fit(train)
    assert (model.recommend(train.matrix, 5).items >= 0).all()
    profiles = side_of().user_features
    np.testing.assert_array_equal(
        model.recommend(train.matrix, 5, profiles=profiles).items,
        model.recommend(train.matrix, 5).items,
        err_msg="profiles of which it has learned nothing say nothing",
    )


def test_a_profile_of_another_width(fitted):
    with pytest.raises(InvalidInput, match="3 columns"):
        fitted.fold_in(csr_array((1, 60)), csr_array((1, 5), dtype=np.float32))
