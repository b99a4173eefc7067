"""The catalogue of a store: found by title, and read anew only when items came or changed."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from small import small_dataset

from matinee.catalogue import Catalogue
from matinee.errors import UnknownItem
from matinee.storage.workspace import Workspace


@pytest.fixture
def store(tmp_path):
    with Workspace.open(tmp_path / "w", create=True) as workspace:
        workspace.store.add_dataset(small_dataset())
        yield workspace.store


def test_an_import_is_seen(store):
    catalogue = Catalogue(store)
    assert [t.title for t in catalogue.search("big slep", 1)] == ["Big Sleep, The (1946)"]
    assert catalogue.nearest("figaro", 1)[0].title == "Fargo (1996)"
    assert catalogue.resolve("the big sleep").year == 1946
    with pytest.raises(UnknownItem):
        catalogue.resolve("Berüchtigt")
    told = small_dataset()
    names = [
        "Berüchtigt" if t.startswith("Notorious") else None
        for t in told.item_table["title"].to_pylist()
    ]
    table = told.item_table.append_column("original_title", pa.array(names))
    store.add_dataset(replace(told, name="told", item_table=table))
    assert catalogue.resolve("beruchtigt").title == "Notorious (1946)"
    assert catalogue.search("berucht", 1)[0].item_id == "m3"


def test_titles_are_not_indexed_for_names_alone(store, monkeypatch):
    catalogue = Catalogue(store)
    monkeypatch.setattr("matinee.catalogue.TitleIndex", None)
    assert [t.title for t in catalogue.named([0, 2])] == ["Fargo (1996)", "Big Night (1996)"]
    assert catalogue.titles([0])[0].n_ratings == store.counts([0])[0][0]
