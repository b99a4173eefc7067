"""The two tables of a clustering, and what commands ask for."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet
from small import small_dataset

from clusters.ratings import LIKED, liked_by
from matinee.clusters import options, tables
from matinee.clusters.views import Clusterings
from matinee.engine import Engine
from matinee.errors import InvalidInput, InvalidParameter, Unsupported
from matinee.interactions import Int32
from matinee.storage.memberships import Memberships
from matinee.storage.workspace import Workspace


@pytest.mark.parametrize("kind", tables.FORMATS)
def test_both_tables_out_and_in(
    clusters: Clusterings, grouped: Workspace, tmp_path: Path, kind: str
) -> None:
    both = tables.tables_of(clusters)
    likes = liked_by(grouped)
    where = dict(
        zip(both.users["userId"].to_pylist(), both.users["Cluster"].to_pylist(), strict=True)
    )
    assert set(where) == {u for u, items in likes.items() if items}
    counts = {(c, m): n for c, m, n in zip(*(x.to_pylist() for x in both.movies), strict=True)}
    expected: dict[tuple[int, str], int] = {}
    for user, cluster in where.items():
        for item in likes[user]:
            expected[cluster, item] = expected.get((cluster, item), 0) + 1
    assert counts == expected
    tables.write(both, tmp_path / "out", kind)
    again = tables.read_tables(tmp_path / "out")
    assert again.users.equals(both.users)
    assert again.movies.equals(both.movies)
    with pytest.raises(InvalidInput, match="must not exist"):
        tables.write(both, tmp_path / "out", kind)


def test_tables_while_somebody_joins_and_somebody_leaves(
    own: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(own)
    leaves = engine.clusters.people(0, "user_clusters").users[0]
    read = Memberships.people
    kept = own.store.memberships
    archive_id = engine.clusters.named("user_clusters").archive_id

    def meanwhile(self: Memberships, archive: str, cluster: int) -> Int32:
        if cluster == 0 and own.store.user_index("joins") < 0:
            engine.rate("joins", "m0", 5)
            found = read(self, archive, cluster)
            engine.delete_user(leaves)
            return found
        return read(self, archive, cluster)

    monkeypatch.setattr(Memberships, "people", meanwhile)
    users = tables.tables_of(engine.clusters, archive_id).users["userId"].to_pylist()
    assert kept.cluster_of(archive_id, own.store.user_index("joins")) >= 0
    assert "joins" in users
    assert "" not in users
    assert leaves not in users


def test_tables_of_what_has_none(clusters: Clusterings, tmp_path: Path) -> None:
    with pytest.raises(Unsupported, match="does not group people"):
        tables.tables_of(clusters, "item_clusters")
    with pytest.raises(InvalidParameter, match="csv or parquet"):
        tables.write(tables.tables_of(clusters), tmp_path / "x", "xlsx")
    with pytest.raises(InvalidInput, match="users_cluster"):
        tables.read_tables(tmp_path)


def test_repair_of_any_given_assignment() -> None:
    data = small_dataset()
    # Numbers may be anything; u28 is in none, u29 is not in it.
    given = {f"u{i}": 70 if i < 4 else 1_000_000 if i % 2 else 900 for i in range(28)} | {"u28": -1}
    table = pa.table({"userId": list(given), "Cluster": pa.array(given.values(), pa.int32())})
    done = tables.repaired(data, table, smallest=6)
    assert done.renumbered == {70: -1, 900: 0, 1_000_000: 1}
    assert done.moved == ["u0", "u1", "u2", "u3"]
    users = done.tables.users
    where = dict(zip(users["userId"].to_pylist(), users["Cluster"].to_pylist(), strict=True))
    assert set(where) == {f"u{i}" for i in range(28)}
    assert all(where[f"u{i}"] == i % 2 for i in range(4, 28))
    ratings = data.interactions.liked(LIKED)
    expected: dict[tuple[int, str], int] = {}
    for u, i in zip(ratings.user_index.tolist(), ratings.item_index.tolist(), strict=True):
        if f"u{u}" in where:
            key = where[f"u{u}"], f"m{i}"
            expected[key] = expected.get(key, 0) + 1
    columns = (c.to_pylist() for c in done.tables.movies)
    assert {(c, m): n for c, m, n in zip(*columns, strict=True)} == expected
    left = tables.repaired(data, table, smallest=0)
    assert left.renumbered == {70: 0, 900: 1, 1_000_000: 2}
    assert left.moved == []


@pytest.mark.parametrize(
    ("users", "numbers", "why"),
    [
        (["u0", "x1"], [0, 0], "must have ratings in small, got x1"),
        (["u0", "u0"], [0, 1], "in one cluster, got u0"),
        (["u0", "u1"], [0, -2], "0 or more, or -1 for none, got -2"),
        (["u0", "u1"], [0, 1], "all are too small"),
        (["u0"], [-1], "at least one person"),
    ],
)
def test_assignments_that_cannot_be_repaired(
    users: list[str], numbers: list[int], why: str
) -> None:
    table = pa.table({"userId": users, "Cluster": pa.array(numbers, pa.int32())})
    with pytest.raises(InvalidInput, match=why):
        tables.repaired(small_dataset(), table)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("user,Cluster\n1,2\n", "missing: userId"),
        ("", "missing: userId, Cluster"),
        ("userId,Cluster\n1,much\n", "Line 2 .* whole number, got 'much'"),
        ("userId,Cluster\n1,99999999999\n", "smaller number"),
        ("userId,Cluster\n1\n", "Line 2 .* 2 fields, got 1"),
        ('userId,Cluster\n"1,2\n', "must be a table"),
    ],
)
def test_files_that_are_no_assignment(tmp_path: Path, text: str, why: str) -> None:
    file = tmp_path / "a.csv"
    file.write_text(text)
    with pytest.raises(InvalidInput, match=why):
        tables.read_assignment(file)


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"userId": ["u0", "u1"], "Cluster": [0, None]}, "every row, missing in Cluster"),
        ({"userId": ["u0"], "Cluster": ["much"]}, "must be a table"),
        ({"userId": ["u0"]}, "missing: Cluster"),
    ],
)
def test_parquet_that_is_no_assignment(tmp_path: Path, columns: dict, why: str) -> None:
    parquet.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(InvalidInput, match=why):
        tables.read_assignment(tmp_path / "a.parquet")


def test_an_assignment_as_others_write_it(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text('\ufeff,userId,Cluster\n0,007,3.0\n1,"a,b",0\n', encoding="utf-8")
    found = tables.read_assignment(file)
    assert found.to_pydict() == {"userId": ["007", "a,b"], "Cluster": [3, 0]}
    with pytest.raises(InvalidInput, match="userId and Cluster"):
        tables.read_assignment(tmp_path / "missing.csv")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"on": "users"}, ("user_clusters", {"method": "kmeans"})),
        (
            {"on": "users", "features": "likes", "k": 15, "method": "minibatch", "seed": 3},
            (
                "user_clusters",
                {"features": "likes", "n_clusters": 15, "seed": 3, "method": "minibatch"},
            ),
        ),
        ({"on": "users", "method": "spectral", "k": 4}, ("spectral_clusters", {"n_clusters": 4})),
        (
            {"on": "users", "method": "spectral", "scaling": "rows"},
            ("spectral_clusters", {"scaling": "rows"}),
        ),
        ({"on": "users", "repair": False}, ("user_clusters", {"smallest": 0, "method": "kmeans"})),
        (
            {"on": "items", "k": 3, "features": "both"},
            ("item_clusters", {"n_clusters": 3, "features": "both"}),
        ),
    ],
)
def test_what_fit_asks_for(asked: dict, expected: tuple) -> None:
    assert options.asked_for(**asked) == expected


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"on": "genres"}, "users or items"),
        ({"on": "users", "method": "dbscan"}, "kmeans, minibatch, spectral"),
        ({"on": "items", "method": "spectral"}, "grouped by kmeans"),
        ({"on": "items", "smallest": 3}, "--smallest"),
        ({"on": "users", "smallest": 3, "repair": False}, "--no-repair"),
        ({"on": "users", "scaling": "rows"}, "--scaling is of genres, got --features taste"),
        ({"on": "items", "scaling": "rows"}, "--scaling"),
    ],
)
def test_what_fit_cannot_do(asked: dict, why: str) -> None:
    with pytest.raises(InvalidParameter, match=re.escape(why)):
        options.asked_for(**asked)


def test_ratings_as_they_are_typed() -> None:
    assert options.rated(["E=mc2 (2005)=4.5", "m0=1"]) == {"E=mc2 (2005)": 4.5, "m0": 1}
    for text in ("Fargo", "=3", "Fargo=much", "Fargo=nan"):
        with pytest.raises(InvalidParameter, match="TITLE=NUMBER"):
            options.rated([text])
