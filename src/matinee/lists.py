"""A model and a person make a list: filtered, diverse where wished, each entry with its reasons."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from matinee import ranking as contract
from matinee.answers import FanTitle, Interval, Reason, Recommendation, Sure, Title
from matinee.catalogue import Catalogue
from matinee.errors import InvalidInput, NotReady
from matinee.evaluation.intervals import SHARES, Calibration
from matinee.interactions import Int32
from matinee.model import Model
from matinee.models.alike import Alike
from matinee.models.fans import Fans
from matinee.person import Person
from matinee.ranking import Ranking
from matinee.serving import Served, Serving
from matinee.storage.store import Store
from matinee.wishes import POOL, Shelf, Wishes, diverse, said

ANYTHING = Wishes()


class Forecast(NamedTuple):
    """What the rating model says of a person and an item: fields as those of `Recommendation`."""

    predicted: float
    error: float | None = None
    intervals: tuple[Interval, ...] = ()
    sure: Sure | None = None
    """None where errors were not measured."""


class Lists:
    """Lists of items for people, and of items that are alike.

    Attributes
    ----------
    shelf
        The items as filters see them.
    """

    def __init__(self, store: Store, catalogue: Catalogue, serving: Serving) -> None:
        self.shelf = Shelf(store, catalogue)
        self._catalogue = catalogue
        self._serving = serving

    def of_person(
        self, person: Person, n: int, served: Served, wishes: Wishes, *, include_seen: bool = False
    ) -> list[Recommendation]:
        """The best `n` items for somebody, by one model.

        Raises
        ------
        InvalidInput
            n < 1, or the wishes leave nothing.
        """
        model = served.model
        candidates = self._candidates(wishes, model.n_items)
        history, seen = person.histories(model, served.threshold)
        seen = self._with_twins(seen)
        ranking = model.recommend(
            history,
            _pool(positive(n), wishes),
            exclude_seen=not include_seen,
            seen=seen,
            candidates=candidates,
            profiles=person.profile_row(served.profile_names),
            now=int(time.time()),
            times=person.moments(model, served.threshold),
        )
        found, scores = self._chosen(ranking, n, wishes)
        if not found and candidates is not None:
            raise _nothing_left(wishes, len(candidates))
        parts = zip(
            self._catalogue.titles(found),
            scores,
            self._forecasts_if_any(person, found),
            self.reasons(served, person, found),
            strict=True,
        )
        return [_recommendation(title, s, f, person, why) for title, s, f, why in parts]

    def alike(
        self, index: int, n: int, model: Model, threshold: float | None, wishes: Wishes
    ) -> list[Recommendation]:
        """The `n` items most alike one, those with a cosine of `threshold` or more."""
        candidates = self._candidates(wishes, model.n_items)
        ranking = model.similar_items([index], _pool(positive(n), wishes), candidates=candidates)
        if threshold is not None:
            ranking.items[ranking.scores < threshold] = -1
        found, scores = self._chosen(ranking, n, wishes)
        asked = self._catalogue.named([index])[0]
        nobody = Person(np.zeros(0, np.int32), np.zeros(0, np.float32), {}, 0.0)
        listed = []
        for item, title, score in zip(found, self._catalogue.titles(found), scores, strict=True):
            why = model.shared(index, item) if isinstance(model, Alike) else ""
            reason = Reason("rated", why or f"alike {asked.title}", score, asked.item_id)
            listed.append(_recommendation(title, score, None, nobody, [reason]))
        return listed

    def fans(self, items: Int32, n: int, model: Fans, wishes: Wishes) -> list[FanTitle]:
        """The `n` items that fans of these like most beyond what everybody does.

        None for what too few like to tell.
        """
        named = self.shelf.with_twins(items)
        candidates = self._candidates(wishes, model.n_items)
        ranking = model.also_like(items, _pool(positive(n), wishes) + len(named), candidates)
        ranking.items[np.isin(ranking.items, named)] = -1
        chosen, _ = self._chosen(ranking, n, wishes)
        found = model.evidence(items, np.array(chosen, np.int32))
        rows = zip(self._catalogue.named(chosen), *(part.tolist() for part in found), strict=True)
        return [
            FanTitle(t.item_id, t.title, t.year, t.genres, share, everybody, lift, both)
            for t, share, everybody, lift, both, _ in rows
            if both
        ]

    def reasons(self, served: Served, person: Person, items: list[int]) -> list[list[Reason]]:
        """Why each of these items would be on a person's list, the strongest reason first."""
        history, _ = person.histories(served.model, served.threshold)
        profile = person.profile_row(served.profile_names)
        explained = served.model.explain(
            history,
            items,
            profile,
            now=int(time.time()),
            times=person.moments(served.model, served.threshold),
        )
        meant = sorted({r.item for reasons in explained for r in reasons if r.item is not None})
        titles = dict(zip(meant, self._catalogue.named(meant), strict=True))
        return [[_in_words(r, person, titles) for r in reasons] for reasons in explained]

    def _candidates(self, wishes: Wishes, n_items: int) -> Int32 | None:
        """Items of a model that keep to the wishes; None for all."""
        fitting = self.shelf.fitting(wishes)
        if fitting is None:
            return None
        known = fitting[fitting < n_items]
        if not len(known):
            if len(fitting):
                raise NotReady("What is left is newer than the model; train again.")
            raise InvalidInput(f"Nothing is left: there is no item {said(wishes)}; wish for less.")
        return known

    def _chosen(self, ranking: Ranking, n: int, wishes: Wishes) -> tuple[list[int], list[float]]:
        """At most `n` of the ranked items, with their scores: the first, or different ones."""
        there = ranking.items[0] >= 0
        items, scores = ranking.items[0][there], ranking.scores[0][there]
        if wishes.diversity and len(items) > 1:
            cosines = self._serving.with_item_vectors().cosines(items)
            order = diverse(scores, cosines, n, wishes.diversity)
            items, scores = items[order], scores[order]
        return items[:n].tolist(), scores[:n].tolist()

    def _with_twins(self, seen: csr_array) -> csr_array:
        """What was seen, and the same films under other ids."""
        items = self.shelf.with_twins(seen.indices)
        items = items[items < seen.shape[1]]
        if len(items) == seen.nnz:
            return seen
        values = np.ones(len(items), np.float32)
        return csr_array((values, items, np.array([0, len(items)], np.int32)), shape=seen.shape)

    def _forecasts_if_any(self, person: Person, items: list[int]) -> list[Forecast | None]:
        if not items or not self._serving.has("rating"):
            return [None] * len(items)
        return [*self.forecasts(person, items)]

    def forecasts(self, person: Person, items: list[int]) -> list[Forecast]:
        """What ratings a person will give to items, by the active rating model.

        Raises
        ------
        NotReady, Unsupported
            There is no rating model.
        """
        served = self._serving.model(None, "rating")
        model = served.model
        history, _ = person.histories(model, None)
        known = [i if i < model.n_items else -1 for i in items]
        profile, now = person.profile_row(served.profile_names), int(time.time())
        times = person.moments(model, None)
        told = served.details.get("calibration") if person.rated else None
        if told is None:
            values = model.predict(history, known, profile, now=now, times=times)
            return [Forecast(float(v)) for v in values]
        calibration, deviation = Calibration.of(told), None
        if calibration.by_deviation:
            values, deviation = model.predict_with_deviation(
                history, known, profile, now=now, times=times
            )
        else:
            values = model.predict(history, known, profile, now=now, times=times)
        error = calibration.expected_error(model, history, known, values, deviation)
        bounds = [calibration.interval(values, error, share) for share in SHARES]
        lows, highs = (np.stack(side, axis=1).tolist() for side in zip(*bounds, strict=True))
        rows = zip(values, error, lows, highs, calibration.sure(error), strict=True)
        return [
            Forecast(
                float(value),
                round(float(off), 3),
                tuple(map(_interval, SHARES, low, high, calibration.coverage)),
                sure,
            )
            for value, off, low, high, sure in rows
        ]


def positive(n: int) -> int:
    """`n`; InvalidInput if it is below 1."""
    if n < 1:
        raise InvalidInput(f"`n` must be at least 1, got {n}.")
    return n


def sure(forecast: Forecast | None, person: Person, title: Title) -> Sure:
    """By the errors of predictions like this one; else by how many ratings it rests on."""
    if forecast is not None and forecast.sure is not None:
        return forecast.sure
    own, others = len(person.items), title.n_ratings
    if own < 5 or others < 10:
        return "low"
    return "high" if own >= 20 and others >= 50 else "medium"


def _interval(share: float, low: float, high: float, measured: float) -> Interval:
    return Interval(share, round(low, 3), round(high, 3), round(measured, 4))


def _in_words(reason: contract.Reason, person: Person, titles: dict[int, Title]) -> Reason:
    if reason.item is None:
        return Reason(reason.kind, reason.label, reason.weight)
    title = titles[reason.item]
    given = float(person.values[np.searchsorted(person.items, reason.item)])
    verb = "like" if given >= person.liked else "rated"
    text = f"you {verb} {title.title}" + ("" if verb == "like" else f" {given:g}")
    text += f": {reason.label}" if reason.label else ""
    return Reason(reason.kind, text, reason.weight, title.item_id)


def _pool(n: int, wishes: Wishes) -> int:
    """How many items to rank, so that `n` can be chosen."""
    return max(POOL, 3 * n) if wishes.diversity else n


def _nothing_left(wishes: Wishes, fitting: int) -> InvalidInput:
    one = fitting == 1
    return InvalidInput(
        f"Nothing is left: {fitting} item{'' if one else 's'} {said(wishes)}, "
        f"{'' if one else 'all '}known to whom this is for; wish for less."
    )


def _recommendation(
    title: Title,
    score: float,
    forecast: Forecast | None,
    person: Person,
    reasons: Sequence[Reason],
) -> Recommendation:
    return Recommendation(
        title.item_id,
        title.title,
        title.year,
        title.genres,
        score,
        None if forecast is None else round(forecast.predicted, 3),
        sure(forecast, person, title),
        list(reasons),
        None if forecast is None else forecast.error,
        () if forecast is None else forecast.intervals,
    )
