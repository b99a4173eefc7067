"""The models that an engine holds, with the counts of this moment, and who joins their clusters."""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import RLock
from typing import Any

import numpy as np

from matinee.errors import ArchiveError, NotFound, StoreUnavailable
from matinee.model import Model
from matinee.people_clusters import PeopleClusters
from matinee.person import Person
from matinee.storage.memberships import Changes, Mark
from matinee.storage.workspace import Workspace

_log = logging.getLogger(__name__)

_KEPT = 6
"""Models held in memory: the two active ones, those for new people, for what is alike and for fans,
and those asked for by name of late."""


class LiveModels:
    """The models of a workspace, loaded when they are first asked for.

    Of models that group people the counts are those of the store at the moment of asking. Several
    threads may ask.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._loaded: dict[str, tuple[Model, dict[str, Any]]] = {}
        self._marks: dict[str, Mark] = {}
        self._lock = RLock()

    def __len__(self) -> int:
        return len(self._loaded)

    def now(self, archive_id: str) -> tuple[Model, dict[str, Any]]:
        """The model of an archive with the counts of this moment, and its details.

        Raises
        ------
        UnknownModel, ArchiveError
        """
        with self._lock:
            found = self._held(archive_id)
            if isinstance(found[0], PeopleClusters):
                since = self._marks.get(archive_id)
                changes = self._workspace.store.memberships.changes(archive_id, since)
                if changes is not None:
                    _write(changes, found[0])
                    self._marks[archive_id] = changes.mark
        return found

    def join(self, user_index: int, person: Callable[[], Person]) -> None:
        """Make a user who is in no cluster a member where the ratings now lead to one.

        So it is in every people model that is active or the newest of its name. Whoever likes
        nothing yet joins none, as in training, and whoever is a member stays where they are until
        the next training.
        """
        # Computed here, by the thread that writes: on the answering side it would have to write,
        # and the event loop would wait for other processes' writes. It is one person's place, for
        # which compiled loops run alone, without numba's threads; whatever is not alone enters
        # `exclusive()`, and whoever answers meanwhile waits for one row.
        memberships = self._workspace.store.memberships
        for archive_id in self._workspace.newest_members():
            if memberships.cluster_of(archive_id, user_index) >= 0:
                continue
            try:
                with self._lock:
                    model, details = self._held(archive_id)
                cluster = _cluster(model, details, person())
                if cluster >= 0:
                    memberships.place(archive_id, user_index, cluster)
            except (NotFound, ArchiveError, StoreUnavailable) as error:
                # The rating is stored, and the next one tries again. Meanwhile the user may have
                # been deleted, the archive removed, or another process at a long write.
                _log.warning("User %d joins no cluster of %s: %s", user_index, archive_id, error)

    def _held(self, archive_id: str) -> tuple[Model, dict[str, Any]]:
        found = self._loaded.pop(archive_id, None)
        if found is None:
            details = self._workspace.manifest(archive_id)["details"]
            found = (self._workspace.load_model(archive_id), details)
            self._marks.pop(archive_id, None)
        # Last used, last to go: a server that is trained nightly must not hold every model.
        self._loaded[archive_id] = found
        while len(self._loaded) > _KEPT:
            del self._loaded[next(iter(self._loaded))]
        return found


def _cluster(model: Model, details: dict[str, Any], person: Person) -> int:
    if not isinstance(model, PeopleClusters):
        return -1
    liked, _ = person.histories(model, details["liked_threshold"])
    profile = person.profile_row(details["user_feature_names"])
    return int(model.place(liked, profile)[0]) if liked.nnz else -1


def _write(changes: Changes, model: PeopleClusters) -> None:
    """Write what has changed into a model; items newer than the model are not in it."""
    cluster, item, n = changes.counts
    known = (item < model.n_items) & (cluster < len(model.size_))
    # Anew and not emptied: another thread may be reading the old one.
    count = np.zeros_like(model.count_) if changes.whole else model.count_
    count[cluster[known], item[known]] = n[known]
    size = np.zeros_like(model.size_)
    k = min(len(size), len(changes.sizes))
    size[:k] = changes.sizes[:k]
    model.count_, model.size_ = count, size
