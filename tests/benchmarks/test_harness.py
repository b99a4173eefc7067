"""The shared parts of the benchmarks, without network and without peers."""

from __future__ import annotations

import sys
import tomllib

import numpy as np
import pytest
from documents import ROOT

FOLDER = ROOT / "benchmarks"
if not FOLDER.exists():
    pytest.skip("no benchmarks beside these tests", allow_module_level=True)


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))


@pytest.fixture
def data(tmp_path):
    """Six people and five items: who chose what, and whose lists are judged."""
    path = tmp_path / "data.npz"
    np.savez(
        path,
        indptr=np.arange(0, 13, 2, dtype=np.int32),
        indices=np.array([0, 1, 0, 2, 1, 2, 0, 3, 0, 4, 1, 3], np.int32),
        shape=np.array([6, 5]),
        people=np.arange(6),
    )
    return path


def test_a_worker_answers_with_numbers_and_arrays(tmp_path, data):
    from environments import OURS, Worker

    worker = Worker(OURS, tmp_path, 1)
    try:
        answer = worker.run("ranking", data, model="popularity")
    finally:
        worker.close()
    assert answer["seconds"] > 0
    assert answer["lists"].shape == (6, 5)
    assert not list(tmp_path.glob("answers/*"))


def test_a_job_that_fails_is_left_out_with_a_word(tmp_path, data, capsys):
    from harness import Contestant, Field

    field = Field(tmp_path, 1)
    try:
        good = Contestant("good", "ours", "ranking", {"model": "popularity"})
        bad = Contestant("bad", "ours", "ranking", {"model": "popularity", "unknown": 1})
        assert field.present([good, bad]) == [good, bad]
        assert field.run(bad, data) is None
        assert "seconds" in field.run(good, data), "another process goes on"
    finally:
        field.close()
    assert list(field.skipped) == ["bad"]
    assert "has no hyperparameter" in capsys.readouterr().err


def test_a_python_that_is_not_here_is_said():
    from environments import Missing, interpreter

    assert interpreter(f"{sys.version_info[0]}.{sys.version_info[1]}")
    with pytest.raises(Missing, match=r"needs Python 3\.99"):
        interpreter("3.99")
    with pytest.raises(Missing, match=r"3\.11\.99 or newer"):
        interpreter("3.11", (3, 11, 99))


def test_contestants_take_turns(tmp_path):
    from harness import Contestant, alternate

    order = []

    def run(contestant, data):
        order.append(contestant.label + data.name)
        return None if contestant.label == "c" else {"seconds": 1.0}

    field = [Contestant(label, "ours", "ranking") for label in "abc"]
    found = alternate(run, field, tmp_path / "big", 2, tmp_path / "small")
    assert order == ["asmall", "bsmall", "csmall", "abig", "bbig", "abig", "bbig"]
    assert {label: len(results) for label, results in found.items()} == {"a": 2, "b": 2}


def test_times_are_medians_with_ranges():
    from harness import Times, times

    spent = times([{"seconds": [1.0, 2.0]}, {"seconds": [6.0]}])
    assert str(spent) == "2 (1-6)"
    assert spent.ratio(Times((4.0, 4.0, 4.0))) == "0.50x (0.25-1.50)"


def test_a_section_replaces_its_own_only():
    from harness import replaced

    text = replaced("# Results\n\nHead.\n", "B", "## B\n\nold\n")
    text = replaced(text, "A", "## A\n\nfirst\n")
    text = replaced(text, "B", "## B\n\nnew\n")
    assert text == "# Results\n\nHead.\n\n## A\n\nfirst\n\n## B\n\nnew\n"


def test_the_objective_is_that_of_the_best_people(monkeypatch):
    import objective

    monkeypatch.setattr(objective, "_losses", objective._losses.py_func)  # spares compiling it
    generator = np.random.default_rng(0)
    chosen = generator.random((4, 5)) < 0.5
    chosen[:, 0] = True
    indptr = np.append(0, np.cumsum(chosen.sum(axis=1))).astype(np.int32)
    indices = np.nonzero(chosen)[1].astype(np.int32)
    items = generator.normal(size=(5, 2)).astype(np.float32)
    expected = 0.0
    for row in chosen:
        mine = 0.1 * (row.sum() + 0.3 * 5) ** 0.5
        matrix = items[row].T @ items[row] + 0.3 * items.T @ items + mine * np.eye(2)
        x = np.linalg.solve(matrix, items[row].sum(axis=0))
        expected += ((1 - items[row] @ x) ** 2).sum() + 0.3 * ((items @ x) ** 2).sum()
        expected += mine * (x**2).sum()
    of_items = 0.1 * (chosen.sum(axis=0) + 0.3 * 4) ** 0.5
    expected += (of_items * (items**2).sum(axis=1)).sum()
    assert objective.loss(indptr, indices, items, 0.3, 0.1, 0.5) == pytest.approx(
        expected, rel=1e-5
    )


def test_settings_of_ours_are_hyperparameters_that_exist():
    from harness import settings

    from matinee import models

    for data in tomllib.loads((FOLDER / "settings.toml").read_text("utf-8")):
        for name, values in settings("ours", data).items():
            assert set(values) <= set(models.get(name).hyperparameters), name
            models.get(name)(**values)


@pytest.fixture
def ratings():
    """Forty ratings of eight people and six items, with times, genres and two test pairs."""
    generator = np.random.default_rng(3)
    rows = generator.choice(48, 40, replace=False)
    return {
        "user": (rows // 6).astype(np.int32),
        "item": (rows % 6).astype(np.int32),
        "value": generator.integers(1, 6, 40).astype(np.float32),
        "time": np.arange(40) * 50_000,
        "shape": np.array([8, 6]),
        "test_user": np.array([0, 7], np.int32),
        "test_item": np.array([5, 0], np.int32),
        "test_time": np.array([2_000_000, 2_000_001]),
        "item_features_data": np.ones(7, np.float32),
        "item_features_indices": np.array([0, 1, 0, 1, 0, 1, 0], np.int32),
        "item_features_indptr": np.array([0, 2, 3, 4, 5, 6, 7], np.int32),
        "item_features_names": np.array(["genre:Drama", "genre:War"]),
    }


def test_features_of_a_rating_do_not_know_it(ratings):
    from contestants.leak_free import features

    known, asked = features(ratings)
    moved = ratings["value"].copy()
    moved[7] = 6 - moved[7] if moved[7] != 3 else 5
    changed, answers = features({**ratings, "value": moved})
    np.testing.assert_array_equal(changed[7], known[7])
    assert (changed != known).any(), "others do know it"
    assert (answers != asked).any()
    assert known.shape == (40, 3 + 3 + 2 + 4 + 2)
    assert asked.shape == (2, known.shape[1])


def test_our_own_models_get_times_and_what_is_known_of_items(ratings):
    from contestants.ours import rating

    answer = rating(ratings, "biases", side=True)
    assert answer["predicted"].shape == (2,)
    assert answer["seconds"] > 0


def test_every_line_of_a_table_has_a_name_of_its_own():
    import accuracy_ratings
    from environments import PEERS

    for split in ("random", "time", "u1"):
        lines = accuracy_ratings.contestants("ml-100k", split)
        assert len({line.label for line in lines}) == len(lines)
        assert {line.library for line in lines} <= {"ours", *PEERS}
