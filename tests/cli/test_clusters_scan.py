"""``matinee clusters scan`` as a person types it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from functools import partial

import pytest
from small import small_dataset, small_workspace


@pytest.fixture
def run(tmp_path, monkeypatch, matinee):
    monkeypatch.chdir(tmp_path)
    ratings = small_dataset().interactions
    rows = zip(ratings.user_index, ratings.item_index, ratings.value, strict=True)
    lines = "\n".join(f"u{u},i{i},{v:g}" for u, i, v in rows)
    (tmp_path / "r.csv").write_text(f"user,item,rating\n{lines}\n")

    return partial(matinee, "clusters", "scan")


def numbers(out):
    """The k of each line of the table."""
    return [int(line[:5]) for line in out.splitlines() if line[:5].strip().isdigit()]


def test_a_table_a_verdict_and_a_report_that_grow(run, tmp_path):
    asked = ["--data", "r.csv", "--features", "likes", "-w", "w", "--boundary", "12"]
    code, out, err = run(*asked, "--k", "1:3")
    assert code == 0, err
    assert numbers(out) == [1, 2, 3]
    assert "Note: Held-out quality is that of user_clusters" in out
    assert "stay within ±12 from k = 3 on" in out
    assert "structure" in out
    (html,) = (tmp_path / "w" / "scans").glob("*.html")
    assert f"Report: {html.relative_to(tmp_path)}" in out
    first = [line for line in out.splitlines() if line[:5].strip().isdigit()]
    code, out, err = run(*asked, "--k", "4:5", "--upto", "4", "--report", "mine.html")
    assert code == 0, err
    assert numbers(out) == [1, 2, 3, 4, 5]
    assert out.splitlines()[3:6] == first
    assert "up to k = 4" in (tmp_path / "mine.html").read_text()


def test_json_and_a_workspace(run, tmp_path):
    small_workspace(tmp_path / "w", trained=False)
    code, out, err = run("-w", "w", "--on", "items", "--features", "traits", "--k", "2", "--json")
    assert code == 0, err
    assert err == ""
    told = json.loads(out)
    assert [row["k"] for row in told["scan"]] == [2]
    assert told["on"] == "items"
    assert (tmp_path / told["report"]).exists()
    assert (tmp_path / told["file"]).exists()


@pytest.mark.parametrize("method", ["minibatch", "spectral"])
def test_other_methods(run, method):
    words = ["--data", "r.csv", "--features", "likes", "--method", method, "--k", "1:2", "-w", "w"]
    code, out, err = run(*words, "--no-quality")
    assert code == 0, err
    assert numbers(out) == [1, 2]
    assert "NDCG@10 on" not in out
    assert "Silhouettes are of" not in out
    code, out, _ = run(*words, "--no-quality", "--silhouette-sample", "20")
    assert "Silhouettes are of a sample of 20 rows" in out


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--k", "0:3"], 2, "`--k` must be at least 1"),
        (["--k", "3:1"], 2, "empty range"),
        (["--k", "29:31", "--features", "likes"], 2, "at most 30, the distinct ones"),
        (["--features", "nonsense"], 2, "`features` of users"),
        (["--features", "profiles"], 2, "age, gender, occupation"),
        (["--features", "genres"], 2, "genres are known"),
        (["--boundary", "-1"], 2, "`--boundary`"),
        (["--k", "3:5", "--upto", "2"], 2, "`--upto`"),
        (["--n-init", "0"], 2, "`n_init`"),
        (["--data", "nowhere.csv"], 3, "nowhere.csv"),
    ],
)
def test_what_goes_wrong_is_said_in_one_line(run, words, code, said):
    got, _, err = run("--data", "r.csv", "-w", "w", *words)
    assert got == code, err
    assert said in err
    assert "Traceback" not in err


def test_no_workspace(run):
    code, _, err = run("-w", "nowhere")
    assert code == 4
    assert "nowhere" in err


@pytest.mark.parametrize(
    "way", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.slow)]
)
def test_what_was_measured_survives(run, tmp_path, way):
    asked = ["--data", "r.csv", "--features", "likes", "-w", "w"]
    command = [sys.executable, "-u", "-m", "matinee", "clusters", "scan", *asked, "--k", "1:29"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
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
        assert "numbers of clusters are kept in w/scans/users-likes-kmeans-r-" in err
    (file,) = (tmp_path / "w" / "scans").glob("*.json")
    kept = [row["k"] for row in json.loads(file.read_text())["measured"]]
    assert kept[:3] == [1, 2, 3]
    code, out, err = run(*asked, "--k", "1:3")
    assert code == 0, err
    assert out.splitlines(keepends=True)[: len(seen)] == seen
