"""What the documents show in Python runs, and the figures that they tell are those of today."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from documents import ROOT, blocks, rows, section, text_of
from small import small_workspace

from matinee import Engine, create, splits, train
from matinee.evaluation.compare import compare
from matinee.storage.workspace import Workspace


def ran(path: Path, cwd: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, str(path)],
        cwd=cwd,
        env={**os.environ, "MATINEE_CACHE": str(cwd / "cache"), **environment},
        capture_output=True,
        text=True,
        timeout=300,
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


def code_of(path: Path) -> str:
    """The code of a notebook's cells in order, without the lines that are Jupyter's own."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    lines = [line for c in cells if c["cell_type"] == "code" for line in [*c["source"], "\n"]]
    return "".join(line for line in lines if not line.startswith("%"))


def ran_notebook(name: str, data: Path, tmp_path: Path) -> str:
    script = tmp_path / "cells.py"
    script.write_text(code_of(ROOT / name), "utf-8")
    return ran(script, tmp_path, MATINEE_DATA=str(data), MPLBACKEND="agg")


def test_clusters_of_movies_step_by_step(latest_small, tmp_path):
    shown = ran_notebook("examples/content_kmeans.ipynb", latest_small, tmp_path)
    assert "min_ratings_per_item(10) removed" in shown
    found = re.findall(r"^silhouette .*: +(-?\d\.\d\d)$", shown, re.MULTILINE)
    with_id, of_genre, at_random = map(float, found)
    told = " ".join(text_of("docs/from-the-references.md").split())
    for said, figure in (
        (r"gets (\.\d\d) with the id", with_id),
        (r"(\.\d\d) again when the ids are drawn at random", at_random),
        (r"(\.\d\d) for the genres alone", of_genre),
    ):
        assert float(re.search(said, told)[1]) == pytest.approx(figure, abs=0.011)
    assert re.search(r"^\d\.\d\d +\d+ ratings  .+ \(\d{4}\)$", shown, re.MULTILINE)


def test_clusters_of_people_step_by_step(latest_small, tmp_path):
    shown = ran_notebook("examples/user_kmeans.ipynb", latest_small, tmp_path)
    assert "people were moved" in shown
    before, after = re.search(r"(\d+) people of the cluster before, (\d+) now", shown).groups()
    assert int(after) == int(before) + 1
    assert re.search(r"liked by \d+% of the \d+ people most like you", shown)


def test_movie_time_step_by_step(latest_small, tmp_path):
    shown = ran_notebook("examples/movie_time.ipynb", latest_small, tmp_path)
    assert "ratings_per_user(101, 999) removed" in shown
    told = " ".join(text_of("docs/from-the-references.md").split())
    for label, said in (
        ("means of all ratings", r"gets (\.\d\d) with them on purpose"),
        ("means of training ratings", r"(\d\.\d\d) where test ratings are kept out"),
        ("theirs, without answers", r"(\.\d\d) where no row sees its own"),
        ("all of matinee's", r"(\.\d\d) with all of matinee's features"),
    ):
        found = re.search(rf"^{label} +RMSE (\d\.\d+)", shown, re.MULTILINE)
        assert float(re.search(said, told)[1]) == pytest.approx(float(found[1]), abs=0.011)
    assert re.search(r"^movie mean: moved by .* with the own rating$", shown, re.MULTILINE)
    assert "leaks: []" in shown
    assert len(re.findall(r"^0\.\d{4}  (?:squared|absolute) loss", shown, re.MULTILINE)) == 8
    assert len(re.findall(r"^\d\.\d\d  .+ \(\d{4}\)$", shown, re.MULTILINE)) == 20
    held = re.search(r"^90%: \d\.\d to \d\.\d \((\d+\.\d)% were\)$", shown, re.MULTILINE)
    assert 88 < float(held[1]) < 92


def test_a_first_look_at_ratings(shared_data, tmp_path):
    shown = ran_notebook("examples/eda.ipynb", shared_data, tmp_path)
    assert "1,000 rows, 995 kept, 4 bad, 1 duplicate" in shown
    assert "line 31, column 'rating': unparsable rating" in shown
    assert "min_ratings_per_item(5) removed 713 ratings" in shown
    assert "943 people, 1,682 movies, 100,000 ratings from 1997-09-20 on" in shown
    assert "of the ratings since 1998-03-31, 71% are of new people" in shown
    assert "[split] Cut in time, beside any random split" in shown
    alone, best = re.findall(r"^(\d\.\d\d), (\d+) ratings: .+ \(\d{4}\)$", shown, re.MULTILINE)[::3]
    assert float(alone[0]) > float(best[0])
    assert int(alone[1]) < 10 < int(best[1])


def test_a_model_built_and_judged(latest_small, tmp_path):
    shown = ran_notebook("examples/model.ipynb", latest_small, tmp_path)
    assert "filters: min_ratings_per_item(10); counted: every test rating" in shown
    assert "leaks: ()\nTest ratings must be of (user, item) pairs that training lacks" in shown
    rmse, low, high = map(
        float, re.search(r"^RMSE (\S+), (\S+) to (\S+), of", shown, re.M).groups()
    )
    assert low < rmse < high < 0.85
    held = re.search(r"^coverage@90% +(\S+)$", shown, re.MULTILINE)
    assert 0.88 < float(held[1]) < 0.92
    light, heavy = (
        float(re.search(rf"^people {who} .* RMSE (\S+)$", shown, re.MULTILINE)[1])
        for who in ("light", "heavy")
    )
    assert light > heavy
    pairs = re.findall(r"^(\w+) - (\w+): ([+-]\S+) .* p = (\S+)$", shown, re.MULTILINE)
    assert len(pairs) == 3
    assert float(pairs[0][3]) < 0.05
    assert re.search(r"^comparison.html: 0\.\d MB$", shown, re.MULTILINE)
    assert len(re.findall(r"^\d\.\d\d  .+ \(\d{4}\)$", shown, re.MULTILINE)) == 5


@pytest.mark.parametrize("path", sorted((ROOT / "examples").glob("*.ipynb")), ids=lambda p: p.name)
def test_notebooks_are_of_format_4_5_and_hold_no_outputs(path):
    notebook = json.loads(path.read_text("utf-8"))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"] == {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    for cell in notebook["cells"]:
        fields = {"cell_type", "id", "metadata", "source"}
        if cell["cell_type"] == "code":
            fields |= {"execution_count", "outputs"}
            assert (cell["execution_count"], cell["outputs"]) == (None, [])
        assert set(cell) == fields
        assert all(line.endswith("\n") for line in cell["source"][:-1])
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[\w-]{1,64}", i) for i in ids)


def test_every_example_is_run_here():
    source = Path(__file__).read_text("utf-8")
    for path in (ROOT / "examples").iterdir():
        assert path.is_dir() or f'"examples/{path.name}"' in source


def test_python_in_the_how_to_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = [f"u{u},i{i},{1 + (u + i) % 5},{u}" for u in range(4) for i in range(3)]
    Path("ratings.csv").write_text("\n".join(["who,what,stars,at", *lines, "u9,i9,3,9"]) + "\n")
    (code,) = blocks(text_of("docs/your-own-ratings.md"), "python")
    exec(code, {})
    with Workspace.open("filtered") as workspace:
        assert workspace.store.n_ratings() == 12


def test_python_in_the_clusters_page_runs(shared_data, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MATINEE_DATA", str(shared_data))
    monkeypatch.setenv("MATINEE_CACHE", str(tmp_path / "cache"))
    small_workspace(tmp_path / "shop", trained=False)
    with Workspace.open("shop") as workspace:
        Engine(workspace).rate("42", "m0", 5)
        train(workspace, ["user_clusters"], parameters={"features": "likes", "n_clusters": 2})
    scanning, looking = blocks(text_of("docs/clusters.md"), "python")
    exec(scanning, {})
    assert "structure" in capsys.readouterr().out
    assert Path("elbow.png").stat().st_size > 1000
    exec(looking, {})
    shown = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"0 \d+ .+", shown[0])
    assert re.search(r": \d+% of the cluster, \d+% of everybody$", shown[-3])
    assert shown[-1] == shown[-2]


def test_python_in_the_rating_page_runs(shared_data, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MATINEE_DATA", str(shared_data))
    monkeypatch.setenv("MATINEE_CACHE", str(tmp_path / "cache"))
    (code,) = blocks(text_of("docs/predicting-ratings.md"), "python")
    exec(code, {})
    leak, none = capsys.readouterr().out.splitlines()
    assert leak.startswith("movie mean: moved by ")
    assert none == "leaks: []"


def test_python_in_the_evaluation_page_runs(shared_data, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MATINEE_DATA", str(shared_data))
    monkeypatch.setenv("MATINEE_CACHE", str(tmp_path / "cache"))
    (code,) = blocks(text_of("docs/evaluation.md"), "python")
    exec(code, {})
    protocol, figures, tail = capsys.readouterr().out.splitlines()
    assert protocol.startswith("strong, 90%/10%, seed 42, users with 5+, liked = rated 4+")
    assert re.match(r"\d+ people \{'ndcg@10': 0\.\d+, .*'auc': 0\.", figures)
    assert "'recall@20': " in tail


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
