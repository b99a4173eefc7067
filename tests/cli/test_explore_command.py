"""`matinee explore`, as a person types it."""

from __future__ import annotations

import json
import re

import pytest
from small import small_workspace

CSV = "userId,movieId,rating,timestamp\n" + "".join(
    f"{u},{i},{1 + (u + i) % 5},{1_000_000_000 + 977 * (u * 7 + i)}\n"
    for u in range(8)
    for i in range(7)
)


@pytest.fixture
def ratings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my ratings.csv").write_text(CSV + "1,2,huge,5\n")
    return tmp_path


def test_a_file(matinee, ratings):
    code, out, err = matinee("explore", "my ratings.csv", "-w", "w")
    assert code == 0, err
    assert "1 of 57 rows (1.8 %) were unusable" in out
    assert "For the split" in out
    assert "EASE fits in memory." in out
    assert re.search(r"rows left out +1 *\n", out)
    path = ratings / "w" / "reports" / "explore-my-ratings.html"
    assert out.splitlines()[-1] == "Report: w/reports/explore-my-ratings.html"
    assert "my ratings at a glance" in path.read_text(encoding="utf-8")


def test_the_workspace_is_the_default(matinee, tmp_path):
    place = small_workspace(tmp_path / "w", trained=False)
    code, out, err = matinee("explore", "-w", str(place), "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["report"] == str(place / "reports" / "explore-w.html")
    assert (place / "reports" / "explore-w.html").exists()
    assert told["facts"]["ratings"] == 603
    assert told["intake"] is None
    assert {finding["about"] for finding in told["findings"]} == {"split", "model"}
    code, _, err = matinee("explore", "-w", str(tmp_path / "none"))
    assert code == 4
    assert "no workspace" in err
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nothing.csv", "--out", "x.html"), "no file or folder"),
        (("my ratings.csv", "--out", "no/x.html"), "`--out` must name a file"),
        (("my ratings.csv", "--out", "."), "`--out` must name a file"),
        (("my ratings.csv", "--query", "select 1", "--out", "x.html"), "--query must come with"),
    ],
)
def test_errors_are_one_line(matinee, ratings, words, said):
    code, out, err = matinee("explore", *words)
    assert code in (2, 3)
    assert out == ""
    assert said in err
    assert len(err.strip().splitlines()) == 1
    assert not (ratings / "x.html").exists()


def test_a_full_disk_is_said_before_anything_is_read(matinee, ratings, monkeypatch):
    class Full:
        def __init__(self, **_):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("matinee.report.page.TemporaryFile", Full)
    monkeypatch.setattr("matinee.exploring.source.read", None)
    code, out, err = matinee("explore", "my ratings.csv", "--out", "x.html")
    assert (code, out) == (7, "")
    assert len(err.strip().splitlines()) == 1
    assert "more space" in err
