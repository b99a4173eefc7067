"""What is typed for a scan."""

from __future__ import annotations

import pytest

from matinee.errors import InvalidParameter
from matinee.scanning.options import check_report, numbers


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1:4", [1, 2, 3, 4]),
        ("5", [5]),
        ("8, 2,4,2", [2, 4, 8]),
        ("1:3,10:11", [1, 2, 3, 10, 11]),
        ("3:3", [3]),
    ],
)
def test_numbers(text, meant):
    assert numbers(text) == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0", "at least 1"),
        ("-3:4", "at least 1"),
        ("0:5", "at least 1"),
        ("5:1", "empty range; turn it round: 1:5"),
        ("", "like 1:30"),
        ("a:b", "like 1:30"),
        ("1:2:3", "like 1:30"),
        ("2.5", "like 1:30"),
        ("1,,2", "like 1:30"),
        ("1:99999999", "at most 10000"),
    ],
)
def test_numbers_that_are_none(text, said):
    with pytest.raises(InvalidParameter, match=said):
        numbers(text)


def test_a_report_that_cannot_be_written(tmp_path):
    check_report(0.0, 1, tmp_path / "a.html", [1, 2])
    check_report(None, None, None, [1])
    for boundary in (-1.0, float("nan"), float("inf")):
        with pytest.raises(InvalidParameter, match="boundary"):
            check_report(boundary, None, None, [1])
    with pytest.raises(InvalidParameter, match="at least the lowest k, 3, got 2"):
        check_report(None, 2, None, [3, 4])
    for place in (tmp_path, tmp_path / "nowhere" / "a.html"):
        with pytest.raises(InvalidParameter, match="`--report` must name a file"):
            check_report(None, None, place, [1])
