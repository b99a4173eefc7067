"""The report of a scan is one file, complete and safe; its figures are matplotlib's."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from matplotlib.figure import Figure

from matinee.clustering.measuring import Measured
from matinee.clustering.scan import Scan
from matinee.errors import InvalidParameter
from matinee.report import choosing_k

EVIL = '<script>alert("x")</script>'
EACH = ("elbow", "silhouette", "calinski_harabasz", "davies_bouldin", "stability", "quality")


@pytest.fixture(scope="module")
def scan():
    rows = [Measured(1, wcss=900.0, largest=1.0, seconds=0.1, quality=0.1)]
    rows += [
        Measured(k, 900 / k**2, 0.6, 0.2, 0.9 / k, 0.2, 10.0 * k, 1 / k, 0.8, 0.3, 0.1 + k / 100)
        for k in range(2, 9)
    ]
    return Scan.of(rows, n_rows=12_345, sample_size=10_000, popularity=0.12)


@pytest.fixture(scope="module")
def page(scan, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "k.html"
    about = {"features": "likes"}
    choosing_k.write(path, scan, name=EVIL, about=about, notes=[EVIL, "Two of them."], boundary=60)
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", EACH)
def test_figures_are_matplotlibs_and_stop_at_upto(scan, name):
    for upto, last in ((None, 8), (4, 4)):
        figure = getattr(choosing_k, name)(scan, upto)
        assert isinstance(figure, Figure)
        drawn = figure.axes[0].lines[0]
        assert drawn.get_xdata().tolist() == list(range(1, last + 1))
        array = {"elbow": "wcss"}.get(name, name)
        np.testing.assert_equal(drawn.get_ydata(), getattr(scan, array)[:last])


def test_differences_have_their_band(scan):
    for boundary, half in ((60.0, 60.0), (None, 9.0)):
        axes = choosing_k.differences(scan, boundary).axes[0]
        np.testing.assert_equal(axes.lines[0].get_ydata(), scan.differences)
        (band,) = axes.patches
        assert (band.get_y(), band.get_height()) == (-half, 2 * half)


def test_the_knee_is_marked_unless_it_is_cut_off(scan):
    kneed = replace(scan, wcss=np.array([900.0, 100, 90, 80, 75, 70, 65, 60]))
    assert kneed.knee == 2
    assert len(choosing_k.elbow(kneed).axes[0].lines) == 2
    assert len(choosing_k.elbow(kneed.up_to(1)).axes[0].lines) == 1


def test_upto_below_what_was_scanned(scan):
    with pytest.raises(InvalidParameter, match="upto"):
        choosing_k.elbow(scan, 0)


def test_everything_is_in_it(scan, page):
    for said in (scan.verdict, "12,345", "likes", "Two of them.", "10,000 of the 12,345 rows"):
        assert said in page
    assert "stays within ±60 from k = 4 on" in page
    assert page.count("<svg") == 7
    # The table of all figures, and the data of each plot.
    assert page.count("<tr") == 8 * (1 + len(scan.k))
    plain = re.sub(r' class="n"', "", page)
    assert "<td>1</td><td>900</td><td></td><td></td>" in plain
    assert "<td>1</td><td>900.0</td></tr>" in plain
    assert "best NDCG" in page


def test_nothing_comes_from_elsewhere(page):
    body = re.sub(r'xmlns(:\w+)?="[^"]*"', "", page)
    assert "https://" not in re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    assert "src=" not in body


def test_names_are_text_and_never_code(page):
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 3


def test_what_was_not_measured_has_no_plot(scan, tmp_path):
    rows = [row._replace(quality=math.nan) for row in scan.rows()]
    choosing_k.write(tmp_path / "a.html", Scan.of(rows[:1], 10, 10), upto=1)
    assert (tmp_path / "a.html").read_text().count("<svg") == 2
    choosing_k.write(tmp_path / "a.html", Scan.of(rows, 10, 10))
    text = (tmp_path / "a.html").read_text()
    assert text.count("<svg") == 6
    assert "of all rows" in text
    assert [f.name for f in tmp_path.iterdir()] == ["a.html"]
