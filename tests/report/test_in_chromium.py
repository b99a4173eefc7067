"""Every report in a real Chromium: nothing from elsewhere, no complaint, legible to all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from compared import EVIL, LONG, bare, board, comparison, entry
from small import small_dataset

from matinee.answers import Recommendation
from matinee.clustering.measuring import Measured
from matinee.clustering.scan import Scan
from matinee.regression import records
from matinee.regression.fitting import DEFAULTS
from matinee.report import choosing_k, curve, first_look, regressors
from matinee.report import comparison as compared

pytestmark = pytest.mark.browser


def of_comparison(folder):
    hostile = [entry(EVIL, 0.6), entry(LONG, 0.55, label=f"{LONG} ({EVIL})")]
    many = [entry(f"model {i}", 0.5 - i / 50) for i in range(12)]
    made = comparison(board([*hostile, *many, bare("nothing")]), data=LONG)
    compared.write(folder / "a.html", made)


def of_first_look(folder):
    found = Recommendation("1", LONG, 1996, [], 1.0, 4.2, "low", [])
    made = comparison(board([entry("als", 0.9, "rmse")], "rmse"))
    asked = [first_look.Asked(LONG, [found])]
    first_look.write(folder / "a.html", replace(small_dataset(), name=LONG), made, asked)


def of_scan(folder):
    rows = [Measured(1, wcss=900.0, largest=1.0, seconds=0.1, quality=0.1)]
    rows += [Measured(k, 900 / k**2, 0.6, 0.2, 0.9 / k, 0.2, 9.0 * k) for k in range(2, 9)]
    scan = Scan.of(rows, n_rows=12_345, sample_size=10_000, popularity=0.12)
    choosing_k.write(folder / "a.html", scan, name=LONG, notes=[LONG])


def of_regressors(folder):
    judged = tuple(
        records.Judged(kind, DEFAULTS[kind], 0.9 + i / 99, 0.7, 0.3, 10.0**i, 0.1)
        for i, kind in enumerate(("boosting", "forest", "ridge"))
    )
    found = records.Comparison(LONG, 900, 100, ("a", LONG), 0.5, judged, judged)
    regressors.write(folder / "a.html", found, name=LONG)


def of_curve(folder):
    epoch = {"fit": "final", "epoch": 1, "judged_on": "test", "rmse": 0.9, "mae": 0.7, "r2": None}
    told = {
        "model": LONG,
        "parameters": {"factors": 8, LONG: LONG},
        "protocol": "as given",
        "epochs": 2,
        "figures": {"rmse": 0.9, "within 50% interval": 0.5},
        "counted": 100,
        "curve": [{**epoch, "seconds": 0.1}, {**epoch, "epoch": 2, "seconds": 0.2}],
        "notes": [EVIL],
    }
    curve.write(folder, told)
    assert (folder / curve.PICTURE).read_text().startswith("<?xml")
    (folder / curve.PAGE).rename(folder / "a.html")


@pytest.mark.parametrize("write", [of_comparison, of_first_look, of_scan, of_regressors, of_curve])
def test_reports_are_fit_to_be_sent(write, opened, tmp_path):
    write(tmp_path)
    page = opened(tmp_path / "a.html")
    assert page.locator("h1").count() == 1
    if write is of_comparison:
        headline = page.locator(".headline").first.bounding_box()
        assert headline["y"] + headline["height"] < page.viewport_size["height"]
        assert EVIL in page.locator(".headline").first.inner_text()
