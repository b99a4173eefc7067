"""Shares and factors are what their formulas say, new people get what fits them, reasons count."""

from __future__ import annotations

import numpy as np
import pytest
from naive import profile_lifts
from scipy.sparse import csr_array

from matinee.data import load
from matinee.errors import InvalidInput
from matinee.evaluation.newcomers import judge_new_users
from matinee.features import side_information
from matinee.interactions import Interactions, SideInformation
from matinee.models.ials import IALS
from matinee.models.people import People
from matinee.splits import new_users
from matinee.storage import archive

NAMES = ("age:18-24", "age:25-34", "gender:F", "gender:M", "occupation:farmer", "region:9")
NOBODY = csr_array((1, 12), dtype=np.float32)


def people_of(n_users=120, n_items=12, seed=3):
    """Women choose the first half more often; ages go with genders; some state nothing."""
    generator = np.random.default_rng(seed)
    woman = generator.random(n_users) < 0.5
    young = generator.random(n_users) < np.where(woman, 0.8, 0.2)
    rows = np.zeros((n_users, len(NAMES)), np.float32)
    rows[np.arange(n_users), np.where(young, 0, 1)] = 1
    rows[np.arange(n_users), np.where(woman, 2, 3)] = 1
    rows[:4, 4] = 1
    rows[generator.random(n_users) < 0.5, 5] = 1
    rows[5:15, :2] = 0
    rows[15:20] = 0
    likes = woman[:, np.newaxis] == (np.arange(n_items) < n_items // 2)
    chosen = generator.random((n_users, n_items)) < np.where(likes, 0.5, 0.2)
    chosen[-1] = chosen[:, -1] = False
    ratings = Interactions(*np.nonzero(chosen), n_users=n_users, n_items=n_items)
    return ratings, SideInformation(user_features=csr_array(rows), user_feature_names=NAMES)


def profile(*words):
    return csr_array(np.array([[float(name in words) for name in NAMES]], np.float32))


@pytest.fixture(scope="module")
def small():
    ratings, side = people_of()
    return ratings, side, People(factors=4).fit(ratings, side)


def test_the_lifts_are_those_of_the_formula(small):
    ratings, side, model = small
    chosen, rows = ratings.matrix.toarray() != 0, side.user_features.toarray()
    kept = [0, 1, 2, 3, 5]  # of farmers there are too few
    names = tuple(NAMES[j] for j in kept)
    wanted, mean = profile_lifts(chosen, rows[:, kept], names, model.damping)
    np.testing.assert_allclose(model.mean_[kept], mean, atol=1e-6)
    np.testing.assert_allclose(model.vectors_[:, 16:-1][:, kept], model.shares * wanted, atol=1e-6)
    count = chosen.sum(axis=0) + 0.5
    np.testing.assert_allclose(
        model.vectors_[:, -1], model.shares * np.log(count / count.max()), atol=1e-6
    )


def test_fields_that_go_together_do_not_count_twice():
    """Only the gender decides; an age that goes with it adds little once the gender is known."""
    model = People(factors=4, damping=0.1).fit(*people_of(800))
    young, _, woman, man = model.vectors_[:6, 16:20].mean(axis=0)
    assert woman > 0 > man
    assert abs(young) < 0.2 * woman


def test_scores_are_the_sum_of_factors_and_shares(small):
    ratings, _, model = small
    factors = IALS(factors=4).fit(ratings)
    x = np.where(profile("gender:F", "region:9").toarray()[0] > 0, 1, 0)
    stated = np.array([0, 0, 1, 1, 0, 1])
    centered = x - stated * model.mean_
    for history in (NOBODY, ratings.matrix[[7]]):
        n = history.nnz
        p = factors.fold_in(history)[0].astype(float)
        if not n:
            p += centered @ model.map_
        shares = model.vectors_[:, 16:-1] @ centered + model.vectors_[:, -1]
        wanted = factors.items_ @ p + 50 / (50 + n) * shares
        state = model.fold_in(history, profile("gender:F", "region:9"))
        found = model.recommend(
            history, 12, exclude_seen=False, profiles=profile("gender:F", "region:9")
        )
        np.testing.assert_allclose(found.scores[0], wanted[found.items[0]], atol=1e-5)
        assert state.shape == (1, 16 + len(NAMES) + 1)


def test_a_profile_alone_leads_to_what_such_people_like(small):
    _, _, model = small
    for word, first in (("gender:F", True), ("gender:M", False)):
        found = model.recommend(NOBODY, 5, profiles=profile(word)).items[0]
        assert np.mean((found < 6) == first) >= 0.8
    nothing = model.recommend(NOBODY, 12)
    np.testing.assert_array_equal(
        nothing.items, model.recommend(NOBODY, 12, profiles=profile()).items
    )
    np.testing.assert_array_equal(nothing.items, model.recommend([-1], 12).items)


def test_without_profiles_it_serves_as_well(small):
    ratings, _, _ = small
    model = People(factors=4).fit(ratings)
    assert model.vectors_.shape == (12, 17)
    found = model.recommend(NOBODY, 4).items[0]
    assert set(found) <= set(np.argsort(-model.item_count_)[:7])
    assert [r.kind for r in model.explain(NOBODY, found[:1])[0]] == ["popular"]
    unstated = SideInformation(
        user_features=csr_array((120, 2), dtype=np.float32), user_feature_names=NAMES[2:4]
    )
    again = People(factors=4).fit(ratings, unstated)
    np.testing.assert_array_equal(
        again.recommend(ratings.matrix, 5).items, model.recommend(ratings.matrix, 5).items
    )


def test_reasons_count_people(small):
    ratings, side, model = small
    women = side.user_features.toarray()[:, 2] > 0
    women &= np.diff(ratings.matrix.indptr) > 0
    liked = ratings.matrix.toarray()[:, 2] > 0
    everybody = liked.sum() / (np.diff(ratings.matrix.indptr) > 0).sum()
    reasons = model.explain(NOBODY, [2], profile("gender:F"))[0]
    share = f"{(liked & women).sum() / women.sum():.0%}"
    assert [(r.kind, r.label) for r in reasons] == [
        ("profile", f"liked by {share} of women, by {everybody:.0%} of everybody")
    ]
    assert reasons[0].weight > 0
    both = model.explain(ratings.matrix[[1]], [2], profile("gender:F", "age:18-24"))[0]
    assert {r.kind for r in both} == {"profile", "rated"}
    assert all(r.item in ratings.matrix[[1]].indices for r in both if r.kind == "rated")
    assert model.explain(NOBODY, [8], profile("gender:F"))[0][0].kind == "popular"


def test_groups_of_few_people_are_not_told_of(small, tmp_path):
    _, side, model = small
    assert model.group_size_[4] == 4
    assert model.group_count_[:, [4]].nnz == 0
    assert not any("farmer" in r.label for r in model.explain(NOBODY, [0], profile(NAMES[4]))[0])
    assert not model.map_[4].any(), "nor is anything learned"
    assert not model.vectors_[:, -3].any()
    assert_same = np.testing.assert_array_equal
    assert_same(model.fold_in(NOBODY, profile(NAMES[4])), model.fold_in(NOBODY, profile()))
    archive.save(model, tmp_path / "saved", people=False)
    kept = archive.load(tmp_path / "saved")
    people = side.user_features.shape[0]
    assert all(people not in np.shape(v) for k, v in vars(kept).items() if k.endswith("_"))
    found = kept.recommend(NOBODY, 5, profiles=profile("gender:F"))
    np.testing.assert_array_equal(
        found.items, model.recommend(NOBODY, 5, profiles=profile("gender:F")).items
    )


def test_what_the_others_of_an_age_chose_is_no_difference_of_two_groups():
    """Of 25 people of one age all but three are women: their number would leave those three."""
    rows = np.zeros((40, 4), np.float32)
    rows[:25, 0] = rows[25:, 1] = rows[:22, 2] = rows[22:, 3] = 1
    names = ("age:18-24", "age:25-34", "gender:F", "gender:M")
    ratings = people_of(40)[0]
    model = People(factors=4).fit(ratings, SideInformation(None, (), csr_array(rows), names))
    told = [tuple(c) for c in model.group_columns_[np.diff(model.group_count_.tocsc().indptr) > 0]]
    assert told == [(0, -1), (1, -1), (2, -1), (3, -1)], "nor by what the other men chose"


WORDS = {
    ("age:25-34", "gender:F"): "women of 25 to 34",
    ("age:under 18",): "people under 18",
    ("age:56+",): "people of 56 and older",
    ("gender:M",): "men",
    ("gender:X",): "people of gender X",
    ("occupation:librarian",): "librarians",
    ("occupation:salesman",): "salesmen",
    ("occupation:entertainment",): "people whose occupation is entertainment",
    ("region:0",): "people whose zip code begins with 0",
    ("region:9",): "people whose zip code begins with 9",
}


def test_groups_are_told_of_in_words():
    """Ten people each, who like one thing; but other women, and others of 25 to 34, the next."""
    names = sorted({name for words in WORDS for name in words})
    has = [[name in words for name in names] for words in WORDS]
    has += [[name == other for name in names] for other in ("gender:F", "age:25-34")]
    side = SideInformation(
        user_features=csr_array(np.repeat(has, 10, axis=0).astype(np.float32)),
        user_feature_names=tuple(names),
    )
    groups = len(WORDS)
    likes = Interactions(np.arange(10 * groups + 20), np.repeat([*range(groups), 1, 1], 10))
    model = People(factors=1).fit(likes, side)
    for item, whom in enumerate(WORDS.values()):
        of_one = csr_array(np.array([has[item]], np.float32))
        nothing = csr_array((1, groups), dtype=np.float32)
        labels = [r.label for r in model.explain(nothing, [item], of_one)[0]]
        everybody = "25%" if item == 1 else "8%"
        assert f"liked by 100% of {whom}, by {everybody} of everybody" in labels


def test_profiles_must_have_the_columns_of_the_training_data(small):
    with pytest.raises(InvalidInput, match="6 columns"):
        small[2].fold_in(NOBODY, csr_array((1, 5), dtype=np.float32))


@pytest.mark.usefixtures("compiled")
def test_new_people_of_ml_100k(ml_100k, shared_data):
    """On validation people: profiles help where nothing is liked, and never cost what is."""
    dataset = load(str(shared_data / "ml-100k.zip"))
    side = side_information(dataset.item_table, dataset.user_table)
    split = new_users(ml_100k, 0.3, 42, liked=4).validation()
    model = People().fit(split.train, side)
    with_profile = judge_new_users(model, split, side).means
    assert with_profile["given 0"] > judge_new_users(model, split).means["given 0"] + 0.003
    factors = judge_new_users(IALS().fit(split.train), split).means
    assert with_profile["given 1"] > factors["given 1"] + 0.05
    assert with_profile["given 10"] > factors["given 10"]
