"""The tag genome in the store: tags listed once, and one row of numbers an item.

Cell by cell it would be fifteen million rows for ml-25m. A row is little-endian float32 in the
order of the tags' numbers; one that was written when there were fewer tags ends earlier, and the
rest is zero.
"""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa

from matinee.data.genome import Genome
from matinee.interactions import Int32
from matinee.storage.schema import GENOME, GENOME_TAGS

_CELL = np.dtype("<f4")


def add(connection: sa.Connection, genome: Genome, items: Int32) -> None:
    """Write the rows of `genome`, whose item i the store has at ``items[i]``.

    What the store held of these items before is replaced; all others stay.
    """
    known = _tags(connection)
    place = {tag: at for at, tag in enumerate(known)}
    new = [tag for tag in genome.tags if tag not in place]
    place.update(zip(new, range(len(known), len(known) + len(new)), strict=True))
    if new:
        rows = [{"tag_index": place[tag], "tag": tag} for tag in new]
        connection.execute(sa.insert(GENOME_TAGS), rows)
    columns = [place[tag] for tag in genome.tags]
    row = np.zeros(len(place), _CELL)

    def packed(relevance: np.ndarray[tuple[int], np.dtype[np.float32]]) -> bytes:
        row[columns] = relevance
        return row.tobytes()

    connection.execute(
        sa.text(
            f"INSERT INTO {GENOME.name} (item_index, relevance) VALUES (:item, :relevance) "
            "ON CONFLICT (item_index) DO UPDATE SET relevance = excluded.relevance"
        ),
        [
            {"item": item, "relevance": packed(relevance)}
            for item, relevance in zip(
                items[genome.item_index].tolist(), genome.relevance, strict=True
            )
        ],
    )


def read(connection: sa.Connection) -> Genome | None:
    """The whole genome, None where there is none."""
    tags = _tags(connection)
    c = GENOME.c
    rows = connection.execute(sa.select(c.item_index, c.relevance).order_by(c.item_index)).all()
    if not rows:
        return None
    width = len(tags) * _CELL.itemsize
    cells = b"".join(relevance.ljust(width, b"\0") for _, relevance in rows)
    index = np.fromiter((item for item, _ in rows), np.int32, len(rows))
    relevance = np.frombuffer(cells, _CELL).astype(np.float32).reshape(len(rows), len(tags))
    return Genome(tags, index, relevance)


def _tags(connection: sa.Connection) -> list[str]:
    c = GENOME_TAGS.c
    return list(connection.scalars(sa.select(c.tag).order_by(c.tag_index)))
