"""A folder with everything that one installation knows: the store, the models, the write key."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self

import sqlalchemy as sa

from matinee.durable import flush, full_disk_named, sweep
from matinee.errors import ArchiveError, InvalidInput, InvalidParameter, NotReady, UnknownModel
from matinee.interactions import Int32
from matinee.model import Model
from matinee.storage import archive, lineage
from matinee.storage.database import PATIENCE
from matinee.storage.store import Store

TASKS = ("rating", "ranking")
_LIVE = 3
"""Archives of a people model whose members are kept live."""
_DETAILS = ("store", "ratings", "figures", "liked_threshold", "user_feature_names")
"""What training notes beside a model, and answering needs."""


class Workspace:
    """One installation's folder; several processes may use it at once.

        store.sqlite (-wal, -shm)   users, movies, ratings, tags, settings
        store.parquet               a disposable copy of the ratings for training
        models/<id>/                archives, which hold nobody's ratings
        key                         the key for writing through the service

    Make one with `open`.
    """

    def __init__(self, path: Path, patience: float = PATIENCE) -> None:
        self.path = path
        self._patience = patience
        self._manifests: dict[str, tuple[tuple[int, int], dict[str, Any]]] = {}

    @classmethod
    def open(cls, path: str | Path, *, create: bool = False, patience: float = PATIENCE) -> Self:
        """The workspace at `path`.

        Parameters
        ----------
        create
            Make it where there is none.
        patience
            Seconds to wait for another process that writes.

        Raises
        ------
        NotReady
            There is none, and `create` is False.
        InvalidInput
            `path` is a file.
        """
        folder = Path(path)
        if folder.exists() and not folder.is_dir():
            raise InvalidInput(f"A workspace must be a folder, got the file {folder}.")
        workspace = cls(folder, patience)
        if create:
            with full_disk_named(folder):
                workspace._models.mkdir(parents=True, exist_ok=True)
            _ = workspace.store
        elif not workspace._store_file.exists():
            raise NotReady(
                f"There is no workspace at {folder} yet; make one by `matinee data import "
                f"ratings.csv -w {folder}` or `matinee train --data ml-100k -w {folder}`, or name "
                "another."
            )
        for place in (folder, workspace._models):
            sweep(place)
        return workspace

    @property
    def _store_file(self) -> Path:
        return self.path / "store.sqlite"

    @property
    def _models(self) -> Path:
        return self.path / "models"

    @cached_property
    def store(self) -> Store:
        """The store, opened when it is first asked for."""
        address = sa.URL.create("sqlite", database=str(self._store_file))
        return Store(address, patience=self._patience)

    def close(self) -> None:
        """Close the store, if it was opened."""
        if "store" in self.__dict__:
            self.store.close()
            del self.store

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ---- models -------------------------------------------------------------------------

    def save_model(
        self, model: Model, details: dict[str, Any] | None = None, *, card: str | None = None
    ) -> str:
        """Save a fitted model, without the people it learned from; return its archive id."""
        moment = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")
        archive_id = f"{model.name}-{moment}-{secrets.token_hex(2)}"
        archive.save(model, self._models / archive_id, people=False, details=details, card=card)
        return archive_id

    def models(self) -> list[dict[str, Any]]:
        """The manifests of all models, oldest first, each with its `id` and whether it is `active`.

        One that cannot be read has an `error` that says why, and an empty `model` and `task`.
        """
        found = [self._told(folder) for folder in self._models.glob("[!.]*")]
        return sorted(found, key=lambda m: (m["created"], m["id"]))

    def newest(self, model: str, n: int) -> list[dict[str, Any]]:
        """The manifests of the `n` newest archives called after a model, the newest first.

        As `models` tells them, but without a look into all others: there may be thousands.
        """
        named = [f for f in self._models.glob("[!.]*") if _model_of(f.name) == model]
        return [self._told(folder) for folder in sorted(named, reverse=True)[:n]]

    def _told(self, folder: Path) -> dict[str, Any]:
        try:
            told = self._kept_manifest(folder)
        except (ArchiveError, InvalidInput) as error:
            told = {"model": "", "task": "", "created": "", "error": str(error)}
        active = {self.active(task) for task in TASKS}
        return {**told, "id": folder.name, "active": folder.name in active}

    def _kept_manifest(self, folder: Path) -> dict[str, Any]:
        """The checked manifest of an archive, read once: every list of recommendations asks for
        some, and checking their sums takes longer than ranking."""
        try:
            found = (folder / archive.MANIFEST).stat()
        except OSError:
            return self._checked(folder)
        state = (found.st_mtime_ns, found.st_size)
        kept = self._manifests.get(folder.name)
        if kept is None or kept[0] != state:
            kept = self._manifests[folder.name] = (state, self._checked(folder))
        return kept[1]

    def load_model(self, archive_id: str) -> Model:
        """The model of an archive.

        Raises
        ------
        UnknownModel, CorruptArchive, NewerArchive
        ArchiveError
            It was trained on other items than the store now holds.
        """
        folder = self._archive(archive_id)
        lineage.check(archive_id, archive.manifest(folder).get("details", {}), self.store)
        return archive.load(folder)

    def manifest(self, archive_id: str) -> dict[str, Any]:
        """The manifest of an archive: model, parameters, task, details."""
        return archive.manifest(self._archive(archive_id))

    def named(self, name: str | None) -> str:
        """The archive with this id, or else the newest called after this model; None: of all.

        Raises
        ------
        NotReady
            Nothing is trained yet.
        UnknownModel
        """
        saved = {f.name for f in self._models.glob("[!.]*")}
        if not saved:
            raise NotReady(f"No model is trained in {self.path} yet; train one: matinee train.")
        if name in saved:
            return name
        fitting = [i for i in saved if name in (None, _model_of(i))]
        if not fitting:
            kinds = ", ".join(sorted({_model_of(archive_id) for archive_id in saved}))
            raise UnknownModel(f"No model {name!r} is trained here; there are: {kinds}.")
        # Behind the model's name stands when it was saved.
        return max(fitting, key=lambda archive_id: archive_id.rsplit("-", 2)[1:])

    def activate(self, archive_id: str) -> None:
        """Make this model the one that serves its task, for every process at once.

        Raises
        ------
        UnknownModel, CorruptArchive, NewerArchive
        InvalidInput
            It was not trained in this workspace, so its indices may mean other users and items.
        """
        told = self._checked(self._archive(archive_id))
        self.store.set_setting(f"active_{told['task']}", archive_id)

    def active(self, task: Literal["rating", "ranking"] | str) -> str | None:
        """The archive id of the model that serves `task`, None where there is none yet."""
        if task not in TASKS:
            raise InvalidParameter(f"A task must be rating or ranking, got {task!r}.")
        return self.store.setting(f"active_{task}")

    # ---- members of clusters ------------------------------------------------------------

    def keep_members(self, archive_id: str, members: Int32, threshold: float) -> None:
        """Keep live who is in which cluster of a people model that was just saved.

        So it is for the three newest archives of each model and for the active ones. The members
        of all others are forgotten here; their clusters stay as they were trained.

        Parameters
        ----------
        members : (n_users,) int32
            Cluster of each user, -1 for none.
        threshold
            The rating from which on an item counts as liked.
        """
        kept = self.store.memberships
        kept.put(archive_id, members, threshold)
        everything = kept.archives()
        for old in set(everything) - self._newest(everything, _LIVE):
            kept.drop(old)

    def newest_members(self) -> list[str]:
        """Archives whose clusters somebody new joins: the active and the newest of each model."""
        everything = self.store.memberships.archives()
        newest = self._newest(everything, 1)
        return [archive_id for archive_id in everything if archive_id in newest]

    def _newest(self, archive_ids: list[str], n: int) -> set[str]:
        """Of archives, oldest first: the active ones and the `n` newest of each model."""
        found = {i for i in (self.active(task) for task in TASKS) if i in archive_ids}
        by_model: dict[str, list[str]] = {}
        for archive_id in archive_ids:
            by_model.setdefault(_model_of(archive_id), []).append(archive_id)
        return found.union(*(ids[-n:] for ids in by_model.values()))

    def _archive(self, archive_id: str) -> Path:
        # An id may come from a request: it must name a folder here, not a way out of it.
        if archive_id not in {f.name for f in self._models.glob("[!.]*")}:
            raise UnknownModel(f"There is no model {archive_id!r} here; train one, or list them.")
        return self._models / archive_id

    def _checked(self, folder: Path) -> dict[str, Any]:
        """The manifest of a model that was trained in this workspace."""
        told = archive.manifest(folder)
        details = told.get("details")
        if (
            not isinstance(details, dict)
            or any(k not in details for k in _DETAILS)
            or any(k not in told for k in ("model", "task", "created"))
        ):
            raise InvalidInput(
                f"{folder.name} must be a model that was trained in a workspace, but its manifest "
                "does not tell on what; train one here: matinee train."
            )
        if details["store"] != self.store.id:
            raise InvalidInput(
                f"{folder.name} was trained in another workspace, whose users and items are "
                "numbered otherwise; train it here: matinee train."
            )
        return told

    # ---- key ----------------------------------------------------------------------------

    def key(self) -> str:
        """The key that a write through the service must show; made when first asked for.

        It lies in the file ``key``, which only its owner may read.
        """
        file = self.path / "key"
        if not file.exists():
            self._make_key(file)
        found = file.read_text(encoding="ascii").strip()
        if not found:
            raise InvalidInput(f"{file} must hold a key, but is empty; remove it to get a new one.")
        return found

    def _make_key(self, file: Path) -> None:
        # Written elsewhere and then linked: no process can see the file half-written, and the
        # first of two that make one wins.
        begun = file.with_name(f".key.{secrets.token_hex(4)}.tmp")
        handle = os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with full_disk_named(file), os.fdopen(handle, "w", encoding="ascii") as stream:
                stream.write(secrets.token_urlsafe(32) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
            with suppress(FileExistsError):
                os.link(begun, file)
        finally:
            begun.unlink()
        flush(self.path)


def _model_of(archive_id: str) -> str:
    """The name of the model that an archive is called after."""
    return archive_id.rsplit("-", 2)[0]
