"""``matinee tune`` as a person types it, and ``matinee train --config`` after it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys

import pytest
from small import small_dataset


@pytest.fixture
def run(tmp_path, monkeypatch, matinee):
    monkeypatch.chdir(tmp_path)
    ratings = small_dataset().interactions
    rows = zip(ratings.user_index, ratings.item_index, ratings.value, strict=True)
    lines = "\n".join(f"u{u},i{i},{v:g}" for u, i, v in rows)
    (tmp_path / "r.csv").write_text(f"user,item,rating\n{lines}\n")

    return matinee


def test_trials_the_best_and_its_training(run, tmp_path):
    code, out, err = run("tune", "als", "--data", "r.csv", "--trials", "3", "-w", "w")
    assert code == 0, err
    assert "Trial 0 is the default setting" in out
    assert "The default setting, " in out
    config = "w/tuning/als-r-42.toml"
    assert f"matinee train als --config {config}" in out
    code, again, _ = run("tune", "als", "--data", "r.csv", "--trials", "2", "-w", "w", "--json")
    assert code == 0
    told = json.loads(again)
    assert len(told["trials"]) == 3
    assert told["gain"] >= 0
    code, out, err = run("train", "--config", config, "--data", "r.csv", "-w", "w", "--json")
    assert code == 0, err
    (trained,) = json.loads(out)
    stated = trained["evaluation"]["parameters"]
    assert told["best"]["parameters"].items() <= stated.items()
    code, out, _ = run("train", "--config", config, "--set", "factors=2", "-w", "w", "--json")
    assert json.loads(out)[0]["evaluation"]["parameters"] == stated | {"factors": 2}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["tune", "als", "--data", "nowhere"], 3, "nowhere"),
        (["tune", "nonsense", "--data", "r.csv"], 3, "nonsense"),
        (["tune", "popularity", "--data", "r.csv"], 2, "no hyperparameter"),
        (["tune", "als", "--data", "r.csv", "--trials", "0"], 2, "trials"),
        (["train", "--config", "nowhere.toml", "-w", "w"], 2, "nowhere.toml"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(run, words, code, said):
    got, _, err = run(*words)
    assert got == code, err
    assert said in err
    assert "Traceback" not in err


def test_without_optuna(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    code, _, err = run("tune", "als", "--data", "r.csv")
    assert code == 2
    assert "pip install 'matinee[tune]'" in err


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGKILL])
def test_what_was_tried_survives(run, tmp_path, way):
    command = [sys.executable, "-u", "-m", "matinee", "tune", "als", "--data", "r.csv", "-w", "w"]
    with subprocess.Popen(
        [*command, "--trials", "100000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        seen = []
        for line in process.stdout:
            seen.append(line)
            if line.startswith("    3 "):
                break
        process.send_signal(way)
        _, err = process.communicate(timeout=60)
    if way == signal.SIGINT:
        assert process.returncode == 130
        assert "trials are kept in w/tuning/als-r-42.sqlite" in err
    code, out, err = run("tune", "als", "--data", "r.csv", "-w", "w", "--trials", "4")
    assert code == 0, err
    kept = [line for line in out.splitlines(keepends=True) if line[:5].strip().isdigit()]
    assert kept[:4] == seen[-4:]
    assert (tmp_path / "w" / "tuning" / "als-r-42.toml").exists()
