"""What `matinee explore` looks at: a data set of any source, and what became of its rows."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from matinee.data import ImportReport, import_ratings, import_sql, load
from matinee.data.dataset import Dataset, Vocabulary
from matinee.data.movielens.sets import SETS
from matinee.errors import InvalidParameter
from matinee.exploring.records import Intake
from matinee.interactions import Interactions
from matinee.progress import Progress, silent
from matinee.storage.workspace import Workspace


def read(
    source: str, query: str | None = None, progress: Progress = silent
) -> tuple[Dataset, Intake | None]:
    """The data set that `source` names, and what became of its rows.

    Parameters
    ----------
    source
        A published set, a folder or zip in the layout of one, a workspace's folder, a CSV or
        Parquet file of ratings, or the address of a database ("sqlite:///shop.sqlite").
    query
        The SQL to run there; with an address of a database only.

    Returns
    -------
    dataset, intake
        `intake` is None for a workspace, which holds good rows only and does not know of others.

    Raises
    ------
    InvalidParameter
        An address without a query, or a query without an address.
    MatineeError
        What reading the source raises; see `data.load`, `data.import_ratings`, `data.import_sql`.
    """
    address = "://" in source
    if address != (query is not None):
        raise InvalidParameter(
            "--query must come with the address of a database, such as sqlite:///shop.sqlite, and "
            f"such an address with --query; got {'only an address' if address else 'no address'}."
        )
    if query is not None:
        return _reported(import_sql(source, query, progress=progress))
    path = Path(source)
    if source not in SETS and (path / "store.sqlite").is_file():
        with Workspace.open(path) as opened:
            return of_workspace(opened, progress), None
    if source not in SETS and path.is_file() and not zipfile.is_zipfile(path):
        return _reported(import_ratings(path, progress=progress))
    dataset = load(source, progress=progress)
    # Sets in the layout of MovieLens are read whole, or refused.
    n = len(dataset.interactions)
    return dataset, Intake(n, n, {}, 0, (), {}, "")


def of_workspace(workspace: Workspace, progress: Progress = silent) -> Dataset:
    """All that a workspace holds. Deleted people, who have no ratings, are not counted."""
    store = workspace.store
    ratings, users, items = store.interactions(progress), store.users(), store.items()
    ids = [id_ or "" for id_ in users.column("user_id").to_pylist()]
    there = np.array([bool(id_) for id_ in ids], bool)
    place = (np.cumsum(there) - 1).astype(np.int32)
    return Dataset(
        name=workspace.path.resolve().name,
        interactions=Interactions(
            place[ratings.user_index],
            ratings.item_index,
            ratings.value,
            ratings.time,
            int(there.sum()),
            ratings.n_items,
        ),
        users=Vocabulary(id_ for id_ in ids if id_),
        items=Vocabulary(store.item_ids()),
        item_table=items,
        user_table=users.filter(pa.array(there)),
        tags=store.tags(),
        scale=store.stated_scale(),
    )


def _reported(report: ImportReport) -> tuple[Dataset, Intake]:
    bad = sorted(report.bad.items(), key=lambda pair: (-pair[1], pair[0]))
    return report.dataset, Intake(
        rows=report.rows,
        kept=report.kept,
        bad=dict(bad),
        duplicates=report.duplicates,
        first_bad=tuple(str(row) for row in report.first_bad),
        columns=report.columns,
        time_unit=report.time_unit,
    )
