"""Training and test ratings come into one numbering, and what is odd about them is said."""

from __future__ import annotations

import numpy as np
import pytest

from matinee.errors import InvalidInput, UnknownDataset
from matinee.factorizing import parts


def written(path, rows, header="user,item,rating"):
    path.write_text("\n".join([header, *rows]) + "\n")
    return str(path)


@pytest.fixture
def train(tmp_path):
    return written(tmp_path / "train.csv", ["ann,x,4", "bob,x,3", "bob,y,5", "cat,z,1"])


def test_two_files_share_one_numbering(train, tmp_path):
    test = written(tmp_path / "test.csv", ["cat,x,2", "dan,y,4", "ann,q,5", "eve,r,3"])
    given = parts.read(train, test)
    ratings = given.split.test
    named = [
        (given.users[u], given.items[i], v)
        for u, i, v in zip(ratings.user_index, ratings.item_index, ratings.value, strict=True)
    ]
    assert named == [("cat", "x", 2), ("dan", "y", 4), ("ann", "q", 5), ("eve", "r", 3)]
    assert given.users[:3] == ["ann", "bob", "cat"]
    assert (given.split.train.n_users, given.split.train.n_items) == (5, 5)
    assert given.split.protocol.kind == "given"
    assert given.notes == [
        "3 of 4 test ratings are of 2 users and 2 items that training never saw: predicted by the "
        "mean and whatever bias of the other side is known."
    ]


def test_test_ratings_that_training_has_too_are_counted(train, tmp_path):
    test = written(tmp_path / "test.csv", ["bob,x,3", "ann,y,4"])
    assert "1 of 2 test ratings are of pairs" in parts.read(train, test).notes[0]


def test_without_test_ratings_a_tenth_is_held_out(tmp_path):
    source = written(tmp_path / "r.csv", [f"u{n % 7},i{n % 11},{n % 5}" for n in range(77)])
    given = parts.read(source, seed=3)
    assert len(given.split.test) == 7
    assert given.split.protocol.title == "random, 90%/10%, seed 3"
    assert "held out by random" in given.notes[0]
    again = parts.read(source, seed=4)
    assert not np.array_equal(again.split.test.user_index, given.split.test.user_index)


def test_a_fold_that_came_with_the_set(shared_data, monkeypatch):
    monkeypatch.setenv("MATINEE_DATA", str(shared_data))
    given = parts.read("ml-100k", "u1")
    assert (len(given.split.train), len(given.split.test)) == (80_000, 20_000)
    assert "fold u1" in str(given.split.protocol)
    with pytest.raises(UnknownDataset, match="Folds of ml-100k: u1, u2"):
        parts.read("ml-100k", "u9")


def test_files_without_a_header(tmp_path):
    path = tmp_path / "u1.base"
    path.write_text("".join(f"{n % 5}\t{n % 7}\t{n % 4}\t{n}\n" for n in range(35)))
    given = parts.read(str(path), user="1", item="2", rating="3", time="4")
    assert len(given.users) == 5
    assert given.split.train.time is not None


def test_ratings_must_have_values(train, tmp_path):
    implicit = written(tmp_path / "implicit.csv", ["ann,x", "bob,y"], "user,item")
    with pytest.raises(InvalidInput, match="--rating"):
        parts.read(implicit)
    with pytest.raises(InvalidInput, match="implicit"):
        parts.read(train, implicit)
    with pytest.raises(UnknownDataset, match="nowhere"):
        parts.read(train, "nowhere")
