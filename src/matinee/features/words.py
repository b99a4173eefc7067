"""Tags, keywords, titles, overviews, years and the tag genome of items, as named counts of words.

A word is "block:text", such as "tag:heist" or "overview:lighthouse"; texts are in lower case and
without accents. Counts are as they are: what damps or weighs them is up to who compares.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import csr_array, hstack

from matinee.data.dataset import Vocabulary
from matinee.data.genome import Genome, genome_matrix
from matinee.interactions import Float32, sorted_csr
from matinee.titles.spelling import parts, plain

SHARED = 2
"""Items that a word must occur in: on one alone it cannot say what items have in common."""
SHARED_IN_TEXTS = 3
"""The same for words of overviews, which are many."""
_SHARED_BY = {"overview": SHARED_IN_TEXTS, "year": 1}
RELEVANT = 0.25
"""Relevance from which on a tag of the genome describes an item: below, it is about all items."""
_COLUMNS = {
    "keywords": pa.list_(pa.string()),
    "overview": pa.string(),
    "title": pa.string(),
    "year": pa.int32(),
}
_RUNNING = ("overview", "title")
"""Blocks of running text, in which common words say nothing."""
_PARTS = r"[^\pL\pN\pM]+"
"""What lies between words."""
_ARTICLES = "a an das der des die el il la las le les los the un una und une"
_COMMON = f"""
about above across after again against all almost along already also although always am among and
another any anyone anything are around as at away back be became because become becomes been
before begin begins behind being below between both but by came can cannot come comes could did do
does doing don done down during each either else end ends enough even ever every everyone
everything few find finds first for from further get gets go goes going had has have having he
help her here hers herself him himself his how however if ii iii in into is it its itself iv just
last like made make makes making many may me meets might more most much must my myself near never
new no nor not nothing now of off on once one only onto or other others our ours out over own part
per put really same see set several she should since so some someone something soon still such
take taken takes than that their theirs them themselves then there these they thing things this
those though three through thus to together too toward towards try trying turns two under until up
upon us used using very vi vii viii was way we well were what when where whether which while who
whole whom whose why will with within without would yet you your yours
{_ARTICLES}
"""
_UNSAID = frozenset(_COMMON.split())


class _Mentions(NamedTuple):
    """Rows that mention words, so many times each."""

    rows: npt.NDArray[np.int64]
    words: pa.Array
    weights: Float32 | None = None


Words = tuple[csr_array | None, tuple[str, ...]]
"""(n_items, w) CSR float32 and w names; None where there are none."""


def item_words(
    items: pa.Table, tags: pa.Table | None = None, genome: pa.Table | Genome | None = None
) -> Words:
    """What texts and tags say of items, one row an index.

    Parameters
    ----------
    items
        With ``item_id``, and ``title``, ``year``, ``keywords`` (list of text) and ``overview``,
        where known.
    tags
        With ``item_id``, ``tag`` and, where known, ``user_id``.
    genome
        A table of ``item_id``, ``tag`` and ``relevance``, or the same as arrays by item index.

    Returns
    -------
    words : (n_items, w) CSR float32 >= 0, or None
        "tag": how many people gave it; "keyword": 1; "title" and "overview": how often it occurs,
        common words of English, articles, numerals and single letters aside; "year": 1; "genome":
        the relevance, from `RELEVANT` on. Words of overviews on fewer than `SHARED_IN_TEXTS`
        items, and all but years on fewer than `SHARED`, are left out.
    names : w texts, sorted by block and word
    """
    texts, years = _column(items, "overview"), _column(items, "year")
    dated = np.flatnonzero(years.is_valid().to_numpy(zero_copy_only=False))
    mentions = {
        "genome": None if genome is None else _of_genome(genome, items),
        "keyword": _exploded(_column(items, "keywords")),
        "overview": _exploded(pc.split_pattern_regex(pc.utf8_lower(texts), _PARTS)),
        "tag": None if tags is None else _of_tags(tags, items),
        "title": _of_titles(_column(items, "title")),
        "year": _Mentions(dated, years.drop_null().cast(pa.string())),
    }
    found = [
        _counted(block, told, items.num_rows)
        for block, told in mentions.items()
        if told is not None
    ]
    kept = [(words, names) for words, names in found if words is not None]
    if not kept:
        return None, ()
    together = csr_array(hstack([words for words, _ in kept], format="csr"))
    return together, tuple(name for _, names in kept for name in names)


def block_sizes(names: Collection[str]) -> dict[str, int]:
    """How many words each block has, such as ``{"keyword": 5120, "tag": 314}``."""
    sizes: dict[str, int] = {}
    for name in names:
        block = name.partition(":")[0]
        sizes[block] = sizes.get(block, 0) + 1
    return sizes


def _counted(block: str, mentions: _Mentions, n_items: int) -> Words:
    """The words of a block that enough items share."""
    encoded = mentions.words.dictionary_encode()
    running = block in _RUNNING
    spelled = [_spelled(text, running) for text in encoded.dictionary.to_pylist()]
    names = sorted({text for text in spelled if text})
    place = {name: column for column, name in enumerate(names)}
    column_of = np.array([place.get(text, -1) for text in spelled], np.int64)
    columns = column_of[encoded.indices.to_numpy(zero_copy_only=False)]
    kept = columns >= 0
    weights = np.ones(len(columns), np.float32) if mentions.weights is None else mentions.weights
    cells = (weights[kept], (mentions.rows[kept], columns[kept]))
    words = sorted_csr(csr_array(cells, shape=(n_items, len(names))))
    if block == "keyword":
        words.data[:] = 1  # however often one is listed
    shared = np.bincount(words.indices, minlength=len(names))
    enough = np.flatnonzero(shared >= _SHARED_BY.get(block, SHARED))
    if not len(enough):
        return None, ()
    return sorted_csr(words[:, enough]), tuple(f"{block}:{names[c]}" for c in enough)


def _spelled(text: str, running: bool) -> str:
    """`text` as it is counted; nothing where it says nothing."""
    if not running:
        return " ".join(text.lower().split())
    word = plain(text)
    return "" if len(word) < 2 or word.isdigit() or word in _UNSAID else word


def _of_titles(titles: pa.Array) -> _Mentions:
    words = [plain(parts(title).name).split() if title else [] for title in titles.to_pylist()]
    return _exploded(pa.array(words, pa.list_(pa.string())))


def _exploded(lists: pa.Array) -> _Mentions:
    words = pc.list_flatten(lists)
    rows = pc.list_parent_indices(lists).to_numpy().astype(np.int64)
    said = pc.is_valid(words)
    return _Mentions(rows[said.to_numpy(zero_copy_only=False)], words.filter(said))


def _of_tags(tags: pa.Table, items: pa.Table) -> _Mentions:
    """Each tag that a person gave an item, once; without people, each row."""
    place = _one(pc.index_in(tags.column("item_id"), _one(items.column("item_id"))))
    words = _one(tags.column("tag"))
    known = pc.and_(pc.is_valid(place), pc.is_valid(words))
    table = pa.table(
        {
            "row": place.filter(known),
            # So that one who gives a tag again in capitals counts once.
            "word": pc.utf8_lower(pc.utf8_trim_whitespace(words.filter(known))),
        }
    )
    if "user_id" in tags.column_names:
        table = table.append_column("user", _one(tags.column("user_id")).filter(known))
        table = table.group_by(["row", "word", "user"], use_threads=False).aggregate([])
    rows = _one(table.column("row")).to_numpy(zero_copy_only=False).astype(np.int64)
    return _Mentions(rows, _one(table.column("word")))


def _of_genome(genome: pa.Table | Genome, items: pa.Table) -> _Mentions:
    if isinstance(genome, pa.Table):
        genome = genome_matrix(genome, Vocabulary(items.column("item_id").to_pylist()))
    rows, columns = np.nonzero(genome.relevance >= RELEVANT)
    words = pa.DictionaryArray.from_arrays(columns.astype(np.int32), pa.array(genome.tags))
    items_of = genome.item_index[rows].astype(np.int64)
    return _Mentions(items_of, words, genome.relevance[rows, columns])


def _column(items: pa.Table, name: str) -> pa.Array:
    """A column of `items` in its type; without it, as many nulls."""
    if name not in items.column_names:
        return pa.nulls(items.num_rows, _COLUMNS[name])
    return _one(items.column(name)).cast(_COLUMNS[name])


def _one(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """One array; a set read in pieces has its columns in chunks."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    whole = column.combine_chunks()
    return pa.concat_arrays(whole.chunks) if isinstance(whole, pa.ChunkedArray) else whole
