"""Ids in, ids out: recommend, predict, explain, and learn from a new rating at once.

The engine never keeps what it knows of a person: at every call the person's ratings are read
from the store and folded into the model, so a rating counts from the moment it is stored. Items
newer than a model are not in it until the next training.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from functools import cached_property
from typing import Any

import numpy as np

from matinee.about import details
from matinee.answers import (
    Details,
    FanTitle,
    Newcomer,
    Prediction,
    Profile,
    Rating,
    Reason,
    Recommendation,
    Status,
    Title,
)
from matinee.catalogue import Catalogue
from matinee.clusters.views import Clusterings
from matinee.errors import InvalidInput, InvalidParameter, NotReady, UnknownItem, UnknownUser
from matinee.features.profiles import Understood, understood
from matinee.lists import ANYTHING, Lists, positive, sure
from matinee.live_models import LiveModels
from matinee.person import Person
from matinee.serving import BLEND, WAYS, Served, Serving
from matinee.storage.state import parse_scale
from matinee.storage.workspace import Workspace
from matinee.wishes import Wishes


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
        self._serving = Serving(workspace, self._models)
        self._lists = Lists(workspace.store, self._catalogue, self._serving)

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
        return self._catalogue.search(text, positive(n))

    def nearest(self, text: str, n: int = 5) -> list[Title]:
        """Titles that may have been meant, the likeliest first."""
        return self._catalogue.nearest(text, positive(n))

    def title(self, item_id: str) -> Title:
        """The item with this id; UnknownItem if there is none."""
        return self._catalogue.titles([self._item_index(item_id)])[0]

    def details(self, item_id: str) -> Details:
        """All that is known of the item with this id: texts, facts, tags, links, other names."""
        return details(self._store, self.title(item_id))

    def genres(self) -> list[str]:
        """The genres of the catalogue, by name."""
        return self._lists.shelf.genres()

    def resolve(self, text: str) -> Title:
        """The one item with this id or title; UnknownItem or Ambiguous otherwise."""
        return self._catalogue.resolve(text)

    @cached_property
    def clusters(self) -> Clusterings:
        """Clusters of people and of titles: tables, names, a map, and who belongs where."""
        return Clusterings(self.workspace, self._catalogue, self._models.now)

    # ---- answers ------------------------------------------------------------------------

    def recommend(
        self,
        user_id: str,
        n: int = 10,
        *,
        model: str | None = None,
        include_seen: bool = False,
        wishes: Wishes = ANYTHING,
    ) -> list[Recommendation]:
        """The best `n` items for a user, each with its reasons.

        Parameters
        ----------
        model
            The name of a model or the id of an archive; default: the active ranking model, or
            (where trained) three_ways while fewer than 20 liked items of the user are known, or
            user_clusters while fewer than 5 are.
        include_seen
            Also what the user has rated.
        wishes
            Filters, and how different the items should be.
        """
        person = self._person(user_id)
        served = self._serving.for_person(model, person)
        return self._lists.of_person(person, n, served, wishes, include_seen=include_seen)

    def recommend_for(
        self,
        liked: Sequence[str] = (),
        profile: Profile | None = None,
        n: int = 10,
        *,
        model: str | None = None,
        way: str | None = None,
        wishes: Wishes = ANYTHING,
    ) -> list[Recommendation]:
        """The best `n` items for somebody new who likes these titles (or ids); nothing is kept.

        What is named never comes back, nor does the same film under another id.

        Parameters
        ----------
        way
            "alike", "fans", "people", or "blend" for the three of them; instead of a model.
        """
        if model is not None and way is not None:
            raise InvalidParameter(
                f"Either a model or a way may be named, got model {model!r} and way {way!r}."
            )
        person = self._newcomer(liked)
        served = self._serving.way(way) if way else self._serving.for_person(model, person)
        person = replace(person, profile=self._understood(profile, served).profile)
        return self._lists.of_person(person, n, served, wishes)

    def ways_for(
        self,
        liked: Sequence[str] = (),
        profile: Profile | None = None,
        n: int = 10,
        wishes: Wishes = ANYTHING,
    ) -> Newcomer:
        """A list for somebody new by each way, and what was made of what they said.

        A way that nothing is known for has an empty list, and a note says so.

        Raises
        ------
        NotReady
            three_ways is not trained.
        """
        served = {way: self._serving.way(way) for way in WAYS}
        understood = self._understood(profile, served[BLEND])
        person = replace(self._newcomer(liked), profile=understood.profile)
        silent = _silent(person)
        lists = {
            way: [] if way in silent else self._lists.of_person(person, n, each, wishes)
            for way, each in served.items()
        }
        return Newcomer(lists, (*understood.notes, *silent.values()))

    def understood(self, profile: Profile) -> Understood:
        """A profile in the words that the models know, and in words what was changed.

        Raises
        ------
        InvalidParameter
            What is said of somebody means nothing to the models.
        """
        return self._understood(profile, self._serving.ranking())

    def known_profiles(self) -> dict[str, list[str]]:
        """The ages, genders, occupations and regions that people of the training data state."""
        known: dict[str, list[str]] = {
            field: [] for field in ("age", "gender", "occupation", "region")
        }
        for name in self._serving.ranking().profile_names:
            field, _, value = name.partition(":")
            known[field].append(value)
        return known

    def predict(self, user_id: str, item_id: str) -> Prediction:
        """The rating that a user would give to an item."""
        person, index = self._person(user_id), self._item_index(item_id)
        (forecast,) = self._lists.forecasts(person, [index])
        title = self._catalogue.titles([index])[0]
        return Prediction(
            item_id,
            title.title,
            forecast.predicted,
            sure(forecast, person, title),
            forecast.error,
            forecast.intervals,
        )

    def similar(
        self,
        item: str,
        n: int = 10,
        *,
        model: str | None = None,
        threshold: float | None = None,
        wishes: Wishes = ANYTHING,
    ) -> list[Recommendation]:
        """The `n` items most alike one that is named by id or title.

        Parameters
        ----------
        model
            One that has item vectors; default: alike, or whichever is trained.
        threshold
            Only items with a cosine of at least this much.
        """
        if threshold is not None and not -1 <= threshold <= 1:
            raise InvalidParameter(f"`threshold` must lie in -1..1, got {threshold:g}.")
        index = self._item_index(self.resolve(item).item_id)
        chosen = self._serving.with_item_vectors(model)
        if index >= chosen.n_items:
            raise NotReady(f"{item!r} is newer than {chosen.name}; train again to compare it.")
        return self._lists.alike(index, n, chosen, threshold, wishes)

    def fans(
        self, items: Sequence[str], n: int = 10, *, wishes: Wishes = ANYTHING
    ) -> list[FanTitle]:
        """What the fans of these titles (or ids) like more than everybody does.

        Nothing where too few like them to tell.
        """
        if not items:
            raise InvalidInput("Fans are asked of at least one title, got none; name one.")
        indices = np.array(sorted({self._item_index(self.resolve(t).item_id) for t in items}))
        model = self._serving.fans()
        if indices[-1] >= model.n_items:
            raise NotReady("One of these titles is newer than the model; train again.")
        return self._lists.fans(indices.astype(np.int32), n, model, wishes)

    def explain(self, user_id: str, item_id: str, *, model: str | None = None) -> list[Reason]:
        """Why an item is (or would be) recommended to a user, the strongest reason first."""
        person, index = self._person(user_id), self._item_index(item_id)
        served = self._serving.for_person(model, person)
        if index >= served.model.n_items:
            raise NotReady(f"Item {item_id!r} is newer than the model; train again to explain it.")
        return self._lists.reasons(served, person, [index])[0]

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

    def _newcomer(self, liked: Sequence[str]) -> Person:
        """Somebody new who likes these titles or ids, and says nothing else."""
        items = sorted({self._item_index(self.resolve(text).item_id) for text in liked})
        top = np.full(len(items), self.scale[1], np.float32)
        return Person(np.array(items, np.int32), top, {}, self.liked_threshold, rated=False)

    def _understood(self, profile: Profile | None, served: Served) -> Understood:
        return understood({} if profile is None else asdict(profile), served.profile_names)

    def _person(self, user_id: str) -> Person:
        index = self._user_index(user_id)
        rated = self._store.ratings_of(index)
        profile = self._store.profile_of(index)
        liked = self.liked_threshold
        return Person(rated.item_index, rated.value, profile, liked, rated.time)

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


def _silent(person: Person) -> dict[str, str]:
    """The ways that have nothing to say of somebody, each with a note."""
    silent = {}
    if not len(person.items):
        silent["alike"] = "No liked title is named, so nothing can be alike one."
        silent["fans"] = "No liked title is named, so there are no fans to ask."
    if not any(v is not None for v in person.profile.values()) and not len(person.items):
        silent["people"] = "Nothing said of the person counts, so this is what everybody likes."
    return silent
