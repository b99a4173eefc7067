"""Several processes at one store, and processes that die in the middle."""

from __future__ import annotations

import random
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from stored import FEW, child, counts_are_exact, dataset, generated, held

from matinee.storage import snapshot
from matinee.storage.store import Store

RATE = """
import sys
from matinee.storage.store import Store
store, who, n = Store(sys.argv[1]), sys.argv[2], int(sys.argv[3])
items = store.item_ids()
for k in range(n):
    store.rate(f"{who}{k % 7}", items[k % len(items)], float(k % 5 + 1), k)
    print(k)
"""

CHANGE = """
import random, sys
sys.path.insert(0, sys.argv[2])
from stored import generated
from matinee.errors import NotFound
from matinee.storage.store import Store
store, chance, n = Store(sys.argv[1]), random.Random(int(sys.argv[3])), int(sys.argv[4])
items = store.item_ids()
for k in range(n):
    user, kind = f"u{chance.randrange(40)}", chance.randrange(50)
    try:
        if kind == 0:
            store.delete_user(user)
        elif kind == 1:
            store.add_dataset(generated(40, len(items), 200, chance.randrange(1000)))
        elif kind == 2:
            store.memberships.put("b", [chance.randrange(3) for _ in range(30)], 3.0)
        elif kind < 8:
            store.memberships.place("a", store.user_index(user), chance.randrange(3))
        else:
            store.rate(user, chance.choice(items), chance.randrange(1, 11) / 2, 1 << 30)
    except NotFound:
        pass  # deleted already
    print(k)
"""

OPEN = """
import os, sys
from matinee.storage.store import Store
# Forked once all is imported, they come at the same moment.
for who in sys.argv[2]:
    if os.fork() == 0:
        store = Store(sys.argv[1])
        store.put_user(who, {})
        sys.stdout.write(store.id + "\\n")
        os._exit(0)
"""

IMPORT = """
import sys
sys.path.insert(0, sys.argv[2])
from stored import generated
from matinee.storage.store import Store
store = Store(sys.argv[1])
store.add_dataset(generated(500, 800, 250_000), progress=lambda *told: print(*told))
print("committed")
"""


def expected(who: str, n: int, items: list[str]) -> dict[tuple[str, str], tuple[float, int]]:
    return {(f"{who}{k % 7}", items[k % len(items)]): (float(k % 5 + 1), k) for k in range(n)}


def test_two_processes_write_at_once(store: Store, url: str) -> None:
    store.add_dataset(generated(5, 11, 20))
    before, version = held(store), store.version()
    children = [child(RATE, url, who, "150") for who in ("a", "b")]
    for k in range(50):
        store.rate("c", "i3", 4.0, k)
    for process in children:
        process.communicate(timeout=60)
        assert process.returncode == 0
    wanted = before | {("c", "i3"): (4.0, 49)}
    for who in ("a", "b"):
        wanted |= expected(who, 150, store.item_ids())
    assert held(store) == wanted
    assert store.version() == version + 350
    assert len(set(store.user_ids())) == store.n_users() == 5 + 7 + 7 + 1
    assert sum(store.items().column("n_ratings").to_pylist()) == len(wanted)


def test_four_processes_make_one_store(url: str) -> None:
    ids = child(OPEN, url, "abcd").communicate(timeout=60)[0].split()
    store = Store(url)
    assert ids == [store.id] * 4
    assert sorted(store.user_ids()) == list("abcd")
    store.close()


def acknowledged_ratings_survive(store: Store, url: str, rounds: int) -> None:
    chance = random.Random(rounds)
    store.add_dataset(dataset())
    items = store.item_ids()
    for turn in range(rounds):
        process = child(RATE, url, f"user{turn}-", "1000000")
        assert process.stdout is not None
        seen = 0
        for _ in range(chance.randrange(1, 120)):
            process.stdout.readline()
            seen += 1
        process.send_signal(signal.SIGKILL)
        # Whole lines only: one cut off in the middle was not acknowledged.
        seen += process.stdout.read().count("\n")
        process.wait(timeout=60)
        process.stdout.close()
        got = {p: r for p, r in held(store).items() if p[0].startswith(f"user{turn}-")}
        # One more may have been committed without a word.
        assert got in (
            expected(f"user{turn}-", seen, items),
            expected(f"user{turn}-", seen + 1, items),
        )
    assert (
        sum(store.items().column("n_ratings").to_pylist()) == store.n_ratings() == len(held(store))
    )


def test_kill_loses_no_acknowledged_rating(store: Store, url: str) -> None:
    acknowledged_ratings_survive(store, url, rounds=3)


@pytest.mark.slow
def test_thirty_kills_lose_no_acknowledged_rating(store: Store, url: str) -> None:
    acknowledged_ratings_survive(store, url, rounds=30)


def clustered(store: Store) -> None:
    store.add_dataset(generated(40, 25, 400))
    store.memberships.put("a", [u % 4 - 1 for u in range(40)], 4.0)
    store.memberships.put("b", [u % 3 for u in range(30)], 3.0)


def test_counts_are_exact_whoever_writes_at_once(store: Store, url: str) -> None:
    clustered(store)
    here = str(Path(__file__).parent)
    children = [child(CHANGE, url, here, str(seed), "80") for seed in (1, 2)]
    for k in range(60):
        store.rate(f"u{k % 7}", f"i{k % 11}", float(k % 5 + 1), k)
        if k % 20 == 0:
            # Whatever the others are at, what can be seen is exact.
            with store._database.reading() as connection:
                counted_in_sql(connection)
    for process in children:
        process.communicate(timeout=60)
        assert process.returncode == 0
    counts_are_exact(store, "a", 4.0)
    counts_are_exact(store, "b", 3.0)


def counted_in_sql(connection: sa.Connection) -> None:
    """Within one transaction: what is counted, and what a recount of the ratings would be."""
    recount = (
        "SELECT m.clustering_index, m.cluster, r.item_index, COUNT(*) FROM ratings r "
        "JOIN cluster_members m ON m.user_index = r.user_index "
        "JOIN clusterings c ON c.clustering_index = m.clustering_index "
        "WHERE r.value >= c.threshold GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    counted = (
        "SELECT clustering_index, cluster, item_index, n FROM cluster_counts WHERE n <> 0 "
        "ORDER BY 1, 2, 3"
    )
    found = [connection.exec_driver_sql(query).all() for query in (recount, counted)]
    assert found[0] == found[1]
    assert found[0]


def counts_survive_kills(store: Store, url: str, rounds: int) -> None:
    chance = random.Random(rounds)
    clustered(store)
    for turn in range(rounds):
        process = child(CHANGE, url, str(Path(__file__).parent), str(turn), "1000000")
        assert process.stdout is not None
        for _ in range(chance.randrange(1, 80)):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=60)
        process.stdout.close()
        counts_are_exact(store, "a", 4.0)
        counts_are_exact(store, "b", 3.0)


def test_counts_are_exact_after_a_kill(store: Store, url: str) -> None:
    counts_survive_kills(store, url, rounds=2)


@pytest.mark.slow
def test_counts_are_exact_after_thirty_kills(store: Store, url: str) -> None:
    counts_survive_kills(store, url, rounds=30)


def _until(process: subprocess.Popen[str], start: str, times: int) -> None:
    assert process.stdout is not None
    while times:
        line = process.stdout.readline()
        assert line, "the child ended before it could be killed"
        times -= line.startswith(start)


@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
@pytest.mark.parametrize(("start", "times"), [("snapshot", 1), ("ratings", 1), ("ratings", 2)])
def test_kill_in_the_middle_of_an_import_changes_nothing(
    store: Store, url: str, filled: bool, start: str, times: int
) -> None:
    if filled:
        store.add_dataset(dataset())
    before = held(store)
    state = (store.version(), store.user_ids(), store.item_ids(), store.setting("scale"))
    process = child(IMPORT, url, str(Path(__file__).parent))
    _until(process, start, times)
    process.send_signal(signal.SIGKILL)
    assert process.stdout is not None
    committed = "committed" in process.stdout.read()
    process.stdout.close()
    process.wait(timeout=60)
    if committed:
        pytest.skip("the import was faster than the kill")
    # The snapshot of what never happened may lie there; nobody takes it for fresh, not even
    # after as many other commits as it would have taken.
    assert (store.version(), store.user_ids(), store.item_ids(), store.setting("scale")) == state
    assert held(store) == before
    store.put_user("ann", {})
    store.add_dataset(dataset(name="after"))
    assert held(store) == {(u, i): (v, t) for u, i, v, t in FEW}


def test_a_snapshot_of_an_import_that_was_undone_is_never_fresh(
    store: Store, tmp_path: Path
) -> None:
    class Interrupted(Exception):
        pass

    def stop(what: str, done: int, total: int | None) -> None:
        if what == "ratings":
            raise Interrupted

    with pytest.raises(Interrupted):
        store.add_dataset(generated(50, 80, 1000), progress=stop)
    assert (tmp_path / "store.parquet").exists()
    assert store.version() == 0
    assert len(store.interactions()) == 0
    store.add_dataset(dataset())
    assert store.version() == 1
    assert len(store.interactions()) == len(FEW)


# ---- snapshot -----------------------------------------------------------------------------


def few() -> snapshot.Sorted:
    return snapshot.Sorted(
        snapshot.Columns(
            np.array([1, 0, 0], np.int32),
            np.array([0, 5, 2], np.int32),
            np.array([1, 2, 3], np.float32),
            np.array([7, 8, 9]),
        ),
        np.array([2, 1, 0]),
    )


def test_a_snapshot_comes_back_in_order_for_its_mark_only(tmp_path: Path) -> None:
    file = tmp_path / "s.parquet"
    snapshot.write(file, "id mark", few())
    assert snapshot.read(file, "id other") is None
    got = snapshot.read(file, "id mark")
    assert got is not None
    assert [c.tolist() for c in got if c is not None] == [
        [0, 0, 1],
        [2, 5, 0],
        [3.0, 2.0, 1.0],
        [9, 8, 7],
    ]
    assert [f.name for f in tmp_path.iterdir()] == ["s.parquet"]


def test_a_damaged_or_missing_snapshot_is_not_fresh(store: Store, tmp_path: Path) -> None:
    store.add_dataset(generated(30, 40, 500))
    wanted = held(store)
    file = tmp_path / "store.parquet"
    whole = file.read_bytes()
    chance = random.Random(3)
    for spot in chance.sample(range(len(whole)), 60):
        changed = bytearray(whole)
        changed[spot] ^= 1 << chance.randrange(8)
        file.write_bytes(changed)
        assert held(store) == wanted, spot
    for damaged in (b"", whole[:100], b"PAR1" * 20):
        file.write_bytes(damaged)
        assert held(store) == wanted
    file.unlink()
    assert held(store) == wanted
