"""Whatever can be explored is read, and what became of its rows is known."""

from __future__ import annotations

import sqlite3

import pyarrow as pa
import pytest
from pyarrow import parquet
from small import small_dataset, small_workspace

from matinee.errors import InvalidParameter, UnknownDataset
from matinee.exploring.overview import explore
from matinee.exploring.source import of_workspace, read
from matinee.storage.workspace import Workspace

CSV = """userId,movieId,rating,timestamp
anna,m1,4,1000000000
anna,m2,nan,1000000050
ben,m1,3,1000000100
,m1,3,1000000100
ben,m1,5,1000000200
ben,m2,x,1000000200
"""


def test_rows_of_a_file_are_accounted_for(tmp_path):
    file = tmp_path / "ratings.csv"
    file.write_text(CSV)
    dataset, intake = read(str(file))
    assert (intake.rows, intake.kept, intake.duplicates, intake.n_bad) == (6, 2, 1, 3)
    assert sum(intake.bad.values()) == 3
    assert "empty user id" in intake.bad
    assert len(intake.first_bad) == 3
    assert intake.columns["rating"] == "rating"
    found = explore(dataset, intake)
    assert found.facts.ratings == 2
    assert {"Look at the rows left out", "Some were rated again"} <= {
        finding.point for finding in found.findings
    }


def test_parquet_with_ids_as_text(tmp_path):
    table = pa.table({"user": ["ä", "ö", "ä"], "item": ["x", "x", "y"], "rating": [1.0, 2.0, 2.5]})
    parquet.write_table(table, tmp_path / "r.parquet")
    dataset, intake = read(str(tmp_path / "r.parquet"))
    assert intake.n_bad == 0
    found = explore(dataset, intake)
    assert {title.item_id for title in found.most_rated} == {"x", "y"}


def test_the_answer_of_a_database(tmp_path):
    with sqlite3.connect(tmp_path / "shop.sqlite") as shop:
        shop.execute("create table r (user, item)")
        shop.executemany("insert into r values (?, ?)", [("a", "x"), ("b", "x"), (None, "x")])
    shop.close()
    dataset, intake = read(f"sqlite:///{tmp_path}/shop.sqlite", "select * from r")
    assert (len(dataset.interactions), intake.n_bad) == (2, 1)


def test_an_address_and_a_query_belong_together():
    for source, query in (("sqlite:///x", None), ("ml-100k", "select 1")):
        with pytest.raises(InvalidParameter, match="--query must come with the address"):
            read(source, query)


def test_a_workspace_without_those_who_left(tmp_path):
    path = small_workspace(tmp_path / "w", trained=False)
    with Workspace.open(path) as workspace:
        whole = of_workspace(workspace)
        workspace.store.delete_user("u3")
        workspace.store.delete_user("u7")
    less, intake = read(str(path))
    assert intake is None
    assert less.name == "w"
    assert len(whole.users) == len(less.users) + 2 == 30
    assert "u3" not in less.users
    found = explore(less)
    assert len(found.people["gender"]) == 2
    ratings = small_dataset().interactions
    gone = {3, 7}
    assert found.facts.ratings == sum(u not in gone for u in ratings.user_index.tolist())
    kept = less.interactions
    of_4 = kept.item_index[kept.user_index == less.users.index("u4")]
    assert set(of_4.tolist()) == set(ratings.item_index[ratings.user_index == 4].tolist())


def test_what_is_not_there():
    with pytest.raises(UnknownDataset, match="no file or folder"):
        read("nothing.csv")
