"""Features of ratings against slow, obvious ones; and what is not known."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from scipy.sparse import csr_array
from small import small_dataset

from matinee import rating_features
from matinee.errors import InvalidInput, InvalidParameter
from matinee.features import side_information
from matinee.interactions import Interactions, SideInformation
from matinee.rating_features import training

DAY = 86_400


@pytest.fixture(scope="module")
def ratings():
    """Ratings of the small set with times in no order, some of them equal."""
    of = small_dataset().interactions.take(np.arange(0, 600, 3))
    time = 1_000_000 + 40_000 * np.random.default_rng(3).integers(0, 60, len(of))
    return Interactions(of.user_index, of.item_index, of.value, time, of.n_users, of.n_items)


@pytest.fixture(scope="module")
def side():
    dataset = small_dataset()
    return side_information(dataset.item_table, dataset.user_table)


@pytest.fixture(scope="module")
def known(ratings, side):
    return rating_features.fit(ratings, side)


def listed(ratings):
    columns = (ratings.user_index, ratings.item_index, ratings.value, ratings.time)
    return [tuple(row) for row in zip(*(c.tolist() for c in columns), strict=True)]


def held_in(pool):
    """What ratings are held against: the mean of the user, or of the item, over `pool`."""

    def held(side, rating):
        place = 0 if side == "user" else 1
        values = [r[2] for r in pool if r[place] == rating[place]]
        return (len(values), np.mean(values)) if values else None

    return held


def pools(rows, mode):
    """For each row: what counts for it, and what that is held against."""
    if mode == "past":
        at = {row: place for place, row in enumerate(rows)}

        def earlier(row):
            return [r for r in rows if (r[3], at[r]) < (row[3], at[row])]

        return [
            (earlier(r), lambda side, other: held_in(earlier(other))(side, other)) for r in rows
        ]
    every = held_in(rows)
    if mode == "leave-one-out":
        return [([r for r in rows if r is not row], every) for row in rows]
    fold = training.folds(len(rows), 0)
    return [([r for r, f in zip(rows, fold, strict=True) if f != own], every) for own in fold]


@pytest.mark.parametrize("mode", rating_features.MODES)
def test_training_rows_against_naive_ones(ratings, side, known, mode):
    rows = listed(ratings)
    made = rating_features.of_training(ratings, side, known, mode=mode)
    genres = known.item_genres
    for at in range(0, len(rows), 9):
        pool, held = pools(rows, mode)[at]
        wanted = naive.rating_features(rows, pool, held, rows[at], genres)
        got = dict(zip(known.names, made[at].tolist(), strict=True))
        assert {n: got[n] for n in wanted} == pytest.approx(wanted, rel=1e-5, abs=1e-5, nan_ok=True)


def test_other_rows_against_naive_ones(ratings, side, known):
    rows, order = listed(ratings), np.lexsort((ratings.item_index, ratings.user_index))
    state = known.people(ratings.matrix, ratings.time[order], side.user_features)
    asked = [(3, 7, 0.0, 2_100_001), (4, 30, 0.0, 1_500_000), (5, 0, 0.0, 900_000)]
    users, items, _, now = map(np.array, zip(*asked, strict=True))
    made = known.of_pairs(state[users], items.astype(np.int32), now)
    for row, got in zip(asked, made, strict=True):
        wanted = naive.rating_features(rows, rows, held_in(rows), row, known.item_genres)
        named = dict(zip(known.names, got.tolist(), strict=True))
        assert {n: named[n] for n in wanted} == pytest.approx(
            wanted, rel=1e-5, abs=1e-5, nan_ok=True
        )


def test_when_and_what(ratings, side, known):
    # A Thursday in 2000, 13:20 UTC.
    now = 951_398_400
    state = known.people(ratings.matrix[[0, 1]], None, side.user_features[[0, 1]])
    made = known.of_pairs(state, np.array([6, 25], np.int32), now)
    got = dict(zip(known.names, made.T.tolist(), strict=True))
    assert got["weekday:thursday"] == got["hour:12-17"] == [1, 1]
    assert sum(sum(v) for n, v in got.items() if n.startswith(("weekday:", "hour:"))) == 4
    assert got["movie_year"] == [1956, 1975]
    assert got["movie_age"] == pytest.approx([44.15, 25.15], abs=0.01)
    assert (got["genre:Drama"], got["genre:Comedy"]) == ([1, 0], [0, 1])
    assert (got["gender:M"], got["gender:F"]) == ([1, 0], [0, 1])
    for who, width in zip(("user", "movie"), known.clusters, strict=True):
        assert sum(sum(got[f"{who}_cluster:{c}"]) for c in range(width)) == 2


def test_unknown_items_people_and_times(ratings, side, known):
    nobody = known.people(csr_array((1, 40), dtype=np.float32), None, None)
    made = known.of_pairs(nobody, np.array([-1], np.int32), None)[0]
    got = dict(zip(known.names, made.tolist(), strict=True))
    mean = float(ratings.value.mean())
    assert got["baseline"] == got["user_damped_mean"] == pytest.approx(mean)
    assert got["user_count"] == got["movie_count"] == got["user_deviation"] == 0
    unknown = ("user_mean", "user_recent", "user_days", "movie_mean", "movie_year", "movie_age")
    assert np.isnan([got[name] for name in unknown]).all()
    assert not any(v for n, v in got.items() if ":" in n)
    # Where the moment is unknown it is after all ratings.
    state = known.people(ratings.matrix[[0]], np.arange(10**6, 10**6 + 7), None)
    later = known.of_pairs(state, np.array([1], np.int32), 2 * 10**9)
    at = known.names.index("user_recent")
    assert known.of_pairs(state, np.array([1], np.int32), None)[0, at] == later[0, at]


@pytest.mark.parametrize("time", [None, np.zeros(200, np.int64)])
def test_ratings_without_times(ratings, side, time):
    bare = Interactions(ratings.user_index, ratings.item_index, ratings.value, time, 30, 40)
    known = rating_features.fit(bare, side)
    made = rating_features.of_training(bare, side, known)
    got = dict(zip(known.names, made.T, strict=True))
    assert np.isnan(got["user_recent"]).all()
    assert np.isnan(got["movie_days"]).all()
    assert np.isfinite(got["baseline"]).all()
    with pytest.raises(InvalidInput, match="200 of 200"):
        rating_features.of_training(bare, side, known, mode="past")


@pytest.mark.parametrize("late", [4_102_444_800, 1_700_000_000_000])
def test_milliseconds_and_the_far_future_are_refused(ratings, known, late):
    time = ratings.time.copy()
    time[5] = late
    wrong = Interactions(ratings.user_index, ratings.item_index, ratings.value, time, 30, 40)
    with pytest.raises(InvalidInput, match=rf"before the year 2100, got {late}"):
        rating_features.fit(wrong)
    state = known.people(ratings.matrix[[0]], None, None)
    with pytest.raises(InvalidInput, match="milliseconds"):
        known.of_pairs(state, np.array([0], np.int32), late)


@pytest.mark.parametrize("mode", rating_features.MODES)
@pytest.mark.parametrize(
    "few",
    [
        Interactions([0], [0], [3.0], [10**9]),
        Interactions([0, 0, 1, 1], [0, 1, 0, 1], [4.0] * 4, [10**9] * 4),
    ],
    ids=["one rating", "all equal"],
)
def test_few_ratings(few, mode):
    known = rating_features.fit(few)
    made = rating_features.of_training(few, None, known, mode=mode)
    assert made.shape == (len(few), len(known.names))
    got = dict(zip(known.names, made.T, strict=True))
    assert set(got["user_deviation"].tolist()) <= {0.0}
    assert not np.isinf(made).any()


def test_recent_values_of_long_histories_are_kept_at_checkpoints():
    n = 200
    ratings = Interactions(
        np.zeros(n, int), np.arange(n), np.arange(n) % 5 + 1.0, np.arange(1, n + 1)
    )
    known = rating_features.fit(ratings)
    state = known.people(ratings.matrix, ratings.time, None)
    at = known.names.index("user_recent")

    def recent(now):
        return known.of_pairs(state, np.array([0], np.int32), now)[0, at]

    assert recent(10**6) == np.mean(ratings.value[-5:])
    assert recent(n) == np.mean(ratings.value[n - 12 : n - 7])  # seven ratings apart
    assert np.isnan(recent(1))


def test_what_is_known_is_kept_as_arrays(ratings, side, known):
    again = rating_features.Known.of(known.arrays())
    state = again.people(ratings.matrix[[0]], None, side.user_features[[0]])
    items = np.array([4], np.int32)
    assert again.names == known.names
    assert np.array_equal(
        again.of_pairs(state, items, None), known.of_pairs(state, items, None), equal_nan=True
    )
    arrays = known.arrays()
    assert not any(a.dtype == object for a in arrays.values())
    with pytest.raises(InvalidInput, match="`item_years` must have shape"):
        rating_features.Known.of(arrays | {"item_years": arrays["item_years"][1:]})
    with pytest.raises(InvalidInput, match="of numbers, got"):
        rating_features.Known.of(arrays | {"item_first": arrays["item_first"].astype(np.str_)})
    with pytest.raises(InvalidInput, match="clusters, got 2000000000"):
        rating_features.Known.of(arrays | {"item_clusters": np.array([2_000_000_000])})
    del arrays["whole"]
    with pytest.raises(InvalidInput, match="whole"):
        rating_features.Known.of(arrays)


def test_what_cannot_be_is_refused(ratings, side, known):
    with pytest.raises(InvalidParameter, match="out-of-fold or leave-one-out or past"):
        rating_features.of_training(ratings, side, known, mode="future")
    with pytest.raises(InvalidInput, match="implicit"):
        rating_features.fit(ratings.liked(4))
    with pytest.raises(InvalidInput, match="columns of the training data"):
        known.people(ratings.matrix[[0]], None, csr_array((1, 2), dtype=np.float32))
    nothing = Interactions([], [], np.zeros(0, np.float32), None, 30, 40)
    assert rating_features.of_training(nothing, SideInformation(), known).shape == (
        0,
        len(known.names),
    )
