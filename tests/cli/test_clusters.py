"""``matinee clusters``, as a person types it: what it prints and how it exits."""

from __future__ import annotations

import csv
import json
import shutil
import sys

import pytest
from small import small_workspace

from matinee import training
from matinee.cli import main
from matinee.storage.workspace import Workspace


@pytest.fixture(scope="module")
def grouped(tmp_path_factory):
    path = small_workspace(tmp_path_factory.mktemp("cli") / "grouped", trained=False)
    with Workspace.open(path) as workspace:
        training.train(workspace, ["item_clusters", "user_clusters"])
    return path


@pytest.fixture
def run(grouped, tmp_path, monkeypatch, capsys):
    """Run a command in a copy of the workspace; (exit code, output, errors)."""
    shutil.copytree(grouped, tmp_path / "mine")
    monkeypatch.setenv("MATINEE_WORKSPACE", str(tmp_path / "mine"))
    monkeypatch.chdir(tmp_path)

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["matinee", "clusters", *words])
        try:
            main()
        except SystemExit as leaving:
            code = leaving.code or 0
        out, err = capsys.readouterr()
        return code, out, err

    return typed


def ok(result):
    code, out, err = result
    assert code == 0, err
    return out


def as_json(result):
    return json.loads(ok(result))


def test_help_shows_examples(run):
    for command in ("fit", "list", "show", "people", "of", "like", "place", "repair", "export"):
        assert f"matinee clusters {command}" in " ".join(ok(run(command, "--help")).split())


def test_paragraphs_of_help_flow(run):
    lines = [line.strip() for line in ok(run("scan", "--help")).splitlines()]
    first = next(i for i, line in enumerate(lines) if line.startswith("Each k is kept"))
    paragraph = lines[first : lines.index("", first)]
    assert all(len(line) > 60 for line in paragraph[:-1]), paragraph


def test_fit_list_and_show(run):
    out = ok(run("fit", "--features", "likes", "--k", "3", "--no-repair", "--seed", "4"))
    assert "user_clusters: 3 clusters of people by likes (kmeans)" in out
    assert "ndcg@10" in out
    found = as_json(run("fit", "--on", "items", "--k", "2", "--json"))
    assert found["clustering"]["model"] == found["trained"]["name"] == "item_clusters"
    assert len(found["clusters"]) == 2
    listed = as_json(run("list", "--json"))
    assert [c["model"] for c in listed[:2]] == ["item_clusters", "user_clusters"]
    assert [c["clusters"] for c in listed[:2]] == [2, 3]
    assert listed[0]["archive_id"] in ok(run("list"))
    # What was fitted last is shown.
    assert "item_clusters: 2 clusters" in ok(run("show"))
    assert len(as_json(run("show", "--model", "user_clusters", "--json"))["clusters"]) == 3
    one = as_json(run("show", "1", "-m", "user_clusters", "-n", "4", "--json"))
    assert one["cluster"]["number"] == 1
    assert len(one["titles"]) == 4
    said = ok(run("show", "1", "-m", "user_clusters", "--by", "count"))
    assert f"Cluster 1: {one['cluster']['name']}; {one['cluster']['size']} people" in said


def test_fewer_clusters_than_asked_for_are_explained(run):
    out = ok(run("fit", "--features", "likes", "--k", "9", "--smallest", "8"))
    assert "9 were asked for" in out


def test_people_and_where_they_are(run):
    people = as_json(run("people", "0", "-m", "user_clusters", "--json"))
    assert people["total"] == len(people["users"]) > 2
    code, out, err = run("people", "0", "-m", "user_clusters", "--limit", "2", "--offset", "1")
    assert (code, out.split()) == (0, people["users"][1:3])
    assert f"2 to 3 of {people['total']}" in err
    user = people["users"][0]
    assert f"User {user} is in cluster 0, " in ok(run("of", "--user", user))
    assert as_json(run("of", "--user", user, "--json"))["number"] == 0
    assert "user_clusters" in ok(run("of", "Fargo (1996)"))
    assert {c["on"] for c in as_json(run("of", "fargo", "--json"))} == {"users", "items"}


def test_like(run):
    shown = as_json(run("show", "-m", "item_clusters", "--json"))["clusters"]
    largest = max(shown, key=lambda c: c["size"])
    assert "damped mean" in ok(run("like", largest["titles"][0]))
    alike = as_json(run("like", largest["titles"][0], "--by", "likeness", "-n", "3", "--json"))
    assert len(alike) == 3
    assert largest["titles"][0] not in {m["title"] for m in alike}


def test_place(run):
    out = ok(run("place", "--like", "Fargo (1996)", "--like", "Notorious"))
    assert "Somebody new is in cluster" in out
    assert "placed by 2 liked titles" in out
    assert "likely" in ok(run("place", "--age", "30", "--gender", "F", "--occupation", "writer"))
    nobody = as_json(run("place", "--rating", "Fargo (1996)=1", "--json"))
    assert nobody["number"] is None
    assert "served like everybody" in ok(run("place"))


def test_export_and_repair(run, tmp_path):
    assert "people in clusters" in ok(run("export", "tables"))
    with (tmp_path / "tables" / "users_cluster.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert set(rows[0]) == {"userId", "Cluster"}
    with (tmp_path / "tables" / "clusters_movies.csv").open() as stream:
        assert next(stream) == "Cluster,movieId,Count\n"
    ok(run("export", "also", "--format", "parquet"))
    assert (tmp_path / "also" / "users_cluster.parquet").exists()
    data = small_ratings(tmp_path)
    assignment = tmp_path / "assignment.csv"
    lines = [f"{r['userId']},{i % 2 if i > 1 else 7}" for i, r in enumerate(rows)]
    assignment.write_text("userId,Cluster\n" + "\n".join(lines))
    out = ok(run("repair", "assignment.csv", "--data", data, "--out", "repaired"))
    assert "1 of 3 clusters dissolved, 2 people moved; 2 clusters are left" in out
    assert (tmp_path / "repaired" / "clusters_movies.csv").exists()
    done = as_json(
        run("repair", "assignment.csv", "--data", data, "--smallest", "1", "--out", "r2", "--json")
    )
    assert (done["dissolved"], done["moved"]) == (0, [])
    assert done["renumbered"] == {"0": 0, "1": 1, "7": 2}


def small_ratings(folder):
    from small import small_dataset

    data = small_dataset()
    ratings = data.interactions
    rows = zip(ratings.user_index, ratings.item_index, ratings.value, strict=True)
    text = "".join(f"u{u},m{i},{v}\n" for u, i, v in rows)
    (folder / "ratings.csv").write_text("userId,itemId,rating\n" + text)
    return "ratings.csv"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "99"), 3, "got 99"),
        (("show", "--model", "als"), 3, "there is user_clusters, item_clusters"),
        (("show", "0", "--by", "size"), 2, "lift, count or mean"),
        (("of",), 2, "either a title or"),
        (("of", "Fargo", "--user", "u0"), 2, "either a title or"),
        (("of", "Fargoo"), 3, "Did you mean"),
        (("like", "Fargo", "--by", "age"), 2, "by mean or by likeness"),
        (("place", "--rating", "Fargo"), 2, "TITLE=NUMBER"),
        (("place", "--rating", "Fargo (1996)=9"), 2, "must lie in 1..5, got 9"),
        (("place", "--occupation", "king"), 2, "`occupation` must be one"),
        (("fit", "--on", "items", "--method", "spectral"), 2, "for --on users"),
        (("repair", "nothing.csv", "--data", "ml-100k", "--out", "x"), 2, "must be a file"),
        (("export", "mine"), 2, "must not exist"),
    ],
)
def test_errors_say_what_to_do(run, words, code, said):
    left, _, err = run(*words)
    assert left == code
    assert said in err


def test_before_anything_is_grouped(run, tmp_path):
    small_workspace(tmp_path / "bare", trained=False)
    assert "matinee clusters fit" in ok(run("list", "-w", "bare"))
    code, _, err = run("show", "-w", "bare")
    assert code == 4
    assert "matinee clusters fit" in err
