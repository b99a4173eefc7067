"""What was judged comes back as it was; whatever it depends on changes its name."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_array
from small import small_dataset

from matinee.comparing import kept
from matinee.comparing.kept import Judged
from matinee.evaluation.records import OnCurve
from matinee.features import side_information
from matinee.interactions import Interactions


@pytest.fixture
def judged():
    return Judged(
        figures={"rmse": 0.9, "r2": float("nan")},
        segments={"people": {"light": {"rmse": 1.0}}},
        sizes={"people": {"light": 3}},
        counted=7,
        fit_seconds=0.5,
        answer_seconds=0.25,
        peak_bytes=None,
        people=np.array([1, 4]),
        own={"rmse": np.array([2.0, np.nan]), "coverage@50%": np.array([1.0, 0.5])},
        ratings=np.array([3.0, 4.0]),
        predicted=np.array([3.5], np.float32),
        curve=[OnCurve(0.5, 10, 0.95)],
    )


def test_there_and_back(judged, tmp_path):
    kept.write(tmp_path / "j.kept", judged)
    back = kept.read(tmp_path / "j.kept")
    for name in ("segments", "sizes", "counted", "fit_seconds", "answer_seconds", "peak_bytes"):
        assert getattr(back, name) == getattr(judged, name)
    assert back.curve == judged.curve
    assert back.lists is None
    np.testing.assert_equal(back.figures, judged.figures)
    np.testing.assert_equal(back.own, judged.own)
    for name in ("people", "ratings", "predicted"):
        np.testing.assert_array_equal(getattr(back, name), getattr(judged, name))


def test_what_cannot_be_read_is_not_there(judged, tmp_path):
    file = tmp_path / "j.kept"
    assert kept.read(file) is None
    kept.write(file, judged)
    whole = file.read_bytes()
    for damaged in (b"", b"nonsense", whole[: len(whole) // 2]):
        file.write_bytes(damaged)
        assert kept.read(file) is None
    # Names of arrays stand in the archive twice: where one is another, the array was lost before.
    places = [*range(0, len(whole), 211), whole.rindex(b"ratings"), whole.rindex(b"own:rmse")]
    for place in places:
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert kept.read(file) is None, place
    file.write_bytes(whole)
    assert kept.read(file) is not None


def test_fingerprints_tell_ratings_apart():
    one = Interactions([0, 1], [1, 0], [3.0, 4.0], [5, 6], n_users=3, n_items=2)
    assert kept.of_ratings(one) == kept.of_ratings(replace(one))
    others = [
        one.take(np.array([1, 0])),
        replace(one, value=np.array([3.0, 4.5], np.float32)),
        replace(one, value=None),
        replace(one, time=None),
        replace(one, n_users=4),
    ]
    assert len({kept.of_ratings(r) for r in (one, *others)}) == 6


def test_fingerprints_tell_side_information_apart():
    data = small_dataset()
    side = side_information(data.item_table, data.user_table)
    prints = {kept.of_side(side), kept.of_side(side_information(data.item_table, data.user_table))}
    assert len(prints) == 1
    changed = csr_array(side.user_features * 2)
    others = [
        replace(side, user_features=changed),
        replace(side, user_feature_names=tuple(reversed(side.user_feature_names))),
        replace(side, item_years=None),
    ]
    assert len({kept.of_side(s) for s in (side, *others)}) == 4


def test_versions_name_the_code_and_what_computes():
    versions = kept.versions()
    assert {"matinee", "code", "python", "numpy", "numba"} <= set(versions)
    assert len(versions["code"]) == 16
