"""Who is in which cluster, and counts that are those of the ratings after every change."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from stored import FEW, counts_are_exact, dataset, generated, held

from matinee.errors import InvalidInput, StoreError, UnknownModel, UnknownUser
from matinee.storage import live_counts, schema
from matinee.storage.store import Store

OLD = Path(__file__).with_name("format_1.sql")


@pytest.fixture
def few(store: Store) -> Store:
    """ann and cat in cluster 1, bob in 0; liked from 4 on."""
    store.add_dataset(dataset())
    store.memberships.put("a", [1, 0, 1], 4.0)
    return store


def counts(store: Store, archive_id: str = "a") -> dict[tuple[int, str], int]:
    """(cluster, item id) -> members who like it."""
    whole = store.memberships.changes(archive_id)
    assert whole is not None
    ids = store.item_ids()
    cells = zip(*(column.tolist() for column in whole.counts), strict=True)
    return {(c, ids[i]): n for c, i, n in cells}


def test_members_are_kept_and_counted(few: Store) -> None:
    kept = few.memberships
    assert kept.archives() == ["a"]
    assert kept.sizes("a").tolist() == [1, 2]
    assert kept.people("a", 1).tolist() == [0, 2]
    assert kept.people("a", 1, limit=1, offset=1).tolist() == [2]
    assert kept.people("a", 7).tolist() == []
    assert [kept.cluster_of("a", user) for user in range(4)] == [1, 0, 1, -1]
    assert counts(few) == {(0, "alien"): 1, (1, "fargo"): 1, (1, "heat"): 1}
    assert [a.tolist() for a in kept.counts("a", 1)] == [[0, 1], [1, 1]]
    assert [a.tolist() for a in kept.clusters_of_item("a", 2)] == [[0], [1]]
    assert all(a.dtype == np.int32 for a in (*kept.counts("a", 1), kept.people("a", 0)))
    counts_are_exact(few, "a", 4.0)


def test_every_rating_counts_at_once(few: Store) -> None:
    for value, liking in ((3.5, 1), (4.0, 2), (5.0, 2), (1.0, 1), (1.5, 1), (4.5, 2)):
        few.rate("ann", "heat", value, 200)
        assert counts(few)[1, "heat"] == liking
    few.rate("bob", "fargo", 4.0, 300)
    assert counts(few)[0, "fargo"] == 1
    few.rate("bob", "fargo", 2.0, 301)
    assert (0, "fargo") not in counts(few)
    few.rate("new", "fargo", 5.0, 302)
    assert counts(few)[1, "fargo"] == 1, "who is in no cluster counts in none"
    counts_are_exact(few, "a", 4.0)


def test_an_import_is_counted_and_older_ratings_in_it_change_nothing(few: Store) -> None:
    before = counts(few)
    few.add_dataset(dataset([("ann", "fargo", 1.0, 99), ("cat", "heat", 1.0, 1)]))
    assert counts(few) == before
    few.add_dataset(
        dataset(
            [
                ("ann", "brazil", 5.0, 1),
                ("cat", "brazil", 4.0, 1),
                ("dan", "brazil", 4.0, 1),
                ("ann", "fargo", 1.0, 900),
                ("bob", "alien", 4.0, 900),
            ]
        )
    )
    assert counts(few) == {(0, "alien"): 1, (1, "heat"): 1, (1, "brazil"): 2}
    counts_are_exact(few, "a", 4.0)
    few.add_dataset(dataset([], users=["eve"], items=["extra"]))
    counts_are_exact(few, "a", 4.0)


def test_whoever_is_deleted_leaves_the_counts(few: Store) -> None:
    few.rate("cat", "fargo", 5.0, 1)
    assert counts(few)[1, "fargo"] == 2
    assert few.export_user("ann")["clusters"] == [{"model": "a", "cluster": 1}]
    assert few.delete_user("ann") == 3
    assert counts(few) == {(0, "alien"): 1, (1, "fargo"): 1, (1, "heat"): 1}
    assert few.memberships.sizes("a").tolist() == [1, 1]
    assert few.memberships.cluster_of("a", 0) == -1
    counts_are_exact(few, "a", 4.0)
    few.rate("ann", "fargo", 5.0, 2)  # the same id is somebody new
    counts_are_exact(few, "a", 4.0)
    few.delete_user("bob")
    few.delete_user("cat")
    few.delete_user("ann")
    assert counts(few) == {}
    few.add_dataset(dataset(name="again"))
    assert counts(few) == {}, "nobody who came back is a member"


def test_without_values_every_choice_is_liked(store: Store) -> None:
    store.add_dataset(dataset([(u, i, None, t) for u, i, _, t in FEW]))
    store.memberships.put("a", [0, 0, 1], 1.0)
    assert counts(store) == {(0, "fargo"): 2, (0, "heat"): 1, (1, "heat"): 1, (0, "alien"): 1}
    store.rate("cat", "alien", None, 5)
    store.rate("cat", "alien", None, 6)
    assert counts(store)[1, "alien"] == 1
    store.rate("new", "heat", None, 7)
    store.memberships.place("a", 3, 1)
    assert counts(store)[1, "heat"] == 2
    store.delete_user("cat")
    assert counts(store)[1, "heat"] == 1
    counts_are_exact(store, "a", 1.0)


def test_the_first_ratings_of_members_are_counted(store: Store) -> None:
    store.add_dataset(dataset([], users=["bob", "ann"], items=["heat"]))
    store.memberships.put("a", [0, 1], 4.0)
    assert counts(store) == {}
    store.add_dataset(dataset())
    assert counts(store) == {(0, "alien"): 1, (1, "fargo"): 1}
    counts_are_exact(store, "a", 4.0)


@given(st.floats(-10, 10), st.floats(-10, 10), st.integers(-2, 2))
def test_the_database_compares_as_models_do(threshold: float, value: float, steps: int) -> None:
    near = np.float32(threshold)
    for _ in range(abs(steps)):
        near = np.nextafter(near, np.float32(np.copysign(np.inf, steps)))
    least = live_counts.liked_from(threshold)
    for rating in (value, threshold, float(near), least, np.nextafter(least, -np.inf)):
        assert (rating >= least) == (np.float32(rating) >= np.float32(threshold))


@pytest.mark.parametrize("threshold", [3.7, 0.7, 4.1])
def test_values_that_float32_cannot_hold(store: Store, threshold: float) -> None:
    store.add_dataset(dataset([("ann", "fargo", threshold, 1), ("ann", "heat", 9.0, 1)]))
    store.memberships.put("a", [0], threshold)
    assert counts(store) == {(0, "fargo"): 1, (0, "heat"): 1}
    store.rate("ann", "fargo", threshold, 2)
    store.rate("ann", "heat", threshold, 2)
    assert counts(store) == {(0, "fargo"): 1, (0, "heat"): 1}
    for just_below in (threshold - 1e-7, threshold - 1e-6):
        store.rate("ann", "heat", just_below, 3)
        counts_are_exact(store, "a", threshold)
    store.delete_user("ann")
    assert counts(store) == {}


# ---- changes ------------------------------------------------------------------------------


def test_only_what_has_changed_is_told(few: Store) -> None:
    kept = few.memberships
    first = kept.changes("a")
    assert first is not None
    assert kept.changes("a", first.mark) is None
    few.rate("ann", "heat", 5.0, 1)
    few.rate("ann", "fargo", 1.0, 1)
    few.rate("cat", "heat", 4.5, 1)  # liked before as well
    second = kept.changes("a", first.mark)
    assert second is not None
    assert not second.whole
    cells = sorted(zip(*(column.tolist() for column in second.counts), strict=True))
    assert cells == [(1, 0, 0), (1, 1, 2)], "what nobody likes any more is told as well"
    few.rate("bob", "heat", 4.0, 1)
    third = kept.changes("a", second.mark)
    assert third is not None
    assert [column.tolist() for column in third.counts] == [[0], [1], [1]]
    again = kept.changes("a", first.mark)
    assert again is not None
    assert len(again.counts.n) == 3
    few.delete_user("bob")
    fourth = kept.changes("a", third.mark)
    assert fourth is not None
    assert fourth.sizes.tolist() == [0, 2]
    few.add_dataset(dataset(name="anew"))
    fifth = kept.changes("a", fourth.mark)
    assert fifth is not None
    assert fifth.whole
    kept.put("a", [0, -1, 0], 4.0)
    sixth = kept.changes("a", fifth.mark)
    assert sixth is not None
    assert sixth.whole
    assert sixth.sizes.tolist() == [2]
    assert kept.changes("nothing") is None


# ---- putting and placing --------------------------------------------------------------------


def test_what_came_while_it_was_trained_is_counted(
    few: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where somebody writes each time after the ratings were read."""
    kept, read, times = few.memberships, few.memberships._read, iter(range(100))

    def rated_meanwhile() -> object:
        found = read()
        if next(times) < 5:
            few.rate("cat", "alien", float(next(times) % 2 * 4 + 1), 1)
        return found

    monkeypatch.setattr(kept, "_read", rated_meanwhile)
    few.rate("dan", "alien", 5.0, 1)
    few.delete_user("ann")
    kept.put("b", [0, 1, 1], 4.0)
    assert kept.sizes("b").tolist() == [0, 2], "ann is no more, dan came later"
    counts_are_exact(few, "b", 4.0)
    counts_are_exact(few, "a", 4.0)


def test_somebody_new_joins_with_all_they_like(few: Store) -> None:
    kept = few.memberships
    for item, value in (("fargo", 5.0), ("heat", 4.0), ("alien", 3.0)):
        few.rate("new", item, value, 1)
    since = kept.changes("a")
    assert since is not None
    assert kept.place("a", 3, 0)
    assert counts(few)[0, "fargo"] == counts(few)[0, "heat"] == 1
    later = kept.changes("a", since.mark)
    assert later is not None
    assert later.sizes.tolist() == [2, 2]
    assert sorted(later.counts.item_index.tolist()) == [0, 1]
    assert not kept.place("a", 3, 1), "who is a member stays"
    assert kept.cluster_of("a", 3) == 0
    few.rate("new", "alien", 4.0, 2)
    counts_are_exact(few, "a", 4.0)
    few.delete_user("new")
    for user in (3, 99):
        with pytest.raises(UnknownUser, match=str(user)):
            kept.place("a", user, 0)
    few.put_user("other", {})
    with pytest.raises(InvalidInput, match="no cluster 2"):
        kept.place("a", 4, 2)
    counts_are_exact(few, "a", 4.0)


def test_members_that_cannot_be(few: Store) -> None:
    for wrong in ([0, -2, 1], [[0, 1, 1]], [0.0, 1.0, 1.0]):
        with pytest.raises(InvalidInput, match="`members`"):
            few.memberships.put("b", wrong, 4.0)
    with pytest.raises(InvalidInput, match="that the store has, 3, got 4"):
        few.memberships.put("b", [0, 1, 1, 1], 4.0)
    assert few.memberships.archives() == ["a"]
    few.memberships.put("b", [-1, -1, -1], 4.0)
    assert few.memberships.sizes("b").tolist() == []
    few.memberships.put("b", [], 4.0)


def test_each_clustering_has_its_own_members_and_threshold(few: Store) -> None:
    few.memberships.put("b", [0, 0, -1], 2.0)
    few.rate("ann", "alien", 3.0, 1)
    assert counts(few, "b") == {(0, "fargo"): 2, (0, "heat"): 1, (0, "alien"): 2}
    counts_are_exact(few, "a", 4.0)
    counts_are_exact(few, "b", 2.0)
    assert few.export_user("ann")["clusters"] == [
        {"model": "a", "cluster": 1},
        {"model": "b", "cluster": 0},
    ]
    few.memberships.drop("a")
    few.memberships.drop("a")
    assert few.memberships.archives() == ["b"]
    few.rate("ann", "heat", 1.0, 2)
    counts_are_exact(few, "b", 2.0)
    for question in (few.memberships.sizes, few.memberships.people, few.memberships.counts):
        with pytest.raises(UnknownModel, match="train it again"):
            question("a", *([0] if question != few.memberships.sizes else []))
    with pytest.raises(UnknownModel):
        few.memberships.place("a", 0, 0)
    assert few.memberships.cluster_of("a", 0) == -1


@pytest.mark.parametrize("seed", range(3))
def test_after_any_changes_in_any_order(store: Store, seed: int) -> None:
    chance = random.Random(seed)
    store.add_dataset(generated(12, 8, 50, seed))
    archives = {"a": 4.0, "b": 2.5}
    for archive_id, threshold in archives.items():
        store.memberships.put(archive_id, [chance.randrange(-1, 3) for _ in range(9)], threshold)
    for step in range(60):
        known = [i for i in store.user_ids() if i]
        user, item = chance.choice([*known, f"new{step}"]), f"i{chance.randrange(8)}"
        kind = chance.randrange(20)
        if kind < 13:
            store.rate(user, item, chance.randrange(1, 11) / 2, chance.randrange(1 << 30))
        elif kind < 15 and len(known) > 3:
            store.delete_user(chance.choice(known))
        elif kind < 18:
            index = store.user_index(chance.choice([i for i in store.user_ids() if i]))
            archive_id = chance.choice("ab")
            k = len(store.memberships.sizes(archive_id))
            store.memberships.place(archive_id, index, chance.randrange(k))
        else:
            store.add_dataset(generated(15, 9, 30, 100 * seed + step))
        if step % 6 == 0 or kind >= 13:
            for archive_id, threshold in archives.items():
                counts_are_exact(store, archive_id, threshold)


# ---- a store of the format before -----------------------------------------------------------


def test_a_store_of_format_1_gets_its_clusters(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(file)) as raw:
        raw.executescript(OLD.read_text())
    store = Store(f"sqlite:///{file}")
    assert store.id == "from-before"
    assert held(store) == {(u, i): (v, t) for u, i, v, t in FEW}
    store.memberships.put("a", [1, 0, 1], 4.0)
    store.rate("ann", "heat", 5.0, 200)
    assert counts(store)[1, "heat"] == 2
    counts_are_exact(store, "a", 4.0)
    store.close()
    again = Store(f"sqlite:///{file}")
    counts_are_exact(again, "a", 4.0)
    again.close()
    # Upgraded, it has the very tables of a new one.
    Store(f"sqlite:///{tmp_path / 'new.sqlite'}").close()
    tables = []
    for name in ("store.sqlite", "new.sqlite"):
        with closing(sqlite3.connect(tmp_path / name)) as raw:
            tables.append(set(raw.execute("SELECT name, sql FROM sqlite_master")))
    assert tables[0] == tables[1]


def test_an_upgrade_that_fails_leaves_the_old_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(file)) as raw:
        raw.executescript(OLD.read_text())
    upgrade = schema.UPGRADES[1]

    def breaks(connection: sa.Connection) -> None:
        upgrade(connection)
        connection.exec_driver_sql("no SQL")

    monkeypatch.setitem(schema.UPGRADES, 1, breaks)
    with pytest.raises(StoreError, match="refused"):
        Store(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as raw:
        assert raw.execute("SELECT format FROM store_info").fetchone() == (1,)
        names = {name for (name,) in raw.execute("SELECT name FROM sqlite_master")}
        assert not {n for n in names if n.startswith("cluster")}
