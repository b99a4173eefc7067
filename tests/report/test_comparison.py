"""The report of a comparison: complete whatever is missing, and safe whatever names there are."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from compared import BEYOND, EVIL, bare, board, comparison, entry, versus

from matinee.evaluation.records import Figure
from matinee.report import comparison as report
from matinee.report import comparison_plots as plots
from matinee.report import comparison_tables as tables


def written(path, *boards, **facts):
    report.write(path, comparison(*boards, **facts))
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def models():
    return [entry("ease", 0.3), entry("als", 0.25), entry("popularity", 0.1)]


def test_the_answer_comes_first_and_all_it_rests_on_follows(models, tmp_path):
    text = written(tmp_path / "a.html", board(models), data=EVIL)
    assert text.index("ease leads") < text.index("trials a model") < text.index("<svg")
    for said in (
        "each tuned on validation ratings by 2 trials",
        "time, 90%/10%; the latest tenth is test",
        "ease is absent: it needs 9 GB",
        "0.2800\N{NO-BREAK SPACE}to 0.3200",
        "Holm",
        "coverage@10",
        "light (120)",
        "Made 2026-01-01T00:00:00Z in 75 s.",
        "matinee compare --data",
        "1 diverged",
        "factors 16, regularization 0.125",
        "Every repeat",
    ):
        assert said in text
    # Who leads, time, coverage, learning, tuning.
    assert text.count("<svg") == 5
    assert "<script" not in text
    assert text.count("&lt;script&gt;") >= 6


# Many models, and hostile names, are looked at in Chromium.
@pytest.mark.parametrize(
    "entries",
    [
        [bare("alone", 0.3)],
        [bare("alone")],
        [bare("a", 0.3), replace(entry("b", 0.2), segments={}), replace(bare("c"), figures={})],
    ],
    ids=["one", "nan", "nothing"],
)
def test_odd_boards(entries, tmp_path):
    of = replace(board(entries[:2]), entries=tuple(entries), versus=versus(entries[:2]))
    assert not re.search(r"\bnan\b", written(tmp_path / "a.html", of))


def test_models_beyond_competition_are_hollow_and_on_no_front(models):
    of = board([entry("cheat", 0.9, label="cheat (sees which test pairs exist)"), *models])
    plot = plots.against_time(of)
    line, *points = plot.figure.axes[0].lines
    assert [p.get_markerfacecolor() for p in points].count("none") == 1
    assert 0.9 not in line.get_ydata()
    assert plot.meaning.endswith("Hollow: out of competition.")
    assert plots.forest(of).rows[0][0] == "cheat (sees which test pairs exist)"


def test_a_front_joins_what_nothing_beats_in_both():
    fast, good, poor = (1.0, 0.2), (2.0, 0.3), (3.0, 0.1)
    assert plots._front([poor, good, fast], less_x=True, less_y=False) == [fast, good]
    assert plots._front([poor, good, fast], less_x=False, less_y=True) == [poor]


def test_what_new_people_are_worth_by_history(models):
    boards = []
    for given in (0, 5):
        of = board([replace(m, figures={"ndcg@10": Figure(given / 10), **BEYOND}) for m in models])
        told = {"kind": "new-users", "given": given}
        boards.append(replace(of, protocols=(told,), repeats=("seed 1",)))
    (plot,) = report._histories(boards)
    assert plot.title == "Ranking what people will like for new people"
    assert plot.columns == ("model", "ratings known 0", "ratings known 5")
    assert plot.rows[0] == ("ease", 0.0, 0.5)


def test_windows_are_drawn_in_turn(models):
    twice = tuple(f"seed {seed} of the models, fold {i} of 2" for seed in (1, 2) for i in (1, 2))
    of = replace(
        board([replace(m, by_repeat=m.by_repeat * 2) for m in models]),
        protocols=({"kind": "rolling"},),
        repeats=twice,
    )
    plot = plots.by_window(of)
    assert plot.columns == ("model", "window 1", "window 2")
    assert plot.rows[0] == ("ease", pytest.approx(0.29), pytest.approx(0.31))
    assert plots.by_window(board(models)) is None


def test_shades_are_darkest_where_it_is_best():
    rating = board([entry("a", 0.8, "rmse"), entry("b", 1.0, "rmse")], "rmse")
    (table,) = tables.segments(rating)
    assert table.columns == ("model", "light (120)", "heavy (180)")
    assert table.shades == [[None, 1.0, None], [None, 0.0, None]]
    odd = replace(entry("c", 0.9, "rmse"), segments={"people": {"light": {"rmse": math.nan}}})
    (table,) = tables.segments(replace(rating, entries=(*rating.entries, odd)))
    assert table.shades[2] == [None, None, None]
    assert table.cells[2] == ["c", "–", "–"]


def test_tables_of_likeness_say_what_they_mean(models):
    assert tables.alike(board(models)).cells[0] == ["ease", "–", "0.25", "0.25"]
    predicting = board([entry("a", 0.8, "rmse"), entry("b", 1.0, "rmse")], "rmse")
    assert tables.alike(predicting).cells[0] == ["a", "–", "0.50"]
    assert tables.contested(predicting).cells[0][1:] == ["7", "0.00", "0.10"]
    assert tables.contested(board(models)).cells[0][1:] == ["7", "0%", "10%", "20%"]
    assert tables.alike(board(models[:1])) is None
