"""The outside world in: MovieLens, files, databases -> tables, ids and interactions."""

from matinee.data.dataset import Dataset, Vocabulary
from matinee.data.loading import load
from matinee.data.merging.merge import Merge, merge
from matinee.data.own.assemble import drop_duplicates
from matinee.data.own.frames import from_arrays, from_frame
from matinee.data.own.rejects import BadRow, ImportReport
from matinee.data.own.sql import import_sql
from matinee.data.own.tables import import_ratings

__all__ = [
    "BadRow",
    "Dataset",
    "ImportReport",
    "Merge",
    "Vocabulary",
    "drop_duplicates",
    "from_arrays",
    "from_frame",
    "import_ratings",
    "import_sql",
    "load",
    "merge",
]
