"""Ids in, ids out: recommend, predict, explain, and learn from a new rating at once.

The engine never keeps what it knows of a person: at every call the person's ratings are read
from the store and folded into the model, so a rating counts from the moment it is stored. Items
newer than a model are not in it until the next training.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from matinee import ranking as contract
from matinee.answers import Prediction, Profile, Rating, Reason, Recommendation, Status, Sure, Title
from matinee.catalogue import Catalogue
from matinee.clusters.views import Clusterings
from matinee.errors import (
    ArchiveError,
    InvalidInput,
    NotReady,
    UnknownItem,
    UnknownModel,
    UnknownUser,
    Unsupported,
)
from matinee.evaluation.compare import quality
from matinee.features import check_profile
from matinee.live_models import LiveModels
from matinee.model import Model
from matinee.person import Person
from matinee.storage.state import parse_scale
from matinee.storage.workspace import Workspace

_log = logging.getLogger(__name__)

_FEW, _FOR_FEW = 5, "user_clusters"
"""Of whom fewer liked items are known is served by this model, where it is trained: people like
them say more of somebody new than the few items do, and profiles count. Measured on MovieLens 100K
and 1M with histories cut short; docs/models.md has the figures."""
_LATEST = 3
"""Archives of it, of which the best serves."""


class Engine:
    """Answers for one workspace.

    Examples
    --------
    >>> engine = Engine(Workspace.open("matinee-workspace"))  # doctest: +SKIP
    >>> engine.recommend("42", n=3)  # doctest: +SKIP
    """

    def __init__(self, workspace: Workspace) -> None:
        if not isinstance(workspace, Workspace):
            raise InvalidInput(f"Engine needs a Workspace, got {workspace!r}; see Workspace.open.")
        self.workspace = workspace
        self._store = workspace.store
        self._models = LiveModels(workspace)
        self._catalogue = Catalogue(workspace.store)

    # ---- what there is ------------------------------------------------------------------

    def status(self) -> Status:
        """Sizes, scale and the active models."""
        return Status(
            self._store.n_users(),
            self._store.n_items(),
            self._store.n_ratings(),
            {task: self.workspace.active(task) for task in ("rating", "ranking")},
            self.scale,
            self.liked_threshold,
            self._store.version(),
        )

    @property
    def scale(self) -> tuple[float, float]:
        """Lowest and highest rating that may be given."""
        return parse_scale(self._store.setting("scale")) or (1.0, 5.0)

    @property
    def liked_threshold(self) -> float:
        """The rating from which on an item counts as liked."""
        return float(self._store.setting("liked_threshold") or self.scale[1])

    def search(self, text: str, n: int = 10) -> list[Title]:
        """Titles that equal, begin with or hold `text`; the most rated ones for no text."""
        return self._catalogue.search(text, _positive(n))

    def title(self, item_id: str) -> Title:
        """The item with this id; UnknownItem if there is none."""
        return self._catalogue.titles([self._item_index(item_id)])[0]

    def resolve(self, text: str) -> Title:
        """The one item with this id or title; UnknownItem or Ambiguous otherwise."""
        return self._catalogue.resolve(text)

    @cached_property
    def clusters(self) -> Clusterings:
        """Clusters of people and of titles: tables, names, a map, and who belongs where."""
        return Clusterings(self.workspace, self._catalogue, self._models.now)

    # ---- answers ------------------------------------------------------------------------

    def recommend(
        self, user_id: str, n: int = 10, *, model: str | None = None, include_seen: bool = False
    ) -> list[Recommendation]:
        """The best `n` items for a user, each with its reasons.

        Parameters
        ----------
        model
            The name of a model or the id of an archive; default: the active ranking model, or
            user_clusters (where trained) while fewer than 5 liked items of the user are known.
        include_seen
            Also what the user has rated.
        """
        return self._recommend(self._person(user_id), n, model, include_seen)

    def recommend_for(
        self,
        liked: Sequence[str] = (),
        profile: Profile | None = None,
        n: int = 10,
        *,
        model: str | None = None,
    ) -> list[Recommendation]:
        """The best `n` items for somebody new who likes these titles (or ids); nothing is kept."""
        indices = sorted({self._item_index(self.resolve(text).item_id) for text in liked})
        top = np.full(len(indices), self.scale[1], np.float32)
        stated = {} if profile is None else asdict(profile)
        if profile is not None:
            check_profile(stated, self._ranking_model(model)[1]["user_feature_names"])
        return self._recommend(
            Person(np.array(indices, np.int32), top, stated, self.liked_threshold), n, model, False
        )

    def predict(self, user_id: str, item_id: str) -> Prediction:
        """The rating that a user would give to an item."""
        person, index = self._person(user_id), self._item_index(item_id)
        model, details = self._model(None, "rating")
        known = index if index < model.n_items else -1
        history, _ = person.histories(model, None)
        value = model.predict(history, [known], person.profile_row(details["user_feature_names"]))
        title = self._catalogue.titles([index])[0]
        return Prediction(item_id, title.title, float(value[0]), _sure(person, title))

    def similar(self, item: str, n: int = 10) -> list[Recommendation]:
        """The `n` items most alike one that is named by id or title."""
        index = self._item_index(self.resolve(item).item_id)
        model = self._model_with_likeness()
        if index >= model.n_items:
            raise NotReady(f"{item!r} is newer than every model; train again to compare it.")
        ranking = model.similar_items([index], _positive(n))
        asked = self._catalogue.named([index])[0]
        reason = Reason("rated", f"alike {asked.title}", 1.0, asked.item_id)
        nobody = Person(np.zeros(0, np.int32), np.zeros(0, np.float32), {}, 0.0)
        titles = self._catalogue.titles([int(i) for i in ranking.items[0] if i >= 0])
        return [
            _recommendation(title, float(score), None, nobody, [reason])
            for title, score in zip(titles, ranking.scores[0], strict=False)
        ]

    def explain(self, user_id: str, item_id: str, *, model: str | None = None) -> list[Reason]:
        """Why an item is (or would be) recommended to a user, the strongest reason first."""
        person, index = self._person(user_id), self._item_index(item_id)
        chosen, details = self._serving(model, person)
        if index >= chosen.n_items:
            raise NotReady(f"Item {item_id!r} is newer than the model; train again to explain it.")
        threshold = details["liked_threshold"] if chosen.task == "ranking" else None
        history, _ = person.histories(chosen, threshold)
        profile = person.profile_row(details["user_feature_names"])
        return self._reasons(chosen, history, profile, [index], person)[0]

    # ---- people -------------------------------------------------------------------------

    def ratings(self, user_id: str) -> list[Rating]:
        """What a user has rated, newest first."""
        index = self._user_index(user_id)
        rated = self._store.ratings_of(index)
        rows = zip(
            rated.item_index.tolist(), rated.value.tolist(), rated.time.tolist(), strict=True
        )
        newest = sorted(rows, key=lambda r: (-(r[2] or 0), r[0]))
        titles = self._catalogue.named([i for i, _, _ in newest])
        return [
            Rating(title.item_id, title.title, v, t)
            for title, (_, v, t) in zip(titles, newest, strict=True)
        ]

    def rate(self, user_id: str, item_id: str, value: float) -> Rating:
        """Store a rating; it counts in the very next answer. A new user is made by it.

        A user who is in no cluster of people yet joins the one that the ratings now lead to.

        Where the workspace holds implicit feedback, any value on its scale says "chosen".

        Raises
        ------
        InvalidInput
            The value is not finite or off the workspace's scale, or the user id is empty.
        UnknownItem
        """
        low, high = self.scale
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidInput(f"A rating must be a number, got {value!r}.")
        if not low <= value <= high:
            raise InvalidInput(f"A rating here must lie in {low:g}..{high:g}, got {value:g}.")
        if not isinstance(user_id, str) or not user_id.strip():
            raise InvalidInput(f"A user id must be text that is not empty, got {user_id!r}.")
        title = self._catalogue.named([self._item_index(item_id)])[0]
        now = int(time.time())
        implicit = self._store.setting("feedback") == "implicit"
        stored = None if implicit else float(value)
        self._store.rate(user_id, item_id, stored, now)
        self._models.join(self._store.user_index(user_id), lambda: self._person(user_id))
        return Rating(item_id, title.title, stored, now)

    def export_user(self, user_id: str) -> dict[str, Any]:
        """All that is stored about a person."""
        self._user_index(user_id)
        return self._store.export_user(user_id)

    def delete_user(self, user_id: str) -> int:
        """Remove a person and everything about them, also from the counts of their clusters.

        Returns
        -------
        Rows of ratings and tags removed, and one for the profile.
        """
        self._user_index(user_id)
        return self._store.delete_user(user_id)

    # ---- within -------------------------------------------------------------------------

    def _recommend(
        self, person: Person, n: int, name: str | None, include_seen: bool
    ) -> list[Recommendation]:
        model, details = self._serving(name, person)
        threshold = details["liked_threshold"] if model.task == "ranking" else None
        history, seen = person.histories(model, threshold)
        profile = person.profile_row(details["user_feature_names"])
        ranking = model.recommend(
            history, _positive(n), exclude_seen=not include_seen, seen=seen, profiles=profile
        )
        found = [int(i) for i in ranking.items[0] if i >= 0]
        predicted = self._predicted(person, found)
        reasons = self._reasons(model, history, profile, found, person)
        scores = ranking.scores[0].tolist()
        parts = zip(self._catalogue.titles(found), scores, predicted, reasons, strict=False)
        return [_recommendation(title, s, p, person, why) for title, s, p, why in parts]

    def _predicted(self, person: Person, items: list[int]) -> list[float | None]:
        if self.workspace.active("rating") is None:
            return [None] * len(items)
        model, details = self._model(None, "rating")
        history, _ = person.histories(model, None)
        known = [i if i < model.n_items else -1 for i in items]
        values = model.predict(history, known, person.profile_row(details["user_feature_names"]))
        return [round(float(v), 3) for v in values]

    def _reasons(
        self,
        model: Model,
        history: csr_array,
        profile: csr_array | None,
        items: list[int],
        person: Person,
    ) -> list[list[Reason]]:
        explained = model.explain(history, items, profile)
        return [[self._in_words(r, person) for r in reasons] for reasons in explained]

    def _in_words(self, reason: contract.Reason, person: Person) -> Reason:
        if reason.item is None:
            return Reason(reason.kind, reason.label, reason.weight)
        title = self._catalogue.named([reason.item])[0]
        given = float(person.values[np.searchsorted(person.items, reason.item)])
        verb = "like" if given >= person.liked else "rated"
        text = f"you {verb} {title.title}" + ("" if verb == "like" else f" {given:g}")
        return Reason(reason.kind, text, reason.weight, title.item_id)

    def _person(self, user_id: str) -> Person:
        index = self._user_index(user_id)
        rated = self._store.ratings_of(index)
        profile = self._store.profile_of(index)
        return Person(rated.item_index, rated.value, profile, self.liked_threshold)

    def _user_index(self, user_id: str) -> int:
        index = self._store.user_index(user_id)
        if index < 0:
            raise UnknownUser(f"There is no user {user_id!r}; rating something makes one.")
        return index

    def _item_index(self, item_id: str) -> int:
        index = self._store.item_index(item_id)
        if index < 0:
            raise UnknownItem(f"There is no item with the id {item_id!r}; search for its title.")
        return index

    def _ranking_model(self, name: str | None) -> tuple[Model, dict[str, Any]]:
        task = "ranking" if self.workspace.active("ranking") else "rating"
        return self._model(name, task)

    def _serving(self, name: str | None, person: Person) -> tuple[Model, dict[str, Any]]:
        """The model asked for, else the one that serves a person of whom this much is known."""
        model, details = self._ranking_model(name)
        if name is not None or model.task != "ranking":
            return model, details
        liked = np.count_nonzero(person.values >= details["liked_threshold"])
        if liked >= _FEW:
            return model, details
        latest = [m for m in self.workspace.newest(_FOR_FEW, _LATEST) if "error" not in m]
        if not latest:
            return model, details
        # That nobody be served by what was only tried out.
        best = max(latest, key=lambda m: quality("ranking", m["details"]["figures"]))
        try:
            return self._model(best["id"], "ranking")
        except ArchiveError as error:
            # Such as one that an older matinee saved: what serves all others does for these too.
            _log.warning("New people are served by %s: %s", model.name, error)
            return model, details

    def _model(self, name: str | None, task: str) -> tuple[Model, dict[str, Any]]:
        """A model by name or archive id, else the active one of a task, and its details."""
        archive_id = self.workspace.active(task) if name is None else self._archive(name)
        if archive_id is None:
            fitting = "als" if task == "rating" else "user_clusters"
            if task == "rating" and self._store.setting("feedback") == "implicit":
                raise Unsupported(
                    "Ratings cannot be predicted from implicit feedback, which is all that this "
                    "workspace holds; ask for recommendations."
                )
            raise NotReady(f"No {task} model is active yet; train one: matinee train {fitting}.")
        try:
            return self._models.now(archive_id)
        except UnknownModel as error:
            if name is not None:
                raise
            raise NotReady(f"The active {task} model is gone; train one again.") from error

    def _archive(self, name: str) -> str:
        saved = self.workspace.models()
        fitting = [m["id"] for m in saved if name in (m["id"], m["model"]) and name]
        if not fitting:
            names = ", ".join(sorted({m["model"] for m in saved} - {""})) or "none yet"
            raise UnknownModel(f"No model {name!r} is trained here; there are: {names}.")
        return str(fitting[-1])

    def _model_with_likeness(self) -> Model:
        for task in ("ranking", "rating"):
            if self.workspace.active(task) is None:
                continue
            model, _ = self._model(None, task)
            if model.has_item_vectors:
                return model
        for name in ("item_clusters", "als"):
            if any(m["model"] == name for m in self.workspace.models()):
                return self._model(name, "ranking")[0]
        raise Unsupported("No trained model knows which items are alike; train item_clusters.")


def _recommendation(
    title: Title, score: float, predicted: float | None, person: Person, reasons: list[Reason]
) -> Recommendation:
    sure = _sure(person, title)
    return Recommendation(
        title.item_id, title.title, title.year, title.genres, score, predicted, sure, reasons
    )


def _sure(person: Person, title: Title) -> Sure:
    own, others = len(person.items), title.n_ratings
    if own < 5 or others < 10:
        return "low"
    return "high" if own >= 20 and others >= 50 else "medium"


def _positive(n: int) -> int:
    if n < 1:
        raise InvalidInput(f"`n` must be at least 1, got {n}.")
    return n
