"""The training curve as a picture and as a page."""

from __future__ import annotations

import pytest

from matinee.report import curve


@pytest.fixture
def told():
    def epoch(fit, number, part, rmse):
        return {
            "fit": fit,
            "epoch": number,
            "judged_on": part,
            "rmse": rmse,
            "mae": 0.7,
            "r2": None,
            "seconds": 0.1,
        }

    return {
        "model": "als",
        "parameters": {"factors": 8},
        "protocol": "random, 90%/10%",
        "epochs": 1,
        "figures": {"rmse": 0.91, "r2": 0.3},
        "counted": 1234,
        "curve": [
            epoch("search", 1, "validation", 0.9),
            epoch("search", 2, "validation", 0.95),
            epoch("final", 1, "test", 0.91),
        ],
        "notes": ["a note"],
        "seconds": 1.0,
    }


def test_a_line_for_each_part_and_the_epoch_that_was_kept(told):
    figure = curve.rmse_by_epoch(told["curve"], 1)
    lines = {line.get_label(): line.get_ydata() for line in figure.axes[0].lines}
    assert lines["validation"].tolist() == [0.9, 0.95]
    assert lines["test"].tolist() == [0.91]
    assert "epoch 1, kept" in lines


def test_the_page_says_what_was_told_once(told, tmp_path):
    curve.write(tmp_path, told)
    assert sorted(file.name for file in tmp_path.iterdir()) == [curve.PAGE, curve.PICTURE]
    text = (tmp_path / curve.PAGE).read_text()
    for said in (
        "als was kept after epoch 1: RMSE 0.9100 on 1,234 test ratings.",
        "Protocol: random, 90%/10%.",
        "a note",
        "R²",
        "chosen by validation ratings",
        ">0.9500<",
    ):
        assert said in text
    given = [e for e in told["curve"] if e["judged_on"] == "test"]
    curve.write(tmp_path, {**told, "curve": given, "notes": ["held out by random, 90%/10%"]})
    text = (tmp_path / curve.PAGE).read_text()
    assert "The epochs were given." in text
    assert text.count("random, 90%/10%") == 1
