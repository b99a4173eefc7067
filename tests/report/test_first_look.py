"""The report is one file, complete, and safe whatever the titles are."""

from __future__ import annotations

import re
from dataclasses import replace

import pyarrow as pa
import pytest
from compared import EVIL, bare, board, comparison, entry
from small import small_dataset

from matinee.answers import Reason, Recommendation
from matinee.interactions import Interactions
from matinee.report.first_look import Asked, write


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "look.html"
    found = Recommendation("1", EVIL, 1996, [], 1.0, 4.2, "low", [Reason("rated", EVIL, 1.0, "2")])
    predicting = [entry("als", 0.9, "rmse"), entry("biases", 0.92, "rmse")]
    ranking = [entry("ease", 0.3), bare("popularity")]
    made = comparison(board(predicting, "rmse"), board(ranking))
    write(path, replace(small_dataset(), name=EVIL), made, [Asked("For you", [found])])
    return path.read_text(encoding="utf-8")


def test_everything_is_in_it(page):
    for expected in ("als", "biases", "popularity", "For you", "4.2 expected", "RMSE", "NDCG@10"):
        assert expected in page
    assert "<b>als leads.</b>" in page
    assert "0.8800 to 0.9200" in page
    assert page.count("<svg") == 2


def test_nothing_comes_from_elsewhere(page):
    body = re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)
    assert "https://" not in re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    assert "src=" not in body


def test_titles_are_text_and_never_code(page):
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_no_half_written_file_is_left(page, tmp_path):
    data = small_dataset()
    write(tmp_path / "a.html", data, comparison(), [])
    assert [f.name for f in tmp_path.iterdir()] == ["a.html"]


def test_implicit_feedback(tmp_path):
    data = small_dataset()
    ratings = data.interactions
    implicit = Interactions(ratings.user_index, ratings.item_index, n_users=30, n_items=40)
    users = pa.table({"user_id": data.users.ids})
    write(
        tmp_path / "a.html",
        replace(data, interactions=implicit, user_table=users, scale=None),
        comparison(),
        [],
    )
    text = (tmp_path / "a.html").read_text()
    assert "The long tail" in text
    assert "How high people rate" not in text
