"""Each leak is put in on purpose and caught; clean splits of every protocol pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from matinee import models
from matinee.errors import InvalidInput
from matinee.evaluation import leaks, origins, protocols
from matinee.evaluation.compare import SEES, evaluate, judge
from matinee.evaluation.origins import Origin
from matinee.interactions import Interactions
from matinee.splits import (
    Protocol,
    leave_last_out,
    new_items,
    new_users,
    random_split,
    strong_generalization,
    time_split,
)


def ratings_of(n_users=60, n_items=50, seed=0):
    """Each pair at most once, times in no order of rows."""
    generator = np.random.default_rng(seed)
    users, items = np.nonzero(generator.random((n_users, n_items)) < 0.6)
    values = generator.integers(1, 6, len(users))
    times = 1_000_000 + generator.permutation(len(users))
    return Interactions(users, items, values, times, n_users=n_users, n_items=n_items)


RATINGS = ratings_of()


def joined(*parts):
    """All rows of these parts."""
    columns = [
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("user_index", "item_index", "value", "time")
    ]
    return Interactions(*columns, parts[0].n_users, parts[0].n_items)


def only(split):
    (found,) = leaks.check(split)
    return found


@pytest.mark.parametrize("task", ["rating", "ranking"])
@pytest.mark.parametrize("name", protocols.NAMES)
def test_clean_splits_pass(name, task):
    for split in protocols.parts(name, RATINGS, task, liked=4):
        assert leaks.check(split) == ()
        assert leaks.check(split.validation()) == ()
        assert leaks.refuse(split) == ()


@pytest.mark.parametrize("name", protocols.NAMES)
def test_clean_splits_of_real_ratings_pass(name, ml_100k):
    for split in protocols.parts(name, ml_100k, "rating"):
        assert leaks.check(split) == ()


def test_pairs_on_both_sides():
    split = random_split(RATINGS)
    leaked = replace(split, train=joined(split.train, split.test.take(np.arange(7))))
    found = only(leaked)
    assert (found.leak, found.count, found.of, found.refused) == (
        "same pairs",
        7,
        len(split.test),
        True,
    )
    first = split.test.user_index[0], split.test.item_index[0]
    assert f"({first[0]}, {first[1]})" in str(found)
    assert "and 2 more" in str(found)
    # Every way to a figure refuses it, before anything is fitted.
    model = models.create("biases")
    with pytest.raises(InvalidInput, match="in both"):
        evaluate(model, leaked)
    assert not hasattr(model, "item_count_")
    with pytest.raises(InvalidInput, match="in both"):
        judge(model.fit(split.train), leaked)


def test_pairs_that_are_given_and_asked_for():
    split = strong_generalization(RATINGS)
    leaked = replace(split, given=joined(split.given, split.test.take(np.arange(1))))
    found = only(leaked)
    assert (found.leak, found.count, found.refused) == ("same pairs", 1, True)


@pytest.mark.parametrize("made", [strong_generalization, new_users])
def test_people_judged_as_new_who_are_trained_on(made):
    split = made(RATINGS)
    known = split.test.user_index == split.test.user_index[0]
    # A rating of theirs that is asked for nowhere.
    spared = split.test.take(known).take(np.arange(1))
    rest = np.flatnonzero(known)[0] != np.arange(len(split.test))
    leaked = replace(split, train=joined(split.train, spared), test=split.test.take(rest))
    found = only(leaked)
    assert (found.leak, found.count, found.refused) == ("same people", 1, True)
    assert f"users {spared.user_index[0]}." in found.text


def test_given_people_are_new_whatever_the_protocol_is_called():
    split = replace(strong_generalization(RATINGS), protocol=Protocol("mine"))
    known = split.given.take(np.arange(1))
    leaked = replace(
        split, train=joined(split.train, known), given=split.given.take(np.arange(1, 9))
    )
    assert only(leaked).leak == "same people"


def test_items_judged_as_new_that_are_trained_on():
    split = new_items(RATINGS)
    hidden = split.test.item_index == split.test.item_index[0]
    row = np.flatnonzero(hidden)[:1]
    rest = np.setdiff1d(np.arange(len(split.test)), row)
    leaked = replace(
        split, train=joined(split.train, split.test.take(row)), test=split.test.take(rest)
    )
    found = only(leaked)
    assert (found.leak, found.count, found.refused) == ("same items", 1, True)
    assert f"items {split.test.item_index[0]}." in found.text


def test_the_future_in_training():
    split = time_split(RATINGS)
    latest = np.argsort(split.test.time)[-1:]
    rest = np.setdiff1d(np.arange(len(split.test)), latest)
    leaked = replace(
        split, train=joined(split.train, split.test.take(latest)), test=split.test.take(rest)
    )
    found = only(leaked)
    assert (found.leak, found.count, found.refused) == ("later training", len(rest), True)
    # Ratings of the same second are no leak.
    same = replace(split.test, time=np.full(len(split.test), split.train.time.max()))
    assert leaks.check(replace(split, test=same)) == ()
    untimed = replace(
        split, train=replace(split.train, time=None), test=replace(split.test, time=None)
    )
    assert (only(untimed).leak, only(untimed).refused) == ("no times", False)


def test_the_own_future_under_leave_last_out():
    split = leave_last_out(RATINGS)
    late = np.where(split.test.user_index == 3, 0, split.test.time)
    found = only(replace(split, test=replace(split.test, time=late)))
    assert (found.leak, found.count) == ("later training", 1)
    assert "of users 3." in found.text


def test_one_person_under_two_ids():
    others = RATINGS.take(RATINGS.user_index != 59)
    copy = others.take(others.user_index == 5)
    twin = replace(copy, user_index=np.full(len(copy), 59))
    split = random_split(joined(others, twin))
    found = only(split)
    assert (found.leak, found.count, found.refused) == ("twins", 2, False)
    assert "users 5, 59." in found.text
    assert leaks.refuse(split) == (found,), "said, and not refused"
    # Another value, or one rating less: other people.
    for alike in (replace(twin, value=6 - twin.value), twin.take(np.arange(1, len(twin)))):
        assert leaks.check(random_split(joined(others, alike))) == ()
    # The same few ratings are chance.
    without = others.take(others.user_index != 5)
    for count in (leaks.TWINS - 1, leaks.TWINS):
        rows = np.arange(count)
        found = leaks.check(random_split(joined(without, copy.take(rows), twin.take(rows))))
        assert len(found) == (count == leaks.TWINS)


def test_twins_between_training_and_new_people():
    split = new_users(RATINGS)
    somebody = split.test.user_index[0]
    rows = split.test.take(split.test.user_index == somebody)
    stranger = next(u for u in range(60) if u in split.train.user_index)
    without = split.train.take(split.train.user_index != stranger)
    copied = replace(rows, user_index=np.full(len(rows), stranger))
    found = only(replace(split, train=joined(without, copied)))
    assert (found.leak, found.count) == ("twins", 1)
    assert f"users {somebody}." in found.text, "nobody is trained on in the other direction"


def test_parts_in_other_numberings():
    split = random_split(RATINGS)
    with pytest.raises(InvalidInput, match="60 x 50, 99 x 50"):
        leaks.check(replace(split, train=replace(split.train, n_users=99)))


# ---- settings and epochs ------------------------------------------------------------------


def origin_of(name, task, seed=42):
    (split,) = protocols.parts(name, RATINGS, task, liked=4, seed=seed)
    return Origin.of_data("mine", RATINGS).within(split)


@pytest.mark.parametrize("task", ["rating", "ranking"])
def test_settings_of_the_same_split_are_clean(task):
    origin = origin_of("random", task)
    (split,) = protocols.parts("random", RATINGS, task, liked=4)
    assert origins.check(origin, RATINGS, split) is None


@pytest.mark.parametrize("task", ["rating", "ranking"])
@pytest.mark.parametrize(("name", "seed"), [("random", 43), ("time", 42), ("k-fold", 42)])
def test_settings_of_a_search_that_looked_at_test_ratings(task, name, seed):
    origin = replace(origin_of("random", task), study="a.sqlite", trial=3, trials=20)
    split = protocols.parts(name, RATINGS, task, liked=4, seed=seed)[0]
    found = origins.check(origin, RATINGS, split)
    assert (found.leak, found.refused) == ("chosen settings", False)
    (searched,) = protocols.parts("random", RATINGS, task, liked=4)
    looked_at = set(zip(*pairs(searched.train), strict=True))
    seen = sum(pair in looked_at for pair in zip(*pairs(split.test), strict=True))
    assert (found.count, found.of) == (seen, len(split.test))
    assert f"{seen:,} of the {len(split.test):,} test ratings" in found.text
    assert "trial 3 of 20 in a.sqlite" in found.text


def pairs(part):
    return part.user_index.tolist(), part.item_index.tolist()


def test_settings_of_other_ratings_are_clean():
    (split,) = protocols.parts("random", RATINGS, "rating", seed=43)
    elsewhere = replace(
        origin_of("random", "rating"), ratings=leaks.fingerprint(ratings_of(seed=1))
    )
    assert origins.check(elsewhere, RATINGS, split) is None
    # Unless they are among these.
    found = origins.check(elsewhere, RATINGS, split, {"mine", "others"})
    assert found.count == len(split.test)
    assert "may have looked at any" in found.text


def test_a_search_that_cannot_be_followed_may_have_looked_at_all():
    """The same ratings in another order: the same seed holds other rows out."""
    origin = origin_of("random", "rating")
    shuffled = RATINGS.take(np.random.default_rng(1).permutation(len(RATINGS)))
    (split,) = protocols.parts("random", shuffled, "rating")
    found = origins.check(origin, shuffled, split)
    assert found.count == len(split.test)
    assert "may have looked at any" in found.text


def test_an_origin_there_and_back():
    origin = replace(origin_of("random", "ranking"), figure=0.25, metric="ndcg@10")
    assert Origin.of(origin.as_dict()) == origin


def test_a_fingerprint_is_of_pairs_in_any_order():
    shuffled = RATINGS.take(np.random.default_rng(1).permutation(len(RATINGS)))
    assert leaks.fingerprint(shuffled) == leaks.fingerprint(RATINGS)
    assert leaks.fingerprint(RATINGS.take(np.arange(9))) != leaks.fingerprint(RATINGS)


def test_nobody_stops_a_fit_by_test_ratings(monkeypatch):
    """Evaluation gives the fit nothing to look at test ratings by, transductive models aside, and
    those get the pairs and no values."""
    split = random_split(RATINGS)
    told = []
    kind = models.get("biases")
    fit = kind._fit

    def seen(self, train, side, progress):
        told.append((self._watch, self._asked))
        assert train is split.train
        return fit(self, train, side, progress)

    monkeypatch.setattr(kind, "_fit", seen)
    evaluate(models.create("biases"), split)
    assert told == [(None, None)]
    monkeypatch.setattr(kind, "transductive", True)
    assert evaluate(models.create("biases"), split).model == "biases" + SEES
    watch, asked = told[-1]
    assert watch is None
    assert asked.value is None
