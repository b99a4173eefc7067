"""Each command as a person types it, on a small workspace: what it prints and how it exits."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from functools import partial

import pytest
from small import small_dataset, small_workspace

import matinee
from matinee import training
from matinee.cli import main


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return small_workspace(tmp_path_factory.mktemp("cli") / "trained")


@pytest.fixture
def run(trained, tmp_path, monkeypatch, capsys):
    """Run a command in a copy of the workspace; (exit code, output, errors)."""
    shutil.copytree(trained, tmp_path / "mine")
    monkeypatch.setenv("MATINEE_WORKSPACE", str(tmp_path / "mine"))
    monkeypatch.chdir(tmp_path)

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["matinee", *words])
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


def test_version(run):
    assert ok(run("--version")) == f"matinee {matinee.__version__}\n"


def test_help_names_every_command(run):
    out = ok(run("--help"))
    for command in ("demo", "data", "train", "compare", "models", "recommend", "similar"):
        assert command in out
    for command in ("predict", "explain", "rate", "search", "person", "serve", "fans"):
        assert re.search("[Ee]xample", ok(run(command, "--help"))) or command == "person"


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from matinee.cli import app\n"
        "heavy = {'numpy', 'scipy', 'numba', 'pyarrow', 'sqlalchemy', 'fastapi', 'sklearn'}\n"
        "sys.exit(sorted(heavy & set(sys.modules)).__repr__() if heavy & set(sys.modules) else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_recommend_to_a_user(run):
    out = ok(run("recommend", "--user", "u0", "-n", "3"))
    assert "For user u0" in out
    assert "because" in out
    found = json.loads(ok(run("recommend", "--user", "u0", "-n", "3", "--json")))
    assert len(found) == 3
    assert found[0]["reasons"][0]["text"]
    everything = json.loads(
        ok(run("recommend", "--user", "u0", "-n", "40", "--include-seen", "--json"))
    )
    assert len(everything) == 40


def test_recommend_to_somebody_new(run):
    out = ok(run("recommend", "--like", "Fargo (1996)", "--age", "34", "--gender", "F"))
    assert "age 34" in out
    assert "likes Fargo (1996))" in out
    again = ok(run("recommend", "--like", "fargo", "--like", "Fargo", "--occupation", ""))
    assert "For somebody new (likes Fargo (1996))" in again
    assert run("recommend", "--occupation", "")[0] == 2
    assert json.loads(ok(run("recommend", "--age", "34", "--model", "user_clusters", "--json")))


def test_recommend_by_a_way_and_as_wished(run):
    wished = ["--genre", "comedy", "--years", "1970:1984", "--exclude", "m30", "--min-ratings", "5"]
    for way in ("blend", "alike", "fans", "people"):
        words = ["recommend", "--like", "Fargo", "--way", way, *wished, "--diversity", "0.3"]
        found = json.loads(ok(run(*words, "--json")))
        assert found
        assert all(r["genres"] == ["Comedy"] and 1970 <= r["year"] <= 1984 for r in found)
        assert "m30" not in {r["item_id"] for r in found}
        assert all(r["reasons"] for r in found)
        if way == "people":
            out = ok(run("recommend", "--like", "Fargo", "--gender", "F", "--way", way))
            assert "women" in out
    for years, fits in (("1990:", range(1990, 2000)), (":1950", range(1950)), ("1946", [1946])):
        found = json.loads(ok(run("recommend", "--user", "u0", "--years", years, "--json")))
        assert all(r["year"] in fits for r in found)


@pytest.mark.parametrize("way", ["alike", "fans"])
def test_ways_from_titles_say_that_none_is_named(run, way):
    code, out, err = run("recommend", "--age", "34", "--way", way)
    assert code == 0
    assert "For somebody new (age 34)" in out
    assert err == "note: no liked title is named, so this is what is popular\n"


def test_what_was_made_of_a_profile_is_said_beside_the_list(run):
    code, out, err = run("recommend", "--occupation", "studnet", "--like", "Fargo", "--json")
    assert code == 0
    assert err == "note: occupation 'studnet' was read as student\n"
    assert json.loads(out)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["recommend"], 2, "--user"),
        (["recommend", "--user", "u0", "--way", "fans"], 2, "--way"),
        (["recommend", "--like", "Fargo", "--way", "magic"], 2, "blend, alike, fans, people"),
        (["recommend", "--occupation", "wizard"], 2, "student, writer"),
        (["recommend", "--user", "u0", "--genre", "Western"], 2, "Comedy, Crime, Drama"),
        (["recommend", "--user", "u0", "--years", "soon"], 2, "1990:1999"),
        (["recommend", "--user", "u0", "--years", ":"], 2, "1990:1999"),
        (["recommend", "--user", "u0", "--years", "1999:1990"], 2, "years"),
        (["recommend", "--user", "u0", "--diversity", "2"], 2, "diversity"),
        (["recommend", "--user", "u0", "--min-ratings", "-1"], 2, "min_ratings"),
        (["recommend", "--user", "u0", "--exclude", "zzz"], 3, "zzz"),
        (["recommend", "--user", "u0", "--years", "1800:1801"], 2, "Nothing is left"),
        (["similar", "Fargo", "--threshold", "2"], 2, "threshold"),
        (["similar", "Fargo", "--model", "popularity"], 2, "popularity"),
        (["fans", "Sabrina"], 3, "m5"),
        (["fans", "zzz"], 3, "zzz"),
        (["recommend", "--user", "u0", "--like", "Fargo"], 2, "--user"),
        (["recommend", "--user", "nobody"], 3, "nobody"),
        (["recommend", "--like", "Sabrina"], 3, "m4"),
        (["recommend", "--like", "Fragoo"], 3, "Fargo"),
        (["recommend", "--age", "-3"], 2, "age"),
        (["recommend", "--user", "u0", "--model", "netflix"], 3, "netflix"),
        (["recommend", "--user", "u0", "-n", "0"], 2, "greater than"),
        (["similar", "zzz"], 3, "zzz"),
        (["rate", "u0", "m0", "9"], 2, "1..5"),
        (["predict", "nobody", "m0"], 3, "nobody"),
        (["train", "netflix"], 3, "netflix"),
        (["train", "als", "--set", "factors=0"], 2, "factors"),
        (["train", "als", "--set", "nonsense=1"], 2, "nonsense"),
        (["compare", "--data", "no-such-set"], 3, "no-such-set"),
        (["compare", "--data", "ml-100k", "--task", "both"], 2, "task"),
        (["models", "activate", "../../etc"], 3, "etc"),
        (["person", "export", "nobody"], 3, "nobody"),
        (["recommend", "--user", "u0", "-w", "nowhere"], 4, "train"),
        (["--log-level", "loud", "models", "list"], 2, "log-level"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(run, words, code, said):
    got, _, err = run(*words)
    assert got == code, err
    assert said in err
    assert "Traceback" not in err


def test_similar_search_predict_explain(run):
    assert "cosine" in ok(run("similar", "Fargo"))
    assert json.loads(ok(run("similar", "Fargo", "-n", "2", "--json")))[1]["item_id"]
    near = json.loads(
        ok(run("similar", "Fargo", "--threshold", "0.7", "--years", "1940:", "--json"))
    )
    assert all(r["score"] >= 0.7 for r in near)
    assert "Alike Fargo (1996)" in ok(run("similar", "Fargo"))
    nothing = "Nothing is alike Fargo (1996) with a cosine of 1 or more; wish for less.\n"
    assert ok(run("similar", "Fargo", "--threshold", "1")) == nothing
    out = ok(run("fans", "Fargo", "Big Sleep", "Fargo"))
    assert "Fans of Fargo (1996) and Big Sleep, The (1946) also like" in out
    assert re.match(r"Too few like .+ to tell what else they like\.\n$", ok(run("fans", "m7")))
    wished = ok(run("fans", "m7", "--genre", "Drama"))
    assert "of what fits the filters" in wished
    assert "%" in out
    assert json.loads(ok(run("fans", "Fargo", "-n", "1", "--json")))[0]["lift"] > 1
    assert "Sabrina (1954)" in ok(run("search", "sabrina"))
    assert json.loads(ok(run("search", "sabrina", "--json")))[0]["n_ratings"]
    told = ok(run("predict", "u0", "Fargo"))
    assert "Fargo (1996): " in told
    assert re.search(r"most likely [1-5].* \(measured: \d+\.\d%\)\n", told)
    assert re.search(r"nine times in ten [1-5].*\n  off by \d\.\d\d on average", told)
    assert 1 <= json.loads(ok(run("predict", "u0", "m0", "--json")))["rating"] <= 5
    assert "because" in ok(run("explain", "u0", "Fargo", "--model", "als"))
    assert json.loads(ok(run("explain", "u0", "Fargo", "--json")))[0]["kind"]


def test_a_rating_changes_the_next_recommendation(run):
    first = json.loads(ok(run("recommend", "--user", "u0", "-n", "1", "--json")))[0]["item_id"]
    assert "stored" in ok(run("rate", "u0", first, "5"))
    again = json.loads(ok(run("recommend", "--user", "u0", "-n", "1", "--json")))[0]["item_id"]
    assert again != first
    assert json.loads(ok(run("rate", "u0", first, "4", "--json")))["value"] == 4


def test_models(run):
    saved = json.loads(ok(run("models", "list", "--json")))
    assert sorted(m["model"] for m in saved) == sorted(training.DEFAULT_MODELS)
    popularity = next(m["id"] for m in saved if m["model"] == "popularity")
    assert "is active" in ok(run("models", "activate", popularity))
    assert re.search(rf"{popularity}.*active", ok(run("models", "list")))
    assert "regularization" in ok(run("models", "known"))
    assert {m["name"] for m in json.loads(ok(run("models", "known", "--json")))} >= {"als"}


def test_train(run):
    out = ok(run("train", "als", "biases", "--set", "factors=3", "--set", "user_damping=4"))
    assert "rmse" in out
    saved = json.loads(ok(run("models", "list", "--json")))
    assert saved[-2]["parameters"]["factors"] == 3 or saved[-1]["parameters"].get("factors") == 3
    assert json.loads(ok(run("train", "popularity", "--json")))[0]["name"] == "popularity"


def test_train_on_a_file_makes_the_workspace(run, tmp_path):
    data = small_dataset()
    ratings = data.interactions
    rows = zip(ratings.user_index, ratings.item_index, ratings.value, ratings.time, strict=True)
    text = "".join(f"{u},{i},{v},{t}\n" for u, i, v, t in rows)
    (tmp_path / "mine.csv").write_text("userId,itemId,rating,timestamp\n" + text)
    ok(run("train", "als", "--data", "mine.csv", "-w", "fresh"))
    assert json.loads(ok(run("recommend", "--user", "3", "-w", "fresh", "--json")))
    out = ok(run("compare", "--data", "mine.csv", "--models", "als,user_clusters"))
    assert out.count("biases") == 2
    assert out.count("user_clusters") == 2


def test_a_person(run):
    assert len(json.loads(ok(run("person", "export", "u0")))["ratings"]) > 5
    assert "deleted" in ok(run("person", "delete", "u0", "--yes"))
    assert run("person", "export", "u0")[0] == 3


def test_a_reader_that_leaves_is_no_error(run, tmp_path):
    environment = os.environ | {"MATINEE_WORKSPACE": str(tmp_path / "mine")}
    done = subprocess.run(
        f"{sys.executable} -m matinee models known | head -1",
        shell=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr


def test_demo_on_real_ratings(run, shared_data, monkeypatch, tmp_path):
    monkeypatch.setenv("MATINEE_DATA", str(shared_data))
    monkeypatch.setenv("MATINEE_CACHE", str(tmp_path / "cache"))
    code, out, err = run("demo", "--no-serve", "-w", "demo")
    assert code == 0, err
    for said in ("rating: random", "rating: time", "ranking: time", "For user 42"):
        assert said in out
    assert "For somebody who likes Fargo (1996)" in out
    assert "librarian" in out
    report = (tmp_path / "demo" / "reports" / "first-look.html").read_text()
    assert "user_clusters" in report
    assert "comparing ..." in err
    # A second run uses what is there; it need not train all of it anew to show that.
    few = ["popularity", "biases"]
    monkeypatch.setattr(training, "DEFAULT_MODELS", few)
    monkeypatch.setattr(training, "train", partial(training.train, names=few))
    assert run("demo", "--no-serve", "-w", "demo")[0] == 0
