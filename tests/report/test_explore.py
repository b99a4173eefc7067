"""The report of an exploration: complete, safe, and readable in a real Chromium."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from small import small_dataset

from matinee.data import load
from matinee.data.dataset import Dataset, Vocabulary
from matinee.exploring.overview import explore
from matinee.exploring.records import Intake
from matinee.interactions import Interactions
from matinee.report import explore as report
from matinee.report import explore_plots as plots

EVIL = "<script>alert('x')</script>"
INTAKE = Intake(9, 6, {EVIL: 2}, 1, (f"line 3: {EVIL}",), {"user": EVIL}, "milliseconds")


def hostile():
    """Everything that comes from outside is a script, has mathematics, or no letter we know."""
    n = 40
    ids = Vocabulary(f"{EVIL}{i}" for i in range(n))
    names = [EVIL, "$\\frac{", "映画", "a\nb", "x" * 500, "`"]
    ratings = Interactions(
        np.arange(400) % n, np.arange(400) * 7 % 390 % n, np.arange(400) % 5, np.arange(400) * 999
    )
    return Dataset(
        EVIL,
        ratings,
        ids,
        ids,
        pa.table(
            {
                "item_id": ids.ids,
                "title": [EVIL] * n,
                "genres": [[names[i % 6]] for i in range(n)],
            }
        ),
        pa.table(
            {
                "user_id": ids.ids,
                "gender": [names[i % 6] for i in range(n)],
                "occupation": [names[i % 5] for i in range(n)],
            }
        ),
    )


def written(path, dataset, intake=None):
    found = explore(dataset, intake)
    report.write(path, found)
    return found, path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def evil(tmp_path_factory):
    path = tmp_path_factory.mktemp("explore") / "evil.html"
    return path, *written(path, hostile(), INTAKE)


def test_every_word_and_every_plot_stands_there(evil):
    _, found, text = evil
    for finding in found.findings:
        assert finding.point in text
    headings = re.findall(r"<h3>(.*?)</h3>", text)
    drawn = [plot for section in report.sections(found) for plot in section.plots]
    assert headings == [plot.title for plot in drawn]
    assert text.count("<svg") == len(drawn) >= 10
    assert all(plot.rows for plot in drawn)
    assert text.count("Its data") == len(drawn)
    assert "http:" not in re.sub(r'xmlns(:xlink)?="[^"]*"', "", text)


def test_what_comes_from_outside_is_text(evil):
    text = evil[2]
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "映画" in text
    assert "By their size, times are milliseconds." in text


def test_what_is_not_known_is_left_out_and_said(tmp_path):
    data = small_dataset()
    ratings = data.interactions
    bare = replace(
        data,
        interactions=Interactions(ratings.user_index, ratings.item_index, n_users=30, n_items=40),
        item_table=data.item_table.select(["item_id"]),
        user_table=data.user_table.select(["user_id"]),
    )
    found, text = written(tmp_path / "x.html", bare)
    assert [section.heading for section in report.sections(found)] == ["Ratings", "Items"]
    assert len(found.missing) == 6
    for sentence in found.missing:
        assert sentence in text
    assert "How high people rate" not in text


@pytest.mark.parametrize(
    "ratings",
    [
        Interactions([], [], [], [], 2, 2),
        Interactions([0], [0], [3.0], [5]),
        Interactions([0, 0, 1], [0, 1, 1], [2.0, 2.0, 2.0], [7, 7, 7]),
        Interactions(
            np.arange(90), np.zeros(90, int), np.linspace(0, 1, 90), np.arange(90) * 864000
        ),
    ],
)
def test_little_data(ratings):
    users = Vocabulary(str(i) for i in range(ratings.n_users))
    items = Vocabulary(str(i) for i in range(ratings.n_items))
    found = explore(
        Dataset(
            "little",
            ratings,
            users,
            items,
            pa.table({"item_id": pa.array(items.ids, pa.string())}),
            pa.table({"user_id": pa.array(users.ids, pa.string())}),
        )
    )
    drawn = [plot.title for section in report.sections(found) for plot in section.plots]
    assert ("The long tail" in drawn) == (len(ratings) > 0)
    assert report.facts(found)["ratings"] == str(len(ratings))


def test_dates_without_hours_have_weekdays():
    time = np.arange(300) * 86_400
    data = small_dataset()
    ratings = data.interactions.take(np.arange(300))
    found = explore(replace(data, interactions=replace(ratings, time=time)))
    assert plots.by_hour(found.times).title == "Weekdays"


def test_main_facts_for_a_terminal():
    facts = report.facts(explore(small_dataset()))
    assert facts["people"] == "30"
    assert facts["scale"] == "1 to 5"
    assert facts["first rating"] == "1970-01-12"


@pytest.mark.browser
def test_in_a_browser(evil, opened):
    page = opened(evil[0])
    assert page.locator("details").count() == page.locator("summary").count() > 10


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("name", ["ml-100k", "ml-latest-small", "ml-1m"])
def test_real_sets_in_a_browser(shared_data, tmp_path, opened, name):
    """Axe takes a quarter of a minute for each."""
    file = shared_data / f"{name}.zip"
    if not file.exists():
        pytest.skip(f"no {file}")
    written(tmp_path / "x.html", load(file))
    page = opened(tmp_path / "x.html")
    assert page.title() == f"{name} at a glance"
