"""What the documents show in Python runs, and the figures that they tell are those of today."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from documents import ROOT, blocks, rows, section, text_of

from matinee import create, splits
from matinee.evaluation.compare import compare
from matinee.storage.workspace import Workspace


def ran(path: Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, str(path)],
        cwd=cwd,
        env={**os.environ, "MATINEE_CACHE": str(cwd / "cache"), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_quickstart_runs_and_is_what_the_readme_shows(shared_data, tmp_path):
    shown = ran(ROOT / "examples/quickstart.py", tmp_path, MATINEE_DATA=str(shared_data))
    assert re.match(r"\{'rmse': 0\.\d+, ", shown)
    assert re.search(r"^\d\.\d\d  .+ \(\d{4}\)$", shown, re.MULTILINE)
    printed = next(b for b in blocks(text_of("README.md"), "") if b.startswith("{'rmse'"))
    assert float(shown[9:15]) == pytest.approx(float(printed[9:15]), abs=0.001)
    assert len(shown.splitlines()) == len(printed.splitlines())


def test_readme_includes_the_quickstart():
    code = text_of("examples/quickstart.py").partition('"""\n\n')[2]
    assert blocks(text_of("README.md"), "python") == [code]
    assert sum(bool(line) for line in code.splitlines()) == 10


def test_own_ratings_runs(tmp_path):
    shown = ran(ROOT / "examples/own_ratings.py", tmp_path)
    assert "38 kept, 5 bad" in shown
    assert "line 40, column 'who': empty user id" in shown
    assert "  Neuromancer, " in shown.partition("why")[0]
    assert "you like Foundation" in shown
    assert "ann's newest rating: Neuromancer" in shown


def test_every_example_is_run_here():
    source = Path(__file__).read_text("utf-8")
    for path in (ROOT / "examples").glob("*.py"):
        assert f'"examples/{path.name}"' in source


def test_python_in_the_how_to_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [f"u{u},i{i},{1 + (u + i) % 5},{u}" for u in range(4) for i in range(3)]
    Path("ratings.csv").write_text("\n".join(["who,what,stars,at", *lines, "u9,i9,3,9"]) + "\n")
    (code,) = blocks(text_of("docs/your-own-ratings.md"), "python")
    exec(code, {})
    with Workspace.open("filtered") as workspace:
        assert workspace.store.n_ratings() == 12


def test_the_model_that_contributing_shows_passes_the_contract(tmp_path):
    (code,) = blocks(text_of("CONTRIBUTING.md"), "python")
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "pure_svd.py").write_text(code, "utf-8")
    (tmp_path / "one_more_model.py").write_text(
        f"import matinee.models\nmatinee.models.__path__.append({str(tmp_path / 'models')!r})\n",
        "utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "one_more_model"]
    command += ["-p", "no:cacheprovider", "tests/contracts", "-k", "pure_svd"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 10


def test_figures_of_the_readme_are_those_of_today(ml_100k, compiled):
    """The clusters need side information too; the others are held to what is measured here."""
    told = rows(section(text_of("README.md"), "## How it stands against peers"))
    shown = {name.replace("`", ""): figures for name, *figures in told}
    rated = compare([create("als"), create("biases")], splits.random_split(ml_100k))
    (listed,) = compare([create("popularity")], splits.user_holdout(ml_100k, liked=4.0))
    for found in rated:
        (rmse,) = map(float, shown[f"matinee {found.model}"])
        assert rmse == pytest.approx(found.figures["rmse"], abs=0.001)
    ndcg, recall = map(float, shown["matinee popularity"])
    assert ndcg == pytest.approx(listed.figures["ndcg@10"], abs=0.001)
    assert recall == pytest.approx(listed.figures["recall@20"], abs=0.001)
