"""What every report shares: plots of the page's colors, tables, and whole files."""

from __future__ import annotations

import itertools
import math
import re

import pytest
from jinja2 import UndefinedError

from matinee.errors import InvalidParameter, StoreUnavailable
from matinee.report import page
from matinee.report.words_in_plots import name_ends, name_points, shown


def drawn(color=page.ACCENT):
    figure, axes = page.axes()
    axes.plot([1, 2, 3], [2, 3, 1], color=color, marker="o", label="a <b>")
    axes.set_title("映画")
    page.legend(axes)
    return page.svg(figure, 'a "label"')


def test_plots_take_the_colors_of_the_page_and_keep_their_words():
    text = drawn(page.SERIES[1])
    assert not re.search(r": #[0-9a-f]{6}", text)
    assert "var(--series-1)" in text
    assert "a &lt;b&gt;</text>" in text
    assert 'aria-label="a &#34;label&#34;"' in text
    assert "<style" not in text
    assert "http" not in text.replace("http://www.w3.org/", "")


def test_equal_plots_are_equal_bytes_and_others_share_no_id():
    first, again, other = drawn(), drawn(), drawn(page.INK)
    assert first == again
    ids = [set(re.findall(r' id="([^"]+)"', text)) for text in (first, other)]
    assert ids[0]
    assert not ids[0] & ids[1]
    used = set(re.findall(r'(?:href="#|url\(#)([^")]+)', first))
    assert used == ids[0]


def test_numbers_get_the_decimals_that_their_column_asks_for():
    rows = [
        ("a", 0.31234, 12, 1234.5, None, 0.00012, "−0.1", "text"),
        ("b", -0.1, 1_000_000, 2.0, math.nan, 0.1, "< 0.001", ""),
    ]
    table = page.Table("", "abcdefgh", rows)
    assert table.cells == [
        ["a", "0.3123", "12", "1,234", "–", "0.0001", "−0.1", "text"],
        ["b", "−0.1000", "1,000,000", "2", "–", "0.1000", "< 0.001", ""],
    ]
    assert table.numeric == [False, *[True] * 6, False]


def test_what_is_nothing_as_far_as_is_shown_has_no_sign():
    table = page.Table("", "ab", [("x", -0.00001), ("y", -0.3), ("z", 0.004252)])
    assert [row[1] for row in table.cells] == ["0.0000", "−0.3000", "0.0043"]


def test_long_tables_are_cut_and_no_table_is_none():
    table = page.Table("", ("a",), [("x",)] * (page.MOST_ROWS + 3))
    assert (len(table.cells), table.left_out) == (page.MOST_ROWS, 3)
    assert page.Table("", ("a",), []).cells == []


def test_a_page_that_cannot_be_filled_leaves_nothing(tmp_path):
    with pytest.raises(UndefinedError):
        page.write(tmp_path / "a.html", "curve.html", name="a")
    assert list(tmp_path.iterdir()) == []


def test_places_for_reports_are_refused_before_work_begins(tmp_path, monkeypatch):
    for path, why in ((tmp_path, "the folder"), (tmp_path / "none" / "a.html", "make the folder")):
        with pytest.raises(InvalidParameter, match=f"`--out` must name a file.*{why}"):
            page.check(path, "--out")

    def denied(**_):
        raise PermissionError(13, "Permission denied")

    page.check(tmp_path / "a.html")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(page, "TemporaryFile", denied)
    with pytest.raises(StoreUnavailable, match="Permission denied"):
        page.check(tmp_path / "a.html")

    def nowhere(**_):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(page, "TemporaryFile", nowhere)
    with pytest.raises(InvalidParameter, match="can be written.*No such file"):
        page.check(tmp_path / "a.html")


def test_names_of_lines_that_end_together_stand_apart():
    _, axes = page.axes()
    axes.plot([0, 1], [0, 1])
    name_ends(axes, [(1, 0.5), (1, 0.5), (0.5, 0.51), (1, 0.0)], list("abcd"), [page.INK] * 4)
    heights = sorted(
        text.xyann[1] + axes.transData.transform(text.xy)[1] * 72 / axes.figure.dpi
        for text in axes.texts
    )
    assert min(b - a for a, b in itertools.pairwise(heights)) >= page.TEXT
    name_ends(axes, [], [], [])


def test_names_of_points_that_lie_together_do_not_cover_each_other():
    figure, axes = page.axes()
    x, y = [1.0, 1.0, 1.02, 1.5], [1.0, 1.001, 1.0, 2.0]
    axes.scatter(x, y)
    name_points(axes, x, y, ["first", "second", "third", "fourth"], [page.INK] * 4)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 4
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_names_are_short_and_never_formulas():
    assert shown("a" * 40, 10) == "a" * 9 + "…"
    assert shown("$x$") == r"\$x\$"
