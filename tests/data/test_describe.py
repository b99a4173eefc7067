from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from movielens_folders import GENOME, LATEST, TABS, write

from matinee.data.dataset import Dataset, Vocabulary
from matinee.data.describe import describe
from matinee.data.movielens.reading import read
from matinee.interactions import Interactions


def bare(interactions: Interactions) -> Dataset:
    users = Vocabulary(f"u{i}" for i in range(interactions.n_users))
    items = Vocabulary(f"i{i}" for i in range(interactions.n_items))
    return Dataset(
        "made up",
        interactions,
        users,
        items,
        pa.table({"item_id": pa.array(items.ids, pa.string())}),
        pa.table({"user_id": pa.array(users.ids, pa.string())}),
    )


def test_a_small_set(tmp_path: Path) -> None:
    facts = describe(read(write(tmp_path / "ml-latest", LATEST | GENOME)))
    assert (facts.users, facts.items, facts.ratings) == (3, 3, 3)  # one of them only tags
    assert facts.density == pytest.approx(3 / 9)
    assert facts.scale == (0.5, 5.0)
    assert facts.steps == (0.5, 3.0, 4.5)
    assert facts.histogram == (1, 1, 1)
    assert facts.mean == pytest.approx(8 / 3)
    assert facts.per_user is not None
    assert (facts.per_user.lowest, facts.per_user.highest) == (1, 2)
    assert facts.per_user.median == 1.5
    assert facts.per_item is not None
    assert facts.per_item.mean == 1.5
    assert (facts.first, facts.last) == ("2000-12-31", "2001-09-09")
    assert facts.items_without_ratings == 1
    assert facts.liked_threshold == 3.875
    assert facts.liked_share == pytest.approx(1 / 3)
    assert (facts.people, facts.links, facts.tags, facts.genome_scores) == (0, 3, 2, 4)


def test_people_and_folds(tmp_path: Path) -> None:
    facts = describe(read(write(tmp_path, TABS, "latin-1")))
    assert facts.people == 2
    assert facts.folds == ("u1",)
    assert json.loads(json.dumps(facts.as_dict()))["per_user"]["highest"] == 2


def test_duplicates_count_rows_beyond_the_first() -> None:
    facts = describe(
        bare(Interactions([0, 0, 0, 1], [1, 1, 1, 0], [1, 2, 3, 4], n_users=3, n_items=2))
    )
    assert facts.duplicates == 2
    assert facts.density == pytest.approx(2 / 6)
    assert facts.users_without_ratings == 1
    assert facts.first is None


def test_implicit_feedback() -> None:
    facts = describe(bare(Interactions([0, 1], [0, 0], None, [0, 86_400])))
    assert (facts.scale, facts.mean, facts.liked_share, facts.steps) == (None, None, None, ())
    assert (facts.first, facts.last) == ("1970-01-01", "1970-01-02")


def test_no_ratings() -> None:
    facts = describe(bare(Interactions([], [], [], [], 2, 0)))
    assert (facts.density, facts.mean, facts.per_user, facts.first) == (0.0, None, None, None)


def test_a_continuous_scale_has_no_steps() -> None:
    values = np.linspace(0, 1, 100)
    facts = describe(bare(Interactions(np.arange(100), np.zeros(100, int), values)))
    assert facts.steps == facts.histogram == ()
    assert facts.scale == (0.0, 1.0)
