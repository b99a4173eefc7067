"""What a store knows of items beside their ratings: metadata, the tag genome, and older stores."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from stored import FEW, counts_are_exact, dataset, held

from matinee.data import Vocabulary
from matinee.data.genome import genome_matrix
from matinee.errors import InvalidInput, InvalidParameter, StoreError, UnknownItem
from matinee.storage import schema
from matinee.storage.store import Store

OLD = Path(__file__).with_name("format_2.sql")
TOLD = {
    "imdb_id": "0116282",
    "tmdb_id": "275",
    "original_title": "Fargo",
    "overview": "A car salesman hires two crooks; it snows – a lot.",
    "keywords": ["snow", "king's ransom"],
    "runtime": 98.0,
    "revenue": 60_611_975.0,
    "release_date": "1996-03-08",
    "language": "en",
}


def cells(*rows: tuple[str, str, float]) -> pa.Table:
    """A genome as a data set has it."""
    items, tags, relevance = zip(*rows, strict=True)
    return pa.table(
        {
            "item_id": pa.array(items).dictionary_encode(),
            "tag": pa.array(tags).dictionary_encode(),
            "relevance": pa.array(relevance, pa.float32()),
        }
    )


# ---- metadata ---------------------------------------------------------------------------


def test_an_import_keeps_all_columns_of_metadata(store: Store) -> None:
    store.add_dataset(dataset(item_columns={n: [v, None, None] for n, v in TOLD.items()}))
    fargo, heat, _ = store.items().to_pylist()
    assert {n: fargo[n] for n in TOLD} == TOLD
    assert {heat[n] for n in TOLD} == {None}
    assert store.metadata_of(0) == TOLD
    assert store.metadata_of(1) == store.metadata_of(99) == {}


def test_items_can_be_asked_for_by_column(store: Store) -> None:
    store.add_dataset(
        dataset(item_columns={"title": ["F", "H", "A"], "keywords": [["x"], [], None]})
    )
    whole = store.items()
    for only in (("title", "item_id"), ("keywords",), ["mean", "overview", "n_ratings"]):
        assert store.items(only).column_names == list(only)
        assert store.items(only) == whole.select(list(only))
    with pytest.raises(InvalidParameter, match="got tittle"):
        store.items(("item_id", "tittle"))


def test_described_items_keep_their_ratings_and_what_else_was_known(store: Store) -> None:
    store.add_dataset(
        dataset(item_columns={"title": ["F", "H", None], "overview": ["Old", "H", None]})
    )
    ratings, version, catalogue = held(store), store.version(), store.catalogue_version()
    mark = store._mark()
    store.describe_items(
        pa.table(
            {
                "item_id": ["alien", "fargo"],
                "title": pa.array([None, None], pa.string()),
                "genres": [["Horror"], None],
                "overview": ["In space.", "New"],
                "keywords": [["space"], None],
            }
        )
    )
    assert held(store) == ratings
    assert store._mark() == mark, "trained models and the snapshot stay fresh"
    assert store.version() > version
    assert store.catalogue_version() != catalogue
    table = store.items().to_pydict()
    assert table["title"] == ["F", "H", None]
    assert table["genres"] == [None, None, ["Horror"]]
    assert table["overview"] == ["New", "H", "In space."]
    assert table["keywords"] == [None, None, ["space"]]
    before = store.items(), store.catalogue_version()
    with pytest.raises(UnknownItem, match="got ghost"):
        store.describe_items(pa.table({"item_id": ["fargo", "ghost"], "title": ["X", "Y"]}))
    assert (store.items(), store.catalogue_version()) == before


# ---- the genome -------------------------------------------------------------------------


def test_a_genome_is_a_matrix_whatever_the_order_of_its_cells() -> None:
    items = Vocabulary(["a", "b", "c"])
    table = cells(("c", "dark", 0.25), ("a", "funny", 0.5), ("c", "funny", 1.0), ("a", "dark", 0.1))
    for told in (table, table.cast(pa.schema([("item_id", pa.string()), ("tag", pa.string()),
                                              ("relevance", pa.float32())]))):  # fmt: skip
        genome = genome_matrix(told, items)
        assert genome.tags == ["dark", "funny"]
        assert genome.item_index.tolist() == [0, 2]
        assert np.array_equal(genome.relevance, np.float32([[0.1, 0.5], [0.25, 1.0]]))
    some = genome_matrix(table.slice(2, 1), items)
    assert (some.tags, some.item_index.tolist(), some.relevance.tolist()) == (
        ["funny"],
        [2],
        [[1.0]],
    )
    with pytest.raises(InvalidInput, match="got z"):
        genome_matrix(cells(("z", "dark", 1.0)), items)
    with pytest.raises(InvalidInput, match="must have an item"):
        genome_matrix(table.set_column(2, "relevance", pa.array([None, 1.0, 1.0, 1.0])), items)


def test_a_store_keeps_the_genome_and_grows_it(store: Store) -> None:
    assert store.genome() is None
    store.add_dataset(
        replace(dataset(), genome=cells(("alien", "dark", 0.75), ("fargo", "snow", 1)))
    )
    genome = store.genome()
    assert genome is not None
    assert genome.tags == ["dark", "snow"]
    assert genome.item_index.tolist() == [0, 2]
    assert genome.relevance.tolist() == [[0.0, 1.0], [0.75, 0.0]]
    # Another set brings another tag, and tells of one item anew.
    more = cells(("heat", "slow", 0.5), ("alien", "dark", 0.25))
    store.add_dataset(replace(dataset(), genome=more))
    store.add_dataset(dataset())  # and one without any
    genome = store.genome()
    assert genome is not None
    assert genome.tags == ["dark", "snow", "slow"]
    assert genome.item_index.tolist() == [0, 1, 2]
    assert genome.relevance.tolist() == [[0, 1, 0], [0, 0, 0.5], [0.25, 0, 0]]
    assert (genome.item_index.dtype, genome.relevance.dtype) == (np.int32, np.float32)


# ---- a store of the format before -------------------------------------------------------


def old_store(file: Path) -> Path:
    with closing(sqlite3.connect(file)) as raw:
        raw.executescript(OLD.read_text())
    return file


def test_a_store_of_format_2_gets_its_metadata(tmp_path: Path) -> None:
    file = old_store(tmp_path / "store.sqlite")
    store = Store(f"sqlite:///{file}")
    assert store.id == "from-format-2"
    assert held(store) == {(u, i): (v, t) for u, i, v, t in FEW} | {("ann", "heat"): (4.5, 150)}
    assert store.metadata_of(0) == {
        "imdb_id": "0116282",
        "tmdb_id": "275",
        "overview": "A car salesman hires two crooks.",
    }
    assert store.metadata_of(1) == {"tmdb_id": "949"}
    assert store.tags().num_rows == 1
    counts_are_exact(store, "a", 4.0)
    store.describe_items(pa.table({"item_id": ["fargo"], "runtime": [98.0]}))
    assert store.metadata_of(0)["runtime"] == 98.0
    assert store.metadata_of(0)["tmdb_id"] == "275"
    store.close()
    Store(f"sqlite:///{tmp_path / 'new.sqlite'}").close()
    tables = []
    for name in ("store.sqlite", "new.sqlite"):
        with closing(sqlite3.connect(tmp_path / name)) as raw:
            tables.append(set(raw.execute("SELECT name, sql FROM sqlite_master")))
    assert tables[0] == tables[1]


def test_an_upgrade_from_format_2_that_fails_leaves_the_old_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = old_store(tmp_path / "store.sqlite")
    upgrade = schema.UPGRADES[2]

    def breaks(connection: sa.Connection) -> None:
        upgrade(connection)
        connection.exec_driver_sql("no SQL")

    with closing(sqlite3.connect(file)) as raw:
        before = set(raw.execute("SELECT name, sql FROM sqlite_master"))
    monkeypatch.setitem(schema.UPGRADES, 2, breaks)
    with pytest.raises(StoreError, match="refused"):
        Store(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as raw:
        assert set(raw.execute("SELECT name, sql FROM sqlite_master")) == before
        assert raw.execute("SELECT format FROM store_info").fetchone() == (2,)
        assert raw.execute("SELECT tmdb_id FROM metadata ORDER BY 1").fetchall() == [
            ("275",),
            ("949",),
        ]
