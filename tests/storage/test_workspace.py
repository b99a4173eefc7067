"""The folder that holds a store, models and a key."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from stored import child, dataset

from matinee import models
from matinee.errors import CorruptArchive, InvalidInput, InvalidParameter, NotReady, UnknownModel
from matinee.interactions import Interactions
from matinee.storage.workspace import Workspace

TRAIN = Interactions([0, 0, 1, 2], [0, 2, 2, 1], [4.0, 3.5, 5.0, 1.0])


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace.open(tmp_path / "w", create=True)
    yield opened
    opened.close()


def test_a_missing_workspace_says_how_to_make_one(tmp_path: Path) -> None:
    for there in ("missing", "."):
        with pytest.raises(NotReady, match="matinee train --data ml-100k"):
            Workspace.open(tmp_path / there)
    assert not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("x")
    with pytest.raises(InvalidInput, match="must be a folder"):
        Workspace.open(tmp_path / "file", create=True)


def details(workspace: Workspace) -> dict[str, object]:
    """What training notes."""
    return {
        "store": workspace.store.id,
        "ratings": 5,
        "figures": {"rmse": 0.9},
        "liked_threshold": 4,
        "user_feature_names": [],
    }


def test_a_workspace_keeps_its_store(workspace: Workspace) -> None:
    workspace.store.add_dataset(dataset())
    workspace.close()
    workspace.close()
    with Workspace.open(workspace.path) as again:
        assert again.store.n_ratings() == 5
    Workspace.open(workspace.path, create=True).close()


def test_models_are_saved_without_people_listed_and_loaded(workspace: Workspace) -> None:
    assert workspace.models() == []
    first = workspace.save_model(models.create("biases").fit(TRAIN), details(workspace))
    second = workspace.save_model(
        models.create("popularity").fit(TRAIN.liked(4)), details(workspace)
    )
    listed = {m["id"]: m for m in workspace.models()}
    assert set(listed) == {first, second}
    assert first.startswith("biases-20")
    assert listed[first]["details"]["figures"] == {"rmse": 0.9}
    assert listed[first]["people"] is False
    told = workspace.manifest(first)
    assert all(listed[first][name] == value for name, value in told.items())
    assert not any(m["active"] for m in listed.values())
    model = workspace.load_model(first)
    assert not hasattr(model, "people_")
    assert not hasattr(model, "seen_")
    history = TRAIN.matrix[[0]]
    wanted = models.create("biases").fit(TRAIN).predict(history, [1])
    assert np.array_equal(model.predict(history, [1]), wanted)


def test_one_model_a_task_is_active_for_every_process(workspace: Workspace) -> None:
    told = details(workspace)
    rating = [workspace.save_model(models.create("biases").fit(TRAIN), told) for _ in range(2)]
    ranking = workspace.save_model(models.create("popularity").fit(TRAIN.liked(4)), told)
    assert (workspace.active("rating"), workspace.active("ranking")) == (None, None)
    other = Workspace.open(workspace.path)
    for archive_id in (*rating, ranking):
        workspace.activate(archive_id)
    assert (other.active("rating"), other.active("ranking")) == (rating[1], ranking)
    assert {m["id"] for m in other.models() if m["active"]} == {rating[1], ranking}
    other.close()
    with pytest.raises(InvalidParameter, match="rating or ranking"):
        workspace.active("both")


def test_models_of_elsewhere_are_refused(workspace: Workspace, tmp_path: Path) -> None:
    model = models.create("biases").fit(TRAIN)
    untold = workspace.save_model(model)
    with Workspace.open(tmp_path / "other", create=True) as other:
        foreign = workspace.save_model(model, details(other))
    for archive_id, why in ((untold, "does not tell"), (foreign, "another workspace")):
        with pytest.raises(InvalidInput, match=why):
            workspace.activate(archive_id)
    errors = {m["id"]: m["error"] for m in workspace.models()}
    assert set(errors) == {untold, foreign}


def test_any_folder_name_will_do(tmp_path: Path) -> None:
    stores = {}
    for name in ("my shop", "my%20shop", "a?b", "a?timeout=1", "50%"):
        with Workspace.open(tmp_path / name, create=True) as opened:
            stores[name] = opened.store.id
        assert (tmp_path / name / "store.sqlite").exists()
    assert len(set(stores.values())) == len(stores)


def test_what_killed_processes_left_is_swept(workspace: Workspace) -> None:
    old = [workspace.path / ".store.parquet.0123.tmp", workspace.path / "models" / ".als-1.ab.tmp"]
    old[0].write_bytes(b"ratings")
    old[1].mkdir()
    for left in old:
        os.utime(left, (1e9, 1e9))
    fresh = workspace.path / ".store.parquet.4567.tmp"
    fresh.write_bytes(b"ratings")
    workspace.store.add_dataset(dataset())
    Workspace.open(workspace.path).close()
    assert not any(left.exists() for left in old)
    assert fresh.exists()
    workspace.store.delete_user("ann")
    assert not fresh.exists()


@pytest.mark.parametrize("wrong", ["nothing", "", ".", "..", "../w/models", "../../etc"])
def test_unknown_models(workspace: Workspace, wrong: str) -> None:
    for use in (workspace.load_model, workspace.activate):
        with pytest.raises(UnknownModel):
            use(wrong)


def test_a_damaged_model_is_listed_with_what_is_wrong(workspace: Workspace) -> None:
    archive_id = workspace.save_model(models.create("biases").fit(TRAIN))
    manifest = workspace.path / "models" / archive_id / "manifest.json"
    manifest.write_bytes(manifest.read_bytes()[:-5])
    (listed,) = workspace.models()
    assert listed["id"] == archive_id
    assert "is not what was written" in listed["error"]
    with pytest.raises(CorruptArchive):
        workspace.activate(archive_id)


def test_members_are_kept_of_the_newest_and_the_active(workspace: Workspace) -> None:
    workspace.store.add_dataset(dataset())
    everybody = np.array([0, 1, 1], np.int32)

    def trained(name: str, day: int) -> str:
        archive_id = f"{name}-2026010{day}-ab12"
        workspace.keep_members(archive_id, everybody, 4.0)
        return archive_id

    first = trained("user_clusters", 1)
    workspace.store.set_setting("active_ranking", first)
    other = trained("spectral_clusters", 1)
    later = [trained("user_clusters", day) for day in range(2, 6)]
    assert workspace.store.memberships.archives() == [first, other, *later[1:]]
    assert workspace.newest_members() == [first, other, later[-1]]
    workspace.store.set_setting("active_ranking", later[-1])
    last = trained("user_clusters", 6)
    assert workspace.store.memberships.archives() == [other, *later[2:], last]
    assert workspace.newest_members() == [other, later[-1], last]


def test_the_key_is_made_once_for_its_owner_alone(workspace: Workspace) -> None:
    old = os.umask(0)
    try:
        key = workspace.key()
    finally:
        os.umask(old)
    assert len(key) >= 32
    assert stat.S_IMODE((workspace.path / "key").stat().st_mode) == 0o600
    assert Workspace(workspace.path).key() == key
    assert not list(workspace.path.glob(".key*"))
    (workspace.path / "key").write_text("")
    with pytest.raises(InvalidInput, match="must hold a key"):
        workspace.key()


AGREE = """
import os, sys
from matinee.storage.workspace import Workspace
# Forked once all is imported, they ask at the same moment.
for _ in range(4):
    if os.fork() == 0:
        sys.stdout.write(Workspace.open(sys.argv[1]).key() + "\\n")
        os._exit(0)
"""


def test_processes_agree_on_the_key(workspace: Workspace) -> None:
    keys = child(AGREE, str(workspace.path)).communicate(timeout=60)[0].split()
    assert keys == [workspace.key()] * 4


def test_the_later_of_two_keys_gives_way(workspace: Workspace) -> None:
    key = workspace.key()
    workspace._make_key(workspace.path / "key")
    assert workspace.key() == key
