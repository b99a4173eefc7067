"""Which trained model answers whom, and for what."""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

import numpy as np

from matinee.errors import (
    ArchiveError,
    InvalidParameter,
    NotReady,
    UnknownModel,
    Unsupported,
)
from matinee.evaluation.compare import quality
from matinee.live_models import LiveModels
from matinee.model import Model
from matinee.models.fans import Fans
from matinee.models.three_ways import ThreeWays
from matinee.person import Person
from matinee.storage.workspace import Workspace

_log = logging.getLogger(__name__)

_FOR_FEW = {"three_ways": 20, "user_clusters": 5}
"""Of whom fewer liked items are known is served by the first of these that is trained: what a
movie is and what people like them like say more of somebody new than the few items do. Measured
on MovieLens 100K and 1M with people held out of training, who gave 0 to 20 of what they like:
three_ways leads on both from 1 on (`benchmarks/newcomers.py`)."""
_LATEST = 3
"""Archives of it, of which the best serves."""
_WITH_VECTORS = ("item_clusters", "als")
"""Who else is asked which items are alike."""
BLEND = "blend"
WAYS = {
    BLEND: "All three together",
    "alike": "Alike what you like",
    "fans": "What fans of it like",
    "people": "What people like you like",
}
"""The ways to what somebody new may like, with what they are called."""


class Served(NamedTuple):
    """A model, and what its archive tells of its training."""

    model: Model
    details: dict[str, Any]

    @property
    def threshold(self) -> float | None:
        """From which rating on it learns from an item; None for any."""
        return self.details["liked_threshold"] if self.model.task == "ranking" else None

    @property
    def profile_names(self) -> list[str]:
        """Its columns of profiles."""
        return list(self.details["user_feature_names"])


class Serving:
    """The models of a workspace by what they are wanted for."""

    def __init__(self, workspace: Workspace, models: LiveModels) -> None:
        self._workspace = workspace
        self._models = models
        self._unusable: set[str] = set()

    def model(self, name: str | None, task: str) -> Served:
        """A model by name or archive id, else the active one of a task.

        Raises
        ------
        UnknownModel, NotReady, Unsupported
        """
        archive_id = self._workspace.active(task) if name is None else self._archive(name)
        if archive_id is None:
            fitting = "als" if task == "rating" else "three_ways"
            if task == "rating" and self._workspace.store.setting("feedback") == "implicit":
                raise Unsupported(
                    "Ratings cannot be predicted from implicit feedback, which is all that this "
                    "workspace holds; ask for recommendations."
                )
            raise NotReady(f"No {task} model is active yet; train one: matinee train {fitting}.")
        try:
            return Served(*self._models.now(archive_id))
        except UnknownModel as error:
            if name is not None:
                raise
            raise NotReady(f"The active {task} model is gone; train one again.") from error

    def has(self, task: str) -> bool:
        """Whether a model is active for this task."""
        return self._workspace.active(task) is not None

    def ranking(self, name: str | None = None) -> Served:
        """The model that ranks, or the one asked for; a rating model ranks where it is alone."""
        return self.model(name, "ranking" if self.has("ranking") else "rating")

    def for_person(self, name: str | None, person: Person) -> Served:
        """The model asked for, else the one that serves a person of whom this much is known."""
        active = self.ranking(name)
        if name is not None or active.threshold is None:
            return active
        liked = np.count_nonzero(person.values >= active.threshold)
        for kind in (kind for kind, few in _FOR_FEW.items() if liked < few):
            latest = [m for m in self._workspace.newest(kind, _LATEST) if "error" not in m]
            if not latest:
                continue
            # The best first, that nobody be served by what was only tried out.
            latest.sort(key=lambda m: -quality("ranking", m["details"]["figures"]))
            for manifest in latest:
                if (found := self._usable(manifest["id"])) is not None:
                    return found
        return active

    def way(self, name: str) -> Served:
        """The newest blend of three ways, or the model of one of them.

        Raises
        ------
        InvalidParameter
            There is no such way.
        NotReady
            None is trained.
        """
        if name not in WAYS:
            raise InvalidParameter(f"A way must be one of {', '.join(WAYS)}, got {name!r}.")
        found = self.newest("three_ways")
        if found is None:
            raise NotReady("The three ways are not trained yet: matinee train three_ways.")
        if name == BLEND or not isinstance(found.model, ThreeWays):
            return found
        return Served(found.model.way(name), found.details)

    def fans(self) -> Fans:
        """The model of what fans like as well: the one that is trained, or that of the ways.

        Raises
        ------
        NotReady
            Neither is trained.
        """
        found = self.newest("fans") or self.way("fans")
        if not isinstance(found.model, Fans):
            raise NotReady("What fans like is not known yet: matinee train fans.")
        return found.model

    def with_item_vectors(self, name: str | None = None) -> Model:
        """The model asked for, else one that knows which items are alike.

        Raises
        ------
        Unsupported
            It holds no item vectors, or none is trained that does.
        """
        if name is not None:
            asked = self.ranking(name).model
            if not asked.has_item_vectors:
                raise Unsupported(f"{asked.name} does not know which items are alike; take alike.")
            return asked
        by_traits = self.newest("alike")
        if by_traits is not None:
            return by_traits.model
        if self.newest("three_ways") is not None:
            return self.way("alike").model
        for task in ("ranking", "rating"):
            if self.has(task):
                active = self.model(None, task).model
                if active.has_item_vectors:
                    return active
        for kind in _WITH_VECTORS:
            if (found := self.newest(kind)) is not None:
                return found.model
        raise Unsupported("No trained model knows which items are alike; train alike.")

    def newest(self, kind: str) -> Served | None:
        """The newest model of this name that can be read; None where none is trained."""
        for manifest in self._workspace.newest(kind, _LATEST):
            if "error" not in manifest and (found := self._usable(manifest["id"])) is not None:
                return found
        return None

    def _usable(self, archive_id: str) -> Served | None:
        """The model of an archive; None where it cannot be used, such as one that an older matinee
        saved. It is not read again: every list would wait for it."""
        if archive_id not in self._unusable:
            try:
                return self.model(archive_id, "ranking")
            except ArchiveError as error:
                self._unusable.add(archive_id)
                _log.warning("Passed over, as it cannot be used: %s", error)
        return None

    def _archive(self, name: str) -> str:
        saved = self._workspace.models()
        fitting = [m["id"] for m in saved if name in (m["id"], m["model"]) and name]
        if not fitting:
            names = ", ".join(sorted({m["model"] for m in saved} - {""})) or "none yet"
            raise UnknownModel(f"No model {name!r} is trained here; there are: {names}.")
        return str(fitting[-1])
