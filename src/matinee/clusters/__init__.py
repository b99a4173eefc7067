"""Clusters of people and of titles as people read them: names, marks, tables, a map."""

from matinee.clusters.drawing import draw
from matinee.clusters.tables import (
    RepairedTables,
    Tables,
    read_assignment,
    read_tables,
    repaired,
    tables_of,
    write,
)
from matinee.clusters.views import Clusterings

__all__ = [
    "Clusterings",
    "RepairedTables",
    "Tables",
    "draw",
    "read_assignment",
    "read_tables",
    "repaired",
    "tables_of",
    "write",
]
