"""Tables of items and people become named zeros and ones."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from matinee.features import AGE_BANDS, profile_row, side_information

ITEMS = pa.table(
    {
        "item_id": ["a", "b", "c", "d"],
        "genres": [["Drama", "Crime"], ["Drama", "Drama"], [], None],
        "year": pa.array([1996, 2000, None, 1969], pa.int32()),
    }
)
USERS = pa.table(
    {
        "user_id": ["1", "2", "3", "4"],
        "age": pa.array([24, None, 7, 60], pa.int32()),
        "gender": ["f", "M", None, ""],
        "occupation": ["Writer", "other", None, "none"],
    }
)


def words(features, names, row):
    return {names[i] for i in features[[row]].indices}


def test_items():
    side = side_information(ITEMS, USERS)
    features, names = side.item_features, side.item_feature_names
    assert names == tuple(sorted(names))
    assert features.shape == (4, len(names))
    assert features.dtype == np.float32
    assert features.indices.dtype == features.indptr.dtype == np.int32
    assert words(features, names, 0) == {"genre:Drama", "genre:Crime", "decade:1990"}
    assert words(features, names, 1) == {"genre:Drama", "decade:2000"}
    assert words(features, names, 2) == set()
    assert words(features, names, 3) == {"decade:1960"}
    assert set(features.data) == {1}, "a genre named twice counts once"


def test_people():
    side = side_information(ITEMS, USERS)
    features, names = side.user_features, side.user_feature_names
    assert words(features, names, 0) == {"age:18-24", "gender:F", "occupation:writer"}
    assert words(features, names, 1) == {"gender:M"}
    assert words(features, names, 2) == {"age:under 18"}
    assert words(features, names, 3) == {"age:56+"}
    assert not any("other" in n or "none" in n for n in names)


def test_never_an_id():
    side = side_information(ITEMS, USERS)
    kinds = {n.partition(":")[0] for n in side.item_feature_names + side.user_feature_names}
    assert kinds == {"genre", "decade", "age", "gender", "occupation"}


def test_tables_that_say_nothing():
    side = side_information(ITEMS.select(["item_id"]), USERS.select(["user_id"]))
    assert side.item_features is None
    assert side.user_features is None
    assert side.item_feature_names == side.user_feature_names == ()
    assert side_information(ITEMS.slice(0, 0), USERS.slice(0, 0)).item_features is None


@pytest.mark.parametrize(
    ("age", "band"),
    [
        (0, "under 18"),
        (17, "under 18"),
        (18, "18-24"),
        (24, "18-24"),
        (25, "25-34"),
        (49, "45-49"),
        (50, "50-55"),
        (55, "50-55"),
        (56, "56+"),
        (99, "56+"),
    ],
)
def test_age_bands(age, band):
    names = [f"age:{b}" for b in ("under 18", "18-24", "25-34", "35-44", "45-49", "50-55", "56+")]
    assert len(names) == len(AGE_BANDS) + 1
    row = profile_row({"age": age}, names)
    assert words(row, names, 0) == {f"age:{band}"}


def test_a_profile_row_is_the_row_of_the_table():
    side = side_information(ITEMS, USERS)
    for row, person in enumerate(USERS.to_pylist()):
        np.testing.assert_array_equal(
            profile_row(person, side.user_feature_names).toarray()[0],
            side.user_features.toarray()[row],
        )


def test_what_nobody_has_counts_as_unknown():
    names = side_information(ITEMS, USERS).user_feature_names
    row = profile_row({"occupation": "astronaut", "gender": "m", "shoe": 44}, names)
    assert row.shape == (1, len(names))
    assert row.dtype == np.float32
    assert words(row, names, 0) == {"gender:M"}
    assert profile_row({}, names).nnz == 0
    assert profile_row({"age": 20}, ()).shape == (1, 0)
