from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from small import small_dataset, small_workspace

from matinee.data import specs
from matinee.data.dataset import Vocabulary
from matinee.engine import Engine
from matinee.errors import ArchiveError
from matinee.interactions import Interactions
from matinee.storage.workspace import Workspace
from matinee.training import train


def test_an_archive_tells_what_it_was_trained_on(tmp_path: Path) -> None:
    with Workspace.open(small_workspace(tmp_path / "w", trained=False)) as workspace:
        archive_id = train(workspace, ["popularity"])[0].archive_id
        told = specs.parsed(workspace.manifest(archive_id)["details"]["specs"])
        assert told.stage == "training"
        assert told.sizes == {"users": 30, "items": 40, "ratings": workspace.store.n_ratings()}
        assert told.ids == {"items": specs.ids(workspace.store.item_ids())}
        assert [source.name for source in told.sources] == ["small"]
        assert told.sources[0].sizes["ratings"] == workspace.store.n_ratings()


def test_items_may_be_added_but_not_replaced(tmp_path: Path) -> None:
    small_workspace(tmp_path / "w", trained=False)
    with Workspace.open(tmp_path / "w") as workspace:
        archive_id = train(workspace, ["popularity"])[0].archive_id
        new = small_dataset()
        items = Vocabulary(["m3", "new"])
        more = replace(
            new,
            interactions=Interactions([0], [1], [4.0], n_users=1, n_items=2),
            users=Vocabulary(["u1"]),
            items=items,
            item_table=pa.table({"item_id": items.ids}),
            user_table=pa.table({"user_id": ["u1"]}),
        )
        workspace.store.add_dataset(more)
        assert workspace.load_model(archive_id).n_items == 40
    # An older copy of the store is put back, and other items are given the same indices.
    shutil.copytree(tmp_path / "w", tmp_path / "old")
    with Workspace.open(tmp_path / "old") as workspace:
        with workspace.store._database.writing() as connection:
            connection.exec_driver_sql("UPDATE movies SET item_id = 'x' WHERE item_index = 5")
        with pytest.raises(ArchiveError) as raised:
            workspace.load_model(archive_id)
        assert f"{archive_id} says items with SHA-256" in str(raised.value)
        assert "the store holds" in str(raised.value)
        with pytest.raises(ArchiveError, match="train anew"):
            Engine(workspace).recommend("u1")


def test_archives_and_imports_of_an_older_matinee_are_not_checked(tmp_path: Path) -> None:
    small_workspace(tmp_path / "w", trained=False)
    with Workspace.open(tmp_path / "w") as workspace:
        with workspace.store._database.writing() as connection:
            connection.exec_driver_sql("DELETE FROM settings WHERE key LIKE 'specs:%'")
        archive_id = train(workspace, ["popularity"])[0].archive_id
        details = workspace.manifest(archive_id)["details"]
        assert details["specs"]["sources"] == []
        del details["specs"]
        plain = workspace.save_model(workspace.load_model(archive_id), details)
        assert workspace.load_model(plain).n_items == 40
