"""``matinee factorize`` as a person types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from functools import partial

import pytest
from small import small_dataset


@pytest.fixture
def run(tmp_path, monkeypatch, matinee):
    monkeypatch.chdir(tmp_path)
    ratings = small_dataset().interactions
    rows = zip(ratings.user_index, ratings.item_index, ratings.value, strict=True)
    lines = [f"u{u},i{i},{v:g}" for u, i, v in rows]
    (tmp_path / "train.csv").write_text(
        "\n".join(["user,item,rating", *(line for n, line in enumerate(lines) if n % 15)])
    )
    test = [*lines[::15], "new,i1,3", "u1,fresh,4", "new,fresh,5"]
    (tmp_path / "test.csv").write_text("\n".join(["user,item,rating", *test]))

    return partial(matinee, "factorize")


def test_figures_by_epoch_and_a_folder(run, tmp_path):
    code, out, err = run(
        "--data", "train.csv", "--test", "test.csv", "--k", "4", "--epochs", "3", "--out", "mine"
    )
    assert code == 0, err
    assert "factors 4, epochs 3" in out
    assert "3 of 44 test ratings are of 1 users and 1 items that training never saw" in out
    assert "test chooses nothing" in out
    assert "on 44 test ratings: rmse " in out
    made = {path.name for path in (tmp_path / "mine").iterdir()}
    assert made == {"model", "ids.json", "curve.csv", "curve.html", "curve.svg"}
    assert "fitting als" in err


def test_json_and_a_place_of_its_own(run, tmp_path):
    code, out, err = run("--data", "train.csv", "--model", "mle", "--k", "4", "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["protocol"].startswith("random, 90%/10%, seed 42; ")
    assert {"rmse", "mae", "r2"} <= set(told["figures"])
    assert told["curve"][0]["judged_on"] == "validation"
    assert (tmp_path / told["folder"] / "model" / "manifest.json").exists()
    assert err == ""


def test_a_learning_rate_that_means_nothing(run):
    code, out, _ = run("--data", "train.csv", "--lr", "0.01", "--k", "2", "--no-early-stopping")
    assert code == 0
    assert "als has no learning rate" in out
    assert "Finding the best epoch" not in out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--k", "0"], 2, "`--k` must be > 0"),
        (["--k", "41"], 2, "`--k` must be at most"),
        (["--reg", "-1"], 2, "`--reg` must be > 0"),
        (["--lr", "0"], 2, "`--lr` must be > 0"),
        (["--epochs", "-2"], 2, "`--epochs` must be > 0"),
        (["--model", "popularity"], 2, "als, mle, ls"),
        (["--test", "nowhere"], 3, "nowhere"),
        (["--user", "nobody"], 2, "nobody"),
        (["--out", "train.csv"], 2, "exists"),
        (["--model", "mle", "--lr", "1000"], 10, "lower"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(run, tmp_path, words, code, said):
    got, _, err = run("--data", "train.csv", *words)
    assert got == code, err
    assert said in err
    assert "Traceback" not in err
    assert not list(tmp_path.glob("factorized/*"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty file"),
        ("user,item,rating\n", "header"),
        ("user,item,rating\na,b,nan\nc,d,inf\n", "NaN rating"),
        ("user,item\na,b\n", "rating values"),
    ],
)
def test_bad_files(run, tmp_path, text, said):
    (tmp_path / "bad.csv").write_text(text)
    code, _, err = run("--data", "bad.csv")
    assert code == 2
    assert said in err


def test_an_interrupted_command_says_what_is_kept(run, tmp_path):
    command = [sys.executable, "-m", "matinee", "factorize", "--data", "train.csv"]
    command += ["--k", "4", "--epochs", "100000", "--no-early-stopping"]
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    ) as process:
        for line in process.stdout:
            if line.startswith("    3 "):
                break
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Interrupted: nothing is kept" in err
    assert not list((tmp_path / "factorized").iterdir())
