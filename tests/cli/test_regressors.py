"""``matinee regressors`` as a person types it."""

from __future__ import annotations

import json
from functools import partial

import pytest
from small import small_dataset


@pytest.fixture
def run(tmp_path, monkeypatch, matinee):
    monkeypatch.chdir(tmp_path)
    r = small_dataset().interactions
    rows = zip(r.user_index, r.item_index, r.value, r.time, strict=True)
    lines = "\n".join(f"u{u},i{i},{v:g},{t}" for u, i, v, t in rows)
    (tmp_path / "r.csv").write_text(f"user,item,rating,time\n{lines}\n")

    return partial(matinee, "regressors")


def test_a_table_json_and_a_report(run, tmp_path):
    code, out, err = run("--data", "r.csv", "--kinds", "ridge,tree", "--report", "r.html")
    assert code == 0, err
    assert "random, 90%/10%, seed 42" in out
    assert "Report: r.html" in out
    assert "<svg" in (tmp_path / "r.html").read_text(encoding="utf-8")
    code, out, err = run("--data", "r.csv", "--kinds", "ridge,tree", "--json", "--split", "time")
    assert code == 0, err
    told = json.loads(out)
    assert told["protocol"].startswith("time")
    assert {one["kind"] for one in told["judged"]} == {"ridge", "tree"}


def test_a_grid_says_what_it_tried(run):
    code, out, err = run("--data", "r.csv", "--kinds", "ridge", "--grid", "--taste", "0")
    assert code == 0, err
    assert out.count("regularization") == 5
    assert "ridge *" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--data", "r.csv", "--kinds", "magic"], "kinds"),
        (["--data", "r.csv", "--split", "sideways"], "split"),
        (["--data", "no.csv", "--report", "no/r.html"], "--report"),
        (["--data", "r.csv", "--kinds", "ridge", "--grid", "--trials", "2"], "one of the two"),
        (["--data", "r.csv", "--kinds", "ridge", "--features", "magic"], "mode"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(run, words, said):
    code, _, err = run(*words)
    assert code == 2, err
    assert said in err
    assert "Traceback" not in err
