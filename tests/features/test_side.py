"""Tables of items and people become named zeros and ones."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from matinee.features import side_information
from matinee.features.side import TAGGED_ITEMS

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
        "zip": ["94043", "V1G4L", None, "00000"],
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
    assert words(features, names, 0) == {
        "age:18-24",
        "gender:F",
        "occupation:writer",
        "region:9",
    }
    assert words(features, names, 1) == {"gender:M"}
    assert words(features, names, 2) == {"age:under 18"}
    assert words(features, names, 3) == {"age:56+"}
    assert not any("other" in n or "none" in n for n in names)


def test_never_an_id():
    side = side_information(ITEMS, USERS)
    kinds = {n.partition(":")[0] for n in side.item_feature_names + side.user_feature_names}
    assert kinds == {"genre", "decade", "age", "gender", "occupation", "region"}


def test_tables_that_say_nothing():
    side = side_information(ITEMS.select(["item_id"]), USERS.select(["user_id"]))
    assert side.item_features is None
    assert side.user_features is None
    assert side.item_feature_names == side.user_feature_names == ()
    assert side_information(ITEMS.slice(0, 0), USERS.slice(0, 0)).item_features is None


def tagged(pairs):
    return pa.table(
        {
            "user_id": ["9"] * len(pairs),
            "item_id": pa.array([i for i, _ in pairs], pa.string()),
            "tag": pa.array([t for _, t in pairs], pa.string()),
        }
    )


def test_tags_on_enough_items():
    items = pa.table({"item_id": [f"i{i}" for i in range(8)], "genres": [["War"]] * 8})
    dark = [(f"i{i}", "Dark" if i % 2 else " dark ") for i in range(TAGGED_ITEMS)]
    few = [(f"i{i}", "few") for i in range(TAGGED_ITEMS - 1)] * 2
    cult = [(f"i{i}", "cult") for i in range(8)]
    odd = [("gone", "dark"), ("i7", None), (None, "dark"), *((f"i{i}", " ") for i in range(8))]
    side = side_information(items, USERS, tagged(cult + few + dark + dark + odd))
    names = side.item_feature_names
    assert names == ("genre:War", "tag:cult", "tag:dark")
    assert words(side.item_features, names, 4) == set(names)
    assert words(side.item_features, names, 5) == {"genre:War", "tag:cult"}
    assert set(side.item_features.data) == {1}, "a tag given twice counts once"


def test_tags_beside_nothing_and_too_few_of_them():
    ids = pa.table({"item_id": [f"i{i}" for i in range(8)]})
    cult = tagged([(f"i{i}", "cult") for i in range(7)])
    side = side_information(ids, USERS, cult)
    assert side.item_feature_names == ("tag:cult",)
    assert side.item_features.shape == (8, 1)
    assert side_information(ids, USERS, tagged([("i0", "cult")])).item_features is None
    assert side_information(ids, USERS, tagged([])).item_features is None
    chunks = pa.concat_tables([cult.slice(0, 3), cult.slice(3)])
    ids = pa.concat_tables([ids.slice(0, 2), ids.slice(2)])
    again = side_information(ids, USERS, chunks)
    np.testing.assert_array_equal(again.item_features.toarray(), side.item_features.toarray())
