"""What a store keeps, counts, gives back and forgets."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from stored import FEW, dataset, generated, held

import matinee
from matinee.data import load
from matinee.errors import (
    InvalidInput,
    NewerStore,
    StoreError,
    StoreUnavailable,
    UnknownItem,
    UnknownUser,
)
from matinee.storage import schema
from matinee.storage.store import Store


def counts_fit(store: Store) -> None:
    """The counts beside users and items are those of the ratings that are there."""
    ratings = held(store)
    for table, name, place in ((store.users(), "user_id", 0), (store.items(), "item_id", 1)):
        for row in table.to_pylist():
            mine = [v for pair, (v, _) in ratings.items() if pair[place] == row[name]]
            assert row["n_ratings"] == len(mine)
            if mine and None not in mine:
                assert row["mean"] == pytest.approx(np.mean(mine), rel=1e-6)
            if not mine:
                assert row["mean"] is None


def test_an_import_keeps_the_data_sets_order_and_everything_it_tells(store: Store) -> None:
    few = dataset(
        item_columns={
            "title": ["Fargo (1996)", "Heat (1995)", None],
            "year": [1996, 1995, None],
            "genres": [["Crime", "Drama"], [], None],
            "imdb_id": ["tt1", None, None],
            "tmdb_id": [None, None, None],
        },
        user_columns={"age": [24, None, None], "occupation": ["writer", None, "artist"]},
        tags=[("ann", "fargo", "snow", 7), ("bob", "heat", "wet", 8)],
    )
    added = store.add_dataset(few)
    assert (added.users, added.items, added.ratings, added.updated, added.tags) == (3, 3, 5, 0, 2)
    assert added.seconds >= added.snapshot_seconds > 0
    assert store.user_ids() == ["ann", "bob", "cat"]
    assert store.item_ids() == ["fargo", "heat", "alien"]
    assert (store.n_users(), store.n_items(), store.n_ratings()) == (3, 3, 5)
    assert (store.user_index("bob"), store.user_index("zoe"), store.user_index("")) == (1, -1, -1)
    assert (store.item_index("alien"), store.item_index("none")) == (2, -1)
    assert held(store) == {(u, i): (v, t) for u, i, v, t in FEW}
    assert store.items().select(["title", "year", "genres", "imdb_id"]).to_pylist() == [
        {"title": "Fargo (1996)", "year": 1996, "genres": ["Crime", "Drama"], "imdb_id": "tt1"},
        {"title": "Heat (1995)", "year": 1995, "genres": [], "imdb_id": None},
        {"title": None, "year": None, "genres": None, "imdb_id": None},
    ]
    assert store.users().column("age").to_pylist() == [24, None, None]
    assert store.users().column("occupation").to_pylist() == ["writer", None, "artist"]
    assert store.tags().to_pylist() == [
        {"user_id": "ann", "item_id": "fargo", "tag": "snow", "time": 7},
        {"user_id": "bob", "item_id": "heat", "tag": "wet", "time": 8},
    ]
    assert store.setting("imported:few") is not None
    counts_fit(store)


def test_a_second_import_keeps_indices_and_the_newer_rating(store: Store) -> None:
    store.add_dataset(dataset(item_columns={"title": ["Fargo", "Heat", "Alien"]}))
    before = store.version()
    added = store.add_dataset(
        dataset(
            [
                ("bob", "brazil", 1.0, 1),
                ("ann", "fargo", 1.0, 100),  # as new: wins
                ("ann", "heat", 1.0, 109),  # older: loses
                ("bob", "fargo", 1.0, 121),  # newer: wins
                ("dan", "heat", 1.0, 1),
            ],
            item_columns={"title": ["Brazil", None, "Heat!"]},
        )
    )
    assert (added.users, added.items, added.ratings, added.updated) == (1, 1, 2, 2)
    assert store.user_ids() == ["ann", "bob", "cat", "dan"]
    assert store.item_ids() == ["fargo", "heat", "alien", "brazil"]
    assert store.items().column("title").to_pylist() == ["Fargo", "Heat!", "Alien", "Brazil"]
    assert held(store) == {
        ("ann", "fargo"): (1.0, 100),
        ("ann", "heat"): (3.5, 110),
        ("bob", "fargo"): (1.0, 121),
        ("bob", "alien"): (4.5, 140),
        ("bob", "brazil"): (1.0, 1),
        ("cat", "heat"): (4.0, 130),
        ("dan", "heat"): (1.0, 1),
    }
    assert store.version() > before
    counts_fit(store)


def test_importing_again_changes_nothing(store: Store) -> None:
    few = dataset(tags=[("ann", "fargo", "snow", 7)])
    store.add_dataset(few)
    again = store.add_dataset(few)
    assert (again.users, again.items, again.ratings, again.tags) == (0, 0, 0, 0)
    assert held(store) == {(u, i): (v, t) for u, i, v, t in FEW}
    assert store.tags().num_rows == 1


@pytest.mark.parametrize("shape", [(40, 30, 260), (300, 20, 5049)])
def test_a_larger_import_comes_back_whole_with_and_without_snapshot(
    store: Store, tmp_path: Path, shape: tuple[int, int, int]
) -> None:
    data = generated(*shape)
    told: list[tuple[str, int, int | None]] = []
    store.add_dataset(data, progress=lambda *a: told.append(a))
    assert ("ratings", shape[2], shape[2]) in told
    fast = store.interactions()
    (tmp_path / "store.parquet").unlink()
    slow = store.interactions()
    assert (tmp_path / "store.parquet").exists()
    wanted = data.interactions.matrix
    for got in (fast, slow):
        assert (got.matrix != wanted).nnz == 0
        assert np.all(np.diff(got.user_index.astype(np.int64) * shape[1] + got.item_index) > 0)
    assert np.array_equal(fast.time, slow.time)
    counts_fit(store)


def test_bad_imports_change_nothing(store: Store) -> None:
    store.add_dataset(dataset())
    before, version = held(store), store.version()
    twice = dataset([("eve", "new", 1.0, 1), ("eve", "new", 2.0, 2)])
    with pytest.raises(InvalidInput, match="may occur once"):
        store.add_dataset(twice)
    with pytest.raises(InvalidInput, match="every rating must be with a value"):
        store.add_dataset(dataset([("eve", "new", None, 1)]))
    with pytest.raises(InvalidInput, match="must not be empty"):
        store.add_dataset(dataset([("", "new", 1.0, 1)]))
    with pytest.raises(InvalidInput, match="tags of ghost"):
        store.add_dataset(dataset([("eve", "new", 1.0, 1)], tags=[("ghost", "new", "x", 1)]))
    assert held(store) == before
    assert (store.version(), store.n_users(), store.n_items()) == (version, 3, 3)


def test_a_data_set_without_ratings_brings_its_tables(store: Store) -> None:
    added = store.add_dataset(dataset([], users=["ann"], items=["fargo", "heat"]))
    assert (added.users, added.items, added.ratings) == (1, 2, 0)
    got = store.interactions()
    assert (len(got), got.n_users, got.n_items) == (0, 1, 2)
    assert store.setting("scale") is None
    assert store.setting("liked_threshold") is None


def test_an_empty_store_answers(store: Store) -> None:
    assert (store.n_users(), store.n_items(), store.n_ratings()) == (0, 0, 0)
    assert len(store.interactions()) == 0
    assert store.users().num_rows == store.items().num_rows == store.tags().num_rows == 0
    assert store.setting("scale") is None


def test_implicit_feedback(store: Store) -> None:
    store.add_dataset(dataset([("ann", "fargo", None, None), ("bob", "heat", None, None)]))
    got = store.interactions()
    assert got.value is None
    assert got.time is None
    store.rate("ann", "heat", None, 5)
    assert held(store) == {
        ("ann", "fargo"): (None, 0),
        ("ann", "heat"): (None, 5),
        ("bob", "heat"): (None, 0),
    }
    assert store.ratings_of(0).value.tolist() == [1.0, 1.0]
    assert store.setting("scale") == "1:1"
    with pytest.raises(InvalidInput, match="without a value, got one with"):
        store.rate("ann", "fargo", 4.0, 5)


@pytest.mark.parametrize(
    ("first", "second", "scale", "threshold"),
    [
        ((1.0, 5.0), None, "1:5", "4"),
        (None, None, "2:5", "4.25"),
        ((1.0, 5.0), (0.5, 5.0), "0.5:5", "3.875"),
        ((1.0, 10.0), (2.0, 4.0), "1:10", "7.75"),
    ],
)
def test_the_scale_widens_and_the_threshold_follows(
    store: Store,
    first: tuple[float, float] | None,
    second: tuple[float, float] | None,
    scale: str,
    threshold: str,
) -> None:
    store.add_dataset(dataset(scale=first))
    if second:
        store.add_dataset(dataset(scale=second))
    assert store.setting("scale") == scale
    assert store.setting("liked_threshold") == threshold


def test_a_threshold_that_was_set_stays(store: Store) -> None:
    store.set_setting("liked_threshold", "3")
    store.add_dataset(dataset(scale=(1.0, 5.0)))
    store.set_setting("liked_threshold", "2")
    store.add_dataset(dataset(scale=(0.0, 5.0)))
    assert store.setting("liked_threshold") == "2"


def test_rate_makes_users_replaces_and_counts(store: Store) -> None:
    store.add_dataset(dataset())
    versions = [store.version()]
    for user, item, value, at in (("ann", "heat", 1.0, 200), ("zoe", "alien", 3.7, 201)):
        store.rate(user, item, value, at)
        versions.append(store.version())
    assert versions == sorted(set(versions))
    assert store.user_index("zoe") == 3
    mine = store.ratings_of(0)
    assert mine.item_index.tolist() == [0, 1]
    assert mine.value.tolist() == [5.0, 1.0]
    assert mine.time.tolist() == [100, 200]
    assert (mine.item_index.dtype, mine.value.dtype, mine.time.dtype) == (
        np.int32,
        np.float32,
        np.int64,
    )
    assert held(store)["zoe", "alien"] == (np.float32(3.7), 201)
    assert store.interactions().n_users == 4
    assert len(store.ratings_of(99).value) == 0
    counts_fit(store)


def test_rate_refuses(store: Store) -> None:
    store.add_dataset(dataset())
    version = store.version()
    with pytest.raises(UnknownItem, match="nothing"):
        store.rate("ann", "nothing", 4.0, 1)
    for value in (float("nan"), float("inf")):
        with pytest.raises(InvalidInput, match="finite"):
            store.rate("ann", "heat", value, 1)
    for at in (1.5, True, 1 << 63):
        with pytest.raises(InvalidInput, match="whole UTC seconds"):
            store.rate("ann", "heat", 4.0, at)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="user id"):
        store.rate("", "heat", 4.0, 1)
    assert store.version() == version
    assert store.n_users() == 3


def test_profiles(store: Store) -> None:
    assert store.put_user("ann", {"age": 24, "gender": "F"}) == 0
    assert store.put_user("bob", {}) == 1
    assert store.put_user("ann", {"occupation": "writer", "gender": None}) == 0
    assert store.users().to_pylist()[0] == {
        "user_id": "ann", "age": 24, "gender": None, "occupation": "writer", "zip": None,
        "n_ratings": 0, "mean": None,
    }  # fmt: skip
    for wrong in ({"shoe": 42}, {"age": "old"}, {"age": True}, {"age": 1 << 40}, {"gender": 3}):
        with pytest.raises(InvalidInput, match="profile"):
            store.put_user("ann", wrong)


def test_what_no_database_can_hold_is_refused(store: Store) -> None:
    for write in (
        lambda: store.put_user("\ud800", {}),
        lambda: store.user_index("\ud800"),
        lambda: store.profile_of(1 << 70),
    ):
        with pytest.raises(InvalidInput, match="valid Unicode and numbers fit"):
            write()
    assert store.n_users() == 0


def test_the_profile_and_catalogue_that_the_engine_asks_for(store: Store) -> None:
    assert store.catalogue_version() == ""
    store.add_dataset(dataset(user_columns={"age": [24, None, None]}))
    first = store.catalogue_version()
    store.rate("ann", "fargo", 1.0, 5)
    assert store.catalogue_version() == first
    store.add_dataset(dataset())
    assert store.catalogue_version() != first
    assert store.profile_of(0) == {"age": 24}
    assert store.profile_of(1) == store.profile_of(99) == {}


def test_a_person_can_take_and_delete_everything(store: Store, tmp_path: Path) -> None:
    secret = "a-most-private-occupation"
    store.add_dataset(
        dataset(
            item_columns={"title": ["Fargo (1996)", "Heat (1995)", "Alien (1979)"]},
            tags=[("ann", "heat", "a-most-private-tag", 9), ("bob", "heat", "wet", 8)],
        )
    )
    store.put_user("ann", {"age": 24, "occupation": secret})
    store.rate("ann", "heat", 3.7, 300)
    assert store.export_user("ann") == {
        "user_id": "ann",
        "profile": {"age": 24, "gender": None, "occupation": secret, "zip": None},
        "ratings": [
            {"item_id": "fargo", "title": "Fargo (1996)", "value": 5.0, "time": 100},
            {"item_id": "heat", "title": "Heat (1995)", "value": 3.7, "time": 300},
        ],
        "tags": [
            {"item_id": "heat", "title": "Heat (1995)", "tag": "a-most-private-tag", "time": 9}
        ],
        "clusters": [],
    }
    version = store.version()
    assert store.delete_user("ann") == 4
    assert store.version() > version
    with pytest.raises(UnknownUser):
        store.export_user("ann")
    with pytest.raises(UnknownUser):
        store.delete_user("ann")
    assert store.user_ids() == ["", "bob", "cat"]
    assert store.user_index("ann") == -1
    assert len(store.ratings_of(0).value) == 0
    assert set(held(store)) == {("bob", "fargo"), ("bob", "alien"), ("cat", "heat")}
    assert store.tags().num_rows == 1
    counts_fit(store)
    everything = b"".join(f.read_bytes() for f in tmp_path.iterdir())
    assert b"a-most-private" not in everything
    assert store.put_user("ann", {}) == 3  # the same id, a new index
    assert store.users().to_pylist()[0]["user_id"] == ""
    store.delete_user("ann")
    assert store.put_user("eve", {}) == 4  # the last index is not given out again either


def test_settings(store: Store) -> None:
    version = store.version()
    store.set_setting("color", "red")
    store.set_setting("color", "blue")
    assert store.setting("color") == "blue"
    assert store.setting("shape") is None
    assert store.version() == version


def test_a_store_is_the_same_when_opened_again(url: str) -> None:
    first = Store(url)
    first.add_dataset(dataset())
    identity, ratings = first.id, held(first)
    first.close()
    second = Store(url)
    assert second.id == identity
    assert held(second) == ratings
    second.close()


def test_two_open_stores_see_each_others_writes(store: Store, url: str) -> None:
    other = Store(url)
    other.add_dataset(dataset())
    version = store.version()
    assert held(store) == held(other)
    other.rate("ann", "alien", 1.0, 500)
    assert store.version() > version
    assert held(store)["ann", "alien"] == (1.0, 500)
    other.close()


# ---- what is no store -------------------------------------------------------------------


def test_a_newer_store_is_refused_and_left_alone(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store._database.writing() as connection:
        connection.execute(sa.update(schema.STORE_INFO).values(format=schema.FORMAT + 1))
    with pytest.raises(NewerStore, match="install a newer matinee"):
        Store(url)
    monkeypatch.setattr(schema, "FORMAT", schema.FORMAT + 1)
    Store(url).close()


def test_older_formats_climb_step_by_step(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add_dataset(dataset())

    def mood(connection: sa.Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE users ADD COLUMN mood TEXT")

    def merry(connection: sa.Connection) -> None:
        connection.exec_driver_sql("UPDATE users SET mood = 'merry'")

    now = schema.FORMAT
    monkeypatch.setattr(schema, "FORMAT", now + 2)
    monkeypatch.setitem(schema.UPGRADES, now, mood)
    with pytest.raises(StoreError, match="no longer read"):
        Store(url)
    with store._database.reading() as connection:  # the half that was done is undone
        assert "mood" not in [c["name"] for c in sa.inspect(connection).get_columns("users")]
    monkeypatch.setitem(schema.UPGRADES, now + 1, merry)
    upgraded = Store(url)
    with upgraded._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT DISTINCT mood FROM users").all() == [("merry",)]
        assert connection.scalar(sa.select(schema.STORE_INFO.c.format)) == now + 2
    assert held(upgraded) == {(u, i): (v, t) for u, i, v, t in FEW}
    upgraded.close()


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.sqlite"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE invoices (id)")
    connection.close()
    with pytest.raises(StoreError, match="holds invoices"):
        Store(f"sqlite:///{other}")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(StoreError, match="not a database"):
        Store(f"sqlite:///{tmp_path / 'x.sqlite'}")


@pytest.mark.parametrize("wrong", ["sqlite://", "sqlite:///:memory:", "nonsense", "nosql:///x"])
def test_an_address_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput):
        Store(wrong)


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="unable to open"):
        Store(f"sqlite:///{tmp_path / 'missing' / 'store.sqlite'}")


def test_a_store_that_stays_locked_is_told(store: Store, url: str) -> None:
    hasty = Store(url, patience=0.1)
    with (
        store._database.writing(),
        pytest.raises(StoreUnavailable, match=r"within 0\.1 s"),
    ):
        hasty.put_user("ann", {})
    assert hasty.put_user("ann", {}) == 0
    hasty.close()


# ---- real ratings -------------------------------------------------------------------------


def test_ml_100k_comes_back_whole(
    store: Store, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MATINEE_DATA", str(shared_data))
    data = load("ml-100k")
    added = store.add_dataset(data)
    assert (added.users, added.items, added.ratings) == (943, 1682, 100_000)
    (tmp_path / "store.parquet").unlink()
    assert (store.interactions().matrix != data.interactions.matrix).nnz == 0
    fargo = store.items().to_pylist()[store.item_index("100")]
    assert (fargo["title"], fargo["n_ratings"]) == ("Fargo (1996)", 508)
    assert store.users().to_pylist()[0]["occupation"] == "technician"
    assert (store.setting("scale"), store.setting("liked_threshold")) == ("1:5", "4")


def test_a_rating_without_time_never_replaces_one_with(store: Store) -> None:
    timed = matinee.from_arrays(["ann"], ["x"], [5.0], [100])
    store.add_dataset(timed)
    store.rate("ann", "x", 3.0, 200)
    untimed = matinee.from_arrays(["ann", "ann"], ["x", "y"], [1.0, 2.0])
    added = store.add_dataset(untimed)
    assert (added.ratings, added.updated) == (1, 0)
    own = store.ratings_of(store.user_index("ann"))
    assert own.value.tolist() == [3.0, 2.0]
    assert own.time.tolist() == [200, 0]
    assert store.add_dataset(untimed).updated == 0, "the same again changes nothing"
    assert store.add_dataset(matinee.from_arrays(["ann"], ["y"], [4.0], [5])).updated == 1


def test_a_stated_scale_holds_for_later_imports(store: Store) -> None:
    ratings = matinee.from_arrays(["ann"], ["x"], [5.0])
    store.add_dataset(replace(ratings, scale=(1.0, 5.0)))
    with pytest.raises(InvalidInput, match="--scale 1:5"):
        store.add_dataset(matinee.from_arrays(["bob"], ["x"], [11.0]))
    store.add_dataset(matinee.from_arrays(["bob"], ["x"], [2.0]))
    assert (store.setting("scale"), store.stated_scale()) == ("1:5", (1.0, 5.0))
    assert store.sources() == ["arrays"]


def test_a_snapshot_that_cannot_be_written_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "file").touch()
    with closing(Store(f"sqlite:///{tmp_path / 'a.sqlite'}", snapshot=tmp_path / "taken")) as store:
        store.add_dataset(dataset())
        assert len(store.interactions()) == store.n_ratings()
    assert "No snapshot was written" in caplog.text
