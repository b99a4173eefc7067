"""``matinee compare`` as a person types it."""

from __future__ import annotations

import json

import pytest
from small import small_dataset

from matinee.evaluation.records import read
from matinee.models.als import ALS


@pytest.fixture
def run(tmp_path, monkeypatch, matinee):
    monkeypatch.chdir(tmp_path)
    ratings = small_dataset().interactions
    rows = zip(ratings.user_index, ratings.item_index, ratings.value, ratings.time, strict=True)
    lines = "\n".join(f"u{u},i{i},{v:g},{t}" for u, i, v, t in rows)
    (tmp_path / "r.csv").write_text(f"user,item,rating,timestamp\n{lines}\n")

    def typed(*words):
        return matinee("compare", "--data", "r.csv", "-w", "w", *words)

    return typed


def test_a_table_json_csv_and_a_report(run, tmp_path):
    asked = ("--models", "als", "--split", "random", "--trials", "2", "--seeds", "2")
    code, out, err = run(*asked, "--report", "r.html", "--csv", "f.csv")
    assert code == 0, err
    assert "rating: random" in out
    assert "2 repeats" in out
    for said in ("als", "biases", "item_mean", "95 %", "tune s", "Report: r.html"):
        assert said in out
    assert "rating, random, seed 42: als rmse" in err
    assert "left" in err
    assert "als" in (tmp_path / "r.html").read_text()
    assert "rmse" in (tmp_path / "f.csv").read_text()
    code, out, err = run(*asked, "--json")
    assert (code, err) == (0, "")
    found = read(out)
    assert {e.model for e in found.boards[0].entries} == {"als", "biases", "item_mean"}
    assert found.command.startswith("matinee compare --data r.csv")
    assert json.loads(out)["format"] == 1


def test_what_is_left_out_is_said(run, monkeypatch):
    def fail(*of, **known):
        raise MemoryError("no room")

    monkeypatch.setattr(ALS, "fit", fail)
    code, out, _ = run("--models", "als", "--split", "time")
    assert code == 0
    assert "als is left out: no room" in out


def test_an_interruption_says_how_to_go_on(run, monkeypatch):
    def interrupted(*of, **known):
        raise KeyboardInterrupt

    monkeypatch.setattr(ALS, "fit", interrupted)
    code, _, err = run("--models", "als", "--split", "random")
    assert code == 130
    assert "kept in w/comparisons; the same command goes on from there" in err


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--split", "never"), "leave-last-out"),
        (("--seeds", "0"), "repeats"),
        (("--report", "no/such/folder.html"), "folder"),
        (("--csv", "."), "--csv"),
        (("--task", "both"), "`task`"),
    ],
)
def test_bad_options_are_refused_before_work_begins(run, words, named):
    code, _, err = run(*words)
    assert code == 2
    assert named in err
