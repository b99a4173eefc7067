"""The card of an archive, also of one that was saved before there were cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from matinee import models
from matinee.cards import record
from matinee.cards.record import Behavior, Card, Cost, Data, Judged, Setting, Source
from matinee.errors import UnknownModel
from matinee.evaluation.records import Figure


def of_archive(manifest: Mapping[str, Any]) -> Card:
    """The card of a manifest; where it has none, what else it tells.

    Raises
    ------
    ArchiveError
        The card is damaged, or of a newer matinee.
    """
    details = manifest.get("details") or {}
    told = details.get("card")
    return record.read(told) if told is not None else _pieced(manifest, details)


def _pieced(manifest: Mapping[str, Any], details: Mapping[str, Any]) -> Card:
    name, figures = manifest["model"], details.get("figures") or {}
    protocol = details.get("protocol")
    judged = None
    if figures:
        known = {metric: Figure(value) for metric, value in figures.items()}
        judged = Judged({"text": protocol or "not noted"}, known)
    try:
        summary = models.get(name).summary
    except UnknownModel:
        summary = "a model that this matinee does not know"
    seconds = details.get("seconds")
    return Card(
        model=name,
        summary=summary,
        task=manifest["task"],
        made=manifest.get("created", ""),
        data=_data(details),
        judged=judged,
        unjudged="none were noted",
        behavior=Behavior(),
        settings={n: Setting(v, "") for n, v in manifest.get("parameters", {}).items()},
        origin=None,
        seed=manifest.get("parameters", {}).get("seed"),
        cost=Cost(seconds=seconds),
        versions={"matinee": manifest["matinee"]} if "matinee" in manifest else {},
        machine="not noted",
        limits=(
            "This model has no card: it was saved by an older matinee, or by hand. Here stands "
            "what else its archive tells; train it again to have one.",
        ),
    )


def _data(details: Mapping[str, Any]) -> Data:
    sources = (details.get("specs") or {}).get("sources") or ()
    return Data(
        sources=tuple(
            Source(s.get("name", "?"), ratings=(s.get("sizes") or {}).get("ratings"))
            for s in sources
        ),
        users=details.get("users"),
        items=details.get("items"),
        ratings=details.get("ratings"),
        liked=details.get("liked_threshold"),
    )
