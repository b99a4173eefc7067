"""When people rate, against slow references and dates worked out by datetime."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import naive
import numpy as np
import pytest

from matinee.exploring import by_person
from matinee.exploring import times as module
from matinee.exploring.periods import periods
from matinee.interactions import Interactions

DAY = 86_400


def seconds(*date):
    return int(datetime(*date, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("last", "unit", "labels"),
    [
        (seconds(2000, 2, 1, 5), "day", ["2000-01-28", "2000-01-29", "2000-01-30"]),
        (seconds(2001, 1, 1), "week", ["2000-01-24", "2000-01-31", "2000-02-07"]),
        (seconds(2004, 3, 1), "month", ["2000-01", "2000-02", "2000-03"]),
        (seconds(2023, 3, 1), "quarter", ["2000 Q1", "2000 Q2", "2000 Q3"]),
        (seconds(2099, 12, 31), "year", ["2000", "2001", "2002"]),
    ],
)
def test_periods_hold_all_and_meet(last, unit, labels):
    first = seconds(2000, 1, 28, 23, 59)
    found = periods(first, last)
    assert found.unit == unit
    assert list(found.labels[:3]) == labels
    assert found.edges[0] <= first
    assert found.edges[-2] <= last < found.edges[-1]
    assert (np.diff(found.edges) > 0).all()
    assert len(found.edges) == len(found.labels) + 1 <= 101
    assert found.place(np.array([first, last])).tolist() == [0, len(found.labels) - 1]


def test_one_moment_is_one_day():
    assert periods(0, 0).labels == ("1970-01-01",)
    assert periods(-1, 0).labels == ("1969-12-31", "1970-01-01")


@pytest.mark.parametrize("block", [1 << 22, 7])
def test_people_one_by_one(monkeypatch, block):
    monkeypatch.setattr(by_person, "_BLOCK", block)
    draw = np.random.default_rng(3)
    user = draw.integers(0, 9, 120).astype(np.int32) * 3
    time = seconds(1999, 12, 30) + draw.choice([0, 5, 59, 60, 1800, 1801, 4000], 120).cumsum()
    time = time[draw.permutation(120)]
    shown = periods(int(time.min()), int(time.max()))
    found = by_person.person_times(user, time, shown)
    people, active, same, within = naive.person_times(
        user.tolist(), time.tolist(), shown.edges.tolist()
    )
    rows = zip(found.first, found.last, found.ratings, found.sessions, strict=True)
    assert list(rows) == list(people.values())
    assert found.active.tolist() == active
    assert (found.same_second, found.within_minute) == (same, within)


def test_hours_and_weekdays(ml_100k):
    found, reason = module.times(ml_100k)
    expected = Counter(
        (at.weekday(), at.hour) for at in (datetime.fromtimestamp(t, UTC) for t in ml_100k.time)
    )
    assert reason == ""
    assert {
        (day, hour): n for day, row in enumerate(found.by_hour) for hour, n in enumerate(row) if n
    } == dict(expected)
    assert not found.dates_only
    assert (found.unit, found.known) == ("week", 100_000)
    assert sum(p.ratings for p in found.periods) == 100_000
    assert sum(p.new_people for p in found.periods) == 943
    assert sum(p.new_items for p in found.periods) == 1682


def test_a_cut_in_time_meets_strangers(ml_100k):
    found, _ = module.times(ml_100k)
    cut = found.cut
    time = np.sort(ml_100k.time)
    after = ml_100k.time >= time[90_000]
    known = set(ml_100k.user_index[~after].tolist())
    of_new = [u not in known for u in ml_100k.user_index[after].tolist()]
    seen = set(ml_100k.item_index[~after].tolist())
    assert cut.date == "1998-03-31"
    assert cut.period == "1998-03-30"
    assert cut.ratings == after.sum()
    assert cut.of_new_people == sum(of_new)
    assert cut.people == len(set(ml_100k.user_index[after].tolist()))
    assert cut.new_people == len(set(ml_100k.user_index[after].tolist()) - known)
    assert cut.of_new_items == sum(i not in seen for i in ml_100k.item_index[after].tolist())
    assert found.last_mean == pytest.approx(ml_100k.value[after].mean())


@pytest.mark.parametrize(("later", "share"), [([0, 1, 2, 3], 1), ([0, 1, 4, 5], 0.5)])
def test_leaders_stay_or_change(later, share):
    """Of 40 items, four of which are chosen often, by half."""
    item = np.concatenate(
        [np.repeat(often, 10).tolist() + list(range(40)) for often in (range(4), later)]
    )
    found, _ = module.times(Interactions(np.arange(160), item, None, np.arange(160) + 1))
    assert (found.leaders, found.leaders_stay) == (4, share)
    turns = [Counter(item[start::2].tolist()).most_common(4) for start in (0, 1)]
    assert found.leaders_by_chance == len(set(dict(turns[0])) & set(dict(turns[1]))) / 4


def test_dates_have_no_hours():
    time = DAY * np.array([3, 3, 4, 9, 9, 30])  # 1970-01-04 was a Sunday
    found, _ = module.times(Interactions([0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2], None, time))
    assert found.dates_only
    assert found.within_minute is found.same_second is found.sessions is None
    assert sum(found.by_hour[6]) == 2
    assert found.cut is None  # of fewer than ten ratings
    assert found.first_mean is None


def test_unknown_times_are_left_out():
    time = [0, DAY, 3 * DAY, 0]
    found, _ = module.times(Interactions([0, 0, 1, 1], [0, 1, 0, 1], [1, 2, 3, 4], time))
    assert found.known == 2
    assert (found.first, found.last) == ("1970-01-02", "1970-01-04")
    assert [(p.ratings, p.mean) for p in found.periods] == [(1, 2), (0, None), (1, 3)]
    assert found.same_second is None  # nobody has two


@pytest.mark.parametrize(
    ("time", "why"),
    [
        (None, "No times"),
        ([0, 0], "No times"),
        ([77, 77], "All times are the same"),
        ([1_000_000_000_000, 1_000_000_001_000], "not seconds since 1970"),
        ([-9_000_000_000, 5], "1 times lie before 1900"),
    ],
)
def test_what_is_not_known_is_said(time, why):
    found, reason = module.times(Interactions([0, 1], [0, 0], [1, 2], time))
    assert found is None
    assert why in reason
