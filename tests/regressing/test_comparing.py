"""Regressors side by side: the same rows for all, validation to choose, test to judge once."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from matinee import regressing
from matinee.errors import InvalidInput, InvalidParameter, Unsupported
from matinee.evaluation import metrics
from matinee.interactions import Interactions
from matinee.regressing import rows, searching
from matinee.regression import Settings
from matinee.report import regressors as report
from matinee.splits import random_split

FAST = {"boosting": Settings(trees=10), "forest": Settings(trees=5), "adaboost": Settings(trees=5)}


@pytest.fixture(scope="module")
def ratings():
    generator = np.random.default_rng(0)
    user, item = np.nonzero(generator.random((50, 30)) < 0.5)
    value = np.where(user % 2 == item % 2, 4, 2) + generator.integers(-1, 2, len(user))
    return Interactions(user, item, value, 10**9 + np.arange(len(user)), 50, 30)


@pytest.fixture(scope="module")
def made(ratings):
    return regressing.of_split(random_split(ratings, 0.2, 0), taste=2)


def test_all_six_on_one_split(made):
    found = regressing.compare(made, settings=FAST)
    assert {one.kind for one in found.judged} == set(regressing.SPACES)
    assert [one.rmse for one in found.judged] == sorted(one.rmse for one in found.judged)
    assert found.best is found.judged[0]
    assert (found.train, found.test) == (len(made.y), len(made.y_test))
    for one in found.judged:
        assert one.fit_seconds > 0
        assert one.rmse < made.y_test.std()
    table = found.to_arrow()
    assert table.column_names[:4] == ["kind", "rmse", "mae", "r2"]
    assert table.num_rows == 6


def test_figures_are_those_of_clipped_predictions(made):
    one = regressing.judge(made, "ridge")
    from matinee.regression import fit

    predicted = np.clip(fit("ridge", made.x, made.y).predict(made.x_test), 1, 5)
    assert one.rmse == metrics.rmse(predicted, made.y_test)
    assert one.mae == metrics.mae(predicted, made.y_test)
    assert one.r2 == metrics.r2(predicted, made.y_test)
    assert one.label == "loss squared, regularization 10"


def test_rows_of_your_own():
    generator = np.random.default_rng(1)
    x = generator.normal(size=(300, 3))
    y = x[:, 0] + 3
    own = regressing.of_arrays(x[:200], y[:200], x[200:], y[200:], ("a", "b", "c"))
    found = regressing.compare(own, kinds=["ridge"])
    assert found.columns == ("a", "b", "c")
    assert found.best.rmse < 0.2
    with pytest.raises(InvalidInput, match="shapes"):
        regressing.of_arrays(x, y[:-1], x, y)
    with pytest.raises(InvalidInput, match="shapes"):
        regressing.of_arrays(x, y, x[:, :2], y)


def test_a_grid_tries_all_and_test_ratings_judge_the_best_once(ratings, monkeypatch):
    asked = []
    judge = searching.judge

    def watched(made, kind, settings, *, seed):
        asked.append((len(made.y_test), kind))
        return judge(made, kind, settings, seed=seed)

    monkeypatch.setattr(searching, "judge", watched)
    split = random_split(ratings, 0.2, 0)
    found = regressing.search(split, None, ["ridge", "tree"], taste=0)
    tests = [kind for n, kind in asked if n == len(split.test)]
    assert sorted(tests) == ["ridge", "tree"]
    assert len(found.tried) == 4 + 9
    for one in found.judged:
        of_kind = [t for t in found.tried if t.kind == one.kind]
        assert one.settings == min(of_kind, key=lambda t: t.rmse).settings


def test_a_space_of_ones_own_and_trials(made):
    space = {"loss": ("squared", "absolute"), "trees": (2, 4), "depth": (2,)}
    grid = regressing.tried(made, "boosting", space=space)
    assert len(grid.tried) == 4
    assert len({one.label for one in grid.tried}) == 4
    twice = [regressing.tried(made, "ridge", trials=3).tried for _ in range(2)]
    assert [a.rmse for a in twice[0]] == [b.rmse for b in twice[1]]
    drawn = regressing.tried(made, "boosting", space=space, trials=2).tried
    assert all(2 <= one.settings.trees <= 4 for one in drawn)


def test_what_cannot_be(made, ratings, monkeypatch):
    for kinds in ([], ["ridge", "ridge"], ["magic"]):
        with pytest.raises(InvalidParameter, match="kinds"):
            regressing.compare(made, kinds=kinds)
    with pytest.raises(InvalidParameter, match="space"):
        regressing.tried(made, "ridge", space={"wings": (1, 2)})
    with pytest.raises(InvalidParameter, match="trials"):
        regressing.tried(made, "ridge", trials=0)
    choices = random_split(ratings.liked(4), 0.2, 0)
    with pytest.raises(InvalidInput, match="ranking"):
        rows.of_split(choices)
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(Unsupported, match="grid"):
        regressing.tried(made, "ridge", trials=2)


def test_the_report_is_one_safe_file(made, tmp_path):
    evil = '<script>alert("x")</script>'
    found = regressing.tried(made, "ridge")
    report.write(tmp_path / "r.html", found, name=evil)
    page = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert evil not in page
    assert page.count("<svg") == 2
    # Both tables, and again beneath their plots.
    assert page.count("<tr") == 2 * (2 + len(found.judged) + len(found.tried))
    assert f"{found.best.rmse:.4f}" in page
    assert "user_recent" in page
    points = report.rmse_by_time(regressing.compare(made, kinds=["tree", "ridge"])).axes[0]
    assert len(points.collections) == 2
