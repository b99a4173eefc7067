"""What a store and its archives were made from, kept as specs, to which the next stage is held.

An import notes the specs of its data set beside the ratings. An archive notes the items that it was
trained on, its words, and the specs of all that had been imported. A merged set comes again only
as it was merged, and an archive serves only a store that begins with its items.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from matinee.data import specs
from matinee.data.dataset import Dataset
from matinee.data.specs import Specs
from matinee.errors import ArchiveError, InvalidInput
from matinee.interactions import Interactions, SideInformation
from matinee.storage import state

if TYPE_CHECKING:
    from matinee.storage.store import Store

_KEY = "specs:"


def keep(connection: sa.Connection, dataset: Dataset) -> None:
    """Note the specs of a data set that is being imported.

    Raises
    ------
    InvalidInput
        It is a merged set that the store holds already, with other items matched: one person's
        rating would be there twice, under the old and under the new id of the item.
    """
    told = specs.of(dataset)
    held = state.setting(connection, _KEY + dataset.name)
    before = None if held is None else specs.parsed(json.loads(held))
    if before is not None and "matches" in before.ids and "matches" in told.ids:
        was, now = before.ids["matches"], told.ids["matches"]
        if was != now:
            raise InvalidInput(
                f"{dataset.name} must come again as it was merged: the store holds it as of "
                f"{before.created} with {was.count:,} matches (SHA-256 {was.sha256[:12]}), the one "
                f"to import is of {told.created} with {now.count:,} (SHA-256 {now.sha256[:12]}); "
                "import it into another workspace."
            )
    state.put_setting(connection, _KEY + dataset.name, json.dumps(told.as_dict()))


def holds(store: Store, source: str) -> bool:
    """Whether `source` is a merged folder that the store holds as it is; no row is read."""
    folder = Path(source)
    if not (folder / specs.FILE).is_file():
        return False
    told = specs.read(folder)
    held = store.setting(_KEY + told.name)
    return held is not None and specs.parsed(json.loads(held)).ids == told.ids


def imported(store: Store) -> tuple[Specs, ...]:
    """The specs of the data sets that were imported, those of older matinees left out."""
    held = (store.setting(_KEY + name) for name in store.sources())
    return tuple(specs.parsed(json.loads(text)) for text in held if text is not None)


def of_training(store: Store, ratings: Interactions, side: SideInformation) -> Specs:
    """What models are trained on. Ids of people are no part of it: archives hold nobody."""
    words = {}
    if side.item_words is not None:
        words = specs.of_blocks(side.item_word_names, side.item_words.count_nonzero(axis=0))
    sizes = {"users": ratings.n_users, "items": ratings.n_items, "ratings": len(ratings)}
    # Others may have added items meanwhile.
    which = {"items": specs.ids(store.item_ids()[: ratings.n_items])}
    return Specs("training", store.id, sizes, which, words, sources=imported(store))


def check(archive_id: str, details: dict[str, Any], store: Store) -> None:
    """Refuse an archive whose items are not the first of the store's: one that was restored, say.

    An archive without specs, of an older matinee, is not checked.

    Raises
    ------
    ArchiveError
    """
    told = details.get("specs")
    if told is None:
        return
    said = replace(specs.parsed(told), sizes={})
    items = store.item_ids()[: said.ids["items"].count]
    found = replace(said, ids={"items": specs.ids(items)})
    try:
        specs.check(said, found, archive_id, "the store", "train anew: matinee train")
    except InvalidInput as error:
        raise ArchiveError(str(error)) from error
