"""`matinee features` and `matinee doctor` as a person types them."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pytest
from small import small_dataset


@pytest.fixture
def run(tmp_path, monkeypatch, matinee):
    """Run a command beside a file of ratings; (exit code, output, errors)."""
    of = small_dataset().interactions
    columns = {"user": of.user_index, "item": of.item_index, "rating": of.value, "time": of.time}
    pyarrow.csv.write_csv(pa.table(columns), tmp_path / "ratings.csv")
    monkeypatch.chdir(tmp_path)

    return matinee


def test_features_are_written_and_clean(run, tmp_path):
    code, out, _ = run("features", "ratings.csv", "--out", "f.csv", "--split", "time")
    assert code == 0
    assert "60 of them test" in out
    assert "(past): f.csv" in out
    assert run("features", "ratings.csv", "--out", "f.csv")[0] == 2
    code, out, _ = run("doctor", "ratings.csv", "--json")
    assert code == 0
    assert [one["leaks"] for one in json.loads(out)] == [[], [], []]


def test_a_leak_put_in_on_purpose_is_caught(run, tmp_path):
    table = pyarrow.csv.read_csv(tmp_path / "ratings.csv")
    means = table.group_by("item").aggregate([("rating", "mean")])
    place = pc.index_in(table["item"], means["item"].combine_chunks())
    leaking = table.append_column("movie_mean", means["rating_mean"].take(place))
    pyarrow.csv.write_csv(leaking, tmp_path / "mine.csv")
    code, out, _ = run("doctor", "ratings.csv", "--features", "mine.csv")
    assert code == 1
    assert "mine.csv: 1 columns" in out
    assert "movie_mean" in out
    assert "out-of-fold" in out
