"""A scan goes on where it was broken off, and gives what it would have given in one go."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from small import small_dataset

from matinee.clustering.measuring import Measured
from matinee.errors import InvalidInput, InvalidParameter
from matinee.scanning import record
from matinee.scanning.running import scanning
from matinee.scanning.source import Source
from matinee.scanning.subject import subject


@pytest.fixture(scope="module")
def rows():
    return subject(Source.of_dataset(small_dataset()), "users", "likes")


def scanned(rows, folder, ks, **options):
    """The scan after these k, what was told of it, and its file."""
    told = []
    with scanning(rows, folder) as found:
        scan = found.run(ks, tell=lambda *row: told.append(row), **options)
        return scan, told, found.file


def figures(scan):
    names = [*(n for n in Measured._fields if n != "seconds"), "differences"]
    return {name: getattr(scan, name).tolist() for name in names}


@pytest.fixture(scope="module")
def whole(rows, tmp_path_factory):
    return scanned(rows, tmp_path_factory.mktemp("whole"), range(1, 7))


@pytest.mark.parametrize("parts", [[(1, 2, 3), (4, 5, 6)], [(4, 6), (1, 2), (3, 5)]])
def test_the_parts_make_the_whole(rows, tmp_path, whole, parts):
    for ks in parts:
        scan, told, _ = scanned(rows, tmp_path, ks)
    assert len(list(tmp_path.glob("*.json"))) == 1
    assert np.array_equal(scan.k, range(1, 7))
    np.testing.assert_equal(figures(scan), figures(whole[0]))
    # Across the seam too, and as told while it ran.
    np.testing.assert_equal([d for _, d in told], scan.differences.tolist())
    assert scan.popularity == whole[0].popularity


def test_what_is_there_is_not_computed_again(rows, tmp_path, monkeypatch):
    first, _, _ = scanned(rows, tmp_path, range(1, 4))
    monkeypatch.setattr("matinee.clustering.measuring.Measuring.at", None)
    again, told, _ = scanned(rows, tmp_path, [2, 3])
    assert [m.k for m, _ in told] == [1, 2, 3]
    np.testing.assert_equal(again.seconds, first.seconds)


def test_what_was_done_before_an_interruption_is_kept(rows, tmp_path, monkeypatch):
    class Interrupting:
        popularity = 0.1

        def __call__(self, k):
            if k == 3:
                raise KeyboardInterrupt
            return 0.2

    with pytest.raises(KeyboardInterrupt):
        scanned(replace(rows, judge=Interrupting()), tmp_path, range(1, 6))
    with scanning(rows, tmp_path) as found:
        assert found.scan.k.tolist() == [1, 2]


def test_quality_can_come_later(rows, tmp_path, whole):
    without, _, _ = scanned(rows, tmp_path, range(1, 7), quality=False)
    assert np.isnan(without.quality).all()
    assert np.isnan(without.popularity)
    assert "NDCG" not in without.verdict
    later, _, _ = scanned(rows, tmp_path, range(1, 7))
    np.testing.assert_equal(figures(later), figures(whole[0]))
    kept, _, _ = scanned(rows, tmp_path, [1], quality=False)
    np.testing.assert_equal(kept.quality, later.quality)


def test_other_rows_or_settings_stand_in_another_file(rows, tmp_path):
    _, _, first = scanned(rows, tmp_path, [1])
    with scanning(replace(rows, made_of="other"), tmp_path) as found:
        assert found.file != first
        assert not len(found.scan.k)
    with scanning(rows, tmp_path, n_init=1) as found:
        assert found.file != first
    assert first.name.startswith("users-likes-kmeans-small-")


def test_two_at_once(rows, tmp_path):
    with scanning(rows, tmp_path), pytest.raises(InvalidInput, match="Another process is scanning"):
        scanned(rows, tmp_path, [1])


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "no", '{"format": 1, "made_of": "x", "measured": [{}]}', "null"]
)
def test_a_file_that_is_no_scan(rows, tmp_path, text):
    _, _, file = scanned(rows, tmp_path, [1])
    file.write_text(text)
    with pytest.raises(InvalidInput, match="cannot be read; move it away"):
        scanned(rows, tmp_path, [1])
    assert file.read_text() == text


def test_a_file_of_something_else(rows, tmp_path):
    _, _, file = scanned(rows, tmp_path, [1])
    file.write_text(json.dumps(json.loads(file.read_text()) | {"made_of": "other"}))
    with pytest.raises(InvalidInput, match="other rows or settings"):
        scanned(rows, tmp_path, [1])


def test_figures_survive_the_file_to_the_last_bit(tmp_path):
    measured = Measured(7, wcss=1 / 3, largest=0.1, seconds=2e-17, quality=float("nan"))
    with record.opened(tmp_path / "a.json", "made of") as kept:
        kept.put(measured, judged=True)
    with record.opened(tmp_path / "a.json", "made of") as kept:
        np.testing.assert_equal(kept.measured, {7: measured})
        assert kept.judged == {7}


def test_nothing_is_computed_for_numbers_that_cannot_be(rows, tmp_path):
    with pytest.raises(InvalidParameter, match="at most 30, the distinct ones"):
        scanned(rows, tmp_path, [2, 31])
    assert not list(tmp_path.glob("*.json"))


def test_progress_comes_to_its_end(rows, tmp_path):
    steps = []
    with scanning(rows, tmp_path) as found:
        found.run([1, 2], progress=lambda *step: steps.append(step))
    assert steps[0][0] == "judging popularity"
    assert steps[2:] == [("scanning k", 0, 2), ("scanning k", 1, 2), ("scanning k", 2, 2)]


def test_as_plain_values(rows, tmp_path):
    with scanning(rows, tmp_path) as found:
        found.run([1, 2])
        told = json.loads(json.dumps(found.as_dict(boundary=1e9), default=str, allow_nan=False))
    assert told["scan"][0]["silhouette"] is None
    assert told["scan"][1]["difference"] == found.scan.differences[1]
    assert told["settled"] == 2
    assert told["features"] == "likes"
