"""``matinee data`` as one types it."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from matinee.cli.data import app
from matinee.data.movielens.sets import SETS
from matinee.errors import InvalidParameter, NoGoodRows
from matinee.storage.workspace import Workspace


def run(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "ratings.csv"
    path.write_text("who,what,stars,at\nann,Fargo,4.5,100\nbob,Heat,9,100\nann,Fargo,3,50\n")
    return path


def test_an_import_of_a_file(source: Path, tmp_path: Path) -> None:
    workspace, rejects = tmp_path / "w", tmp_path / "bad.csv"
    words = ["import", str(source), "--scale", "0.5:5", "--rejects", str(rejects)]
    told = run(*words, "--user", "who", "--item", "what", "-w", str(workspace))
    assert "Read 3 rows" in told
    assert "1 kept, 1 bad, 1 duplicates dropped" in told
    assert "rating out of scale" in told
    assert "Added to" in told
    assert "3,stars,rating out of scale" in rejects.read_text()
    with Workspace.open(workspace) as opened:
        assert (opened.store.n_users(), opened.store.n_items()) == (1, 1)


def test_an_import_with_filters(source: Path, tmp_path: Path) -> None:
    words = ["import", str(source), "-w", str(tmp_path / "w"), "--filter", "min_mean_rating=5"]
    told = run(*words, "--filter", "ratings_per_user=1:3")
    assert "min_mean_rating(5)" in told
    assert "Added to" in told
    with Workspace.open(tmp_path / "w") as opened:
        assert opened.store.user_ids() == ["bob"]
    for wrong in ("min_mean=3", "ratings_per_user=1:2:3", "min_mean_rating=x", "max_sparsity=7"):
        with pytest.raises(InvalidParameter):
            run("import", str(source), "-w", str(tmp_path / "v"), "--filter", wrong)


def test_an_import_as_json_of_a_database(tmp_path: Path) -> None:
    database = tmp_path / "shop.sqlite"
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("create table r as select 1 as user, 2 as item, 3.5 as rating")
    words = ["import", "--sql", f"sqlite:///{database}", "--query", "select * from r", "--json"]
    told = json.loads(run(*words, "-w", str(tmp_path / "w")))
    assert (told["rows"], told["kept"], told["bad"]) == (1, 1, {})
    assert told["added"]["ratings"] == 1


def test_an_import_without_a_good_row_makes_no_workspace(source: Path, tmp_path: Path) -> None:
    with pytest.raises(NoGoodRows):
        run("import", str(source), "--scale", "11:12", "-w", str(tmp_path / "w"))
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["import"],
        ["import", "r.csv", "--sql", "sqlite://"],
        ["import", "--sql", "sqlite://"],
        ["import", "r.csv", "--query", "select 1"],
        ["import", "r.csv", "--scale", "1-5"],
        ["import", "--sql", "sqlite://", "--query", "select 1", "--items", "i.csv"],
    ],
)
def test_wrong_words(words: list[str], tmp_path: Path) -> None:
    with pytest.raises(InvalidParameter):
        run(*words, "-w", str(tmp_path / "w"))


def test_list_and_describe(source: Path) -> None:
    assert all(name in run("list") for name in SETS)
    assert {known["name"] for known in json.loads(run("list", "--json"))} == set(SETS)
    assert json.loads(run("describe", str(source), "--json"))["ratings"] == 2
    assert "density" in run("describe", str(source))


def test_published_sets(shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATINEE_DATA", str(shared_data))
    monkeypatch.setenv("MATINEE_CACHE", str(tmp_path / "cache"))
    folder = Path(run("get", "ml-100k", "--to", str(tmp_path / "sets")).strip().splitlines()[-1])
    assert (folder / "u.data").is_file()
    assert "100,000 new ratings" in run("import", "ml-100k", "-w", str(tmp_path / "w"))
