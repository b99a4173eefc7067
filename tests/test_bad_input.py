"""Odd ratings from a file to an answer: all equal, thumbs, 1 to 10, odd times, the hardly known."""

from __future__ import annotations

import json

import numpy as np
import pytest

from matinee import comparing
from matinee.data import import_ratings
from matinee.engine import Engine
from matinee.errors import NoGoodRows
from matinee.evaluation.compare import evaluate
from matinee.models import create
from matinee.splits import random_split
from matinee.storage.workspace import Workspace
from matinee.training import train

NOW = 1_600_000_000
FUTURE = 4_102_444_800


def rows_of(values, times=lambda at: NOW + 1000 * at):
    """Ratings of 40 people and 30 items, by a value in 0..1 that taste makes."""
    rng = np.random.default_rng(3)
    users, items = np.nonzero(rng.random((40, 30)) < 0.5)
    taste = 0.5 + 0.3 * ((users % 2) == (items < 15)) + 0.15 * rng.standard_normal(len(users))
    return [
        (f"u{u}", f"m{i}", values(float(t)), times(at))
        for at, (u, i, t) in enumerate(zip(users, items, np.clip(taste, 0, 1), strict=True))
    ]


def imported(path, rows, **options):
    header = ("user", "item", "rating", "time")[: len(rows[0])]
    path.write_text("\n".join(",".join(map(str, row)) for row in (header, *rows)) + "\n")
    return import_ratings(path, **options)


def stars(low, high):
    return lambda taste: low + round(taste * (high - low))


SCALES = {
    "all equal": (lambda taste: 4, (4, 4)),
    "thumbs": (stars(0, 1), (0, 1)),
    "down and up": (lambda taste: 2 * round(taste) - 1, (-1, 1)),
    "1 to 10": (stars(1, 10), (1, 10)),
    "any number": (lambda taste: round(100 * taste, 2), (0, 100)),
}


@pytest.mark.parametrize(("values", "scale"), SCALES.values(), ids=SCALES)
def test_any_scale_from_file_to_answer(tmp_path, values, scale):
    rows = [*rows_of(values), ("single", "m3", scale[1], NOW)]
    dataset = imported(tmp_path / "r.csv", rows).dataset
    with Workspace.open(tmp_path / "w", create=True) as workspace:
        workspace.store.add_dataset(dataset)
        train(workspace, ["biases", "mle"], parameters={"factors": 2, "epochs": 3})
        # A title that is newer than the model, and a person who is.
        newer = imported(tmp_path / "new.csv", [("newcomer", "unseen", scale[1], NOW)]).dataset
        workspace.store.add_dataset(newer)
        engine = Engine(workspace)
        for user, item in (("u0", "m1"), ("single", "m4"), ("u0", "unseen"), ("newcomer", "m0")):
            found = engine.predict(user, item)
            assert scale[0] <= found.rating <= scale[1]
            assert len(found.intervals) == 2
            for interval in found.intervals:
                assert scale[0] <= interval.low <= interval.high <= scale[1]
                assert interval.measured >= interval.share - 0.1
        assert len(engine.recommend("single", 3)) == 3
        json.dumps(workspace.models(), allow_nan=False)


@pytest.mark.parametrize("name", ["als", "svdpp"])
@pytest.mark.parametrize("kind", ["all equal", "thumbs"])
def test_models_of_ratings_that_say_little(tmp_path, name, kind):
    dataset = imported(tmp_path / "r.csv", rows_of(SCALES[kind][0])).dataset
    found = evaluate(create(name), random_split(dataset.interactions, 0.2))
    assert np.isfinite([v for k, v in found.figures.items() if k != "r2"]).all()
    assert found.figures["rmse"] < (1e-4 if kind == "all equal" else 0.6)
    assert found.figures["coverage@90%"] > 0.8


def test_milliseconds_are_seconds_and_are_told(tmp_path):
    plain = imported(tmp_path / "s.csv", rows_of(stars(1, 5)))
    fine = imported(tmp_path / "ms.csv", rows_of(stars(1, 5), lambda at: 1000 * (NOW + 1000 * at)))
    assert (plain.time_unit, fine.time_unit) == ("seconds", "milliseconds")
    assert fine.n_bad == 0
    np.testing.assert_array_equal(fine.dataset.interactions.time, plain.dataset.interactions.time)


def test_nobody_has_rated_yet_what_they_rate_in_the_future(tmp_path):
    rows = rows_of(stars(1, 5), lambda at: NOW + at if at % 10 else FUTURE)
    report = imported(tmp_path / "r.csv", rows)
    assert report.bad == {"time in the future": len(rows[::10])}
    assert report.dataset.interactions.time.max() < FUTURE
    assert report.first_bad[0].column == "time"
    with pytest.raises(NoGoodRows, match="time in the future"):
        imported(tmp_path / "all.csv", [(*row[:3], FUTURE) for row in rows])
    tags = tmp_path / "tags.csv"
    tags.write_text(f"user,item,tag,time\nu0,m0,good,{NOW}\nu0,m1,good,{FUTURE}\n")
    with_tags = imported(tmp_path / "r.csv", rows, tags=tags)
    assert with_tags.tables["tags"].bad == {"time in the future": 1}


@pytest.mark.parametrize("times", [None, lambda at: 0], ids=["none", "all the same"])
def test_without_times_or_with_one_for_all(tmp_path, times):
    rows = rows_of(stars(1, 5), times or (lambda at: 0))
    dataset = imported(tmp_path / "r.csv", [row[:3] for row in rows] if times is None else rows)
    found = comparing.run(dataset.dataset, ["biases", "mle"]).boards
    assert len(found) == (1 if times is None else 2)
    with Workspace.open(tmp_path / "w", create=True) as workspace:
        workspace.store.add_dataset(dataset.dataset)
        train(workspace, ["biases"])
        assert 1 <= Engine(workspace).predict("u0", "m1").rating <= 5
